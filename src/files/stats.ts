import { closeSync, library, numbersIn, pathAt, pointerTo, statSync } from '#system';
import { larger } from '../core/text.ts';
import { type FileStat, type Library, openFolderFlags } from '../system/calls.ts';
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
  /** Stats the files in it whose names, in ASCII, lie in `names`, each at a multiple of `width` bytes and ended by a NUL. */
  stat(names: Buffer, width: number): Stats;
  close(): void;
}

/**
 * Opens a folder to look into it; null where there is no such folder. Throws when it may not be looked at. Symbolic
 * links are followed, as by any stat.
 */
export function openFolder(path: string): OpenFolder | null {
  if (library !== null) {
    const fd = library.openFolder(path, openPath);
    if (fd >= 0) return new LibraryFolder(library, fd, path);
  }
  const stat = statSync(path, quietly);
  return stat?.isDirectory() ? new RuntimeFolder(path, stat.ctimeMs) : null;
}

const quietly = { throwIfNoEntry: false } as const;

/** O_PATH, so that read permission isn't needed. */
const openPath = 0o10000000 | openFolderFlags;

/** How many files were asked about, and which of them could not be told of. */
class Asked {
  readonly count: number;
  readonly missing: number[] = [];
  readonly hidden: number[] = [];

  constructor(count: number) {
    this.count = count;
  }

  /** Asks the runtime about the file of a name; null, which is noted, where it can't tell. */
  ask(folder: string, name: string, place: number): FileStat | null {
    try {
      const stat = name === '' ? undefined : statSync(`${folder}/${name}`, quietly);
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
class Records {
  readonly pointer: number;
  readonly words: Uint32Array;
  readonly length: number;
  used = 0;

  constructor(length: number) {
    this.words = new Uint32Array((length + 1) * wordsInRecord);
    this.pointer = pointerTo!(this.words);
    this.length = length;
  }
}

const usualLength = 2048;
let records: Records | null = null;

/** Stats by the C library: 2,000 of them are most of a greeting, and half as dear this way. */
class LibraryFolder implements OpenFolder {
  readonly changedAt: number;
  private readonly library: Library;
  private readonly fd: number;
  private readonly path: string;

  constructor(system: Library, fd: number, path: string) {
    this.library = system;
    this.fd = fd;
    this.path = path;
    const { words, pointer, used } = roomFor(1);
    // Where even this can't be told, nothing that was listed before is believed.
    const isTold = system.statx(fd, pathAt!(''), emptyPath, statxWanted, pointer + used * recordLength) === 0;
    this.changedAt = isTold ? timeAt(words, used * wordsInRecord + statx.changed) : Number.NaN;
  }

  stat(names: Buffer, width: number): Stats {
    const system = this.library;
    const fd = this.fd;
    const count = names.length / width;
    const room = roomFor(count);
    const stats = new LibraryStats(room, count);
    if (count === 0) return stats;
    let name = pointerTo!(names);
    let record = room.pointer + room.used * recordLength;
    room.used += count;
    for (let place = 0; place < count; place++, name += width, record += recordLength) {
      if (system.statx(fd, name, 0, statxWanted, record) !== 0) this.ask(stats, place, names, width);
    }
    return stats;
  }

  close(): void {
    closeSync(this.fd);
  }

  /** Which error it was, the runtime tells; a file that comes this very moment was missing. */
  private ask(stats: LibraryStats, place: number, names: Buffer, width: number): void {
    stats.forget(place);
    const name = nameAt(names.toString('latin1', place * width, (place + 1) * width), 0);
    if (stats.ask(this.path, name, place) !== null) stats.missing.push(place);
  }
}

function roomFor(count: number): Records {
  if (records === null || records.used + count > records.length) {
    records = new Records(larger(count, usualLength));
  }
  return records;
}

/** What is wanted is taken out of the records when it is asked for. */
class LibraryStats extends Asked implements Stats {
  private readonly records: Records;
  private readonly first: number;

  constructor(room: Records, count: number) {
    super(count);
    this.records = room;
    this.first = room.used;
  }

  isFile(place: number): boolean {
    return isOfType(modeAt(this.records.words, (this.first + place) * wordsInRecord), 'file');
  }

  bytes(place: number): number {
    return longAt(this.records.words, (this.first + place) * wordsInRecord + statx.size);
  }

  inode(place: number): number {
    return longAt(this.records.words, (this.first + place) * wordsInRecord + statx.inode);
  }

  touchedAt(place: number): number {
    return timeAt(this.records.words, (this.first + place) * wordsInRecord + statx.touched);
  }

  files(from: number, to: number): number[] {
    const places: number[] = [];
    const { words } = this.records;
    const { count } = this;
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

  /** Where nothing was told of a file, there is half of the record before. */
  forget(place: number): void {
    this.records.words[(this.first + place) * wordsInRecord + statx.mode] = 0;
  }
}

/** Stats by the runtime, where there is no such library. */
class RuntimeFolder implements OpenFolder {
  readonly changedAt: number;
  private readonly path: string;

  constructor(path: string, changedAt: number) {
    this.path = path;
    this.changedAt = changedAt;
  }

  stat(names: Buffer, width: number): Stats {
    const stats = new RuntimeStats(names.length / width);
    const text = names.toString('latin1');
    const numbers = numbersIn(this.path);
    for (let place = 0; place < stats.count; place++) {
      const name = nameAt(text, place * width);
      let told: Float64Array | undefined;
      try {
        if (numbers !== null && name !== '') told = numbers(name);
      } catch {
        // The runtime says why.
      }
      if (told !== undefined) {
        stats.keep(place, told[1]!, told[7]!, told[8]!, told[12]! * 1000 + told[13]! / 1e6);
        continue;
      }
      const stat = stats.ask(this.path, name, place);
      if (stat !== null) stats.keep(place, stat.mode, stat.ino, stat.size, stat.mtimeMs);
    }
    return stats;
  }

  close(): void {}
}

class RuntimeStats extends Asked implements Stats {
  /** Mode, inode, bytes and mtime of each. */
  private readonly kept: Float64Array;

  constructor(count: number) {
    super(count);
    this.kept = new Float64Array(count * 4);
  }

  keep(place: number, mode: number, inode: number, bytes: number, touchedAt: number): void {
    const { kept } = this;
    const at = place * 4;
    kept[at] = mode;
    kept[at + 1] = inode;
    kept[at + 2] = bytes;
    kept[at + 3] = touchedAt;
  }

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
}

function nameAt(names: string, from: number): string {
  return names.slice(from, names.indexOf('\0', from));
}
