/** What a stat tells, as `node:fs` words it. */
export interface FileStat {
  isFile(): boolean;
  isDirectory(): boolean;
  isCharacterDevice(): boolean;
  mode: number;
  uid: number;
  ino: number;
  /** Bytes. */
  size: number;
  rdev: number;
  /** Milliseconds since the epoch, with fractions. */
  mtimeMs: number;
  ctimeMs: number;
}

/** What names look like: so many ASCII characters, as the source of a regular expression. */
export interface Shape {
  length: number;
  source: string;
}

/** So much of `node:fs` and `node:path` as a login needs: `#system` gives it, and takes from them what it can't do better. */
export interface System {
  openSync(path: string, flags: number, mode?: number): number;
  /** The same, but null where nothing is there: at a login that is no error, and an error is dear. */
  openIfThere(path: string, flags: number): number | null;
  closeSync(fd: number): void;
  readSync(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
  writeSync(fd: number, bytes: Uint8Array, offset: number): number;
  fstatSync(fd: number): FileStat;
  statSync(path: string): FileStat;
  statSync(path: string, how: { throwIfNoEntry: false }): FileStat | undefined;
  lstatSync(path: string): FileStat;
  readdirSync(path: string): string[];
  readlinkSync(path: string): string;
  renameSync(from: string, to: string): void;
  /** Renames a file to where another one may be, which is removed. */
  replaceSync(from: string, to: string): void;
  unlinkSync(path: string): void;
  mkdirSync(path: string, how: { recursive: true; mode: number }): unknown;
  lutimesSync(path: string, accessed: number, modified: number): void;
  /** Whether the kernel knows a pid, visible to us or not. */
  processExists(pid: number): boolean;
  /** Cells in a line of the terminal on standard output; 0 where there is none, or it doesn't say. */
  terminalColumns(): number;
  /** Says that the work will be over before compiling it better could pay; or that it won't be after all. */
  hurry(): void;
  takeTime(): void;
  /** Says that most of what was made so far is garbage. */
  collect(): void;
  /** CRC-32 of bytes, from 0 to 2^32 - 1. */
  crc32(bytes: Uint8Array): number;
  constants: Record<'O_RDONLY' | 'O_WRONLY' | 'O_CREAT' | 'O_EXCL' | 'O_NOFOLLOW' | 'O_NONBLOCK' | 'O_NOCTTY', number>;
  join(...parts: string[]): string;
  resolve(path: string): string;
  dirname(path: string): string;
  basename(path: string): string;
}

/**
 * The kernel's own calls, for who has thousands of them to make: -1 is an error. Pointers are numbers, of `pointerTo`, or
 * of `pathAt`, which holds one path at a time.
 */
export interface Library {
  openFolder(path: string, flags: number): number;
  statx(folder: number, name: number, flags: number, mask: number, into: number): number;
  /** As `withShapes`, of the names that an open folder has from where it was read last; null where it can't be read. */
  namesIn(folder: number, shapes: readonly Shape[]): Buffer[] | null;
}

/**
 * A stat as numbers, the same memory for each call: mode at 1, inode at 7, size at 8, mtime at 12 (seconds) and 13
 * (nanoseconds). Undefined where there is no such file; throws where it can't be told.
 */
export type Numbers = (name: string) => Float64Array | undefined;

/** O_CLOEXEC: asm-generic/fcntl.h. */
export const closeOnExec = 0o2000000;
/** O_DIRECTORY, of which arm64 has its own, and O_CLOEXEC. */
export const openFolderFlags = (process.arch === 'arm64' ? 0o40000 : 0o200000) | closeOnExec;

/** As `openIfThere` of `System`, by the runtime's `openSync`. */
export function openUnlessMissing(openSync: System['openSync'], path: string, flags: number): number | null {
  try {
    return openSync(path, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** As `processExists` of `System`, by the runtime. */
export function takesSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
