import { type Depth, type Facts, saying } from '../../core/facts.ts';
import { isObject, type Json, objectIn, objectsIn, parseObject, string, time } from '../../core/json.ts';
import type { PendingCall, Title, TranscriptFile, Turn } from '../../core/session.ts';
import type { Database } from '../../machine/database.ts';
import { withDatabase } from './database.ts';

/** So many of the newest messages are looked through for the last prompt and the last answer. */
const mostMessages = 40;
/** Longer parts, in characters, are cut: nothing that wt shows of one lies further back. */
const longestPart = 64 << 10;

/** What is kept of a session: its facts. */
type Kept = Omit<Facts, 'kept'>;

/** The facts that were read before. */
export function recall(kept: Kept): Facts {
  return { ...kept, kept };
}

/** Reads a session of the database. Throws what SQLite does, or when the session is not there. */
export function readFacts(file: TranscriptFile, depth: Depth): Facts {
  const facts = withDatabase(file.path, (database) => factsOf(database, file, depth));
  if (facts === null) throw Object.assign(new Error('not there'), { code: 'ENOENT' });
  return facts;
}

/** A message, newest first as they are read. */
interface Message {
  id: string;
  role: string | null;
  at: number | null;
  completedAt: number | null;
  finish: string | null;
  error: { name: string; text: string | null } | null;
}

const columns = `id, time_created AS at, json_extract(data, '$.role') AS role,
  json_extract(data, '$.time.completed') AS completed, json_extract(data, '$.finish') AS finish,
  json_extract(data, '$.error.name') AS error, json_extract(data, '$.error.data.message') AS why`;

function factsOf(database: Database, file: TranscriptFile, depth: Depth): Facts | null {
  const [session] = database.rows('SELECT directory, permission FROM session WHERE id = ?', file.id);
  if (session === undefined) return null;
  const messages = database
    .rows(
      `SELECT ${columns} FROM message WHERE session_id = ? ORDER BY time_created DESC, id DESC LIMIT ${mostMessages}`,
      file.id,
    )
    .map(messageOf);
  const prompts = messages.filter(({ role }) => role === 'user');
  const [first] = database.rows(
    `SELECT id FROM message WHERE session_id = ? AND json_extract(data, '$.role') = 'user'
     ORDER BY time_created, id LIMIT 1`,
    file.id,
  );
  const firstPrompt = string(first?.id) === null ? null : promptOf(database, string(first?.id)!);
  const lastPrompt = firstOf(prompts, ({ id }) => promptOf(database, id)) ?? firstPrompt;
  const answers = messages.filter(({ role }) => role === 'assistant');
  const newest = messages[0] ?? null;
  const calls = newest === null ? [] : callsOf(database, newest.id);
  const { turn, pending } = turnOf(database, newest, calls);
  return recall({
    size: file.bytes,
    complete: depth === 'full',
    title: firstPrompt === null ? null : { text: firstPrompt, source: 'first-prompt' },
    firstPrompt,
    lastPrompt,
    lastAnswer: firstOf(answers, ({ id }) => answerOf(database, id)),
    directories: [string(session.directory)].filter((path) => path !== null),
    otherDirectories: [],
    branch: null,
    lastActivityAt: newest === null ? null : Math.max(newest.at ?? 0, newest.completedAt ?? 0, ...changesOf(calls)),
    lastTurn: turn,
    pending,
    // A fork has no mark but its title.
    forkedFrom: null,
    continuedIn: null,
    hasTalk: messages.length > 0,
    isPart: false,
    headless: isProgram(session.permission) && prompts.length <= 1,
    leftByUser: false,
    untracked: false,
  });
}

function messageOf(row: Json): Message {
  const error = string(row.error);
  return {
    id: string(row.id) ?? '',
    role: string(row.role),
    at: time(row.at),
    completedAt: time(row.completed),
    finish: string(row.finish),
    error: error === null ? null : { name: error, text: string(row.why) },
  };
}

/** A session's title, made by a model or its user; null as long as it only says when the session was begun. */
export function titleMadeOf(title: string | null): Title | null {
  return title === null || /^New session - \d{4}-/.test(title) ? null : { text: saying(title), source: 'ai' };
}

/** `opencode run` forbids itself all questions: with no more than one prompt, nobody has gone on with it since. */
function isProgram(permission: unknown): boolean {
  let rules: unknown;
  try {
    rules = JSON.parse(string(permission) ?? '[]');
  } catch {
    return false;
  }
  const denied = objectsIn(rules)
    .filter(({ action }) => action === 'deny')
    .map((rule) => rule.permission);
  return ['question', 'plan_enter', 'plan_exit'].every((name) => denied.includes(name));
}

/** A call of a tool in the newest message. */
interface Call {
  tool: string;
  status: string | null;
  about: string;
  /** It has begun to run: what it says of itself meanwhile stands there. */
  hasBegun: boolean;
  /** The session of the sub-agent that works for it. */
  child: string | null;
  at: number | null;
  changedAt: number | null;
}

