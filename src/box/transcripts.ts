import { basename } from 'node:path';
import type { FileFinder, FileLayout } from '../agents/agent.ts';
import type { TranscriptFile } from '../core/session.ts';
import { type FolderStats, statFiles } from '../machine/stats.ts';
import type { Folder, Listing } from './listing.ts';

/** A folder, its transcripts' names (each followed by a NUL) and stats, and each as a file by its place. */
export interface FolderOfTranscripts {
  name: string;
  names: Buffer;
  stats: FolderStats;
  fileAt(place: number): TranscriptFile;
}

/** The transcripts of an agent, in no order: of several with one id each is there by itself. */
export abstract class Transcripts {
  /** Ids that more than one transcript has. */
  abstract readonly twins: ReadonlySet<string>;
  /** How many there are, with whatever else bears such a name. */
  abstract readonly count: number;

  /** Those with an mtime from `from` on and before `to`, milliseconds since the epoch. */
  abstract modifiedBetween(from: number, to: number): TranscriptFile[];

  /** Those of one session: more than one where its id lies in several folders. */
  abstract find(id: string): TranscriptFile[];

  /** All of them. */
  all(): TranscriptFile[] {
    return this.modifiedBetween(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  }

  /** The same, folder by folder. */
  abstract folders(): FolderOfTranscripts[];

  /**
   * All of them, newest mtime first, one by one: the days since `now` are gone through in ever larger steps, so that who
   * stops early has not sorted them all.
   */
  *newestFirst(now: number): Generator<TranscriptFile> {
    let newer = Number.POSITIVE_INFINITY;
    for (let step = 0; newer > Number.NEGATIVE_INFINITY; step++) {
      const since = step < steps ? now - 2 ** step * 86_400_000 : Number.NEGATIVE_INFINITY;
      yield* this.modifiedBetween(since, newer).sort((a, b) => b.modifiedAt - a.modifiedAt || (a.id < b.id ? -1 : 1));
      newer = since;
    }
  }
}

/** So many steps of `newestFirst` go back 1, 2, 4… days, and one to the beginning. */
const steps = 7;

/** Transcripts that their agent has found itself. */
export class FoundTranscripts extends Transcripts {
  readonly twins: ReadonlySet<string>;
  private readonly files: readonly TranscriptFile[];
  private readonly byId = new Map<string, TranscriptFile[]>();

  constructor(files: readonly TranscriptFile[]) {
    super();
    this.files = files;
    for (const file of files) this.byId.set(file.id, [...(this.byId.get(file.id) ?? []), file]);
    this.twins = new Set(Array.from(this.byId).flatMap(([id, those]) => (those.length > 1 ? [id] : [])));
  }

  get count(): number {
    return this.files.length;
  }

  modifiedBetween(from: number, to: number): TranscriptFile[] {
    return this.files.filter(({ modifiedAt }) => modifiedAt >= from && modifiedAt < to);
  }

  find(id: string): TranscriptFile[] {
    return this.byId.get(id) ?? [];
  }

  folders(): FolderOfTranscripts[] {
    const folders = new Map<string, TranscriptFile[]>();
    for (const file of this.files) {
      const others = folders.get(file.folder);
      if (others === undefined) folders.set(file.folder, [file]);
      else others.push(file);
    }
    return Array.from(folders, ([name, files]) => folderOf(name, files));
  }
}

/** Files of one folder with names of one length, as if they had been listed. */
function folderOf(name: string, files: readonly TranscriptFile[]): FolderOfTranscripts {
  const names = Buffer.from(files.map(({ path }) => `${basename(path)}\0`).join(''), 'latin1');
  const stats: FolderStats = {
    count: files.length,
    missing: [],
    hidden: [],
    isFile: () => true,
    bytes: (place) => files[place]!.bytes,
    inode: (place) => files[place]!.inode,
    modifiedAt: (place) => files[place]!.modifiedAt,
    modifiedBetween: (from, to) =>
      Array.from(files.keys()).filter((place) => files[place]!.modifiedAt >= from && files[place]!.modifiedAt < to),
  };
  return { name, names, stats, fileAt: (place) => files[place]! };
}

/** The transcripts of one folder with their stats. */
interface Looked {
  folder: Folder;
  stats: FolderStats;
}

/** Transcripts that lie as a layout says, made out of names and stats only where somebody asks for them. */
class LaidOutTranscripts extends Transcripts {
  readonly twins: ReadonlySet<string>;
  private readonly layout: FileLayout;
  private readonly looked: Looked[];

