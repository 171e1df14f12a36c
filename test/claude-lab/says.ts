import { expect } from 'vitest';
import { builds } from '../support/wt.ts';
import { type Lab, processState, type RegistryRecord, type Row } from './lab.ts';

/**
 * Both builds of `wt --json --all` must hold exactly one row of the session, with at least these facts, or none where
 * the facts are null; and the counts must be those of the rows. The facts are asked for anew with every look: for
 * `patience` milliseconds, as what Claude has just done takes up to two seconds to be on disk for wt, and at least five
 * times, as a busy machine may take as long as that for one.
 */
export async function says(
  lab: Lab,
  sessionId: string,
  facts: () => Row | null,
  patience: number = 4_000,
): Promise<void> {
  const deadline = Date.now() + patience;
  for (let looks = 1; ; looks++) {
    try {
      for (const build of builds) {
        const { counts, sessions } = lab.json(build) as { counts: Row; sessions: Row[] };
        const expected = facts();
        const rows = sessions
          .filter((row) => row.id === sessionId)
          .map((row) => ({ ...row, processes: [...row.processes].sort((a: Row, b: Row) => a.pid - b.pid) }));
        const where = `${build.name} build, session ${sessionId}`;
        if (expected === null) expect(rows, where).toEqual([]);
        else expect(rows, where).toEqual([expect.objectContaining(expected)]);
        const count = (state: string) => sessions.filter((row) => row.state === state).length;
        expect(counts, where).toEqual({
          needsYou: sessions.filter((row) => row.activity === 'needs-you').length,
          live: count('live'),
          waiting: count('waiting'),
          idle: count('idle'),
          unknown: count('unknown'),
        });
      }
      return;
    } catch (error) {
      if (Date.now() > deadline && looks >= 5) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** What the row of the session must say that runs in these processes (one session), as the registry has them now. */
export function live(lab: Lab, ...pids: number[]): Row {
  const records = lab
    .records()
    .filter((record) => pids.includes(record.pid))
    .sort((a, b) => a.pid - b.pid);
  const [first] = records;
  if (first === undefined || records.length < pids.length) throw new Error(`no registry record of ${pids}`);
  const row: Row = {
    ...dead(lab, first.sessionId),
    state: 'live',
    cwd: first.cwd,
    headless: first.entrypoint.startsWith('sdk-'),
    waitingFor: records.map((record) => record.waitingFor).find((reason) => reason !== undefined) ?? null,
    processes: records.map((record) => expect.objectContaining(asProcess(record))),
  };
  if (row.lastActivityAt !== null) return row;
  const changed = Math.max(...records.map((record) => record.statusUpdatedAt ?? record.updatedAt));
  return { ...row, lastActivityAt: new Date(changed).toISOString(), lastTurn: null };
}

/** What every row of an interactive session must say in which no process runs any more. */
export function dead(lab: Lab, sessionId: string): Row {
  const times = lab
    .lines(sessionId)
    .filter((line) => line.type === 'user' || line.type === 'assistant')
    .map((line) => Date.parse(line.timestamp));
  return {
    id: sessionId,
    state: 'waiting',
    activity: null,
    waitingFor: null,
    needs: null,
    headless: false,
    processes: [],
    forkedFrom: null,
    branch: null,
    cwd: lab.project,
    transcript: lab.transcript(sessionId),
    lastActivityAt: times.length > 0 ? new Date(Math.max(...times)).toISOString() : null,
  };
}

/** What the row of a session must say that its user closed with `/exit` after an answer: nothing to come back to. */
export function closed(lab: Lab, sessionId: string): Row {
  return { ...dead(lab, sessionId), state: 'idle' };
}

/** The parts of a row that say how the last turn stands. */
export const turn = {
  answered: { lastTurn: expect.objectContaining({ by: 'claude', how: 'answered', pending: false }) },
  asking: { lastTurn: expect.objectContaining({ by: 'claude', how: 'asking', pending: true }) },
  failed: { lastTurn: expect.objectContaining({ by: 'claude', how: 'failed', pending: false }) },
  working: { lastTurn: expect.objectContaining({ by: 'claude', how: 'working', pending: true }) },
  unanswered: { lastTurn: expect.objectContaining({ by: 'you', how: 'unanswered', pending: true }) },
  interrupted: { lastTurn: expect.objectContaining({ by: 'you', how: 'interrupted', pending: false }) },
} as const;

/** What the row of a session without a title of its own says: the last prompt. */
export function prompted(prompt: string): Row {
  return { title: prompt, titleSource: 'last-prompt' };
}

function asProcess(record: RegistryRecord): Row {
  return {
    pid: record.pid,
    kind: record.kind,
    entrypoint: record.entrypoint,
    status: record.status ?? null,
    tmux: record.tmux ?? null,
    suspended: processState(record.pid) === 'T',
  };
}
