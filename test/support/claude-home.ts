import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, readlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One line of a transcript, before it is written down. */
export type Rec = Record<string, unknown>;

/**
 * The folder below projects/ that Claude Code uses for a working directory: every UTF-16 unit outside [A-Za-z0-9]
 * becomes `-`; above 200 units the first 200 and a hash of the whole path (checked on 2.1.330).
 */
export function slug(cwd: string): string {
  const flat = cwd.replace(/[^a-zA-Z0-9]/g, '-');
  if (flat.length <= 200) return flat;
  let hash = 0;
  for (let unit = 0; unit < cwd.length; unit++) hash = ((hash << 5) - hash + cwd.charCodeAt(unit)) | 0;
  return `${flat.slice(0, 200)}-${Math.abs(hash).toString(36)}`;
}

/** What the records of one session have in common. All of it may be changed between two records. */
export interface WriterOptions {
  /** The session id (default: a fresh one). */
  id?: string;
  cwd?: string;
  /** The Claude Code that writes: 1.0.x and 2.0.x leave the fields out that they did not know (default 2.1.330). */
  version?: string;
  /** gitBranch; 1.0 and later write "" outside a repository, 2.1 writes "HEAD" there or when detached. */
  branch?: string;
  /** `cli`, `sdk-cli`, `sdk-ts`, `claude-vscode` …; null leaves the field out, as versions before 2.1 did. */
  entrypoint?: string | null;
  /** The time of the first record, milliseconds since the epoch (default: ten minutes ago). */
  at?: number;
  /** Milliseconds between two records (default 1000). */
  step?: number;
  /** Where uuids come from (default: crypto). */
  uuid?: () => string;
}

/** A tool call in an assistant message. */
export interface Call {
  id?: string;
  name: string;
  input: Rec;
}

/**
 * Makes records in the shapes of Claude Code (fields and their order as seen in 1.0.100, 2.0.76, 2.1.197 and 2.1.330).
 * Each method gives one record, stamps it with the writer's clock and moves that on by `step`; the caller puts the
 * records into a file in whatever order the test wants. `more` adds or replaces fields of the record.
 */
export class Writer {
  id: string;
  cwd: string;
  version: string;
  branch: string;
  entrypoint: string | null;
  at: number;
  step: number;
  /** The uuid of the record made last: the parent of the next one. */
  parent: string | null = null;
  readonly uuid: () => string;

  constructor(options: WriterOptions = {}) {
    this.uuid = options.uuid ?? randomUUID;
    this.id = options.id ?? this.uuid();
    this.cwd = options.cwd ?? '/home/u/api';
    this.version = options.version ?? '2.1.330';
    this.branch = options.branch ?? 'main';
    this.entrypoint =
      options.entrypoint === undefined ? (this.version.startsWith('2.1') ? 'cli' : null) : options.entrypoint;
    this.at = options.at ?? Date.now() - 600_000;
    this.step = options.step ?? 1000;
  }

  /** The next time stamp, as Claude Code writes it. */
  stamp(): string {
    const now = new Date(this.at).toISOString();
    this.at += this.step;
    return now;
  }

  private chain(before: Rec, after: Rec, more: Rec): Rec {
    const uuid = this.uuid();
    const record: Rec = {
      parentUuid: this.parent,
      isSidechain: false,
      ...before,
      uuid,
      timestamp: this.stamp(),
      userType: 'external',
      ...(this.entrypoint === null ? {} : { entrypoint: this.entrypoint }),
      cwd: this.cwd,
      sessionId: this.id,
      version: this.version,
      gitBranch: this.branch,
      ...after,
      ...more,
    };
    this.parent = record.uuid as string;
    return record;
  }

  /** Any user record: content as a string or as an array of blocks. */
  user(content: string | Rec[], more: Rec = {}): Rec {
    return this.chain({ type: 'user', message: { role: 'user', content } }, {}, more);
  }

  /** What you typed, as a string. */
  prompt(text: string, more: Rec = {}): Rec {
    return this.user(text, more);
  }

