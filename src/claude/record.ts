import { once } from '../core/once.ts';
import type { PendingCall } from '../core/session.ts';

/**
 * What one line of a transcript says, in wt's own words. Field names and shapes are those that Claude Code 1.0 to
 * 2.1.330 writes; this file is the only place that spells them.
 */
export type TranscriptRecord = Conversation | Bookkeeping;

/** A record that carries talk, or stands beside it: user, assistant, system, attachment and unknown ones. */
export interface Conversation {
  kind: 'user' | 'assistant' | 'other';
  /** Milliseconds since the epoch. */
  at: number | null;
  cwd: string | null;
  branch: string | null;
  entrypoint: string | null;
  version: string | null;
  forkedFrom: string | null;
  /** A sub-agent's talk, or a team member's. */
  sidechain: boolean;
  team: boolean;
  /** What it means for the turn; null when nothing (meta records, wrappers, thinking, synthetic answers). */
  talk: Talk | null;
  /** The slash command in it, as typed. */
  command: string | null;
}

export type Talk =
  /** Empty where nothing but a picture was given. */
  | { is: 'prompt'; text: string }
  | { is: 'interruption' }
  | { is: 'results'; ids: string[] }
  | { is: 'failure'; text: string }
  | { is: 'answer'; text: string; message: string | null }
  | { is: 'calls'; calls: Call[]; message: string | null };

export interface Call extends Omit<PendingCall, 'at'> {
  id: string;
}

export type Bookkeeping =
  | { kind: 'custom-title' | 'ai-title' | 'last-prompt'; text: string }
  | { kind: 'summary'; text: string; leaf: string }
  | { kind: 'continued-in'; target: string };

type Json = Record<string, unknown>;

/** The record types that wt reads when a line begins with its type; all others beginning so are bookkeeping. */
const bookkeepingTypes = once(() => ['custom-title', 'ai-title', 'last-prompt', 'summary', 'continued-in']);

/** Whether a type is one of those. */
export function isBookkeeping(type: string): boolean {
  return bookkeepingTypes().includes(type);
}

/** Whether a line, as UTF-8, names one of those types somewhere. */
export function namesBookkeeping(line: Buffer): boolean {
  return bookkeepingTypes().some((type) => line.includes(`"${type}"`));
}

/** Whether records of this type are talk, or stand beside it. */
export function isTalk(type: string): boolean {
  return type === 'user' || type === 'assistant' || type === 'system' || type === 'attachment';
}

/**
 * Reads one line; null when it is torn, no object, or of no use. In a sub-agent's own transcript (`subagent`) every
 * record is a sidechain's, and is taken as talk; elsewhere those are silent. Never throws.
 */
export function parseRecord(line: string, subagent = false): TranscriptRecord | null {
  if (line.length > suspicious && (line.includes(tooDeep()) || !/\}\s*$/.test(line.slice(-100)))) return null;
  let json: unknown;
  try {
    // A crash leaves runs of NUL before the next record; a byte order mark may begin a copied file.
    json = JSON.parse(line.startsWith('{') ? line : line.replace(/^[\0\ufeff\s]+/, ''));
  } catch {
    return null;
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return null;
  const record = json as Json;
  switch (record.type) {
    case 'custom-title':
      return titled('custom-title', record.customTitle);
    case 'ai-title':
      return titled('ai-title', record.aiTitle);
    case 'last-prompt':
      return titled('last-prompt', record.lastPrompt);
    case 'summary': {
      const text = string(record.summary);
      const leaf = string(record.leafUuid);
      return text !== null && leaf !== null ? { kind: 'summary', text, leaf } : null;
    }
    case 'continued-in': {
      const target = string(record.continuedInSessionId);
      return target !== null ? { kind: 'continued-in', target } : null;
    }
    default:
      return conversation(record, subagent);
  }
}

/** A line longer than this, in UTF-16 units, is looked at before it is parsed: parsing what nests for ever, or never ends, takes memory. */
const suspicious = 64 << 10;
const tooDeep = once(() => '['.repeat(1000));

function titled(kind: 'custom-title' | 'ai-title' | 'last-prompt', text: unknown): Bookkeeping | null {
  return typeof text === 'string' && text.trim() !== '' ? { kind, text } : null;
}

