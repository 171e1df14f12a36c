import packageFile from '../../package.json' with { type: 'json' };
import { standingOf } from '../core/join.ts';
import type { Standing } from '../core/session.ts';
import { endOfLine, readHeaded, seal, unseal, writeHeaded } from '../files/checked-lines.ts';
import type { TranscriptFile } from './discover.ts';
import { type Facts, isHeadless, makesRow, packFacts, unpackFacts } from './facts.ts';
import { grainOf } from './listing.ts';
import type { Depth } from './transcript.ts';

/** What is known of a transcript as it stands on the disk: first what its place in a list needs, the rest when asked. */
export class Known {
  readonly #same: boolean;
  /** One letter for each thing that is so: `marks` below. */
  readonly #marks: string;
  readonly continuedIn: string | null;
  readonly #lastActivityAt: string;
  readonly #touchedAt: number;
  readonly #line: Buffer;

  constructor(line: Buffer, cells: string[], file: TranscriptFile) {
    this.#line = line;
    this.#marks = cells[columns.marks]!;
    this.#touchedAt = Number(cells[columns.touchedAt]);
    this.#lastActivityAt = cells[columns.lastActivityAt]!;
    this.#same = Number(cells[columns.bytes]) === file.bytes && this.#touchedAt === file.touchedAt;
    this.continuedIn = cells[columns.continuedIn] || null;
  }

  /** Whether it is still true, the file being what it was when it was read, and as deep as it is wanted. */
  tells(depth: Depth): boolean {
    return this.#same && reaches(this.#marks.includes(marks.complete), depth);
  }

  /** Whether it stands for a session at all; where a process holds it, that is not asked. */
  get makesRow(): boolean {
    return this.#marks.includes(marks.makesRow);
  }

  get standing(): Standing {
    return {
      touchedAt: this.#touchedAt,
      lastActivityAt: this.#lastActivityAt === '' ? null : Number(this.#lastActivityAt),
      hasTurn: this.#marks.includes(marks.hasTurn),
      headless: this.#marks.includes(marks.headless),
      unregistered: this.#marks.includes(marks.unregistered),
    };
  }

  facts(): Facts {
    return unpackFacts(this.#line.toString().split('\t', columns.facts + 1)[columns.facts]!);
  }
}

/** Whether bounded or complete facts are as deep as it is wanted; a preview wants more than is kept. */
function reaches(complete: boolean, depth: Depth): boolean {
  return depth === 'bounded' || (depth === 'complete' && complete);
}

const marks = { complete: 'c', makesRow: 'r', hasTurn: 't', headless: 'h', unregistered: 'u' };

/**
 * The columns of a line: what finds an entry and tells whether it is true, its outline, all facts as JSON, and the row,
 * if any, as a JSON object. All before the facts is ASCII. A line with a row is sealed once more around the line that
 * was sealed without it, which so can be taken out as it is.
 */
const columns = {
  /** What ends with the id: the checksum of the line without its row may stand before it. */
  id: 0,
  folder: 1,
  inode: 2,
  touchedAt: 3,
  bytes: 4,
  marks: 5,
  lastActivityAt: 6,
  continuedIn: 7,
  facts: 8,
};
const idLength = 36;
/** So many bytes hold what comes before the facts, almost always. */
const outlineLength = 170;

/**
 * The facts of transcripts, kept from one run to the next. An entry is true for as long as the file's inode, size and
 * mtime are those it was read with; of a file that has only grown it is the part to go on from.
 */
export class FactStore {
  readonly #path: string;
  readonly #heading: string;
  readonly #content: Buffer;
  /** Where the line of each file begins in the content, by the id of its session. */
  readonly #lines = new Map<string, number>();
  /** The lines that are new in this run, as bytes: nothing else holds so much. */
  readonly #fresh = new Map<string, Buffer>();
  /** Of which files the new ones will still be true when nobody touches them again, and whether they are complete. */
  readonly #learned = new Map<string, boolean>();

