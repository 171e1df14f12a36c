import type { Counts } from './order.ts';
import type { Process, Session } from './session.ts';
import { clean, escapeInvisible } from './text.ts';

/** A portion is handed on as soon as it has so many UTF-16 units: no history is too long for the memory. */
const portion = 1 << 16;

/**
 * Everything wt knows, as JSON of schema 1 with a newline at its end, portion by portion; `rows` are made by `renderRow`.
 * `skipped` counts what could not be read.
 */
export function* renderJson(
  about: { now: number; conf: string; counts: Counts; skipped: number },
  rows: Iterable<string>,
): Generator<string> {
  const head = JSON.stringify({
    schema: 1,
    generatedAt: time(about.now),
    configDir: about.conf,
    counts: about.counts,
    skipped: about.skipped,
  });
  let text = `${escapeInvisible(head).slice(0, -1)},"sessions":[`;
  let comma = '';
  for (const row of rows) {
    text += comma + row;
    comma = ',';
    if (text.length < portion) continue;
    yield text;
    text = '';
  }
  yield `${text}]}\n`;
}

/** Everything wt knows of a session, as one line. */
export function renderRow(session: Session): string {
  const json = JSON.stringify({
    id: session.id,
    title: clean(session.title.text) || session.id,
    titleSource: session.title.source,
    state: session.state,
    activity: session.activity,
    waitingFor: cleaned(session.waitingFor),
    needs: cleaned(session.needs),
    lastActivityAt: time(session.lastActivityAt),
    cwd: session.cwd,
    branch: cleaned(session.branch),
    lastTurn: session.lastTurn && { ...session.lastTurn, pending: isPending(session.lastTurn.how) },
    processes: session.processes.map(processJson),
    forkedFrom: session.forkedFrom,
    headless: session.headless,
    transcript: session.transcript?.path ?? null,
    bytes: session.transcript?.bytes ?? 0,
  });
  return escapeInvisible(json);
}

/** The row of a closed session with another state: the one thing in it that time alone changes. */
export function withState(row: string, state: Session['state']): string {
  // In no text can this stand: there, quotes are escaped.
  const from = row.indexOf(stateName) + stateName.length;
  const to = row.indexOf('"', from);
  return row.slice(from, to) === state ? row : row.slice(0, from) + state + row.slice(to);
}

const stateName = '"state":"';

function processJson(process: Process): object {
  return {
    pid: process.pid,
    kind: cleaned(process.kind),
    entrypoint: cleaned(process.entrypoint),
    status: cleaned(process.status),
    tmux: cleaned(process.tmux),
    suspended: process.suspended,
  };
}

function isPending(how: string): boolean {
  return how === 'asking' || how === 'working' || how === 'unanswered';
}

function cleaned(text: string | null): string | null {
  return text === null ? null : clean(text);
}

function time(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
