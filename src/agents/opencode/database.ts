import { statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { openDatabase } from '#runtime';
import type { Database } from '../../machine/database.ts';

/** OpenCode's folder: `${XDG_DATA_HOME:-~/.local/share}/opencode` (1.18.33). */
export function opencodeFolder(env: Readonly<Record<string, string | undefined>>, home: string): string {
  const data = env.XDG_DATA_HOME;
  return join(data && isAbsolute(data) ? data : join(home, '.local', 'share'), 'opencode');
}

/** Its database: `OPENCODE_DB` names another one, in that folder or by an absolute path. */
export function databasePath(env: Readonly<Record<string, string | undefined>>, configDir: string): string {
  return resolve(configDir, env.OPENCODE_DB || 'opencode.db');
}

/** Whether this build can read databases. */
export const canRead: boolean = openDatabase !== null;

/**
 * Opens the database, hands it to `use` and closes it; null where there is none, or this build can't. Throws what SQLite
 * does. Nothing is written into it; that SQLite touches the `-shm` beside it is the price of seeing what was written last.
 */
export function withDatabase<T>(path: string, use: (database: Database) => T): T | null {
  if (openDatabase === null || statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return null;
  const database = openDatabase(path);
  try {
    return use(database);
  } finally {
    database.close();
  }
}
