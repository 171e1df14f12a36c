import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Build, type Scratch, scratch, wt } from '../support/wt.ts';
import { type FakeApi, startFakeApi } from './fake-api.ts';
import { installClaude, newest, type Version } from './install.ts';

// A lab is a scratch home in which the real Claude Code runs offline: a fake API on loopback, a private tmux server for
// its terminals, and helpers that wait for what it writes to disk. Nothing of the developer's environment reaches it,
// and disposing the lab ends every process that was started with its home.
//
//   await using lab = await openLab();
//   const terminal = lab.open();                    // an interactive claude in a tmux window
//   const { sessionId } = await terminal.is('idle');
//   await terminal.say('bash: touch x');            // the prompt chooses the reply: see fake-api.ts
//   await terminal.is('waiting');
//   await says(lab, sessionId, () => ({ state: 'live', activity: 'needs-you' }));  // both builds of wt: says.ts

/** A registry record (`sessions/<pid>.json`), as far as the lab looks. */
export interface RegistryRecord {
  pid: number;
  pidDomain?: string;
  sessionId: string;
  cwd: string;
  procStart: string;
  kind: string;
  entrypoint: string;
  version: string;
  updatedAt: number;
  /** Since 2.1.197. */
  statusUpdatedAt?: number;
  status?: string;
  waitingFor?: string;
  name?: string;
  nameSource?: string;
  tmux?: string;
  jobId?: string;
  parkedJobId?: string;
  spare?: boolean;
}

/** One line of a transcript; the lab's tests look into it freely. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is Claude's own and differs from line to line
export type TranscriptLine = Record<string, any>;

/** A row of `wt --json`. */
// biome-ignore lint/suspicious/noExplicitAny: what the tests compare is the printed JSON, not wt's own types
export type Row = Record<string, any>;

/** A tmux window with a Claude Code in it. */
export interface Terminal {
  /** tmux's name of the pane, `%3`. */
  pane: string;
  /** The process of the pane: Claude itself, or the shell that it was started from. */
  pid: number;
  /** Types a line and Enter, once the text has arrived on the screen. */
  say(line: string): Promise<void>;
  /** Sends keys by tmux's names (`Enter`, `Escape`, `C-z`). */
  keys(...names: string[]): void;
  /**
   * Sends a key to a dialog, which ignores keys for about a second at first, and again every five seconds until `done`
   * gives something: on a busy machine a key waits for as long, and a second one would be the next dialog's.
   */
  press<T>(key: string, what: string, done: () => T | null | undefined | false): Promise<T>;
  /** Sends a key that counts when it comes twice within a second (C-c, C-d), until `done` gives something. */
  pressTwice<T>(key: string, what: string, done: () => T | null | undefined | false): Promise<T>;
  /** What the terminal shows. */
  screen(): string;
  /** The registry record of the Claude in this terminal, or null. */
  record(): RegistryRecord | null;
  /** Waits until that record has this status (and, when named, waits for this), and gives the record. */
  is(status: string, waitingFor?: string): Promise<RegistryRecord>;
  /** Says a line and waits until Claude answered it and is at its prompt again. */
  talk(line: string): Promise<RegistryRecord>;
  /** Waits until the record names a session other than this one, and gives the new id. */
  leaves(sessionId: string): Promise<string>;
}

export interface LabOptions {
  /** Let Claude believe in a subscription (a made-up token) instead of an API key: only then there are usage limits. */
  subscription?: boolean;
  /** Which Claude Code; the newest unless named. */
  version?: Version;
  /** Let Claude ask the API for titles, which the lab's usual environment suppresses. */
  titles?: boolean;
}

export interface WindowOptions {
  /** Where it starts; the lab's project unless named. */
  cwd?: string;
  /** More variables, as `NAME=VALUE`. */
  env?: string[];
}

export class Lab implements AsyncDisposable {
  readonly home: Scratch;
  readonly api: FakeApi;
  /** The native executable, also on the lab's PATH as `claude`. */
  readonly claude: string;
  /** The whole environment of everything that runs in the lab. */
  readonly env: Record<string, string>;
  /** A trusted project, the default working directory. */
  readonly project: string;

