import { join } from '#system';
import type { Counts } from '../core/order.ts';
import { renderBrief } from '../core/view.ts';
import { ownFileTouchedAt, touchOwnFile, writeOwnFile } from '../files/own-files.ts';
import type { World } from '../world.ts';

/** Leaves the brief line where the shell hook reads it before each prompt: one line, always ASCII. */
export function leaveBrief(world: World, counts: Counts): void {
  writeOwnFile(join(world.folders.runtime, 'brief'), `${renderBrief(counts, false)}\n`);
}

/** When the last greeting was printed, milliseconds since the epoch; null before the first. */
export function lastGreetedAt(world: World): number | null {
  const at = ownFileTouchedAt(greetedFile(world));
  return at !== null && at <= world.now ? at : null;
}

/** Notes that a greeting was printed now. */
export function noteGreeting(world: World): void {
  touchOwnFile(greetedFile(world), world.now);
}

/** An empty file whose mtime says it: nothing is written, so a full disk forgets no greeting. */
function greetedFile(world: World): string {
  return join(world.folders.state, 'greeted');
}
