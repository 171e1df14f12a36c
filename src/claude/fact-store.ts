import type { Standing } from '../core/session.ts';
import { larger } from '../core/text.ts';
import { checksum, endOfLine, readHeaded, seal, unseal, writeHeaded } from '../files/checked-lines.ts';
import { bytesOf, noBytes } from '../system/bytes.ts';
import { version } from '../version.ts';
import type { TranscriptFile } from './discover.ts';
import { type Facts, makesRow, packFacts, standingIn, unpackFacts } from './facts.ts';
import { grainOf, idAt, idLength } from './listing.ts';
import type { Depth } from './transcript.ts';

/**
 * The numbers of an entry: what tells whether it is true, its outline, and where its lines begin. A list asks no more of
 * most transcripts, so it can be had without making a single text.
 */
const columns = {
  /** Which of the store's folders it lies in. */
  folder: 0,
  inode: 1,
  touchedAt: 2,
  bytes: 3,
  marks: 4,
  /** NaN where nothing was said. */
  lastActivityAt: 5,
  facts: 6,
  /** NaN where there is none. */
  row: 7,
} as const;
const width = 8;
const bytesOfNumbers = width * Float64Array.BYTES_PER_ELEMENT;

const marks = { complete: 1, makesRow: 2, hasTurn: 4, headless: 8, unregistered: 16, continued: 32, textless: 64 };

/**
 * Numbers that begin at a place, and the lines that they speak of: all facts as JSON, unless no text was read, and the row,
 * a JSON object.
 */
interface Entry {
  numbers: Float64Array;
  at: number;
  lines: Buffer;
}

/** What is known of a transcript as it stands on the disk: first what its place in a list needs, the rest when asked. */
export class Known {
  private readonly entry: Entry;
  private readonly marks: number;
  private readonly same: boolean;

  constructor(entry: Entry, file: TranscriptFile) {
    const { numbers, at } = entry;
    this.entry = entry;
    this.marks = numbers[at + columns.marks]!;
    this.same = numbers[at + columns.bytes] === file.bytes && numbers[at + columns.touchedAt] === file.touchedAt;
  }

  /** Whether it is still true, the file being what it was when it was read, and as deep as it is wanted. */
  tells(depth: Depth): boolean {
    return this.same && reaches(this.marks, depth);
  }

  /** Whether it stands for a session at all; where a process holds it, that is not asked. */
  get makesRow(): boolean {
    return (this.marks & marks.makesRow) !== 0;
  }

  /** Whether another session went on from it: which one, the facts tell. */
  get isContinued(): boolean {
    return (this.marks & marks.continued) !== 0;
  }

  get standing(): Standing {
    const { numbers, at } = this.entry;
    const lastActivityAt = numbers[at + columns.lastActivityAt]!;
    return {
      touchedAt: numbers[at + columns.touchedAt]!,
      lastActivityAt: Number.isNaN(lastActivityAt) ? null : lastActivityAt,
      hasTurn: (this.marks & marks.hasTurn) !== 0,
      headless: (this.marks & marks.headless) !== 0,
      unregistered: (this.marks & marks.unregistered) !== 0,
    };
  }

  /** All facts; null where only its place in a list is known, or their line is damaged. */
  facts(): Facts | null {
    const line = (this.marks & marks.textless) !== 0 ? null : lineOf(this.entry, columns.facts);
    return line && unpackFacts(line.toString());
  }
}

/** Whether an entry of these marks is as deep as it is wanted; a preview wants more than is kept. */
function reaches(marked: number, depth: Depth): boolean {
  switch (depth) {
    case 'standing':
      return true;
    case 'bounded':
      return (marked & marks.textless) === 0;
    case 'complete':
      return (marked & marks.complete) !== 0;
    case 'preview':
      return false;
  }
}

/** What one of an entry's lines holds; null where there is none, or a damaged one. */
function lineOf({ numbers, at, lines }: Entry, column: number): Buffer | null {
  const from = numbers[at + column]!;
  return Number.isNaN(from) ? null : unseal(lines, from);
}

/** In a store of more entries than these, ids are looked up by a map: to make it takes longer than a login's searches. */
const manyEntries = 1000;

