import type { World } from '../world.ts';
import { likelyClient, serverOf } from './popup.ts';
import { readStat } from './proc.ts';
import { variableOf } from './terminals.ts';

/** A terminal for as long as one session of processes has it: its number is given to the next login. */
export interface TerminalSession {
  /** The device number of the terminal, as /proc shows it. */
  terminal: number;
  /** The pid of the session's leader, a login shell mostly, and its start time in clock ticks since boot. */
  leader: number;
  startTime: string;
}

/** More terminals than this do not stand in one another. */
const mostTerminals = 8;

/** The terminal of a process, by default of wt itself; null where that can't be told. */
export function terminalSessionOf(pid: number | 'self' = 'self'): TerminalSession | null {
  const stat = readStat(pid);
  if (stat === null || stat === 'gone') return null;
  const leader = readStat(stat.session);
  const startTime = leader === null || leader === 'gone' ? '0' : leader.startTime;
  return { terminal: stat.terminal, leader: stat.session, startTime };
}

/**
 * The terminals that the person at this one came by, nearest first: those of the processes above wt, and, where a tmux
 * pane is what they lead to, that of the client used last of those that look at its session. A pane's own SSH_CONNECTION
 * tells of the login that it was made in, which may be over: who looks at it now is what counts.
 */
export function* terminalsAbove(env: World['env']): Generator<TerminalSession> {
  const seen = new Set([terminalSessionOf()?.leader]);
  let tmux: string | undefined = env.TMUX;
  let pane: string | undefined = env.TMUX_PANE;
  let pid = process.ppid;
  while (seen.size <= mostTerminals) {
    for (let stat = readStat(pid); pid > 1 && stat !== null && stat !== 'gone'; stat = readStat(pid)) {
      const session = terminalSessionOf(pid);
      if (session !== null && session.terminal !== 0 && !seen.has(session.leader)) {
        seen.add(session.leader);
        yield session;
      }
      pid = stat.parent;
    }
    const server = serverOf({ TMUX: tmux });
    if (server === null) return;
    // A popup has no pane: it stands before a session.
    const client: number | undefined = likelyClient(server, pane ?? server.session, env)?.pid;
    if (client === undefined) return;
    // It may run in a pane of another tmux server.
    [tmux, pane] = ['TMUX', 'TMUX_PANE'].map((name) => variableOf(client, name) ?? undefined);
    pid = client;
  }
}
