import { isObject, type Json, objectIn, objectsIn, parseObject, string, time } from '../../core/json.ts';

/** A message of a session (Gemini CLI 0.61.0). */
export interface Message {
  id: string;
  type: 'user' | 'gemini' | 'info' | 'error' | 'warning';
  /** What was said; empty where nothing was. */
  text: string;
  /** Milliseconds since the epoch. */
  at: number | null;
  /** It brings what tools gave. */
  isResult: boolean;
  /** The tools that it calls, a line each, as far as they were written down: that is when they have ended. */
  calls: string[];
  /** The user has cancelled one of them. */
  isCancelled: boolean;
}

/** What a line of a session does to it. */
export type Change =
  | { is: 'message'; message: Message }
  /** All before it is replaced by these. */
  | { is: 'checkpoint'; messages: Message[] }
  | { is: 'summary'; text: string }
  /** That message and what came after it are taken back; where it isn't known, all. */
  | { is: 'rewind'; to: string };

/** The changes on a line, in their order; none where it is no JSON, or nests beyond all measure. */
export function changesOn(line: string): Change[] {
  const json = line.includes('['.repeat(1000)) ? null : parseObject(line);
  if (json === null) return [];
  const message = messageOf(json);
  if (message !== null) return [{ is: 'message', message }];
  const changes: Change[] = [];
  const set = objectIn(json.$set);
  if (Array.isArray(set.messages)) {
    const messages = objectsIn(set.messages).map(messageOf);
    changes.push({ is: 'checkpoint', messages: messages.filter((one) => one !== null) });
  }
  const summary = string(set.summary) ?? string(json.summary);
  if (summary !== null) changes.push({ is: 'summary', text: summary });
  const to = string(json.$rewindTo);
  if (to !== null) changes.push({ is: 'rewind', to });
  return changes;
}

const types = ['user', 'gemini', 'info', 'error', 'warning'] as const;

function messageOf(json: Json): Message | null {
  const type = types.find((one) => one === json.type);
  const id = string(json.id);
  if (type === undefined || id === null) return null;
  const parts = Array.isArray(json.content) ? json.content.filter(isObject) : [];
  const text = string(json.content) ?? parts.map((part) => string(part.text) ?? '').join('\n');
  const calls = objectsIn(json.toolCalls);
  const called = parts.map((part) => part.functionCall).filter(isObject);
  return {
    id,
    type,
    text: text.trim(),
    at: time(json.timestamp),
    isResult: parts.some((part) => isObject(part.functionResponse)),
    calls: [...calls, ...called].map(callLine),
    isCancelled: calls.some((call) => call.status === 'cancelled'),
  };
}

function callLine(call: Json): string {
  const args = objectIn(call.args);
  const about = ['command', 'file_path', 'path', 'url', 'query', 'pattern', 'prompt', 'description']
    .map((name) => string(args[name]))
    .find((text) => text !== null);
  const tool = string(call.name) ?? 'a tool';
  const line = about?.replace(/\s*\n\s*/g, ' ').trim();
  return line ? `${tool}: ${line}` : tool;
}

/** Whether a user typed it: not what Gemini tells its model of the place, nor what tools gave. */
export function isPrompt({ type, text, isResult }: Message): boolean {
  return type === 'user' && !isResult && text !== '' && !text.startsWith('<session_context>');
}

/** The messages that are left of a session when all changes are made, the newest of each id. */
export class Messages {
  summary: string | null = null;
  private readonly byId = new Map<string, Message>();

  /** Makes the next change. */
  take(change: Change): void {
    switch (change.is) {
      case 'message':
        this.byId.set(change.message.id, change.message);
        break;
      case 'checkpoint':
        this.byId.clear();
        for (const message of change.messages) this.byId.set(message.id, message);
        break;
      case 'summary':
        this.summary = change.text;
        break;
      case 'rewind': {
        const ids = [...this.byId.keys()];
        const at = ids.indexOf(change.to);
        for (const id of ids.slice(Math.max(at, 0))) this.byId.delete(id);
        break;
      }
    }
  }

  /** In their order. */
  all(): Message[] {
    return [...this.byId.values()];
  }
}
