import { spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import type { Build, Scratch } from '../support/wt.ts';

/** On a machine that does much else a state may come late; on a quiet one nothing waits as long. Milliseconds. */
const patience = 300_000;
/** A key that an agent has lost, which happens while it starts, is pressed again after so many milliseconds. */
const again = 8000;

/** Waits until `done` gives something, for five minutes at the most; `told` says what there is instead. */
export async function until<T>(
  what: string,
  done: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  told: () => string = () => '',
): Promise<T> {
  const deadline = Date.now() + patience;
  for (;;) {
    const result = await done();
    if (result) return result;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}\n${told()}`);
    await setTimeout(100);
  }
}

/** Runs a build of wt to its end, beside the model that this process serves. */
export function wtBeside(
  build: Build,
  args: string[],
  { home }: Scratch,
  env: Record<string, string>,
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const [program, ...words] = build.argv;
  const child = spawn(program, [...words, ...args], { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (piece: string) => {
      said[name] += piece;
    });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...said }));
  });
}

/** A window of tmux with a program in it. */
export class Terminal {
  readonly pane: string;
  /** The process of the pane. */
  readonly pid: number;
  private readonly tmux: (...args: string[]) => string;

  /** `tmux` runs a command on the server and gives what it printed. */
  constructor(tmux: (...args: string[]) => string, argv: string[], cwd: string) {
    const window = ['new-window', '-d', '-P', '-F', '#{pane_id} #{pane_pid}', '-c', cwd, '--', ...argv];
    const [pane = '', pid = ''] = tmux(...window).split(' ');
    this.tmux = tmux;
    this.pane = pane;
    this.pid = Number(pid);
  }

  screen = (): string => this.tmux('capture-pane', '-p', '-t', this.pane);

  /** The title that the program gave the pane. */
  title(): string {
    return this.tmux('display-message', '-p', '-t', this.pane, '#{pane_title}');
  }

  keys(...names: string[]): void {
    this.tmux('send-keys', '-t', this.pane, ...names);
  }

  /** Waits until this is on the screen. */
  async shows(what: RegExp | string): Promise<void> {
    await until(`${what} on the screen`, () => fits(this.screen(), what), this.screen);
  }

  /** Types a line and, once it is on the screen, Enter or another key. What was typed and lost is typed again. */
  async say(line: string, key = 'Enter'): Promise<void> {
    const end = squeezed(line).slice(-40);
    let typedAt = 0;
    const isThere = () => {
      if (typedAt > 0 && squeezed(this.screen()).includes(end)) return true;
      if (Date.now() - typedAt < again) return false;
      if (typedAt > 0) this.keys('C-u');
      this.keys('-l', line);
      typedAt = Date.now();
      return false;
    };
    await until(`"${line}" on the screen`, isThere, this.screen);
    // Text and Enter that come as one are a paste.
    await setTimeout(1000);
    this.keys(key);
  }

  /** Answers a dialog by a key, and again as long as it stands there: one that comes early is lost. */
  async answer(dialog: RegExp | string, key: string): Promise<void> {
    await this.shows(dialog);
    for (let times = 0; times < 4; times++) {
      await setTimeout(1000);
      if (!fits(this.screen(), dialog)) return;
      this.keys(key);
      for (const end = Date.now() + again; Date.now() < end; await setTimeout(100))
        if (!fits(this.screen(), dialog)) return;
    }
  }
}

function fits(screen: string, what: RegExp | string): boolean {
  return typeof what === 'string' ? screen.includes(what) : what.test(screen);
}

/** A text without blanks, line ends and frames. */
function squeezed(text: string): string {
  return text.replace(/[\s│┃]+/g, '');
}
