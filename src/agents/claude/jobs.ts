import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { string } from '../../core/json.ts';
import { readSmallFile } from '../../machine/regular-file.ts';

/** What a background session says of itself: `<configDir>/jobs/<jobId>/state.json` (Claude Code 2.1.330). */
export interface Job {
  /** A sentence: what it needs, or what it did. */
  needs: string | null;
  /** It asks something: Claude judged its last answer to be a question, or it waits for a permission. */
  asks: boolean;
  /** `failed`, `crashed` or `stopped`; else null. */
  ended: string | null;
}

const largestState = 256 * 1024;
/** What a job needs that nobody has asked anything of yet. */
const nothingAsked = 'send a prompt to start';

/** Reads the state of a job; null where there is none, or it is another session's. */
export function readJob(configDir: string, jobId: string, sessionId: string): Job | null {
  if (!/^[\w-]{1,64}$/.test(jobId)) return null;
  try {
    const state: unknown = JSON.parse(readSmallFile(join(configDir, 'jobs', jobId, 'state.json'), largestState) ?? '');
    if (typeof state !== 'object' || state === null) return null;
    const { state: word, tempo, needs, sessionId: owner } = state as Record<string, unknown>;
    // After /clear the job is another session's, but keeps the id of its first one.
    if (typeof owner === 'string' && owner !== sessionId && !owner.startsWith(jobId)) return null;
    const isBlocked = word === 'blocked' || tempo === 'blocked';
    const said = string(needs);
    return {
      needs: said,
      asks: isBlocked && said !== null && said !== nothingAsked,
      ended: word === 'failed' || word === 'crashed' || word === 'stopped' ? word : null,
    };
  } catch {
    return null;
  }
}

/** The ids of the jobs that there are. */
export function jobIds(configDir: string): ReadonlySet<string> {
  try {
    return new Set(readdirSync(join(configDir, 'jobs')));
  } catch {
    return new Set();
  }
}