/**
 * The facts of transcripts, kept from one run to the next. An entry is true for as long as the file's inode, size and
 * mtime are those it was read with; of a file that has only grown it is the part to go on from. A store is a head, the
 * ids, the numbers, and the lines of all entries in that order.
 */
export class FactStore {
  private readonly path: string;
  private readonly heading: string;
  private readonly stored: Stored;
  /** The place of each entry, by its id. */
  private places: Map<string, number> | undefined;
  /** The entries that are new in this run, with the names of their folders. */
  private readonly fresh = new Map<string, Entry & { folder: string }>();
  /** The marks of those new ones that will still be true when nobody touches their files again. */
  private readonly learned = new Map<string, number>();

  constructor(path: string, conf: string) {
    this.path = path;
    // Another wt may read more out of a transcript, and word a row in another way.
    this.heading = `watchtower ${version} facts 6 ${JSON.stringify(conf)}`;
    const content = readHeaded(path, this.heading);
    this.stored = (content && readStored(content)) ?? nothingStored;
  }

  /** What is known of a file; null when that is nothing, or of another file. */
  find(file: TranscriptFile): Known | null {
    const entry = this.entryOf(file.id);
    if (entry === null || entry.numbers[entry.at + columns.inode] !== file.inode) return null;
    return this.folderOf(file.id, entry) === file.folder ? new Known(entry, file) : null;
  }

  /** What was kept beside the facts of a file that `find` has found to be the same; null where nothing was. */
  row(file: TranscriptFile): Buffer | null {
    const entry = this.entryOf(file.id);
    return entry && lineOf(entry, columns.row);
  }

  /** Keeps the facts of a file, read to that depth. `now` is in milliseconds since the epoch. */
  keep(file: TranscriptFile, facts: Facts, depth: Depth, now: number): void {
    // Touched so lately, it may change without showing it: then its facts are no more than the part to go on from.
    const age = larger(now - file.touchedAt, file.touchedAt - now);
    const isSettled = facts.size === file.bytes && age >= grainOf(file.touchedAt);
    const isTextless = depth === 'standing';
    const { touchedAt } = file;
    const standing = standingIn(facts, touchedAt);
    const numbers = new Float64Array(width);
    numbers[columns.inode] = file.inode;
    numbers[columns.touchedAt] = isSettled ? touchedAt : -touchedAt;
    numbers[columns.bytes] = facts.size;
    numbers[columns.marks] =
      (facts.complete ? marks.complete : 0) |
      (makesRow(facts) ? marks.makesRow : 0) |
      (standing.hasTurn ? marks.hasTurn : 0) |
      (standing.headless ? marks.headless : 0) |
      (standing.unregistered ? marks.unregistered : 0) |
      (facts.continuedIn === null ? 0 : marks.continued) |
      (isTextless ? marks.textless : 0);
    numbers[columns.lastActivityAt] = standing.lastActivityAt ?? Number.NaN;
    numbers[columns.row] = Number.NaN;
    const lines = isTextless ? noBytes : seal(packFacts(facts));
    this.fresh.set(file.id, { numbers, at: 0, lines, folder: file.folder });
    if (isSettled) this.learned.set(file.id, numbers[columns.marks]!);
  }

  /** Whether this run has learned all of a file that is asked for, so that it can be had from here again. */
  hasLearned(id: string, depth: Depth): boolean {
    const marked = this.learned.get(id);
    return marked !== undefined && reaches(marked, depth);
  }

  /** Keeps a row, a JSON object on one line, beside the facts of a file, where there are any. */
  keepRow(file: TranscriptFile, row: string): void {
    const entry = this.entryOf(file.id);
    if (entry === null) return;
    const { numbers, at, lines } = withoutRow(entry);
    numbers[columns.row] = lines.length;
    this.fresh.set(file.id, { numbers, at, lines: Buffer.concat([lines, seal(row)]), folder: file.folder });
  }

  /** How many entries there are, true ones or not. */
  get size(): number {
    let count = this.stored.count;
    for (const id of this.fresh.keys()) if (this.placeOf(id) < 0) count += 1;
    return count;
  }

  /** Whether an entry is new. */
  get changed(): boolean {
    return this.fresh.size > 0;
  }

