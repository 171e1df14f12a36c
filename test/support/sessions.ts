import type { Facts } from '../../src/core/facts.ts';
import type { Process, Session, TranscriptFile } from '../../src/core/session.ts';

/** The moment at which tests of made-up sessions take place, milliseconds since the epoch. */
export const now = Date.UTC(2026, 10, 23, 9);

/** The id of session `n` of these tests: it ends in n. */
export function idOf(n: number): string {
  return `${n.toString(16).padStart(8, '0')}-0000-4000-8000-${String(n).padStart(12, '0')}`;
}

/** The transcript of session `n`, as a stat shows it. */
export function fileOf(n: number, more: Partial<TranscriptFile> = {}): TranscriptFile {
  const id = idOf(n);
  return {
    id,
    folder: '-home-u-api',
    path: `/home/u/.claude/projects/-home-u-api/${id}.jsonl`,
    bytes: 1000,
    modifiedAt: now - n * 3_600_000,
    inode: 1000 + n,
    hasCompanion: false,
    ...more,
  };
}

/** An idle session with a transcript, unless told otherwise; `n` hours old. */
export function session(n: number, more: Partial<Session> = {}): Session {
  const id = idOf(n);
  const lastActivityAt = now - n * 3_600_000;
  return {
    id,
    talkId: id,
    key: id,
    agent: 'claude',
    configDir: '/home/u/.claude',
    account: null,
    title: { text: `Title ${n}`, source: 'ai' },
    state: 'idle',
    activity: null,
    waitingFor: null,
    needs: null,
    lastActivityAt,
    modifiedAt: lastActivityAt,
    cwd: '/home/u/api',
    otherDirectories: [],
    branch: 'main',
    lastTurn: { by: 'agent', how: 'answered', reason: null },
    cutOff: false,
    isDone: false,
    seen: true,
    deletesAt: now + 20 * 86_400_000,
    firstPrompt: `first prompt of ${n}`,
    lastPrompt: `last prompt of ${n}`,
    lastAnswer: `answer ${n}`,
    processes: [],
    forkedFrom: null,
    headless: false,
    transcript: fileOf(n),
    copies: [],
    ...more,
  };
}

/** Sessions 1 to `count`, in the order of every list. */
export function sessions(count: number): Session[] {
  return Array.from({ length: count }, (_, index) => session(index + 1));
}

/** A live session in that activity, held by a process on a terminal. */
export function live(n: number, activity: Session['activity'], more: Partial<Session> = {}): Session {
  const processes = [processOf(idOf(n), { pid: 4000 + n, tty: 'pts/3' })];
  return session(n, { state: 'live', activity, processes, ...more });
}

/** A proven process at its prompt, unless told otherwise. */
export function processOf(sessionId: string, more: Partial<Process> = {}): Process {
  return {
    pid: 4242,
    sessionId,
    proof: 'alive',
    startTime: '1',
    kind: 'interactive',
    entrypoint: 'cli',
    status: 'idle',
    waitingFor: null,
    activity: 'ready',
    attachWord: null,
    headless: false,
    needs: null,
    isUnused: false,
    tmux: null,
    tty: 'pts/3',
    suspended: false,
    cwd: '/home/u/api',
    name: null,
    changedAt: now,
    ...more,
  };
}

/** A process that is proven to hold session `n`. */
export function process(n: number, more: Partial<Process> = {}): Process {
  return processOf(idOf(n), { pid: 4000 + n, ...more });
}

/** What a transcript says of an answered session, unless told otherwise. */
export function factsOf(more: Partial<Facts> = {}): Facts {
  return {
    kept: null,
    size: 1000,
    complete: true,
    title: { text: 'A title', source: 'ai' },
    firstPrompt: 'first',
    lastPrompt: 'last',
    lastAnswer: 'answer',
    directories: ['/home/u/api'],
    otherDirectories: [],
    branch: 'main',
    lastActivityAt: now - 3_600_000,
    lastTurn: { by: 'agent', how: 'answered', reason: null },
    pending: null,
    forkedFrom: null,
    continuedIn: null,
    hasTalk: true,
    isPart: false,
    headless: false,
    leftByUser: false,
    untracked: false,
    ...more,
  };
}
