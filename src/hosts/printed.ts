import { readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parseObject } from '../core/json.ts';
import { type TerminalSession, terminalSessionOf, terminalsAbove } from '../machine/login.ts';
import { readOwnFile, writeOwnFile } from '../machine/own-files.ts';
import { readStat } from '../machine/proc.ts';
import type { World } from '../world.ts';
import { isHandle } from './answer.ts';

// What the rows of other boxes stand for on this terminal; box/printed-rows.ts does that for this box.

type Rows = ReadonlyMap<string, readonly string[]>;

/** Remembers which sessions the rows of boxes stand for that were printed on this terminal: ids, first row first, by label. */
export function rememberHostRows(world: World, rows: Rows): void {
  const terminal = terminalSessionOf();
  if (terminal === null || rows.size === 0) return;
  const path = fileOf(world, terminal);
  const before = readRows(path);
  if (before === null) forgetPastLogins(world.folders.runtime);
  const all = Object.fromEntries([...(before ?? []), ...rows]);
  writeOwnFile(path, `${JSON.stringify(all)}\n`);
}

/**
 * The ids of the rows of a box that were printed last on this terminal, or else on the one that it was opened from, and so
 * on; empty where there were none.
 */
export function printedHostRows(world: World, label: string): readonly string[] {
  const own = terminalSessionOf();
  if (own === null) return [];
  const here = readRows(fileOf(world, own))?.get(label);
  if (here !== undefined) return here;
  for (const terminal of terminalsAbove(world.env)) {
    const above = readRows(fileOf(world, terminal))?.get(label);
    if (above !== undefined) return above;
  }
  return [];
}

function readRows(path: string): Rows | null {
  const json = parseObject(readOwnFile(path, 1 << 20)?.toString() ?? '');
  if (json === null) return null;
  const isId = (id: unknown): id is string => typeof id === 'string' && isHandle(id);
  const lists = Object.entries(json).filter((entry): entry is [string, string[]] => {
    return Array.isArray(entry[1]) && entry[1].every(isId);
  });
  return new Map(lists);
}

/** One file a login, as for the rows of this box. */
function fileOf({ folders }: World, { terminal, leader, startTime }: TerminalSession): string {
  return join(folders.runtime, `hosts-rows-${terminal}-${leader}-${startTime}`);
}

function forgetPastLogins(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      const [, leader, startTime] = /^hosts-rows-\d+-(\d+)-(\d+)$/.exec(name) ?? [];
      const stat = leader === undefined ? null : readStat(Number(leader));
      if (stat === null || (stat !== 'gone' && stat.startTime === startTime)) continue;
      unlinkSync(join(folder, name));
    }
  } catch {
    // Another wt has done it, or there is no such folder yet.
  }
}
