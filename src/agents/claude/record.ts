import type { PendingCall } from '../../core/session.ts';
import { reasonOf } from './failure.ts';
import { isFromPerson, type Json, pictureTitle, promptOf, slashCommand } from './prompt.ts';

/**
 * What one record of a transcript says, in wt's own words. Field names and shapes are those that Claude Code 1.0 to
 * 2.1.332 writes; this folder is the only place that spells them.
 */
export type TranscriptRecord = Conversation | Bookkeeping;

/** A record that carries talk, or stands beside it: user, assistant, system, attachment and unknown ones. */
export interface Conversation {
  kind: 'user' | 'assistant' | 'other';
  /** Milliseconds since the epoch; of records that carry no talk null. */
  at: number | null;
  uuid: string | null;
  parent: string | null;
  cwd: string | null;
  branch: string | null;
  entrypoint: string | null;
  version: string | null;
  forkedFrom: string | null;
  /** What it means for the turn; null when nothing (meta records, wrappers, thinking, synthetic answers). */
  talk: Talk | null;
  /** The command in it, as typed: `/review 12`, `! make`. */
  command: string | null;
}

export type Talk =
  /** `queued`: typed while Claude worked, so a turn may go on behind it. */
  | { is: 'prompt'; text: string; queued: boolean }
  | { is: 'interruption' }
  | { is: 'results'; ids: string[] }
  | { is: 'failure'; text: string; reason: string | null }
  | { is: 'answer'; text: string; message: string | null }
  | { is: 'calls'; calls: Call[]; message: string | null };

export interface Call extends Omit<PendingCall, 'at'> {
  id: string;
}

export type Bookkeeping =
  | { kind: 'custom-title' | 'ai-title' | 'last-prompt'; text: string }
  | { kind: 'summary'; text: string; leaf: string }
  | { kind: 'continued-in'; target: string }
  /** The working directory after a worktree was left, and what is known of the worktree while it is in use. */
  | { kind: 'relocated'; cwd: string }
  | { kind: 'worktree'; path: string | null; repository: string | null };

/** The types of bookkeeping that wt reads; each begins its record. */
export const bookkeepingTypes = [
  'custom-title',
  'ai-title',
  'last-prompt',
  'summary',
  'continued-in',
  'relocated',
  'worktree-state',
] as const;

/** Whether records of this type are talk, or stand beside it. */
export function isTalk(type: string): boolean {
  return type === 'user' || type === 'assistant' || type === 'system' || type === 'attachment';
}

/** Whether a record is of the kind that carries talk, or stands beside it. */
export function isConversation(record: TranscriptRecord): record is Conversation {
  return 'talk' in record;
}

/**
 * The records in one line, in their order. That is one, as a rule; but a crash leaves two of them on a line, a cut one
 * with a whole one behind it, or runs of NUL (seen in 23 of 10,949 files). What is torn is passed over. In a sub-agent's
 * own transcript (`subagent`) every record is a sidechain's, and is taken as talk; elsewhere those are silent. Never throws.
 */
export function parseLine(line: string, subagent = false): TranscriptRecord[] {
  return objectsIn(line)
    .map((json) => recordOf(json, subagent))
    .filter((record) => record !== null);
}

/** A line longer than this, in UTF-16 units, is looked at before it is parsed: what nests for ever, or never ends, takes memory. */
const suspicious = 64 << 10;
const tooDeep = '['.repeat(1000);
/** So many UTF-16 units of a line that is no JSON are gone through, again and again, in search of the records in it. */
const mostSearched = 2 << 20;
/** No record of Claude Code's nests as deep. */
const deepest = 500;

function objectsIn(line: string): Json[] {
  if (line.length > suspicious && line.includes(tooDeep)) return [];
  if (line.length <= suspicious || /\}[\0\s]*$/.test(line.slice(-1000))) {
    const whole = parse(
      line.startsWith('{') && line.endsWith('}') ? line : line.replace(/^[\0\ufeff\s]+|[\0\s]+$/g, ''),
    );
    if (whole !== null) return [whole];
  }
  const found: Json[] = [];
  let left = mostSearched;
  for (let from = line.indexOf('{"'); from >= 0 && left > 0; ) {
    const { end, isWhole } = endOfObject(line, from);
    left -= end - from;
    // What is cut may look like an object up to somewhere in its middle: a record is followed by the next one, or by nothing.
    const stands = isWhole && /^[\0\s]*(?:\{|$)/.test(line.slice(end, end + 1000));
    const json = stands ? parse(line.slice(from, end)) : null;
    if (json !== null) found.push(json);
    from = line.indexOf('{"', json === null ? from + 1 : end);
  }
  return found;
}

