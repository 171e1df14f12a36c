import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSmallFile } from '../../machine/regular-file.ts';

const day = 86_400_000;
const usual = 30;
const largest = 1 << 20;
/** Settings of the whole machine, which stand above all others (2.1.330, Linux). */
const managed = '/etc/claude-code/managed-settings.json';

/** Days that transcripts are kept: by the settings of the machine, where they say so, and of a user. */
export interface Settings {
  machine: number | undefined;
  elsewhere: number;
}

/** Reads what holds wherever a Claude is started. */
export function readSettings(configDir: string): Settings {
  return { machine: daysIn(managed), elsewhere: daysIn(join(configDir, 'settings.json')) ?? usual };
}

/**
 * How long Claude Code keeps a transcript after its last change, in milliseconds; null when for ever. The clean-up of a
 * Claude goes by the settings it runs with, whosever transcripts it deletes: those of the machine, of the project it was
 * started in (the local ones first), of its user, else 30 days. So a transcript is safe no longer than the shortest of
 * what a Claude says that was started in the session's own directory, and what one elsewhere does (run with 2.1.145 to
 * 2.1.332).
 */
export function keepsFor({ machine, elsewhere }: Settings, cwd: string | null): number | null {
  if (machine !== undefined) return inMilliseconds(machine);
  const folder = cwd === null ? null : join(cwd, '.claude');
  const hasOwn = folder !== null && existsSync(folder);
  const project = hasOwn ? ['settings.local.json', 'settings.json'].map((name) => join(folder, name)) : [];
  const here = project.map(daysIn).find((days) => days !== undefined) ?? elsewhere;
  const shortest = Math.min(here, elsewhere);
  return inMilliseconds(shortest);
}

function inMilliseconds(days: number): number | null {
  return Number.isFinite(days) ? days * day : null;
}

/**
 * `cleanupPeriodDays` of a settings file; undefined where it says nothing. Where it is no whole number from 1 on, or the
 * file is no JSON, Claude Code 2.1.330 cleans nothing up: infinite.
 */
function daysIn(path: string): number | undefined {
  let text: string | null;
  try {
    text = readSmallFile(path, largest);
  } catch {
    return undefined;
  }
  try {
    const settings = JSON.parse(text ?? '') as { cleanupPeriodDays?: unknown } | null;
    const days = settings?.cleanupPeriodDays;
    if (days === undefined) return undefined;
    return typeof days === 'number' && Number.isInteger(days) && days >= 1 ? days : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
