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
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Move } from '../core/plan.ts';
import type { TranscriptFile } from '../core/session.ts';
import { clean } from '../core/text.ts';
import { UserError } from '../errors.ts';
import { readStat } from './proc.ts';

// How a session moves, so that a kill at any moment loses nothing and a second run, of archive or of restore, ends it:
//
// - Each file is whole at its old place, at its new one, or at both; it leaves the old place only once the new one is
//   written, synced and compared. What lies at both places and is the same is a move that was cut off: it goes on.
//   What lies at both and differs is never touched.
// - The companion folder is under projects/ as a whole whenever the transcript is: archive moves the transcript first,
//   restore moves it last. So Claude never sees half a session, and a half-moved one stands in the archive's list.
//
// Nothing but what lies on the disk says how far a move got.

/**
 * The transcripts `<archive>/<project folder>/<id>.jsonl`, newest mtime first; `isId` says what is a session's id.
 */
export async function archivedFiles(archive: string, isId: (text: string) => boolean): Promise<TranscriptFile[]> {
  const { default: fastGlob } = await import('fast-glob');
  const found = fastGlob.sync('*/*.jsonl', {
    cwd: archive,
    dot: true,
    followSymbolicLinks: false,
    suppressErrors: true,
  });
  const files: TranscriptFile[] = [];
  for (const name of found) {
    const [folder = '', id = ''] = name.slice(0, -'.jsonl'.length).split('/');
    const path = join(archive, name);
    const stat = isId(id) ? statOf(path) : null;
    if (stat?.isFile() !== true) continue;
    const modifiedAt = Number(stat.mtimeNs) / 1e6;
    const [bytes, inode] = [Number(stat.size), Number(stat.ino)];
    files.push({ id, folder, path, bytes, modifiedAt, inode, hasCompanion: true });
  }
  return files.sort((a, b) => b.modifiedAt - a.modifiedAt || (a.id < b.id ? -1 : 1));
}

/** Which way a session moves: into the archive, or out of it. */
export type Way = 'archive' | 'restore';

/** Where a session lies: the name of its project folder (the same in the archive), and its id. */
export interface Address {
  folder: string;
  id: string;
}

/** The folders of folders between which sessions move. */
export interface Places {
  /** Where the agent keeps its transcripts. */
  root: string;
  archive: string;
}

/** The moves of a session's transcript and folder, in their order; those that are done already are left out. */
export function movesOf(places: Places, address: Address, way: Way): Move[] {
  return placesOf(places, address, way).filter((move) => statOf(move.from) !== null);
}

function placesOf({ root, archive: archives }: Places, { folder, id }: Address, way: Way): Move[] {
  if (!isName(id) || !isName(folder)) throw new Error('no such place');
  const [projects, archive] = [join(root, folder), join(archives, folder)];
  return way === 'archive'
    ? [`${id}.jsonl`, id].map((name) => ({ from: join(projects, name), to: join(archive, name) }))
    : [id, `${id}.jsonl`].map((name) => ({ from: join(archive, name), to: join(projects, name) }));
}

function isName(text: string): boolean {
  return text !== '' && text !== '.' && text !== '..' && !text.includes('/');
}

/**
 * Moves a session; false when it was moved already. `isStillRight` is asked before anything is placed and again before
 * anything is removed, and throws what speaks against it. Throws UserError where something else lies at the new place,
 * or the disk refuses.
 */
export function moveSession(places: Places, address: Address, way: Way, isStillRight: () => void): boolean {
  try {
    for (const { from, to } of placesOf(places, address, way)) {
      sweep(from);
      sweep(to);
    }
    const moves = movesOf(places, address, way);
    for (const { from, to } of moves) refuseConflicts(from, to);
    for (const { from, to } of moves) {
      isStillRight();
      makeFolder(dirname(to), places.archive);
      move(from, to, isStillRight);
    }
    // The archive keeps no empty project folders.
    if (way === 'restore') tryTo(() => rmdirSync(join(places.archive, address.folder)));
    return moves.length > 0;
  } catch (error) {
    const { code, path, message } = error as NodeJS.ErrnoException;
    if (error instanceof UserError || code === undefined) throw error;
    throw new UserError(`${clean(path ?? message)}: ${code}; nothing is lost: run it again to finish the move`);
  }
}

