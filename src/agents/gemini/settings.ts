import { join } from 'node:path';
import { objectIn, parseObject } from '../../core/json.ts';
import { readSmallFile } from '../../machine/regular-file.ts';

const largest = 1 << 20;
const hour = 3_600_000;
/** The units of its spans: hours, days, weeks, and months of 30 days. */
const units: Readonly<Record<string, number>> = { h: hour, d: 24 * hour, w: 7 * 24 * hour, m: 30 * 24 * hour };

/**
 * How long Gemini CLI keeps a session after its last change, in milliseconds; null when for ever: 30 days, unless its
 * user's settings say otherwise (`general.sessionRetention`, read in 0.61.0). A span that it can't read stops its clean-up;
 * a number of sessions to keep is not counted here.
 */
export function keepsFor(configDir: string): number | null {
  const settings = objectIn(parseObject(textOf(join(configDir, 'settings.json'))));
  const { enabled = true, maxAge = '30d' } = objectIn(objectIn(settings.general).sessionRetention);
  const [, count, unit] = /^(\d+)([hdwm])$/.exec(String(maxAge)) ?? [];
  const span = Number(count) * (units[unit ?? ''] ?? Number.NaN);
  return enabled === true && span > 0 ? span : null;
}

function textOf(path: string): string {
  try {
    return readSmallFile(path, largest) ?? '';
  } catch {
    return '';
  }
}
