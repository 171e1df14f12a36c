import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isObject, objectIn, parseObject, string } from '../../core/json.ts';
import { readAt, readSmallFile, withRegularFile } from '../../machine/regular-file.ts';

/** `~/.gemini`; `GEMINI_CLI_HOME` replaces the home (Gemini CLI 0.61.0). */
export function geminiFolder(env: Readonly<Record<string, string | undefined>>, home: string): string {
  return join(env.GEMINI_CLI_HOME ? resolve(env.GEMINI_CLI_HOME) : home, '.gemini');
}

/** Where the projects' folders lie: `<project>/chats/session-<day and minute of its start>-<8 digits of its id>.jsonl`. */
export function projectsFolder(configDir: string): string {
  return join(configDir, 'tmp');
}

/**
 * What wt takes for an id: the day and minute with the digits, for the whole id stands only inside of the file, and a
 * session that is resumed gets a second file with the same digits, which may stay without talk.
 */
export const idPattern = '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}-[0-9]{2}-[0-9a-f]{8}';
export const idLength = 'YYYY-MM-DDThh-mm-01234567'.length;

const nameOfFile = new RegExp(`^session-(${idPattern})\\.jsonl$`);
const largest = 1 << 20;

/** The directory of a project, by a transcript in its folder; null where nobody wrote it down. */
export function directoryOfProject(transcript: string): string | null {
  return textOf(join(dirname(dirname(transcript)), '.project_root'))?.trim() || null;
}

/** The sessions of a directory, by their ids, with their paths. Never throws. */
export function sessionsIn(configDir: string, directory: string): { id: string; path: string }[] {
  const projects = objectIn(parseObject(textOf(join(configDir, 'projects.json')) ?? '')?.projects);
  const slug = string(projects[directory]);
  if (slug === null || slug.includes('/') || slug.startsWith('.')) return [];
  const chats = join(projectsFolder(configDir), slug, 'chats');
  return namesIn(chats).flatMap((name) => {
    const id = nameOfFile.exec(name)?.[1];
    return id === undefined ? [] : [{ id, path: join(chats, name) }];
  });
}

/**
 * The id by which Gemini itself knows a session, a UUID: it stands in the first line of the file, which may be gone, and
 * with each prompt in `logs.json`. Null where it is nowhere. Never throws.
 */
export function wholeId(configDir: string, id: string): string | null {
  const digits = id.slice(-8);
  const isIt = (value: unknown): value is string =>
    typeof value === 'string' &&
    /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value) &&
    value.startsWith(digits);
  for (const slug of namesIn(projectsFolder(configDir))) {
    const folder = join(projectsFolder(configDir), slug);
    const head = headOf(join(folder, 'chats', `session-${id}.jsonl`));
    if (head === null) continue;
    const own = parseObject(head.split('\n')[0]!)?.sessionId;
    if (isIt(own)) return own;
    const logged = loggedIds(join(folder, 'logs.json')).find(isIt);
    if (logged !== undefined) return logged;
  }
  return null;
}

function loggedIds(path: string): unknown[] {
  try {
    const entries: unknown = JSON.parse(textOf(path, 16 << 20) ?? '[]');
    return Array.isArray(entries) ? entries.filter(isObject).map((entry) => entry.sessionId) : [];
  } catch {
    return [];
  }
}

function headOf(path: string): string | null {
  try {
    return withRegularFile(path, (file) => readAt(file, 0, 4096).toString());
  } catch {
    return null;
  }
}

function textOf(path: string, most = largest): string | null {
  try {
    return readSmallFile(path, most);
  } catch {
    return null;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
