import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { type Check, note, ok, wrong } from '../core/checks.ts';
import { isProgram } from '../machine/launch.ts';
import { realPath } from '../machine/real-path.ts';
import type { World } from '../world.ts';

/** How long a shell, or another wt, may take to answer, in milliseconds. */
const patience = 3_000;

/** What was found about the hook: the checks, and what keeps the next ssh login from being greeted. */
export interface HookReport {
  checks: Check[];
  against: string[];
}

/**
 * Whether the login shell of the next ssh login can read the hook, finds it, and would be let greet by it: the guard that
 * the hook itself asks is asked, in an environment like that of a login.
 */
export function checkHook(world: World, version: string): HookReport {
  const checks: Check[] = [];
  const against: string[] = [];
  const fail = (text: string, remedy: string) => {
    checks.push(wrong(`${text}: ${remedy}`));
    against.push(`${text}: ${remedy}`);
  };
  const shell = world.env.SHELL ?? '';
  const kind = basename(shell);
  if (!existsSync(guardFile())) {
    fail('the hooks are not installed beside this program', './install.sh installs them');
    return { checks, against };
  }
  checks.push(ok(`hooks: ${hooksFolder()}`));
  if (kind !== 'bash' && kind !== 'zsh') {
    const named = shell === '' ? 'SHELL is not set' : `the login shell is ${shell}`;
    fail(named, 'the hooks need bash 4.4 or later, or zsh 5.6 or later');
  } else {
    const unfit = askGuard(world, world.env, shell, '__wt_guard_shell');
    if (unfit === '') checks.push(ok(`login shell: ${shell} (bash 4.4 and later, zsh 5.6 and later will do)`));
    else fail(unfit, 'take another login shell, or a newer one');
    checkWiring(world, kind, version, checks, fail);
  }
  const reason = askGuard(world, likeLogin(world.env), '/bin/sh', '__wt_guard_greeting');
  if (reason !== '') fail(reason, remedyFor(reason));
  return { checks, against };
}

function remedyFor(reason: string): string {
  if (reason.includes('WT_DISABLE')) return 'unset it where it is set, in an rc file or by the ssh client';
  if (reason.includes('LC_WT')) return "take SetEnv or SendEnv of it out of the ssh client's configuration";
  if (reason.includes('hushlogin')) return 'remove it, if you want to be greeted';
  return 'give it more than 0 seconds, or unset it';
}

/** What comes of the greeting in this very shell, which may be in tmux, or no ssh login at all. */
export function checkHere(world: World): Check {
  if (!existsSync(guardFile())) return note('would not greet here: the hooks are not installed');
  const reason = askGuard(world, world.env, '/bin/sh', '__wt_guard_greeting');
  return note(reason === '' ? 'a login shell with the hook would greet here' : `would not greet here: ${reason}`);
}

/** An environment as that of an ssh login: without what comes from where doctor itself was started. */
function likeLogin(env: World['env']): World['env'] {
  const surroundings =
    /^(?:WT_GREETED|TMUX|TMUX_PANE|STY|ZELLIJ|CLAUDECODE|INSIDE_EMACS|TERM_PROGRAM|TERMINAL_EMULATOR|INTELLIJ_\w+|VSCODE_\w+)$/;
  const kept = Object.fromEntries(Object.entries(env).filter(([name]) => !surroundings.test(name)));
  const TERM = !env.TERM || env.TERM === 'dumb' ? 'xterm' : env.TERM;
  return { ...kept, SSH_CONNECTION: env.SSH_CONNECTION || '192.0.2.1 1 192.0.2.2 22', TERM };
}