function parse(text: string): Json | null {
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) ? json : null;
  } catch {
    return null;
  }
}

/** The place behind the object that begins at `from`, or how far it was followed where it never ends. */
function endOfObject(text: string, from: number): { end: number; isWhole: boolean } {
  const part = /["{}]/g;
  part.lastIndex = from;
  const string = /(?:[^"\\]|\\.)*"/sy;
  let depth = 0;
  for (let found = part.exec(text); found !== null; found = part.exec(text)) {
    if (found[0] === '"') {
      string.lastIndex = part.lastIndex;
      if (!string.test(text)) return { end: text.length, isWhole: false };
      part.lastIndex = string.lastIndex;
    } else {
      depth += found[0] === '{' ? 1 : -1;
      if (depth === 0 || depth > deepest) return { end: part.lastIndex, isWhole: depth === 0 };
    }
  }
  return { end: text.length, isWhole: false };
}

function recordOf(record: Json, subagent: boolean): TranscriptRecord | null {
  switch (record.type) {
    case 'custom-title':
      return titled('custom-title', record.customTitle);
    case 'ai-title':
      return titled('ai-title', record.aiTitle);
    case 'last-prompt':
      return titled('last-prompt', record.lastPrompt);
    case 'summary': {
      const [text, leaf] = [string(record.summary), string(record.leafUuid)];
      return text !== null && leaf !== null ? { kind: 'summary', text, leaf } : null;
    }
    case 'continued-in': {
      const target = string(record.continuedInSessionId);
      return target !== null ? { kind: 'continued-in', target } : null;
    }
    case 'relocated': {
      const cwd = string(record.relocatedCwd);
      return cwd !== null ? { kind: 'relocated', cwd } : null;
    }
    case 'worktree-state': {
      const worktree = isObject(record.worktreeSession) ? record.worktreeSession : {};
      return { kind: 'worktree', path: string(worktree.worktreePath), repository: string(worktree.originalCwd) };
    }
    default:
      return conversation(record, subagent);
  }
}

function titled(kind: 'custom-title' | 'ai-title' | 'last-prompt', text: unknown): Bookkeeping | null {
  return typeof text === 'string' && text.trim() !== '' ? { kind, text } : null;
}

function conversation(record: Json, subagent: boolean): Conversation {
  const kind = record.type === 'user' || record.type === 'assistant' ? record.type : 'other';
  const isOthers = !subagent && (record.isSidechain === true || string(record.teamName) !== null);
  const isMute = isOthers || record.isMeta === true || record.isCompactSummary === true;
  const queued = isMute ? null : queuedPrompt(record);
  const message = isObject(record.message) ? record.message : {};
  const text = isMute || kind === 'other' ? '' : plainText(message.content);
  return {
    kind: queued === null ? kind : 'user',
    at: queued?.at ?? (kind === 'other' ? null : timestamp(record.timestamp)),
    uuid: string(record.uuid),
    parent: string(record.parentUuid),
    cwd: string(record.cwd),
    branch: typeof record.gitBranch === 'string' ? record.gitBranch : null,
    entrypoint: string(record.entrypoint),
    version: string(record.version),
    forkedFrom: isObject(record.forkedFrom) ? string(record.forkedFrom.sessionId) : null,
    talk: queued?.talk ?? (isMute ? null : talkOf(kind, record, message, text)),
    command: queued?.command ?? (isMute || kind !== 'user' ? null : slashCommand(text)),
  };
}

function talkOf(kind: Conversation['kind'], record: Json, message: Json, text: string): Talk | null {
  if (kind === 'user') return userTalk(record, message.content, text);
  return kind === 'assistant' ? assistantTalk(record, message, text) : null;
}

function userTalk(record: Json, content: unknown, said: string): Talk | null {
  const results = blocks(content).filter((block) => block.type === 'tool_result');
  const text = promptOf(said);
  if (text.startsWith('[Request interrupted by user')) return { is: 'interruption' };
  if (results.length > 0) return { is: 'results', ids: results.map((block) => string(block.tool_use_id) ?? '') };
  if (!isFromPerson(record)) return null;
  const shown = text === '' && blocks(content).some((block) => block.type === 'image' || block.type === 'document');
  return text === '' && !shown ? null : { is: 'prompt', text: shown ? pictureTitle : text, queued: false };
}

/**
 * A prompt that was typed while Claude worked: an attachment `queued_command`, which is the only record of it (2.1.330).
 */
function queuedPrompt(record: Json): { talk: Talk | null; command: string | null; at: number | null } | null {
  const { attachment } = record;
  if (record.type !== 'attachment' || !isObject(attachment) || attachment.type !== 'queued_command') return null;
  if (!isFromPerson(attachment)) return null;
  const said = plainText(attachment.prompt);
  const mode = string(attachment.commandMode) ?? 'prompt';
  const at = timestamp(attachment.timestamp) ?? timestamp(record.timestamp);
  if (mode === 'bash') return { talk: null, command: `! ${said.trim()}`, at };
  if (mode !== 'prompt') return null;
  const command = slashCommand(said);
  const text = promptOf(said);
  const shown = text === '' && blocks(attachment.prompt).some((block) => block.type === 'image');
  if (text === '' && !shown) return { talk: null, command, at };
  return { talk: { is: 'prompt', text: shown ? pictureTitle : text, queued: true }, command, at };
}

function assistantTalk(record: Json, message: Json, text: string): Talk | null {
  if (record.isApiErrorMessage === true) return { is: 'failure', text, reason: reasonOf(record, text) };
  if (message.model === '<synthetic>') return null;
  const id = string(message.id);
  const calls = blocks(message.content).filter((block) => block.type === 'tool_use');
  if (calls.length > 0) return { is: 'calls', calls: calls.map(call), message: id };
  if (message.stop_reason === 'refusal') return { is: 'failure', text, reason: 'refused' };
  return text.trim() === '' ? null : { is: 'answer', text, message: id };
}

function call(block: Json): Call {
  const tool = string(block.name) ?? 'tool';
  const input = isObject(block.input) ? block.input : {};
  return { id: string(block.id) ?? '', tool, about: aboutCall(tool, input) };
}

/** The inputs that tell most about a call, best first. */
const tellingInputs = ['command', 'file_path', 'notebook_path', 'path', 'url', 'query', 'pattern', 'description'];

/** What a tool call is about, as one text: its command, its path, the question it asks, the heading of its plan. */
export function aboutCall(tool: string, input: Json): string {
  if (tool === 'AskUserQuestion') {
    const questions = (Array.isArray(input.questions) ? input.questions : []).filter(isObject);
    return questions.map((question) => string(question.question) ?? '').find((text) => text !== '') ?? '';
  }
  if (tool === 'ExitPlanMode') {
    const lines = (string(input.plan) ?? '').split('\n').map((line) => line.replace(/^[#\s]+/, '').trim());
    return lines.find((line) => line !== '') ?? '';
  }
  for (const name of tellingInputs) {
    const value = string(input[name]);
    if (value !== null) return value;
  }
  return Object.values(input).find((value): value is string => typeof value === 'string' && value !== '') ?? '';
}

/** The text blocks of a message's content, joined by line ends. */
export function plainText(content: unknown): string {
  if (typeof content === 'string') return content;
  return blocks(content)
    .filter((block) => block.type === 'text')
    .map((block) => string(block.text) ?? '')
    .join('\n');
}

/** The blocks of a message's content; none where it is a text. */
export function blocks(content: unknown): Json[] {
  return Array.isArray(content) ? content.filter(isObject) : [];
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text that is not empty; else null. */
export function string(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** An ISO time in milliseconds since the epoch; null when it is none. */
export function timestamp(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const at = Date.parse(value);
  return Number.isFinite(at) ? at : null;
}
