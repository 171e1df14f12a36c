import { type OpenFile, readAt } from '../files/regular-file.ts';

/** One line of a transcript, put together only when somebody wants all of it. */
export class Line {
  /** The line's beginning, as far as the block that held it went. */
  readonly start: Buffer;
  /** The byte of the file that it begins at. */
  readonly at: number;
  readonly #later: Buffer[];

  constructor(start: Buffer, at: number, later: Buffer[] = []) {
    this.start = start;
    this.at = at;
    this.#later = later;
  }

  /** All bytes of the line, without its newline. */
  bytes(): Buffer {
    return this.#later.length === 0 ? this.start : Buffer.concat([this.start, ...this.#later]);
  }
}

/** A line longer than this many bytes is passed over. */
const longestLine = 32 << 20;

/** Small blocks first: most answers lie at the very ends. Who wants all takes most files in one. */
const backwardSizes = { ends: [64 << 10, 128 << 10, 256 << 10], all: [1 << 20] };
const forwardSizes = [16 << 10, 64 << 10, 256 << 10];

/** Every block of a direction is the same memory: a line is done with before the next one is asked for. */
const memory = { backward: Buffer.alloc(0), forward: Buffer.alloc(0) };

function readBlock(file: OpenFile, position: number, size: number, direction: 'backward' | 'forward'): Buffer {
  if (memory[direction].length < size) memory[direction] = Buffer.allocUnsafeSlow(size);
  return readAt(file, position, size, memory[direction]);
}

/**
 * The lines of `file` that begin at or after the byte `from`, last first, read in blocks from the end. Before each
 * further block `enough` is asked, with the number of bytes that have been read: true ends the work, and the line that
 * the last block began in is left out. Without `enough` all of it is wanted.
 */
export function* linesBackward(
  file: OpenFile,
  from: number,
  enough: ((read: number) => boolean) | null = null,
): Generator<Line> {
  const sizes = backwardSizes[enough === null ? 'all' : 'ends'];
  let later: Buffer[] = [];
  let held = 0;
  let position = file.size;
  for (let round = 0; position > from; round++) {
    const size = Math.min(sizes[Math.min(round, sizes.length - 1)]!, position - from);
    position -= size;
    const block = readBlock(file, position, size, 'backward');
    let end = block.length;
    for (let newline = block.lastIndexOf(10, end - 1); newline >= 0; newline = block.lastIndexOf(10, end - 1)) {
      if (held + end - newline - 1 <= longestLine) {
        if (end - newline > 1 || later.length > 0)
          yield new Line(block.subarray(newline + 1, end), position + newline + 1, later);
      }
      later = [];
      held = 0;
      end = newline;
      while (end > 0 && block[end - 1] === 10) end--;
      if (end === 0) break;
    }
    if (position > from && enough?.(file.size - position)) return;
    if (end > 0) {
      held += end;
      if (held <= longestLine) later = [Buffer.from(block.subarray(0, end)), ...later];
      else later = [];
    }
  }
  // What is left begins at `from`: a whole line only where the file begins or the byte before ends one.
  const [start, ...rest] = later;
  const whole = from === 0 || readAt(file, from - 1, 1)[0] === 10;
  if (start !== undefined && held <= longestLine && whole) yield new Line(start, from, rest);
}

/** The lines of `file` from the byte `from`, where one begins, as long as they end within `most` bytes. */
export function* linesForward(file: OpenFile, from: number, most: number): Generator<Line> {
  const limit = Math.min(file.size, from + most);
  let earlier: Buffer[] = [];
  let held = 0;
  let position = from;
  for (let round = 0; position < limit; round++) {
    const size = Math.min(forwardSizes[Math.min(round, forwardSizes.length - 1)]!, limit - position);
    const block = readBlock(file, position, size, 'forward');
    if (block.length === 0) break;
    position += block.length;
    let begin = 0;
    for (let newline = block.indexOf(10); newline >= 0; newline = block.indexOf(10, begin)) {
      const piece = block.subarray(begin, newline);
      const [start, ...rest] = [...earlier, piece];
      const length = held + piece.length;
      if (length > 0 && length <= longestLine) yield new Line(start!, position - block.length + newline - length, rest);
      earlier = [];
      held = 0;
      begin = newline + 1;
      while (block[begin] === 10) begin++;
    }
    if (begin < block.length) {
      held += block.length - begin;
      earlier = held <= longestLine ? [...earlier, Buffer.from(block.subarray(begin))] : [];
    }
  }
  const [start, ...rest] = earlier;
  if (start !== undefined && position === file.size && held <= longestLine)
    yield new Line(start, position - held, rest);
}
