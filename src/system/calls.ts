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
}

/** So much of `node:fs` and `node:path` as a login needs: `#system` gives it, and takes from them what it can't do better. */
export interface System {
  openSync(path: string, flags: number, mode?: number): number;
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
  unlinkSync(path: string): void;
  mkdirSync(path: string, how: { recursive: true; mode: number }): unknown;
  lutimesSync(path: string, accessed: number, modified: number): void;
  constants: Record<'O_RDONLY' | 'O_WRONLY' | 'O_CREAT' | 'O_EXCL' | 'O_NOFOLLOW' | 'O_NONBLOCK' | 'O_NOCTTY', number>;
  join(...parts: string[]): string;
  resolve(path: string): string;
  dirname(path: string): string;
  basename(path: string): string;
}

/** The C library's own calls, for who has thousands of them to make; a pointer is a number of `pointerTo`. */
export interface Library {
  open(path: Uint8Array, flags: number, mode: number): number;
  statx(folder: number, name: number | Uint8Array, flags: number, mask: number, into: number | Uint8Array): number;
  close(fd: number): number;
}
