import type { Session } from '../../src/core/session.ts';

/** The moment at which the tests of the picker take place, milliseconds since the epoch. */
export const now = Date.UTC(2026, 10, 23, 9);

/** The id of session `n` of these tests: it ends in n. */
export function idOf(n: number): string {
  return `${n.toString(16).padStart(8, '0')}-0000-4000-8000-${String(n).padStart(12, '0')}`;
}

/** An idle session with a transcript, unless told otherwise; `n` hours old. */
export function session(n: number, more: Partial<Session> = {}): Session {
  const id = idOf(n);
  const title = more.title ?? { text: `Title ${n}`, source: 'ai' as const };
  const lastActivityAt = now - n * 3_600_000;
  const cwd = more.cwd ?? '/home/u/api';
  return {
    id,
    state: 'idle',
    activity: null,
    waitingFor: null,
    needs: null,
    lastActivityAt,
    touchedAt: lastActivityAt,
    branch: 'main',
    lastTurn: { by: 'claude', how: 'answered', pending: false } as Session['lastTurn'],
    processes: [],
    forkedFrom: null,
    headless: false,
    transcript: {
      id,
      path: `/home/u/.claude/projects/-home-u-api/${id}.jsonl`,
      bytes: 1000,
      touchedAt: lastActivityAt,
      title,
      cwd,
      branch: 'main',
      lastActivityAt,
      lastTurn: null,
      pending: null,
      forkedFrom: null,
      headless: false,
      version: '2.1.330',
      firstPrompt: `first prompt of ${n}`,
      lastPrompt: `last prompt of ${n}`,
      lastAnswer: `answer ${n}`,
    },
    ...more,
    title,
    cwd,
  };
}

/** Sessions 1 to `count`, in the order of every list. */
export function sessions(count: number): Session[] {
  return Array.from({ length: count }, (_, index) => session(index + 1));
}
