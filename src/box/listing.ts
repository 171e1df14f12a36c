import { readdirSync, statSync } from 'node:fs';
import type { FileLayout } from '../agents/agent.ts';
import { checksum } from '../machine/checksum.ts';
import { readOwnFile, writeOwnFile } from '../machine/own-files.ts';

/** The transcripts in one folder. */
export interface Folder {
  name: string;
  /** Its ctime when it was listed, milliseconds: it moves when a file in it comes or goes, and nobody can set it back. */
  changedAt: number;
  /** The names of the transcripts in it, in ASCII, each followed by a NUL. */
  names: Buffer;
  /** For each a `+` where a folder of its id lies beside it, else a `-`; empty where none does. */
  companions: string;
}

/** What is kept of the folders besides the names of files, which follow it as bytes. */
interface Head {
  /** What lies where the folders lie, and its ctime then; null where that was too fresh to be believed. */
  names: string[];
  changedAt: number | null;
  folders: { name: string; changedAt: number; count: number; companions: string }[];
  /** Ids that lie in more than one folder. */
  twins: string[];
}

const noNames: Buffer = Buffer.alloc(0);

/**
 * Which folders an agent has and which transcripts each holds, kept from one run to the next: a folder whose ctime has
 * not moved still holds the same, unless it was listed within the clock's grain of its own change. The names carry no
 * checksum, for each is held against the disk by a stat.
 */
export class Listing {
  private readonly path: string;
  private readonly heading: string;
  private readonly layout: FileLayout;
  private head: Head = { names: [], changedAt: null, folders: [], twins: [] };
  private readonly folders = new Map<string, Folder>();
  private changed = false;

  /** `path` is the file that it is kept in. */
  constructor(path: string, layout: FileLayout) {
    this.path = path;
    this.layout = layout;
    this.heading = `watchtower listing 11 ${JSON.stringify(layout)}`;
    this.load();
  }

  /** Ids that lie in more than one folder. */
  get twins(): ReadonlySet<string> {
    return new Set(this.head.twins);
  }

  /**
   * Every folder with the transcripts in it, listed again where that is needed. `now` is in milliseconds since the epoch.
   * What can't be listed goes to `skipped`.
   */
  all(now: number, skipped: string[]): Folder[] {
    const folders: Folder[] = [];
    for (const name of this.folderNames(now, skipped)) {
      const folder = this.folder(name, now, skipped);
      if (folder !== null) folders.push(folder);
    }
    if (this.changed || folders.length !== this.folders.size) this.take(folders);
    return folders;
  }

  /** Lists a folder anew, for what was known of it turned out to be untrue; null when it is gone or can't be listed. */
  again(name: string, now: number, skipped: string[]): Folder | null {
    this.folders.delete(name);
    const folder = this.folder(name, now, skipped);
    if (folder !== null) this.folders.set(name, folder);
    this.take([...this.folders.values()]);
    return folder;
  }

  /** Writes what is new. */
  save(): void {
    if (!this.changed) return;
    this.changed = false;
    const text = JSON.stringify(this.head);
    const parts: Buffer[] = [Buffer.from(`${this.heading}\n${checksum(Buffer.from(text))} ${text}\n`)];
    for (const folder of this.folders.values()) parts.push(folder.names);
    writeOwnFile(this.path, Buffer.concat(parts));
  }

  private load(): void {
    const bytes = readOwnFile(this.path);
    const end = bytes?.indexOf('\n') ?? -1;
    if (bytes === null || bytes.toString('utf8', 0, end) !== this.heading) return;
    const from = bytes.indexOf('\n', end + 1) + 1;
    const space = bytes.indexOf(' ', end + 1) + 1;
    const text = bytes.subarray(space, from - 1);
    if (bytes.toString('latin1', end + 1, space - 1) !== checksum(text)) return;
    const head = JSON.parse(text.toString()) as Head;
    const width = this.layout.name.length + 1;
    let at = from;
    for (const { name, changedAt, count, companions } of head.folders) {
      this.folders.set(name, { name, changedAt, companions, names: bytes.subarray(at, at + count * width) });
      at += count * width;
    }
    // A byte too many or too few, and no name stands where it is looked for.
    if (at === bytes.length) this.head = head;
    else this.folders.clear();
  }

