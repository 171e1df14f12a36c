import { expect } from 'vitest';
import { type Rec, sessionsFolder, transcript, Writer, type WriterOptions } from './claude-home.ts';
import { type Build, type Scratch, scratch, wt } from './wt.ts';

/** A session of `wt --json`, as far as tests name its fields. */
export interface Row extends Rec {
  id: string;
  state: string;
  activity: string | null;
  processes: { pid: number; suspended: boolean; status: string | null; entrypoint: string | null }[];
}

/** What `wt --json` says. */
export interface Report {
  counts: Record<string, number>;
  sessions: Row[];
  skipped: number;
}

export const minute = 60_000;
export const hour = 60 * minute;

/** The answer of `wt --json --all`, or of other words. */
export function report(build: Build, home: Scratch, args = ['--json', '--all']): Report {
  const run = wt(build, args, home);
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
  return JSON.parse(run.stdout);
}

/** The one row of a session; undefined where it has none. */
export function rowOf(all: Report, id: string): Row | undefined {
  const rows = all.sessions.filter((session) => session.id === id);
  expect(rows.length, `rows of ${id}`).toBeLessThanOrEqual(1);
  return rows[0];
}

/** A home in which a Claude Code with a registry has run. */
export function tracked(): Scratch {
  const made = scratch();
  sessionsFolder(made.conf);
  return made;
}

/** Writes a transcript with the records that `lines` makes; gives the writer, whose `id` is the session's. */
export function written(
  at: Scratch,
  lines: (writer: Writer) => Rec[],
  options: WriterOptions & { mtime?: number } = {},
): Writer {
  const writer = new Writer({ cwd: '/home/u/api', ...options });
  const records = lines(writer);
  transcript(at.conf, {
    cwd: options.cwd ?? '/home/u/api',
    id: writer.id,
    records,
    ...(options.mtime === undefined ? {} : { mtime: options.mtime }),
  });
  return writer;
}

export const answered = (w: Writer) => [w.prompt('Fix the broken redirect'), w.text('Done.')];

export const asking = (w: Writer) => [
  w.prompt('Fix the broken redirect'),
  w.toolUse({ name: 'Bash', input: { command: 'docker compose down', description: 'Stop it' } }),
];
