import { join } from 'node:path';
import type { Counts } from '../core/order.ts';
import { writeOwnFile } from '../machine/own-files.ts';
import { hostname } from '../machine/proc.ts';
import { renderBrief } from '../view/rows.ts';
import type { World } from '../world.ts';

/**
 * Leaves the brief where the shell hook reads it before each prompt: a line that says whose it is, and one that is always
 * ASCII. One for each config folder and machine, for two accounts or two machines may share one home.
 */
export function saveBrief(world: World, counts: Counts): void {
  // The folder as the shell knows it, which reads the same variables.
  const [host, folder] = [hostname(), world.env.CLAUDE_CONFIG_DIR || `${world.env.HOME}/.claude`];
  const key = briefKey(host, folder);
  if (key === null) return;
  writeOwnFile(join(world.folders.runtime, `brief-${key}`), `${host}:${folder}\n${renderBrief(counts, false)}\n`);
}

/**
 * The end of the name of a brief's file, from the machine's name and the config folder as the shell knows it: the last
 * 120 bytes of `HOST:FOLDER`, each outside of [A-Za-z0-9_.] as `-`; null where the folder is relative or a control
 * character is in them. hooks/prompt.bash, .zsh and .fish make the same of it.
 */
export function briefKey(host: string, folder: string): string | null {
  const whose = `${host}:${folder}`;
  if (!folder.startsWith('/') || /[\0-\x1f\x7f]/.test(whose)) return null;
  return Buffer.from(whose)
    .subarray(-120)
    .toString('latin1')
    .replace(/[^A-Za-z0-9_.]/g, '-');
}
