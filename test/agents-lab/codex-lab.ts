import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'vitest';
import { type Build, builds, type Scratch, scratch } from '../support/wt.ts';
import { installCodex } from './install.ts';
import { type ResponsesApi, startResponsesApi } from './responses-api.ts';
import { Terminal, until, wtBeside } from './terminal.ts';

// A lab is a scratch home in which the real Codex runs offline: a fake API on loopback, a private tmux server for its
// terminals, and helpers that wait for what it writes. Nothing of the developer's environment reaches it, and disposing the
// lab ends every process that was started with its home.

/** The newest version that wt was tried with, and one from before the locks (0.147). */
export const newestCodex = '0.171.0';
export const olderCodex = '0.145.0';

// biome-ignore lint/suspicious/noExplicitAny: what the tests compare is printed JSON, not wt's own types
export type Row = Record<string, any>;

export class CodexLab implements AsyncDisposable {
  readonly home: Scratch;
  readonly api: ResponsesApi;
  readonly codex: string;
  readonly env: Record<string, string>;
  readonly project: string;
  /** Codex's own folder. */
  readonly folder: string;

  constructor(home: Scratch, api: ResponsesApi, codex: string, daemon: boolean) {
    this.home = home;
    this.api = api;
    this.codex = codex;
    this.folder = join(home.home, '.codex');
    this.project = join(home.home, 'project');
    for (const folder of [this.folder, this.project, join(home.home, 'bin'), join(home.home, 'tmp')]) mkdirSync(folder);
    symlinkSync(codex, join(home.home, 'bin', 'codex'));
    const settings = [
      'model = "fake-model"',
      'model_provider = "fake"',
      'approval_policy = "on-request"',
      'sandbox_mode = "read-only"',
      'check_for_update_on_startup = false',
      '[model_providers.fake]',
      'name = "fake"',
      `base_url = "${api.url}"`,
      'wire_api = "responses"',
      'env_key = "FAKE_KEY"',
      `[projects."${this.project}"]`,
      'trust_level = "trusted"',
      '[features]',
      `daemon_auto_start = ${daemon}`,
    ];
    writeFileSync(join(this.folder, 'config.toml'), `${settings.join('\n')}\n`);
    this.env = {
      ...home.env,
      PATH: `${join(home.home, 'bin')}:${home.env.PATH}`,
      SHELL: '/bin/bash',
      TMPDIR: join(home.home, 'tmp'),
      FAKE_KEY: 'none',
    };
    // A window that stays, so that the server outlives every Codex.
    this.tmux('new-session', '-d', '-x', '160', '-y', '50', 'cat');
  }

  /** Runs a program in the lab to its end. */
  run(command: string, args: string[], cwd = this.project) {
    return spawnSync(command, args, { cwd, env: this.env, input: '', encoding: 'utf8', timeout: 120_000 });
  }

  /** Runs a tmux command on the lab's own server and gives what it printed. */
  tmux(...args: string[]): string {
    const done = this.run('tmux', ['-f', '/dev/null', ...args]);
    if (done.status !== 0) throw new Error(`tmux ${args.join(' ')}: ${done.stderr}`);
    return done.stdout.replace(/\n$/, '');
  }

  /** Starts a Codex in a tmux window. */
  open(...args: string[]): Terminal {
    return this.window([this.codex, ...args]);
  }

  /** Starts a program in a tmux window. */
  window(argv: string[]): Terminal {
    return new Terminal((...args) => this.tmux(...args), argv, this.project);
  }

  /** Waits until an interactive Codex stands at its prompt. */
  async ready(terminal: Terminal): Promise<void> {
    await terminal.shows(/^\s*›/m);
    await new Promise((resolve) => setTimeout(resolve, 1500));
  }

  /** Leaves a Codex by Ctrl-C, once or twice as its version wants it, and waits until it is gone. */
  async leave(terminal: Terminal): Promise<void> {
    await until('the end of the terminal', () => {
      if (!this.processes().includes(terminal.pid)) return true;
      this.run('tmux', ['-f', '/dev/null', 'send-keys', '-t', terminal.pane, 'C-c']);
      return false;
    });
  }

  /** Runs Codex to its end, beside the API that it asks. */
  codexTo(...args: string[]): Promise<{ status: number | null; said: string }> {
    const child = spawn(this.codex, args, { cwd: this.project, env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (said += piece));
    return new Promise((resolve) => child.on('close', (status) => resolve({ status, said })));
  }

  /** Runs `codex exec` to its end. */
  exec(...args: string[]) {
    return this.codexTo('exec', '--skip-git-repo-check', ...args);
  }

  /** The paths of all transcripts. */
  rollouts(below = 'sessions'): string[] {
    return names(join(this.folder, below), true)
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => join(this.folder, below, name))
      .sort();
  }

