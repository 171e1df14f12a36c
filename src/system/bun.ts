import { bytesOf } from './bytes.ts';
import {
  closeOnExec,
  type FileStat,
  type Library,
  type Numbers,
  openFolderFlags,
  quietly,
  type Shape,
  type System,
} from './calls.ts';
import { withShapes } from './shapes.ts';
import { emptyPath, isOfType, longAt, modeAt, statx, statxWanted, timeAt } from './statx.ts';

/**
 * The native build calls the C library past Bun, whose `node:fs` alone takes longer to load than most of a greeting.
 * What the library refuses Bun is asked for again: it knows how to say why.
 */
interface Calls extends Library {
  pread(fd: number, into: number, length: number, position: number): number;
  write(fd: number, from: number, length: number): number;
  readlink(path: number, into: Uint8Array, length: number): number;
  rename(from: number, to: Uint8Array): number;
  renameat2(folder: number, from: number, other: number, to: Uint8Array, flags: number): number;
  unlink(path: number): number;
  utimensat(folder: number, path: number, times: Uint32Array, flags: number): number;
  kill(pid: number, signal: number): number;
  ioctl(fd: number, request: number, into: Uint16Array): number;
  syscall(number: number, fd: number, into: Uint8Array, length: number): number;
  __errno_location(): number;
}

interface Foreign {
  dlopen(name: string, symbols: object): { symbols: Calls };
  ptr(bytes: NodeJS.ArrayBufferView): number;
  read: { i32(pointer: number): number };
}

interface Bun {
  FFI: Foreign;
  hash: { crc32(bytes: Uint8Array): number };
  gc(atOnce: boolean): void;
  unsafe: { setJITPolicy(scale: number): void };
}

const bun = (globalThis as unknown as { Bun: Bun }).Bun;
const foreign = bun.FFI;
let hurries = false;
const calls = load();

/** Null where there is no such library (musl, macOS), or none may be loaded: then Bun does it all. */
function load(): Calls | null {
  const [bytes, int, uint, long] = ['ptr', 'i32', 'u32', 'i64_fast'];
  try {
    return foreign.dlopen('libc.so.6', {
      open: { args: [bytes, int, int], returns: int },
      close: { args: [int], returns: int },
      statx: { args: [int, bytes, int, uint, bytes], returns: int },
      pread: { args: [int, bytes, long, long], returns: long },
      write: { args: [int, bytes, long], returns: long },
      readlink: { args: [bytes, bytes, long], returns: long },
      rename: { args: [bytes, bytes], returns: int },
      renameat2: { args: [int, bytes, int, bytes, uint], returns: int },
      unlink: { args: [bytes], returns: int },
      utimensat: { args: [int, bytes, bytes, int], returns: int },
      kill: { args: [int, int], returns: int },
      ioctl: { args: [int, long, bytes], returns: int },
      syscall: { args: [long, int, bytes, long], returns: long },
      __errno_location: { args: [], returns: bytes },
    }).symbols;
  } catch {
    return null;
  }
}

/** With the library and without. */
const alike = {
  crc32: bun.hash.crc32,
  /** The executable starts with a policy (`package.json`) that leaves almost nothing to the compiler. */
  hurry() {
    hurries = true;
  },
  takeTime() {
    // A login that reads long transcripts is over before: compiled, it takes 1.5 ms more.
    if (!hurries) bun.unsafe.setJITPolicy(5);
  },
  collect() {
    bun.gc(false);
  },
};

function runtime(): typeof import('node:fs') {
  return process.getBuiltinModule('node:fs');
}

function runtimePaths(): typeof import('node:path') {
  return process.getBuiltinModule('node:path');
}

