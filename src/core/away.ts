import type { Session } from './session.ts';
import { parseSpan } from './text.ts';

/** What happened since some moment, by what it means for the user; each session stands in one group at the most. */
export interface Away {
  needsYou: Session[];
  finished: Session[];
  failed: Session[];
  cutOff: Session[];
  started: Session[];
  working: Session[];
}

/** The groups in the order in which they are told, with their names for people. */
export const awayGroups: readonly [group: keyof Away, name: string][] = [
  ['needsYou', 'needs you'],
  ['finished', 'finished'],
  ['failed', 'failed'],
  ['cutOff', 'cut off'],
  ['started', 'started'],
  ['working', 'still working'],
];

/**
 * Tells the sessions apart by what happened in them since `since`, in the order that they came in. `startedAt` says when
 * a session began, null where that is unknown; `waitingFor` is how long one waits for its user. All times are milliseconds
 * since the epoch, spans milliseconds.
 */
export function awayOf(
  sessions: Iterable<Session>,
  { since, now, waitingFor }: { since: number; now: number; waitingFor: number },
  startedAt: (session: Session) => number | null,
): Away {
  const away: Away = { needsYou: [], finished: [], failed: [], cutOff: [], started: [], working: [] };
  for (const session of sessions) {
    const group = groupOf(session, since, now - waitingFor);
    const isNew = (group === null || group === 'working') && (startedAt(session) ?? since) > since;
    const told = isNew && isTold(session, now - waitingFor) ? 'started' : group;
    if (told !== null) away[told].push(session);
  }
  return away;
}

function groupOf(session: Session, since: number, waitsSince: number): keyof Away | null {
  const { activity, lastTurn, lastActivityAt } = session;
  if (activity === 'needs-you') return 'needsYou';
  if (activity === 'working' || activity === 'in-turn') return 'working';
  if (lastActivityAt === null || lastActivityAt <= since || !isTold(session, waitsSince)) return null;
  if (lastTurn?.how === 'failed') return 'failed';
  if (session.cutOff) return 'cutOff';
  return lastTurn?.how === 'answered' ? 'finished' : null;
}

/** Not what its user closed, or said done: that is idle before it is old. */
function isTold({ state, lastActivityAt }: Session, waitsSince: number): boolean {
  return state !== 'idle' || (lastActivityAt ?? 0) < waitsSince;
}

const day = 86_400_000;

/**
 * A moment that a user named, milliseconds since the epoch: a span before now (`3h`), a time of the day that was last
 * (`09:12`), `today`, `yesterday`, or a date with or without a time (`2026-11-28`, `2026-11-28 09:12`) in the local time;
 * null when it is none.
 */
export function parseMoment(text: string, now: number): number | null {
  const words = text.trim().toLowerCase();
  const span = parseSpan(words);
  if (span !== null) return now - span;
  const [midnight, yesterday] = [midnightBefore(now, 0), midnightBefore(now, 1)];
  if (words === 'today') return midnight;
  if (words === 'yesterday') return yesterday;
  const time = /^(\d{1,2}):(\d\d)$/.exec(words);
  if (time !== null) {
    const [hours, minutes] = [Number(time[1]), Number(time[2])];
    if (hours > 23 || minutes > 59) return null;
    const today = new Date(midnight).setHours(hours, minutes);
    return today <= now ? today : new Date(yesterday).setHours(hours, minutes);
  }
  if (!/^\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:z|[+-]\d\d:?\d\d)?)?$/.test(words)) return null;
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)/.exec(words)!.map(Number);
  const at =
    words.length === 10
      ? new Date(year!, month! - 1, date).getTime()
      : Date.parse(words.replace(' ', 't').toUpperCase());
  const isDay = new Date(Date.UTC(year!, month! - 1, date)).getUTCDate() === date && month! >= 1 && month! <= 12;
  return isDay && Number.isFinite(at) ? at : null;
}

/** The midnight that the day `days` before that of `now` began with, in the local time; days are not all of one length. */
function midnightBefore(now: number, days: number): number {
  const date = new Date(now);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() - days).getTime();
}

/** A moment for people, in the local time: `09:12`, `yesterday 09:12`, `Fri 09:12` within six days, `2026-11-28 09:12`. */
export function momentInWords(at: number, now: number): string {
  const date = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (at >= midnightBefore(now, 0) && at < now + day) return time;
  if (at >= midnightBefore(now, 1) && at < now) return `yesterday ${time}`;
  if (at >= midnightBefore(now, 6) && at < now) return `${weekdays[date.getDay()]} ${time}`;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
