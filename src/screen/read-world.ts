import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { looksLikeTerminal } from '../machine/terminals.ts';
import type { World } from '../world.ts';

/** Whether somebody is there who can pick: standard input and output are a terminal. */
export function canPick(world: World): boolean {
  return world.screen.terminal && looksLikeTerminal(0);
}

/** Reads the world of this process. `colour` is what `--color` asked for. */
export function readWorld(env: World['env'], colour: 'always' | 'never' | 'auto'): World {
  const home = homeOf(env);
  const cache = join(absolute(env.XDG_CACHE_HOME) ?? join(home, '.cache'), 'wt');
  const terminal = looksLikeTerminal(1);
  return {
    env,
    now: Date.now(),
    cwd: () => process.cwd(),
    home,
    folders: {
      cache,
      runtime: runtimeFolder(env, cache),
      state: join(absolute(env.XDG_STATE_HOME) ?? join(home, '.local', 'state'), 'wt'),
      archive: join(absolute(env.XDG_DATA_HOME) ?? join(home, '.local', 'share'), 'wt', 'archive'),
    },
    screen: {
      terminal,
      columns: columnsOf(env, terminal),
      colour: wantsColour(env, terminal, colour),
      utf8: showsUtf8(env),
    },
  };
}

/** A relative `HOME` counts from where wt was started, as for any program; `/` where it is not set. */
function homeOf({ HOME }: World['env']): string {
  try {
    return HOME ? resolve(HOME) : '/';
  } catch {
    // The current directory is gone.
    return '/';
  }
}

/** XDG's relative paths count for nothing (XDG Base Directory Specification 0.8). */
function absolute(path: string | undefined): string | null {
  return path?.startsWith('/') ? path : null;
}

function runtimeFolder(env: World['env'], cache: string): string {
  const runtime = absolute(env.XDG_RUNTIME_DIR);
  if (runtime === null) return cache;
  try {
    const stat = statSync(runtime);
    if (stat.isDirectory() && stat.uid === process.getuid?.()) return join(runtime, 'wt');
  } catch {
    // Named but not there: a login without a session manager.
  }
  return cache;
}

function columnsOf(env: World['env'], terminal: boolean): number {
  const told = Number(env.COLUMNS);
  if (Number.isInteger(told) && told > 0) return told;
  return (terminal && process.stdout.columns) || 80;
}

function wantsColour(env: World['env'], terminal: boolean, asked: 'always' | 'never' | 'auto'): boolean {
  if (asked !== 'auto') return asked === 'always';
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '') return env.FORCE_COLOR !== '0';
  return terminal && !env.NO_COLOR && env.TERM !== 'dumb';
}

/** Whether what is printed may hold more than ASCII: by the locale, and not on the Linux console with its few glyphs. */
export function showsUtf8(env: World['env']): boolean {
  const locale = (env.LC_ALL || env.LC_CTYPE || env.LANG || '').toLowerCase();
  return (locale.includes('utf-8') || locale.includes('utf8')) && env.TERM !== 'linux';
}
