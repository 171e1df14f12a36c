import { join } from 'node:path';
import type { Counts } from '../core/order.ts';
import { renderBrief } from '../core/view.ts';
import { readOwnFile, writeOwnFile } from '../files/own-files.ts';
import type { World } from '../world.ts';

/** Leaves the brief line where the shell hook reads it before each prompt: one line, always ASCII. */
export function leaveBrief(world: World, counts: Counts): void {
  writeOwnFile(join(world.folders.runtime, 'brief'), `${renderBrief(counts, false)}\n`);
}

/** When the last greeting was printed, milliseconds since the epoch; null before the first. */
export function lastGreetedAt(world: World): number | null {
  const text = readOwnFile(join(world.folders.state, 'greeted'), 64)?.toString('latin1') ?? '';
  const at = Number(text.trim() || Number.NaN);
  return Number.isFinite(at) && at <= world.now ? at : null;
}

/** Notes that a greeting was printed now. */
export function noteGreeting(world: World): void {
  writeOwnFile(join(world.folders.state, 'greeted'), `${world.now}\n`);
}
