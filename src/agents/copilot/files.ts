import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TranscriptFile } from '../../core/session.ts';
import { statFiles } from '../../machine/stats.ts';

/** `$COPILOT_HOME`, else `~/.copilot` (Copilot 1.0.102). */
export function copilotFolder(env: Readonly<Record<string, string | undefined>>, home: string): string {
  return env.COPILOT_HOME ? resolve(env.COPILOT_HOME) : join(home, '.copilot');
}

/** Where its sessions lie, a folder each. */
export function sessionsFolder(configDir: string): string {
  return join(configDir, 'session-state');
}

/** A session's id, as the source of a regular expression: a UUID. */
export const idPattern = '[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}';
const wholeId = new RegExp(`^${idPattern}$`);

/** Whether a text is the id of a session. */
export function isSessionId(text: unknown): text is string {
  return typeof text === 'string' && wholeId.test(text);
}

const eventsName = 'events.jsonl';
/** An id, a slash, the name, and a NUL. */
const width = 36 + 1 + eventsName.length + 1;

/** The sessions in which something was said: before the first prompt a session has no events. Never throws. */
export function findSessions(configDir: string, skipped: string[]): TranscriptFile[] {
  const root = sessionsFolder(configDir);
  let ids: string[];
  try {
    ids = readdirSync(root).filter(isSessionId);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') skipped.push(root);
    return [];
  }
  const names = Buffer.from(ids.map((id) => `${id}/${eventsName}\0`).join(''), 'latin1');
  const stats = statFiles(root, names, width);
  for (const place of stats.hidden) skipped.push(join(root, ids[place]!, eventsName));
  return ids.flatMap((id, place) =>
    stats.isFile(place)
      ? {
          id,
          folder: id,
          path: `${root}/${id}/${eventsName}`,
          bytes: stats.bytes(place),
          modifiedAt: stats.modifiedAt(place),
          inode: stats.inode(place),
          hasCompanion: false,
        }
      : [],
  );
}
