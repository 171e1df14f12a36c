import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Rec } from './claude-home.ts';
import { root, type Scratch } from './wt.ts';

/** A message of a session that is to be written: who speaks, and the parts. */
export interface OpencodeMessage {
  role: 'user' | 'assistant';
  /** More of the message, as `{ finish: 'stop' }`; an assistant's is completed unless this says otherwise. */
  data?: Rec;
  parts: Rec[];
  /** Milliseconds since the epoch. */
  at: number;
}

export interface OpencodeSession {
  id: string;
  directory: string;
  title?: string;
  parent?: string;
  permission?: Rec[];
  archivedAt?: number;
  messages: OpencodeMessage[];
}

/** A prompt; an answer; a call of a tool in some state. */
export function prompt(text: string, at: number): OpencodeMessage {
  return { role: 'user', parts: [{ type: 'text', text }], at };
}

export function answer(text: string, at: number): OpencodeMessage {
  return { role: 'assistant', data: { finish: 'stop' }, parts: [{ type: 'text', text }], at };
}

export function call(tool: string, input: Rec, state: Rec, at: number): OpencodeMessage {
  const part = {
    type: 'tool',
    tool,
    callID: 'call_1',
    state: { status: 'running', input, time: { start: at }, ...state },
  };
  return { role: 'assistant', data: { time: { created: at } }, parts: [{ type: 'step-start' }, part], at };
}

/** The tables of OpenCode 1.18.33, as far as wt looks, with a column that it does not. */
const tables = [
  `CREATE TABLE IF NOT EXISTS session (id text PRIMARY KEY, project_id text NOT NULL, parent_id text, directory text NOT NULL,
    title text NOT NULL, version text NOT NULL, permission text, time_created integer NOT NULL, time_updated integer NOT NULL,
    time_archived integer)`,
  `CREATE TABLE IF NOT EXISTS message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL,
    time_updated integer NOT NULL, data text NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS part (id text PRIMARY KEY, message_id text NOT NULL, session_id text NOT NULL,
    time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL)`,
  `CREATE INDEX IF NOT EXISTS message_session_time_created_id_idx ON message (session_id, time_created, id)`,
  `CREATE INDEX IF NOT EXISTS part_message_id_id_idx ON part (message_id, id)`,
];

/** The path of the database of a home. */
export function databaseOf(home: Scratch): string {
  return join(home.home, '.local', 'share', 'opencode', 'opencode.db');
}

/** Writes sessions into the database of a home, in WAL mode, as OpenCode does; what is there with an id is replaced. */
export function opencodeSessions(home: Scratch, ...sessions: OpencodeSession[]): void {
  const statements: [string, ...unknown[]][] = tables.map((sql) => [sql]);
  for (const { id, directory, title, parent, permission, archivedAt, messages } of sessions) {
    const times = messages.map(({ at }) => at);
    const made = title ?? `New session - ${new Date(times[0] ?? 0).toISOString()}`;
    const rules = permission === undefined ? null : JSON.stringify(permission);
    statements.push(
      ['DELETE FROM session WHERE id = ?', id],
      ['DELETE FROM message WHERE session_id = ?', id],
      ['DELETE FROM part WHERE session_id = ?', id],
      [
        'INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        ...[id, 'global', parent ?? null, directory, made, '1.18.33', rules],
        ...[times[0] ?? 0, times.at(-1) ?? 0, archivedAt ?? null],
      ],
    );
    for (const [place, { role, data, parts, at }] of messages.entries()) {
      const message = `msg_${id.slice(4)}${String(place).padStart(4, '0')}`;
      const time = role === 'user' ? { created: at } : { created: at, completed: at };
      const json = JSON.stringify({ role, time, ...data });
      statements.push(['INSERT INTO message VALUES (?, ?, ?, ?, ?)', message, id, at, at, json]);
      for (const [index, part] of parts.entries()) {
        const own = `prt_${message.slice(4)}${String(index).padStart(4, '0')}`;
        const written = JSON.stringify(part);
        statements.push(['INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)', own, message, id, at, at, written]);
      }
    }
  }
  execute(home, statements);
}

/** Runs statements on the database of a home. Bun does it: Node 20 has no SQLite. */
export function execute(home: Scratch, statements: [string, ...unknown[]][]): void {
  const path = databaseOf(home);
  mkdirSync(join(path, '..'), { recursive: true });
  const script = `
    import { Database } from 'bun:sqlite';
    const { path, statements } = JSON.parse(await Bun.stdin.text());
    const database = new Database(path);
    database.run('PRAGMA journal_mode = WAL');
    database.transaction(() => { for (const [sql, ...values] of statements) database.query(sql).run(...values); })();
    database.close();`;
  const run = spawnSync(join(root, 'node_modules', '.bin', 'bun'), ['-e', script], {
    input: JSON.stringify({ path, statements }),
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(run.stderr);
}