  constructor(home: Scratch, api: FakeApi, claude: string, options: LabOptions) {
    const key = 'sk-ant-lab-0000000000000000000000000000';
    const bin = join(home.home, 'bin');
    const temporary = join(home.home, 'tmp');
    mkdirSync(bin);
    mkdirSync(temporary);
    symlinkSync(claude, join(bin, 'claude'));
    writeFileSync(
      join(home.home, '.claude.json'),
      JSON.stringify({
        hasCompletedOnboarding: true,
        theme: 'dark',
        customApiKeyResponses: { approved: [key.slice(-20)], rejected: [] },
        projects: {},
      }),
    );
    this.home = home;
    this.api = api;
    this.claude = claude;
    this.env = {
      ...home.env,
      PATH: `${bin}:${home.env.PATH}`,
      SHELL: '/bin/bash',
      TMPDIR: temporary,
      CLAUDE_CODE_TMPDIR: temporary,
      ANTHROPIC_BASE_URL: api.url,
      ...(options.subscription
        ? { CLAUDE_CODE_OAUTH_TOKEN: `sk-ant-oat01-${'0'.repeat(80)}` }
        : { ANTHROPIC_API_KEY: key }),
      DISABLE_AUTOUPDATER: '1',
      DISABLE_TELEMETRY: '1',
      DISABLE_ERROR_REPORTING: '1',
      ...(options.titles ? {} : { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1' }),
    };
    this.project = this.folder('project');
    // A window that stays, so that the server outlives every Claude.
    this.tmux('new-session', '-d', '-x', '200', '-y', '50', 'cat');
  }

  /** Makes a folder below the home that Claude trusts without asking; call it before a Claude runs. */
  folder(name: string): string {
    const folder = join(this.home.home, name);
    mkdirSync(folder, { recursive: true });
    const file = join(this.home.home, '.claude.json');
    const settings = JSON.parse(readFileSync(file, 'utf8'));
    settings.projects[folder] = { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true };
    writeFileSync(file, JSON.stringify(settings));
    return folder;
  }

  /** Runs a program in the lab to its end. */
  run(command: string, args: string[], cwd = this.project) {
    return spawnSync(command, args, { cwd, env: this.env, input: '', encoding: 'utf8', timeout: 60_000 });
  }

  /** Runs a tmux command on the lab's own server and gives what it printed; throws when tmux refuses. */
  tmux(...args: string[]): string {
    const done = this.run('tmux', ['-f', '/dev/null', ...args]);
    if (done.status !== 0) throw new Error(`tmux ${args.join(' ')}: ${done.stderr}`);
    return done.stdout.replace(/\n$/, '');
  }

  /**
   * Starts an interactive Claude in a new tmux window, asking before every tool that changes something (the mode that
   * every version knows as `default`).
   */
  open(args: string[] = [], options: WindowOptions = {}): Terminal {
    return this.window([this.claude, '--permission-mode', 'default', ...args], options);
  }

  /** Starts a headless Claude (`claude -p`), and gives its pid and a promise of its exit status. */
  print(prompt: string, args: string[] = []): { pid: number; ended: Promise<number | null> } {
    const child = spawn(this.claude, ['-p', prompt, ...args], { cwd: this.project, env: this.env, stdio: 'ignore' });
    return { pid: child.pid ?? 0, ended: new Promise((resolve) => child.on('exit', resolve)) };
  }

  /** Starts an interactive bash with job control in a new tmux window, with a line typed into it. */
  async openShell(line: string, options: WindowOptions = {}): Promise<Terminal> {
    const terminal = this.window(['bash', '--norc', '--noprofile', '-i'], options);
    await until('a shell prompt', () => /[$#]\s*$/.test(terminal.screen()));
    await terminal.say(line);
    return terminal;
  }

  /** Starts a program in a new tmux window (200 x 50 cells) of the lab's own server. */
  window(argv: string[], options: WindowOptions = {}): Terminal {
    const [pane = '', pid = ''] = this.tmux(
      'new-window',
      ...['-d', '-P', '-F', '#{pane_id} #{pane_pid}', '-c', options.cwd ?? this.project],
      ...[...(options.env ?? []).flatMap((one) => ['-e', one]), '--', ...argv],
    ).split(' ');
    return this.#terminal(pane, Number(pid));
  }

  #terminal(pane: string, pid: number): Terminal {
    const lab = this;
    const screen = () => this.tmux('capture-pane', '-p', '-t', pane);
    const keys = (...names: string[]) => void this.tmux('send-keys', '-t', pane, ...names);
    const record = () => this.records().find((one) => isWithin(one.pid, pid)) ?? null;
    /** Sends a key `after` so many milliseconds, and again `every` so many. */
    const send = <T>(
      key: string,
      what: string,
      done: () => T | null | undefined | false,
      after: number,
      every: number,
    ) => {
      let next = Date.now() + after;
      return until(
        what,
        () => {
          const result = done();
          if (!result && Date.now() >= next) {
            keys(key);
            next = Date.now() + every;
          }
          return result;
        },
        screen,
      );
    };
    return {
      pane,
      pid,
      screen,
      keys,
      record,
      async say(line) {
        this.keys('-l', line);
        const shown = line.replace(/\s+/g, '').slice(-40);
        await until(
          `"${line}" on the screen`,
          () =>
            screen()
              .replace(/[\s│]+/g, '')
              .includes(shown),
          screen,
        );
        keys('Enter');
      },
      press: (key, what, done) => send(key, what, done, 1200, 5000),
      pressTwice: (key, what, done) => send(key, what, done, 0, 400),
      is: (status, waitingFor) =>
        until(
          `status ${status} ${waitingFor ?? ''}`,
          () => {
            const one = record();
            return one?.status === status && (!waitingFor || one.waitingFor === waitingFor) ? one : null;
          },
          () => `${JSON.stringify(record())}\n${screen()}`,
        ),
      async talk(line) {
        const before = record();
        const turns = () => lab.lines(before?.sessionId ?? '').filter(answered).length;
        const had = turns();
        await this.say(line);
        await until(`an answer to "${line}"`, () => turns() > had, screen);
        return this.is(before?.status === 'shell' ? 'shell' : 'idle');
      },
      leaves: (sessionId) =>
        until(
          `a session other than ${sessionId}`,
          () => {
            const now = record()?.sessionId;
            return now !== sessionId && now;
          },
          screen,
        ),
    };
  }

  /** All registry records that can be read now, those of dead processes too. */
  records(): RegistryRecord[] {
    const folder = join(this.home.conf, 'sessions');
    return names(folder)
      .filter((name) => /^\d+\.json$/.test(name))
      .flatMap((name) => {
        // Claude rewrites a record in place: one that is torn now is whole at the next look.
        try {
          return [JSON.parse(readFileSync(join(folder, name), 'utf8')) as RegistryRecord];
        } catch {
          return [];
        }
      });
  }

  /** The ids of all sessions that have a transcript. */
  sessions(): string[] {
    const projects = join(this.home.conf, 'projects');
    return names(projects).flatMap((slug) =>
      names(join(projects, slug)).flatMap((name) => /^([0-9a-f-]{36})\.jsonl$/.exec(name)?.[1] ?? []),
    );
  }

  /** The path of a session's transcript, or null when there is none. */
  transcript(sessionId: string): string | null {
    const projects = join(this.home.conf, 'projects');
    for (const slug of names(projects)) {
      if (names(join(projects, slug)).includes(`${sessionId}.jsonl`)) return join(projects, slug, `${sessionId}.jsonl`);
    }
    return null;
  }

  /** The whole lines of a session's transcript (or of the file at a path), none when it isn't there. */
  lines(sessionId: string): TranscriptLine[] {
    const file = sessionId.includes('/') ? sessionId : this.transcript(sessionId);
    return file === null ? [] : parse(file);
  }

  /** Waits until a line of the session's transcript satisfies the test, and gives the last one that does. */
  wrote(sessionId: string, what: string, test: (line: TranscriptLine) => boolean): Promise<TranscriptLine> {
    return until(
      `${what} in the transcript`,
      () => this.lines(sessionId).findLast(test),
      () =>
        this.lines(sessionId)
          .map((line) => `${line.type} ${JSON.stringify(line.message?.content)?.slice(0, 100)}`)
          .join('\n'),
    );
  }

  /** What a build of wt says about everything, as parsed JSON; throws when it fails or prints anything else. */
  json(build: Build, args = ['--all']): Row {
    const done = wt(build, ['--json', ...args], this.home);
    if (done.status !== 0) throw new Error(`${build.name}: wt --json exits ${done.status}: ${done.stderr}`);
    return JSON.parse(done.stdout) as Row;
  }

  /** Waits until no process of the lab has this pid any more (a zombie counts as gone). */
  gone(pid: number): Promise<true> {
    return until(`the end of ${pid}`, () => !/^[^ZX]/.test(processState(pid) ?? 'X'));
  }

  /** Closes every terminal that was opened so far: a Claude at its prompt is no load of its own, several are. */
  closeTerminals(): void {
    this.tmux('kill-window', '-a', '-t', '=0:0');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const job of names(join(this.home.conf, 'jobs'))) this.run(this.claude, ['stop', job]);
    this.run('tmux', ['kill-server']);
    const left = () => processesWith(`HOME=${this.home.home}`);
    // The daemon and what it keeps ready come back for a moment after a polite end: so until nothing is left.
    await until('the end of all processes of the lab', () => {
      const pids = left();
      for (const pid of pids) kill(pid);
      return pids.length === 0;
    });
    await this.api[Symbol.asyncDispose]();
    // The daemon's sockets lie outside any home, in a folder named by a hash of $CONF (seen in 2.1.330).
    const hash = createHash('sha256').update(this.home.conf).digest('hex').slice(0, 8);
    rmSync(`/tmp/cc-daemon-${process.getuid?.() ?? 0}/${hash}`, { recursive: true, force: true });
    this.home[Symbol.dispose]();
  }
}

/** Opens a lab with one version of Claude Code (installed on first use). */
export async function openLab(options: LabOptions = {}): Promise<Lab> {
  const claude = await installClaude(options.version ?? newest);
  return new Lab(scratch(), await startFakeApi(), claude, options);
}

/** How long a state is waited for, in milliseconds: a busy machine may take a minute for a start of Claude. */
export const patience = 60_000;

/**
 * Asks every 50 ms until the answer is something, and gives that. When `patience` is over it throws, saying what was
 * waited for and, by `context`, what was there instead.
 */
export async function until<T>(
  what: string,
  ask: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  context: () => string = () => '',
): Promise<T> {
  const deadline = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}\n${context()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** True for the line that ends Claude's turn with words. */
export function answered(line: TranscriptLine): boolean {
  return line.type === 'assistant' && line.message.stop_reason === 'end_turn';
}

/** The state letter of a process (`R`, `S`, `T`, `Z`), or null when there's none. Linux. */
export function processState(pid: number): string | null {
  return stat(pid)?.[0] ?? null;
}

/** Whether a process is this one, or descends from it. */
function isWithin(pid: number, ancestor: number): boolean {
  for (let at = pid; at > 1; at = Number(stat(at)?.[1] ?? 0)) if (at === ancestor) return true;
  return false;
}

/** The fields of /proc/PID/stat from the third (the state) on; the second may hold spaces and parentheses. */
function stat(pid: number): string[] | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return null;
  }
}

function processesWith(variable: string): number[] {
  return names('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(variable);
      } catch {
        return false;
      }
    });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function parse(file: string): TranscriptLine[] {
  const text = readFileSync(file, 'utf8');
  // The last line may still be on its way.
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TranscriptLine);
}