const isArm = process.arch === 'arm64';
/** asm-generic/fcntl.h; arm64 has some of its own. */
const linuxFlags = {
  O_RDONLY: 0,
  O_WRONLY: 0o1,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_NOCTTY: 0o400,
  O_NONBLOCK: 0o4000,
  O_NOFOLLOW: isArm ? 0o100000 : 0o400000,
};
const here = -100;
const noFollow = 0x100;
const listFolder = isArm ? 61 : 217;
const [noEntry, noProcess] = [2, 3];
/** TIOCGWINSZ, of asm-generic/ioctls.h: `struct winsize`, u16 rows, u16 columns. */
const windowSize = 0x5413;
/** RENAME_EXCHANGE */
const exchange = 2;

const paths = Buffer.allocUnsafe(16 << 10);
const pathsPointer = foreign.ptr(paths);
/** Linux knows no longer paths, in bytes; one UTF-16 unit makes up to three. */
const longestPath = 4096;

/** Where a path lies as the library takes it, until the next one. */
export function pathAt(path: string): number {
  if (path.includes('\0')) throw new Error('a path with a NUL in it');
  paths[paths.write(path.length > longestPath ? path.slice(0, longestPath) : path)] = 0;
  return pathsPointer;
}

/** A stat of one file, taken out of the kernel's record. */
class Told implements FileStat {
  readonly mode: number;
  readonly uid: number;
  readonly ino: number;
  readonly size: number;
  readonly rdev: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;

  constructor(words: Uint32Array) {
    this.mode = modeAt(words, 0);
    this.uid = words[statx.uid]!;
    this.ino = longAt(words, statx.inode);
    this.size = longAt(words, statx.size);
    this.rdev = (words[statx.major]! << 8) | (words[statx.minor]! & 0xff);
    this.mtimeMs = timeAt(words, statx.touched);
    this.ctimeMs = timeAt(words, statx.changed);
  }

  isFile(): boolean {
    return isOfType(this.mode, 'file');
  }

  isDirectory(): boolean {
    return isOfType(this.mode, 'folder');
  }

  isCharacterDevice(): boolean {
    return isOfType(this.mode, 'characters');
  }
}

