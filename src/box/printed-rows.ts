import { readdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ownFileModifiedAt, readOwnFile, writeOwnFile } from '../machine/own-files.ts';
import { readStat } from '../machine/proc.ts';
import type { World } from '../world.ts';

/** Remembers which sessions the rows 1, 2, 3… on this terminal stand for, so that `wt 2` means what the eye sees. */
export function rememberRows(world: World, ids: string[]): void {
  const path = rowsFile(world);
  if (path === null) return;
  if (ownFileModifiedAt(path) === null) forgetPastLogins(dirname(path));
  writeOwnFile(path, `${ids.join('\n')}\n`);
}

/** Takes away the files of logins that are over: only the runtime folder of a session manager is emptied by itself. */
function forgetPastLogins(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      const [, leader, started] = /^rows-\d+-(\d+)-(\d+)$/.exec(name) ?? [];
      if (leader === undefined) continue;
      const stat = readStat(Number(leader));
      const isOver = stat === 'gone' || (stat !== null && stat.startTime !== started);
      if (isOver) unlinkSync(join(folder, name));
    }
  } catch {
    // No such folder yet, or somebody else was faster.
  }
}

/** The session ids of the rows that wt last printed on this terminal, first row first; empty when it printed none. */
export function printedRows(world: World): string[] {
  const path = rowsFile(world);
  const text = path === null ? null : readOwnFile(path, 1 << 20);
  const ids = text?.toString('latin1').trimEnd().split('\n') ?? [];
  return ids.every((id) => /^[\w.-]{4,100}$/.test(id)) ? ids : [];
}

/**
 * One file a login: the controlling terminal alone is not enough, for its number is given to the next login. The
 * session leader (the login shell) and its start time make it this one.
 */
function rowsFile(world: World): string | null {
  const self = readStat('self');
  if (self === null || self === 'gone') return null;
  const leader = readStat(self.session);
  const started = leader === null || leader === 'gone' ? '0' : leader.startTime;
  return join(world.folders.runtime, `rows-${self.terminal}-${self.session}-${started}`);
}
