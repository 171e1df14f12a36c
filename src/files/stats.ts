import { library, pointerTo, statSync } from '#system';
import type { Library } from '../system/calls.ts';
import { isOfType, longAt, statx, statxWanted, timeAt } from '../system/statx.ts';

/**
 * Of the kernel's record the first half holds all that is wanted here. So each is written over the second half of the
 * one before.
 */
const recordLength = statx.bytes / 2;

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
    return isOfType(this.#halves[place * (recordLength / 2) + statx.mode]!, 'file');
  }

  bytes(place: number): number {
    return this.#isTold(place) ? this.#told![place * 4 + told.bytes]! : this.#long(place, statx.size);
  }

  inode(place: number): number {
    return this.#isTold(place) ? this.#told![place * 4 + told.inode]! : this.#long(place, statx.inode);
  }

  /** The mtime, milliseconds since the epoch, with fractions: the same number as the runtime's `mtimeMs`. */
  touchedAt(place: number): number {
    if (this.#isTold(place)) return this.#told![place * 4 + told.touchedAt]!;
    return this.#time(place, statx.touched);
  }

  /** The ctime, in the same way; only of what the library told. */
  changedAt(place: number): number {
    return this.#time(place, statx.changed);
  }

  /** The places of the regular files with an mtime from `from` on and before `to`, milliseconds since the epoch. */
  files(from: number, to: number): number[] {
    const places: number[] = [];
    const [words, since] = [this.#words, from / 1000];
    for (let place = 0, word: number = statx.touched; place < this.count; place++, word += recordLength / 4) {
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
    this.#halves[place * (recordLength / 2) + statx.mode] = 0;
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

  #time(place: number, word: number): number {
    return timeAt(this.#words, place * (recordLength / 4) + word);
  }

  #long(place: number, word: number): number {
    return longAt(this.#words, place * (recordLength / 4) + word);
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

/** O_PATH (so read permission isn't needed), O_DIRECTORY, O_CLOEXEC: asm/fcntl.h of x86-64 and of arm64. */
const openPath = 0o10000000 | (process.arch === 'arm64' ? 0o40000 : 0o200000) | 0o2000000;
/** AT_EMPTY_PATH: the folder itself. */
const emptyPath = 0x1000;
const emptyName = Uint8Array.of(0);
const itself = new Stats(1, false);

function lookIntoOpen<T>(system: Library, folder: number, path: string, use: (folder: OpenFolder) => T): T | null {
  try {
    if (system.statx(folder, emptyName, emptyPath, statxWanted, itself.records) !== 0) return lookIntoByName(path, use);
    return use({
      changedAt: itself.changedAt(0),
      stat(names, width) {
        const count = names.length / width;
        const stats = new Stats(count, false);
        if (count === 0) return stats;
        let name = pointerTo!(names);
        let record = pointerTo!(stats.records);
        let text: string | null = null;
        for (let place = 0; place < count; place++, name += width, record += recordLength) {
          if (system.statx(folder, name, 0, statxWanted, record) === 0) continue;
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