function makeFolder(folder: string, archive: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!folder.startsWith(`${archive}/`)) return;
  const stat = statSync(archive);
  if (stat.uid !== process.getuid?.() || (stat.mode & 0o022) !== 0)
    throw new UserError(`${clean(archive)} belongs to somebody else or can be written by others: chmod 700 it`);
}

/** Throws a UserError for anything at the new place that isn't what lies at the old one, before anything is done. */
function refuseConflicts(from: string, to: string): void {
  const [old, other] = [statOf(from), statOf(to)];
  if (old === null) return;
  if (!old.isFile() && !old.isDirectory() && !old.isSymbolicLink())
    throw new UserError(`${clean(from)} is neither a file nor a folder: remove it first`);
  if (old.isSymbolicLink() && from.endsWith('.jsonl'))
    throw new UserError(`${clean(from)} is a symbolic link: move what it leads to yourself`);
  if (old.isDirectory()) {
    if (other !== null && !other.isDirectory()) throw inTheWay(from, to);
    for (const name of namesIn(from)) refuseConflicts(join(from, name), join(to, name));
  } else if (other !== null && !isSame(from, to)) throw inTheWay(from, to);
}

function inTheWay(from: string, to: string): UserError {
  return new UserError(`${clean(to)} exists and differs from ${clean(from)}: move one of them away`);
}

function move(from: string, to: string, isStillRight: () => void): void {
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
    if (statOf(to) === null) mkdirSync(to, { mode: 0o700 });
    for (const name of namesIn(from)) place(join(from, name), join(to, name));
    if (lstatSync(to, { bigint: true }).mode !== stat.mode) chmodSync(to, Number(stat.mode & 0o777n));
    // After a cut-off removal the old folder is the one whose time has moved on.
    if (lstatSync(to, { bigint: true }).mtimeNs > stat.mtimeNs) copyTimes(from, to, stat);
    syncFolder(to);
    return;
  }
  if (statOf(to) !== null) return;
  try {
    linkSync(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw inTheWay(from, to);
    // Another device, or a file system without hard links.
    copy(from, to, stat);
  }
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

/** `.<name>.<pid>-<start time>.wt-part`: a copy that is being made, by which process. */
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
function sweep(path: string): void {
  const beside = namesIn(dirname(path)).filter((name) => name.startsWith(`.${basename(path)}.`));
  for (const name of beside) sweepPart(join(dirname(path), name));
  if (statOf(path)?.isDirectory()) sweepFolder(path);
}

function sweepFolder(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) sweepFolder(path);
    else sweepPart(path);
  }
}

function sweepPart(path: string): void {
  const [, pid, started] = besideName.exec(basename(path)) ?? [];
  if (pid === undefined) return;
  const stat = readStat(Number(pid));
  if (stat !== 'gone' && (stat === null || stat.startTime === started))
    throw new UserError(`another wt, process ${pid}, is moving it: wait for its end`);
  unlinkSync(path);
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

/** Whether two paths hold the same: one inode, or two files, links or folders with the same content and time. */
function isSame(a: string, b: string): boolean {
  const [one, other] = [lstatSync(a, { bigint: true }), lstatSync(b, { bigint: true })];
  if (one.dev === other.dev && one.ino === other.ino) return true;
  if (one.isSymbolicLink()) return other.isSymbolicLink() && readlinkSync(a) === readlinkSync(b);
  if (!one.isFile() || !other.isFile() || one.size !== other.size) return false;
  return one.mtimeNs / 1000n === other.mtimeNs / 1000n && sameBytes(a, b);
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

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}

function statOf(path: string): BigIntStats | null {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
}

function tryTo(act: () => void): void {
  try {
    act();
  } catch {
    // What it was for has happened already, or is no loss.
  }
}
