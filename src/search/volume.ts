import { checksum } from '../machine/checksum.ts';
import { type OwnFile, openOwnFile, writeOwnFile } from '../machine/own-files.ts';
import { readAt } from '../machine/regular-file.ts';
import { type Catalogue, columnsOf, type Group, notedNumbers } from './catalogue.ts';
import { decodeMessages, type Messages } from './messages.ts';

/** The messages of so many transcripts from a number on: where they stand in a file, and a checksum. */
interface Piece {
  from: number;
  count: number;
  at: number;
  length: number;
  sum: string;
}

/** Messages that are to be written: those of `count` transcripts, numbered on from those before them. */
export interface Written {
  count: number;
  bytes: Buffer | { volume: Volume; piece: Piece };
}

/** What stands in front of a catalogue, besides it. */
interface Head {
  groups: readonly Group[];
  transcripts: number;
  names: number;
  pieces: Piece[];
}

/** Every piece is read into the same memory: new memory is dearer than the reading (Linux 6, a page fault for 4 KB). */
let memory = Buffer.alloc(0);

/**
 * A file of the store: a catalogue behind a checksum, and pieces of messages, each with a checksum in the catalogue, that
 * are read when they are needed. Open as long as the program runs, so that another writer changes nothing in it.
 */
export class Volume implements Catalogue {
  readonly groups: readonly Group[];
  readonly names: Buffer;
  readonly order: Uint32Array;
  readonly readings: Catalogue['readings'];
  readonly counts: Uint8Array;
  readonly pieces: readonly Piece[];
  /** The checksum of its catalogue. */
  readonly sum: string;
  private readonly file: OwnFile;

  private constructor(file: OwnFile, sum: string, { groups, transcripts, names, pieces }: Head, columns: Buffer) {
    let next = columns.byteOffset;
    const take = (length: number) => {
      next += length;
      return next - length;
    };
    this.file = file;
    this.sum = sum;
    this.groups = groups;
    this.pieces = pieces;
    this.readings = columnsOf(() => new Float64Array(columns.buffer, take(transcripts * 8), transcripts));
    this.order = new Uint32Array(columns.buffer, take(transcripts * 4), transcripts);
    this.names = columns.subarray(columns.length - names);
    this.counts = new Uint8Array(transcripts);
  }

  /** The volume in a file with that heading; null where it is missing, damaged or another one. Nothing in it counts yet. */
  static open(path: string, heading: string): Volume | null {
    const file = openOwnFile(path);
    if (file === null) return null;
    const volume = Volume.read(file, heading);
    if (volume === null) file.close();
    return volume;
  }

  private static read(file: OwnFile, heading: string): Volume | null {
    const line = Buffer.from(`${heading}\n`);
    // The lengths of head and columns and the checksum of both: three words of fixed width.
    const [start, rest] = [readAt(file, 0, line.length), readAt(file, line.length, 32).toString('latin1')];
    const [, headLength, length, sum] = /^(\d{10}) (\d{10}) ([0-9a-z]{7}) \n$/.exec(rest.slice(0, 31)) ?? [];
    if (!start.equals(line) || sum === undefined) return null;
    const size = Number(headLength) + Number(length);
    if (size > file.size) return null;
    const bytes = Buffer.allocUnsafeSlow(size);
    if (readAt(file, line.length + 31, size, bytes).length < size || checksum(bytes) !== sum) return null;
    const head = JSON.parse(bytes.toString('utf8', Number(length))) as Head;
    const wanted = head.transcripts * (notedNumbers * 8 + 4) + head.names;
    const pieces = head.pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (file.size !== line.length + 31 + size + pieces) return null;
    return wanted === Number(length) ? new Volume(file, sum, head, bytes.subarray(0, wanted)) : null;
  }

  /** The messages of a piece, true until the next one is read; null where they are damaged. */
  messages(piece: Piece): Messages | null {
    const bytes = this.bytes(piece);
    return checksum(bytes) === piece.sum ? decodeMessages(bytes) : null;
  }

  /** A piece as it stands in the file, in memory that the next one takes. */
  bytes({ at, length }: Piece): Buffer {
    if (memory.length < length) memory = Buffer.allocUnsafeSlow(Math.max(length, 256 << 10));
    return readAt(this.file, this.file.size - at, length, memory.subarray(0, length));
  }
}

/** Writes a volume and gives the checksum of its catalogue; null where that can't be done. */
export function writeVolume(
  path: string,
  heading: string,
  catalogue: Catalogue,
  pieces: readonly Written[],
): string | null {
  const { groups, names, order, readings } = catalogue;
  const lengths = pieces.map(({ bytes }) => ('volume' in bytes ? bytes.piece.length : bytes.length));
  // Places are counted from the end: what stands in front depends on them.
  let at = lengths.reduce((sum, length) => sum + length, 0);
  let from = 0;
  const listed = pieces.map(({ count, bytes }, index): Piece => {
    const sum = 'volume' in bytes ? bytes.piece.sum : checksum(bytes);
    const piece = { from, count, at, length: lengths[index]!, sum };
    at -= piece.length;
    from += count;
    return piece;
  });
  const head: Head = { groups, transcripts: order.length, names: names.length, pieces: listed };
  const columns = [...Object.values(readings), order].map(
    (column) => new Uint8Array(column.buffer, column.byteOffset, column.byteLength),
  );
  const json = Buffer.from(JSON.stringify(head));
  const front = Buffer.concat([...columns, names, json]);
  const length = (bytes: number) => String(bytes).padStart(10, '0');
  const sum = checksum(front);
  const line = `${heading}\n${length(json.length)} ${length(front.length - json.length)} ${sum} \n`;
  const isWritten = writeOwnFile(path, function* () {
    yield Buffer.from(line);
    yield front;
    for (const { bytes } of pieces) yield 'volume' in bytes ? bytes.volume.bytes(bytes.piece) : bytes;
  });
  return isWritten ? sum : null;
}
