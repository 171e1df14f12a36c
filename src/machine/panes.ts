// Apart from tmux.ts, for a login comes by here: what starts programs is loaded only where an agent runs inside of tmux.
import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { outputOf } from '#runtime';
import type { World } from '../world.ts';
import { ancestorsOf, variableOf } from './terminals.ts';

/** A login waits for the titles of a tmux server no longer than this, in milliseconds. */
const patience = 200;

/**
 * Asks what tmux shows as the titles of the panes that processes run in, each server once: gives a function from a pid to
 * the title, as the program in the pane set it; null outside of tmux, and where the server does not answer at once.
 */
export function paneTitles(env: World['env']): (pid: number) => string | null {
  const servers = new Map<string, { process: number; title: string }[]>();
  return (pid) => {
    // `TMUX` is `socket,pid,session`.
    const socket = variableOf(pid, 'TMUX')?.replace(/,[^,]*,[^,]*$/, '') ?? '';
    if (!isOurSocket(socket)) return null;
    const panes = servers.get(socket) ?? titledPanes(env, socket);
    servers.set(socket, panes);
    const ancestors = ancestorsOf(pid);
    return panes.find((pane) => ancestors.has(pane.process))?.title ?? null;
  };
}

function titledPanes(env: World['env'], socket: string): { process: number; title: string }[] {
  const tmux = (env.PATH ?? '').split(':').filter(isAbsolute).map(below('tmux')).find(isProgram);
  if (tmux === undefined) return [];
  const format = '#{pane_pid} #{pane_title}';
  const output = outputOf([tmux, '-S', socket, 'list-panes', '-a', '-F', format], patience);
  return output.split('\n').flatMap((line) => {
    const [, process, title = ''] = /^(\d+) (.*)$/.exec(line) ?? [];
    return process === undefined ? [] : [{ process: Number(process), title }];
  });
}

/** Another user's socket in a folder open to all would be a server that is not ours. */
function isOurSocket(path: string): boolean {
  try {
    if (!isAbsolute(path)) return false;
    const stat = statSync(path);
    return stat.isSocket() && stat.uid === process.getuid?.();
  } catch {
    return false;
  }
}

function below(name: string): (folder: string) => string {
  return (folder) => join(folder, name);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
