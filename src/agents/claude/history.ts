import { join } from 'node:path';
import { readAt, withRegularFile } from '../../machine/regular-file.ts';
import { timestamp } from './json.ts';
import { isSessionId } from './paths.ts';

/** How much of the end of the history is looked at, in bytes: some hundreds of prompts. */
const window = 128 << 10;
/** What leaves Claude Code when it is typed alone (2.1.332). */
const exits = /^(?:\/exit|\/quit|exit|quit|:q!?|:wq!?)$/;

/**
 * When sessions were left by a command of their user's, by their ids, milliseconds since the epoch. The transcript does
 * not tell (2.1.119 to 2.1.332), but `<configDir>/history.jsonl` does: `{"display":"/exit","timestamp":…,"sessionId":…}`.
 * What was typed after it takes it back.
 */
export function exitsIn(configDir: string): ReadonlyMap<string, number> {
  const left = new Map<string, number>();
  let text: string;
  try {
    text = withRegularFile(join(configDir, 'history.jsonl'), (file) => {
      const from = Math.max(0, file.size - window);
      return readAt(file, from, file.size - from).toString('utf8');
    });
  } catch {
    return left;
  }
  for (const line of text.split('\n')) {
    // Most lines are prompts of sessions that were not left since; all of them are short.
    if (!line.startsWith('{"display":')) continue;
    try {
      const { display, timestamp: at, sessionId } = JSON.parse(line) as Record<string, unknown>;
      if (!isSessionId(sessionId) || typeof display !== 'string') continue;
      const time = typeof at === 'number' ? at : timestamp(at);
      if (time !== null && exits.test(display.trim())) left.set(sessionId, time);
      else left.delete(sessionId);
    } catch {
      // A torn line.
    }
  }
  return left;
}
