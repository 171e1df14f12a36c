import { readdirSync } from '#system';
import { type OpenFolder, openFolder, type Stats } from '../files/stats.ts';
import { bytesOf } from '../system/bytes.ts';
import { entryWidth, type Folder, idAt, idLength, type Listing, placeOf } from './listing.ts';
import { idSource, projectsFolder } from './paths.ts';

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

/** One of thousands: what only few are asked for is put together only then. */
class ListedFile implements TranscriptFile {
  readonly id: string;
  readonly folder: string;
  readonly bytes: number;
  readonly touchedAt: number;
  readonly inode: number;
  readonly hasCompanion: boolean;
  private readonly root: string;

  constructor(root: string, folder: Folder, stats: Stats, place: number) {
    this.id = idAt(folder.entries, place);
    this.folder = folder.name;
    this.bytes = stats.bytes(place);
    this.touchedAt = stats.touchedAt(place);
    this.inode = stats.inode(place);
    this.hasCompanion = folder.companions[place] === '+';
    this.root = root;
  }

  get path(): string {
    return `${this.root}/${this.folder}/${this.id}.jsonl`;
  }
}

/** The transcripts of one project folder with their stats. */
interface Looked {
  folder: Folder;
  stats: Stats;
}

/** The transcripts of a box, in no order, and the paths of what could not be looked at. */
export class Discovery {
  readonly skipped: string[];
  private readonly root: string;
  private readonly looked: Looked[];
  private all: TranscriptFile[] | undefined;
  private lately: { from: number; files: TranscriptFile[] } | undefined;

  constructor(root: string, looked: Looked[], skipped: string[]) {
    this.skipped = skipped;
    this.root = root;
    this.looked = looked;
    for (const one of looked) for (const place of one.stats.hidden) skipped.push(this.fileAt(one, place).path);
  }

  /** All of them. */
  get files(): TranscriptFile[] {
    this.all ??= this.touchedSince(Number.NEGATIVE_INFINITY);
    return this.all;
  }

  /** How many there are, with whatever else bears such a name. */
  get count(): number {
    let count = 0;
    for (const { stats } of this.looked) count += stats.count - stats.missing.length - stats.hidden.length;
    return count;
  }

  /** Those with an mtime from `from` on, milliseconds since the epoch; who asks again gets the same. */
  latest(from: number): readonly TranscriptFile[] {
    if (this.lately?.from !== from) this.lately = { from, files: this.touchedSince(from) };
    return this.lately.files;
  }

  /** Those with an mtime from `from` on and before `to`, milliseconds since the epoch. */
  private touchedSince(from: number, to = Number.POSITIVE_INFINITY): TranscriptFile[] {
    const files: TranscriptFile[] = [];
    for (const looked of this.looked) {
      for (const place of looked.stats.files(from, to)) files.push(this.fileAt(looked, place));
    }
    return newestOfEach(files);
  }

  /** The transcript of a session; null where it has none. */
  find(id: string): TranscriptFile | null {
    const bytes = bytesOf(id);
    let found: TranscriptFile | null = null;
    for (const looked of this.looked) {
      const place = placeOf(looked.folder.entries, bytes);
      if (place < 0 || !looked.stats.isFile(place)) continue;
      const file = this.fileAt(looked, place);
      if (found === null || standsBefore(file, found)) found = file;
    }
    return found;
  }

  /**
   * All of them, newest mtime first, in parts, each made when it is asked for; null behind the last. A part has the files
   * touched from `since` on, milliseconds since the epoch, that none before it had.
   */
  partsNewestFirst(now: number): () => { since: number; files: TranscriptFile[] } | null {
    let newer = Number.POSITIVE_INFINITY;
    let part = 0;
    let seen: Set<string> | undefined;
    let first: readonly TranscriptFile[] = [];
    return () => {
      if (part > parts) return null;
      const since = part === parts ? Number.NEGATIVE_INFINITY : now - 2 ** part * 86_400_000;
      const touched = part === 0 ? this.latest(since) : this.touchedSince(since, newer);
      // Most who ask want no more than the first part.
      if (part === 0) first = touched;
      else seen ??= new Set(first.map((file) => file.id));
      const files: TranscriptFile[] = [];
      for (const file of touched) if (seen === undefined || seen.size < seen.add(file.id).size) files.push(file);
      newer = since;
      part += 1;
      return { since, files: files.sort((a, b) => b.touchedAt - a.touchedAt || (a.id < b.id ? -1 : 1)) };
    };
  }

  /** All of them, newest mtime first, one by one. */
  *newestFirst(now: number): Generator<TranscriptFile> {
    const next = this.partsNewestFirst(now);
    for (let part = next(); part !== null; part = next()) yield* part.files;
  }

