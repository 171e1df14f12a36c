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
  const [host, folder] = [hostname(), foldersInShell(world.env)];
  const key = folder === null ? null : briefKey(host, folder);
  if (key === null) return;
  writeOwnFile(join(world.folders.runtime, `brief-${key}`), `${host}:${folder}\n${renderBrief(counts, false)}\n`);
}

/**
 * The config folder, or those of `WT_CONFIG_DIRS` behind the home that a `~` in them stands for; null where one of them is
 * relative: what is below it depends on where one is. hooks/prompt.* make the same of it.
 */
export function foldersInShell(env: World['env']): string | null {
  const named = env.WT_CONFIG_DIRS ?? '';
  if (!/[^:]/.test(named)) return env.CLAUDE_CONFIG_DIR || `${env.HOME}/.claude`;
  const isRelative = named.split(':').some((entry) => !/^(?:$|\/|~(?:\/|$))/.test(entry));
  return isRelative ? null : `${env.HOME}:${named}`;
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
