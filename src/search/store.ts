import { basename, join } from 'node:path';
import type { Agent } from '../agents/agent.ts';
import type { FolderOfTranscripts } from '../box/transcripts.ts';
import type { TranscriptFile } from '../core/session.ts';
import { checksum } from '../machine/checksum.ts';
import { writeOwnFile } from '../machine/own-files.ts';
import { version } from '../version.ts';
import type { World } from '../world.ts';
import {
  type Address,
  addressAt,
  type Catalogue,
  columnsOf,
  countingEntries,
  countingSize,
  type Entry,
  makeCatalogue,
  numberOf,
  type Reading,
  readingAt,
} from './catalogue.ts';
import { encodeMessages, joinParts, type Messages, type Part, sizeOfMessages } from './messages.ts';
import { Volume, type Written, writeVolume } from './volume.ts';

// Long, for the two files, what is in memory and what each of them still counts for are one set of rules.

/**
 * What counts in the store is at most this part of the transcripts it was made from, so that all of it is less than 3 %;
 * so many bytes it may always have.
 */
const largestPart = 0.024;
const alwaysAllowed = 4 << 20;
/** What is new is written beside the large file until it is this part of it, or has so many bytes. */
const largestAddition = 1 / 8;
const smallestBase = 256 << 10;
/** The large file is written anew when this part of its transcripts counts for nothing. */
const mostDead = 1 / 5;
/** So many batches of one transcript each are made one, and so is what has so many bytes. */
const mostSmall = 64;
const pieceSize = 256 << 10;
/** What is noted of a transcript takes so many bytes beside its messages. */
const noteSize = 100;

/** A transcript, and whether it lies in the archive. */
export interface Place {
  file: TranscriptFile;
  isArchived: boolean;
}

/** Transcripts with their messages in memory. */
interface Batch extends Catalogue {
  messages: Messages;
}

/** Messages of transcripts that are numbered from `from` on in their catalogue. True until the next ones are taken. */
export interface Shown {
  catalogue: Catalogue;
  from: number;
  messages: Messages;
}

/**
 * What was said in the transcripts of an agent, folded, kept from one search to the next in two files: a large one, and
 * beside it what was read since that was written. The second names the first by its checksum and counts for nothing beside
 * another one. Both are written beside their place and renamed. Made anew wherever missing, damaged, of another version
 * or another folder. Many may write at once: the last one's files stand, and what they lack is read again.
 */
export class Store {
  private readonly path: string;
  private readonly heading: string;
  private base: Volume | null;
  private added: Volume | null = null;
  /** What was read since, the last ones one by one. */
  private fresh: Batch[] = [];
  private small: Batch[] = [];
  /** What is not kept, for there would be too much of it. */
  private leftOut: Batch | null = null;
  /** The transcripts of all but the large file, by their keys. */
  private readonly entries = new Map<string, Entry>();
  private changed = false;

  constructor(world: World, agent: Agent) {
    this.path = saidPath(world, agent);
    this.heading = `watchtower ${version} said 1 ${JSON.stringify([agent.name, agent.configDir])}`;
    this.base = Volume.open(this.path, this.heading);
    this.openAddition();
  }

  /** What is known of a transcript; null where that is nothing. */
  find(address: Address): Entry | null {
    return this.entries.get(keyOf(address)) ?? this.findInBase(address);
  }

  /** The messages of what is known of a transcript, true until others are asked for; null where they are damaged. */
  partOf({ catalogue, number }: Entry): Part | null {
    for (const { from, messages } of this.shown([catalogue], number)) {
      const place = number - from;
      if (place >= 0 && place < messages.first.length - 1) return { messages, place };
    }
    return null;
  }

  /**
   * All messages that are known, piece by piece; of the transcripts only those count of which a look said so. Where a piece
   * is damaged, its transcripts are forgotten, and it is told by `isDamaged`.
   */
  all(): Iterable<Shown> {
    return this.shown(this.catalogues());
  }

