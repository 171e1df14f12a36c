import { join, resolve } from 'node:path';

/** $CONF: `$CLAUDE_CONFIG_DIR` in NFC as Claude Code 2.1 takes it, made absolute, else `~/.claude`. */
export function claudeFolder(env: Readonly<Record<string, string | undefined>>, home: string): string {
  const named = env.CLAUDE_CONFIG_DIR;
  return named ? resolve(named.normalize('NFC')) : join(home, '.claude');
}

/** The folder of the transcripts' project folders. */
export function projectsFolder(configDir: string): string {
  return join(configDir, 'projects');
}

/** The folder of the registry records, `<pid>.json` (Claude Code 2.1.80 and later). */
export function registryFolder(configDir: string): string {
  return join(configDir, 'sessions');
}

/** A session id, as the source of a regular expression, and how long it is. */
export const idPattern = '[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}';
export const idLength = 36;

const wholeId = new RegExp(`^${idPattern}$`);

/** True for a session id: Claude Code names sessions by UUIDs and nothing else. */
export function isSessionId(id: unknown): id is string {
  return typeof id === 'string' && wholeId.test(id);
}

/**
 * The name of the project folder that Claude Code (1.0 to 2.1) gives a working directory: every UTF-16 unit outside
 * [A-Za-z0-9] becomes `-`; past 200 units the rest is replaced by a 32-bit hash of the whole path in base 36.
 */
export function projectSlug(cwd: string): string {
  const dashed = cwd.replace(/[^a-zA-Z0-9]/g, '-');
  if (dashed.length <= 200) return dashed;
  let hash = 0;
  for (let i = 0; i < cwd.length; i++) hash = ((hash << 5) - hash + cwd.charCodeAt(i)) | 0;
  return `${dashed.slice(0, 200)}-${Math.abs(hash).toString(36)}`;
}
