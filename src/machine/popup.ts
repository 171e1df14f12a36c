import { spawnSync } from 'node:child_process';
import type { World } from '../world.ts';
import { findProgram } from './launch.ts';
import { readStat } from './proc.ts';
import { ancestorsOf, nameOf } from './terminals.ts';

/** How long a tmux server may take to answer, in milliseconds. */
const patience = 1000;

/** The tmux that a program runs in, told by its `TMUX`: `socket,pid,session`. */
export interface Server {
  socket: string;
  /** The pid of the server. */
  pid: number;
  /** The session that the program was started for, by tmux's own id: `$1`. */
  session: string;
}

/** A client of a tmux server: a terminal that shows one of its sessions. */
export interface Client {
  /** As tmux calls it: `/dev/pts/3`. */
  name: string;
  pid: number;
  /** When something was last typed there, in seconds since the epoch. */
  activity: number;
  /** Cells. */
  columns: number;
  rows: number;
  /** One that a program draws itself (`tmux -CC`), which shows no popups. */
  isControl: boolean;
  /** One whose keys are not taken: a popup there could not be left. */
  isReadOnly: boolean;
}

/** A tmux popup that wt runs in. */
export interface Popup extends Server {
  /** The client that shows it; null where that can't be told. */
  client: string | null;
}

/** The server that `TMUX` tells of; null outside of tmux. */
export function serverOf(env: World['env']): Server | null {
  const [, socket, pid, session] = /^(\/.*),(\d+),(\d+)$/s.exec(env.TMUX ?? '') ?? [];
  return session === undefined ? null : { socket: socket!, pid: Number(pid), session: `$${session}` };
}

/** The clients that show a session (`$1`, or that of a pane: `%3`), or any of a server; none where it doesn't answer. */
export function clientsOf(server: Server, target: string | null, env: World['env']): Client[] {
  const fields = ['pid', 'activity', 'width', 'height', 'control_mode', 'readonly', 'name'];
  const format = fields.map((field) => `#{client_${field}}`).join(' ');
  const lines = ask(server, ['list-clients', ...(target === null ? [] : ['-t', target]), '-F', format], env);
  return lines.flatMap((line) => {
    const [, pid, activity, columns, rows, control, readOnly, name] =
      /^(\d+) (\d+) (\d+) (\d+) ([01]) ([01]) (.+)$/.exec(line) ?? [];
    if (name === undefined) return [];
    const [isControl, isReadOnly] = [control === '1', readOnly === '1'];
    const sizes = { columns: Number(columns), rows: Number(rows) };
    return [{ name, pid: Number(pid), activity: Number(activity), ...sizes, isControl, isReadOnly }];
  });
}

/** Of the clients that show a session, that of a popup told by `WT_POPUP`, else the one used last; null for none. */
export function likelyClient(server: Server, target: string, env: World['env']): Client | null {
  const clients = clientsOf(server, target, env);
  const told = clients.find(({ name }) => name === env.WT_POPUP);
  return told ?? clients.sort((a, b) => b.activity - a.activity)[0] ?? null;
}

/**
 * The tmux popup that wt runs in; null for a pane, and outside of tmux. Below the server there is a process then that is
 * none of a pane: tmux says nothing of it in the environment (3.2 to 3.8).
 */
export function popupOf(env: World['env']): Popup | null {
  const server = serverOf(env);
  // (`tmux: server`; a variable that was left over names the pid of anything.)
  if (server === null || !nameOf(server.pid).startsWith('tmux')) return null;
  const child = [...ancestorsOf(process.pid)].find((pid) => {
    const stat = readStat(pid);
    return stat !== null && stat !== 'gone' && stat.parent === server.pid;
  });
  if (child === undefined) return null;
  const panes = ask(server, ['list-panes', '-a', '-F', '#{pane_pid}'], env).map(Number);
  // Where no server answers, only a pane has this variable.
  if (panes.length === 0 ? env.TMUX_PANE : panes.includes(child)) return null;
  return { ...server, client: likelyClient(server, server.session, env)?.name ?? null };
}

/** What a server is spoken to by: tmux on PATH, or, where that is poor, as a server's may be, the server's own program. */
export function tmuxFor({ pid }: Server, env: World['env']): string {
  return findProgram('tmux', env) === null ? `/proc/${pid}/exe` : 'tmux';
}

/** What a server answers, in lines. */
function ask(server: Server, args: string[], env: World['env']): string[] {
  const tmux = findProgram(tmuxFor(server, env), env);
  if (tmux === null) return [];
  const { stdout } = spawnSync(tmux, ['-S', server.socket, ...args], {
    encoding: 'utf8',
    timeout: patience,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return (stdout ?? '').split('\n').filter((line) => line !== '');
}
