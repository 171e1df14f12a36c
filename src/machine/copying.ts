import { spawnSync } from 'node:child_process';
import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { clean } from '../core/text.ts';
import { UserError } from '../errors.ts';
import { readStat } from './proc.ts';

// How one file or folder changes its place, on one device or between two, so that it may be killed at any moment and be
// gone on with in either direction:
//
// - What stands at a new place under its own name is right: a file has all its bytes and its times, a folder its mode.
//   Until then it has a name of its own, which tells who is making it.
// - A folder's mtime moves on while entries come and go, never back: of two, the older one is right.

/**
 * Moves a file, a link or a whole folder. What lies at the new place already must be the same. `isStillRight` is asked
 * before anything is removed, and throws what speaks against it.
 */
export function move(from: string, to: string, isStillRight: () => void): void {
  const stat = lstatSync(from);
  if (stat.isDirectory() && statOf(to) === null && renameFolder(from, to)) return;
  place(from, to);
  syncFolder(dirname(to));
  isStillRight();
  remove(from, to);
  syncFolder(dirname(from));
}

/** A whole folder at once, where the new place is free and on the same device; false where that can't be done. */
function renameFolder(from: string, to: string): boolean {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EXDEV') return false;
    throw error;
  }
  syncFolder(dirname(to));
  syncFolder(dirname(from));
  return true;
}

/** Puts a file, a link or a whole folder at its new place as well. What is there already is the same. */
function place(from: string, to: string): void {
  const stat = lstatSync(from, { bigint: true });
  if (stat.isDirectory()) {
    placeFolder(from, to, stat);
    return;
  }
  const other = statOf(to);
  if (other !== null) {
    if (isLater(stat, other)) copyTimes(from, to, stat);
    return;
  }
  try {
    linkSync(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw inTheWay(from, to);
    // Another device, or a file system without hard links.
    copy(from, to, stat);
  }
}

function placeFolder(from: string, to: string, stat: BigIntStats): void {
  const mode = Number(stat.mode & 0o7777n);
  // Its owner has to write into it as long as it is filled.
  const open = mode | 0o700;
  if (statOf(to) === null) makeFolder(to, open);
  for (const name of namesIn(from)) place(join(from, name), join(to, name));
  const made = lstatSync(to, { bigint: true });
  if (open !== mode && Number(made.mode & 0o7777n) === open) chmodSync(to, mode);
  if (isLater(made, stat)) copyTimes(from, to, stat);
  syncFolder(to);
}

/** Makes a folder that has its mode from the moment on that it has its name. */
function makeFolder(path: string, mode: number): void {
  const beside = besideOf(path);
  try {
    mkdirSync(beside, { mode: 0o700 });
    chmodSync(beside, mode);
    renameSync(beside, path);
  } finally {
    tryTo(() => rmdirSync(beside));
  }
}

/** Whether one mtime is later than another, by whole microseconds: a copy has no finer ones where touch(1) is missing. */
function isLater(one: BigIntStats, other: BigIntStats): boolean {
  return one.mtimeNs / 1000n > other.mtimeNs / 1000n;
}

/** A copy under a name of its own, synced, compared, with its time, and only then under the name that it shall have. */
function copy(from: string, to: string, stat: BigIntStats): void {
  const beside = besideOf(to);
  try {
    if (stat.isSymbolicLink()) symlinkSync(readlinkSync(from), beside);
    else copyBytes(from, beside, Number(stat.mode & 0o777n));
    copyTimes(from, beside, stat);
    if (!stat.isSymbolicLink()) sync(beside);
    if (!isSame(from, beside)) throw new UserError(`${clean(from)} changes while it is moved: run it again`);
    giveName(beside, to);
  } finally {
    tryTo(() => unlinkSync(beside));
  }
}

function giveName(beside: string, to: string): void {
  try {
    linkSync(beside, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' || statOf(to) !== null) throw inTheWay(beside, to);
    renameSync(beside, to);
  }
}

/** `.<name>.<pid>-<start time>.wt-part`: a file or an empty folder that is being made, by which process. */
const besideName = /^\..*\.(\d+)-(\d*)\.wt-part$/s;

function besideOf(path: string): string {
  const self = readStat('self');
  const started = self === null || self === 'gone' ? '' : self.startTime;
  return join(dirname(path), `.${basename(path)}.${process.pid}-${started}.wt-part`);
}

/**
 * Removes what copies of a process that is gone have left beside a session's file or anywhere in its folder. Throws a
 * UserError where such a process still runs.
 */
export function sweep(path: string): void {
  const beside = namesIn(dirname(path)).filter((name) => name.startsWith(`.${basename(path)}.`));
  for (const name of beside) sweepPart(join(dirname(path), name));
  if (statOf(path)?.isDirectory()) sweepFolder(path);
}

function sweepFolder(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !besideName.test(entry.name)) sweepFolder(path);
    else sweepPart(path);
  }
}

