import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Reads a file of wt's own as bytes; null when it isn't there or isn't to be trusted: another owner's, writable by
 * others, no regular file (symbolic links are not followed), or larger than `most` bytes.
 */
export function readOwnFile(path: string, most = 64 << 20): Buffer | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || !isOurs(stat) || stat.size > most) return null;
    const bytes = Buffer.allocUnsafe(stat.size);
    let done = 0;
    while (done < bytes.length) {
      const count = readSync(fd, bytes, done, bytes.length - done, done);
      if (count === 0) break;
      done += count;
    }
    return bytes.subarray(0, done);
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}

/** A file of wt's own that is open to be read in parts. */
export interface OwnFile {
  fd: number;
  /** Bytes. */
  size: number;
  close(): void;
}

/** Opens a file of wt's own; null where there is none, or it isn't to be trusted: see `readOwnFile`. */
export function openOwnFile(path: string): OwnFile | null {
  let fd: number | null = null;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const opened = fd;
    const stat = fstatSync(opened);
    if (stat.isFile() && isOurs(stat)) return { fd: opened, size: stat.size, close: () => closeSync(opened) };
  } catch {
    // It can't be opened.
  }
  if (fd !== null) closeSync(fd);
  return null;
}

/**
 * Writes a file of wt's own, 0600 in a folder 0700, beside its place and renamed into it, so that a reader sees the
 * old or the new one, whole; what is there already is left alone. False when that can't be done: nothing of wt's own is
 * worth an error. What is large is given in pieces, one after the other.
 */
export function writeOwnFile(path: string, content: string | Uint8Array | (() => Iterable<Uint8Array>)): boolean {
  if (typeof content === 'function') return writeAnew(path, content());
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const there = bytes.length < 4096 ? readOwnFile(path, 4096) : null;
  return there?.equals(bytes) || writeAnew(path, [bytes]);
}

function writeAnew(path: string, pieces: Iterable<Uint8Array>): boolean {
  const beside = `${path}.${process.pid}.${Date.now().toString(36)}`;
  try {
    const fd = openBeside(beside);
    try {
      for (const bytes of pieces) for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    } finally {
      closeSync(fd);
    }
    renameSync(beside, path);
    sweep(path);
    return true;
  } catch {
    try {
      unlinkSync(beside);
    } catch {
      // It was never made.
    }
    return false;
  }
}

/** The mtime of a file of wt's own, milliseconds since the epoch; null where there is none, or it isn't to be trusted. */
export function ownFileModifiedAt(path: string): number | null {
  try {
    const stat = lstatSync(path);
    return stat.isFile() && isOurs(stat) ? stat.mtimeMs : null;
  } catch {
    return null;
  }
}

/** Sets that mtime, and makes the file, empty, where it is missing; false where neither can be done. */
export function touchOwnFile(path: string, at: number): boolean {
  try {
    if (ownFileModifiedAt(path) === null && !writeAnew(path, [])) return false;
    lutimesSync(path, at / 1000, at / 1000);
    return true;
  } catch {
    return false;
  }
}

/** No write takes longer than this many milliseconds. */
const longestWrite = 60_000;

/** Removes what was written beside a file's place by those who were killed before they could rename it. */
function sweep(path: string): void {
  const [folder, start] = [dirname(path), `${basename(path)}.`];
  const isLeft = (name: string) => {
    const began = name.startsWith(start) ? /^\d+\.([0-9a-z]+)$/.exec(name.slice(start.length))?.[1] : undefined;
    return began !== undefined && Date.now() - Number.parseInt(began, 36) > longestWrite;
  };
  try {
    for (const name of readdirSync(folder)) if (isLeft(name)) unlinkSync(join(folder, name));
  } catch {
    // Another wt has done it.
  }
}

function openBeside(path: string): number {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const folder = dirname(path);
  try {
    if (!isOurFolder(folder)) throw new Error('not our folder');
    return openSync(path, flags, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return openSync(path, flags, 0o600);
  }
}

/** Makes a folder of wt's own, 0700, where it is missing; false where it can't be, or isn't to be trusted. */
export function makeOwnFolder(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return isOurFolder(folder);
  } catch {
    return false;
  }
}

function isOurFolder(folder: string): boolean {
  const stat = lstatSync(folder);
  return stat.isDirectory() && isOurs(stat);
}

function isOurs(stat: Stats): boolean {
  return stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0;
}
