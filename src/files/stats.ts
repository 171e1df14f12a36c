import { statSync } from 'node:fs';

const regular = 0o100000;
const typeBits = 0o170000;
const high = 2 ** 32;
/**
 * `struct statx` (linux/stat.h) is the same on every architecture: 256 bytes, of which the first half holds all that is
 * wanted here. So each record is written over the second half of the one before.
 */
const recordLength = 128;
/** Where it holds what is wanted: the u16 mode in half words, the rest in words. u64s begin with their low word. */
const at = { mode: 28 / 2, inode: 32 / 4, bytes: 40 / 4, changed: 96 / 4, touched: 112 / 4 };

const told = { isFile: 0, bytes: 1, touchedAt: 2, inode: 3 };

/** What stats say of the files of a folder, each at its place. */
export class Stats {
  readonly count: number;
  /** The places of those that are not there, and of those that may not be looked at. */
  readonly missing: number[] = [];
  readonly hidden: number[] = [];
  /** The kernel's own records, end to end; what is wanted is taken out of them when it is asked for. */
  readonly records: Uint8Array;
  readonly #halves: Uint16Array;
  readonly #words: Uint32Array;
  /** What the runtime said instead, four numbers a file: `told` tells which. */
  #told: Float64Array | null = null;

  constructor(count: number, byRuntime: boolean) {
    this.count = count;
    this.records = new Uint8Array(byRuntime ? 0 : (count + 1) * recordLength);
    this.#halves = new Uint16Array(this.records.buffer);
    this.#words = new Uint32Array(this.records.buffer);
  }

