import { join, resolve } from 'node:path';
import type { World } from '../../world.ts';
import type { FileLayout } from '../agent.ts';

/** Codex's folder: `$CODEX_HOME`, made absolute, else `~/.codex`. */
export function codexFolder(env: World['env'], home: string): string {
  return env.CODEX_HOME ? resolve(env.CODEX_HOME) : join(home, '.codex');
}

/** A thread's id, a UUID, as the source of a regular expression. */
export const idPattern = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const idLength = 36;
const stamp = 'rollout-2026-11-29T01-09-07-';
const datePattern = '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}-[0-9]{2}-[0-9]{2}';

/** `rollout-<time of creation>-<id>.jsonl` (0.100 to 0.171), as the source of a regular expression. */
export const rolloutPattern: string = `rollout-${datePattern}-${idPattern}\\.jsonl`;

/** Where rollouts lie: `sessions/2026/11/29/`, by the day on which each was made. */
export function rollouts(configDir: string): FileLayout {
  const length = stamp.length + idLength + '.jsonl'.length;
  return {
    root: join(configDir, 'sessions'),
    levels: 3,
    name: { length, pattern: rolloutPattern },
    idFrom: stamp.length,
    idLength,
  };
}

/** The id in the name of a rollout; null where it is none. */
export function idOfRollout(name: string): string | null {
  return rolloutName.test(name) ? name.slice(stamp.length, stamp.length + idLength) : null;
}

const rolloutName = new RegExp(`^${rolloutPattern}$`);