  /** Pieces were found damaged since the last look: another look hands out their transcripts. */
  isDamaged = false;

  /** Nothing counts until the folders have been looked at. */
  beginLook(): void {
    this.isDamaged = false;
    for (const { counts } of this.catalogues()) counts.fill(0);
  }

  /**
   * Holds what is known of a folder's transcripts against their stats: what is as it was counts, and what has only grown;
   * hands out the places in the folder of all that has to be read. Gives the bytes of all files.
   */
  look(folder: FolderOfTranscripts, isArchived: boolean, unread: (place: number) => void): number {
    const { stats, names } = folder;
    const { base } = this;
    const group = base?.groups.find((one) => one.folder === folder.name && one.isArchived === isArchived);
    const width = names.length / stats.count;
    const own = group && base!.names.subarray(group.from * width, (group.from + group.count) * width);
    // As a rule a folder holds the files that it held when the store was written, in the same order.
    const isSame = own?.equals(names) === true;
    let bytes = 0;
    for (let place = 0; place < stats.count; place++) {
      const size = stats.bytes(place);
      bytes += size;
      const number = isSame ? base!.order[group!.from + place]! : -1;
      if (
        number >= 0 &&
        base!.readings.bytes[number] === size &&
        base!.readings.modifiedAt[number] === stats.modifiedAt(place) &&
        base!.readings.inode[number] === stats.inode(place)
      ) {
        base!.counts[number] = 1;
      } else if (stats.isFile(place) && !this.lookCloser(folder.fileAt(place), isArchived)) unread(place);
    }
    return bytes;
  }

  /** Puts in what was read of one transcript. It counts, and what was known of it does no more. */
  put(address: Address, reading: Omit<Reading, 'size'>, messages: Messages): void {
    this.changed = true;
    const noted = { ...reading, size: sizeOfMessages(messages) };
    const catalogue = makeCatalogue(
      [address],
      columnsOf((column) => Float64Array.of(noted[column])),
      [0],
    );
    const batch = { ...catalogue, messages };
    this.small.push(batch);
    this.register(batch);
    if (this.small.length >= mostSmall || noted.size > pieceSize) this.flush();
  }

  /**
   * Writes what is new, as far as it may be as large; true where another writer's stands there now, and another look has to be
   * taken. `places`
   * are all transcripts, in the order of their folders, and `bytes` theirs.
   */
  save(places: () => Place[], bytes: number): boolean {
    const isWasteful = this.base !== null && deadIn(this.base) > this.base.counts.length * mostDead;
    if (!this.changed && !isWasteful) return false;
    this.changed = false;
    this.flush();
    this.leaveOut(Math.max(alwaysAllowed, bytes * largestPart));
    const { base, added, fresh } = this;
    const isNew = fresh.some(({ counts }) => counts.includes(1));
    const others = added === null ? fresh : [added, ...fresh];
    const size = others.reduce((sum, one) => sum + countingSize(one), 0);
    const isLarge = size > Math.max(smallestBase, base === null ? 0 : countingSize(base) * largestAddition);
    // What was left out is read again each time; to write the rest again would be as vain.
    if (!isNew && !isWasteful) return false;
    if (base === null || isLarge || isWasteful) {
      const sum = this.write(this.path, this.heading, base === null ? others : [base, ...others], places());
      if (sum === null) return false;
      if (added !== null) writeOwnFile(additionPath(this.path), '');
      this.base = Volume.open(this.path, this.heading);
      return this.reopened(this.base, sum);
    }
    const sum = this.write(additionPath(this.path), this.headingOfAddition, others, []);
    return sum !== null && this.reopened(null, sum);
  }

  private catalogues(): (Volume | Batch)[] {
    return [this.base, this.added, ...this.fresh, ...this.small, this.leftOut].filter((one) => one !== null);
  }

