import * as fs from 'node:fs';
import fastGlob from 'fast-glob';
import { isSessionId, projectsFolder } from './paths.ts';

/** A transcript file as a stat shows it. */
export interface TranscriptFile {
  id: string;
  /** The name of its project folder. */
  folder: string;
  path: string;
  bytes: number;
  /** Milliseconds since the epoch, with fractions. */
  touchedAt: number;
  inode: number;
}

/** The transcripts of a box, newest mtime first, and the paths of what could not be looked at. */
export interface Discovery {
  files: TranscriptFile[];
  skipped: string[];
}

/**
 * Finds the transcripts `<conf>/projects/<folder>/<session id>.jsonl` (Claude Code 1.0 to 2.1) and stats each. Names
 * that are no session id (sub-agents' `agent-*.jsonl`, copies) are passed over; of two files with one id the newer
 * one counts.
 */
export function discover(conf: string): Discovery {
  const root = projectsFolder(conf);
  const skipped: string[] = [];
  const names = fastGlob.sync('*/*.jsonl', {
    cwd: root,
    dot: true,
    onlyFiles: false,
    caseSensitiveMatch: true,
    fs: { ...fs, readdirSync: listingWhatOpens(skipped) },
  });
  const newest = new Map<string, TranscriptFile>();
  for (const name of names) {
    const slash = name.indexOf('/');
    try {
      const file = statTranscript(root, name.slice(0, slash), name.slice(slash + 1));
      if (file === null) continue;
      const other = newest.get(file.id);
      if (other === undefined || other.touchedAt < file.touchedAt) newest.set(file.id, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') skipped.push(`${root}/${name}`);
    }
  }
  const files = [...newest.values()].sort((a, b) => b.touchedAt - a.touchedAt || (a.id < b.id ? -1 : 1));
  return { files, skipped };
}

/**
 * The transcript `<root>/<folder>/<name>` as a stat shows it; null where the name is no session's or it is no file.
 * Throws what stat throws.
 */
export function statTranscript(root: string, folder: string, name: string): TranscriptFile | null {
  const id = name.slice(0, -'.jsonl'.length);
  if (!name.endsWith('.jsonl') || !isSessionId(id)) return null;
  const path = `${root}/${folder}/${name}`;
  const stat = fs.statSync(path);
  if (!stat.isFile()) return null;
  return { id, folder, path, bytes: stat.size, touchedAt: stat.mtimeMs, inode: stat.ino };
}

/** readdir that notes a folder it can't read and goes on without it. */
function listingWhatOpens(skipped: string[]): typeof fs.readdirSync {
  return ((path: string, options: object) => {
    try {
      return fs.readdirSync(path, options as never);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') skipped.push(path);
      return [];
    }
  }) as typeof fs.readdirSync;
}
