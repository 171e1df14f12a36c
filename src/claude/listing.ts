import { checkLine, readCheckedLines, sealLine, writeCheckedLines } from '../files/checked-lines.ts';

/** The session ids of the transcripts in one project folder, 36 characters each, end to end. */
export interface Folder {
  name: string;
  /** The folder's mtime when it was listed, milliseconds: it moves when a file in it comes or goes. */
  touchedAt: number;
  ids: string;
}

/**
 * Which transcripts each project folder holds, kept from one run to the next. Ids carry no checksum: each is held
 * against the disk by a stat. A folder whose mtime has not moved still
 * holds the same; one that was listed within the clock's grain of its own change is not believed.
 */
export class Listing {
  readonly folders = new Map<string, Folder>();
  /** Ids that stand in more than one folder: of those only the newest file counts. */
  readonly doubles = new Set<string>();
  #changed = false;
  readonly #path: string;
  readonly #heading: string;

  constructor(path: string, conf: string) {
    this.#path = path;
    this.#heading = `watchtower listing 2 ${JSON.stringify(conf)}`;
    let end = '';
    for (const line of readCheckedLines(path, this.#heading)) {
      const ids = line.slice(line.lastIndexOf('\t') + 1);
      const [kind, name = '', touchedAt, length] =
        checkLine(line.slice(0, line.length - ids.length))?.split('\t') ?? [];
      if (kind === 'folder' && ids.length === Number(length)) {
        this.folders.set(name, { name, touchedAt: Number(touchedAt), ids });
      } else if (kind === 'double') this.doubles.add(name);
      else if (kind === 'end') end = name;
    }
    // Anything lost takes all with it: doubles are of the whole.
    if (end === `${this.folders.size} ${this.doubles.size}`) return;
    this.folders.clear();
    this.doubles.clear();
  }

  /** What is known of a folder whose mtime is `touchedAt` now; null where it must be listed again. */
  known(name: string, touchedAt: number): Folder | null {
    const folder = this.folders.get(name);
    return folder !== undefined && folder.touchedAt === touchedAt ? folder : null;
  }

  /** Whether any folder holds a transcript of this session. */
  holds(id: string): boolean {
    for (const folder of this.folders.values()) if (folder.ids.includes(id)) return true;
    return false;
  }

  /** Takes a fresh list of a folder. `now` is when the listing began, milliseconds. */
  learn(folder: Folder, now: number): void {
    // What does not fit on one line is listed again each time; no such name was ever seen.
    const settled = now - folder.touchedAt > clockGrain && !/[\t\n]/.test(folder.name);
    this.folders.set(folder.name, settled ? folder : { ...folder, touchedAt: Number.NaN });
    this.#changed ||= settled;
  }

  /** Forgets the folders that are gone. */
  keepOnly(names: Set<string>): void {
    for (const name of this.folders.keys()) if (!names.has(name) && this.folders.delete(name)) this.#changed = true;
  }

  /** Finds the doubles anew: after any folder was learned. */
  findDoubles(): void {
    const seen = new Set<string>();
    this.doubles.clear();
    for (const folder of this.folders.values()) {
      for (let at = 0; at < folder.ids.length; at += idLength) {
        const id = folder.ids.slice(at, at + idLength);
        if (seen.has(id)) this.doubles.add(id);
        seen.add(id);
      }
    }
  }

  /** Writes what was learned, if anything was. */
  save(): void {
    if (!this.#changed) return;
    const seal = (...parts: (string | number)[]) => sealLine(`${parts.join('\t')}\t`);
    const lines = [...this.folders.values()].map(
      ({ name, touchedAt, ids }) => seal('folder', name, touchedAt, ids.length) + ids,
    );
    for (const id of this.doubles) lines.push(seal('double', id));
    lines.push(seal('end', `${this.folders.size} ${this.doubles.size}`));
    this.#changed = !writeCheckedLines(this.#path, this.#heading, lines);
  }
}

/** A session id is this long. */
export const idLength = 36;
/** A folder changed twice within this many milliseconds may show one mtime for both (4 ms on Linux; other disks 2 s). */
const clockGrain = 2000;