/** Whether the login shell comes by the hook, and whether that hook and this program belong together. */
function checkWiring(
  world: World,
  kind: 'bash' | 'zsh',
  version: string,
  checks: Check[],
  fail: (text: string, remedy: string) => void,
): void {
  const rc = kind === 'bash' ? join(world.home, '.bashrc') : join(world.env.ZDOTDIR || world.home, '.zshrc');
  const line = lineWithHook(rc, kind);
  if (line === null) {
    fail(`${rc} does not read the hook`, `./install.sh --shell ${kind} adds it`);
    return;
  }
  const profile = kind === 'bash' ? profileOf(world.home) : null;
  if (kind === 'bash' && profile === null) {
    fail(
      'there is no ~/.bash_profile, ~/.bash_login or ~/.profile, so a login bash does not read ~/.bashrc',
      'put this line into ~/.bash_profile: [ -r ~/.bashrc ] && . ~/.bashrc',
    );
  } else if (profile !== null && !readsBashrc(world.home, profile)) {
    fail(`${profile} does not read ~/.bashrc`, 'add this line to it: [ -r ~/.bashrc ] && . ~/.bashrc');
  } else checks.push(ok(`wired in: ${rc}`));
  const hook = /['" ](\/[^'"]*\/hooks\/wt\.(?:ba|z)sh)/.exec(line)?.[1];
  if (hook === undefined) return;
  if (!existsSync(hook)) {
    fail(`${hook}, which ${rc} names, is not there`, './install.sh puts it back');
    return;
  }
  const prefix = /^(.*)\/share\/wt\/hooks\/wt\.(?:ba|z)sh$/.exec(hook)?.[1];
  if (prefix !== undefined) checks.push(checkProgramOf(join(prefix, 'bin', 'wt'), hook, version));
}

/** Whether the program that a hook starts is this one, or at least of the same version. */
function checkProgramOf(program: string, hook: string, version: string): Check {
  if (!isProgram(program)) return wrong(`${hook} starts ${program}, which is not there: ./install.sh puts it back`);
  if (realPath(program) === realPath(ownProgram())) return ok(`the hook starts this program: ${program}`);
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8', timeout: patience });
  const other = stdout?.trim().replace(/^wt /, '') ?? '';
  if (other === version) return note(`the hook starts another wt of this version: ${program}`);
  return wrong(
    `the hook starts ${program} of version ${other || 'unknown'}, this is ${version}: run ./install.sh again`,
  );
}

/** The line of an rc file that reads the hook of a shell; null where none does. */
function lineWithHook(rc: string, kind: string): string | null {
  const lines = readText(rc).split('\n');
  return lines.find((line) => !/^\s*#/.test(line) && line.includes(`/hooks/wt.${kind}`)) ?? null;
}

/** The file that a login bash reads: the first of these that can be read. */
function profileOf(home: string): string | null {
  const profiles = ['.bash_profile', '.bash_login', '.profile'].map((name) => join(home, name));
  return profiles.find((path) => existsSync(path)) ?? null;
}

function readsBashrc(home: string, profile: string): boolean {
  const mentions = (path: string, what: RegExp) =>
    readText(path)
      .split('\n')
      .some((line) => !/^\s*#/.test(line) && what.test(line));
  if (mentions(profile, /bashrc|\/hooks\/wt\.bash/)) return true;
  return mentions(profile, /\.profile/) && mentions(join(home, '.profile'), /bashrc/);
}

/** What the guard has against a greeting in an environment; empty when nothing. */
export function againstGreeting(world: World, env: World['env']): string {
  return askGuard(world, env, '/bin/sh', '__wt_guard_greeting');
}

/** What a function of hooks/guard.sh has against a greeting, in this shell and environment; empty when nothing. */
function askGuard(world: World, env: World['env'], shell: string, question: string): string {
  if (!isAbsolute(shell) || !isProgram(shell)) return `${shell} is no program`;
  // (Without -f, a zsh would read the user's .zshenv.)
  const words = [...(shell.endsWith('zsh') ? ['-f'] : []), '-c', '. "$1" && "$2" && printf %s "$__wt_why"'];
  const told = { ...env, HOME: world.home, BASH_ENV: '' };
  const asked = spawnSync(shell, [...words, 'sh', guardFile(), question], {
    env: told,
    encoding: 'utf8',
    timeout: patience,
  });
  return asked.status === 0 ? asked.stdout : `${shell} can't read ${guardFile()}`;
}

function guardFile(): string {
  return join(hooksFolder(), 'guard.sh');
}

/** Where the hooks are installed beside this program, or lie in its checkout. */
function hooksFolder(): string {
  const beside = dirname(realPath(ownProgram()));
  const folders = [join(beside, '..', 'share', 'wt', 'hooks'), join(beside, 'hooks'), join(beside, '..', 'hooks')];
  return folders.find((folder) => existsSync(join(folder, 'guard.sh'))) ?? folders[0]!;
}

/** The path of this very program. */
export function ownProgram(): string {
  return 'bun' in process.versions ? process.execPath : (process.argv[1] ?? '');
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
