import { bytesOf, noBytes } from './bytes.ts';
import {
  closeOnExec,
  type FileStat,
  type Library,
  type Numbers,
  openFolderFlags,
  openUnlessMissing,
  type Shape,
  takesSignal,
} from './calls.ts';
import { emptyPath, isOfType, longAt, modeAt, statx, statxWanted, timeAt } from './statx.ts';

/**
 * The native build asks the kernel past Bun, whose `node:fs` alone takes longer to load than most of a greeting. What it
 * refuses Bun is asked for again, which knows how to say why. Bun makes a program of its own for each function of the C
 * library (1.4.5), so there are as few as can be.
 */
interface Calls {
  statx(folder: number, name: number, flags: number, mask: number, into: number): number;
  syscall(number: number, a: number, b: number, c: number, d: number, e: number): number;
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
  const taking = (returns: string, ...args: string[]) => ({ returns, args });
  try {
    return foreign.dlopen('libc.so.6', {
      statx: taking('i32', 'i32', 'ptr', 'i32', 'u32', 'ptr'),
      syscall: taking('i64_fast', 'i64_fast', 'i64_fast', 'i64_fast', 'i64_fast', 'i64_fast', 'i64_fast'),
      __errno_location: taking('ptr'),
    }).symbols;
  } catch {
    return null;
  }
}

/** A call of the kernel by its number; -1 where it refuses. */
function ask(number: number, a: number, b = 0, c = 0, d = 0, e = 0): number {
  return calls === null ? -1 : calls.syscall(number, a, b, c, d, e);
}

const isArm = process.arch === 'arm64';
/** asm/unistd_64.h of x86-64; asm-generic/unistd.h, which is arm64's. */
const openat = isArm ? 56 : 257;
const close = isArm ? 57 : 3;
const getdents64 = isArm ? 61 : 217;
const pread64 = isArm ? 67 : 17;
const write = isArm ? 64 : 1;
const readlinkat = isArm ? 78 : 267;
const renameat2 = isArm ? 276 : 316;
const unlinkat = isArm ? 35 : 263;
const utimensat = isArm ? 88 : 280;
const kill = isArm ? 129 : 62;
const ioctl = isArm ? 29 : 16;

function runtime(): typeof import('node:fs') {
  return process.getBuiltinModule('node:fs');
}

function runtimePaths(): typeof import('node:path') {
  return process.getBuiltinModule('node:path');
}

