import * as fs from 'node:fs';
import { basename } from 'node:path';
import { chdir } from 'node:process';
import { type Folder, idLength, type Listing } from './listing.ts';
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
  /** A sub-agent's own transcript, beside its session's. */
  subagent?: true;
}

/** The transcripts of a box, in no order, and the paths of what could not be looked at. */
export interface Discovery {
  files: TranscriptFile[];
  skipped: string[];
  /** The ids of listed transcripts that are no regular file, or can't be looked at. */
  unusable: Set<string>;
}

/**
 * Finds the transcripts `<conf>/projects/<folder>/<session id>.jsonl` (Claude Code 1.0 to 2.1) and stats each. Names
 * that are no session id (sub-agents' `agent-*.jsonl`, copies) are passed over; of two files with one id the newer
 * one counts. Folders that have not changed are not listed again.
 */
export async function discover(conf: string, listing: Listing, now: number): Promise<Discovery> {
  const root = projectsFolder(conf);
  const skipped: string[] = [];
  try {
    const moved = within(root, () => movedFolders(listing, root, skipped));
    if (moved.size > 0) await list(listing, moved, root, now, skipped);
    let seen = within(root, () => statAll(listing, root));
    if (seen.missing.size > 0) {
      // Gone this very moment, or the list was damaged.
      const doubted = [...seen.missing].map((name): [string, Folder] => [
        name,
        { name, touchedAt: Number.NaN, ids: '' },
      ]);
      await list(listing, new Map(doubted), root, now, skipped);
      seen = within(root, () => statAll(listing, root));
    }
    return { files: seen.files, skipped: [...skipped, ...seen.skipped], unusable: seen.unusable };
  } catch (error) {
    listing.keepOnly(new Set());
    const gone = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { files: [], skipped: gone ? [] : [root], unusable: new Set() };
  }
}

/** Does some work in a folder, where names relative to it are found faster; throws where it can't be entered. */
function within<T>(folder: string, work: () => T): T {
  let before: string | null = null;
  try {
    before = process.cwd();
  } catch {
    // It is gone: there is nothing to come back to.
  }
  chdir(folder);
  try {
    return work();
  } finally {
    if (before !== null) comeBack(before);
  }
}

function comeBack(folder: string): void {
  try {
    chdir(folder);
  } catch {
    // It went meanwhile, or may no longer be entered; what follows does not need it.
  }
}

const quietly = { throwIfNoEntry: false } as const;

/** Stats every listed transcript, from inside of `root`; `missing` are the folders that don't hold what they should. */
function statAll(listing: Listing, root: string): Discovery & { missing: Set<string> } {
  const files: TranscriptFile[] = [];
  const skipped: string[] = [];
  const missing = new Set<string>();
  const unusable = new Set<string>();
  const doubles = new Map<string, TranscriptFile>();
  const anyDoubles = listing.doubles.size > 0;
  for (const { name: folder, ids } of listing.folders.values()) {
    for (let at = 0; at < ids.length; at += idLength) {
      const id = ids.slice(at, at + idLength);
      const name = `${folder}/${id}.jsonl`;
      try {
        const stat = fs.statSync(name, quietly);
        if (stat === undefined) missing.add(folder);
        if (!stat?.isFile()) {
          unusable.add(id);
          continue;
        }
        const path = `${root}/${name}`;
        const file = { id, folder, path, bytes: stat.size, touchedAt: stat.mtimeMs, inode: stat.ino };
        if (!anyDoubles || !listing.doubles.has(id)) files.push(file);
        else if ((doubles.get(id)?.touchedAt ?? Number.NEGATIVE_INFINITY) < file.touchedAt) doubles.set(id, file);
      } catch (error) {
        // A name that no file system takes comes from a damaged list.
        if ((error as NodeJS.ErrnoException).code === 'ERR_INVALID_ARG_VALUE') missing.add(folder);
        else skipped.push(`${root}/${name}`);
        unusable.add(id);
      }
    }
  }
  return { files: anyDoubles ? [...files, ...doubles.values()] : files, skipped, unusable, missing };
}

/** The files newest mtime first, sorted no further than somebody goes through them. */
export function* newestFirst(files: TranscriptFile[], now: number): Generator<TranscriptFile> {
  let newer = Number.POSITIVE_INFINITY;
  for (const age of [1, 7, 30, Number.POSITIVE_INFINITY]) {
    const older = now - age * 86_400_000;
    const slice = files.filter((file) => file.touchedAt < newer && file.touchedAt >= older);
    yield* slice.sort((a, b) => b.touchedAt - a.touchedAt || (a.id < b.id ? -1 : 1));
    newer = older;
  }
}

/** The folders, seen from inside of their root, that must be listed again; those that are gone are forgotten. */
function movedFolders(listing: Listing, root: string, skipped: string[]): Map<string, Folder> {
  const names = new Set<string>();
  const moved = new Map<string, Folder>();
  for (const name of fs.readdirSync('.')) {
    try {
      const stat = fs.statSync(name, quietly);
      if (!stat?.isDirectory()) continue;
      names.add(name);
      if (listing.known(name, stat.mtimeMs) === null) moved.set(name, { name, touchedAt: stat.mtimeMs, ids: '' });
    } catch {
      skipped.push(`${root}/${name}`);
    }
  }
  listing.keepOnly(names);
  return moved;
}

/** Lists the folders that have moved. */
async function list(
  listing: Listing,
  moved: Map<string, Folder>,
  root: string,
  now: number,
  skipped: string[],
): Promise<void> {
  const { default: fastGlob } = await import('fast-glob');
  // One pattern where nothing is known yet: fast-glob then walks once instead of once a folder.
  const patterns =
    listing.folders.size === 0 ? '*/*.jsonl' : [...moved.keys()].map((name) => `${fastGlob.escapePath(name)}/*.jsonl`);
  const found = fastGlob.sync(patterns, {
    cwd: root,
    dot: true,
    onlyFiles: false,
    fs: { ...fs, readdirSync: listingWhatOpens(root, moved, skipped) },
  });
  for (const name of found) {
    const slash = name.lastIndexOf('/');
    const id = name.slice(slash + 1, -'.jsonl'.length);
    const folder = moved.get(name.slice(0, slash));
    if (folder !== undefined && isSessionId(id)) folder.ids += id;
  }
  for (const folder of moved.values()) listing.learn(folder, now);
  listing.findDoubles();
}

/** readdir that notes a folder it can't read, goes on without it, and leaves it to be tried again. */
function listingWhatOpens(root: string, moved: Map<string, Folder>, skipped: string[]): typeof fs.readdirSync {
  return ((path: string, options: object) => {
    try {
      return fs.readdirSync(path, options as never);
    } catch (error) {
      const name = basename(path);
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') skipped.push(`${root}/${name}`);
      moved.delete(name);
      return [];
    }
  }) as typeof fs.readdirSync;
}