  /** Writes the entries; where they are more than `most` by a quarter, those of the files touched last, about `most`. */
  saveNewest(most: number): void {
    if (this.size * 4 <= most * 5) {
      this.save([]);
      return;
    }
    const ids: string[] = [];
    const times: number[] = [];
    this.each((id, touchedAt) => {
      ids.push(id);
      times.push(touchedAt);
    });
    const since = Float64Array.from(times).sort().at(-most)!;
    this.save(ids.filter((_, at) => !(times[at]! >= since)));
  }

  /** Writes the entries of these files; as soon as there are more than files, those of files that are gone are dropped. */
  saveAll(files: TranscriptFile[]): void {
    if (this.size <= files.length) {
      this.save([]);
      return;
    }
    const there = new Set(files.map((file) => file.id));
    const gone: string[] = [];
    this.each((id) => {
      if (!there.has(id)) gone.push(id);
    });
    this.save(gone);
  }

  /** Writes the entries of these files, without rows, as a store at another path. */
  copyTo(path: string, files: TranscriptFile[]): void {
    const writing = new Writing(this.stored.folders);
    for (const { id } of files) {
      const entry = this.entryOf(id);
      if (entry !== null) writing.add(id, withoutRow(entry), this.folderOf(id, entry));
    }
    writing.write(path, this.heading);
  }

  /** Goes through all entries, each with when its file was touched last. */
  private each(take: (id: string, touchedAt: number) => void): void {
    const { count, ids, numbers } = this.stored;
    for (const [id, entry] of this.fresh) take(id, Math.abs(entry.numbers[entry.at + columns.touchedAt]!));
    for (let place = 0; place < count; place++) {
      const id = idAt(ids, place, idLength);
      if (!this.fresh.has(id)) take(id, Math.abs(numbers[place * width + columns.touchedAt]!));
    }
  }

  /** Null where there is none. */
  private entryOf(id: string): Entry | null {
    const fresh = this.freshOf(id);
    if (fresh !== undefined) return fresh;
    const place = this.placeOf(id);
    return place < 0 ? null : { numbers: this.stored.numbers, at: place * width, lines: this.stored.lines };
  }

  private freshOf(id: string): (Entry & { folder: string }) | undefined {
    return this.fresh.size === 0 ? undefined : this.fresh.get(id);
  }

  private folderOf(id: string, entry: Entry): string {
    return this.freshOf(id)?.folder ?? this.stored.folders[entry.numbers[entry.at + columns.folder]!]!;
  }

  /** The place of an entry among those that were stored; negative where it has none. */
  private placeOf(id: string): number {
    const { ids, count } = this.stored;
    if (count <= manyEntries) {
      const at = ids.indexOf(bytesOf(id));
      return at < 0 ? -1 : at / idLength;
    }
    if (this.places === undefined) {
      this.places = new Map();
      for (let place = 0; place < count; place++) this.places.set(idAt(ids, place, idLength), place);
    }
    return this.places.get(id) ?? -1;
  }

  /** Writes all entries but these: whatever stays is copied as it lies there. */
  private save(but: string[]): void {
    const drop = new Set<string>();
    for (const id of but) drop.add(id);
    const writing = new Writing(this.stored.folders);
    const left: number[] = [];
    const leave = (id: string) => {
      const place = this.placeOf(id);
      if (place >= 0) left.push(place);
    };
    for (const id of but) leave(id);
    for (const id of this.fresh.keys()) leave(id);
    let from = 0;
    for (const place of left.sort((a, b) => a - b)) {
      if (place > from) writing.copy(this.stored, from, place);
      from = place + 1;
    }
    if (from < this.stored.count) writing.copy(this.stored, from, this.stored.count);
    for (const [id, entry] of this.fresh) if (!drop.has(id)) writing.add(id, entry, entry.folder);
    if (writing.write(this.path, this.heading)) this.fresh.clear();
  }
}

/** The entries of an earlier run. */
interface Stored {
  count: number;
  folders: string[];
  ids: Buffer;
  numbers: Float64Array;
  lines: Buffer;
}

interface Head {
  count: number;
  folders: string[];
  /** The checksum of ids and numbers. */
  sum: string;
}

