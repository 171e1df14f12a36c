import { statSync } from 'node:fs';
import { rememberRows } from '../box/printed-rows.ts';
import { type Box, waitingFor, withBox } from '../box/scan.ts';
import { sessionsOf, unwrittenSessions } from '../box/sessions.ts';
import { noteVisit } from '../box/visits.ts';
import { type Away, awayGroups, awayOf, momentInWords, parseMoment } from '../core/away.ts';
import { inOrder, isListed } from '../core/order.ts';
import type { Session } from '../core/session.ts';
import { age, escapeInvisible } from '../core/text.ts';
import { UsageError } from '../errors.ts';
import { lookOf } from '../screen/look.ts';
import { print, write } from '../screen/output.ts';
import { sessionJson } from '../view/json.ts';
import { renderRows } from '../view/rows.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';

/** `wt away`: what happened since the user was last here, or since a moment that they name. */
export function away(world: World, command: { since: string | null; json: boolean }): Promise<number> {
  const known = command.since === null ? noteVisit(world) : momentOf(command.since, world.now);
  const since = known ?? world.now - waitingFor(world);
  return withBox(world, async (box) => {
    const sessions = inOrder(changedSince(box, since), world.now);
    const groups = awayOf(sessions, { since, now: world.now, waitingFor: box.context.waitingFor }, startedAt);
    if (command.json) {
      printJson(world, since, groups);
      return 0;
    }
    const moment = `since ${momentInWords(since, world.now)} (${age(world.now - since)} ago)`;
    const first = known === null ? '; when you were here before is not known' : '';
    print(`${moment}${first}${awayGroups.some(([group]) => groups[group].length > 0) ? '' : ': nothing happened'}\n`);
    await printGroups(world, groups);
    return 0;
  });
}

function momentOf(text: string, now: number): number {
  const at = parseMoment(text, now);
  if (at === null) throw new UsageError('--since takes a span (3h), a time (09:12) or a date (2026-11-28)', usage);
  if (at > now) throw new UsageError('--since lies ahead', usage);
  return at;
}

/** The sessions that a process holds, and those whose transcripts were modified since. */
function* changedSince(box: Box, since: number): Generator<Session> {
  for (const source of box.sources) {
    const held = [...source.running.keys()].flatMap((id) => source.transcripts.find(id));
    const changed = source.transcripts
      .modifiedBetween(since, Number.POSITIVE_INFINITY)
      .filter(({ id }) => !source.running.has(id));
    for (const session of unwrittenSessions(box, source)) if (isListed(session)) yield session;
    for (const session of sessionsOf(box, source, [...held, ...changed], 'tail')) if (isListed(session)) yield session;
  }
}

/** When a session's transcript was made, or, where nothing was written yet, its process last changed. */
function startedAt({ transcript, lastActivityAt }: Session): number | null {
  if (transcript === null) return lastActivityAt;
  try {
    const { birthtimeMs } = statSync(transcript.path);
    return birthtimeMs > 0 ? birthtimeMs : null;
  } catch {
    return null;
  }
}

async function printGroups(world: World, groups: Away): Promise<void> {
  const look = await lookOf(world);
  const told: Session[] = [];
  for (const [group, name] of awayGroups) {
    const sessions = groups[group];
    if (sessions.length === 0) continue;
    write(`\n${look.paint.bold(name)}\n${renderRows(sessions, look, told.length + 1).join('\n')}\n`);
    told.push(...sessions);
  }
  if (told.length > 0)
    rememberRows(
      world,
      told.map((session) => session.key),
    );
}

function printJson(world: World, since: number, groups: Away): void {
  const [generatedAt, from] = [world.now, since].map((at) => new Date(at).toISOString());
  const rows = awayGroups.map(([group]) => [group, groups[group].map(sessionJson)]);
  write(`${escapeInvisible(JSON.stringify({ schema: 1, generatedAt, since: from, ...Object.fromEntries(rows) }))}\n`);
}

const usage = 'wt away [--since SPAN|DATE] [--json]';

export const awayCommand: Command = {
  name: 'away',
  summary: 'what happened since you were last here',
  usage: '[--since SPAN|DATE] [--json]',
  details: [
    'You were last here when a prompt or a command of yours was last seen on any terminal before this login, or before ' +
      'half an hour without any on this one. Each session stands under one heading: needs you, finished, failed, cut ' +
      'off, started, still working. What you closed yourself or said done is left out.',
  ],
  flags: {
    '--since': {
      value: 'WHEN',
      summary: 'since a span ago (3h, 2d), a time (09:12), today, yesterday, or a date (2026-11-28)',
    },
    '--json': { summary: 'as data: since, and the sessions under each heading' },
  },
  takes: 'nothing',
  run: (world, { flags }) => away(world, { since: flags.get('--since') ?? null, json: flags.has('--json') }),
};
