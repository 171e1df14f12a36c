import type { Counts } from '../core/order.ts';
import type { Process, Session, Turn } from '../core/session.ts';
import { clean, escapeInvisible } from '../core/text.ts';

/**
 * Everything wt knows, as JSON of schema 1 with a newline at its end, in portions of text; `skipped` counts what could
 * not be read. No history is too long for the memory.
 */
export function* renderJson(
  about: { now: number; configDir: string; counts: Counts; skipped: number },
  sessions: Iterable<Session>,
): Generator<string> {
  const head = JSON.stringify({
    schema: 1,
    generatedAt: time(about.now),
    configDir: about.configDir,
    counts: about.counts,
    skipped: about.skipped,
  });
  yield `${escapeInvisible(head).slice(0, -1)},"sessions":[`;
  let comma = '';
  for (const session of sessions) {
    yield comma + renderJsonRow(session);
    comma = ',';
  }
  yield ']}\n';
}

/** Everything wt knows of a session, as one line of JSON. */
export function renderJsonRow(session: Session): string {
  return escapeInvisible(JSON.stringify(sessionJson(session)));
}

/** A session as `--json` has it. */
export function sessionJson(session: Session): object {
  return {
    id: session.id,
    // What means this one alone, where several folders are listed: they may hold the same id.
    ...(session.key === session.id ? {} : { key: session.key }),
    agent: session.agent,
    configDir: session.configDir,
    title: clean(session.title.text) || session.id,
    titleSource: session.title.source,
    state: session.state,
    activity: session.activity,
    waitingFor: cleaned(session.waitingFor),
    needs: cleaned(session.needs),
    lastActivityAt: time(session.lastActivityAt),
    cwd: session.cwd,
    branch: cleaned(session.branch),
    lastTurn: session.lastTurn && turnJson(session.lastTurn, session.agent),
    cutOff: session.cutOff,
    seen: session.seen,
    deletesAt: time(session.deletesAt),
    firstPrompt: cleaned(session.firstPrompt),
    lastPrompt: cleaned(session.lastPrompt),
    lastAnswer: cleaned(session.lastAnswer),
    processes: session.processes.map(processJson),
    forkedFrom: session.forkedFrom,
    headless: session.headless,
    transcript: session.transcript?.path ?? null,
    bytes: session.transcript?.bytes ?? 0,
  };
}

function turnJson({ by, how, reason }: Turn, agent: string): object {
  const pending = how === 'asking' || how === 'working' || how === 'unanswered';
  return { by: by === 'you' ? by : agent, how, pending, reason: cleaned(reason) };
}

function processJson(process: Process): object {
  return {
    pid: process.pid,
    kind: cleaned(process.kind),
    entrypoint: cleaned(process.entrypoint),
    status: cleaned(process.status),
    tmux: cleaned(process.tmux),
    suspended: process.suspended,
    tty: process.tty,
  };
}

function cleaned(text: string | null): string | null {
  return text === null ? null : clean(text);
}

function time(at: number | null): string | null {
  return at === null || Math.abs(at) > 8.64e15 ? null : new Date(at).toISOString();
}
