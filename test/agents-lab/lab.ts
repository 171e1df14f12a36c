import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Build, builds, type Scratch, scratch } from '../support/wt.ts';
import { type ChatApi, startChatApi } from './chat-api.ts';
import { installed } from './install.ts';
import { Terminal, until, wtBeside } from './terminal.ts';

// A lab is a scratch home in which the real Copilot, OpenCode and Gemini CLI run offline: a fake model on loopback and a
// private tmux server for their terminals. Nothing of the developer's environment reaches it, and disposing the lab ends
// every process that was started with its home.

export type Name = 'copilot' | 'opencode' | 'gemini';

/** The versions that wt was tried with. */
const packages: Record<Name, { version: string; package: string; file: string[] }> = {
  copilot: {
    version: '1.0.102',
    package: '@github/copilot',
    file: ['@github', `copilot-linux-${process.arch}`, 'copilot'],
  },
  opencode: { version: '1.18.33', package: 'opencode-ai', file: [`opencode-linux-${process.arch}`, 'bin', 'opencode'] },
  gemini: { version: '0.61.0', package: '@google/gemini-cli', file: ['@google', 'gemini-cli', 'bundle', 'gemini.js'] },
};

// biome-ignore lint/suspicious/noExplicitAny: what the tests compare is printed JSON, not wt's own types
export type Row = Record<string, any>;

export class Lab implements AsyncDisposable {
  readonly home: Scratch;
  readonly env: Record<string, string>;
  readonly project: string;
  /** The words that start the agent. */
  readonly argv: string[];
  private readonly api: ChatApi;

  constructor(home: Scratch, api: ChatApi, argv: string[]) {
    this.home = home;
    this.api = api;
    this.argv = argv;
    this.project = join(home.home, 'project');
    for (const name of ['project', 'bin', 'tmp', '.gemini', '.config/opencode'])
      mkdirSync(join(home.home, name), { recursive: true });
    const settings = (path: string, value: object) => writeFileSync(join(home.home, path), JSON.stringify(value));
    settings('.gemini/settings.json', {
      security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
    });
    const options = { baseURL: `${api.url}/v1`, apiKey: 'none' };
    settings('.config/opencode/opencode.json', {
      autoupdate: false,
      model: 'fake/fake-model',
      small_model: 'fake/fake-model',
      provider: { fake: { npm: '@ai-sdk/openai-compatible', options, models: { 'fake-model': {} } } },
      permission: { bash: 'ask', edit: 'ask' },
    });
    this.env = {
      ...home.env,
      PATH: `${join(home.home, 'bin')}:${home.env.PATH}`,
      SHELL: '/bin/bash',
      TMPDIR: join(home.home, 'tmp'),
      COPILOT_PROVIDER_BASE_URL: `${api.url}/v1`,
      COPILOT_PROVIDER_TYPE: 'openai',
      COPILOT_PROVIDER_API_KEY: 'none',
      COPILOT_MODEL: 'fake-model',
      COPILOT_OFFLINE: 'true',
      COPILOT_AUTO_UPDATE: 'false',
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      GEMINI_API_KEY: 'none',
      GOOGLE_GEMINI_BASE_URL: api.url,
    };
    // A window that stays, so that the server outlives every agent.
    this.tmux('new-session', '-d', '-x', '150', '-y', '50', 'cat');
  }

  /** Runs a tmux command on the lab's own server and gives what it printed. */
  tmux(...args: string[]): string {
    const done = spawnSync('tmux', ['-f', '/dev/null', ...args], {
      cwd: this.project,
      env: this.env,
      encoding: 'utf8',
    });
    if (done.status !== 0) throw new Error(`tmux ${args.join(' ')}: ${done.stderr}`);
    return done.stdout.replace(/\n$/, '');
  }

  /** Starts the agent in a tmux window. */
  open(...args: string[]): Terminal {
    return this.window([...this.argv, ...args]);
  }

  /** Starts a program in a tmux window. */
  window(argv: string[], cwd = this.project): Terminal {
    return new Terminal((...args) => this.tmux(...args), argv, cwd);
  }

  /** Runs the agent to its end, beside the model that it asks. */
  runToEnd(...args: string[]): Promise<number | null> {
    const [program = '', ...words] = this.argv;
    const options = { cwd: this.project, env: this.env, stdio: 'ignore' as const };
    const child = spawn(program, [...words, ...args], options);
    return new Promise((resolve) => child.on('close', resolve));
  }

  /** The rows of a build of wt. */
  async rows(build: Build): Promise<Row[]> {
    const done = await wtBeside(build, ['--json', '--all'], this.home, this.env);
    if (done.status !== 0) throw new Error(`${build.name}: wt --json exits ${done.status}: ${done.stderr}`);
    return JSON.parse(done.stdout).sessions;
  }

  /** Waits until a build says this of the session in which something was said first, and gives its row. */
  says(build: Build, firstPrompt: string | null, what: object, terminal?: Terminal): Promise<Row> {
    let seen: Row[] = [];
    return until(
      `${JSON.stringify(what)} of ${firstPrompt}`,
      async () => {
        seen = await this.rows(build);
        const row = seen.find((one) => one.firstPrompt === firstPrompt);
        return row !== undefined && fits(row, what) && row;
      },
      () => `${JSON.stringify(seen, null, 1)}\n${terminal?.title()}\n${terminal?.screen()}`,
    );
  }

  /** The ids of the sessions in which a build finds these words. */
  async found(build: Build, ...words: string[]): Promise<string[]> {
    const { stdout } = await wtBeside(build, ['find', '--json', ...words], this.home, this.env);
    return JSON.parse(stdout).sessions.map(({ id }: Row) => id);
  }

  /** Waits until the native build refuses to do this, with such words. */
  async refuses(args: string[], words: string): Promise<void> {
    let seen = '';
    await until(
      `"${words}" by wt ${args.join(' ')}`,
      async () => {
        seen = (await wtBeside(builds[0]!, args, this.home, this.env)).stderr;
        return seen.includes(words);
      },
      () => seen,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let round = 0; round < 50; round++) {
      const left = processesWith(`HOME=${this.home.home}`);
      if (left.length === 0) break;
      for (const pid of left) end(pid);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await this.api[Symbol.asyncDispose]();
    this.home[Symbol.dispose]();
  }
}

/** Opens a lab with one of the agents, installed on first use. */
export async function openLab(name: Name): Promise<Lab> {
  const { version, package: from, file } = packages[name];
  const path = await installed(`${name}-${version}`, [`${from}@${version}`], (folder) => {
    const wanted = join(folder, 'node_modules', ...file);
    return existsSync(wanted) ? wanted : null;
  });
  const lab = new Lab(scratch(), await startChatApi(), path.endsWith('.js') ? [process.execPath, path] : [path]);
  const words = lab.argv.map((word) => `'${word}'`).join(' ');
  writeFileSync(join(lab.home.home, 'bin', name), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  return lab;
}

/** Ends a process as `kill -9` does. */
export function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function fits(row: Row, what: object): boolean {
  return Object.entries(what).every(([name, value]) =>
    typeof value === 'object' && value !== null ? fits(row[name] ?? {}, value) : row[name] === value,
  );
}

function processesWith(variable: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return pid !== process.pid && readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(variable);
      } catch {
        return false;
      }
    });
}
