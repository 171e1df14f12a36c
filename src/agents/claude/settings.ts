import { join } from 'node:path';
import { readSmallFile } from '../../machine/regular-file.ts';

const day = 86_400_000;
const usual = 30;
const largest = 1 << 20;

/**
 * How long Claude Code keeps a transcript after its last change, in milliseconds: `cleanupPeriodDays` of the user's
 * settings, else 30 days (2.1.330).
 */
export function keepsFor(configDir: string): number {
  try {
    const settings: unknown = JSON.parse(readSmallFile(join(configDir, 'settings.json'), largest) ?? '{}');
    const days = (settings as { cleanupPeriodDays?: unknown } | null)?.cleanupPeriodDays;
    return (typeof days === 'number' && days >= 1 ? days : usual) * day;
  } catch {
    return usual * day;
  }
}
