/** A transcript in the store: the folder and the name of its file, and whether that lies in the archive. */
export interface Address {
  folder: string;
  name: string;
  isArchived: boolean;
}

/** What is noted of a transcript when it was read: numbers, so that many are held against stats at no cost. */
export interface Reading {
  inode: number;
  /** Bytes of the file. */
  bytes: number;
  /** The mtime, milliseconds since the epoch; NaN where it may have changed since without showing it. */
  modifiedAt: number;
  /** The byte behind its last whole line, to go on from; and a checksum of what stands before it. */
  end: number;
  anchor: number;
  /** What its messages take in the store, in bytes. */
  size: number;
}

const noted = ['inode', 'bytes', 'modifiedAt', 'end', 'anchor', 'size'] as const;

/** How many numbers are noted of a transcript. */
export const notedNumbers: number = noted.length;

/** Columns of what is noted, by number of the transcript. */
export type Readings = Readonly<Record<keyof Reading, Float64Array>>;

/** The transcripts of one folder: so many, from a place in the order of folders on. */
export interface Group {
  folder: string;
  isArchived: boolean;
  from: number;
  count: number;
}

/** Some transcripts, numbered as they were read, and listed folder by folder as the folders are. */
export interface Catalogue {
  readonly groups: readonly Group[];
  /** The files' names, in the order of folders; all of one length, each followed by a NUL. */
  readonly names: Buffer;
  /** The numbers of the transcripts, in the order of folders. */
  readonly order: Uint32Array;
  readonly readings: Readings;
  /** 1 for each transcript that counts, by number. */
  readonly counts: Uint8Array;
}

/** One transcript of a catalogue, by its number. */
export interface Entry<C extends Catalogue = Catalogue> {
  catalogue: C;
  number: number;
}

/** What is noted of a transcript. */
export function readingAt({ catalogue: { readings }, number }: Entry): Reading {
  return Object.fromEntries(noted.map((column) => [column, readings[column][number]!])) as unknown as Reading;
}

/** Which transcript it is. */
export function addressAt({ catalogue: { groups, names, order }, number }: Entry): Address {
  const place = order.indexOf(number);
  const { folder, isArchived } = groups.find(({ from, count }) => place >= from && place < from + count)!;
  const width = names.length / order.length;
  return { folder, isArchived, name: names.toString('latin1', place * width, (place + 1) * width - 1) };
}

/** The number of a transcript in a catalogue; null where it is not in it. */
export function numberOf({ groups, names, order }: Catalogue, { folder, name, isArchived }: Address): number | null {
  const width = name.length + 1;
  for (const { from, count, ...group } of groups) {
    if (group.folder !== folder || group.isArchived !== isArchived) continue;
    const at = names.subarray(from * width, (from + count) * width).indexOf(`${name}\0`);
    if (at >= 0) return order[from + at / width]!;
  }
  return null;
}

/**
 * A catalogue of transcripts that are numbered as they stand in `addresses`; `places` are the indices of these in the order
 * of folders. All count.
 */
export function makeCatalogue(addresses: readonly Address[], readings: Readings, places: readonly number[]): Catalogue {
  const groups: Group[] = [];
  for (const [from, index] of places.entries()) {
    const { folder, isArchived } = addresses[index]!;
    const last = groups.at(-1);
    if (last?.folder === folder && last.isArchived === isArchived) last.count += 1;
    else groups.push({ folder, isArchived, from, count: 1 });
  }
  return {
    groups,
    names: Buffer.from(places.map((index) => `${addresses[index]!.name}\0`).join(''), 'latin1'),
    order: Uint32Array.from(places),
    readings,
    counts: new Uint8Array(addresses.length).fill(1),
  };
}

/** Columns of what is noted, each made by its name. */
export function columnsOf(make: (column: keyof Reading) => Float64Array): Readings {
  return Object.fromEntries(noted.map((column) => [column, make(column)])) as unknown as Readings;
}

/** The transcripts that count, by number. */
export function countingEntries<C extends Catalogue>(catalogue: C): Entry<C>[] {
  return Array.from(catalogue.counts, (_, number) => ({ catalogue, number })).filter(
    ({ number }) => catalogue.counts[number] === 1,
  );
}

/** What the transcripts that count take in the store, in bytes. */
export function countingSize({ counts, readings: { size } }: Catalogue): number {
  let sum = 0;
  for (let number = 0; number < counts.length; number++) sum += counts[number]! * size[number]!;
  return sum;
}
