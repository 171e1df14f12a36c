// Stats of all transcripts: half of a login's work. In the native build the C library's `statx` writes them into memory
// side by side, which makes a greeting 38 % cheaper at 2,000 sessions and 69 % at 10,000 than a `statSync` for each
// (Bun 1.4.5, instructions counted by callgrind). Everything about that trick stands in this file.
import { closeSync, constants, openSync, statSync } from 'node:fs';

/** What stats say of the files in one folder, each at its place among the names that were asked for. */
export interface FolderStats {
  readonly count: number;
  /** The places of names that are not there, and of those that may not be looked at. */
  readonly missing: readonly number[];
  readonly hidden: readonly number[];
  isFile(place: number): boolean;
  bytes(place: number): number;
  inode(place: number): number;
  /** The mtime, milliseconds since the epoch, with fractions. */
  modifiedAt(place: number): number;
  /** The places of the regular files modified from `from` on and before `to`, milliseconds since the epoch. */
  modifiedBetween(from: number, to: number): number[];
}

/**
 * Stats the files of a folder whose names, in ASCII, lie in `names`, each `width` bytes long with a NUL at its end.
 * Never throws: a name that can't be looked at is among the hidden ones.
 */
export function statFiles(folder: string, names: Buffer, width: number): FolderStats {
  return (statx && statByLibrary(statx, folder, names, width)) ?? new RuntimeStats(folder, names, width);
}

/** `int statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *buf)`, pointers as numbers. */
type Statx = (folder: number, name: number, flags: number, mask: number, into: number) => number;

interface Ffi {
  dlopen(name: string, symbols: object): { symbols?: { statx?: Statx } } | Error;
  ptr(bytes: NodeJS.ArrayBufferView): number;
}

const ffi = (globalThis as { Bun?: { FFI: Ffi } }).Bun?.FFI;
const statx = ffi === undefined ? null : loadStatx(ffi);

/** Null where the C library has no such call (musl, glibc before 2.28, macOS): `dlopen` throws then, or returns an Error. */
function loadStatx({ dlopen }: Ffi): Statx | null {
  try {
    const args = ['i32', 'ptr', 'i32', 'u32', 'ptr'];
    const library = dlopen('libc.so.6', { statx: { returns: 'i32', args } });
    return (library instanceof Error ? null : library.symbols?.statx) ?? null;
  } catch {
    return null;
  }
}

/** Places in `struct statx` (linux/stat.h, the same on every architecture), in u32: u64 numbers have their low half first. */
const at = { mode: 7, inode: 8, size: 10, seconds: 28, nanoseconds: 30 } as const;
/** The structure has 256 bytes; the next one is written over its second half, where nothing is wanted. */
const wordsInRecord = 32;
/** STATX_TYPE, STATX_MTIME, STATX_INO and STATX_SIZE. */
const wanted = 0x1 | 0x40 | 0x100 | 0x200;

function statByLibrary(statx: Statx, folder: string, names: Buffer, width: number): FolderStats | null {
  const count = names.length / width;
  const words = new Uint32Array((count + 1) * wordsInRecord);
  const refused: number[] = [];
  if (count > 0) {
    let fd: number;
    try {
      fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
    } catch {
      return null;
    }
    let name = ffi!.ptr(names);
    let record = ffi!.ptr(words);
    for (let place = 0; place < count; place++, name += width, record += wordsInRecord * 4) {
      if (statx(fd, name, 0, wanted, record) !== 0) refused.push(place);
    }
    closeSync(fd);
  }
  return new LibraryStats(folder, names, width, words, refused);
}

/** Which names could not be told of, and why. */
abstract class Stats {
  readonly count: number;
  readonly missing: number[] = [];
  readonly hidden: number[] = [];
  private readonly folder: string;
  private readonly names: Buffer;
  private readonly width: number;

  constructor(folder: string, names: Buffer, width: number) {
    this.count = names.length / width;
    this.folder = folder;
    this.names = names;
    this.width = width;
  }

  /** Asks the runtime about one file; null, which is noted, where it can't tell. */
  protected ask(place: number): ReturnType<typeof statSync> | null {
    const text = this.names.toString('latin1', place * this.width, (place + 1) * this.width);
    const name = text.slice(0, text.indexOf('\0'));
    try {
      const stat = name === '' ? undefined : statSync(`${this.folder}/${name}`, { throwIfNoEntry: false });
      if (stat !== undefined) return stat;
      this.missing.push(place);
    } catch {
      this.hidden.push(place);
    }
    return null;
  }
}

class LibraryStats extends Stats implements FolderStats {
  private readonly words: Uint32Array;

  constructor(folder: string, names: Buffer, width: number, words: Uint32Array, refused: number[]) {
    super(folder, names, width);
    this.words = words;
    for (const place of refused) {
      // Where nothing was told of a file lies half of the record before it.
      words[place * wordsInRecord + at.mode] = 0;
      if (this.ask(place) !== null) this.missing.push(place);
    }
  }

  isFile(place: number): boolean {
    return (this.words[place * wordsInRecord + at.mode]! & 0o170000) === 0o100000;
  }

  bytes(place: number): number {
    return this.long(place * wordsInRecord + at.size);
  }

  inode(place: number): number {
    return this.long(place * wordsInRecord + at.inode);
  }

  modifiedAt(place: number): number {
    const record = place * wordsInRecord;
    return this.long(record + at.seconds) * 1000 + this.words[record + at.nanoseconds]! / 1e6;
  }

  modifiedBetween(from: number, to: number): number[] {
    const places: number[] = [];
    const { count, words } = this;
    const since = from / 1000 - 1;
    const until = to / 1000 + 1;
    for (let place = 0, word: number = at.seconds; place < count; place++, word += wordsInRecord) {
      // Whole seconds tell almost always, and cheaply; before 1970 and after 2106 they tell nothing.
      const seconds = words[word]!;
      if ((seconds < since || seconds > until) && words[word + 1] === 0) continue;
      const modifiedAt = this.modifiedAt(place);
      if (modifiedAt >= from && modifiedAt < to && this.isFile(place)) places.push(place);
    }
    return places;
  }

  /** The i64 at a word: times before the epoch have all high bits set. */
  private long(word: number): number {
    return (this.words[word + 1]! | 0) * 2 ** 32 + this.words[word]!;
  }
}

class RuntimeStats extends Stats implements FolderStats {
  private readonly stats: ReturnType<Stats['ask']>[] = [];

  constructor(folder: string, names: Buffer, width: number) {
    super(folder, names, width);
    for (let place = 0; place < this.count; place++) this.stats.push(this.ask(place));
  }

  isFile(place: number): boolean {
    return this.stats[place]?.isFile() ?? false;
  }

  bytes(place: number): number {
    return Number(this.stats[place]?.size ?? 0);
  }

  inode(place: number): number {
    return Number(this.stats[place]?.ino ?? 0);
  }

  modifiedAt(place: number): number {
    return Number(this.stats[place]?.mtimeMs ?? 0);
  }

  modifiedBetween(from: number, to: number): number[] {
    const places: number[] = [];
    for (let place = 0; place < this.count; place++) {
      const modifiedAt = this.modifiedAt(place);
      if (this.isFile(place) && modifiedAt >= from && modifiedAt < to) places.push(place);
    }
    return places;
  }
}
