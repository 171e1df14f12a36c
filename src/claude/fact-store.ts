import type { Standing } from '../core/session.ts';
import { endOfLine, readHeaded, seal, unseal, writeHeaded } from '../files/checked-lines.ts';
import type { TranscriptFile } from './discover.ts';
import { type Facts, makesRow, packFacts, standingOf, unpackFacts } from './facts.ts';

/** What is known of a transcript as it stands on the disk: first what its place in a list needs, the rest when asked. */
export interface Known {
  /** Whether the file is what it was when it was read. */
  same: boolean;
  /** Whether the whole of it was read. */
  complete: boolean;
  /** Whether it stands for a session at all; null where that is for its processes to say. */
  makesRow: boolean;
  continuedIn: string | null;
  standing: Standing;
  facts(): Facts;
}

/**
 * The columns of a line: what finds an entry and tells whether it is true, its outline, all facts as JSON, and the row,
 * if any, as a JSON object. All before the facts is ASCII.
 */
const columns = { key: 0, inode: 1, touchedAt: 2, bytes: 3, marks: 4, lastActivityAt: 5, continuedIn: 6, facts: 7 };
const rowColumn = 8;
/** So many bytes hold what comes before the facts, almost always. */
const outlineLength = 256;

/**
 * The facts of transcripts, kept from one run to the next. An entry is true for as long as the file's inode, size and
 * mtime are those it was read with; of a file that has only grown it is the part to go on from.
 */
export class FactStore {
  readonly #path: string;
  readonly #heading: string;
  readonly #content: Buffer;
  /** Where the line of each file begins in the content, by its key. */
  readonly #lines = new Map<string, number>();
  /** The lines that are new in this run, as bytes: nothing else holds so much. */
  readonly #fresh = new Map<string, Buffer>();