function sweepPart(path: string): void {
  const [, pid, started] = besideName.exec(basename(path)) ?? [];
  if (pid === undefined) return;
  const stat = readStat(Number(pid));
  if (stat !== 'gone' && (stat === null || stat.startTime === started))
    throw new UserError(`another wt, process ${pid}, is moving it: wait for its end`);
  if (lstatSync(path).isDirectory()) rmdirSync(path);
  else unlinkSync(path);
}

const blockSize = 1 << 20;

function copyBytes(from: string, to: string, mode: number): void {
  const source = openSync(from, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const target = openSync(
      to,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      const block = Buffer.allocUnsafe(blockSize);
      for (;;) {
        const count = readSync(source, block, 0, blockSize, null);
        if (count === 0) break;
        for (let done = 0; done < count; ) done += writeSync(target, block, done, count - done);
      }
      fchmodSync(target, mode);
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}

/** Gives `to` the access and modification times that `stat` has: to the microsecond, and the rest by touch(1). */
function copyTimes(from: string, to: string, stat: BigIntStats): void {
  // A double holds a time of our days to a quarter of a microsecond, and runtimes cut it down to whole ones.
  const seconds = (ns: bigint) => (Number(ns / 1000n) + 0.5) / 1e6;
  (stat.isSymbolicLink() ? lutimesSync : utimesSync)(to, seconds(stat.atimeNs), seconds(stat.mtimeNs));
  const touch = ['/usr/bin/touch', '/bin/touch'].find((path) => statOf(path) !== null);
  if (touch !== undefined && lstatSync(to, { bigint: true }).mtimeNs !== stat.mtimeNs)
    spawnSync(touch, ['-h', '-r', from, '--', to], { stdio: 'ignore' });
}

/** Whether two paths hold the same: one inode, or two files with the same bytes, or two links to the same. */
export function isSame(a: string, b: string): boolean {
  const [one, other] = [lstatSync(a, { bigint: true }), lstatSync(b, { bigint: true })];
  if (one.dev === other.dev && one.ino === other.ino) return true;
  if (one.isSymbolicLink()) return other.isSymbolicLink() && readlinkSync(a) === readlinkSync(b);
  if (!one.isFile() || !other.isFile() || one.size !== other.size) return false;
  return sameBytes(a, b);
}

function sameBytes(a: string, b: string): boolean {
  const [one, other] = [openSync(a, constants.O_RDONLY), openSync(b, constants.O_RDONLY)];
  try {
    const [left, right] = [Buffer.allocUnsafe(blockSize), Buffer.allocUnsafe(blockSize)];
    for (;;) {
      const count = readSync(one, left, 0, blockSize, null);
      let same = 0;
      while (same < count) {
        const more = readSync(other, right, same, count - same, null);
        if (more === 0) return false;
        same += more;
      }
      if (count === 0) return readSync(other, right, 0, 1, null) === 0;
      if (left.compare(right, 0, count, 0, count) !== 0) return false;
    }
  } finally {
    closeSync(one);
    closeSync(other);
  }
}

/** Removes what lies at the new place as well, entry by entry: what came meanwhile stays. */
function remove(from: string, to: string): void {
  const stat = lstatSync(from);
  if (stat.isDirectory()) {
    for (const name of namesIn(from)) remove(join(from, name), join(to, name));
    rmdirSync(from);
  } else {
    if (statOf(to) === null || !isSame(from, to))
      throw new UserError(`${clean(from)} changes while it is moved: run it again`);
    unlinkSync(from);
  }
}

/** Makes the entries of a folder last through a power cut, where the file system knows how. */
function syncFolder(folder: string): void {
  tryTo(() => sync(folder));
}

function sync(path: string): void {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** What to say where something else lies at the new place. */
export function inTheWay(from: string, to: string): UserError {
  return new UserError(`${clean(to)} exists and differs from ${clean(from)}: move one of them away`);
}

/** The names in a folder; none where there is no such folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}

/** The stat of what lies at a path, links not followed; null where nothing does. */
export function statOf(path: string): BigIntStats | null {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
}

/** Does something whose failure is no loss. */
export function tryTo(act: () => void): void {
  try {
    act();
  } catch {
    // What it was for has happened already, or is no loss.
  }
}
