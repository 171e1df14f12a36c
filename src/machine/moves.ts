import { mkdirSync, rmdirSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Move } from '../core/plan.ts';
import { clean } from '../core/text.ts';
import { UserError } from '../errors.ts';
import { inTheWay, isSame, move, namesIn, statOf, sweep, tryTo } from './copying.ts';

// How a session moves, so that a kill at any moment loses nothing and a second run, of archive or of restore, ends it:
//
// - Each file is whole at its old place, at its new one, or at both; it leaves the old place only once the new one is
//   written, synced and compared. What lies at both places and is the same is a move that was cut off: it goes on.
//   What lies at both and differs is never touched.
// - The companion folder is under projects/ as a whole whenever the transcript is: archive moves the transcript first,
//   restore moves it last. So Claude never sees half a session, and a half-moved one stands in the archive's list.
//
// Nothing but what lies on the disk says how far a move got.

/** Which way a session moves: into the archive, or out of it. */
export type Way = 'archive' | 'restore';

/** Which session moves, and between which folders of folders. */
export interface Address {
  /** Where the agent keeps its transcripts, and where the archive is. */
  root: string;
  archive: string;
  /** The name of the folder that it lies in, here and there. */
  folder: string;
  /** The name of its transcript, and of the folder beside it. */
  file: string;
  companion: string;
  /** What the mtime of the transcript shall be, milliseconds since the epoch; null: what it is. */
  modifiedAt: number | null;
}

/** The moves of a session's transcript and folder, in their order; those that are done already are left out. */
export function movesOf(address: Address, way: Way): Move[] {
  return allMoves(address, way).filter((move) => statOf(move.from) !== null);
}

function allMoves({ root, archive: archives, folder, file, companion, modifiedAt }: Address, way: Way): Move[] {
  if (![folder, file, companion].every(isName)) throw new Error('no such place');
  const [agents, archive] = [join(root, folder), join(archives, folder)];
  const [from, to] = way === 'archive' ? [agents, archive] : [archive, agents];
  const transcript = { from: join(from, file), to: join(to, file), renew: modifiedAt !== null };
  const beside = { from: join(from, companion), to: join(to, companion) };
  return way === 'archive' ? [transcript, beside] : [beside, transcript];
}

function isName(text: string): boolean {
  return text !== '' && text !== '.' && text !== '..' && !text.includes('/');
}

/**
 * Moves a session; false when it was moved already. `isStillRight` is asked before anything is placed and again before
 * anything is removed, and throws what speaks against it. Throws UserError where something else lies at the new place,
 * or the disk refuses.
 */
export function moveSession(address: Address, way: Way, isStillRight: () => void): boolean {
  const { archive, folder, modifiedAt } = address;
  try {
    for (const { from, to } of allMoves(address, way)) {
      sweep(from);
      sweep(to);
    }
    const moves = movesOf(address, way);
    for (const { from, to } of moves) refuseConflicts(from, to);
    for (const { from, to, renew } of moves) {
      isStillRight();
      makeFolder(dirname(to), archive);
      // Before it is where the agent would find it old: of two mtimes the later one is kept.
      if (renew) utimesSync(from, new Date(), new Date(modifiedAt ?? Date.now()));
      move(from, to, isStillRight);
    }
    // The archive keeps no empty project folders.
    if (way === 'restore') tryTo(() => rmdirSync(join(archive, folder)));
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
function refuseConflicts(from: string, to: string, isTop = true): void {
  const [old, other] = [statOf(from), statOf(to)];
  if (old === null) return;
  if (!old.isFile() && !old.isDirectory() && !old.isSymbolicLink())
    throw new UserError(`${clean(from)} is neither a file nor a folder: remove it first`);
  if (old.isSymbolicLink() && isTop)
    throw new UserError(`${clean(from)} is a symbolic link: move what it leads to yourself`);
  if (old.isDirectory()) {
    if (other !== null && !other.isDirectory()) throw inTheWay(from, to);
    for (const name of namesIn(from)) refuseConflicts(join(from, name), join(to, name), false);
  } else if (other !== null && !isSame(from, to)) throw inTheWay(from, to);
}
