import { join } from 'node:path';
import { readOwnFile, writeOwnFile } from '../machine/own-files.ts';
import { readStat } from '../machine/proc.ts';
import type { World } from '../world.ts';

/** So many connections are remembered. */
const most = 200;

/**
 * Notes that somebody who came by an ssh connection has been greeted; false where that was so already, or can't be noted:
 * who would be greeted again and again is rather not greeted. `connection` is `pid-start` of a process that lasts as long
 * as it does; those that are over are forgotten.
 */
export function noteGreeting(world: World, connection: string): boolean {
  const path = join(world.folders.runtime, 'greeted');
  const known = (readOwnFile(path, 1 << 16)?.toString('latin1') ?? '').split('\n').filter(isOpen);
  if (known.includes(connection)) return false;
  return writeOwnFile(path, `${[connection, ...known].slice(0, most).join('\n')}\n`);
}

function isOpen(connection: string): boolean {
  const [, pid, startTime] = /^(\d{1,10})-(\d+)$/.exec(connection) ?? [];
  if (pid === undefined) return false;
  const stat = readStat(Number(pid));
  return stat !== 'gone' && (stat === null || stat.startTime === startTime);
}
