import { lstatSync, readlinkSync } from 'node:fs';
import { beganAt } from '../machine/proc.ts';

/** A file that an agent keeps locked by flock(2) as long as it holds a session, and that kill -9 leaves behind. */
export interface LockFile {
  inode: number;
  /** The user whose it is. */
  user: number;
  /** Milliseconds since the epoch. */
  changedAt: number;
}

/** So long after its session was last written a lock is doubtful of which it can't be told whether it is held, in ms. */
export const doubtfulFor = 3_600_000;

/** The lock at a path; null where none is, or it may not be looked at. */
export function lockAt(path: string): LockFile | null {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat?.isFile() ? { inode: stat.ino, user: stat.uid, changedAt: stat.ctimeMs } : null;
  } catch {
    return null;
  }
}

/**
 * Who holds a lock that no process of its agent holds which wt may look at. The kernel tells whether anybody does, be it
 * another user's process (`holders`, by inode): then that is its pid. But not from inside of a container who does outside,
 * and then it is `hidden`; elsewhere the lock was left behind.
 */
export function otherHolder(
  { inode, user, changedAt }: LockFile,
  holders: ReadonlyMap<number, number>,
): number | 'hidden' | 'nobody' {
  const pid = holders.get(inode);
  if (pid !== undefined) return pid;
  // Nothing that was begun before the machine was holds anything.
  if (changedAt <= beganAt('0')) return 'nobody';
  return user !== process.getuid?.() || !seesAllProcesses() ? 'hidden' : 'nobody';
}

/** Why a session is unknown whose lock that is, as a sentence; null where nobody holds it. */
export function doubtAbout(holder: number | 'hidden' | 'nobody', title: string): string | null {
  if (holder === 'nobody') return null;
  if (holder === 'hidden') return "its lock is there, and whether somebody holds it can't be seen here";
  return `its lock is held: process ${holder} took it, which can't be told to be a ${title}`;
}

/** The namespace of all processes of a machine has this number (PROC_PID_INIT_INO in the kernel, since 3.8). */
const outermost = 'pid:[4026531836]';

function seesAllProcesses(): boolean {
  try {
    return readlinkSync('/proc/self/ns/pid') === outermost;
  } catch {
    return false;
  }
}
