import { join } from 'node:path';
import type { Counts } from '../core/order.ts';
import { writeOwnFile } from '../machine/own-files.ts';
import { renderBrief } from '../view/rows.ts';
import type { World } from '../world.ts';

/** Leaves the brief line where the shell hook reads it before each prompt: one line, always ASCII. */
export function saveBrief(world: World, counts: Counts): void {
  writeOwnFile(join(world.folders.runtime, 'brief'), `${renderBrief(counts, false)}\n`);
}