  /** The `most` that were touched last, in no order. */
  newest(most: number): TranscriptFile[] {
    if (this.files.length <= most) return this.files;
    const since = Float64Array.from(this.files, (file) => file.touchedAt)
      .sort()
      .at(-most)!;
    return this.files.filter((file) => file.touchedAt >= since).slice(0, most);
  }

  private fileAt({ folder, stats }: Looked, place: number): TranscriptFile {
    return new ListedFile(this.root, folder, stats, place);
  }
}

/** So many parts of `partsNewestFirst` go back 1, 2, 4… days, and one to the beginning. */
const parts = 7;

/** Of the files that stand for one session only the one touched last counts; of two such, the first by its folder's name. */
function newestOfEach(files: TranscriptFile[]): TranscriptFile[] {
  if (!hasTwins(files)) return files;
  const newest = new Map<string, TranscriptFile>();
  for (const file of files) {
    const other = newest.get(file.id);
    if (other === undefined || standsBefore(file, other)) newest.set(file.id, file);
  }
  return [...newest.values()];
}

/** Told by sorting: most boxes have none, and a map of all ids takes longer to make. */
function hasTwins(files: TranscriptFile[]): boolean {
  const ids: string[] = [];
  for (const { id } of files) ids.push(id);
  ids.sort();
  for (let at = 1; at < ids.length; at++) if (ids[at - 1] === ids[at]) return true;
  return false;
}

function standsBefore(one: TranscriptFile, other: TranscriptFile): boolean {
  return one.touchedAt > other.touchedAt || (one.touchedAt === other.touchedAt && one.folder < other.folder);
}

/**
 * Finds the transcripts `<conf>/projects/<folder>/<session id>.jsonl` (Claude Code 1.0 to 2.1) and stats each. Names
 * that are no session id (sub-agents' `agent-*.jsonl`, copies) are passed over. What has not changed is not
 * listed again, neither a project folder nor the one that holds them all. `now` is in milliseconds since the epoch.
 */
export function discover(conf: string, listing: Listing, now: number): Discovery {
  const root = projectsFolder(conf);
  const skipped: string[] = [];
  const looked: Looked[] = [];
  for (const name of readable(root, skipped, () => foldersIn(root, listing, now)) ?? []) {
    const path = `${root}/${name}`;
    try {
      const open = openFolder(path);
      if (open === null) continue;
      try {
        const one = lookInto(open, name, path, listing, skipped, now);
        if (one !== null) looked.push(one);
      } finally {
        open.close();
      }
    } catch {
      skipped.push(path);
    }
  }
  return new Discovery(root, looked, skipped);
}

/** The names of the project folders, with whatever else lies beside them. Throws when they can't be had. */
function foldersIn(root: string, listing: Listing, now: number): readonly string[] {
  const open = openFolder(root);
  open?.close();
  const changedAt = open?.changedAt ?? Number.NaN;
  const known = listing.knownNames(changedAt);
  if (known !== null) return known;
  const names = open === null ? [] : readdirSync(root);
  listing.learnNames(names, changedAt, now);
  return names;
}

/** Stats the transcripts in a project folder, listing it first where it has changed; null when that can't be done. */
function lookInto(
  open: OpenFolder,
  name: string,
  path: string,
  listing: Listing,
  skipped: string[],
  now: number,
): Looked | null {
  const known = listing.known(name, open.changedAt);
  let folder = known ?? list(open, path, name, skipped);
  let stats = folder && open.stat(folder.entries, entryWidth);
  if (stats !== null && stats.missing.length > 0) {
    // Gone this very moment, or the list was damaged, or it is a link to nothing.
    folder = list(open, path, name, skipped);
    stats = folder && open.stat(folder.entries, entryWidth);
  }
  if (folder === null || stats === null) return null;
  if (folder !== known && !known?.entries.equals(folder.entries)) listing.learn(folder, now);
  return { folder, stats };
}

/** Lists a project folder; null when it can't be read. */
function list(open: OpenFolder, path: string, name: string, skipped: string[]): Folder | null {
  const names = readable(path, skipped, () => open.names(shapes));
  if (names === null) return null;
  const entries = names[0]!;
  const ids = names[1]!;
  let companions = '';
  if (ids.length > 0) {
    const others = new Set(ids.toString('latin1').split('\0'));
    for (let at = 0; at < entries.length; at += entryWidth)
      companions += others.has(idAt(entries, at / entryWidth)) ? '+' : '-';
  }
  return { name, changedAt: open.changedAt, entries, companions };
}

/** Transcripts, and the folders beside them. */
const shapes = [
  { length: entryWidth - 1, source: `${idSource}\\.jsonl` },
  { length: idLength, source: idSource },
];

/** What `read` reads of a folder; null where it is gone, or, which is noted, can't be read. */
function readable<T>(path: string, skipped: string[], read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') skipped.push(path);
    return null;
  }
}