  /** What you typed, as text blocks (the form with pasted images and IDE selections). */
  promptBlocks(texts: string[], more: Rec = {}): Rec {
    return this.user(
      texts.map((text) => ({ type: 'text', text })),
      more,
    );
  }

  /** Any assistant record. `message` replaces fields of the message (id, model, stop_reason …). */
  assistant(content: Rec[], message: Rec = {}, more: Rec = {}): Rec {
    const calls = content.some((block) => block.type === 'tool_use');
    const id = `msg_01${this.uuid().replaceAll('-', '').slice(0, 22)}`;
    return this.chain(
      {
        message: {
          model: 'claude-opus-4-8',
          id,
          type: 'message',
          role: 'assistant',
          content,
          stop_reason: calls ? 'tool_use' : 'end_turn',
          stop_sequence: null,
          usage: { input_tokens: 3, cache_read_input_tokens: 15_000, output_tokens: 42, service_tier: 'standard' },
          ...message,
        },
        requestId: `req_01${this.uuid().slice(0, 8)}`,
        type: 'assistant',
      },
      {},
      more,
    );
  }

  /** Claude's words. */
  text(text: string, message: Rec = {}, more: Rec = {}): Rec {
    return this.assistant([{ type: 'text', text }], message, more);
  }

  /** A thinking block alone: Claude Code writes each block of a message as a record of its own. */
  thinking(text: string, message: Rec = {}, more: Rec = {}): Rec {
    return this.assistant(
      [{ type: 'thinking', thinking: text, signature: 'EqQBCkYIBxgC' }],
      { stop_reason: null, ...message },
      more,
    );
  }

  /** One tool call; give several the same `message.id` for parallel calls. */
  toolUse(call: Call, message: Rec = {}, more: Rec = {}): Rec {
    const id = call.id ?? this.callId();
    return this.assistant([{ type: 'tool_use', id, name: call.name, input: call.input }], message, more);
  }

  /** A fresh id for a tool call. */
  callId(): string {
    return `toolu_01${this.uuid().replaceAll('-', '').slice(0, 22)}`;
  }

  /** The result of the call with this id. */
  toolResult(callId: string, content: string | Rec[] = 'ok', more: Rec = {}): Rec {
    const result = { tool_use_id: callId, type: 'tool_result', content, is_error: false };
    return this.user([result], { toolUseResult: { stdout: content, stderr: '', interrupted: false }, ...more });
  }

  /** You pressed Esc; `forToolUse` is the form after a rejected tool call. */
  interrupted(forToolUse = false, more: Rec = {}): Rec {
    const text = `[Request interrupted by user${forToolUse ? ' for tool use' : ''}]`;
    return this.promptBlocks([text], { interruptedMessageId: `msg_01${this.uuid().slice(0, 8)}`, ...more });
  }

  /** The API failed and Claude Code says so in the conversation. */
  apiError(text = 'API Error: 529 Overloaded', more: Rec = {}, stopReason = 'stop_sequence'): Rec {
    return this.text(
      text,
      { id: this.uuid(), model: '<synthetic>', stop_reason: stopReason, stop_sequence: '' },
      { error: 'server_error', isApiErrorMessage: true, ...more },
    );
  }

  /** What Claude Code itself puts in Claude's mouth when an interrupted session is resumed. */
  synthetic(text = 'No response requested.', more: Rec = {}): Rec {
    return this.text(
      text,
      { id: this.uuid(), model: '<synthetic>', stop_reason: 'stop_sequence', stop_sequence: '' },
      { isApiErrorMessage: false, ...more },
    );
  }

  /** A user record that nobody typed. */
  meta(text = '<system-reminder>\nThe user named this session.\n</system-reminder>', more: Rec = {}): Rec {
    return this.user(text, { isMeta: true, ...more });
  }

  /** The summary that takes the place of the conversation after /compact. */
  compactSummary(text = 'This session is being continued from a previous conversation.', more: Rec = {}): Rec {
    return this.user(text, { isVisibleInTranscriptOnly: true, isCompactSummary: true, ...more });
  }