/** The same as the functions of `node:fs`, errors too. */
function viaLibrary(c: Calls): System {
  const words = new Uint32Array(statx.bytes / 4);
  const record = foreign.ptr(words);

  const isNotThere = () => foreign.read.i32(c.__errno_location()) === noEntry;
  /** What is not there is told at once: it is asked about at every login. All else Bun shall explain. */
  const refused = (path: string) => {
    if (isNotThere()) throw Object.assign(new Error(`there is no ${path}`), { code: 'ENOENT' });
  };
  const stat = (folder: number, name: number, flags: number) =>
    c.statx(folder, name, flags, statxWanted, record) === 0 ? new Told(words) : null;

  const list = (path: string, read: (fd: number) => string[] | null) => {
    const fd = c.open(pathAt(path), openFolderFlags, 0);
    if (fd < 0) refused(path);
    const names = fd < 0 ? null : read(fd);
    if (fd >= 0) c.close(fd);
    return names;
  };

  const renameSync = (from: string, to: string) => {
    if (c.rename(pathAt(from), bytesOf(`${to}\0`)) !== 0) runtime().renameSync(from, to);
  };

  return {
    constants: linuxFlags,
    openSync(path, flags, mode = 0o666) {
      const fd = c.open(pathAt(path), flags | closeOnExec, mode);
      if (fd < 0) refused(path);
      return fd < 0 ? runtime().openSync(path, flags, mode) : fd;
    },
    openIfThere(path, flags) {
      const fd = c.open(pathAt(path), flags | closeOnExec, 0);
      if (fd >= 0) return fd;
      return isNotThere() ? null : runtime().openSync(path, flags);
    },
    closeSync(fd) {
      c.close(fd);
    },
    readSync(fd, bytes, offset, length, position) {
      const count = c.pread(fd, foreign.ptr(bytes) + offset, length, position);
      return count < 0 ? runtime().readSync(fd, bytes, offset, length, position) : count;
    },
    writeSync(fd, bytes, offset) {
      const count = c.write(fd, foreign.ptr(bytes) + offset, bytes.length - offset);
      return count < 0 ? runtime().writeSync(fd, bytes, offset) : count;
    },
    fstatSync(fd) {
      return stat(fd, pathAt(''), emptyPath) ?? runtime().fstatSync(fd);
    },
    statSync(path: string, how?: object) {
      const told = stat(here, pathAt(path), 0);
      if (told === null && how === undefined) refused(path);
      return told ?? (runtime().statSync(path, how) as FileStat);
    },
    lstatSync(path) {
      const told = stat(here, pathAt(path), noFollow);
      if (told === null) refused(path);
      return told ?? runtime().lstatSync(path);
    },
    readdirSync(path) {
      return list(path, (fd) => namesIn(c, fd)) ?? runtime().readdirSync(path);
    },
    namesInSync(path, shapes) {
      return list(path, (fd) => shapesIn(c, fd, shapes)) ?? withShapes(runtime().readdirSync(path), shapes);
    },
    readlinkSync(path) {
      const bytes = Buffer.allocUnsafe(4096);
      const length = c.readlink(pathAt(path), bytes, bytes.length);
      if (length < 0 || length === bytes.length) return runtime().readlinkSync(path);
      return bytes.toString('utf8', 0, length);
    },
    renameSync,
    replaceSync(from, to) {
      // ext4 sends a file to the disk that is renamed over another one, and lets the program wait: ten times as long as
      // for two files that change places.
      const changePlaces = () => c.renameat2(here, pathAt(from), here, bytesOf(`${to}\0`), exchange) === 0;
      if (!changePlaces()) renameSync(from, to);
      else if (c.unlink(pathAt(from)) !== 0) {
        // It was a folder: the runtime says so.
        changePlaces();
        renameSync(from, to);
      }
    },
    unlinkSync(path) {
      if (c.unlink(pathAt(path)) !== 0) runtime().unlinkSync(path);
    },
    mkdirSync(path, how) {
      runtime().mkdirSync(path, how);
    },
    lutimesSync(path, accessed, modified) {
      const times = new Uint32Array(8);
      putTime(times, 0, accessed);
      putTime(times, 4, modified);
      const done = c.utimensat(here, pathAt(path), times, noFollow);
      if (done !== 0) runtime().lutimesSync(path, accessed, modified);
    },
    processExists(pid) {
      return c.kill(pid, 0) === 0 || foreign.read.i32(c.__errno_location()) !== noProcess;
    },
    terminalColumns() {
      // Bun's standard output knows it too, but loads streams first: 2.5 ms of a login.
      const size = new Uint16Array(4);
      return c.ioctl(1, windowSize, size) === 0 ? size[1]! : 0;
    },
    ...alike,
    ...plainPaths,
  };
}

/** `Math.floor`, without `Math`. */
function whole(number: number): number {
  const rest = number % 1;
  return number - rest - (rest < 0 ? 1 : 0);
}

/** Puts seconds since the epoch as a `struct timespec`: i64 seconds, i64 nanoseconds. */
function putTime(words: Uint32Array, at: number, time: number): void {
  const seconds = whole(time);
  words[at] = seconds;
  words[at + 1] = whole(seconds / 2 ** 32);
  words[at + 2] = (time - seconds) * 1e9;
}

const block = 32 << 10;
/** `struct linux_dirent64`: u64 inode, i64 offset, u16 length of the record, u8 type, the name and a NUL. */
const dirent = { length: 16, name: 19 };

let memory: Buffer | undefined;

/** Hands out what the kernel has of an open folder, block by block of one memory; false where it can't be read. */
function readFolder(c: Calls, fd: number, take: (bytes: Buffer, count: number) => void): boolean {
  memory ??= Buffer.allocUnsafe(block);
  for (;;) {
    const count = c.syscall(listFolder, fd, memory, block);
    if (count <= 0) return count === 0;
    take(memory, count);
  }
}

