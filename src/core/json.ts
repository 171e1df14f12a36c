import { count } from './order.ts';
import type { Process, Session } from './session.ts';
import { clean, escapeInvisible } from './text.ts';

/** Everything wt knows, as JSON of schema 1 with a newline at its end. `skipped` counts what could not be read. */
export function renderJson(
  sessions: Session[],
  about: { now: number; conf: string; all: Session[]; skipped: number },
): string {
  const json = JSON.stringify({
    schema: 1,
    generatedAt: time(about.now),
    configDir: about.conf,
    counts: count(about.all),
    skipped: about.skipped,
    sessions: sessions.map(sessionJson),
  });
  return `${escapeInvisible(json)}\n`;
}

function sessionJson(session: Session): object {
  return {
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
  };
}

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
