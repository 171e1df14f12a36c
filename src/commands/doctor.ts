import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { agentsOf } from '../agents/table.ts';
import { indexFiles } from '../box/fact-index.ts';
import { type Box, type Source, scanBox, urgentSessions } from '../box/scan.ts';
import { count, inOrder } from '../core/order.ts';
import { clean } from '../core/text.ts';
import { findProgram } from '../machine/launch.ts';
import { print } from '../screen/output.ts';
import { version } from '../version.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';

/** `wt doctor`: what is installed, whether the hook would greet here and why not, what could not be read, how long it takes. */
export async function doctor(world: World, version: string): Promise<number> {
  const { box, stages } = await timed(world);
  const sections: [string, string[]][] = [
    ['installation', installation(world, version)],
    ['greeting', greeting(world)],
    ...box.sources.map((source): [string, string[]] => [source.agent.name, agent(box, source)]),
    ['index', index(world)],
    ['time', stages],
  ];
  const lines = sections.flatMap(([name, about]) => [name, ...about.map((line) => `  ${clean(line)}`)]);
  print(`${lines.join('\n')}\n`);
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

function agent(box: Box, source: Source): string[] {
  const { registry, transcripts } = source;
  const files = transcripts.all();
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const newest = files.sort((a, b) => b.modifiedAt - a.modifiedAt).slice(0, 50);
  const unfamiliar = [...new Set([...registry.unfamiliar, ...source.agent.unfamiliar(newest)])];
  const lines = [
    `folder: ${source.agent.configDir}`,
    `transcripts: ${files.length}, ${(bytes / 1e6).toFixed(1)} MB`,
    registry.present
      ? `registry: ${registry.processes.length} processes that are not proven dead`
      : 'registry: none (old versions keep none): what was modified within the hour is unknown',
  ];
  if (registry.blind) lines.push("registry: a running process has a record that can't be read");
  for (const path of box.skipped) lines.push(`can't be read: ${path}`);
  if (unfamiliar.length > 0) lines.push(`not known to this wt: ${unfamiliar.join(', ')}`);
  return lines;
}

function index(world: World): string[] {
  return agentsOf(world)
    .flatMap((agent) => indexFiles(world, agent))
    .map(({ name, path }) => {
      try {
        return `${name}: ${(statSync(path).size / 1000).toFixed(1)} kB, ${path}`;
      } catch {
        return `${name}: none yet, ${path}`;
      }
    });
}

/** What a greeting does, stage by stage, in milliseconds on this box right now. */
async function timed(world: World): Promise<{ box: Box; stages: string[] }> {
  const stages: string[] = [];
  let last = performance.now();
  const stage = (name: string) => {
    const now = performance.now();
    stages.push(`${(now - last).toFixed(1)} ms  ${name}`);
    last = now;
  };
  const box = scanBox(world);
  stage('transcripts and processes looked at');
  const sessions = inOrder(urgentSessions(box), world.now);
  const { live, waiting } = count(sessions);
  stage(`${sessions.length} sessions read: ${live} live, ${waiting} waiting`);
  return { box, stages };
}

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'check installation, hook and speed',
  usage: '',
  flags: {},
  takes: 'nothing',
  run: (world) => doctor(world, version),
};
