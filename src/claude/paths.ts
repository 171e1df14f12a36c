import { join, resolve } from '#system';

/** $CONF: `$CLAUDE_CONFIG_DIR` in NFC as Claude Code 2.1 takes it, else `~/.claude`. */
export function claudeFolder(env: Readonly<Record<string, string | undefined>>, home: string): string {
  const named = env.CLAUDE_CONFIG_DIR;
  return named ? resolve(named.normalize('NFC')) : join(home, '.claude');
}

/** The folder of the transcripts' project folders. */
export function projectsFolder(conf: string): string {
  return join(conf, 'projects');
}

/** The folder of the registry records, `<pid>.json` (Claude Code 2.1.139 and later). */
export function registryFolder(conf: string): string {
  return join(conf, 'sessions');
}

/** A session id, as the source of a regular expression. */
export const idSource = `${'[0-9A-Fa-f]{4}'.repeat(2)}-${'[0-9A-Fa-f]{4}-'.repeat(3)}[0-9A-Fa-f]{12}`;
const idShape = '00000000-0000-0000-0000-000000000000';

/**
 * True for a session id: Claude Code names sessions by UUIDs and nothing else. A login asks for few of them, and a
 * pattern would take longer to be made ready for its first text than they take.
 */
export function isSessionId(id: unknown): id is string {
  if (typeof id !== 'string' || id.length !== idShape.length) return false;
  for (let at = 0; at < id.length; at++) {
    const isIn = idShape[at] === '-' ? id[at] === '-' : isHexDigit(id.charCodeAt(at));
    if (!isIn) return false;
  }
  return true;
}

/** Whether a UTF-16 unit is one of 0-9, A-F and a-f. */
function isHexDigit(unit: number): boolean {
  const letter = unit | 0x20;
  return isDigit(unit) || (unit < 0x80 && letter >= 0x61 && letter <= 0x66);
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** True for a text of the digits 0 to 9 and nothing else. */
export function isDigits(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (!isDigit(text.charCodeAt(at))) return false;
  return text !== '';
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
