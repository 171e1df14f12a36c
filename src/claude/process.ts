import { closeSync, constants, openIfThere, processExists, readlinkSync, readSync } from '#system';
import { isDigits } from './paths.ts';

/** What can be proven of a pid: `alive` is that very process, `dead` is none or another one. */
export type Proof = { verdict: 'alive'; suspended: boolean } | { verdict: 'dead' } | { verdict: 'unknown' };

const unknown: Proof = { verdict: 'unknown' };
const dead: Proof = { verdict: 'dead' };

/**
 * Proves that a process lives: `/proc/<pid>/stat` shows it, it is no zombie, and its start time (field 22, clock ticks
 * since boot) is the one recorded. Anything that can't be seen (another user's process under hidepid, no /proc) is
 * unknown, never dead.
 */
export function proveAlive(pid: number, startTime: string | null): Proof {
  const stat = readStat(pid);
  if (stat === 'gone') return dead;
  if (stat === null) return unknown;
  if (stat.state === 'Z' || stat.state === 'X' || stat.state === 'x') return dead;
  if (startTime === null || !isDigits(startTime)) return unknown;
  return stat.startTime === startTime ? { verdict: 'alive', suspended: stat.state === 'T' } : dead;
}

interface Stat {
  state: string;
  parent: number;
  session: number;
  terminal: number;
  startTime: string;
}

/** The fields of `/proc/<pid>/stat` that wt uses; `gone` when there is no such process, null when it can't be seen. */
export function readStat(pid: number | 'self'): Stat | 'gone' | null {
  try {
    const text = readShort(`/proc/${pid}/stat`);
    if (text === null) return isGone(pid) ? 'gone' : null;
    // The name in parentheses may itself hold parentheses and spaces: count from the last one.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ', 20);
    return {
      state: fields[0] ?? '',
      parent: Number(fields[1]),
      session: Number(fields[3]),
      terminal: Number(fields[4]),
      startTime: fields[19] ?? '',
    };
  } catch (error) {
    // It ended between opening and reading.
    return (error as NodeJS.ErrnoException).code === 'ESRCH' && isGone(pid) ? 'gone' : null;
  }
}

/** Under hidepid a process has no folder in /proc and lives all the same. */
function isGone(pid: number | 'self'): boolean {
  return pid !== 'self' && !processExists(pid);
}

/**
 * The domain in which this process's pids have a meaning, as Claude Code 2.1.330 writes it on Linux:
 * `linux:<machine-id>:pid:[<inode of the pid namespace>]`. Null where it can't be told.
 */
export function ownPidDomain(): string | null {
  try {
    const machine = readShort('/etc/machine-id');
    return machine === null ? null : `linux:${machine.trim()}:${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}

/** A file of the kernel's, or one as short as those, as Latin-1; null where there is none. */
function readShort(path: string): string | null {
  const fd = openIfThere(path, constants.O_RDONLY);
  if (fd === null) return null;
  try {
    return short.toString('latin1', 0, readSync(fd, short, 0, short.length, 0));
  } finally {
    closeSync(fd);
  }
}

const short = Buffer.allocUnsafe(4096);
