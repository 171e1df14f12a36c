import {
  basename,
  closeSync,
  constants,
  dirname,
  fstatSync,
  join,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  replaceSync,
  unlinkSync,
  writeSync,
} from '#system';
import { bytesFor, bytesOf } from '../system/bytes.ts';
import type { FileStat } from '../system/calls.ts';

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
    const bytes = bytesFor(stat.size);
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

/**
 * Writes a file of wt's own, 0600 in a folder 0700, beside its place and renamed into it, so that a reader sees the
 * old or the new one, whole; what is there already is left alone. Gives false when that can't be done: nothing of wt's own is worth an error.
 */
export function writeOwnFile(path: string, content: string | readonly Uint8Array[]): boolean {
  const there = typeof content === 'string' && content.length < 4096 ? readOwnFile(path, 4096) : null;
  return there?.toString('utf8') === content || writeAnew(path, content);
}

function writeAnew(path: string, content: string | readonly Uint8Array[]): boolean {
  const beside = `${path}.${process.pid}.${Date.now().toString(36)}`;
  try {
    const fd = openBeside(beside);
    try {
      for (const bytes of typeof content === 'string' ? [bytesOf(content)] : gathered(content)) {
        for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
      }
    } finally {
      closeSync(fd);
    }
    replaceSync(beside, path);
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

/** A part of so many bytes is written where it lies: to copy it takes as long as to write it. */
const largePart = 64 << 10;

/** The same bytes in few parts. */
function gathered(parts: readonly Uint8Array[]): Uint8Array[] {
  const few: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  for (const part of parts) {
    if (part.length < largePart) {
      small.push(part);
      continue;
    }
    if (small.length > 0) few.push(Buffer.concat(small));
    small = [];
    few.push(part);
  }
  if (small.length > 0) few.push(Buffer.concat(small));
  return few;
}

/** The mtime of a file of wt's own, milliseconds since the epoch; null where there is none, or it isn't to be trusted. */
export function ownFileTouchedAt(path: string): number | null {
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
    if (ownFileTouchedAt(path) === null && !writeAnew(path, '')) return false;
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

function isOurFolder(folder: string): boolean {
  const stat = lstatSync(folder);
  return stat.isDirectory() && isOurs(stat);
}

function isOurs(stat: FileStat): boolean {
  return stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0;
}
