import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { string, time } from '../../core/json.ts';
import type { TranscriptFile } from '../../core/session.ts';
import type { Database } from '../../machine/database.ts';
import { withDatabase } from './database.ts';

/** A session as the database has it (OpenCode 1.18.33); sub-agents' ones are left out. */
export interface StoredSession {
  file: TranscriptFile;
  directory: string;
  title: string;
  /** When the user archived it, milliseconds since the epoch; null where nobody did. */
  archivedAt: number | null;
}

/** The ids of OpenCode, as they can be handed to it. */
export const idPattern = /^ses_[0-9A-Za-z]{10,60}$/;

const mostSessions = 50_000;
/** Of so many sessions that were changed last the last change is looked up (0.5 ms each): their own time lags behind that. */
const mostRecent = 16;

const all = `
  SELECT id, directory, title, time_updated, time_archived FROM session WHERE parent_id IS NULL ORDER BY time_updated DESC LIMIT ${mostSessions}`;

const newestChange = `
  SELECT max(message.time_updated, coalesce((SELECT max(time_updated) FROM part WHERE message_id = message.id), 0)) AS at
  FROM message WHERE session_id = ? ORDER BY time_created DESC, id DESC LIMIT 1`;

/** All sessions, newest first. Throws what SQLite does; none where there is no database. */
export function readSessions(path: string): StoredSession[] {
  return (
    withDatabase(path, (database) => {
      const inode = statSync(path).ino;
      return database.rows(all).flatMap((row, place) => sessionOf(database, path, inode, row, place < mostRecent));
    }) ?? []
  );
}

function sessionOf(
  database: Database,
  path: string,
  inode: number,
  row: Record<string, unknown>,
  isRecent: boolean,
): StoredSession[] {
  const id = string(row.id);
  const directory = string(row.directory);
  if (id === null || directory === null || !idPattern.test(id)) return [];
  const newest = isRecent ? time(database.rows(newestChange, id)[0]?.at) : null;
  const times = [time(row.time_updated), newest].filter((at) => at !== null);
  const file = {
    id,
    folder: basename(path),
    path,
    bytes: 0,
    modifiedAt: Math.max(0, ...times),
    inode,
    hasCompanion: false,
  };
  return [{ file, directory, title: string(row.title) ?? '', archivedAt: time(row.time_archived) }];
}