/** The calls of a message, in their order. */
function callsOf(database: Database, message: string): Call[] {
  return partsOf(database, message).flatMap(({ part, changedAt }) => {
    if (part.type !== 'tool') return [];
    const state = objectIn(part.state);
    const input = objectIn(state.input);
    const metadata = objectIn(state.metadata);
    const call = {
      tool: saying(string(part.tool) ?? 'a tool'),
      status: string(state.status),
      about: saying(aboutOf(input)),
      hasBegun: isObject(state.metadata),
      child: string(metadata.sessionId),
      at: time(objectIn(state.time).start),
      changedAt,
    };
    return [call];
  });
}

function aboutOf(input: Json): string {
  const [question] = objectsIn(input.questions);
  const said = ['command', 'filePath', 'path', 'url', 'description', 'pattern', 'query', 'prompt'];
  return string(question?.question) ?? said.map((name) => string(input[name])).find((text) => text !== null) ?? '';
}

/** Tools that say something of themselves as soon as they run: without that their permission is asked for (1.18.33, run). */
const asksFirst = ['bash', 'edit', 'write'];

/**
 * The last turn by its newest message. A call that runs is asked for where that can be told: then it is `pending`. Where it
 * can't, the turn is `asking` with nothing pending: it asks or works.
 */
function turnOf(
  database: Database,
  newest: Message | null,
  calls: Call[],
): { turn: Turn | null; pending: PendingCall | null } {
  const say = (by: Turn['by'], how: Turn['how'], reason: string | null = null, pending: PendingCall | null = null) => ({
    turn: { by, how, reason },
    pending,
  });
  if (newest === null) return { turn: null, pending: null };
  const { role, error, completedAt, finish } = newest;
  if (role !== 'assistant') return say('you', 'unanswered');
  if (error?.name === 'MessageAbortedError') return say('you', 'interrupted');
  if (error !== null) return say('agent', 'failed', saying(error.text ?? error.name));
  if (completedAt !== null) return say('agent', finish === 'tool-calls' ? 'working' : 'answered');
  const running = calls.filter(({ status }) => status === 'running' || status === 'pending');
  const asked = running.find(isAskedFor) ?? firstOf(running, (call) => childsCall(database, call));
  if (asked !== undefined && asked !== null)
    return say('agent', 'asking', null, { tool: asked.tool, about: asked.about, at: asked.at });
  const mayAsk = running.some(({ tool }) => !asksFirst.includes(tool));
  return say('agent', mayAsk ? 'asking' : 'working');
}

function isAskedFor({ tool, status, hasBegun }: Call): boolean {
  return status === 'running' && (tool === 'question' || (asksFirst.includes(tool) && !hasBegun));
}

/** The call of a sub-agent that is asked for; null where there is none. */
function childsCall(database: Database, { child }: Call): Call | null {
  if (child === null) return null;
  const [newest] = database.rows(
    'SELECT id FROM message WHERE session_id = ? ORDER BY time_created DESC, id DESC LIMIT 1',
    child,
  );
  const id = string(newest?.id);
  return id === null ? null : (callsOf(database, id).find(isAskedFor) ?? null);
}

function changesOf(calls: Call[]): number[] {
  return calls.map(({ changedAt }) => changedAt).filter((at) => at !== null);
}

/** A part as it is; of one that is too long what wt looks for. */
const partData = `CASE
  WHEN length(data) <= ${longestPart} THEN data
  WHEN NOT json_valid(data) THEN ''
  ELSE json_object(
    'type', data->>'$.type', 'tool', data->>'$.tool', 'text', substr(data->>'$.text', 1, ${longestPart}),
    'synthetic', json(coalesce(data->'$.synthetic', 'null')), 'ignored', json(coalesce(data->'$.ignored', 'null')),
    'state', json_object('status', data->>'$.state.status', 'title', data->>'$.state.title',
      'metadata', CASE WHEN data->'$.state.metadata' IS NULL THEN NULL ELSE json_object() END,
      'time', json_object('start', data->>'$.state.time.start')))
  END`;

/** The parts of a message, in their order; those that are no JSON are left out. */
export function partsOf(database: Database, message: string): { part: Json; changedAt: number | null }[] {
  const rows = database.rows(
    `SELECT time_updated AS at, ${partData} AS data FROM part WHERE message_id = ? ORDER BY id LIMIT 500`,
    message,
  );
  return rows.flatMap(({ data, at }) => {
    const part = parseObject(string(data) ?? '');
    return part === null ? [] : [{ part, changedAt: time(at) }];
  });
}

/** The text of a message's parts, without what OpenCode adds itself; null where that is none. */
export function textOf(database: Database, message: string): string | null {
  const texts = partsOf(database, message)
    .filter(({ part }) => part.type === 'text' && part.synthetic !== true && part.ignored !== true)
    .map(({ part }) => string(part.text) ?? '');
  return texts.join('\n').trim() || null;
}

/** What the user typed. `opencode run` puts an argument with blanks into quotes. */
export function typedText(text: string): string {
  return /^"[^"]* [^"]*"$/.test(text) ? text.slice(1, -1) : text;
}

function promptOf(database: Database, message: string): string | null {
  const text = textOf(database, message);
  return text === null ? null : saying(typedText(text)) || null;
}

function answerOf(database: Database, message: string): string | null {
  const text = textOf(database, message);
  return text === null ? null : saying(text) || null;
}

function firstOf<T, R>(items: T[], find: (item: T) => R | null): R | null {
  for (const item of items) {
    const found = find(item);
    if (found !== null) return found;
  }
  return null;
}