  isFile(place: number): boolean {
    if (this.#isTold(place)) return this.#told![place * 4 + told.isFile] === 1;
    return (this.#halves[place * (recordLength / 2) + at.mode]! & typeBits) === regular;
  }

  bytes(place: number): number {
    return this.#isTold(place) ? this.#told![place * 4 + told.bytes]! : this.#long(place, at.bytes);
  }

  inode(place: number): number {
    return this.#isTold(place) ? this.#told![place * 4 + told.inode]! : this.#long(place, at.inode);
  }

  /** The mtime, milliseconds since the epoch, with fractions: the same number as the runtime's `mtimeMs`. */
  touchedAt(place: number): number {
    if (this.#isTold(place)) return this.#told![place * 4 + told.touchedAt]!;
    return this.#time(place, at.touched);
  }

  /** The ctime, in the same way; only of what the library told. */
  changedAt(place: number): number {
    return this.#time(place, at.changed);
  }

  /** The places of the regular files with an mtime from `from` on and before `to`, milliseconds since the epoch. */
  files(from: number, to: number): number[] {
    const places: number[] = [];
    const [words, since] = [this.#words, from / 1000];
    for (let place = 0, word: number = at.touched; place < this.count; place++, word += recordLength / 4) {
      // Whole seconds tell almost always, and cheaply; before 1970 and after 2106 they tell nothing.
      if (words[word + 1] === 0 && words[word]! + 1 < since) continue;
      const touchedAt = this.touchedAt(place);
      if (touchedAt >= from && touchedAt < to && this.isFile(place)) places.push(place);
    }
    return places;
  }

  /** Takes a file out: another one stands for its session. */
  pass(place: number): void {
    if (this.#isTold(place)) this.#told![place * 4 + told.isFile] = 0;
    this.#halves[place * (recordLength / 2) + at.mode] = 0;
  }

  /** Asks the runtime about the file of a name, where the library is not to be had or says no. */
  ask(folder: string, name: string, place: number): void {
    this.pass(place);
    try {
      const stat = name === '' ? undefined : statSync(`${folder}/${name}`, quietly);
      if (stat === undefined) {
        this.missing.push(place);
        return;
      }
      this.#told ??= new Float64Array(this.count * 4).fill(Number.NaN);
      this.#told[place * 4 + told.isFile] = stat.isFile() ? 1 : 0;
      this.#told[place * 4 + told.bytes] = stat.size;
      this.#told[place * 4 + told.touchedAt] = stat.mtimeMs;
      this.#told[place * 4 + told.inode] = stat.ino;
    } catch {
      this.hidden.push(place);
    }
  }

  #isTold(place: number): boolean {
    return this.#told !== null && !Number.isNaN(this.#told[place * 4]);
  }

  /** An i64 of seconds and, behind it, a u32 of nanoseconds, in milliseconds. */
  #time(place: number, word: number): number {
    const nanoseconds = this.#words[place * (recordLength / 4) + word + 2]!;
    return this.#long(place, word) * 1000 + nanoseconds / 1e6;
  }

  #long(place: number, word: number): number {
    const from = place * (recordLength / 4) + word;
    // Times before the epoch have all high bits set.
    return (this.#words[from + 1]! | 0) * high + this.#words[from]!;
  }
}

/** A folder while it is looked into. */
export interface OpenFolder {
  /**
   * Its ctime, milliseconds since the epoch, with fractions: it moves with every file that comes or goes, and, other
   * than an mtime, nobody can set it back.
   */
  changedAt: number;
  /** Stats the files in it whose names, in ASCII, lie in `names`, each at a multiple of `width` bytes and ended by a NUL. */
  stat(names: Buffer, width: number): Stats;
}

/**
 * Looks into a folder: gives what `use` gives, or null where there is no such folder. Throws when it may not be looked
 * at. Symbolic links are followed, as by any stat.
 */
export function lookInto<T>(path: string, use: (folder: OpenFolder) => T): T | null {
  const folder = library === null ? -1 : library.open(Buffer.from(`${path}\0`), openPath, 0);
  return folder < 0 ? lookIntoByName(path, use) : lookIntoOpen(library!, folder, path, use);
}

const quietly = { throwIfNoEntry: false } as const;

function lookIntoByName<T>(path: string, use: (folder: OpenFolder) => T): T | null {
  const stat = statSync(path, quietly);
  if (!stat?.isDirectory()) return null;
  return use({
    changedAt: stat.ctimeMs,
    stat(names, width) {
      const stats = new Stats(names.length / width, true);
      const text = names.toString('latin1');
      for (let place = 0; place < stats.count; place++) stats.ask(path, nameAt(text, place * width), place);
      return stats;
    },
  });
}

function nameAt(names: string, from: number): string {
  return names.slice(from, names.indexOf('\0', from));
}

/**
 * The C library that the runtime has loaded already, called past it: a stat costs half so, and 2,000 of them are most of
 * a greeting.
 */
interface Library {
  open(path: Uint8Array, flags: number, mode: number): number;
  statx(folder: number, name: number | Uint8Array, flags: number, mask: number, into: number | Uint8Array): number;
  close(fd: number): number;
}

interface ForeignFunctions {
  dlopen(name: string, symbols: object): { symbols: Library };
  ptr(bytes: Uint8Array): number;
}

const foreign = (globalThis as { Bun?: { FFI?: ForeignFunctions } }).Bun?.FFI;
const library = foreign === undefined ? null : load(foreign);

/** Null where there is no such library (musl), or none may be loaded: then the runtime's own stat does it. */
function load({ dlopen }: ForeignFunctions): Library | null {
  try {
    return dlopen('libc.so.6', {
      open: { args: ['ptr', 'i32', 'i32'], returns: 'i32' },
      statx: { args: ['i32', 'ptr', 'i32', 'u32', 'ptr'], returns: 'i32' },
      close: { args: ['i32'], returns: 'i32' },
    }).symbols;
  } catch {
    return null;
  }
}

/** O_PATH (so read permission isn't needed), O_DIRECTORY, O_CLOEXEC: asm/fcntl.h of x86-64 and of arm64. */
const openPath = 0o10000000 | (process.arch === 'arm64' ? 0o40000 : 0o200000) | 0o2000000;
/** STATX_TYPE, STATX_MTIME, STATX_CTIME, STATX_INO, STATX_SIZE. */
const wanted = 0x1 | 0x40 | 0x80 | 0x100 | 0x200;
/** AT_EMPTY_PATH: the folder itself. */
const emptyPath = 0x1000;
const emptyName = Uint8Array.of(0);
const itself = new Stats(1, false);

function lookIntoOpen<T>(system: Library, folder: number, path: string, use: (folder: OpenFolder) => T): T | null {
  try {
    if (system.statx(folder, emptyName, emptyPath, wanted, itself.records) !== 0) return lookIntoByName(path, use);
    return use({
      changedAt: itself.changedAt(0),
      stat(names, width) {
        const count = names.length / width;
        const stats = new Stats(count, false);
        if (count === 0) return stats;
        let name = foreign!.ptr(names);
        let record = foreign!.ptr(stats.records);
        let text: string | null = null;
        for (let place = 0; place < count; place++, name += width, record += recordLength) {
          if (system.statx(folder, name, 0, wanted, record) === 0) continue;
          // Which error it was, only the slow way tells.
          text ??= names.toString('latin1');
          stats.ask(path, nameAt(text, place * width), place);
        }
        return stats;
      },
    });
  } finally {
    system.close(folder);
  }
}
