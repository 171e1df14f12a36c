import { appendFileSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rec } from './claude-home.ts';
import type { Scratch } from './wt.ts';

/** Makes events as Copilot CLI 1.0.102 writes them, a second apart. */
export class CopilotWriter {
  at: number;
  #calls = 0;

  /** `at`: milliseconds since the epoch, of the first event. */
  constructor(at: number) {
    this.at = at;
  }

  event(type: string, data: Rec, more: Rec = {}): Rec {
    const timestamp = new Date(this.at).toISOString();
    this.at += 1000;
    return { type, data, ...more, id: `${type}-${this.at}`, timestamp, parentId: null };
  }

  start(cwd: string, branch = 'main'): Rec[] {
    return [this.event('session.start', { version: 1, context: { cwd, branch }, alreadyInUse: false })];
  }

  prompt(content: string): Rec[] {
    return [this.event('user.message', { content, transformedContent: `<current_datetime/>\n\n${content}` })];
  }

  system(headless = false): Rec[] {
    const how = headless ? 'You are running in non-interactive mode and' : 'You are an interactive tool and';
    return [this.event('system.message', { role: 'system', content: `You are Copilot. ${how} ${'x'.repeat(22_000)}` })];
  }

  answer(content: string): Rec[] {
    return [
      this.event('assistant.turn_start', { turnId: '0' }),
      this.event('assistant.message', { content, toolRequests: [] }),
      this.event('assistant.turn_end', { turnId: '0' }),
    ];
  }

  /** A call of a tool that has begun; a sub-agent's has an id of its own. */
  call(name: string, args: Rec, more: Rec = {}): Rec[] {
    const toolCallId = `call_${++this.#calls}`;
    return [
      this.event('assistant.turn_start', { turnId: '0' }, more),
      this.event('assistant.message', { content: '', toolRequests: [{ toolCallId, name, arguments: args }] }, more),
      this.event('tool.execution_start', { toolCallId, toolName: name, arguments: args }, more),
    ];
  }

  /** The permission for the last call is asked for. */
  asks(fullCommandText: string, more: Rec = {}): Rec[] {
    const permissionRequest = { kind: 'shell', toolCallId: `call_${this.#calls}`, fullCommandText };
    return [this.event('permission.requested', { requestId: `request_${this.#calls}`, permissionRequest }, more)];
  }

  granted(more: Rec = {}): Rec[] {
    const toolCallId = `call_${this.#calls}`;
    const result = { kind: 'approved' };
    return [this.event('permission.completed', { requestId: `request_${this.#calls}`, toolCallId, result }, more)];
  }

  done(more: Rec = {}): Rec[] {
    return [this.event('tool.execution_complete', { toolCallId: `call_${this.#calls}`, success: true }, more)];
  }
}

/** A session's folder that is to be written. */
export interface CopilotSession {
  id: string;
  cwd: string;
  /** None: nothing was said yet. */
  events?: (Rec | string)[];
  /** Fields of `workspace.yaml`, as they stand there. */
  workspace?: Record<string, string>;
}

/** Writes a session's folder and gives its path. */
export function copilotSession(home: Scratch, { id, cwd, events, workspace }: CopilotSession): string {
  const folder = join(home.home, '.copilot', 'session-state', id);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fields = { id, cwd, branch: 'main', user_named: 'false', ...workspace };
  const yaml = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`);
  writeFileSync(join(folder, 'workspace.yaml'), yaml.join(''));
  if (events !== undefined) say(folder, events);
  return folder;
}

/** Adds events to a session; the file is as old as the last of them. */
export function say(folder: string, events: (Rec | string)[]): void {
  const path = join(folder, 'events.jsonl');
  appendFileSync(path, events.map((one) => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`).join(''));
  const last = events.findLast((one) => typeof one !== 'string') as Rec | undefined;
  const at = Date.parse(String(last?.timestamp)) / 1000;
  if (Number.isFinite(at)) utimesSync(path, at, at);
}
