import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rec } from './claude-home.ts';
import type { Scratch } from './wt.ts';

/** Makes the lines of a session's file as Gemini CLI 0.61.0 writes them, a second apart. */
export class GeminiWriter {
  at: number;
  #messages = 0;

  /** `at`: milliseconds since the epoch, of the first line. */
  constructor(at: number) {
    this.at = at;
  }

  message(type: string, content: unknown, more: Rec = {}): Rec {
    const timestamp = new Date(this.at).toISOString();
    this.at += 1000;
    return { id: `m${++this.#messages}`, timestamp, type, content, ...more };
  }

  /** What Gemini tells its model of the place: no prompt. */
  context(): Rec {
    return this.set({ messages: [this.message('user', [{ text: '<session_context>\nThis is the Gemini CLI.' }])] });
  }

  prompt(text: string): Rec {
    return this.message('user', [{ text }]);
  }

  answer(content: string, more: Rec = {}): Rec {
    return this.message('gemini', content, { thoughts: [], tokens: { total: 15 }, model: 'gemini-3.8-flash', ...more });
  }

  result(name: string): Rec {
    return this.message('user', [{ functionResponse: { name, response: { output: 'x' } } }]);
  }

  set(fields: Rec): Rec {
    return { $set: { lastUpdated: new Date(this.at).toISOString(), ...fields } };
  }
}

/** The id of Gemini's own; wt's is the time of the name with its first eight digits. */
export const uuid = (n: number): string => `${n.toString(16).padStart(8, '0')}-c844-4c93-894f-9d4bcd276dba`;

export interface GeminiSession {
  n: number;
  cwd: string;
  lines: (Rec | string)[];
  /** Leaves out the first line, as a Gemini does whose file another one has deleted. */
  headless?: boolean;
  /** The mtime, milliseconds since the epoch; now where it isn't told. */
  mtime?: number;
}

/** Writes a session's file, and its project's; gives wt's id of it, and its path. */
export function geminiSession(
  home: Scratch,
  { n, cwd, lines, headless, mtime }: GeminiSession,
): { id: string; path: string } {
  const folder = join(home.home, '.gemini');
  const slug = cwd.split('/').at(-1) || 'root';
  const chats = join(folder, 'tmp', slug, 'chats');
  mkdirSync(chats, { recursive: true });
  writeFileSync(join(chats, '..', '.project_root'), cwd);
  const known = join(folder, 'projects.json');
  const { projects } = existsSync(known) ? JSON.parse(readFileSync(known, 'utf8')) : { projects: {} };
  writeFileSync(known, JSON.stringify({ projects: { ...projects, [cwd]: slug } }));
  const id = `2026-11-29T00-32-${uuid(n).slice(0, 8)}`;
  const projectHash = createHash('sha256').update(cwd).digest('hex');
  const head = { sessionId: uuid(n), projectHash, startTime: '2026-11-29T00:32:52.058Z', kind: 'main' };
  const path = join(chats, `session-${id}.jsonl`);
  const all = headless ? lines : [head, ...lines];
  writeFileSync(path, all.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  if (mtime !== undefined) utimesSync(path, mtime / 1000, mtime / 1000);
  return { id, path };
}