  /** A slash command as versions up to 2.0 and the skills of 2.1 write it: a user record of wrappers. */
  command(name: string, args = '', more: Rec = {}): Rec {
    const bare = name.replace(/^\//, '');
    return this.user(
      `<command-message>${bare}</command-message>\n<command-name>${name}</command-name>` +
        (args === '' ? '' : `\n<command-args>${args}</command-args>`),
      more,
    );
  }

  /** What a slash command printed, as a user record. */
  commandOutput(text: string, more: Rec = {}): Rec {
    return this.user(`<local-command-stdout>${text}</local-command-stdout>`, more);
  }

  /** A sub-agent's record. */
  sidechain(text: string, more: Rec = {}): Rec {
    return this.user(text, { isSidechain: true, agentId: this.uuid().slice(0, 8), ...more });
  }

  /** A system record of any subtype. */
  system(subtype: string, fields: Rec = {}, more: Rec = {}): Rec {
    return this.chain({ type: 'system', subtype, ...fields }, { isMeta: false }, more);
  }

  turnDuration(milliseconds = 1234): Rec {
    return this.system('turn_duration', { durationMs: milliseconds });
  }

  compactBoundary(): Rec {
    const compactMetadata = { trigger: 'manual', preTokens: 31_337 };
    return this.system('compact_boundary', { content: 'Conversation compacted', level: 'info', compactMetadata });
  }

  /** A slash command as 2.1 writes it: a system record. */
  localCommand(name: string, args = ''): Rec {
    const content = `<command-name>${name}</command-name>\n<command-message>${name.slice(1)}</command-message>\n<command-args>${args}</command-args>`;
    return this.system('local_command', { content, level: 'info' });
  }

  /** An attachment; `prompt_snapshot` with a filler is among the big records that follow an answer in 2.1.330. */
  attachment(kind = 'skill_listing', bytes = 200): Rec {
    return this.chain({ attachment: { type: kind, content: filler(bytes) }, type: 'attachment' }, {}, {});
  }

  /** What you typed while Claude worked: this is the only record of it (2.1.330). `more` replaces fields of the attachment. */
  queued(prompt: string, more: Rec = {}): Rec {
    const timestamp = new Date(this.at).toISOString();
    const attachment = { type: 'queued_command', prompt, commandMode: 'prompt', timestamp, ...more };
    return this.chain({ attachment, type: 'attachment' }, {}, {});
  }

  /** A prompt that is nothing but a pasted picture. */
  picture(): Rec {
    return this.user([{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }]);
  }

  promptSnapshot(bytes = 70_000): Rec {
    return this.attachment('prompt_snapshot', bytes);
  }

  /** The record of 50 to 90 KB that 2.1.330 writes for each request. */
  apiRequestShape(bytes = 70_000): Rec {
    return {
      type: 'api-request-shape',
      sessionId: this.id,
      shape: { system: [{ type: 'text', text: filler(bytes) }], messages: [{ role: 'user', content: 'hello' }] },
    };
  }

  summary(text: string, leafUuid: string): Rec {
    return { type: 'summary', summary: text, leafUuid };
  }

  aiTitle(text: string): Rec {
    return { type: 'ai-title', aiTitle: text, sessionId: this.id };
  }

  customTitle(text: string): Rec {
    return { type: 'custom-title', customTitle: text, sessionId: this.id };
  }

  lastPrompt(text: string): Rec {
    return { type: 'last-prompt', lastPrompt: text, leafUuid: this.parent, sessionId: this.id };
  }

  /** Its only time stamp is inside the snapshot: not a time of talk. */
  fileHistorySnapshot(): Rec {
    const messageId = this.uuid();
    const snapshot = { messageId, trackedFileBackups: {}, timestamp: new Date(this.at).toISOString() };
    return { type: 'file-history-snapshot', messageId, snapshot, isSnapshotUpdate: false };
  }

  /** It has a time stamp, but it is bookkeeping. */
  queueOperation(content = 'and then the tests', operation = 'enqueue'): Rec {
    const timestamp = new Date(this.at).toISOString();
    return { type: 'queue-operation', operation, timestamp, sessionId: this.id, content };
  }

  continuedIn(id: string): Rec {
    return { type: 'continued-in', sessionId: this.id, continuedInSessionId: id };
  }

  relocated(cwd: string): Rec {
    return { type: 'relocated', relocatedCwd: cwd, sessionId: this.id };
  }

  worktreeState(path: string): Rec {
    const worktreeSession = { originalCwd: this.cwd, worktreePath: path, worktreeName: 'tree', sessionId: this.id };
    return { type: 'worktree-state', worktreeSession, sessionId: this.id };
  }

  /** The small bookkeeping records that are appended again and again. */
  mode(mode = 'default'): Rec {
    return { type: 'permission-mode', permissionMode: mode, sessionId: this.id };
  }

  costState(): Rec {
    return { type: 'cost-state', sessionId: this.id, costUSD: 0.12, modelUsage: { 'claude-opus-4-8': {} } };
  }

  /** The marks that /branch leaves on the copied records: add them with `more`. */
  forkedFrom(sessionId: string): Rec {
    return { forkedFrom: { sessionId, messageUuid: this.uuid() } };
  }
}

/** Text of the given number of bytes that looks like a request body, quotes and escapes included. */
export function filler(bytes: number): string {
  const piece = 'You are Claude Code. {"type":"user","timestamp":"2031-01-01T00:00:00.000Z","cwd":"/no"}\n';
  return piece.repeat(Math.ceil(bytes / piece.length)).slice(0, bytes);
}

/** A transcript that is to be written. */
export interface TranscriptOptions {
  cwd: string;
  id: string;
  /** Records, or lines as they shall stand in the file (torn, spaced, not UTF-8 …). */
  records: readonly (Rec | string | Uint8Array)[];
  /** Milliseconds since the epoch; default: the newest `timestamp` of the records, else now. */
  mtime?: number;
  ending?: '\n' | '\r\n';
  /** Leaves out the newline after the last line. */
  open?: boolean;
  /** The folder's name below projects/ (default: the slug of `cwd`). */
  folder?: string;
}

/** The bytes of a transcript. */
export function transcriptBytes(options: Pick<TranscriptOptions, 'records' | 'ending' | 'open'>): Buffer {
  const ending = Buffer.from(options.ending ?? '\n');
  const parts: Uint8Array[] = [];
  for (const record of options.records) {
    const line = record instanceof Uint8Array || typeof record === 'string' ? record : JSON.stringify(record);
    parts.push(typeof line === 'string' ? Buffer.from(line) : line, ending);
  }
  if (options.open === true) parts.pop();
  return Buffer.concat(parts);
}

/** Writes `projects/<slug>/<id>.jsonl` below $CONF and gives its path. */
export function transcript(conf: string, options: TranscriptOptions): string {
  const folder = join(conf, 'projects', options.folder ?? slug(options.cwd));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${options.id}.jsonl`);
  writeFileSync(path, transcriptBytes(options), { mode: 0o600 });
  let mtime = options.mtime ?? Number.NEGATIVE_INFINITY;
  if (options.mtime === undefined) {
    for (const record of options.records) {
      if (typeof record === 'string' || record instanceof Uint8Array) continue;
      const time = Date.parse(String(record.timestamp));
      if (time > mtime) mtime = time;
    }
  }
  if (Number.isFinite(mtime)) utimesSync(path, mtime / 1000, mtime / 1000);
  return path;
}

/** Writes `<id>/custom-title.json` (2.1.330) beside a transcript in the given folder of projects/. */
export function customTitleFile(conf: string, project: string, id: string, title: string): void {
  const folder = join(conf, 'projects', project, id);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'custom-title.json'), JSON.stringify({ customTitle: title }));
}

/** The state letter and the start time (field 22, clock ticks, as text) of a process; null when it is gone. */
export function processStat(pid: number): { state: string; start: string } | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null;
  }
  // The second field is a name in parentheses and may hold blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '?', start: fields[19] ?? '' };
}

/** The pidDomain that Claude Code 2.1.330 writes on this machine: on slim images a part of it is empty. */
export function ownPidDomain(): string {
  if (process.platform === 'darwin') return 'darwin';
  const [machine, namespace] = [
    () => readFileSync('/etc/machine-id', 'utf8').trim(),
    () => readlinkSync('/proc/self/ns/pid'),
  ].map((read) => {
    try {
      return read();
    } catch {
      return '';
    }
  });
  return `linux:${machine}:${namespace}`;
}

/** A registry record that is to be written. Fields given as undefined are left out of it. */
export interface RegistryOptions {
  pid: number;
  sessionId: string;
  cwd?: string;
  status?: string | undefined;
  waitingFor?: string | undefined;
  /** Default: read from /proc, so the process must be running. */
  procStart?: string | undefined;
  /** Default: this machine's. */
  pidDomain?: string | undefined;
  kind?: string;
  entrypoint?: string;
  version?: string;
  /** Milliseconds since the epoch. */
  statusUpdatedAt?: number | undefined;
  [more: string]: unknown;
}

/** A registry record as 2.1.330 writes it. */
export function registryFields(options: RegistryOptions): Rec {
  const now = Date.now();
  const fields: Rec = {
    cwd: '/home/u/api',
    startedAt: now - 60_000,
    procStart: processStat(options.pid)?.start,
    version: '2.1.330',
    peerProtocol: 1,
    kind: 'interactive',
    entrypoint: 'cli',
    pidDomain: ownPidDomain(),
    status: 'idle',
    updatedAt: now - 1000,
    statusUpdatedAt: now - 1000,
    ...options,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Writes `sessions/<pid>.json` below $CONF and gives its path. */
export function registryRecord(conf: string, options: RegistryOptions): string {
  return registryFile(conf, options.pid, JSON.stringify(registryFields(options)));
}

/** Writes any text as the registry record of a pid: for torn ones. */
export function registryFile(conf: string, pid: number, text: string): string {
  const folder = sessionsFolder(conf);
  const path = join(folder, `${pid}.json`);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** Makes the empty registry folder: what a box has on which a Claude Code since 2.1.80 has run. */
export function sessionsFolder(conf: string): string {
  const folder = join(conf, 'sessions');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Writes `jobs/<first 8 of id>/state.json` of a background session. */
export function jobState(conf: string, id: string, fields: Rec): void {
  const folder = join(conf, 'jobs', id.slice(0, 8));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'state.json'), JSON.stringify({ sessionId: id, state: 'working', ...fields }));
}

/** A process that does nothing, to hold a registry record. `using` ends it. */
export interface Holder extends Disposable {
  pid: number;
  /** Stops it as Ctrl+Z does, and waits until the kernel says so. */
  suspend(): Promise<void>;
  /** Kills it and waits until it is gone and reaped. */
  kill(): Promise<void>;
}

/** Waits until `holds` gives true; throws after the deadline (milliseconds). */
export async function until(holds: () => boolean, what: string, deadline = 5000): Promise<void> {
  const end = Date.now() + deadline;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited ${deadline} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

/** Starts a throw-away process of our own, in this environment. */
export function holder(env: NodeJS.ProcessEnv = process.env): Holder {
  const child = spawn('sleep', ['600'], { stdio: 'ignore', env });
  const pid = child.pid;
  if (pid === undefined) throw new Error('sleep does not start');
  return {
    pid,
    async suspend() {
      child.kill('SIGSTOP');
      await until(() => processStat(pid)?.state === 'T', `process ${pid} stopped`);
    },
    async kill() {
      child.kill('SIGKILL');
      await ended(child);
    },
    [Symbol.dispose]: () => child.kill('SIGKILL'),
  };
}

/** Starts a process that has a zombie child; `pid` and `start` are the zombie's. */
export async function zombie(): Promise<{ pid: number; start: string } & Disposable> {
  const child = spawn('sh', ['-c', 'sleep 0.05 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += String(chunk);
  });
  await until(() => said.includes('\n'), 'the pid of the zombie');
  const pid = Number.parseInt(said, 10);
  await until(() => processStat(pid)?.state === 'Z', `process ${pid} a zombie`);
  const start = processStat(pid)?.start ?? '';
  return { pid, start, [Symbol.dispose]: () => child.kill('SIGKILL') };
}