const noNumbers = new Float64Array(noBytes.buffer, 0, 0);
const nothingStored: Stored = { count: 0, folders: [], ids: noBytes, numbers: noNumbers, lines: noBytes };

/** What `Writing` wrote; null where its head or a number is damaged. Lines are looked at when they are asked for. */
function readStored(content: Buffer): Stored | null {
  const sealed = unseal(content, 0);
  if (sealed === null) return null;
  const { count, folders, sum } = JSON.parse(sealed.toString()) as Head;
  const from = endOfLine(content, 0) + 1;
  const end = from + count * (idLength + bytesOfNumbers);
  const table = content.subarray(from, end);
  if (checksum(table) !== sum) return null;
  // A copy: numbers must lie at a multiple of their length.
  const start = table.byteOffset + count * idLength;
  const numbers = new Float64Array(table.buffer.slice(start, start + count * bytesOfNumbers));
  return { count, folders, ids: table.subarray(0, count * idLength), numbers, lines: content.subarray(end) };
}

/** A store while it is put together. */
class Writing {
  private folders: string[];
  private count = 0;
  /** How many bytes the lines have. */
  private length = 0;
  private readonly ids: Uint8Array[] = [];
  private readonly numbers: Float64Array[] = [];
  private readonly lines: Uint8Array[] = [];

  constructor(folders: readonly string[]) {
    this.folders = folders.slice();
  }

  /** Takes stored entries, from one place to before another, as they lie there. */
  copy(stored: Stored, from: number, to: number): void {
    const { numbers, lines, ids } = stored;
    const start = numbers[from * width + columns.facts]!;
    const end = to < stored.count ? numbers[to * width + columns.facts]! : lines.length;
    this.ids.push(ids.subarray(from * idLength, to * idLength));
    this.take(numbers.slice(from * width, to * width), this.length - start, lines.subarray(start, end));
  }

  /** Takes one entry, whose lines are all that there are, of a file in a folder. */
  add(id: string, { numbers, at, lines }: Entry, folder: string): void {
    const own = numbers.slice(at, at + width);
    const known = this.folders.indexOf(folder);
    own[columns.folder] = known < 0 ? this.folders.push(folder) - 1 : known;
    this.ids.push(bytesOf(id));
    this.take(own, this.length, lines);
  }

  /** Writes them; false where that can't be done. */
  write(path: string, heading: string): boolean {
    if (this.folders.length > this.count) this.forgetFolders();
    const numbers = this.ids.slice();
    for (const { buffer } of this.numbers) numbers.push(new Uint8Array(buffer));
    const table = Buffer.concat(numbers);
    const head: Head = { count: this.count, folders: this.folders, sum: checksum(table) };
    const parts: Uint8Array[] = [seal(JSON.stringify(head)), table];
    return writeHeaded(path, heading, parts.concat(this.lines));
  }

  /** Leaves no name of a folder in which no entry lies. */
  private forgetFolders(): void {
    const kept = new Map<string, number>();
    for (const numbers of this.numbers) {
      for (let at = columns.folder; at < numbers.length; at += width) {
        const name = this.folders[numbers[at]!]!;
        const place = kept.get(name) ?? kept.size;
        kept.set(name, place);
        numbers[at] = place;
      }
    }
    this.folders = [...kept.keys()];
  }

  /** `shift` is how much further their lines lie than the numbers say. */
  private take(numbers: Float64Array, shift: number, lines: Uint8Array): void {
    if (shift !== 0) {
      for (let at = 0; at < numbers.length; at += width) {
        numbers[at + columns.facts]! += shift;
        numbers[at + columns.row]! += shift;
      }
    }
    this.count += numbers.length / width;
    this.length += lines.length;
    this.numbers.push(numbers);
    this.lines.push(lines);
  }
}

/** A copy of an entry with no line but that of its facts, where it has one, as it is sealed. */
function withoutRow({ numbers, at, lines }: Entry): Entry {
  const own = numbers.slice(at, at + width);
  const from = own[columns.facts]!;
  own[columns.facts] = 0;
  own[columns.row] = Number.NaN;
  const isTextless = (own[columns.marks]! & marks.textless) !== 0;
  return { numbers: own, at: 0, lines: isTextless ? noBytes : lines.subarray(from, endOfLine(lines, from) + 1) };
}
