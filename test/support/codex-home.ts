import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { processStat } from './claude-home.ts';
import type { Scratch } from './wt.ts';

// Rollouts as Codex writes them, in both of its forms, and processes that hold threads as it does: bash under its name.

/** The id of thread `n`: all of them begin alike, as those of one minute do. */
export const threadId = (n: number): string => `01a224d9-4143-7ed3-ad0b-${n.toString(16).padStart(12, '0')}`;

/** Codex's folder in a scratch home. */
export const codexFolder = ({ home }: Pick<Scratch, 'home'>): string => join(home, '.codex');

/** `paginated` since 0.155, `legacy` before. */
export type Form = 'paginated' | 'legacy';

type Payload = Record<string, unknown> & { type?: string };

/** Writes the records of a rollout, one second apart, the last one at `at`. */
export class Rollout {
  readonly records: { type: string; payload: Payload }[] = [];
  private readonly form: Form;
  readonly id: string;

  constructor(id: string, meta: Payload = {}, form: Form = 'paginated') {
    this.id = id;
    this.form = form;
    const more = { originator: 'codex-tui', cli_version: '0.171.0', source: 'cli', thread_source: 'user' };
    const base_instructions = { text: 'You are a coding agent. '.repeat(800) };
    this.add('session_meta', { session_id: id, id, ...more, history_mode: form, base_instructions, ...meta });
  }

  add(type: string, payload: Payload): this {
    this.records.push({ type, payload });
    return this;
  }

  /** A turn begins. */
  begin({
    cwd,
    policy = 'on-request',
    trigger = 'user',
  }: {
    cwd?: string;
    policy?: string;
    trigger?: string;
  } = {}): this {
    this.add('event_msg', { type: 'task_started', turn_attribution: { turn_trigger: trigger } });
    const text = '<environment_context>not a prompt</environment_context>';
    this.add('response_item', { type: 'message', role: 'user', content: [{ type: 'input_text', text }] });
    return this.add('turn_context', { ...(cwd === undefined ? {} : { cwd }), approval_policy: policy });
  }

  prompt(text: string): this {
    this.add('response_item', { type: 'message', role: 'user', content: [{ type: 'input_text', text }] });
    return this.form === 'legacy'
      ? this.add('event_msg', { type: 'user_message', message: text, images: [] })
      : this.item('UserMessage', [{ type: 'text', text, text_elements: [] }]);
  }

  answer(text: string): this {
    return this.form === 'legacy'
      ? this.add('event_msg', { type: 'agent_message', message: text })
      : this.item('AgentMessage', [{ type: 'Text', text }]);
  }

  call(name: string, args: unknown, id = 'call_1'): this {
    const text = typeof args === 'string' ? args : JSON.stringify(args);
    return this.add('response_item', { type: 'function_call', id: 'fc_1', name, arguments: text, call_id: id });
  }

  result(id = 'call_1'): this {
    return this.add('response_item', { type: 'function_call_output', call_id: id, output: 'x'.repeat(2000) });
  }

  end(payload: Payload = {}): this {
    this.add('event_msg', { type: 'token_count', info: {} });
    return this.add('event_msg', { type: 'task_complete', last_agent_message: null, ...payload });
  }

  abort(): this {
    return this.add('event_msg', { type: 'turn_aborted', reason: 'interrupted' });
  }

  /** A whole turn. */
  turn(prompt: string, answer: string, cwd?: string): this {
    const where = cwd === undefined ? {} : { cwd };
    return this.begin(where).prompt(prompt).answer(answer).end({ last_agent_message: answer });
  }

  private item(type: string, content: unknown): this {
    return this.add('event_msg', { type: 'item_completed', item: { type, content } });
  }

  /** The lines, the last of them written at `at`, milliseconds since the epoch. */
  text(at: number): string {
    return this.records
      .map(({ type, payload }, place) => {
        const timestamp = new Date(at - (this.records.length - 1 - place) * 1000).toISOString();
        const ordinal = this.form === 'paginated' ? { ordinal: place } : {};
        return `${JSON.stringify({ timestamp, ...ordinal, type, payload })}\n`;
      })
      .join('');
  }

  /** Puts it into Codex's folder, as of `at`, and gives its path. */
  write(home: Pick<Scratch, 'home'>, at = Date.now() - 60_000): string {
    const day = join(codexFolder(home), 'sessions', '2026', '11', '29');
    mkdirSync(day, { recursive: true });
    const path = join(day, `rollout-2026-11-29T01-09-07-${this.id}.jsonl`);
    writeFileSync(path, this.text(at));
    utimesSync(path, at / 1000, at / 1000);
    return path;
  }
}

/** The path of a thread's lock, which is made; it proves nothing by itself. */
export function lockFile(home: Pick<Scratch, 'home'>, id: string): string {
  const path = join(codexFolder(home), 'thread-writer-locks', `${id}.lock`);
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) writeFileSync(path, '');
  return path;
}

/** A process under Codex's name; disposing it kills it. */
export interface FakeCodex extends Disposable {
  pid: number;
  startTime: string;
  child: ChildProcess;
}

/** What a process holds, as paths. */
export interface Holds {
  /** Opened and locked. */
  locks?: string[];
  /** Opened for writing, without a lock; for reading. */
  writes?: string[];
  reads?: string[];
  /** Words behind its name. */
  args?: string[];
  /** The name of its executable. */
  name?: string;
}

/** Starts a process that holds these, and waits until it does. */
export async function fakeCodex(home: Pick<Scratch, 'home'>, holds: Holds = {}): Promise<FakeCodex> {
  const { locks = [], writes = [], reads = [], args = [], name = 'codex' } = holds;
  const program = join(home.home, 'codex-programs', name);
  mkdirSync(dirname(program), { recursive: true });
  if (!existsSync(program)) copyFileSync('/bin/bash', program);
  const lines: string[] = [];
  let fd = 20;
  const open = (path: string, how: string) => {
    fd += 1;
    lines.push(`exec ${fd}${how}'${path}'`);
  };
  for (const path of locks) {
    open(path, '<>');
    lines.push(`flock -x ${fd}`);
  }
  for (const path of writes) open(path, '>>');
  for (const path of reads) open(path, '<');
  lines.push('echo held', 'read');
  const child = spawn(program, ['--norc', '-c', lines.join('\n'), ...args], {
    cwd: home.home,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', (status) => reject(new Error(`the process ended with ${status}`)));
  });
  const pid = child.pid!;
  return {
    pid,
    child,
    startTime: processStat(pid)!.start,
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}

/** Says that a process is the background server, in Codex's own record. */
export function writeDaemonRecord(
  home: Pick<Scratch, 'home'>,
  pid: number,
  startTicks: number,
  bootId = ownBoot(),
): void {
  const folder = join(codexFolder(home), 'app-server-daemon');
  mkdirSync(folder, { recursive: true });
  const record = { pid, processStartTime: 'Sun Nov 29 01:10:37 2026', processIdentity: { bootId, startTicks } };
  writeFileSync(join(folder, 'daemon.pid'), JSON.stringify(record));
}

/** The boot that this machine is in. */
export function ownBoot(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