  constructor(path: string, conf: string) {
    this.#path = path;
    this.#heading = `watchtower facts 2 ${JSON.stringify(conf)}`;
    const content = readHeaded(path, this.#heading) ?? nothing;
    for (let at = 0; at < content.length; at = endOfLine(content, at) + 1) {
      const key = content.toString('latin1', content.indexOf(space, at) + 1, content.indexOf(tab, at));
      this.#lines.set(key, at);
    }
    this.#content = content;
  }

  /** What is known of a file; null when that is nothing, or of another file. */
  find(file: TranscriptFile): Known | null {
    const line = this.#lineOf(keyOf(file));
    if (line === null) return null;
    let cells = line.toString('latin1', 0, outlineLength).split('\t', columns.facts + 1);
    if (cells.length <= columns.facts) cells = line.toString('latin1').split('\t', columns.facts + 1);
    if (Number(cells[columns.inode]) !== file.inode) return null;
    const marks = cells[columns.marks]!;
    const touchedAt = Number(cells[columns.touchedAt]);
    return {
      same: Number(cells[columns.bytes]) === file.bytes && touchedAt === file.touchedAt,
      complete: marks.includes('c'),
      makesRow: marks.includes('r'),
      continuedIn: cells[columns.continuedIn] || null,
      standing: {
        touchedAt,
        lastActivityAt: cells[columns.lastActivityAt] === '' ? null : Number(cells[columns.lastActivityAt]),
        hasTurn: marks.includes('t'),
        headless: marks.includes('h'),
        unregistered: marks.includes('u'),
      },
      facts: () => unpackFacts(line.toString().split('\t', columns.facts + 1)[columns.facts]!),
    };
  }

  /** What was kept beside the facts of a file that `find` has found to be the same; null where nothing was. */
  row(file: TranscriptFile): string | null {
    const [bytes, from] = this.#placeOf(keyOf(file));
    const end = endOfLine(bytes, from);
    const start = bytes.lastIndexOf(tab, end) + 1;
    return start > from && bytes[start] === openBrace ? bytes.toString('utf8', start, end) : null;
  }

  /** Keeps the facts of a file. `now` is in milliseconds since the epoch. */
  keep(file: TranscriptFile, facts: Facts, now: number): void {
    // Touched so lately, it may change without showing it: then its facts are no more than the part to go on from.
    const isSettled = facts.size === file.bytes && Math.abs(now - file.touchedAt) >= clockGrain;
    const standing = standingOf(facts, file.touchedAt);
    const marks = [
      facts.complete && 'c',
      makesRow(facts) && 'r',
      standing.hasTurn && 't',
      standing.headless && 'h',
      standing.unregistered && 'u',
    ];
    const cells = [
      keyOf(file),
      file.inode,
      isSettled ? file.touchedAt : -file.touchedAt,
      facts.size,
      marks.filter((mark) => mark !== false).join(''),
      standing.lastActivityAt ?? '',
      isPlain(facts.continuedIn ?? '') ? facts.continuedIn : '',
      packFacts(facts),
    ];
    this.#fresh.set(keyOf(file), seal(cells.join('\t')));
  }

  /** Keeps a row, a JSON object on one line, beside the facts of a file, where there are any. */
  keepRow(file: TranscriptFile, row: string): void {
    const line = this.#lineOf(keyOf(file));
    if (line !== null) this.#fresh.set(keyOf(file), seal(`${withoutRow(line)}\t${row}`));
  }

  /** Whether an entry is new. */
  get changed(): boolean {
    return this.#fresh.size > 0;
  }

  /** Writes the entries of the files touched last, `most` of them. */
  saveNewest(most: number): void {
    const keys = [...new Set([...this.#lines.keys(), ...this.#fresh.keys()])];
    const touchedAt = (key: string) =>
      Math.abs(Number(this.#lineOf(key)?.toString('latin1').split('\t', 3)[columns.touchedAt] ?? 0));
    if (keys.length > most) {
      const times = new Map(keys.map((key) => [key, touchedAt(key)]));
      keys.sort((a, b) => times.get(b)! - times.get(a)!).length = most;
    }
    this.#save(keys.map((key) => this.#bytesOf(key)));
  }

  /** Writes the entries of these files: those of files that are gone are dropped. */
  saveAll(files: TranscriptFile[]): void {
    this.#save(files.map((file) => this.#bytesOf(keyOf(file))));
  }

  /** Writes what another store knows of these files, without rows. */
  saveFrom(other: FactStore, files: TranscriptFile[]): void {
    const lines = files.map((file) => other.#lineOf(keyOf(file))).filter((line) => line !== null);
    this.#save(lines.map((line) => seal(withoutRow(line))));
  }

  /** The content of a line; null where there is none, or a damaged one. */
  #lineOf(key: string): Buffer | null {
    const [bytes, from] = this.#placeOf(key);
    return bytes.length === 0 ? null : unseal(bytes, from);
  }

  /** A line as it is written, its end included; empty where there is none. */
  #bytesOf(key: string): Buffer {
    const [bytes, from] = this.#placeOf(key);
    return bytes.subarray(from, endOfLine(bytes, from) + 1);
  }

  /** The bytes that hold a line, and where it begins in them; no bytes where there is none. */
  #placeOf(key: string): [bytes: Buffer, from: number] {
    const fresh = this.#fresh.get(key);
    if (fresh !== undefined) return [fresh, 0];
    const at = this.#lines.get(key);
    return at === undefined ? [nothing, 0] : [this.#content, at];
  }

  #save(lines: Buffer[]): void {
    if (writeHeaded(this.#path, this.#heading, lines)) this.#fresh.clear();
  }
}

const nothing = Buffer.alloc(0);
const openBrace = '{'.charCodeAt(0);
const tab = 9;
const space = 32;

/** Within this many milliseconds of its last change a file can change again and show the same mtime. */
const clockGrain = 20;

/** A file's own key: its path below the projects folder, in printable ASCII whatever its folder is called. */
function keyOf({ folder, id }: TranscriptFile): string {
  return `${isPlain(folder) ? folder : encodeURIComponent(folder.toWellFormed())}/${id}`;
}

/** What Claude Code names folders by stands for itself, and can't be taken for what is encoded. */
function isPlain(text: string): boolean {
  return /^[A-Za-z0-9-]*$/.test(text);
}

function withoutRow(line: Buffer): string {
  return line.toString().split('\t', rowColumn).join('\t');
}