  constructor(path: string, conf: string) {
    this.#path = path;
    // Another wt may read more out of a transcript, and word a row in another way.
    this.#heading = `watchtower ${packageFile.version} facts 4 ${JSON.stringify(conf)}`;
    const content = readHeaded(path, this.#heading) ?? nothing;
    for (let at = 0; at < content.length; at = endOfLine(content, at) + 1) {
      this.#lines.set(idBefore(content, content.indexOf(tab, at)), at);
    }
    this.#content = content;
  }

  /** What is known of a file; null when that is nothing, or of another file. */
  find(file: TranscriptFile): Known | null {
    const line = this.#lineOf(file.id);
    if (line === null) return null;
    let cells = line.toString('latin1', 0, outlineLength).split('\t', columns.facts + 1);
    if (cells.length <= columns.facts) cells = line.toString('latin1').split('\t', columns.facts + 1);
    if (Number(cells[columns.inode]) !== file.inode || !isCellOf(cells[columns.folder]!, file.folder)) return null;
    return new Known(line, cells, file);
  }

  /** What was kept beside the facts of a file that `find` has found to be the same; null where nothing was. */
  row(file: TranscriptFile): Buffer | null {
    const [bytes, from] = this.#placeOf(file.id);
    const start = startOfRow(bytes, from);
    return start === null ? null : bytes.subarray(start, endOfLine(bytes, from));
  }

  /** Keeps the facts of a file. `now` is in milliseconds since the epoch. */
  keep(file: TranscriptFile, facts: Facts, now: number): void {
    // Touched so lately, it may change without showing it: then its facts are no more than the part to go on from.
    const isSettled = facts.size === file.bytes && Math.abs(now - file.touchedAt) >= grainOf(file.touchedAt);
    const { lastActivityAt, lastTurn, version } = facts;
    const { touchedAt } = file;
    const standing = standingOf({ touchedAt, lastActivityAt, lastTurn, headless: isHeadless(facts), version });
    const holds = { ...standing, complete: facts.complete, makesRow: makesRow(facts) };
    const cells = [
      file.id,
      cellOf(file.folder),
      file.inode,
      isSettled ? touchedAt : -touchedAt,
      facts.size,
      (Object.keys(marks) as (keyof typeof marks)[]).map((mark) => (holds[mark] ? marks[mark] : '')).join(''),
      lastActivityAt ?? '',
      isPlain(facts.continuedIn ?? '') ? facts.continuedIn : '',
      packFacts(facts),
    ];
    this.#fresh.set(file.id, seal(cells.join('\t')));
    if (isSettled) this.#learned.set(file.id, facts.complete);
  }

  /** Whether this run has learned all of a file that is asked for, so that it can be had from here again. */
  hasLearned(id: string, depth: Depth): boolean {
    const isComplete = this.#learned.get(id);
    return isComplete !== undefined && reaches(isComplete, depth);
  }

  /** Keeps a row, a JSON object on one line, beside the facts of a file, where there are any. */
  keepRow(file: TranscriptFile, row: string): void {
    const line = this.#withoutRow(file.id);
    if (line.length > 0) this.#fresh.set(file.id, seal(`${line.toString()}\t${row}`));
  }

  /** How many entries there are, true ones or not. */
  get size(): number {
    let count = this.#lines.size;
    for (const id of this.#fresh.keys()) if (!this.#lines.has(id)) count += 1;
    return count;
  }

  /** Whether an entry is new. */
  get changed(): boolean {
    return this.#fresh.size > 0;
  }

  /** Writes the entries; where they are more than `most` by a quarter, those of the files touched last, about `most`. */
  saveNewest(most: number): void {
    if (this.size * 4 <= most * 5) {
      this.#save([]);
      return;
    }
    const ids = [...new Set([...this.#lines.keys(), ...this.#fresh.keys()])];
    const times = Float64Array.from(ids, (id) => this.#touchedAt(id));
    const since = times.toSorted().at(-most)!;
    this.#save(ids.filter((_, index) => !(times[index]! >= since)));
  }

  /** Writes the entries of these files; as soon as there are more than files, those of files that are gone are dropped. */
  saveAll(files: TranscriptFile[]): void {
    if (this.size <= files.length) {
      this.#save([]);
      return;
    }
    const ids = new Set(files.map((file) => file.id));
    this.#save([...this.#lines.keys(), ...this.#fresh.keys()].filter((id) => !ids.has(id)));
  }

  /** Writes the entries of these files, without rows, as a store at another path. */
  copyTo(path: string, files: TranscriptFile[]): void {
    const lines: Uint8Array[] = [];
    for (const file of files) {
      const line = this.#withoutRow(file.id);
      if (line.length > 0) lines.push(line, lineEnd);
    }
    writeHeaded(path, this.#heading, lines);
  }

  /** When the file of an entry was touched last, as far as its line can be read. */
  #touchedAt(id: string): number {
    const [bytes, from] = this.#placeOf(id);
    const cells = bytes.toString('latin1', from, endOfLine(bytes, from)).split('\t', columns.touchedAt + 1);
    return Math.abs(Number(cells[columns.touchedAt])) || 0;
  }

  /** The line of an entry as it was sealed without a row, without its end; empty where there is none. */
  #withoutRow(id: string): Buffer {
    const [bytes, from] = this.#placeOf(id);
    const start = startOfRow(bytes, from);
    if (start === null) return bytes.subarray(from, endOfLine(bytes, from));
    return bytes.subarray(bytes.indexOf(space, from) + 1, start - 1);
  }

  /** The content of a line; null where there is none, or a damaged one. */
  #lineOf(id: string): Buffer | null {
    const [bytes, from] = this.#placeOf(id);
    return bytes.length === 0 ? null : unseal(bytes, from);
  }

  /** The bytes that hold a line, and where it begins in them; no bytes where there is none. */
  #placeOf(id: string): [bytes: Buffer, from: number] {
    const fresh = this.#fresh.get(id);
    if (fresh !== undefined) return [fresh, 0];
    const at = this.#lines.get(id);
    return at === undefined ? [nothing, 0] : [this.#content, at];
  }

  /** Writes all entries but these: whatever stays is copied as it lies there. */
  #save(but: string[]): void {
    const [content, drop] = [this.#content, new Set(but)];
    const left = [...but, ...this.#fresh.keys()].map((id) => this.#lines.get(id)).filter((at) => at !== undefined);
    const parts: Uint8Array[] = [];
    let begin = 0;
    for (const at of left.sort((a, b) => a - b)) {
      if (at > begin) parts.push(content.subarray(begin, at));
      if (at >= begin) begin = endOfLine(content, at) + 1;
    }
    if (begin < content.length) parts.push(content.subarray(begin));
    // Torn off in its last line: nothing may be glued to that.
    if (content.length > 0 && content.at(-1) !== lineEnd[0]) parts.push(lineEnd);
    for (const [id, line] of this.#fresh) if (!drop.has(id)) parts.push(line);
    if (writeHeaded(this.#path, this.#heading, parts)) this.#fresh.clear();
  }
}

const nothing = Buffer.alloc(0);
const lineEnd = Uint8Array.of(10);
const openBrace = '{'.charCodeAt(0);
const tab = 9;
const space = 32;

/** The id that ends at a place. */
function idBefore(bytes: Buffer, end: number): string {
  return bytes.toString('latin1', Math.max(0, end - idLength), Math.max(0, end));
}

/** Where the row of the line that begins at `from` begins; null where it has none. */
function startOfRow(bytes: Buffer, from: number): number | null {
  const start = bytes.lastIndexOf(tab, endOfLine(bytes, from)) + 1;
  return start > from && bytes[start] === openBrace ? start : null;
}

/** The name of a project folder in printable ASCII, whatever it is called. */
function cellOf(folder: string): string {
  return isPlain(folder) ? folder : encodeURIComponent(folder.toWellFormed());
}

function isCellOf(cell: string, folder: string): boolean {
  return (cell === folder && !folder.includes('%')) || cell === cellOf(folder);
}

/** What Claude Code names folders by stands for itself, and can't be taken for what is encoded. */
function isPlain(text: string): boolean {
  return /^[A-Za-z0-9-]*$/.test(text);
}
