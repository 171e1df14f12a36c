import { type Json, objectIn, string } from '../../core/json.ts';
import type { PendingCall } from '../../core/session.ts';

// A line of a rollout is `{"timestamp": …, "ordinal": …, "type": …, "payload": {"type": …}}` (0.100 to 0.171; `ordinal` in
// paginated ones, 0.155 and later). Each thing that is said stands there twice, as an event for the screen and as an item
// for the model: the events are read, and of the items the calls, which have no event of their own.

/** What a line says, as far as wt looks; `at` in milliseconds since the epoch. */
export type CodexRecord = { at: number | null } & (
  | Meta
  | { is: 'surroundings'; cwd: string | null; asks: boolean }
  | { is: 'turn'; byPerson: boolean | null }
  | { is: 'end'; how: 'answered' | 'failed' | 'interrupted'; answer: string | null; reason: string | null }
  | { is: 'error'; reason: string }
  | { is: 'prompt'; text: string }
  | { is: 'answer'; text: string }
  | { is: 'call'; id: string; call: PendingCall }
  | { is: 'result'; id: string }
);

/** The first record of a rollout: whose it is. */
export interface Meta {
  is: 'meta';
  id: string | null;
  cwd: string | null;
  branch: string | null;
  version: string | null;
  /** `codex exec` began it. */
  byProgram: boolean;
  /** It is a sub-agent's. */
  isPart: boolean;
  forkedFrom: string | null;
  /** What was said before the fork lies in the other rollout alone. */
  hasBase: boolean;
}

/** The kinds of records that a line can hold which say something: all others are passed over unread. */
const kinds = new Set(['session_meta', 'turn_context', 'event_msg', 'response_item']);
const silent =
  /"payload":\s*\{\s*"type":\s*"(?:token_count|thread_settings_applied|agent_reasoning\w*|exec_command_\w+|reasoning|message)"/;

/** Whether a line has to be parsed, by how it begins. */
export function mayTell(start: string): boolean {
  const type = /^\{\s*"timestamp":\s*"[^"]*",\s*(?:"ordinal":\s*\d+,\s*)?"type":\s*"(\w+)"/.exec(start)?.[1];
  return type === undefined || (kinds.has(type) && !silent.test(start));
}

/** What a line says; null where that is nothing, or where it is torn. */
export function parseRecord(line: string): CodexRecord | null {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return null;
  }
  const { type, payload, timestamp } = objectIn(record);
  const said = readPayload(string(type), objectIn(payload));
  if (said === null) return null;
  const at = Date.parse(string(timestamp) ?? '');
  const known = Number.isFinite(at) ? at : null;
  if (said.is === 'call') said.call.at = known;
  return { ...said, at: known };
}

type Said = CodexRecord extends infer R ? (R extends CodexRecord ? Omit<R, 'at'> : never) : never;

function readPayload(type: string | null, payload: Json): Said | null {
  switch (type) {
    case 'session_meta':
      return readMeta(payload);
    case 'turn_context':
      return { is: 'surroundings', cwd: string(payload.cwd), asks: payload.approval_policy !== 'never' };
    case 'event_msg':
      return readEvent(payload);
    case 'response_item':
      return readItem(payload);
    default:
      return null;
  }
}

function readMeta(payload: Json): Said {
  const { source } = payload;
  return {
    is: 'meta',
    id: string(payload.id),
    cwd: string(payload.cwd),
    branch: string(objectIn(payload.git).branch),
    version: string(payload.cli_version),
    byProgram: source === 'exec',
    // `{"subagent": …}`, and since some version a source of the thread besides.
    isPart:
      (typeof source === 'object' && source !== null && 'subagent' in source) || payload.thread_source === 'subagent',
    forkedFrom: string(payload.forked_from_id),
    hasBase: string(objectIn(payload.history_base).thread_id) !== null,
  };
}

function readEvent(payload: Json): Said | null {
  switch (payload.type) {
    case 'task_started': {
      const trigger = string(objectIn(payload.turn_attribution).turn_trigger);
      return { is: 'turn', byPerson: trigger === null ? null : trigger === 'user' };
    }
    case 'task_complete': {
      const answer = string(payload.last_agent_message);
      const reason = reasonOf(payload.error);
      if (reason !== null) return { is: 'end', how: 'failed', answer, reason };
      return { is: 'end', how: 'answered', answer, reason: null };
    }
    case 'turn_aborted':
      return { is: 'end', how: 'interrupted', answer: null, reason: null };
    case 'error':
      return { is: 'error', reason: string(payload.message) ?? '' };
    case 'user_message':
      return { is: 'prompt', text: asTyped(string(payload.message) ?? '') };
    case 'agent_message':
      return { is: 'answer', text: string(payload.message) ?? '' };
    case 'item_completed': {
      const item = objectIn(payload.item);
      if (item.type === 'UserMessage') return { is: 'prompt', text: asTyped(textsOf(item.content)) };
      return item.type === 'AgentMessage' ? { is: 'answer', text: textsOf(item.content) } : null;
    }
    default:
      return null;
  }
}

/** Calls are `function_call`, `custom_tool_call`, `local_shell_call`; what came of them ends in `_output`. */
function readItem(payload: Json): Said | null {
  const [type, id] = [string(payload.type) ?? '', string(payload.call_id)];
  if (id === null) return null;
  if (type.endsWith('_call_output')) return { is: 'result', id };
  if (!type.endsWith('_call')) return null;
  return { is: 'call', id, call: { tool: string(payload.name) ?? type, about: aboutOf(payload), at: null } };
}

/** What a call is about: its command, its question, or all that it was given. */
function aboutOf(payload: Json): string {
  const text = string(payload.arguments) ?? string(payload.input) ?? '';
  let given: Json;
  try {
    given = payload.action === undefined ? objectIn(JSON.parse(text)) : objectIn(payload.action);
  } catch {
    return text;
  }
  const command = given.cmd ?? given.command;
  if (typeof command === 'string') return command;
  // `["bash", "-lc", "make"]`
  if (Array.isArray(command))
    return String(command.length === 3 && command[1] === '-lc' ? command[2] : command.join(' '));
  const [question] = Array.isArray(given.questions) ? given.questions : [];
  return string(objectIn(question).question) ?? string(given.message) ?? text;
}

/** Editors put what is open in them before a prompt (issue threads of openai/codex; not run). */
const preamble = '## My request for Codex:';

function asTyped(text: string): string {
  const at = text.indexOf(preamble);
  return (at < 0 ? text : text.slice(at + preamble.length)).trim();
}

function textsOf(content: unknown): string {
  if (!Array.isArray(content)) return '';
  return content.flatMap((part) => string(objectIn(part).text) ?? []).join('\n');
}

function reasonOf(error: unknown): string | null {
  if (error === null || error === undefined) return null;
  return string(error) ?? string(objectIn(error).message) ?? 'an error';
}
