import { readdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TerminalSession, terminalSessionOf, terminalsAbove } from '../machine/login.ts';
import { ownFileModifiedAt, readOwnFile, writeOwnFile } from '../machine/own-files.ts';
import { readStat } from '../machine/proc.ts';
import { variableOf } from '../machine/terminals.ts';
import type { World } from '../world.ts';

/**
 * Remembers which sessions the rows 1, 2, 3… on this terminal stand for, so that `wt 2` means what the eye sees; and, of
 * those that a search found, the byte of the transcript that the line begins at where it was said. A popup's rows are
 * those of the terminal that shows it, with `below`: it is gone soon.
 */
export function rememberRows(
  world: World,
  ids: string[],
  places: readonly (number | null)[] = [],
  below: 'here' | 'below' = 'here',
): void {
  const own = terminalSessionOf();
  const terminal = below === 'here' ? own : (terminalsAbove(world.env).next().value ?? own);
  if (terminal === null) return;
  const path = rowsFile(world, terminal);
  if (ownFileModifiedAt(path) === null) forgetPastLogins(dirname(path));
  const rows = ids.map((id, row) => (places[row] == null ? id : `${id} ${places[row]}`));
  writeOwnFile(path, `${rows.join('\n')}\n`);
}

/**
 * The session ids of the rows that wt last printed on this terminal, first row first; where it printed none here, on the
 * terminal that this one was opened from, and so on up to that of the login; empty when it printed none at all.
 */
export function printedRows(world: World): string[] {
  return lastRows(world).map((row) => row.split(' ')[0]!);
}

/** Where in a session's transcript it was said what was searched for when wt last printed rows: a byte; null if nowhere. */
export function printedPlace(world: World, id: string): number | null {
  const [, place] =
    lastRows(world)
      .find((row) => row.startsWith(`${id} `))
      ?.split(' ') ?? [];
  return place === undefined ? null : Number(place);
}

function lastRows(world: World): string[] {
  const own = terminalSessionOf();
  if (own === null) return [];
  const rows = readRows(rowsFile(world, own));
  if (rows.length > 0) return rows;
  for (const terminal of terminalsAbove(world.env)) {
    const above = readRows(rowsFile(world, terminal));
    if (above.length > 0) return above;
  }
  return rowsOfConnection(world);
}

/**
 * The rows of the terminal whose login shell came by the same ssh connection: what screen or zellij runs has no process
 * above that leads there. A connection that is over has no such shell.
 */
function rowsOfConnection(world: World): string[] {
  const connection = world.env.SSH_CONNECTION;
  if (!connection) return [];
  const found = rowsFiles(world.folders.runtime)
    .filter(({ leader, startTime }) => startTimeOf(leader) === startTime)
    .filter(({ leader }) => variableOf(leader, 'SSH_CONNECTION') === connection)
    .map(({ path }) => ({ path, at: ownFileModifiedAt(path) ?? 0 }))
    .sort((a, b) => b.at - a.at);
  return found.map(({ path }) => readRows(path)).find((rows) => rows.length > 0) ?? [];
}

/** Takes away the files of logins that are over: only the runtime folder of a session manager is emptied by itself. */
function forgetPastLogins(folder: string): void {
  for (const { path, leader, startTime } of rowsFiles(folder)) {
    const started = startTimeOf(leader);
    if (started === null || started === startTime) continue;
    try {
      unlinkSync(path);
    } catch {
      // Somebody else was faster.
    }
  }
}

/** The start time of a process; `gone` when there is none, null when it can't be seen. */
function startTimeOf(pid: number): string | null {
  const stat = readStat(pid);
  return stat === 'gone' || stat === null ? stat : stat.startTime;
}

function rowsFiles(folder: string): { path: string; leader: number; startTime: string }[] {
  try {
    return readdirSync(folder).flatMap((name) => {
      const [, leader, startTime] = /^rows-\d+-(\d+)-(\d+)$/.exec(name) ?? [];
      return startTime === undefined ? [] : [{ path: join(folder, name), leader: Number(leader), startTime }];
    });
  } catch {
    return [];
  }
}

function readRows(path: string): string[] {
  const text = readOwnFile(path, 1 << 20);
  const rows = text?.toString('latin1').trimEnd().split('\n') ?? [];
  return rows.every((row) => /^[\w.-]{4,100}(?: \d{1,15})?$/.test(row)) ? rows : [];
}

/**
 * One file a login: the controlling terminal alone is not enough, for its number is given to the next login. The
 * session leader (the login shell) and its start time make it this one.
 */
function rowsFile(world: World, { terminal, leader, startTime }: TerminalSession): string {
  return join(world.folders.runtime, `rows-${terminal}-${leader}-${startTime}`);
}