  private *shown(catalogues: Iterable<Catalogue>, only: number | null = null): Generator<Shown> {
    for (const catalogue of catalogues) {
      if (!(catalogue instanceof Volume)) {
        yield { catalogue, from: 0, messages: (catalogue as Batch).messages };
        continue;
      }
      for (const piece of catalogue.pieces) {
        const { from, count } = piece;
        const isWanted = only === null ? hasOne(catalogue, from, from + count) : only >= from && only < from + count;
        const messages = isWanted ? catalogue.messages(piece) : null;
        if (messages !== null) yield { catalogue, from, messages };
        else if (isWanted) this.forget(catalogue, from, from + count);
      }
    }
  }

  /** Transcripts of which the messages are damaged: no file has such an inode. */
  private forget({ readings, counts }: Catalogue, from: number, to: number): void {
    this.isDamaged = true;
    readings.inode.fill(-1, from, to);
    counts.fill(0, from, to);
  }

  /** Whether a transcript counts as it is known, of which the large file does not tell at once. */
  private lookCloser(file: TranscriptFile, isArchived: boolean): boolean {
    const entry = this.find(addressOf({ file, isArchived }));
    if (entry === null) return false;
    const { inode, bytes, modifiedAt } = readingAt(entry);
    if (inode !== file.inode || file.bytes < bytes) return false;
    const isWhole = file.bytes === bytes && modifiedAt === file.modifiedAt;
    // What was said in the beginning of a file that has grown was said, whatever comes behind it.
    if (isWhole || file.bytes > bytes) entry.catalogue.counts[entry.number] = 1;
    return isWhole;
  }

  private findInBase(address: Address): Entry | null {
    const { base } = this;
    const number = base === null ? null : numberOf(base, address);
    return number === null ? null : { catalogue: base!, number };
  }

  private openAddition(): void {
    this.added = this.base === null ? null : Volume.open(additionPath(this.path), this.headingOfAddition);
    if (this.added !== null) this.register(this.added);
  }

  /**
   * The store stands in files as it was written: `base`, or the one beside it, with the checksum `sum`; all in it counts. True
   * where another writer came between, and another look has to be taken.
   */
  private reopened(base: Volume | null, sum: string): boolean {
    this.entries.clear();
    this.fresh = [];
    this.openAddition();
    if (this.leftOut !== null) this.register(this.leftOut);
    const own = base ?? this.added;
    if (own?.sum !== sum) return true;
    own.counts.fill(1);
    return false;
  }

  private get headingOfAddition(): string {
    return `${this.heading} ${this.base?.sum ?? ''}`;
  }

  /** Makes one batch of those that hold one transcript each. */
  private flush(): void {
    if (this.small.length > 1) this.fresh.push(this.joined(this.small.flatMap(countingEntries<Catalogue>)));
    else this.fresh.push(...this.small);
    this.small = [];
  }

  /** Leaves out of what is kept the transcripts modified first, as many as are too many. */
  private leaveOut(most: number): void {
    if (this.leftOut !== null) this.fresh.push(this.leftOut);
    this.leftOut = null;
    const total = this.catalogues().reduce((sum, one) => sum + countingSize(one) + one.counts.length * noteSize, 0);
    if (total <= most) return;
    let size = 0;
    const all = this.catalogues().flatMap(countingEntries<Catalogue>);
    const left = all
      .toSorted((a, b) => modifiedAt(b) - modifiedAt(a))
      .filter(({ catalogue, number }) => {
        size += catalogue.readings.size[number]! + noteSize;
        return size > most;
      });
    this.leftOut = this.joined(left);
  }

