import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Pane } from '../core/plan.ts';
import type { World } from '../world.ts';
import { findProgram } from './launch.ts';
import { ancestorsOf, terminalOf, variableOf } from './terminals.ts';

/** Where a process can be seen: a tmux pane (with a name for people, as `main:1.0`), or a terminal. */
export interface Place {
  pane: (Pane & { name: string }) | null;
  /** As `/dev/pts/3`; null for a process without one. */
  terminal: string | null;
}

/** How long a tmux server may take to answer, in milliseconds: a stopped one never does. */
const patience = 2000;

/** Finds the tmux pane that holds a process, by its ancestors, on any tmux server of this user; and its terminal. */
export function placeOf(pid: number, world: World): Place {
  const ancestors = ancestorsOf(pid);
  const terminal = terminalOf(pid)?.path ?? null;
  const tmux = findProgram('tmux', world.env);
  if (tmux === null) return { pane: null, terminal };
  for (const socket of socketsOf(pid, world)) {
    const held = panesOf(tmux, socket).filter((pane) => ancestors.has(pane.process));
    const [first] = held;
    if (first === undefined) continue;
    // A window may be linked into several sessions: one that somebody looks at is the better one.
    const { process: _, attached: __, ...pane } = held.find((one) => one.attached) ?? first;
    return { pane, terminal };
  }
  return { pane: null, terminal };
}

/** The socket of the tmux server that wt runs in; null outside of tmux. `TMUX` is `socket,pid,session`. */
export function ownSocket(env: World['env']): string | null {
  const told = env.TMUX;
  return told ? told.replace(/,[^,]*,[^,]*$/, '') : null;
}

/** Whether two paths are one socket. */
export function isSameSocket(a: string, b: string): boolean {
  try {
    const [one, other] = [statSync(a), statSync(b)];
    return one.dev === other.dev && one.ino === other.ino;
  } catch {
    return false;
  }
}

/** The sockets of this user's tmux servers, the one that the process itself was started under first. */
function socketsOf(pid: number, world: World): string[] {
  const found: string[] = [];
  const add = (socket: string | null) => {
    if (socket?.startsWith('/') && isOurSocket(socket) && !found.some((other) => isSameSocket(other, socket)))
      found.push(socket);
  };
  add(socketInEnvironment(pid));
  add(ownSocket(world.env));
  for (const base of [world.env.TMUX_TMPDIR, '/tmp']) {
    if (!base) continue;
    const folder = join(resolve(base), `tmux-${process.getuid?.()}`);
    try {
      for (const name of readdirSync(folder)) add(join(folder, name));
    } catch {
      // No tmux server was ever started there.
    }
  }
  return found;
}

/** Another user's socket in a folder open to all would be a server that is not ours. */
function isOurSocket(path: string): boolean {
  try {
    const stat = statSync(path);
    return stat.isSocket() && stat.uid === process.getuid?.();
  } catch {
    return false;
  }
}

/** `TMUX` of a running process tells of servers with a socket elsewhere. */
function socketInEnvironment(pid: number): string | null {
  return ownSocket({ TMUX: variableOf(pid, 'TMUX') ?? undefined });
}

/** The names of the sessions of the tmux server that a bare `tmux` speaks to; none where no server runs. */
export function tmuxSessions(tmux: string, env: World['env']): string[] {
  const { stdout } = spawnSync(tmux, ['list-sessions', '-F', '#{session_name}'], {
    encoding: 'utf8',
    timeout: patience,
    killSignal: 'SIGKILL',
    env: { ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return (stdout ?? '').split('\n').filter(Boolean);
}

interface HeldPane extends Pane {
  name: string;
  /** The pid of the program that tmux started in it. */
  process: number;
  attached: boolean;
}

function panesOf(tmux: string, socket: string): HeldPane[] {
  const fields = ['pane_pid', 'session_attached', 'session_id', 'window_id', 'pane_id', 'window_index', 'pane_index'];
  const format = [...fields, 'session_name'].map((field) => `#{${field}}`).join(' ');
  const { stdout } = spawnSync(tmux, ['-S', socket, 'list-panes', '-a', '-F', format], {
    encoding: 'utf8',
    timeout: patience,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return (stdout ?? '').split('\n').flatMap((line) => {
    const [pid, attached, session, window, pane, windowIndex, paneIndex, ...name] = line.split(' ');
    if (!/^\$\d+$/.test(session ?? '') || !/^@\d+$/.test(window ?? '') || !/^%\d+$/.test(pane ?? '')) return [];
    return [
      {
        socket,
        session: session!,
        window: window!,
        pane: pane!,
        name: `${name.join(' ')}:${windowIndex}.${paneIndex}`,
        process: Number(pid),
        attached: attached !== '0',
      },
    ];
  });
}
