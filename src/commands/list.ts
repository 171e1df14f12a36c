import { type Box, countTranscripts, type Source, withBox } from '../box/scan.ts';
import { copiesOf, readSession, unwrittenSessions } from '../box/sessions.ts';
import { inOrder, isListed, isUrgent } from '../core/order.ts';
import type { Session } from '../core/session.ts';
import { clean } from '../core/text.ts';
import { UsageError } from '../errors.ts';
import { print } from '../screen/output.ts';
import { tally } from '../view/header.ts';
import type { World } from '../world.ts';
import type { Command, Flag } from './command.ts';
import { printRows } from './print-rows.ts';

const usualRows = 20;

/** `wt --list`: numbered rows, live ones first. */
export function list(world: World, command: { all: boolean; rows: number | null }): Promise<number> {
  const most = command.rows ?? (command.all ? Number.POSITIVE_INFINITY : usualRows);
  return withBox(
    world,
    async (box) => {
      const { sessions, unread } = newestSessions(box, most, command.all);
      if (sessions.length === 0 && unread === 0) {
        print(nothingThere(box));
        return 0;
      }
      const rows = sessions.slice(0, most);
      await printRows(world, rows, {
        counts: tally(sessions),
        more: sessions.length - rows.length + unread,
        how: 'wt --list --all',
      });
      return 0;
    },
    command.all ? 'all' : 'recent',
  );
}

function nothingThere(box: Box): string {
  const places = box.sources.map(({ agent }) => `no ${agent.title} sessions under ${clean(agent.configDir)}`);
  const why = box.skipped.size > 0 ? ' that can be read; see what is not: wt doctor' : '; start one with: wt new';
  return `${places.join(', ')}${why}\n`;
}

/**
 * The first `most` sessions in order, and maybe some more, with the number of transcripts left unread. Reading goes
 * from the newest mtime on and ends where no file further on can hold a later activity than the last row kept:
 * a file's mtime is an upper bound of its last activity.
 */
function newestSessions(box: Box, most: number, headless: boolean): { sessions: Session[]; unread: number } {
  const { now, waitingFor } = box.context;
  const kept: Session[] = [];
  let unread = countTranscripts(box);
  let quiet: number[] = [];
  const keep = (session: Session | null) => {
    if (session === null || !(headless || isListed(session))) return;
    kept.push(session);
    if (!isUrgent(session, box.context)) quiet.push(session.lastActivityAt ?? Number.NEGATIVE_INFINITY);
  };
  const isEnough = (modifiedAt: number) => {
    if (kept.length < most || now - modifiedAt <= Math.max(waitingFor, 3_600_000)) return false;
    const room = most - (kept.length - quiet.length);
    quiet = quiet.sort((a, b) => b - a).slice(0, Math.max(0, room));
    return room <= 0 || (quiet.length >= room && quiet[room - 1]! >= modifiedAt);
  };
  for (const source of box.sources) unread -= readHeld(box, source, keep);
  for (const source of box.sources) {
    const done = new Set<string>();
    for (const file of source.transcripts.newestFirst(now)) {
      if (source.running.has(file.id)) continue;
      if (isEnough(file.modifiedAt)) break;
      unread -= 1;
      const copies = copiesOf(source, file);
      if (copies.length > 1 && done.has(file.id)) continue;
      done.add(file.id);
      keep(readSession(box, source, file.id, copies, 'tail'));
    }
  }
  return { sessions: inOrder(kept, now), unread };
}

/** Reads the sessions that processes hold; gives the number of their transcripts. */
function readHeld(box: Box, source: Source, keep: (session: Session | null) => void): number {
  let count = 0;
  for (const session of unwrittenSessions(box, source)) keep(session);
  for (const id of source.running.keys()) {
    const files = source.transcripts.find(id);
    if (files.length === 0) continue;
    count += files.length;
    keep(readSession(box, source, id, files, 'tail'));
  }
  return count;
}

/** The flag that limits rows. */
export const rowsFlag: Flag = { value: 'N', summary: 'at most so many' };

/** The value of that flag as a number; null where it was not given. Throws UsageError for anything else. */
export function rowsOf(text: string | undefined, usage: string = 'wt --list [-n N] [--all]'): number | null {
  if (text === undefined) return null;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError('-n takes a number of rows', usage);
  return Number(text);
}

export const listCommand: Command = {
  name: '--list',
  aliases: ['list', 'ls', 'status'],
  summary: 'numbered rows, live ones first',
  usage: '[-n N] [--all]',
  flags: { '-n': rowsFlag, '--all': { summary: 'all of them, headless ones too' } },
  takes: 'nothing',
  run: (world, { flags }) => list(world, { all: flags.has('--all'), rows: rowsOf(flags.get('-n')) }),
};
