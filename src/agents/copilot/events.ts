import { saying } from '../../core/facts.ts';
import { type Json, objectIn, objectsIn, parseObject, string, time } from '../../core/json.ts';
import type { PendingCall, Turn } from '../../core/session.ts';

/** A line of `events.jsonl` (Copilot 1.0.102), as far as wt looks. */
export interface CopilotEvent {
  type: string;
  data: Json;
  /** Milliseconds since the epoch. */
  at: number | null;
  /** A sub-agent's: it has an id of its own there. */
  isSubagents: boolean;
}

/** The event on a line; null where there is none. A line that nests beyond all measure is none. */
export function eventOf(line: string): CopilotEvent | null {
  const json = line.includes('['.repeat(1000)) ? null : parseObject(line);
  const type = string(json?.type);
  if (json === null || type === null) return null;
  return { type, data: objectIn(json.data), at: time(json.timestamp), isSubagents: string(json.agentId) !== null };
}

/** What the user typed; null for what is no prompt. */
export function promptOf({ type, data, isSubagents }: CopilotEvent): string | null {
  return type === 'user.message' && !isSubagents ? string(data.content) : null;
}

/** What the model said; null for what says nothing. */
export function answerOf({ type, data, isSubagents }: CopilotEvent): string | null {
  return type === 'assistant.message' && !isSubagents ? string(data.content) : null;
}

/** A call of a tool in words: its name, and what it is about. */
export interface Call {
  id: string | null;
  tool: string;
  about: string;
}

/** The tools that a message of the model calls. */
export function callsOf({ data }: CopilotEvent): Call[] {
  return objectsIn(data.toolRequests).map((call) => ({
    id: string(call.toolCallId),
    tool: string(call.name) ?? 'a tool',
    about: aboutOf(objectIn(call.arguments)) ?? string(call.intentionSummary) ?? '',
  }));
}

function aboutOf(args: Json): string | null {
  const said = ['command', 'message', 'question', 'path', 'url', 'description', 'prompt', 'query', 'pattern'];
  return said.map((name) => string(args[name])).find((text) => text !== null) ?? null;
}

/** What a permission is asked for: a command, a file, an address, a tool of a server. */
function permissionIn(data: Json): Pick<PendingCall, 'tool' | 'about'> {
  const request = objectIn(data.permissionRequest);
  const about = ['fullCommandText', 'fileName', 'path', 'url', 'toolTitle', 'toolName', 'intention'];
  return {
    tool: string(request.kind) ?? 'a tool',
    about: about.map((name) => string(request[name])).find((text) => text !== null) ?? '',
  };
}

/** The tool by which Copilot asks its user something. */
export const questionTool = 'ask_user';

/** Follows a session's events in their order to its last turn. */
export class LastTurn {
  turn: Turn | null = null;
  lastPrompt: string | null = null;
  lastAnswer: string | null = null;
  lastActivityAt: number | null = null;
  /** Permissions and questions that wait, by the ids of request and call. */
  private readonly waiting = new Map<string, PendingCall & { call: string | null }>();

  /** What waits for the user the longest. */
  get pending(): PendingCall | null {
    const [first] = this.waiting.values();
    return first === undefined ? null : { tool: first.tool, about: first.about, at: first.at };
  }

  /** Takes the next event. */
  take(event: CopilotEvent): void {
    const { type, data, at, isSubagents } = event;
    // A sub-agent's turns are part of the session's own; but what it asks, its user is asked.
    if (isSubagents && !/^(?:permission|tool)\./.test(type)) return;
    if (this.follow(event)) {
      if (at !== null && at > (this.lastActivityAt ?? Number.NEGATIVE_INFINITY)) this.lastActivityAt = at;
      if (this.turn !== null && isOpen(this.turn) && this.turn.by === 'agent')
        this.turn.how = this.waiting.size > 0 ? 'asking' : 'working';
    } else if (type === 'session.resume') {
      // Nothing that was open goes on then: its calls are told to have been interrupted.
      if (this.turn !== null && isOpen(this.turn)) this.end({ by: 'you', how: 'interrupted', reason: null });
    } else if (type === 'session.error') this.end({ by: 'agent', how: 'failed', reason: failureOf(data) });
  }

  /** Takes what is talk; false for all else. */
  private follow(event: CopilotEvent): boolean {
    const { type, data, at } = event;
    const call = string(data.toolCallId);
    switch (type) {
      case 'user.message':
        this.waiting.clear();
        this.turn = { by: 'you', how: 'unanswered', reason: null };
        this.lastPrompt = saying(string(data.content) ?? '') || this.lastPrompt;
        return true;
      case 'assistant.turn_start':
        this.turn = { by: 'agent', how: 'working', reason: null };
        return true;
      case 'assistant.message': {
        const text = saying(string(data.content) ?? '');
        const isLast = callsOf(event).length === 0;
        this.lastAnswer = text || this.lastAnswer;
        this.turn = { by: 'agent', how: isLast ? 'answered' : 'working', reason: null };
        return true;
      }
      case 'permission.requested': {
        const asked = permissionIn(data);
        const of = string(objectIn(data.permissionRequest).toolCallId);
        this.wait(string(data.requestId) ?? 'a request', { ...asked, at, call: of });
        return true;
      }
      case 'permission.completed':
        this.waiting.delete(string(data.requestId) ?? 'a request');
        return true;
      case 'tool.execution_start':
        if (data.toolName === questionTool && call !== null)
          this.wait(call, { tool: questionTool, about: aboutOf(objectIn(data.arguments)) ?? '', at, call });
        return true;
      case 'tool.execution_complete':
        for (const [id, one] of this.waiting) if (one.call === call && call !== null) this.waiting.delete(id);
        return true;
      case 'abort':
        this.end({ by: 'you', how: 'interrupted', reason: null });
        return true;
      default:
        return false;
    }
  }

  private wait(id: string, { tool, about, at, call }: PendingCall & { call: string | null }): void {
    this.waiting.set(id, { tool: saying(tool), about: saying(about), at, call });
    if (this.turn === null || !isOpen(this.turn)) this.turn = { by: 'agent', how: 'asking', reason: null };
  }

  private end(turn: Turn): void {
    this.waiting.clear();
    this.turn = turn;
  }
}

function isOpen({ how }: Turn): boolean {
  return how === 'asking' || how === 'working' || how === 'unanswered';
}

function failureOf(data: Json): string | null {
  const text = saying(string(data.message) ?? '');
  return text === '' ? null : text;
}
