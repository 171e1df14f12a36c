import { isObject, type Json, string } from '../../core/json.ts';
import type { PendingCall } from '../../core/session.ts';
import { reasonOf } from './failure.ts';
import { blocks, plainText, timestamp } from './json.ts';
import { objectsIn } from './objects.ts';
import { isSessionId } from './paths.ts';
import { isFromPerson, pictureTitle, promptOf, slashCommand } from './prompt.ts';

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
  /** `said`: the text in front of the calls, where one record holds both. */
  | { is: 'calls'; calls: Call[]; message: string | null; said?: string };

export interface Call extends Omit<PendingCall, 'at'> {
  id: string;
}

export type Bookkeeping =
  | { kind: 'custom-title' | 'ai-title' | 'last-prompt'; text: string }
  | { kind: 'summary'; text: string; leaf: string }
  | { kind: 'continued-in'; target: string }
  /** The working directory after a worktree was left, and what is known of the worktree while it is in use. */
  | { kind: 'relocated'; cwd: string }
  /** A prompt that waits for the end of a turn, or one that waits no longer. */
  | { kind: 'queue'; prompt: string | null; at: number | null }
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
  'queue-operation',
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
 * The records in one line, in their order; what is torn is passed over. In a sub-agent's
 * own transcript (`subagent`) every record is a sidechain's, and is taken as talk; elsewhere those are silent. Never throws.
 */
export function parseLine(line: string, subagent = false): TranscriptRecord[] {
  return objectsIn(line)
    .map((json) => recordOf(json, subagent))
    .filter((record) => record !== null);
}

/** What one object of a line says; null where that is nothing that wt reads. Never throws. */
export function recordOf(record: Json, subagent: boolean): TranscriptRecord | null {
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
      const target = record.continuedInSessionId;
      return isSessionId(target) ? { kind: 'continued-in', target } : null;
    }
    case 'relocated': {
      const cwd = string(record.relocatedCwd);
      return cwd !== null ? { kind: 'relocated', cwd } : null;
    }
    case 'worktree-state': {
      const worktree = isObject(record.worktreeSession) ? record.worktreeSession : {};
      return { kind: 'worktree', path: string(worktree.worktreePath), repository: string(worktree.originalCwd) };
    }
    case 'queue-operation': {
      const isNew = record.operation === 'enqueue';
      return {
        kind: 'queue',
        prompt: isNew ? promptOf(plainText(record.content)) : null,
        at: timestamp(record.timestamp),
      };
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
    forkedFrom: forkedFrom(record.forkedFrom),
    talk: queued?.talk ?? (isMute ? null : talkOf(kind, record, message, text)),
    command: queued?.command ?? (isMute || kind !== 'user' ? null : slashCommand(text)),
  };
}

function forkedFrom(value: unknown): string | null {
  return isObject(value) && isSessionId(value.sessionId) ? value.sessionId : null;
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
  if (record.isApiErrorMessage === true)
    return { is: 'failure', text, reason: reasonOf(record, message.stop_reason, text) };
  if (message.model === '<synthetic>') return null;
  const id = string(message.id);
  const calls = blocks(message.content).filter((block) => block.type === 'tool_use');
  if (calls.length > 0) {
    const said = text.trim() === '' ? {} : { said: text };
    return { is: 'calls', calls: calls.map(call), message: id, ...said };
  }
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
