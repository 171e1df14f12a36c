import { join } from 'node:path';
import { awayOf } from '../core/away.ts';
import type { Session } from '../core/session.ts';
import { type TerminalSession, terminalSessionOf, terminalsAbove } from '../machine/login.ts';
import { readOwnFile, writeOwnFile } from '../machine/own-files.ts';
import type { World } from '../world.ts';
import type { Box } from './scan.ts';
import { sessionsOf, urgentSessions } from './sessions.ts';

// A visit is a stretch of time in which the user was at a terminal of this box: it begins with a login, or with the
// first prompt or command after half an hour without any, and lasts as long as they follow each other. The end of the
// visit before it is when its user was last here, whichever terminal that was on.

/** The visit of one terminal; times in milliseconds since the epoch. */
interface Visit {
  /** When its user was last here before it, if ever. */
  since: number | null;
  /** The last sign of its user. */
  last: number;
}

type Visits = Record<string, Visit>;

/** Without a sign of its user for so long, in milliseconds, a visit is over. */
const longestPause = 30 * 60_000;
/** A sign is noted at the most so often, in milliseconds. */
const grain = 20_000;
/** So many terminals are remembered. */
const mostTerminals = 100;

/**
 * Notes that the user is here now, and gives when they were here before this visit, milliseconds since the epoch; null
 * where that is not known. The visit is that of the terminal which they sit at, also where tmux shows this one there.
 */
export function noteVisit(world: World): number | null {
  const own = terminalSessionOf();
  if (own === null || own.terminal === 0) return latest(read(world));
  return note(world, [...terminalsAbove(world.env)].at(-1) ?? own);
}

function note(world: World, { terminal, leader, startTime }: TerminalSession): number | null {
  const visits = read(world);
  const key = `${terminal}-${leader}-${startTime}`;
  const known = visits[key];
  const { now } = world;
  if (known !== undefined && now - known.last < grain) return known.since;
  const goesOn = known !== undefined && now - known.last < longestPause;
  const visit = { since: goesOn ? known.since : latest(visits), last: now };
  const others = Object.entries(visits)
    .filter(([other]) => other !== key)
    .sort(([, a], [, b]) => b.last - a.last);
  write(world, Object.fromEntries([[key, visit], ...others.slice(0, mostTerminals - 1)]));
  return visit.since;
}

function latest(visits: Visits): number | null {
  const signs = Object.values(visits).map(({ last }) => last);
  return signs.length === 0 ? null : Math.max(...signs);
}

function fileOf(world: World): string {
  return join(world.folders.state, 'visits');
}

function read(world: World): Visits {
  try {
    const json: unknown = JSON.parse(readOwnFile(fileOf(world), 1 << 20)?.toString() ?? '{}');
    if (typeof json !== 'object' || json === null) return {};
    const isVisit = (visit: unknown): visit is Visit => {
      const { since, last } = (visit ?? {}) as Partial<Visit>;
      return Number.isFinite(last) && last! <= world.now && (since === null || Number.isFinite(since));
    };
    return Object.fromEntries(Object.entries(json).filter(([, visit]) => isVisit(visit)));
  } catch {
    return {};
  }
}

function write(world: World, visits: Visits): void {
  writeOwnFile(fileOf(world), `${JSON.stringify(visits)}\n`);
}

/** The most transcripts that a greeting looks into besides those that it speaks of. */
const mostOlder = 100;

/**
 * For the header of the greeting: how much was finished and cut off since the user was last here, as `wt away` counts
 * it; notes this visit. Null where nobody was here before, where nothing of the kind happened, or where too much has
 * changed since to look into at a login. `sessions` are those of the greeting, where they were read already.
 */
export function sinceLastVisit(
  world: World,
  box: Box,
  sessions: Iterable<Session> = urgentSessions(box),
): { at: number; finished: number; cutOff: number } | null {
  const at = noteVisit(world);
  if (at === null) return null;
  const { now, waitingFor } = box.context;
  const older = box.sources.map((source) => ({
    source,
    files: source.transcripts.modifiedBetween(at, now - waitingFor).filter(({ id }) => !source.running.has(id)),
  }));
  if (older.some(({ files }) => files.length > mostOlder)) return null;
  const told = new Map(Array.from(sessions, (session) => [session.key, session]));
  for (const { source, files } of older) {
    for (const session of sessionsOf(box, source, files, 'tail')) told.set(session.key, session);
  }
  const shown = [...told.values()].filter((session) => !session.headless);
  const { finished, cutOff } = awayOf(shown, { since: at, now, waitingFor }, () => null);
  if (finished.length + cutOff.length === 0) return null;
  return { at, finished: finished.length, cutOff: cutOff.length };
}
