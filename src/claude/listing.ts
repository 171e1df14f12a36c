import { endOfLine, readHeaded, seal, unseal, writeHeaded } from '../files/checked-lines.ts';

/** The transcripts in one project folder. */
export interface Folder {
  name: string;
  /** The folder's ctime when it was listed, milliseconds: it moves when a file in it comes or goes. */
  changedAt: number;
  /** An entry of `entryWidth` bytes for each. */
  entries: Buffer;
  /** For each a `+` where a folder `<id>/` lies beside it, else a `-`. */
  companions: string;
}

/** A session id is this long. */
export const idLength = 36;
/** The name of a transcript and a NUL: what a stat asks for. */
const ending = '.jsonl\0';
export const entryWidth = idLength + ending.length;

/** The session id in the entry at a place, where each entry is `width` bytes and begins with it. */
export function idAt(entries: Buffer, place: number, width = entryWidth): string {
  return entries.toString('latin1', place * width, place * width + idLength);
}

/** The place of a session's entry, by the bytes of its id: turned into them once, for many folders; negative where it has none. */
export function placeOf(entries: Buffer, id: Buffer): number {
  const at = entries.indexOf(id);
  return at < 0 ? -1 : at / entryWidth;
}

/**
 * Which project folders there are and which transcripts each holds, kept from one run to the next. Entries carry no
 * checksum: each is held against the disk by a stat. A folder whose ctime has not moved still holds the same; one that
 * was listed within the clock's grain of its own change is not believed.
 */
export class Listing {
  readonly folders = new Map<string, Folder>();
  /** What lies where the project folders lie, and its ctime then, milliseconds. */
  #names: readonly string[] = [];
  #namesChangedAt = Number.NaN;
  /** Whether there is something to be written. */
  #changed = false;
  readonly #path: string;
  readonly #heading: string;

  constructor(path: string, conf: string) {
    this.#path = path;
    this.#heading = `watchtower listing 7 ${JSON.stringify(conf)}`;
    const bytes = readHeaded(path, this.#heading);
    const head = bytes && unseal(bytes, 0);
    if (bytes === null || head === null) return;
    const { names, changedAt: namesChangedAt, folders } = JSON.parse(head.toString()) as Head;
    this.#names = names;
    this.#namesChangedAt = namesChangedAt ?? Number.NaN;
    let at = endOfLine(bytes, 0) + 1;
    for (const folder of folders) {
      const name = folder[0];
      const changedAt = folder[1];
      const companions = folder[2];
      const entries = bytes.subarray(at, at + companions.length * entryWidth);
      at += companions.length * entryWidth;
      // JSON knows no NaN: such a time was never believed, nor is null.
      this.folders.set(name, { name, changedAt: changedAt ?? Number.NaN, entries, companions });
    }
    // A byte too many or too few, and no entry stands where it is looked for.
    if (at !== bytes.length) this.folders.clear();
  }

  /** What is known of a folder whose ctime is `changedAt` now; null where it must be listed again. */
  known(name: string, changedAt: number): Folder | null {
    const folder = this.folders.get(name);
    return folder?.changedAt === changedAt ? folder : null;
  }

  /** Takes a fresh list of a folder. `now` is when the listing began, milliseconds. */
  learn(folder: Folder, now: number): void {
    const settled = isSettled(folder.changedAt, now);
    this.folders.set(folder.name, settled ? folder : { ...folder, changedAt: Number.NaN });
    this.#changed ||= settled;
  }

  /** The names beside each other in the folder of project folders whose ctime is `changedAt` now; null as above. */
  knownNames(changedAt: number): readonly string[] | null {
    return this.#namesChangedAt === changedAt ? this.#names : null;
  }

  /** Takes a fresh list of these names, as `learn` does, and forgets the folders that are gone. */
  learnNames(names: readonly string[], changedAt: number, now: number): void {
    const settled = isSettled(changedAt, now);
    this.#names = names;
    this.#namesChangedAt = settled ? changedAt : Number.NaN;
    const kept = new Set(names);
    const gone = [...this.folders.keys()].filter((name) => !kept.has(name));
    for (const name of gone) this.folders.delete(name);
    this.#changed ||= settled || gone.length > 0;
  }

  /** Writes what was learned, if anything was. */
  save(): void {
    if (!this.#changed) return;
    const head: Head = { names: this.#names, changedAt: this.#namesChangedAt, folders: [] };
    const parts: Buffer[] = [nothing];
    for (const { name, changedAt, companions, entries } of this.folders.values()) {
      head.folders.push([name, changedAt, companions]);
      parts.push(entries);
    }
    parts[0] = seal(JSON.stringify(head));
    this.#changed = !writeHeaded(this.#path, this.#heading, parts);
  }
}

const nothing = Buffer.alloc(0);

interface Head {
  names: readonly string[];
  changedAt: number | null;
  folders: [name: string, changedAt: number | null, companions: string][];
}

/** Whether a folder that changes again would show another ctime; NaN is never believed. */
function isSettled(changedAt: number, now: number): boolean {
  return now - changedAt > grainOf(changedAt);
}

/**
 * What changes twice within so many milliseconds may show one time for both: Linux counts in ticks of 1 to 10 ms; disks
 * that know no fractions of a second, in up to two seconds. `time` is an mtime or a ctime, milliseconds since the epoch.
 */
export function grainOf(time: number): number {
  return time % 1000 === 0 ? 2000 : 20;
}
