import type { Process } from '../core/session.ts';

/** A process of which nothing is known but that it runs: agents spread it and say what they can tell. */
export const nothingKnown = {
  kind: null,
  entrypoint: null,
  status: null,
  waitingFor: null,
  activity: 'unknown',
  attachWord: null,
  headless: false,
  needs: null,
  isUnused: false,
  tmux: null,
  tty: null,
  suspended: false,
  cwd: null,
  name: null,
  changedAt: null,
} as const satisfies Omit<Process, 'pid' | 'sessionId' | 'proof' | 'startTime'>;
