import { endOfLine, readHeaded, seal, unseal, writeHeaded } from '../files/checked-lines.ts';
import { noBytes } from '../system/bytes.ts';

/** The transcripts in one project folder. */
export interface Folder {
  name: string;
  /** The folder's ctime when it was listed, milliseconds: it moves when a file in it comes or goes. */
  changedAt: number;
  /** An entry of `entryWidth` bytes for each. */
  entries: Buffer;
  /** For each a `+` where a folder `<id>/` lies beside it, else a `-`; empty where none does. */
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
  /** What lies where the project folders lie, and its ctime then, milliseconds. */
  private names: readonly string[] = [];
  private namesChangedAt = Number.NaN;
  /** The folders that stand since the names were asked for, in their order, and those that stood before. */
  private folders: Folder[] = [];
  private earlier: Folder[] = [];
  /** Which of the earlier ones is likely to be asked for next, and where each is, once another one was. */
  private next = 0;
  private places: Map<string, number> | undefined;
  /** Whether there is something to be written. */
  private changed = false;
  private readonly path: string;
  private readonly heading: string;

  constructor(path: string, conf: string) {
    this.path = path;
    this.heading = `watchtower listing 8 ${JSON.stringify(conf)}`;
    const bytes = readHeaded(path, this.heading);
    const head = bytes && unseal(bytes, 0);
    if (bytes === null || head === null) return;
    const { names, namesChangedAt, places, changedAt, counts, companions } = JSON.parse(head.toString()) as Head;
    this.names = names;
    // JSON knows no NaN: a time that was not believed.
    this.namesChangedAt = namesChangedAt ?? Number.NaN;
    let at = endOfLine(bytes, 0) + 1;
    for (let index = 0; index < places.length; index++) {
      const from = at;
      at += counts[index]! * entryWidth;
      this.folders.push({
        name: names[places[index]!]!,
        changedAt: changedAt[index]!,
        entries: bytes.subarray(from, at),
        companions: companions[index]!,
      });
    }
    // A byte too many or too few, and no entry stands where it is looked for.
    if (at !== bytes.length) this.folders = [];
  }

  /**
   * The names beside each other in the folder of project folders whose ctime is `changedAt` now; null where they must be
   * listed again. Who asks will ask for the folders of these names next, in their order.
   */
  knownNames(changedAt: number): readonly string[] | null {
    this.earlier = this.folders;
    this.folders = [];
    this.next = 0;
    this.places = undefined;
    return this.namesChangedAt === changedAt ? this.names : null;
  }

  /** Takes a fresh list of these names. `now` is when the listing began, milliseconds. */
  learnNames(names: readonly string[], changedAt: number, now: number): void {
    const settled = isSettled(changedAt, now);
    this.names = names;
    this.namesChangedAt = settled ? changedAt : Number.NaN;
    this.changed ||= settled;
  }

  /** What is known of a folder whose ctime is `changedAt` now; null as above. */
  known(name: string, changedAt: number): Folder | null {
    const folder = this.earlierOf(name);
    if (folder?.changedAt !== changedAt) return null;
    this.folders.push(folder);
    return folder;
  }

  /** Takes a fresh list of the folder that was asked for last, as `learnNames` does. */
  learn(folder: Folder, now: number): void {
    if (this.folders.at(-1)?.name === folder.name) this.folders.pop();
    if (!isSettled(folder.changedAt, now)) return;
    this.folders.push(folder);
    this.changed = true;
  }

  private earlierOf(name: string): Folder | undefined {
    if (this.earlier[this.next]?.name !== name) {
      // A new one, or the first behind one that is gone.
      this.places ??= new Map(this.earlier.map((folder, place) => [folder.name, place]));
      const place = this.places.get(name);
      if (place === undefined) return undefined;
      this.next = place;
    }
    this.next += 1;
    return this.earlier[this.next - 1];
  }

  /** Writes what was learned, if anything was. */
  save(): void {
    if (!this.changed) return;
    const head: Head = {
      names: this.names,
      namesChangedAt: this.namesChangedAt,
      places: [],
      changedAt: [],
      counts: [],
      companions: [],
    };
    const parts = [noBytes];
    let place = 0;
    for (const { name, changedAt, companions, entries } of this.folders) {
      place = this.names.indexOf(name, place);
      head.places.push(place);
      head.changedAt.push(changedAt);
      head.counts.push(entries.length / entryWidth);
      head.companions.push(companions);
      parts.push(entries);
    }
    parts[0] = seal(JSON.stringify(head));
    this.changed = !writeHeaded(this.path, this.heading, parts);
  }
}

/** Of the folders, each at its place: the name's place among the names, the ctime, the number of transcripts. */
interface Head {
  names: readonly string[];
  namesChangedAt: number | null;
  places: number[];
  changedAt: number[];
  counts: number[];
  companions: string[];
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
