import { closeSync, library, numbersIn, pathAt, pointerTo, readdirSync, statSync } from '#system';
import { larger } from '../core/text.ts';
import { type FileStat, type Library, openFolderFlags, type Shape } from '../system/calls.ts';
import { withShapes } from '../system/shapes.ts';
import { emptyPath, isOfType, longAt, modeAt, statx, statxWanted, timeAt } from '../system/statx.ts';

/** What stats say of the files of a folder, each at its place. */
export interface Stats {
  readonly count: number;
  /** The places of those that are not there, and of those that may not be looked at. */
  readonly missing: number[];
  readonly hidden: number[];
  isFile(place: number): boolean;
  bytes(place: number): number;
  inode(place: number): number;
  /** The mtime, milliseconds since the epoch, with fractions: the same number as the runtime's `mtimeMs`. */
  touchedAt(place: number): number;
  /** The places of the regular files with an mtime from `from` on and before `to`, milliseconds since the epoch. */
  files(from: number, to: number): number[];
}

/** A folder while it is looked into. */
export interface OpenFolder {
  /**
   * Its ctime, milliseconds since the epoch, with fractions: it moves with every file that comes or goes, and, other
   * than an mtime, nobody can set it back.
   */
  readonly changedAt: number;
  /**
   * Stats the files in it whose names, in ASCII, lie in `names`, each at a multiple of `width` bytes and ended by a NUL.
   * What it tells is true until it is asked again.
   */
  stat(names: Buffer, width: number): Stats;
  /** The names in it, as `withShapes` gives them. Throws when they can't be had. */
  names(shapes: readonly Shape[]): Buffer[];
  close(): void;
}

/**
 * Opens a folder to look into it; null where there is no such folder. Throws when it may not be looked at. Symbolic
 * links are followed, as by any stat.
 */
export function openFolder(path: string): OpenFolder | null {
  if (library !== null) {
    let fd = library.openFolder(path, openFolderFlags);
    if (fd < 0) fd = library.openFolder(path, openPath);
    if (fd >= 0) return new LibraryFolder(library, fd, path);
  }
  const stat = statSync(path, quietly);
  return stat?.isDirectory() ? new RuntimeFolder(path, stat.ctimeMs) : null;
}

const quietly = { throwIfNoEntry: false } as const;

/** O_PATH: it needs no permission to read. */
const openPath = 0o10000000 | openFolderFlags;

/** The files in an open folder, once they were asked about: which of them could not be told of. */
class Asked {
  count = 0;
  missing: number[] = [];
  hidden: number[] = [];
  protected readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  names(shapes: readonly Shape[]): Buffer[] {
    return withShapes(readdirSync(this.path), shapes);
  }

  /** Asks anew, about so many files. */
  protected begin(count: number): void {
    this.count = count;
    if (this.missing.length > 0) this.missing = [];
    if (this.hidden.length > 0) this.hidden = [];
  }

  /** Asks the runtime about the file of a name; null, which is noted, where it can't tell. */
  protected ask(name: string, place: number): FileStat | null {
    try {
      const stat = name === '' ? undefined : statSync(`${this.path}/${name}`, quietly);
      if (stat !== undefined) return stat;
      this.missing.push(place);
    } catch {
      this.hidden.push(place);
    }
    return null;
  }
}

/** Each record is written over the second half of the one before: the first half holds all that is wanted here. */
const recordLength = statx.bytes / 2;
const wordsInRecord = recordLength / 4;

/** Memory for the kernel's records; shared by folders, for most of them hold few files. */
interface Records {
  readonly words: Uint32Array;
  readonly pointer: number;
  /** For how many there is room, and how many it holds. */
  readonly length: number;
  used: number;
}

const usualLength = 2048;
let records: Records | null = null;

function roomFor(count: number): Records {
  if (records === null || records.used + count > records.length) {
    const length = larger(count, usualLength);
    const words = new Uint32Array((length + 1) * wordsInRecord);
    records = { words, pointer: pointerTo!(words), length, used: 0 };
  }
  return records;
}

/**
 * Stats by the C library: 2,000 of them are most of a greeting, and half as dear this way. What is wanted is taken out of
 * the records when it is asked for.
 */
class LibraryFolder extends Asked implements OpenFolder, Stats {
  readonly changedAt: number;
  private readonly library: Library;
  private readonly fd: number;
  private isRead = false;
  private words: Uint32Array;
  /** The record of the first file. */
  private first: number;

  constructor(system: Library, fd: number, path: string) {
    super(path);
    this.library = system;
    this.fd = fd;
    const { words, pointer, used } = roomFor(1);
    this.words = words;
    this.first = used;
    // Where even this can't be told, nothing that was listed before is believed.
    const isTold = system.statx(fd, pathAt!(''), emptyPath, statxWanted, pointer + used * recordLength) === 0;
    this.changedAt = isTold ? timeAt(words, used * wordsInRecord + statx.changed) : Number.NaN;
  }

