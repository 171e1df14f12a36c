import { spawnSync } from 'node:child_process';
import { read } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram } from '../machine/launch.ts';
import type { Size } from '../view/layout.ts';
import { cellsOf } from '../view/look.ts';
import type { World } from '../world.ts';
import { decodeKeys, type Input, type Key, pasteBegins, pasteEnds, settleKeys } from './keys.ts';
import { ClosedPipe, writeAll } from './output.ts';

/**
 * Keys arrive one by one, unechoed and uninterpreted, and a read comes back after a tenth of a second at most. So no
 * byte is ever taken from the terminal beyond the key that is asked for: what follows stays for the shell.
 */
const keyByKey = ['-icanon', '-echo', '-isig', '-iexten', '-ixon', '-icrnl', 'min', '0', 'time', '1'];

/** The other screen, no cursor, no wrapping at the margin, marks around pasted text. */
const enterScreen = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[0m\x1b[2J';
const leaveScreen = '\x1b[?2004l\x1b[0m\x1b[2J\x1b[H\x1b[?7h\x1b[?25h\x1b[?1049l';
/** Of pasted text so many bytes are kept; one that never ends is over when nothing has come for so many reads. */
const longestPaste = 16 << 10;
const longestPasteBreak = 10;

/** Terminals that know these show all between them at once; others pass over them (DEC private mode 2026). */
const frameBegins = '\x1b[?2026h';
const frameEnds = '\x1b[?2026l';

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** The terminal on standard input and output, taken over for full screens of lines and for single keys. */
export class Terminal {
  private readonly stty: string;
  private readonly env: World['env'];
  /** The settings as they were, in stty's own words. */
  private readonly saved: string;
  private taken = false;
  private drawn: string[] = [];
  private rest: Uint8Array = new Uint8Array();
  private waiting: Key[] = [];
  /** The read that is under way. */
  private read: Promise<number | null> | null = null;
  /** Nothing is read while this is set; resolved when reading may go on. */
  private paused: { until: Promise<void>; over: () => void } | null = null;
  private readonly listeners: [NodeJS.Signals | 'exit', () => void][];

  private constructor(env: World['env'], stty: string, saved: string, onChange: () => void) {
    this.env = env;
    this.stty = stty;
    this.saved = saved;
    this.listeners = [
      ...endings.map((signal): [NodeJS.Signals, () => void] => [signal, () => this.end(signal)]),
      ['SIGTSTP', () => void this.stop()],
      ['SIGCONT', () => this.again(onChange)],
      ['SIGWINCH', onChange],
      ['exit', () => this.giveBack()],
    ];
  }

  /**
   * Makes ready to take the terminal; null where it has no settings that can be changed. `onChange` is told when the
   * size may have changed and all must be drawn anew.
   */
  static open(env: World['env'], onChange: () => void): Terminal | null {
    const stty = findProgram('stty', env);
    if (stty === null) return null;
    const saved = runOnTerminal(stty, ['-g'], env);
    return saved === null || !/^[0-9a-f:=;a-z]+$/i.test(saved) ? null : new Terminal(env, stty, saved, onChange);
  }

  /**
   * Takes the terminal: `refused` where it doesn't let itself be set. With `ifUntouched`, input that was typed before
   * is left to whom it was meant for, and so is the terminal: `typed`.
   */
  take(ifUntouched = false): 'taken' | 'typed' | 'refused' {
    if (ifUntouched) {
      // Only key by key does a line that has no end yet show that it is there.
      const typed = runOnTerminal(this.stty, keyByKey, this.env) !== null && this.inputWaits();
      if (typed) runOnTerminal(this.stty, [this.saved], this.env);
      if (typed) return 'typed';
    }
    for (const [name, listener] of this.listeners) process.on(name as NodeJS.Signals, listener);
    this.taken = true;
    if (this.enter()) return 'taken';
    this.giveBack();
    return 'refused';
  }

  /** Gives it back once no read is under way that could swallow what is typed next. */
  async release(): Promise<void> {
    await this.quiet();
    this.giveBack();
  }

  /** Gives it back as it was, at once. Harmless when it has been given back. */
  giveBack(): void {
    if (!this.taken) return;
    this.taken = false;
    this.pause();
    for (const [name, listener] of this.listeners) process.removeListener(name, listener);
    this.leave();
  }

  /** The size at the start, as the runtime knows it: to ask stty takes as long as a frame. */
  firstSize(): Size {
    const { columns, rows } = process.stdout;
    return columns > 0 && rows > 0 ? { columns, rows } : this.size();
  }

  /** Cells in a line, and lines; 80 and 24 where the terminal doesn't know. */
  size(): Size {
    const [rows = 0, columns = 0] = (runOnTerminal(this.stty, ['size'], this.env) ?? '').split(' ').map(Number);
    return { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 };
  }

  /** The next key, or pasted text. Throws ClosedPipe when the terminal has gone. */
  async nextInput(): Promise<Input> {
    const key = await this.nextKey();
    return key === pasteBegins ? { is: 'paste', text: await this.pastedText() } : { is: 'key', key };
  }

  /** What stands before the mark that ends pasted text. */
  private async pastedText(): Promise<string> {
    const bytes: number[] = [];
    const end = Buffer.from(pasteEnds);
    let last = Buffer.alloc(0);
    for (let breaks = 0; breaks < longestPasteBreak && !last.equals(end); ) {
      await this.paused?.until;
      this.read = readByte();
      const byte = await this.read;
      this.read = null;
      if (byte === null) {
        breaks += 1;
        continue;
      }
      breaks = 0;
      last = Buffer.concat([last, Buffer.of(byte)]).subarray(-end.length);
      if (bytes.length < longestPaste) bytes.push(byte);
    }
    const text = Buffer.from(bytes).toString('utf8');
    return text.endsWith(pasteEnds) ? text.slice(0, -pasteEnds.length) : text;
  }

  private async nextKey(): Promise<Key> {
    let nothing = 0;
    let pauses = 0;
    while (this.waiting.length === 0) {
      await this.paused?.until;
      const asked = performance.now();
      this.read = readByte();
      const byte = await this.read;
      this.read = null;
      if (byte === null) {
        // A terminal that is gone answers at once, and always the same; one that waits takes its time.
        nothing = performance.now() - asked < 15 ? nothing + 1 : 0;
        if (nothing > 20) throw new ClosedPipe();
        // A sequence that has got beyond its Escape was sent by a terminal, perhaps over a slow line.
        pauses += 1;
        if (this.rest.length > 1 && pauses < 5) continue;
        this.waiting = settleKeys(this.rest);
        this.rest = new Uint8Array();
      } else {
        pauses = 0;
        const { keys, rest } = decodeKeys(Uint8Array.of(...this.rest, byte));
        this.waiting = keys;
        this.rest = rest;
      }
    }
    return this.waiting.shift()!;
  }

  /** Shows these lines, the first one on top: writes only those that differ from what is there. */
  draw(lines: string[], columns: number): void {
    let frame = '';
    for (let i = 0; i < Math.max(lines.length, this.drawn.length); i++) {
      const line = lines[i] ?? '';
      if (line === this.drawn[i]) continue;
      // Erasing after a line as wide as the screen would erase its last cell.
      frame += `\x1b[${i + 1};1H${line}\x1b[0m${cellsOf(line) < columns ? '\x1b[K' : ''}`;
    }
    this.drawn = lines;
    if (frame !== '' && this.taken) writeAll(1, this.env.TERM === 'linux' ? frame : frameBegins + frame + frameEnds);
  }

  /** Forgets what is on the screen: the next frame is drawn whole. */
  forget(): void {
    this.drawn = [];
    if (this.taken) writeAll(1, '\x1b[0m\x1b[2J');
  }

  /** Stops as a program does that is told to, and goes on when continued. */
  private async stop(): Promise<void> {
    const stop = this.listeners.find(([name]) => name === 'SIGTSTP')!;
    process.removeListener(...stop);
    await this.quiet();
    if (!this.taken) return;
    this.leave();
    process.kill(process.pid, 'SIGTSTP');
    // Whether it stopped here until somebody continued it, or nobody could (a login shell's own group): go on.
    await delay(50);
    if (!this.taken) return;
    process.on('SIGTSTP', stop[1]);
    for (const [name, listener] of this.listeners) if (name === 'SIGCONT') listener();
  }

  private again(onChange: () => void): void {
    if (!this.taken) return;
    this.enter();
    onChange();
  }

  private end(signal: NodeJS.Signals): void {
    this.giveBack();
    process.kill(process.pid, signal);
  }

  /**
   * Whether something has been typed that nobody has read yet; it stays unread. Asked of a shell, for neither runtime
   * can look at a terminal without reading from it.
   */
  private inputWaits(): boolean {
    const asks: [string, string][] = [
      ['bash', 'read -t 0'],
      ['zsh', 'zmodload zsh/zselect && zselect -t 0 -r 0'],
    ];
    for (const [name, ask] of asks) {
      const shell = findProgram(name, this.env);
      if (shell === null) continue;
      const bare = name === 'bash' ? ['--norc', '--noprofile'] : ['-f'];
      return spawnSync(shell, [...bare, '-c', ask], { stdio: ['inherit', 'ignore', 'ignore'] }).status === 0;
    }
    return false;
  }

  /** Lets no further read begin, for in the shell's settings it would wait for a whole line and take it away. */
  private pause(): void {
    let over = () => {};
    const until = new Promise<void>((resolve) => {
      over = resolve;
    });
    this.paused ??= { until, over };
  }

  private async quiet(): Promise<void> {
    this.pause();
    await this.read?.catch(() => {});
  }

  private enter(): boolean {
    this.drawn = [];
    this.paused?.over();
    this.paused = null;
    const set = runOnTerminal(this.stty, keyByKey, this.env) !== null;
    if (set) writeAll(1, enterScreen);
    return set;
  }

  private leave(): void {
    try {
      writeAll(1, leaveScreen);
    } catch {
      // The terminal has gone; there is nothing to leave.
    }
    runOnTerminal(this.stty, [this.saved], this.env);
  }
}

/** Runs stty on standard input; its answer, or null where it failed. */
function runOnTerminal(stty: string, args: string[], env: World['env']): string | null {
  const run = spawnSync(stty, args, { stdio: ['inherit', 'pipe', 'ignore'], encoding: 'utf8', env: { ...env } });
  return run.status === 0 ? run.stdout.trim() : null;
}

/** One byte of standard input; null when none came for a moment. Throws ClosedPipe when the terminal has gone. */
async function readByte(): Promise<number | null> {
  const byte = Buffer.alloc(1);
  const count = await new Promise<number>((resolve, reject) => {
    read(0, byte, 0, 1, null, (error, bytes) => {
      const code = (error as NodeJS.ErrnoException | null)?.code;
      if (code === 'EAGAIN') delay(20).then(() => resolve(0));
      else if (code === 'EINTR') resolve(0);
      else if (error !== null) reject(new ClosedPipe());
      else resolve(bytes);
    });
  });
  return count === 0 ? null : byte[0]!;
}