function conversation(record: Json, subagent: boolean): Conversation {
  const kind = record.type === 'user' || record.type === 'assistant' ? record.type : 'other';
  const sidechain = record.isSidechain === true;
  const isMute =
    kind === 'other' || (sidechain && !subagent) || record.isMeta === true || record.isCompactSummary === true;
  const message = isObject(record.message) ? record.message : {};
  const content = message.content;
  const text = isMute ? '' : plainText(content);
  return {
    kind,
    at: kind === 'other' ? null : timestamp(record.timestamp),
    cwd: string(record.cwd),
    branch: typeof record.gitBranch === 'string' ? record.gitBranch : null,
    entrypoint: string(record.entrypoint),
    version: string(record.version),
    forkedFrom: isObject(record.forkedFrom) ? string(record.forkedFrom.sessionId) : null,
    sidechain,
    team: string(record.teamName) !== null,
    talk: isMute ? null : kind === 'user' ? userTalk(content, text) : assistantTalk(record, message, text),
    command: isMute || kind !== 'user' ? null : slashCommand(text),
  };
}

function userTalk(content: unknown, said: string): Talk | null {
  const text = withoutWrappers(said);
  if (text.startsWith('[Request interrupted by user')) return { is: 'interruption' };
  if (!Array.isArray(content)) return text === '' ? null : { is: 'prompt', text };
  const results = blocks(content).filter((block) => block.type === 'tool_result');
  if (results.length > 0) return { is: 'results', ids: results.map((block) => string(block.tool_use_id) ?? '') };
  const shown = blocks(content).some((block) => block.type === 'image' || block.type === 'document');
  return text === '' && !shown ? null : { is: 'prompt', text };
}

function assistantTalk(record: Json, message: Json, text: string): Talk | null {
  if (record.isApiErrorMessage === true) return { is: 'failure', text };
  if (message.model === '<synthetic>') return null;
  const id = string(message.id);
  const calls = blocks(message.content).filter((block) => block.type === 'tool_use');
  if (calls.length > 0) return { is: 'calls', calls: calls.map(call), message: id };
  return text.trim() === '' ? null : { is: 'answer', text, message: id };
}

function call(block: Json): Call {
  const tool = string(block.name) ?? 'tool';
  const input = isObject(block.input) ? block.input : {};
  return { id: string(block.id) ?? '', tool, about: aboutCall(tool, input) };
}

/** The inputs that tell most about a call, best first. */
const tellingInputs = once(() => [
  'command',
  'file_path',
  'notebook_path',
  'path',
  'url',
  'query',
  'pattern',
  'description',
]);

function aboutCall(tool: string, input: Json): string {
  if (tool === 'AskUserQuestion') {
    const questions = (Array.isArray(input.questions) ? input.questions : []).filter(isObject);
    return questions.map((question) => string(question.question) ?? '').find((text) => text !== '') ?? '';
  }
  if (tool === 'ExitPlanMode') {
    const lines = (string(input.plan) ?? '').split('\n').map((line) => line.replace(/^[#\s]+/, '').trim());
    return lines.find((line) => line !== '') ?? '';
  }
  for (const name of tellingInputs()) {
    const value = string(input[name]);
    if (value !== null) return value;
  }
  return Object.values(input).find((value): value is string => typeof value === 'string' && value !== '') ?? '';
}

/** Wrappers that Claude Code puts round what nobody typed: `<command-name>`, `<system-reminder>`, `<ide_selection>`. */
const wrapper = once(() => /^\s*<([a-z][a-z0-9]*[-_][a-z0-9_-]*)(?:\s[^>]*)?>/);

/** The text without the wrapper blocks that lead it; empty when a wrapper never ends. */
export function withoutWrappers(text: string): string {
  // Almost never: then no pattern has to be made ready.
  if (!text.includes('<')) return text.trim();
  let rest = text;
  for (let open = wrapper().exec(rest); open !== null; open = wrapper().exec(rest)) {
    const close = `</${open[1]}>`;
    const end = rest.indexOf(close, open[0].length);
    if (end < 0) return '';
    rest = rest.slice(end + close.length);
  }
  return rest.trim();
}

function slashCommand(text: string): string | null {
  if (!text.includes('<command-name>')) return null;
  const name = /^\s*(?:<command-message>[^<]*<\/command-message>\s*)?<command-name>([^<]+)<\/command-name>/.exec(
    text,
  )?.[1];
  if (name === undefined) return null;
  const args = /<command-args>([^<]*)<\/command-args>/.exec(text)?.[1] ?? '';
  return `${name.trim()} ${args.trim()}`.trim();
}

function plainText(content: unknown): string {
  if (typeof content === 'string') return content;
  return blocks(content)
    .filter((block) => block.type === 'text')
    .map((block) => string(block.text) ?? '')
    .join('\n');
}

function blocks(content: unknown): Json[] {
  return Array.isArray(content) ? content.filter(isObject) : [];
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function string(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** An ISO time in milliseconds since the epoch; null when it is none. */
function timestamp(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const at = Date.parse(value);
  return Number.isFinite(at) ? at : null;
}
