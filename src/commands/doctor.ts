import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Index } from '../claude/index.ts';
import { type Survey, sightPressing, survey } from '../claude/sessions.ts';
import { unfamiliarTypes } from '../claude/unfamiliar.ts';
import { count, inOrder } from '../core/order.ts';
import { clean } from '../core/text.ts';
import { findProgram } from '../edge/launch.ts';
import { tell } from '../edge/output.ts';
import type { World } from '../world.ts';
import { greetRows } from './greet.ts';

/** `wt doctor`: what is installed, whether the hook would greet here and why not, what could not be read, how long it takes. */
export async function doctor(world: World, version: string): Promise<number> {
  const { seen, stages } = await timed(world);
  const sections: [string, string[]][] = [
    ['installation', installation(world, version)],
    ['greeting', greeting(world)],
    ['claude', claude(world, seen)],
    ['index', index(world)],
    ['time', stages],
  ];
  const lines = sections.flatMap(([name, about]) => [name, ...about.map((line) => `  ${clean(line)}`)]);
  tell(`${lines.join('\n')}\n`);
  return 0;
}

function installation(world: World, version: string): string[] {
  const native = 'bun' in process.versions;
  const hooks = hooksFolder();
  const wired = rcFiles(world).filter(holdsBlock);
  return [
    `wt ${version}, ${native ? 'native' : 'on Node'} ${process.versions.bun ?? process.versions.node}: ${program()}`,
    existsSync(hooks) ? `hooks: ${hooks}` : 'hooks: not installed beside this program; ./install.sh installs them',
    wired.length > 0 ? `wired in: ${wired.join(', ')}` : 'wired in: no .bashrc or .zshrc; ./install.sh adds it',
    ...['claude', 'tmux'].map((name) => `${name}: ${findProgram(name, world.env) ?? 'not on PATH'}`),
  ];
}

function rcFiles(world: World): string[] {
  return [join(world.home, '.bashrc'), join(world.env.ZDOTDIR || world.home, '.zshrc')];
}

function holdsBlock(path: string): boolean {
  try {
    return /^# >>> watchtower >>>\r?$/m.test(readFileSync(path, 'latin1'));
  } catch {
    return false;
  }
}

/** Whether the hook would greet in this environment: its own guard is asked, and the login shell whether it can read it. */
function greeting(world: World): string[] {
  const shell = world.env.SHELL ?? '';
  const reasons = [askGuard(world, '/bin/sh', '__wt_guard_greeting')];
  if (/\/(?:bash|zsh)$/.test(shell)) reasons.unshift(askGuard(world, shell, '__wt_guard_shell'));
  else if (shell !== '') reasons.unshift(`the login shell is ${shell}, and the hooks are for bash and zsh`);
  const against = reasons.filter((reason) => reason !== '');
  return against.length === 0
    ? ['a login shell with the hook would greet here']
    : against.map((reason) => `would not greet here: ${reason}`);
}

/** What a function of hooks/guard.sh has against a greeting, in this shell; empty when nothing. */
function askGuard(world: World, shell: string, question: string): string {
  const guard = join(hooksFolder(), 'guard.sh');
  // (Without -f, a zsh would read the user's .zshenv.)
  const words = [...(shell.endsWith('zsh') ? ['-f'] : []), '-c', '. "$1" && "$2" && printf %s "$__wt_why"'];
  const env = { ...world.env, BASH_ENV: '' };
  const asked = spawnSync(shell, [...words, 'sh', guard, question], { env, encoding: 'utf8', timeout: 2_000 });
  return asked.status === 0 ? asked.stdout : `${shell} can't ask ${guard}`;
}

/** Where the hooks are installed beside this program, or lie in its checkout. */
function hooksFolder(): string {
  const beside = dirname(program());
  const folders = [join(beside, '..', 'share', 'wt', 'hooks'), join(beside, 'hooks'), join(beside, '..', 'hooks')];
  return folders.find((folder) => existsSync(join(folder, 'guard.sh'))) ?? folders[0]!;
}

function program(): string {
  return 'bun' in process.versions ? process.execPath : (process.argv[1] ?? '');
}

function claude(world: World, seen: Survey): string[] {
  const { registry, discovery } = seen;
  const bytes = discovery.files.reduce((sum, file) => sum + file.bytes, 0);
  const unfamiliar = [...new Set([...registry.unfamiliar, ...unfamiliarTypes(newest(seen, 50))])];
  const lines = [
    `folder: ${world.conf}`,
    `transcripts: ${discovery.files.length}, ${(bytes / 1e6).toFixed(1)} MB`,
    registry.present
      ? `registry: ${registry.processes.length} processes that are not proven dead`
      : 'registry: none (Claude Code before 2.1.139 keeps none): what was touched within the hour is unknown',
  ];
  if (registry.blind) lines.push("registry: a running process has a record that can't be read");
  for (const path of seen.skipped) lines.push(`can't be read: ${path}`);
  if (unfamiliar.length > 0) lines.push(`not known to this wt: ${unfamiliar.join(', ')}`);
  return lines;
}

function newest(seen: Survey, most: number): string[] {
  const paths: string[] = [];
  for (const file of seen.discovery.newestFirst(seen.circumstances.now)) {
    if (paths.push(file.path) >= most) break;
  }
  return paths;
}

function index(world: World): string[] {
  return Index.files(world).map(([name, path]) => {
    try {
      return `${name}: ${(statSync(path).size / 1000).toFixed(1)} kB, ${path}`;
    } catch {
      return `${name}: none yet, ${path}`;
    }
  });
}

/** What a greeting does, stage by stage, in milliseconds on this box right now. */
async function timed(world: World): Promise<{ seen: Survey; stages: string[] }> {
  const stages: string[] = [];
  let last = performance.now();
  const stage = (name: string) => {
    const now = performance.now();
    stages.push(`${(now - last).toFixed(1)} ms  ${name}`);
    last = now;
  };
  const known = new Index(world);
  stage(`index loaded, ${known.facts.size} transcripts known`);
  const seen = survey(world, known);
  stage(`${seen.discovery.files.length} transcripts and ${seen.registry.processes.length} processes looked at`);
  const sessions = inOrder(sightPressing(seen, greetRows(world)), world.now);
  const { live, waiting } = count(sessions);
  stage(`${sessions.length} sessions judged: ${live} live, ${waiting} waiting`);
  return { seen, stages };
}
