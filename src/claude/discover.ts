import * as fs from 'node:fs';
import { basename } from 'node:path';
import { lookInto, type Stats } from '../files/stats.ts';
import { entryOf, entryWidth, type Folder, idAt, type Listing, placeOf } from './listing.ts';
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
  /** Whether a folder `<id>/` lies beside it. */
  hasCompanion: boolean;
  /** A sub-agent's own transcript, beside its session's. */
  subagent?: true;
}

/** The transcripts of one project folder with their stats. */
interface Looked {
  folder: Folder;
  stats: Stats;
}

/** The transcripts of a box, in no order, and the paths of what could not be looked at. */
export class Discovery {
  readonly skipped: string[] = [];
  readonly #root: string;
  readonly #looked: Looked[];
  #files: TranscriptFile[] | undefined;

  constructor(root: string, looked: Looked[], doubles: ReadonlySet<string>) {
    this.#root = root;
    this.#looked = looked;
    for (const id of doubles) this.#keepNewest(id);
    for (const { folder, stats } of looked) {
      for (const place of stats.hidden) {
        this.skipped.push(`${root}/${folder.name}/${idAt(folder.entries, place)}.jsonl`);
      }
    }
  }

  /** All of them. */
  get files(): TranscriptFile[] {
    this.#files ??= this.touchedSince(Number.NEGATIVE_INFINITY);
    return this.#files;
  }

  /** How many there are. */
  get count(): number {
    let count = 0;
    for (const { stats } of this.#looked)
      count += stats.files(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY).length;
    return count;
  }

  /** Those with an mtime from `from` on and before `to`, milliseconds since the epoch. */
  touchedSince(from: number, to = Number.POSITIVE_INFINITY): TranscriptFile[] {
    const files: TranscriptFile[] = [];
    for (const looked of this.#looked) {
      for (const place of looked.stats.files(from, to)) files.push(this.#fileAt(looked, place));
    }
    return files;
  }

  /** The transcript of a session; null where it has none. */
  find(id: string): TranscriptFile | null {
    for (const looked of this.#looked) {
      const place = placeOf(looked.folder.entries, id);
      if (place >= 0 && looked.stats.isFile(place)) return this.#fileAt(looked, place);
    }
    return null;
  }

  /** All of them, newest mtime first; sorted, and made, no further than somebody goes through them. */
  *newestFirst(now: number): Generator<TranscriptFile> {
    let newer = Number.POSITIVE_INFINITY;
    for (const age of [1, 7, 30, Number.POSITIVE_INFINITY]) {
      const older = now - age * 86_400_000;
      yield* this.touchedSince(older, newer).sort((a, b) => b.touchedAt - a.touchedAt || (a.id < b.id ? -1 : 1));
      newer = older;
    }
  }

  #fileAt({ folder, stats }: Looked, place: number): TranscriptFile {
    const id = idAt(folder.entries, place);
    return {
      id,
      folder: folder.name,
      path: `${this.#root}/${folder.name}/${id}.jsonl`,
      bytes: stats.bytes(place),
      touchedAt: stats.touchedAt(place),
      inode: stats.inode(place),
      hasCompanion: folder.companions[place] === '+',
    };
  }

  /** Of the files that stand for one session only the one touched last counts. */
  #keepNewest(id: string): void {
    let best: { stats: Stats; place: number } | null = null;
    for (const { folder, stats } of this.#looked) {
      const place = placeOf(folder.entries, id);
      if (place < 0 || !stats.isFile(place)) continue;
      const isNewer = best === null || best.stats.touchedAt(best.place) < stats.touchedAt(place);
      const loser = isNewer ? best : { stats, place };
      loser?.stats.pass(loser.place);
      if (isNewer) best = { stats, place };
    }
  }
}

/**
 * Finds the transcripts `<conf>/projects/<folder>/<session id>.jsonl` (Claude Code 1.0 to 2.1) and stats each. Names
 * that are no session id (sub-agents' `agent-*.jsonl`, copies) are passed over. Folders that have not changed are not
 * listed again.
 */
