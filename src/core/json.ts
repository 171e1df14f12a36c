import type { Counts } from './order.ts';
import type { Process, Session } from './session.ts';
import { clean, escapeInvisible } from './text.ts';

/** A portion is handed on when it has about so many bytes: no history is too long for the memory. */
const portionLength = 1 << 16;

/**
 * Everything wt knows, as JSON of schema 1 with a newline at its end, in portions of UTF-8, each of them true only until
 * the next one is asked for; `rows` are what `renderRow` makes, in UTF-8. `skipped` counts what could not be read.
 */
export function* renderJson(
  about: { now: number; conf: string; counts: Counts; skipped: number },
  rows: Iterable<Buffer>,
): Generator<Buffer> {
  const head = JSON.stringify({
    schema: 1,
    generatedAt: time(about.now),
    configDir: about.conf,
    counts: about.counts,
    skipped: about.skipped,
  });
  const portion = Buffer.allocUnsafe(portionLength);
  let length = 0;
  for (const piece of separated(`${escapeInvisible(head).slice(0, -1)},"sessions":[`, rows, ']}\n')) {
    if (length + piece.length > portionLength) {
      yield portion.subarray(0, length);
      length = 0;
    }
    if (piece.length > portionLength) yield piece;
    else length += piece.copy(portion, length);
  }
  yield portion.subarray(0, length);
}

function* separated(head: string, rows: Iterable<Buffer>, tail: string): Generator<Buffer> {
  const comma = Buffer.from(',');
  yield Buffer.from(head);
  let isFirst = true;
  for (const row of rows) {
    if (!isFirst) yield comma;
    isFirst = false;
    yield row;
  }
  yield Buffer.from(tail);
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

/** The row of a closed session, in UTF-8, with another state: the one thing in it that time alone changes. */
export function withState(row: Buffer, state: Session['state']): Buffer {
  // In no text can this stand: there, quotes are escaped.
  const from = row.indexOf(stateName) + stateName.length;
  const to = row.indexOf(quote, from);
  const isSo = row.toString('latin1', from, to) === state;
  return isSo ? row : Buffer.concat([row.subarray(0, from), Buffer.from(state), row.subarray(to)]);
}

const stateName = '"state":"';
const quote = 34;

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
