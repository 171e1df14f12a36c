import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Scratch } from './wt.ts';

let servers = 0;

/** A terminal of its own: a private tmux server with one pane, made in the scratch home and gone with `using`. */
export class Screen implements Disposable {
  readonly #home: Scratch;
  readonly #socket: string;

  private constructor(home: Scratch, socket: string) {
    this.#home = home;
    this.#socket = socket;
  }

  /**
   * Starts a program in a terminal of 100 by 40 cells (or as told), in the home folder.
   * Its environment is exactly `env`, else the scratch home's, without tmux's own variables.
   */
  static start(
    home: Scratch,
    argv: string[],
    options: { env?: Record<string, string>; columns?: number; rows?: number } = {},
  ): Screen {
    const screen = new Screen(home, `wt-${process.pid}-${++servers}`);
    const settings = join(home.home, '.tmux', `${screen.#socket}.conf`);
    writeFileSync(
      settings,
      'set -g remain-on-exit on\nset -g remain-on-exit-format ""\nset -g history-limit 5000\nset -g status off\nset -s escape-time 0\nset -g default-terminal tmux-256color\n',
    );
    const env = Object.entries(options.env ?? home.env).map(([name, value]) => `${name}=${value}`);
    screen.#tmux(
      ...['-f', settings, 'new-session', '-d', '-c', home.home],
      ...['-x', String(options.columns ?? 100), '-y', String(options.rows ?? 40)],
      ...['--', 'env', '-i', ...env, ...argv],
    );
    return screen;
  }

  #tmux(...args: string[]): string {
    const result = spawnSync('tmux', ['-L', this.#socket, ...args], { env: this.#home.env, encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`tmux ${args.join(' ')}: ${result.stderr}`);
    return result.stdout;
  }

  /** Everything shown so far, what has scrolled away too; wrapped lines are one line, trailing blanks go. */
  text(): string {
    return this.#tmux('capture-pane', '-p', '-J', '-S', '-').replaceAll(/ +$/gm, '').replace(/\s+$/, '');
  }

  /** What is on the screen, with its colours as SGR sequences, each line to its last cell. */
  painted(): string {
    return this.#tmux('capture-pane', '-p', '-e', '-N');
  }

  /** The path of its tmux server's socket. */
  socketPath(): string {
    return this.#tmux('display-message', '-p', '#{socket_path}').trim();
  }

  /** Types text, as it is, without Enter. */
  type(text: string): void {
    this.#tmux('send-keys', '-l', '--', text);
  }

  /** Presses keys by tmux's names: Enter, C-c, Up … */
  press(...keys: string[]): void {
    this.#tmux('send-keys', '--', ...keys);
  }

  /** Pastes text as a terminal does: in one piece, with marks round it for a program that asked for them. */
  paste(text: string): void {
    this.#tmux('set-buffer', '--', text);
    this.#tmux('paste-buffer', '-p', '-r');
  }

  /** Types a line and presses Enter. */
  line(text: string): void {
    this.type(text);
    this.press('Enter');
  }

  /** Makes the terminal as large as that, in cells. */
  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** The exit status of the program, or null while it runs. */
  status(): number | null {
    const [dead, status] = this.#tmux('display-message', '-p', '#{pane_dead} #{pane_dead_status}').trim().split(' ');
    if (dead !== '1') return null;
    if (status) return Number(status);
    // The status comes a moment after the end of the output, but tmux 3.3 can miss that its child ended:
    // another child that ends makes it look.
    this.#tmux('run-shell', 'true');
    return null;
  }

  /**
   * Waits until the screen shows `what` (a text, a pattern or a test of the whole text) and gives the screen.
   * Throws with the screen in the message after `ms` milliseconds.
   */
  async until(what: string | RegExp | ((text: string) => boolean), ms = 10_000): Promise<string> {
    const shown = (text: string) =>
      typeof what === 'function' ? what(text) : typeof what === 'string' ? text.includes(what) : what.test(text);
    for (const end = Date.now() + ms; ; await pause(20)) {
      const text = this.text();
      if (shown(text)) return text;
      if (Date.now() > end) throw new Error(`not shown after ${ms} ms: ${what}\n--- screen ---\n${text}\n---`);
    }
  }

  /**
   * Waits until the program has ended and gives its exit status. What it wrote last may be lost then (tmux 3.3): wait
   * for that before. Throws with the screen after `ms` milliseconds.
   */
  async end(ms = 10_000): Promise<number> {
    for (const end = Date.now() + ms; ; await pause(20)) {
      const status = this.status();
      if (status !== null) return status;
      if (Date.now() > end) throw new Error(`still running after ${ms} ms\n--- screen ---\n${this.text()}\n---`);
    }
  }

  /** Ends the terminal and waits for the program in it, which may still write into the home on its way out. */
  [Symbol.dispose](): void {
    const pid = this.#tmux('display-message', '-p', '#{pane_pid}').trim();
    const ended = this.status() !== null;
    spawnSync('tmux', ['-L', this.#socket, 'kill-server'], { env: this.#home.env });
    for (const end = Date.now() + 2_000; !ended && runs(pid) && Date.now() < end; ) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

/** True while a process runs; one that has ended but wasn't waited for doesn't. */
function runs(pid: string): boolean {
  try {
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
