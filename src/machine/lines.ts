import { type OpenFile, readAt } from './regular-file.ts';

/** One line of a transcript, put together only when somebody wants all of it; true only until the next one is taken. */
export class Line {
  /** The byte of the file that it begins at. */
  readonly at: number;
  private readonly block: Buffer;
  private readonly from: number;
  private readonly to: number;
  /** What of it stands in other blocks, behind what stands in this one. */
  private readonly later: Buffer[];
  private whole: Buffer | undefined;

  constructor(block: Buffer, from: number, to: number, at: number, later: Buffer[] = none) {
    this.block = block;
    this.from = from;
    this.to = to;
    this.at = at;
    this.later = later;
  }

  /** Its first bytes, `most` at the most, as far as the block goes that holds them; as Latin-1. */
  start(most: number): string {
    return this.block.toString('latin1', this.from, Math.min(this.to, this.from + most));
  }

  /** Bytes of the line. */
  get length(): number {
    let length = this.to - this.from;
    for (const piece of this.later) length += piece.length;
    return length;
  }

  /** The line as UTF-8, without its newline. */
  text(): string {
    return this.later.length === 0 ? this.block.toString('utf8', this.from, this.to) : this.bytes().toString();
  }

  /** All bytes of the line, without its newline. */
  bytes(): Buffer {
    if (this.whole === undefined) {
      const start = this.block.subarray(this.from, this.to);
      this.whole = this.later.length === 0 ? start : Buffer.concat([start, ...this.later]);
    }
    return this.whole;
  }
}

/** Who goes through the lines of a file. */
export interface LineReader {
  /** Takes the next line; false ends the work. */
  take(line: Line): boolean;
  /**
   * Passes over lines without a look at each: of the whole lines between two places of a block, where the first begins
   * and where the last ends, it gives the place where the next one ends, read backwards, or begins, read forwards, that
   * has to be taken; where none has to, a place before `from`, or `to`.
   */
  pass?: ((block: Buffer, from: number, to: number) => number) | undefined;
}

/** A line longer than this many bytes is passed over. */
const longestLine = 32 << 20;

/** Small blocks first, and larger ones behind them: most answers lie at the very ends. Who wants all takes most files in one. */
const firstForward = 16 << 10;
const firstBackward = 64 << 10;
const largest = 256 << 10;
const largestOfAll = 1 << 20;
/** Room for the first blocks from the end, one in front of the other. */
const roomForEnds = 512 << 10;

const none: Buffer[] = [];
const noBytes: Buffer = Buffer.alloc(0);
const newline = 10;

/** Every file is read into the same memory, one for each direction: a line is done with before the next one is asked for. */
const memory = { backward: noBytes, forward: noBytes };

function memoryOf(size: number, direction: 'backward' | 'forward'): Buffer {
  if (memory[direction].length < size) memory[direction] = Buffer.allocUnsafeSlow(roomFor(size));
  return memory[direction];
}

/** The next power of two: most files are much smaller than the largest block, and new memory is not had for nothing. */
function roomFor(size: number): number {
  let room = 1;
  while (room < size) room *= 2;
  return room;
}

/**
 * Hands out the lines of `file` that begin at or after the byte `from`, last first, read in blocks from the end. Before
 * each further block `enough` is asked, with the number of bytes that have been read: true ends the work, and the line
 * that the last block began in is left out. Without `enough` all of it is wanted.
 */
export function readLinesBackward(
  file: OpenFile,
  from: number,
  reader: LineReader,
  enough: ((read: number) => boolean) | null = null,
): void {
  let wanted = enough === null ? largestOfAll : firstBackward;
  const room = memoryOf(Math.min(file.size - from, enough === null ? largestOfAll : roomForEnds), 'backward');
  /** The place in the room of the block that was read last: earlier ones are read in front of it, as long as there is room. */
  let top = room.length;
  /** What a block began with: the end of a line, or its middle. What is behind that lies in `later`, `held` bytes. */
  let piece = noBytes;
  let later = none;
  let held = 0;
  let position = file.size;
  while (position > from) {
    const size = Math.min(wanted, position - from);
    if (wanted < largest) wanted *= 2;
    position -= size;
    const isFull = top < size;
    let block: Buffer = isFull ? noBytes : readAt(file, position, size, room.subarray(top - size, top));
    if (block.length === size) block = room.subarray(top - size, top + piece.length);
    else if (piece.length > 0) {
      held += piece.length;
      later = held <= longestLine ? [Buffer.from(piece), ...later] : none;
    }
    if (isFull) {
      top = room.length;
      block = readAt(file, position, size, room.subarray(top - size));
    }
    top -= size;
    let end = block.length;
    // The line that the block begins in may begin before it.
    const whole = reader.pass === undefined ? end : block.indexOf(newline) + 1;
    while (end > 0) {
      const begin = block.lastIndexOf(newline, end - 1) + 1;
      if (begin === 0) break;
      if (held + end - begin <= longestLine && (end > begin || later.length > 0)) {
        if (!reader.take(new Line(block, begin, end, position + begin, later))) return;
      }
      later = none;
      held = 0;
      end = begin - 1;
      while (end > 0 && block[end - 1] === newline) end--;
      if (end > whole) end = Math.max(reader.pass!(block, whole, end), whole - 1);
    }
    if (position > from && enough?.(file.size - position)) return;
    piece = block.subarray(0, end);
  }
  // What is left begins at `from`: a whole line only where the file begins or the byte before ends one.
  if (piece.length + later.length === 0 || held + piece.length > longestLine) return;
  if (from > 0 && readAt(file, from - 1, 1)[0] !== newline) return;
  reader.take(new Line(piece, 0, piece.length, from, later));
}

/** Hands out the lines of `file` from the byte `from`, where one begins, as long as they end within `most` bytes. */
export function readLinesForward(file: OpenFile, from: number, most: number, reader: LineReader): void {
  const limit = Math.min(file.size, from + most);
  let earlier = none;
  let held = 0;
  let position = from;
  for (let wanted = firstForward; position < limit; ) {
    const size = Math.min(wanted, limit - position);
    if (wanted < largest) wanted *= 4;
    const block = readAt(file, position, size, memoryOf(size, 'forward'));
    if (block.length === 0) break;
    let begin = 0;
    const whole = reader.pass === undefined ? 0 : block.lastIndexOf(newline);
    for (let end = block.indexOf(newline); end >= 0; end = block.indexOf(newline, begin)) {
      const length = held + end - begin;
      if (length > 0 && length <= longestLine) {
        const at = position + end - length;
        const line =
          earlier.length === 0
            ? new Line(block, begin, end, at)
            : lineOf(earlier.concat(block.subarray(begin, end)), at);
        if (!reader.take(line)) return;
      }
      earlier = none;
      held = 0;
      begin = end + 1;
      while (block[begin] === newline) begin++;
      if (begin < whole) begin = reader.pass!(block, begin, whole);
    }
    position += block.length;
    if (begin < block.length) {
      held += block.length - begin;
      earlier = held <= longestLine ? earlier.concat(Buffer.from(block.subarray(begin))) : none;
    }
  }
  if (earlier.length > 0 && position === file.size && held <= longestLine) {
    reader.take(lineOf(earlier, position - held));
  }
}

/** The line that pieces make, at least one. */
function lineOf(pieces: Buffer[], at: number): Line {
  const start = pieces[0]!;
  return new Line(start, 0, start.length, at, pieces.slice(1));
}
