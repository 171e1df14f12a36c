import type { Activity } from './session.ts';

/** A session that is waited for. */
export interface Watched {
  key: string;
  /** What it does now; null when no process holds it. */
  activity: Activity | null;
  /** Whether it is done when it is in no turn: it was named, or was in one since the waiting began. */
  wasInTurn: boolean;
}

/** What the waiting comes to: it is so, for a session; it can come to be so; or nothing is left that could. */
export type Outcome = { is: 'so'; key: string } | { is: 'open' } | { is: 'nothing left' };

/** Whether a turn goes on in it. */
export function isInTurn(activity: Activity | null): boolean {
  return activity === 'working' || activity === 'in-turn' || activity === 'needs-you';
}

/** Whether something may come to happen in it without its user: a turn goes on, a command runs, or it only starts. */
function isAtWork(activity: Activity | null): boolean {
  return activity === 'working' || activity === 'in-turn' || activity === 'shell' || activity === 'unknown';
}

/** Whether its turn is over. (A background command may run on.) */
function isDone(activity: Activity | null): boolean {
  return activity === null || activity === 'ready' || activity === 'shell' || activity === 'dialog';
}

/** What waiting for some sessions comes to; of several for which it is so the first one counts. */
export function outcomeOf(sessions: Watched[], until: 'needs-you' | 'done' | 'any'): Outcome {
  const isSo = ({ activity, wasInTurn }: Watched) =>
    (until !== 'done' && activity === 'needs-you') || (until !== 'needs-you' && wasInTurn && isDone(activity));
  const so = sessions.find(isSo);
  if (so !== undefined) return { is: 'so', key: so.key };
  const mayCome = sessions.some(({ activity }) => isAtWork(activity) || (until === 'done' && activity === 'needs-you'));
  return { is: mayCome ? 'open' : 'nothing left' };
}
