import { checkLine, readCheckedLines, sealLine, writeCheckedLines } from '../files/checked-lines.ts';
import type { TranscriptFile } from './discover.ts';
import { type Facts, packFacts, unpackFacts } from './facts.ts';

/**
 * The facts of transcripts, kept from one run to the next. An entry is true for as long as the file's inode, size and
 * mtime are those it was read with; of a file that has only grown it is the part to go on from.
 */
export class FactStore {
  readonly #path: string;
  readonly #heading: string;
  /** By folder and id: the sealed line of each entry, parsed only when asked for. */
  readonly #lines = new Map<string, string>();
  #changed = false;

  constructor(path: string, conf: string) {
    this.#path = path;
    this.#heading = `watchtower facts 1 ${JSON.stringify(conf)}`;
    for (const line of readCheckedLines(path, this.#heading)) {
      const from = line.indexOf(' ') + 1;
      this.#lines.set(line.slice(from, line.indexOf('\t', from)), line);
    }
  }

  /** The entry of a file: `same` when it is still true as it stands. Null when there is none, or a damaged one. */
  find(file: TranscriptFile): { facts: Facts; same: boolean } | null {
    const line = this.#lines.get(keyOf(file));
    if (line === undefined) return null;
    const [, inode, touchedAt, json] = checkLine(line)?.split('\t') ?? [];
    if (json === undefined || Number(inode) !== file.inode) return null;
    const facts = unpackFacts(json);
    return { facts, same: facts.size === file.bytes && Number(touchedAt) === file.touchedAt };
  }

  /** Keeps the facts of a file; not of one that was touched so lately that it may change without showing it. */
  keep(file: TranscriptFile, facts: Facts, now: number): void {
    if (facts.size !== file.bytes || Math.abs(now - file.touchedAt) < clockGrain) return;
    const content = [keyOf(file), file.inode, file.touchedAt, packFacts(facts)].join('\t');
    this.#lines.set(keyOf(file), sealLine(content));
    this.#changed = true;
  }

  /** Takes over the entries that another store has for these files. */
  adopt(other: FactStore, files: TranscriptFile[]): void {
    for (const file of files) {
      const line = other.#lines.get(keyOf(file));
      if (line === undefined || line === this.#lines.get(keyOf(file))) continue;
      this.#lines.set(keyOf(file), line);
      this.#changed = true;
    }
  }

  /** Writes the entries of the files touched last, `most` of them, if any entry is new. */
  saveNewest(most: number): void {
    if (!this.#changed) return;
    const lines = [...this.#lines.values()];
    const touchedAt = (line: string) => Number(line.split('\t', 3)[2]);
    this.#save(lines.length <= most ? lines : lines.sort((a, b) => touchedAt(b) - touchedAt(a)).slice(0, most));
  }

  /** Writes the entries of `files`, if any entry is new: those of files that are gone are dropped. */
  saveAll(files: TranscriptFile[]): void {
    if (this.#changed)
      this.#save(files.map((file) => this.#lines.get(keyOf(file)) ?? '').filter((line) => line !== ''));
  }

  #save(lines: string[]): void {
    this.#changed = !writeCheckedLines(this.#path, this.#heading, lines);
  }
}

/** Within this many milliseconds of its last change a file can change again and show the same mtime. */
const clockGrain = 20;

/** A file's own key: its path below the projects folder, on one line whatever its folder is called. */
function keyOf(file: TranscriptFile): string {
  const folder = /[\0-\x1f"\\]/.test(file.folder) ? JSON.stringify(file.folder) : file.folder;
  return `${folder}/${file.id}`;
}