  constructor(layout: FileLayout, looked: Looked[], twins: ReadonlySet<string>) {
    super();
    this.layout = layout;
    this.looked = looked;
    this.twins = twins;
  }

  get count(): number {
    let count = 0;
    for (const { stats } of this.looked) count += stats.count - stats.missing.length - stats.hidden.length;
    return count;
  }

  modifiedBetween(from: number, to: number): TranscriptFile[] {
    const files: TranscriptFile[] = [];
    for (const looked of this.looked) {
      for (const place of looked.stats.modifiedBetween(from, to)) files.push(this.fileAt(looked, place));
    }
    return files;
  }

  find(id: string): TranscriptFile[] {
    const bytes = Buffer.from(id);
    const { idFrom, name } = this.layout;
    const files: TranscriptFile[] = [];
    for (const looked of this.looked) {
      const at = looked.folder.names.indexOf(bytes) - idFrom;
      const place = at / (name.length + 1);
      if (at >= 0 && Number.isInteger(place) && looked.stats.isFile(place)) files.push(this.fileAt(looked, place));
    }
    return files;
  }

  folders(): FolderOfTranscripts[] {
    return this.looked.map((looked) => ({
      name: looked.folder.name,
      names: looked.folder.names,
      stats: looked.stats,
      fileAt: (place) => this.fileAt(looked, place),
    }));
  }

  private fileAt({ folder, stats }: Looked, place: number): TranscriptFile {
    const { root, name, idFrom, idLength } = this.layout;
    const from = place * (name.length + 1);
    const file = folder.names.toString('latin1', from, from + name.length);
    return {
      id: file.slice(idFrom, idFrom + idLength),
      folder: folder.name,
      path: `${root}/${folder.name}/${file}`,
      bytes: stats.bytes(place),
      modifiedAt: stats.modifiedAt(place),
      inode: stats.inode(place),
      hasCompanion: folder.companions[place] === '+',
    };
  }
}

/** The transcripts that an agent finds itself. The paths of what could not be looked at go to `skipped`. */
export function askForTranscripts(finder: FileFinder, skipped: string[]): Transcripts {
  return new FoundTranscripts(finder.find(skipped));
}

/**
 * Finds the transcripts of a layout and stats each. What has not changed is not listed again. `now` is in milliseconds
 * since the epoch. The paths of what could not be looked at go to `skipped`.
 */
export function findTranscripts(layout: FileLayout, listing: Listing, now: number, skipped: string[]): Transcripts {
  const looked: Looked[] = [];
  for (const listed of listing.all(now, skipped)) {
    const path = `${layout.root}/${listed.name}`;
    let folder: Folder | null = listed;
    let stats = statFiles(path, folder.names, layout.name.length + 1);
    if (stats.missing.length > 0) {
      // Gone this very moment, or the listing was damaged, or it is a link to nothing.
      folder = listing.again(listed.name, now, skipped);
      if (folder === null) continue;
      stats = statFiles(path, folder.names, layout.name.length + 1);
    }
    looked.push({ folder, stats });
  }
  for (const { folder, stats } of looked) {
    for (const place of stats.hidden) skipped.push(`${layout.root}/${folder.name}/${nameAt(layout, folder, place)}`);
  }
  return new LaidOutTranscripts(layout, looked, listing.twins);
}

function nameAt({ name }: FileLayout, folder: Folder, place: number): string {
  const from = place * (name.length + 1);
  return folder.names.toString('latin1', from, from + name.length);
}