/** asm-generic/fcntl.h; arm64 has some of its own. */
const constants = {
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
const noEntry = 2;
const noProcess = 3;
/** TIOCGWINSZ, of asm-generic/ioctls.h: `struct winsize`, u16 rows, u16 columns. */
const windowSize = 0x5413;
/** RENAME_EXCHANGE */
const exchange = 2;

export const pointerTo = foreign.ptr;

const paths = Buffer.allocUnsafe(16 << 10);
const pathsPointer = pointerTo(paths);
/** Linux knows no longer paths, in bytes; one UTF-16 unit makes up to three. */
const longestPath = 4096;

/** Where a path lies as the kernel takes it, until the next one. */
export function pathAt(path: string): number {
  if (path.includes('\0')) throw new Error('a path with a NUL in it');
  paths[paths.write(path.length > longestPath ? path.slice(0, longestPath) : path)] = 0;
  return pathsPointer;
}

/** What the kernel tells in a record. JavaScriptCore sets apart memory for each size of array up to 1,000 elements. */
const words = new Uint32Array(1024);
const record = pointerTo(words);

function errorIs(number: number): boolean {
  return calls !== null && foreign.read.i32(calls.__errno_location()) === number;
}

/** What is not there is told at once: it is asked about at every login. All else Bun shall explain. */
function throwIfMissing(path: string): void {
  if (errorIs(noEntry)) throw Object.assign(new Error(`there is no ${path}`), { code: 'ENOENT' });
}

/** A stat of one file, taken out of the kernel's record; null where the kernel refuses. */
function told(folder: number, name: number, flags: number): FileStat | null {
  if (calls?.statx(folder, name, flags, statxWanted, record) !== 0) return null;
  const mode = modeAt(words, 0);
  return {
    mode,
    uid: words[statx.uid]!,
    ino: longAt(words, statx.inode),
    size: longAt(words, statx.size),
    rdev: (words[statx.major]! << 8) | (words[statx.minor]! & 0xff),
    mtimeMs: timeAt(words, statx.touched),
    ctimeMs: timeAt(words, statx.changed),
    isFile: () => isOfType(mode, 'file'),
    isDirectory: () => isOfType(mode, 'folder'),
    isCharacterDevice: () => isOfType(mode, 'characters'),
  };
}

function open(path: string, flags: number, mode = 0): number {
  return ask(openat, here, pathAt(path), flags | closeOnExec, mode);
}

function openSync(path: string, flags: number, mode = 0o666): number {
  const fd = open(path, flags, mode);
  if (fd < 0) throwIfMissing(path);
  return fd < 0 ? runtime().openSync(path, flags, mode) : fd;
}

function openIfThere(path: string, flags: number): number | null {
  const fd = open(path, flags);
  if (fd >= 0) return fd;
  return errorIs(noEntry) ? null : openUnlessMissing(runtime().openSync, path, flags);
}

function closeSync(fd: number): void {
  if (calls === null) runtime().closeSync(fd);
  else ask(close, fd);
}

function readSync(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number {
  const count = ask(pread64, fd, pointerTo(bytes) + offset, length, position);
  return count < 0 ? runtime().readSync(fd, bytes, offset, length, position) : count;
}

function writeSync(fd: number, bytes: Uint8Array, offset: number): number {
  const count = ask(write, fd, pointerTo(bytes) + offset, bytes.length - offset);
  return count < 0 ? runtime().writeSync(fd, bytes, offset) : count;
}

function fstatSync(fd: number): FileStat {
  return told(fd, pathAt(''), emptyPath) ?? runtime().fstatSync(fd);
}

function statSync(path: string): FileStat;
function statSync(path: string, how: { throwIfNoEntry: false }): FileStat | undefined;
function statSync(path: string, how?: { throwIfNoEntry: false }): FileStat | undefined {
  const stat = told(here, pathAt(path), 0);
  if (stat !== null) return stat;
  if (how !== undefined) return runtime().statSync(path, how);
  throwIfMissing(path);
  return runtime().statSync(path);
}

function lstatSync(path: string): FileStat {
  const stat = told(here, pathAt(path), noFollow);
  if (stat === null) throwIfMissing(path);
  return stat ?? runtime().lstatSync(path);
}

function readdirSync(path: string): string[] {
  const fd = open(path, openFolderFlags);
  if (fd < 0) {
    throwIfMissing(path);
    return runtime().readdirSync(path);
  }
  const names = namesIn(fd);
  closeSync(fd);
  return names ?? runtime().readdirSync(path);
}

function readlinkSync(path: string): string {
  const bytes = Buffer.allocUnsafe(longestPath);
  const length = ask(readlinkat, here, pathAt(path), pointerTo(bytes), bytes.length);
  return length < 0 || length === bytes.length ? runtime().readlinkSync(path) : bytes.toString('utf8', 0, length);
}

/** Asks for a rename; false where it is refused. */
function rename(from: string, to: string, flags: number): boolean {
  return ask(renameat2, here, pathAt(from), here, pointerTo(bytesOf(`${to}\0`)), flags) === 0;
}

function renameSync(from: string, to: string): void {
  if (!rename(from, to, 0)) runtime().renameSync(from, to);
}

function replaceSync(from: string, to: string): void {
  // ext4 sends a file to the disk that is renamed over another one, and lets the program wait: ten times as long as for
  // two files that change places.
  if (!rename(from, to, exchange)) renameSync(from, to);
  else if (ask(unlinkat, here, pathAt(from)) !== 0) {
    // It was a folder: the runtime says so.
    rename(from, to, exchange);
    renameSync(from, to);
  }
}

function unlinkSync(path: string): void {
  if (ask(unlinkat, here, pathAt(path)) !== 0) runtime().unlinkSync(path);
}

function mkdirSync(path: string, how: { recursive: true; mode: number }): void {
  runtime().mkdirSync(path, how);
}

function lutimesSync(path: string, accessed: number, modified: number): void {
  putTime(0, accessed);
  putTime(4, modified);
  if (ask(utimensat, here, pathAt(path), record, noFollow) !== 0) runtime().lutimesSync(path, accessed, modified);
}

/** Puts seconds since the epoch, from a word on, as a `struct timespec`: i64 seconds, i64 nanoseconds. */
function putTime(at: number, time: number): void {
  const seconds = whole(time);
  words[at] = seconds;
  words[at + 1] = whole(seconds / 2 ** 32);
  words[at + 2] = (time - seconds) * 1e9;
  words[at + 3] = 0;
}

/** `Math.floor`, without `Math`. */
function whole(number: number): number {
  const rest = number % 1;
  return number - rest - (rest < 0 ? 1 : 0);
}

function processExists(pid: number): boolean {
  return calls === null ? takesSignal(pid) : ask(kill, pid) === 0 || !errorIs(noProcess);
}

function terminalColumns(): number {
  // Bun's standard output knows it too, but loads streams first: 2.5 ms of a login.
  if (calls === null) return process.stdout.columns ?? 0;
  return ask(ioctl, 1, windowSize, record) === 0 ? words[0]! >>> 16 : 0;
}

const crc32 = bun.hash.crc32;

/** The executable starts with a policy (`package.json`) that leaves almost nothing to the compiler. */
function hurry(): void {
  hurries = true;
}

function takeTime(): void {
  // A login that reads long transcripts is over before: compiled, it takes 1.5 ms more.
  if (!hurries) bun.unsafe.setJITPolicy(5);
}

function collect(): void {
  bun.gc(false);
}

/** Few names at a time: their list is soon too long for memory that is there already. */
const block = 4 << 10;
/** `struct linux_dirent64`: u64 inode, i64 offset, u16 length of the record, u8 type, the name and a NUL. */
const dirent = { length: 16, name: 19 };

let memory: Buffer | undefined;

/** Hands out what the kernel has of an open folder, block by block of one memory; false where it can't be read. */
function readFolder(fd: number, take: (bytes: Buffer, count: number) => void): boolean {
  memory ??= Buffer.allocUnsafe(block);
  for (;;) {
    const count = ask(getdents64, fd, pointerTo(memory), block);
    if (count <= 0) return count === 0;
    take(memory, count);
  }
}

/** The names in an open folder but `.` and `..`; null where it can't be read. */
function namesIn(fd: number): string[] | null {
  const names: string[] = [];
  const isRead = readFolder(fd, (bytes, count) => {
    for (let at = 0; at < count; at += bytes[at + dirent.length]! | (bytes[at + dirent.length + 1]! << 8)) {
      const from = at + dirent.name;
      const name = bytes.toString('utf8', from, bytes.indexOf(0, from));
      if (name !== '.' && name !== '..') names.push(name);
    }
  });
  return isRead ? names : null;
}

/** The same as `withShapes`: the kernel's records are searched as text, and no name is looked at by itself. */
function shapesIn(fd: number, shapes: readonly Shape[]): Buffer[] | null {
  const searches = searchesFor(shapes);
  for (const search of searches) search.from = search.used;
  const isRead = readFolder(fd, (bytes, count) => {
    const text = bytes.toString('latin1', 0, count);
    for (const search of searches) {
      const { start, pattern, length } = search;
      if (!text.includes(start)) continue;
      if (search.used + count > search.names.length) moreRoom(search, count);
      pattern.lastIndex = 0;
      while (pattern.test(text)) {
        search.used += bytes.copy(search.names, search.used, pattern.lastIndex - length, pattern.lastIndex);
      }
    }
  });
  if (!isRead) return null;
  const found: Buffer[] = [];
  for (const { names, from, used } of searches) found.push(used > from ? names.subarray(from, used) : noBytes);
  return found;
}

const roomForNames = 32 << 10;

/** Makes room for so many bytes behind the names of this folder; those of others stay where they are. */
function moreRoom(search: Search, bytes: number): void {
  const { names, from, used } = search;
  const own = used - from;
  const room = 2 * own + bytes;
  search.names = Buffer.allocUnsafeSlow(room > roomForNames ? room : roomForNames);
  names.copy(search.names, 0, from, used);
  search.from = 0;
  search.used = own;
}

/** How names of a shape are searched for, and where they lie, those of one folder behind those of another. */
interface Search {
  /** Without it there is none: most folders hold nothing of some shapes. */
  start: string;
  pattern: RegExp;
  /** Of a name with its NUL. */
  length: number;
  names: Buffer;
  /** Where those of the folder that is read begin. */
  from: number;
  used: number;
}

let last: { shapes: readonly Shape[]; searches: Search[] } | undefined;

function searchesFor(shapes: readonly Shape[]): Search[] {
  if (last?.shapes !== shapes) {
    last = { shapes, searches: [] };
    for (const shape of shapes) last.searches.push(searchFor(shape));
  }
  return last.searches;
}

/**
 * A name with its NUL, behind the length of the record that holds it, to the next multiple of 8, and its type. No name
 * holds a NUL, so what comes before is the record's own.
 */
function searchFor({ length, source }: Shape): Search {
  const record = (dirent.name + length + 8) & ~7;
  const pattern = new RegExp(`(?<=\\x${record.toString(16).padStart(2, '0')}\\0[\\s\\S])${source}\\0`, 'g');
  return { start: `${String.fromCharCode(record)}\0`, pattern, length: length + 1, names: noBytes, from: 0, used: 0 };
}

// Paths of which nothing needs to be put right are put together as they are.

function join(...parts: string[]): string {
  const path = parts.join('/');
  return parts[0] !== '' && isPlainPath(path) ? path : runtimePaths().join(...parts);
}

function resolve(path: string): string {
  return isPlainPath(path) ? path : runtimePaths().resolve(path);
}

function dirname(path: string): string {
  const end = path.lastIndexOf('/');
  return end > 0 && isPlainPath(path) ? path.slice(0, end) : runtimePaths().dirname(path);
}

function basename(path: string): string {
  return isPlainPath(path) ? path.slice(path.lastIndexOf('/') + 1) : runtimePaths().basename(path);
}

/** From the root, no part empty, `.` or `..`. */
function isPlainPath(path: string): boolean {
  const parts = `${path}/`;
  return path.startsWith('/') && !parts.includes('//') && !parts.includes('/./') && !parts.includes('/../');
}

export const library: Library | null = calls && {
  openFolder: (path, flags) => ask(openat, here, pathAt(path), flags),
  statx: calls.statx,
  namesIn: shapesIn,
};
/** Bun knows nothing better than its `statSync` where there is no library. */
export const numbersIn: (folder: string) => Numbers | null = () => null;

// As `System` words them.
export {
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
};