  private take(folders: Folder[]): void {
    this.folders.clear();
    for (const folder of folders) this.folders.set(folder.name, folder);
    this.changed = true;
    const width = this.layout.name.length + 1;
    this.head = {
      ...this.head,
      folders: folders.map(({ name, changedAt, names, companions }) => {
        return { name, changedAt, count: names.length / width, companions };
      }),
      twins: this.findTwins(folders),
    };
  }

  private findTwins(folders: Folder[]): string[] {
    const [seen, twins] = [new Set<string>(), new Set<string>()];
    for (const { names } of folders) {
      for (const id of this.ids(names)) (seen.has(id) ? twins : seen).add(id);
    }
    return [...twins];
  }

  private ids(names: Buffer): string[] {
    const { idFrom, idLength, name } = this.layout;
    const text = names.toString('latin1');
    const ids: string[] = [];
    for (let at = idFrom; at < text.length; at += name.length + 1) ids.push(text.slice(at, at + idLength));
    return ids;
  }

  /** What lies where the folders lie. */
  private folderNames(now: number, skipped: string[]): string[] {
    const { root, levels } = this.layout;
    const changedAt = changeOf(root);
    if (changedAt !== null && changedAt === this.head.changedAt) return this.head.names;
    const names = foldersBelow(root, levels, skipped);
    if (names === null) return [];
    // A root shows no change further down: of a deeper tree nothing is kept but what lies in its folders.
    if (levels > 1) return names;
    this.head = { ...this.head, names, changedAt: isSettled(changedAt, now) ? changedAt : null };
    this.changed = true;
    return names;
  }

  private folder(name: string, now: number, skipped: string[]): Folder | null {
    const path = `${this.layout.root}/${name}`;
    let changedAt: number | null;
    try {
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat === undefined || !stat.isDirectory()) return null;
      changedAt = stat.ctimeMs;
    } catch {
      skipped.push(path);
      return null;
    }
    const known = this.folders.get(name);
    if (known?.changedAt === changedAt) return known;
    const names = list(path, skipped);
    if (names === null) return null;
    this.changed = true;
    // One that may change again without showing it is not believed next time: no ctime is below zero.
    return { name, changedAt: isSettled(changedAt, now) ? changedAt : -1, ...this.transcriptsAmong(names) };
  }

  private transcriptsAmong(names: string[]): Pick<Folder, 'names' | 'companions'> {
    const { name, idFrom, idLength } = this.layout;
    const pattern = new RegExp(`(?<=^|\\0)${name.pattern}(?=\\0|$)`, 'g');
    const found =
      names
        .join('\0')
        .match(pattern)
        ?.filter((one) => one.length === name.length) ?? [];
    if (found.length === 0) return { names: noNames, companions: '' };
    const all = new Set(names);
    const companions = found.map((one) => (all.has(one.slice(idFrom, idFrom + idLength)) ? '+' : '-')).join('');
    return {
      names: Buffer.from(`${found.join('\0')}\0`, 'latin1'),
      companions: companions.includes('+') ? companions : '',
    };
  }
}

function changeOf(path: string): number | null {
  try {
    return statSync(path).ctimeMs;
  } catch {
    return null;
  }
}

/** What lies so many levels below a root, as paths from it: `2026/11/29`; null where the root can't be listed. */
function foldersBelow(root: string, levels: number, skipped: string[]): string[] | null {
  let names = list(root, skipped);
  if (names === null) return null;
  for (let level = 1; level < levels; level++) {
    names = names.flatMap((name) => (list(`${root}/${name}`, skipped) ?? []).map((below) => `${name}/${below}`));
  }
  return names;
}

/** The names in a folder; null where it is gone or, which is noted, can't be listed. */
function list(path: string, skipped: string[]): string[] | null {
  try {
    return readdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') skipped.push(path);
    return null;
  }
}

/** Whether a folder that changes again would show another ctime. */
function isSettled(changedAt: number | null, now: number): changedAt is number {
  return changedAt !== null && now - changedAt > grainOf(changedAt);
}

/**
 * What changes twice within so many milliseconds may show one time for both: Linux counts in ticks of 1 to 10 ms; disks
 * that know no fractions of a second, in up to two seconds. `time` is an mtime or a ctime, milliseconds since the epoch.
 */
export function grainOf(time: number): number {
  return time % 1000 === 0 ? 2000 : 20;
}
