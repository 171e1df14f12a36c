import type { Entry, Part, Said } from '../core/conversation.ts';
import { type Line, type LineReader, readLinesBackward, readLinesForward } from '../machine/lines.ts';
import { type OpenFile, withRegularFile } from '../machine/regular-file.ts';

/** A part is made of about so many bytes of the transcript. */
const partSize = 64 << 10;
/** Where nobody says anything for so many bytes, a part may be empty. */
const longestSilence = 4 << 20;
/** Beyond so many bytes without the beginning of a line nothing is looked for: no line that is read is as long. */
const longestGap = 64 << 20;

/**
 * The part of a conversation that ends before the byte `before` of its file (null: the last one), where a line begins:
 * what its lines say by `entriesOf`. Throws when the file can't be read.
 */
export function readPart(path: string, before: number | null, entriesOf: (line: Line) => Entry[]): Part {
  return withRegularFile(path, (open) => {
    const size = before === null ? open.size : Math.min(before, open.size);
    const limit = Math.max(0, size - longestGap);
    const pieces: Entry[][] = [];
    let begin = size;
    const take = (line: Line): boolean => {
      const entries = entriesOf(line);
      if (entries.length > 0) pieces.push(entries);
      begin = line.at;
      return true;
    };
    const enough = (read: number): boolean =>
      begin < size && (read >= longestSilence || (read >= partSize && pieces.length > 0));
    let ended = true;
    readLinesBackward({ fd: open.fd, size }, limit, { take }, (read) => {
      ended = !enough(read);
      return !ended;
    });
    const isAll = begin === 0 || begin === size || (ended && limit === 0);
    return { entries: pieces.reverse().flat(), before: isAll ? null : begin };
  });
}

/**
 * Hands to `take` the lines that begin from the byte `from` on, for about `most` bytes; gives the byte to go on from: the
 * file's size where it ends. `pass` is as in a `LineReader`.
 */
export function readPortion(
  open: OpenFile,
  from: number,
  most: number,
  take: (line: Line) => void,
  pass?: LineReader['pass'],
): number {
  let next = open.size;
  readLinesForward(open, from, Number.POSITIVE_INFINITY, {
    take(line) {
      if (line.at - from >= most) {
        next = line.at;
        return false;
      }
      take(line);
      return true;
    },
    pass,
  });
  return next;
}

/** `Agent.said` of an agent whose lines each tell what was said by themselves: `say` hands on what is in one of them. */
export function saidByLines(say: (line: Line, tools: boolean, take: (said: Said) => void) => void) {
  return (open: OpenFile, from: number, most: number, tools: boolean, take: (said: Said) => void): number =>
    readPortion(open, from, most, (line) => say(line, tools, take));
}