  /** The whole records of a transcript. */
  records(path: string): Row[] {
    return readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line) => {
        try {
          return [JSON.parse(line)];
        } catch {
          return [];
        }
      });
  }

  /** The id of the newest thread that a person began, once there is one besides those. */
  newest(...known: string[]): Promise<string> {
    return until('the rollout of a new thread', () => {
      const paths = this.rollouts().filter((path) => this.records(path)[0]?.payload?.source !== 'exec');
      const ids = paths.map((path) => basename(path).slice(-42, -6));
      return ids.findLast((id) => !known.includes(id));
    });
  }

  /** The rows of a build of wt. */
  async rows(build: Build = builds[0]!): Promise<Row[]> {
    const done = await wtBeside(build, ['--json', '--all'], this.home, this.env);
    if (done.status !== 0) throw new Error(`${build.name}: wt --json exits ${done.status}: ${done.stderr}`);
    return JSON.parse(done.stdout).sessions;
  }

  /** Waits until a row of the native build fits, and gives it. */
  row(what: string, isIt: (row: Row) => boolean): Promise<Row> {
    let seen: Row[] = [];
    return until(
      what,
      async () => {
        seen = await this.rows();
        return seen.find(isIt);
      },
      () => JSON.stringify(seen, null, 1),
    );
  }

  /** Waits until both builds say this of the session; a server that was asked too late is asked again. */
  async says(id: string, what: Row): Promise<void> {
    for (const build of builds) {
      let row: Row | undefined;
      await until(
        `${JSON.stringify(what)} by ${build.name}`,
        async () => {
          row = (await this.rows(build)).find((one) => one.id === id);
          return row !== undefined && fits(row, what);
        },
        () => JSON.stringify(row, null, 1),
      );
    }
  }

  /** What the native build prints. */
  async printed(...args: string[]): Promise<string> {
    const { stdout, stderr } = await wtBeside(builds[0]!, args, this.home, { ...this.env, COLUMNS: '140' });
    return stdout + stderr;
  }

  /** Waits until the native build prints that; for what changes nothing, so that it can be done again. */
  async prints(args: string[], what: RegExp | string): Promise<void> {
    let seen = '';
    await until(
      `${what} by wt ${args.join(' ')}`,
      async () => {
        seen = await this.printed(...args);
        return typeof what === 'string' ? seen === what : what.test(seen);
      },
      () => seen,
    );
  }

  /** The pids of the processes that were started with this lab's home. */
  processes(): number[] {
    return names('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => pid !== process.pid && environment(pid).includes(`HOME=${this.home.home}\0`));
  }

  /** The pid of the background server; null where none runs. */
  daemon(): number | null {
    return this.processes().find((pid) => argvOf(pid).includes('--managed-daemon')) ?? null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let round = 0; round < 50; round++) {
      const left = this.processes();
      if (left.length === 0) break;
      for (const pid of left) {
        try {
          process.kill(pid, round < 25 ? 'SIGTERM' : 'SIGKILL');
        } catch {
          // Ended by itself.
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await this.api[Symbol.asyncDispose]();
    // The daemon keeps its socket in a folder of its own.
    rmSync(join(this.home.home, 'tmp'), { recursive: true, force: true });
    this.home[Symbol.dispose]();
  }
}

/** Opens a lab. With `daemon`, Codex starts its background server. */
export async function openCodex({ version = newestCodex, daemon = false } = {}): Promise<CodexLab> {
  const codex = await installCodex(version);
  return new CodexLab(scratch(), await startResponsesApi(), codex, daemon);
}

function fits(row: Row, what: Row): boolean {
  try {
    expect(row).toMatchObject(what);
    return true;
  } catch {
    return false;
  }
}

/** What Codex shows above a command that waits for its user's approval. */
export const asks: RegExp = /Would you like to run/;

/** Says something and waits until the terminal shows what comes of it. */
export async function talk(terminal: Terminal, line: string, shown: string | RegExp): Promise<void> {
  await terminal.say(line);
  await terminal.shows(new RegExp(shown));
}

/** The words that a process was started with. */
export function argvOf(pid: number): string[] {
  return text(`/proc/${pid}/cmdline`).split('\0');
}

function environment(pid: number): string {
  return `${text(`/proc/${pid}/environ`)}\0`;
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function names(folder: string, recursive = false): string[] {
  try {
    return readdirSync(folder, { recursive, encoding: 'utf8' });
  } catch {
    return [];
  }
}
