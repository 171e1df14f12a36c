import type { Outline } from './session.ts';
import { larger } from './text.ts';

const hour = 3_600_000;

/** Where a session stands in any list: needs-you, other live, unknown within the hour, then all others. */
function rank(session: Outline, now: number): number {
  if (session.activity === 'needs-you') return 0;
  if (session.state === 'live') return 1;
  if (session.state === 'unknown' && now - newest(session) < hour) return 2;
  return 3;
}

function newest({ lastActivityAt, touchedAt }: Outline): number {
  return larger(lastActivityAt ?? Number.NEGATIVE_INFINITY, touchedAt ?? Number.NEGATIVE_INFINITY);
}

/** A copy in the order of every list: by rank, then the newest activity first, then by id. */
export function inOrder<T extends Outline>(sessions: T[], now: number): T[] {
  const placed: { session: T; rank: number; at: number }[] = [];
  for (const session of sessions) {
    placed.push({ session, rank: rank(session, now), at: session.lastActivityAt ?? Number.NEGATIVE_INFINITY });
  }
  placed.sort((a, b) => a.rank - b.rank || b.at - a.at || (a.session.id < b.session.id ? -1 : 1));
  const ordered: T[] = [];
  for (const { session } of placed) ordered.push(session);
  return ordered;
}

/** What the greeting speaks of: live sessions, unknown ones of the last hour, and those that wait for you. */
export function isPressing(session: Outline, now: number): boolean {
  return session.state === 'waiting' || rank(session, now) < 3;
}

/** Whether lists show it without `--all`: what a program drives is shown only while it is live. */
export function isShownToPeople(session: Outline): boolean {
  return !session.headless || session.state === 'live';
}

/** How many sessions are in each state; `live` includes `needsYou`. */
export interface Counts {
  needsYou: number;
  live: number;
  waiting: number;
  idle: number;
  unknown: number;
}

/** Counts sessions by state. */
export function count(sessions: Iterable<Outline>): Counts {
  const counts: Counts = { needsYou: 0, live: 0, waiting: 0, idle: 0, unknown: 0 };
  for (const session of sessions) {
    counts[session.state] += 1;
    if (session.activity === 'needs-you') counts.needsYou += 1;
  }
  return counts;
}
