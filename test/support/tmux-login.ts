import { spawnSync } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FakeClaude } from './fake-claude.ts';
import { Screen } from './screen.ts';
import { type Sshd, startSshd } from './sshd.ts';
import { toolPath } from './tools.ts';
import { type Build, type Scratch, scratch, wt } from './wt.ts';

/** A home with an sshd whose bash reads the rc that is given, and with the lines of `wt init tmux` in its tmux.conf. */
export class TmuxLogin implements Disposable {
  readonly home: Scratch;
  readonly claude: FakeClaude;
  private readonly sshd: Sshd;

  private constructor(home: Scratch, claude: FakeClaude, sshd: Sshd) {
    this.home = home;
    this.claude = claude;
    this.sshd = sshd;
  }

  /** `rc` follows the settings in .bashrc; `conf` stands in tmux.conf before the lines, which stand there `times`. */
  static async start(build: Build, rc: string, { conf = '', times = 1 } = {}): Promise<TmuxLogin> {
    const home = scratch();
    const claude = new FakeClaude(home);
    home.env.CLAUDE_STAYS = '1';
    // The tmux of the test's own PATH, so that another one can be tried. (The time-out is for a loaded machine.)
    const path = `${dirname(toolPath('tmux') ?? '/usr/bin/tmux')}:${home.env.PATH}`;
    const settings = `export PATH='${path}' TMUX_TMPDIR='${home.env.TMUX_TMPDIR}' CLAUDE_STAYS=1 WT_TIMEOUT=30`;
    writeFileSync(join(home.home, '.bashrc'), `${settings}\nPS1='READY> '\n${rc}\n`);
    writeFileSync(join(home.home, '.profile'), '. ~/.bashrc\n');
    const file = join(home.home, '.tmux.conf');
    writeFileSync(file, `set -s escape-time 0\n${conf}\n`);
    for (let time = 0; time < times; time++) appendFileSync(file, wt(build, ['init', 'tmux'], home).stdout);
    return new TmuxLogin(home, claude, await startSshd(home, 'bash'));
  }

  /** Logs in on a terminal of its own; with a command, that is run instead of the login shell. */
  login(command: string[] = [], options: { columns?: number; rows?: number; ssh?: string[] } = {}): Screen {
    const ssh = ['ssh', ...(options.ssh ?? []), '-t', '-F', this.sshd.config, 'box', ...command];
    return Screen.start(this.home, ssh, options);
  }

  /** Asks the server that the logins of this home come to. */
  tmux(...args: string[]): string {
    const done = spawnSync(toolPath('tmux') ?? 'tmux', args, { env: this.home.env, encoding: 'utf8' });
    return done.stdout.trimEnd();
  }

  [Symbol.dispose](): void {
    this.tmux('kill-server');
    this.sshd[Symbol.dispose]();
    // What tmux had started, a brief for its status line, may write to the home yet.
    for (const end = Date.now() + 10_000; isAtWork(this.home.home) && Date.now() < end; ) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
    this.home[Symbol.dispose]();
  }
}

/** Whether a process runs in a home. */
function isAtWork(home: string): boolean {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`HOME=${home}`);
      } catch {
        return false;
      }
    });
}