export async function discover(conf: string, listing: Listing, now: number): Promise<Discovery> {
  const root = projectsFolder(conf);
  let names: string[];
  try {
    names = fs.readdirSync(root);
  } catch (error) {
    listing.keepOnly(new Set());
    const nothing = new Discovery(root, [], new Set());
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') nothing.skipped.push(root);
    return nothing;
  }
  const look = new Look(root, listing);
  look.at(names);
  listing.keepOnly(look.folders);
  // Once for what has changed; once more for what went this very moment.
  for (let again = 0; again < 2 && look.doubted.size > 0; again++) {
    const doubted = [...look.doubted.keys()];
    await list(listing, look.doubted, root, now, look.skipped);
    look.at(doubted, again === 0 ? 'listed now' : 'for the last time');
  }
  const discovery = new Discovery(root, look.looked, listing.doubles);
  discovery.skipped.push(...look.skipped);
  return discovery;
}

/** One look at the project folders and at every transcript that they are known to hold. */
class Look {
  readonly looked: Looked[] = [];
  readonly skipped: string[] = [];
  /** The names of all that are folders. */
  readonly folders = new Set<string>();
  /** The folders of which it isn't known what they hold, with their mtimes. */
  readonly doubted = new Map<string, number>();
  readonly #root: string;
  readonly #listing: Listing;

  constructor(root: string, listing: Listing) {
    this.#root = root;
    this.#listing = listing;
  }

  /** Looks into folders. Those `listed now` are believed whatever their mtime says, unless a file is gone again. */
  at(names: string[], known: 'before' | 'listed now' | 'for the last time' = 'before'): void {
    this.doubted.clear();
    for (const name of names) {
      try {
        lookInto(`${this.#root}/${name}`, ({ touchedAt, stat }) => {
          this.folders.add(name);
          const folder =
            known === 'before' ? this.#listing.known(name, touchedAt) : (this.#listing.folders.get(name) ?? null);
          const stats = folder === null ? null : stat(folder.entries, entryWidth);
          const isWhole = known === 'for the last time' || stats?.missing.length === 0;
          if (folder !== null && stats !== null && isWhole) this.looked.push({ folder, stats });
          else this.doubted.set(name, stats === null ? touchedAt : Number.NaN);
        });
      } catch {
        this.skipped.push(`${this.#root}/${name}`);
      }
    }
  }
}

/** Lists folders, given with their mtimes: NaN where the list is not to be believed later. */
async function list(
  listing: Listing,
  folders: ReadonlyMap<string, number>,
  root: string,
  now: number,
  skipped: string[],
): Promise<void> {
  const { default: fastGlob } = await import('fast-glob');
  const closed = new Set<string>();
  // One pattern where nothing is known yet: fast-glob then walks once instead of once a folder.
  const patterns =
    listing.folders.size === 0 ? '*/*' : [...folders.keys()].map((name) => `${fastGlob.escapePath(name)}/*`);
  const found = fastGlob.sync(patterns, {
    cwd: root,
    dot: true,
    onlyFiles: false,
    fs: { ...fs, readdirSync: listingWhatOpens(root, closed, skipped) },
  });
  const transcripts = new Map<string, string[]>();
  const companions = new Set<string>();
  for (const path of found) {
    const slash = path.indexOf('/');
    const name = path.slice(slash + 1);
    if (!name.endsWith('.jsonl')) {
      if (isSessionId(name)) companions.add(path);
      continue;
    }
    const id = name.slice(0, -'.jsonl'.length);
    if (!isSessionId(id)) continue;
    const folder = path.slice(0, slash);
    const ids = transcripts.get(folder);
    if (ids === undefined) transcripts.set(folder, [id]);
    else ids.push(id);
  }
  for (const [name, touchedAt] of folders) {
    if (closed.has(name)) continue;
    const ids = transcripts.get(name) ?? [];
    const beside = ids.map((id) => (companions.has(`${name}/${id}`) ? '+' : '-')).join('');
    listing.learn({ name, touchedAt, entries: Buffer.from(ids.map(entryOf).join('')), companions: beside }, now);
  }
  listing.findDoubles();
}

/** readdir that notes a folder it can't read, goes on without it, and leaves it to be tried again. */
function listingWhatOpens(root: string, closed: Set<string>, skipped: string[]): typeof fs.readdirSync {
  return ((path: string, options: object) => {
    try {
      return fs.readdirSync(path, options as never);
    } catch (error) {
      const name = basename(path);
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') skipped.push(`${root}/${name}`);
      closed.add(name);
      return [];
    }
  }) as typeof fs.readdirSync;
}
