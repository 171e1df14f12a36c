import { activities, type Session } from './session.ts';

const hour = 3_600_000;

/** Where a session stands in any list; what stands alike is ordered by time. `now` is in milliseconds since the epoch. */
export function rank(session: Session, now: number): number {
  if (session.state === 'live') {
    const place = activities.indexOf(session.activity ?? 'unknown');
    // A finished one that nobody has seen stands behind those that need somebody.
    return place > 0 && isFinished(session) ? 0.5 : place;
  }
  if (session.state === 'unknown' && now - newest(session) < hour) return 10;
  if (session.state === 'idle') return 14;
  if (isFinished(session)) return 11;
  if (session.cutOff) return 12;
  return session.state === 'waiting' ? 13 : 14;
}

/** Whether a turn was finished in it, or has failed, that its user has not seen. */
export function isFinished(session: Session): boolean {
  const isBusy = session.activity === 'working' || session.activity === 'needs-you' || session.activity === 'in-turn';
  return !session.seen && !isBusy;
}

function newest({ lastActivityAt, modifiedAt }: Session): number {
  return Math.max(lastActivityAt ?? Number.NEGATIVE_INFINITY, modifiedAt ?? Number.NEGATIVE_INFINITY);
}

/** A copy in the order of every list: by rank, then the newest activity first, then by id. */
export function inOrder(sessions: Iterable<Session>, now: number): Session[] {
  return Array.from(sessions, (session) => ({
    session,
    rank: rank(session, now),
    at: session.lastActivityAt ?? Number.NEGATIVE_INFINITY,
  }))
    .sort((a, b) => a.rank - b.rank || b.at - a.at || (a.session.id < b.session.id ? -1 : 1))
    .map(({ session }) => session);
}

/**
 * Whether the greeting speaks of it: live sessions, those that wait for you, and those of unknown liveness that could.
 * What a program drives only while it is live.
 */
export function isUrgent(session: Session, { now, waitingFor }: { now: number; waitingFor: number }): boolean {
  if (!isListed(session)) return false;
  if (session.state === 'live' || session.state === 'waiting') return true;
  return session.state === 'unknown' && now - newest(session) < Math.max(hour, waitingFor);
}

/** Whether lists show it without `--all`: what a program drives is shown only while it is live. */
export function isListed(session: Session): boolean {
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
export function count(sessions: Iterable<Session>): Counts {
  const counts: Counts = { needsYou: 0, live: 0, waiting: 0, idle: 0, unknown: 0 };
  for (const session of sessions) {
    counts[session.state] += 1;
    if (session.activity === 'needs-you') counts.needsYou += 1;
  }
  return counts;
}
