import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readStat } from './proc.ts';
import { ancestorsOf } from './terminals.ts';

/** A process that is to be ended: its pid means it only as long as the start time (clock ticks since boot) is the same. */
export interface Target {
  pid: number;
  startTime: string;
}

/** Why a process can't be ended from here. */
export type Obstacle =
  /** It is another user's, or can't be told to be ours. */
  | 'other user'
  /** It is stopped (Ctrl+Z, or a debugger): a signal would wait until it is continued. */
  | 'suspended'
  /** wt runs inside of it. */
  | 'around us';

/** What speaks against ending a process; null where nothing does. */
export function obstacleTo({ pid }: Target): Obstacle | null {
  if (userOf(pid) !== process.getuid?.()) return 'other user';
  if (ancestorsOf(process.pid).has(pid)) return 'around us';
  return isStopped(pid) ? 'suspended' : null;
}

/**
 * Sends SIGTERM to each process that is still that very one, and waits until all are gone, for `patience` milliseconds at
 * the most; gives those that are not. Never any other signal. Between the last look at a start time and the signal lie
 * some microseconds, and no pid comes round again in them. Throws as process.kill does where the signal is refused.
 */
export async function endProcesses(targets: Target[], patience: number): Promise<Target[]> {
  for (const target of targets) {
    if (isProven(target)) terminate(target.pid);
  }
  const deadline = performance.now() + patience;
  for (;;) {
    const left = targets.filter(isStill);
    if (left.length === 0 || performance.now() >= deadline) return left;
    await delay(20);
  }
}

/** Whether a process is still that very one and runs: no zombie, and no other one with its pid. */
export function isStill({ pid, startTime }: Target): boolean {
  const stat = readStat(pid);
  if (stat === 'gone') return false;
  return stat === null || (!/[ZXx]/.test(stat.state) && stat.startTime === startTime);
}

/** Whether it can be seen that a process is that very one, and would react. */
function isProven({ pid, startTime }: Target): boolean {
  const stat = readStat(pid);
  return stat !== null && stat !== 'gone' && stat.startTime === startTime && !/[ZXxTt]/.test(stat.state);
}

function terminate(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function isStopped(pid: number): boolean {
  const stat = readStat(pid);
  return stat !== null && stat !== 'gone' && /[Tt]/.test(stat.state);
}

/** The real user id of a process; null where it can't be seen. */
function userOf(pid: number): number | null {
  try {
    const found = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return found === null ? null : Number(found[1]);
  } catch {
    return null;
  }
}
