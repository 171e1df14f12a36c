import { join } from '#system';
import type { Counts } from '../core/order.ts';
import { renderBrief } from '../core/view.ts';
import { ownFileTouchedAt, touchOwnFile, writeOwnFile } from '../files/own-files.ts';
import type { World } from '../world.ts';

const { hostname } = await import('node:os');

/**
 * Leaves the brief where the shell hook reads it before each prompt: a line that says whose it is, and one that is always
 * ASCII. One for each config folder and machine, for two accounts or two machines may share one home.
 */
export function leaveBrief(world: World, counts: Counts): void {
  const [host, folder] = [hostname(), world.env.CLAUDE_CONFIG_DIR || `${world.env.HOME}/.claude`];
  const key = briefKey(host, folder);
  if (key === null) return;
  writeOwnFile(join(world.folders.runtime, `brief-${key}`), `${host}:${folder}\n${renderBrief(counts, false)}\n`);
}

/**
 * The end of the name of a brief's file, from the machine's name and the config folder as the shell knows it: the last
 * 120 bytes of `HOST:FOLDER`, each outside of [A-Za-z0-9_.] as `-`; null where the folder is relative or a control
 * character is in them. hooks/wt.bash and hooks/wt.zsh make the same of it.
 */
export function briefKey(host: string, folder: string): string | null {
  const whose = `${host}:${folder}`;
  if (!folder.startsWith('/') || /[\0-\x1f\x7f]/.test(whose)) return null;
  return Buffer.from(whose)
    .subarray(-120)
    .toString('latin1')
    .replace(/[^A-Za-z0-9_.]/g, '-');
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
