import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Check, note, ok, wrong } from '../core/checks.ts';
import { quote } from '../core/plan.ts';
import { clean } from '../core/text.ts';
import { findProgram } from '../machine/launch.ts';
import type { World } from '../world.ts';

/** How long a trial of a login may take, in milliseconds. */
const patience = 5_000;

/** The files that a login shell reads, of those in which people start tmux. */
const startFiles: Record<string, readonly string[]> = {
  bash: ['.bash_profile', '.bash_login', '.profile', '.bashrc'],
  zsh: ['.zshenv', '.zprofile', '.zshrc', '.zlogin'],
  fish: ['fish/config.fish'],
};

/** What asks a shell whether it is in tmux, typed ahead; the blank keeps it out of a history. */
const questions: Record<string, string> = {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text is for shells
  bash: ' HISTFILE=; printf "in[%s]\\n" "${TMUX:+tmux}"',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text is for shells
  zsh: ' HISTFILE=; printf "in[%s]\\n" "${TMUX:+tmux}"',
  fish: ' printf "in[%s]\\n" (set -q TMUX; and echo tmux)',
};

/** A line that may start tmux and stay in it: no comment, alias or function, and none of its commands that only ask or set. */
const startsTmux =
  /^(?!\s*(?:#|alias\b|function\b|[\w-]+\s*\(\)))[^#]*(?:^|[\s;&|({!])tmux(?!\s+(?:-V|source|set|show|list|ls\b|has|display|kill|rename|bind|run))(?:\s|$|;|&|\|)/;

/**
 * Whether an ssh login goes straight into tmux, where no shell greets: where a start file of the login shell has a line
 * like that, a login is tried. Gives the checks, and what keeps the next login from being greeted.
 */
export function checkTmuxLogin(world: World): { checks: Check[]; against: string[] } {
  const shell = world.env.SHELL ?? '';
  const found = lineWithTmux(world, basename(shell));
  if (found === null || findProgram('tmux', world.env) === null) return { checks: [], against: [] };
  const conf = confFiles(world).find((path) => readText(path).includes('@watchtower'));
  const where = `(${found.file}: ${clean(found.line)})`;
  const greets = 'wt init tmux prints lines for tmux.conf that greet there by a popup';
  switch (landsInTmux(world, shell)) {
    case null:
      return { checks: [note(`a login may go straight into tmux ${where}: ${greets}`)], against: [] };
    case false:
      return { checks: [], against: [] };
  }
  if (conf !== undefined)
    return {
      checks: [ok(`a login goes straight into tmux ${where}, where the lines in ${conf} greet by a popup`)],
      against: [],
    };
  const text = `a login goes straight into tmux, where no shell greets ${where}: wt init tmux >> ${confFiles(world)[0]}`;
  return { checks: [wrong(text)], against: [text] };
}

function lineWithTmux(world: World, shell: string): { file: string; line: string } | null {
  const folders: Record<string, string> = { zsh: world.env.ZDOTDIR || world.home, fish: configFolder(world) };
  const folder = folders[shell] ?? world.home;
  for (const name of startFiles[shell] ?? []) {
    const line = readText(join(folder, name))
      .split('\n')
      .find((text) => startsTmux.test(text));
    if (line !== undefined) return { file: join(folder, name), line: line.trim() };
  }
  return null;
}

/** The files that tmux reads of a user's (3.1 and later), the one that is there first. */
function confFiles(world: World): string[] {
  const files = [join(world.home, '.tmux.conf'), join(configFolder(world), 'tmux/tmux.conf')];
  return readText(files[0]!) === '' && readText(files[1]!) !== '' ? files.reverse() : files;
}

function configFolder({ env, home }: World): string {
  return env.XDG_CONFIG_HOME?.startsWith('/') ? env.XDG_CONFIG_HOME : join(home, '.config');
}

/** Logs in as sshd would, on a terminal of its own, and asks whether that is in tmux; null where it can't be tried. */
function landsInTmux({ env, home }: World, shell: string): boolean | null {
  const [script, tmux] = [findProgram('script', env), findProgram('tmux', env)];
  if (script === null || tmux === null || !shell.startsWith('/')) return null;
  const folder = mkdtempSync(join(tmpdir(), 'wt-login-'));
  try {
    const question = `${questions[basename(shell)]}; exit\n exit\n exit\n`;
    const login = { HOME: home, SHELL: shell, TERM: 'xterm', TMUX_TMPDIR: folder, WT_DISABLE: '1' };
    const { USER = '', LOGNAME = USER, LANG = '' } = env;
    const { stdout } = spawnSync(script, ['-qec', `exec ${quote(shell)} -l`, '/dev/null'], {
      cwd: home,
      env: {
        ...login,
        USER,
        LOGNAME,
        LANG,
        PATH: '/usr/local/bin:/usr/bin:/bin',
        SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22',
      },
      input: question,
      encoding: 'latin1',
      timeout: patience,
      killSignal: 'SIGKILL',
    });
    const answer = /in\[(?:tmux)?\]/.exec(stdout ?? '')?.[0];
    return answer === undefined ? null : answer === 'in[tmux]';
  } catch {
    return null;
  } finally {
    for (const socket of socketsIn(folder)) spawnSync(tmux, ['-S', socket, 'kill-server'], { timeout: patience });
    rmSync(folder, { recursive: true, force: true });
  }
}

function socketsIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    try {
      return readdirSync(join(folder, name)).map((socket) => join(folder, name, socket));
    } catch {
      return [];
    }
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