  stat(names: Buffer, width: number): Stats {
    const { library: system, fd } = this;
    const count = names.length / width;
    this.begin(count);
    const room = roomFor(count);
    this.words = room.words;
    this.first = room.used;
    if (count === 0) return this;
    let name = pointerTo!(names);
    let record = room.pointer + room.used * recordLength;
    room.used += count;
    for (let place = 0; place < count; place++, name += width, record += recordLength) {
      if (system.statx(fd, name, 0, statxWanted, record) !== 0) this.askAgain(place, names, width);
    }
    return this;
  }

  override names(shapes: readonly Shape[]): Buffer[] {
    // It is read from the beginning once.
    const names = this.isRead ? null : this.library.namesIn(this.fd, shapes);
    this.isRead = true;
    return names ?? super.names(shapes);
  }

  close(): void {
    closeSync(this.fd);
  }

  isFile(place: number): boolean {
    return isOfType(modeAt(this.words, (this.first + place) * wordsInRecord), 'file');
  }

  bytes(place: number): number {
    return longAt(this.words, (this.first + place) * wordsInRecord + statx.size);
  }

  inode(place: number): number {
    return longAt(this.words, (this.first + place) * wordsInRecord + statx.inode);
  }

  touchedAt(place: number): number {
    return timeAt(this.words, (this.first + place) * wordsInRecord + statx.touched);
  }

  files(from: number, to: number): number[] {
    const places: number[] = [];
    const { words, count } = this;
    const since = from / 1000 - 1;
    for (let place = 0, word = this.first * wordsInRecord + statx.touched; place < count; place++) {
      // Whole seconds tell almost always, and cheaply; before 1970 and after 2106 they tell nothing.
      const isOld = words[word]! < since && words[word + 1] === 0;
      word += wordsInRecord;
      if (isOld) continue;
      const touchedAt = this.touchedAt(place);
      if (touchedAt >= from && touchedAt < to && this.isFile(place)) places.push(place);
    }
    return places;
  }

  /** Which error it was, the runtime tells; a file that comes this very moment was missing. */
  private askAgain(place: number, names: Buffer, width: number): void {
    // Where nothing was told of a file, there is half of the record before.
    this.words[(this.first + place) * wordsInRecord + statx.mode] = 0;
    const name = nameAt(names.toString('latin1', place * width, (place + 1) * width), 0);
    if (this.ask(name, place) !== null) this.missing.push(place);
  }
}

/** Stats by the runtime, where there is no such library. */
class RuntimeFolder extends Asked implements OpenFolder, Stats {
  readonly changedAt: number;
  /** Mode, inode, bytes and mtime of each. */
  private kept = new Float64Array(0);

  constructor(path: string, changedAt: number) {
    super(path);
    this.changedAt = changedAt;
  }

  stat(names: Buffer, width: number): Stats {
    this.begin(names.length / width);
    this.kept = new Float64Array(this.count * 4);
    const text = names.toString('latin1');
    const numbers = numbersIn(this.path);
    for (let place = 0; place < this.count; place++) {
      const name = nameAt(text, place * width);
      let told: Float64Array | undefined;
      try {
        if (numbers !== null && name !== '') told = numbers(name);
      } catch {
        // The runtime says why.
      }
      if (told !== undefined) {
        this.keep(place, told[1]!, told[7]!, told[8]!, told[12]! * 1000 + told[13]! / 1e6);
        continue;
      }
      const stat = this.ask(name, place);
      if (stat !== null) this.keep(place, stat.mode, stat.ino, stat.size, stat.mtimeMs);
    }
    return this;
  }

  close(): void {}

  isFile(place: number): boolean {
    return isOfType(this.kept[place * 4]!, 'file');
  }

  inode(place: number): number {
    return this.kept[place * 4 + 1]!;
  }

  bytes(place: number): number {
    return this.kept[place * 4 + 2]!;
  }

  touchedAt(place: number): number {
    return this.kept[place * 4 + 3]!;
  }

  files(from: number, to: number): number[] {
    const { kept, count } = this;
    const places: number[] = [];
    for (let place = 0, at = 3; place < count; place++, at += 4) {
      if (kept[at]! >= from && kept[at]! < to && this.isFile(place)) places.push(place);
    }
    return places;
  }

  private keep(place: number, mode: number, inode: number, bytes: number, touchedAt: number): void {
    const { kept } = this;
    const at = place * 4;
    kept[at] = mode;
    kept[at + 1] = inode;
    kept[at + 2] = bytes;
    kept[at + 3] = touchedAt;
  }
}

function nameAt(names: string, from: number): string {
  return names.slice(from, names.indexOf('\0', from));
}