/** The names in an open folder but `.` and `..`; null where it can't be read. */
function namesIn(c: Calls, fd: number): string[] | null {
  const names: string[] = [];
  const isRead = readFolder(c, fd, (bytes, count) => {
    for (let at = 0; at < count; at += bytes[at + dirent.length]! | (bytes[at + dirent.length + 1]! << 8)) {
      const from = at + dirent.name;
      const name = bytes.toString('utf8', from, bytes.indexOf(0, from));
      if (name !== '.' && name !== '..') names.push(name);
    }
  });
  return isRead ? names : null;
}

/** The same as `withShapes`: the kernel's records are searched as text, and no name is looked at by itself. */
function shapesIn(c: Calls, fd: number, shapes: readonly Shape[]): string[] | null {
  const made = patternsOf(shapes);
  const found: string[] = [];
  for (let index = 0; index < made.length; index++) found.push('');
  const isRead = readFolder(c, fd, (bytes, count) => {
    const text = bytes.toString('latin1', 0, count);
    for (let index = 0; index < made.length; index++) {
      const hits = text.match(made[index]!);
      if (hits !== null) found[index] += hits.join('');
    }
  });
  return isRead ? found : null;
}

let patterns: { shapes: readonly Shape[]; made: RegExp[] } | undefined;

function patternsOf(shapes: readonly Shape[]): RegExp[] {
  if (patterns?.shapes !== shapes) {
    patterns = { shapes, made: [] };
    for (const shape of shapes) patterns.made.push(patternOf(shape));
  }
  return patterns.made;
}

/**
 * A name with its NUL, behind the length of the record that holds it, to the next multiple of 8, and its type. No name
 * holds a NUL, so what comes before is the record's own.
 */
function patternOf({ length, source }: Shape): RegExp {
  const record = ((dirent.name + length + 8) & ~7).toString(16).padStart(2, '0');
  return new RegExp(`(?<=\\x${record}\\0[\\s\\S])${source}\\0`, 'g');
}

/** Paths of which nothing needs to be put right are put together as they are. */
const plainPaths: Pick<System, 'join' | 'resolve' | 'dirname' | 'basename'> = {
  join(...parts) {
    const path = parts.join('/');
    return parts[0] !== '' && isPlainPath(path) ? path : runtimePaths().join(...parts);
  },
  resolve(path) {
    return isPlainPath(path) ? path : runtimePaths().resolve(path);
  },
  dirname(path) {
    const end = path.lastIndexOf('/');
    return end > 0 && isPlainPath(path) ? path.slice(0, end) : runtimePaths().dirname(path);
  },
  basename(path) {
    return isPlainPath(path) ? path.slice(path.lastIndexOf('/') + 1) : runtimePaths().basename(path);
  },
};

/** From the root, no part empty, `.` or `..`. */
function isPlainPath(path: string): boolean {
  const parts = `${path}/`;
  return path.startsWith('/') && !parts.includes('//') && !parts.includes('/./') && !parts.includes('/../');
}

function viaRuntime(): System {
  const fs = runtime();
  const namesInSync = (path: string, shapes: readonly Shape[]) => withShapes(fs.readdirSync(path), shapes);
  return { ...fs, ...runtimePaths(), ...quietly(fs.openSync), ...alike, namesInSync, replaceSync: fs.renameSync };
}

export const {
  basename,
  closeSync,
  collect,
  constants,
  crc32,
  dirname,
  fstatSync,
  hurry,
  join,
  lstatSync,
  lutimesSync,
  mkdirSync,
  namesInSync,
  openIfThere,
  openSync,
  processExists,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  replaceSync,
  resolve,
  statSync,
  takeTime,
  terminalColumns,
  unlinkSync,
  writeSync,
} = calls === null ? viaRuntime() : viaLibrary(calls);
export const library: Library | null = calls;
export const pointerTo = foreign.ptr;
/** Bun knows nothing better than its `statSync` where there is no library. */
export const numbersIn: (folder: string) => Numbers | null = () => null;
