import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { TranscriptFile } from '../../src/core/session.ts';

/** A transcript as a stat shows it. */
export function fileAt(path: string): TranscriptFile {
  const stat = statSync(path);
  return {
    id: basename(path, '.jsonl'),
    folder: basename(dirname(path)),
    path,
    bytes: stat.size,
    modifiedAt: stat.mtimeMs,
    inode: stat.ino,
    hasCompanion: statSync(path.replace(/\.jsonl$/, ''), { throwIfNoEntry: false })?.isDirectory() ?? false,
  };
}
