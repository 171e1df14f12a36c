import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { type Check, note, ok, wrong } from '../core/checks.ts';
import { isProgram } from '../machine/launch.ts';
import { realPath } from '../machine/real-path.ts';
import type { World } from '../world.ts';
import { hooksFolder, installerName, ownProgram, versionOfHooks } from './installation.ts';

/** How long a shell, or another wt, may take to answer, in milliseconds. */
const patience = 3_000;

/** The shells that have a hook, and from which version on. */
const hookedFrom = { bash: '4.4', zsh: '5.6', fish: '3.6' };
type HookedShell = keyof typeof hookedFrom;

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
    fail('the hooks are not installed beside this program', `${installerName()} installs them`);
    return { checks, against };
  }
  checks.push(ok(`hooks: ${hooksFolder()}`));
  if (!isHooked(kind)) {
    const named = shell === '' ? 'SHELL is not set' : `the login shell is ${shell}`;
    fail(named, 'the hooks need bash 4.4 or later, zsh 5.6 or later, or fish 3.6 or later');
  } else {
    const unfit = askGuard(world, world.env, shell, '__wt_guard_shell');
    if (unfit === '') checks.push(ok(`login shell: ${shell} (${kind} ${hookedFrom[kind]} and later will do)`));
    else fail(unfit, 'take another login shell, or a newer one');
    checkWiring(world, kind, version, checks, fail);
  }
  const reason = askGuard(world, likeLogin(world.env), '/bin/sh', '__wt_guard_greeting');
  if (reason !== '') fail(reason, remedyFor(reason));
  return { checks, against };
}

function isHooked(shell: string): shell is HookedShell {
  return Object.hasOwn(hookedFrom, shell);
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
  kind: HookedShell,
  version: string,
  checks: Check[],
  fail: (text: string, remedy: string) => void,
): void {
  const files = rcFiles(world, kind);
  const rc = files.find((file) => lineWithHook(file, kind) !== null) ?? files[0]!;
  const line = lineWithHook(rc, kind);
  if (line === null) {
    fail(`${rc} does not read the hook`, `${installerName()} --shell ${kind} adds it`);
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
  const hook = /['" ](\/[^'"]*\/hooks\/wt\.(?:bash|zsh|fish))/.exec(line)?.[1];
  if (hook === undefined) return;
  if (!existsSync(hook)) {
    fail(`${hook}, which ${rc} names, is not there`, `${installerName()} puts it back`);
    return;
  }
  const prefix = /^(.*)\/(?:share\/wt|lib\/node_modules\/watchtower)\/hooks\/wt\.(?:bash|zsh|fish)$/.exec(hook)?.[1];
  const program = prefix === undefined ? [] : [checkProgramOf(join(prefix, 'bin', 'wt'), hook, version)];
  checks.push(...program);
  if (program.every(({ level }) => level !== 'wrong')) checks.push(checkVersion(hook, version));
}

/** Whether the hook was installed with a program of this version. */
function checkVersion(hook: string, version: string): Check {
  const installed = versionOfHooks(dirname(hook));
  if (installed === version) return ok(`hook and program are both of version ${version}`);
  const told = installed === null ? 'an older version' : `version ${installed}`;
  return wrong(`${hook} is of ${told}, this program of ${version}: run ${installerName()} again`);
}

/** Whether the program that a hook starts is this one, or at least of the same version. */
function checkProgramOf(program: string, hook: string, version: string): Check {
  if (!isProgram(program)) return wrong(`${hook} starts ${program}, which is not there: ./install.sh puts it back`);
  if (realPath(program) === realPath(ownProgram())) return ok(`the hook starts this program: ${program}`);
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8', timeout: patience });
  const other = /^wt (\S+)/.exec(stdout ?? '')?.[1] ?? '';
  if (other === version) return note(`the hook starts another wt of this version: ${program}`);
  return wrong(
    `the hook starts ${program} of version ${other || 'unknown'}, this is ${version}: run ${installerName()} again`,
  );
}

/** The files that an interactive shell of this kind reads, first the one that install.sh writes to. */
function rcFiles(world: World, kind: HookedShell): string[] {
  if (kind === 'bash') return [join(world.home, '.bashrc')];
  if (kind === 'zsh') return [join(world.env.ZDOTDIR || world.home, '.zshrc')];
  const folder = join(world.env.XDG_CONFIG_HOME || join(world.home, '.config'), 'fish');
  const own = join(folder, 'conf.d', 'watchtower.fish');
  return [own, join(folder, 'config.fish'), ...fishFiles(join(folder, 'conf.d'))];
}

function fishFiles(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.fish'));
    return names.map((name) => join(folder, name));
  } catch {
    return [];
  }
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

/**
 * What a function of hooks/guard.sh has against a greeting, in this shell and environment; empty when nothing. A fish is
 * asked with hooks/guard.fish.
 */
function askGuard(world: World, env: World['env'], shell: string, question: string): string {
  if (!isAbsolute(shell) || !isProgram(shell)) return `${shell} is no program`;
  const file = shell.endsWith('/fish') ? join(hooksFolder(), 'guard.fish') : guardFile();
  const inSh = ['-c', '. "$1" && "$2" && printf %s "$__wt_why"', 'sh'];
  const inFish = ['--no-config', '-c', 'source $argv[1]; and $argv[2]; printf %s "$__wt_why"'];
  // (Without these a zsh reads the user's .zshenv, and a bash, which takes a socket as its input for rshd, the .bashrc.)
  const bare = shell.endsWith('zsh') ? ['-f'] : shell.endsWith('bash') ? ['--norc'] : [];
  const words = shell.endsWith('/fish') ? inFish : [...bare, ...inSh];
  // A fish makes folders wherever it is at home; here it can't, and has no need to.
  const nowhere = { HOME: '/dev/null', XDG_CONFIG_HOME: '/dev/null', XDG_DATA_HOME: '/dev/null' };
  const told = { ...env, HOME: world.home, BASH_ENV: '', ...(shell.endsWith('/fish') ? nowhere : {}) };
  const asked = spawnSync(shell, [...words, file, question], { env: told, encoding: 'utf8', timeout: patience });
  return asked.status === 0 ? asked.stdout : `${shell} can't read ${file}`;
}

function guardFile(): string {
  return join(hooksFolder(), 'guard.sh');
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
