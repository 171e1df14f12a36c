import { dirname, join } from 'node:path';
import type { Title, TranscriptFile } from '../../core/session.ts';
import { readSmallFile } from '../../machine/regular-file.ts';
import { timestamp } from './json.ts';

const largest = 64 * 1024;

/** `<id>/custom-title.json` beside a transcript, `{"customTitle": …}` (Claude Code 2.1.330); null where there is none. */
export function titleBeside(file: TranscriptFile): Title | null {
  const text = readBeside(file, 'custom-title.json')?.customTitle;
  return typeof text === 'string' && text.trim() !== '' ? { text, source: 'custom' } : null;
}

/**
 * When a session was put away in Claude's own picker, milliseconds since the epoch: `<id>/archived.json`, `{"archived":
 * true, "at": …}` (read in the bundle of 2.1.330). Null where it was not. What was said in it later takes it back.
 */
export function putAwayAt(file: TranscriptFile): number | null {
  const { archived, at } = readBeside(file, 'archived.json') ?? {};
  if (archived !== true) return null;
  return (typeof at === 'number' ? at : timestamp(at)) ?? file.modifiedAt;
}

function readBeside(file: TranscriptFile, name: string): Record<string, unknown> | null {
  if (!file.hasCompanion) return null;
  try {
    const json: unknown = JSON.parse(readSmallFile(join(dirname(file.path), file.id, name), largest) ?? 'null');
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
