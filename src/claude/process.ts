import { closeSync, constants, openSync, readlinkSync, readSync } from '#system';

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
  if (startTime === null || !/^\d+$/.test(startTime)) return unknown;
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
    // The name in parentheses may itself hold parentheses and spaces: count from the last one.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {
      state: fields[0] ?? '',
      parent: Number(fields[1]),
      session: Number(fields[3]),
      terminal: Number(fields[4]),
      startTime: fields[19] ?? '',
    };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (pid === 'self' || (code !== 'ENOENT' && code !== 'ESRCH')) return null;
    return exists(pid) ? null : 'gone';
  }
}

/** Whether the kernel knows the pid at all, visible to us or not. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/**
 * The domain in which this process's pids have a meaning, as Claude Code 2.1.330 writes it on Linux:
 * `linux:<machine-id>:pid:[<inode of the pid namespace>]`. Null where it can't be told.
 */
export function ownPidDomain(): string | null {
  try {
    return `linux:${readShort('/etc/machine-id').trim()}:${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}

/** A file of the kernel's, or as short as those, as Latin-1. */
function readShort(path: string): string {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    const bytes = Buffer.allocUnsafe(4096);
    return bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(fd);
  }
}