  /** Writes what counts in some catalogues; in the order of `places`, as far as these are told. Null where that fails. */
  private write(path: string, heading: string, catalogues: (Volume | Batch)[], places: Place[]): string | null {
    const pieces: Written[] = [];
    const entries: Entry[] = [];
    const put = (some: Entry[], bytes: Written['bytes']) => {
      pieces.push({ count: some.length, bytes });
      entries.push(...some);
    };
    for (const catalogue of catalogues) {
      const counting = countingEntries<Catalogue>(catalogue);
      if (catalogue instanceof Volume) {
        for (const piece of catalogue.pieces) {
          const some = counting.filter(({ number }) => number >= piece.from && number < piece.from + piece.count);
          if (some.length === piece.count) put(some, { volume: catalogue, piece });
          else if (some.length > 0) this.putJoined(some, put);
        }
      } else if (counting.length === catalogue.counts.length) put(counting, encodeMessages(catalogue.messages));
      else if (counting.length > 0) this.putJoined(counting, put);
    }
    if (entries.length === 0) return null;
    const addresses = entries.map(addressAt);
    const ranks = new Map(places.map((place, rank) => [keyOf(addressOf(place)), rank]));
    const rankOf = addresses.map((address) => ranks.get(keyOf(address)) ?? 0);
    const order = Array.from(addresses.keys()).sort((a, b) => rankOf[a]! - rankOf[b]! || a - b);
    const readings = columnsOf((column) =>
      Float64Array.from(entries, ({ catalogue, number }) => catalogue.readings[column][number]!),
    );
    return writeVolume(path, heading, makeCatalogue(addresses, readings, order), pieces);
  }

  private putJoined(entries: Entry[], put: (some: Entry[], bytes: Written['bytes']) => void): void {
    const batch = this.joined(entries);
    if (batch.counts.length > 0) put(countingEntries<Catalogue>(batch), encodeMessages(batch.messages));
  }

  /** Transcripts in a batch of their own, which stands for them from now on; without those of which messages are damaged. */
  private joined(entries: Entry[]): Batch {
    const there: Entry[] = [];
    const parts: Part[] = [];
    for (const entry of entries) {
      const part = this.partOf(entry);
      if (part === null) continue;
      there.push(entry);
      // What stands in a file is there until the next piece is read.
      parts.push(entry.catalogue instanceof Volume ? { messages: joinParts([part]), place: 0 } : part);
    }
    const readings = columnsOf((column) =>
      Float64Array.from(there, ({ catalogue, number }) => catalogue.readings[column][number]!),
    );
    const addresses = there.map(addressAt);
    const batch = { ...makeCatalogue(addresses, readings, Array.from(addresses.keys())), messages: joinParts(parts) };
    this.register(batch);
    return batch;
  }

  /** These are from now on what is known of their transcripts. */
  private register(catalogue: Catalogue): void {
    for (let number = 0; number < catalogue.counts.length; number++) {
      const address = addressAt({ catalogue, number });
      const before = this.find(address);
      if (before !== null && before.catalogue !== catalogue) before.catalogue.counts[before.number] = 0;
      this.entries.set(keyOf(address), { catalogue, number });
    }
  }
}

/** A file's name and a folder's hold no slash. */
function keyOf({ folder, name, isArchived }: Address): string {
  return `${isArchived ? 'a' : '-'}${name}/${folder}`;
}

/** What the store knows a transcript by. */
export function addressOf({ file, isArchived }: Place): Address {
  return { folder: file.folder, name: basename(file.path), isArchived };
}

/** The file that holds what was said in an agent's transcripts. */
export function saidPath(world: World, agent: Agent): string {
  return join(world.folders.cache, `said-${agent.name}-${checksum(Buffer.from(agent.configDir))}`);
}

/** The file beside it that holds what was read since. */
export function additionPath(path: string): string {
  return `${path}-new`;
}

function modifiedAt({ catalogue, number }: Entry): number {
  const at = catalogue.readings.modifiedAt[number]!;
  return Number.isNaN(at) ? Number.MAX_VALUE : at;
}

/** How many transcripts do not count. */
function deadIn({ counts }: Catalogue): number {
  return counts.includes(0) ? counts.filter((count) => count === 0).length : 0;
}

function hasOne({ counts }: Catalogue, from: number, to: number): boolean {
  const at = counts.indexOf(1, from);
  return at >= 0 && at < to;
}
