import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { briefKey } from '../../src/box/brief-file.ts';
import { root, type Scratch, scratch } from '../support/wt.ts';

export type Shell = 'bash' | 'zsh' | 'fish';
/** Those whose hooks are in the language of sh, and whose rc files are. */
export const posixShells: Shell[] = ['bash', 'zsh'];
export const shells: Shell[] = [...posixShells, 'fish'];

/** A wt that notes its arguments, answers like the real one and leaves the brief where the hooks look for it. */
export const goodWt = `#!/bin/sh
printf '%s\\n' "$*" >>"$HOME/calls"
runtime=$XDG_RUNTIME_DIR
[ -n "$runtime" ] || runtime=$HOME/.cache
whose=$(cat /proc/sys/kernel/hostname):$HOME/.claude
brief() {
  mkdir -p "$runtime/wt"
  printf '%s\\n' "$whose" '!1 *2 ~3' >"$runtime/wt/brief-$(printf %s "$whose" | tail -c 120 | tr -c A-Za-z0-9_. -)"
}
case \${1-} in
--greet) brief; echo WT-GREETING "$COLUMNS" ;;
--brief) brief; echo '!1 *2 ~3' ;;
refresh) brief ;;
*) echo WT-PICKER ;;
esac
`;

/** A scratch home with the hooks and a wt installed under ~/.local. */
export interface ShellHome extends Scratch {
  wt: string;
  hook(shell: Shell): string;
  /** The line that the installer's block holds. */
  source(shell: Shell): string;
  /** The file that holds that line. */
  rcFile(shell: Shell): string;
  /** Writes the rc file: what comes before the hook, and after it (for fish in config.fish, which comes later). */
  rc(shell: Shell, before?: string, after?: string): void;
  /** The arguments of every run of the fake wt so far. */
  calls(): string[];
  /** Processes that have this home in their environment. */
  processes(): string[];
}

/** Makes such a home, with `wt` as its program (a script). */
export function shellHome(wt: string = goodWt): ShellHome {
  const made = scratch();
  const share = join(made.home, '.local/share/wt/hooks');
  mkdirSync(share, { recursive: true });
  mkdirSync(join(made.home, '.local/bin'));
  cpSync(join(root, 'hooks'), share, { recursive: true });
  const program = join(made.home, '.local/bin/wt');
  writeFileSync(program, wt, { mode: 0o755 });
  const hook = (shell: Shell) => join(share, `wt.${shell}`);
  const source = (shell: Shell) =>
    shell === 'fish'
      ? `if test -r '${hook(shell)}'; source '${hook(shell)}'; end\n`
      : `if [ -r '${hook(shell)}' ]; then . '${hook(shell)}'; fi\n`;
  const rcFile = (shell: Shell) =>
    join(made.home, shell === 'fish' ? '.config/fish/conf.d/watchtower.fish' : `.${shell}rc`);
  return {
    ...made,
    wt: program,
    hook,
    source,
    rcFile,
    rc(shell, before = '', after = '') {
      if (shell === 'fish') {
        mkdirSync(dirname(rcFile(shell)), { recursive: true });
        // A first fish makes these, and writes completions for all that has a manual page in the background.
        mkdirSync(join(made.home, '.local/share/fish/generated_completions'), { recursive: true });
        for (const name of ['completions', 'functions']) {
          mkdirSync(join(made.home, '.config/fish', name), { recursive: true });
        }
        writeFileSync(rcFile(shell), `${before}\nset -q WT_TIMEOUT; or set -g WT_TIMEOUT 10\n${source(shell)}`);
        // (What it shows of its history would stand in the screen as if it were typed.)
        const quiet = 'set -g fish_greeting; set -g fish_autosuggestion_enabled 0\n';
        const prompt = "function fish_prompt; builtin printf 'READY> '; end\n";
        writeFileSync(join(made.home, '.config/fish/config.fish'), `${quiet}${prompt}${after}\n`);
        return;
      }
      const prompt = shell === 'bash' ? "PS1='READY> '\n" : "unsetopt prompt_sp\nPROMPT='READY> '\n";
      // A loaded machine must not fail the cases that aren't about time.
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the text is for shells
      const patience = ': "${WT_TIMEOUT=10}"\n';
      writeFileSync(rcFile(shell), `${before}\n${patience}${prompt}${source(shell)}${after}\n`);
      // Debian's own: a login bash comes by .bashrc through it.
      writeFileSync(join(made.home, '.profile'), 'if [ -n "$BASH_VERSION" ]; then . "$HOME/.bashrc"; fi\n');
    },
    calls() {
      const file = join(made.home, 'calls');
      return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
    },
    processes() {
      return readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
        .filter((pid) => {
          try {
            // tmux is the terminal, not a part of what is tried in it.
            return (
              readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`HOME=${made.home}\0`) &&
              !readFileSync(`/proc/${pid}/comm`, 'latin1').startsWith('tmux')
            );
          } catch {
            return false;
          }
        })
        .map((pid) => `${pid} ${readable(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`);
    },
  };
}

function readable(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

/** Writes a brief, as text or after its first line, where the hooks look for it in this home; gives its path. */
export function leaveBrief(
  home: Scratch,
  text: string | Buffer,
  { runtime = '.run', host = hostname(), folder = join(home.home, '.claude') } = {},
): string {
  const path = join(home.home, runtime, `wt/brief-${briefKey(host, folder)}`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, Buffer.concat([Buffer.from(`${host}:${folder}\n`), Buffer.from(text)]));
  return path;
}

/** The environment of a shell that sshd started, in this home. */
export function loginEnv(home: Scratch): Record<string, string> {
  return { ...home.env, SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22', SHLVL: '0' };
}

/** How often a text holds another. */
export function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** Waits until a check gives something true; throws after `ms` milliseconds with what `describe` says. */
export async function eventually(check: () => boolean, describe: () => string, ms = 10_000): Promise<void> {
  for (const end = Date.now() + ms; !check(); await pause(20)) {
    if (Date.now() > end) throw new Error(`not so after ${ms} ms: ${describe()}`);
  }
}
