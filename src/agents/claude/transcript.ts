import { type Depth, type Facts, saying } from '../../core/facts.ts';
import type { TranscriptFile } from '../../core/session.ts';
import { checksum } from '../../machine/checksum.ts';
import { type Line, readLinesBackward, readLinesForward } from '../../machine/lines.ts';
import { type OpenFile, readAt, withRegularFile } from '../../machine/regular-file.ts';
import type { Summary } from './books.ts';
import { type Findings, factsFrom, joinFindings } from './facts.ts';
import { Gathering } from './gather.ts';

/** Titles are written again after every 32 KiB (2.1.330), so they stand in this many last bytes. */
const titleWindow = 64 << 10;
/** On the path of a login the search for the last turn ends here, in bytes from the end. */
const turnWindow = 33 << 20;
/** What the beginning of a file may cost when it is not read whole, in bytes. */
const headWindow = 64 << 10;
const longestHead = 1 << 20;
/** A larger file, in bytes, is never read whole: no conversation is as long, and its ends tell enough of it. */
const largestWhole = 128 << 20;
/** How many bytes before its old end tell a grown file from another one. */
const anchorLength = 512;

/**
 * Reads a transcript, going on from what was found `before` where it has only grown since. `isSubagent` is true for a
 * sub-agent's own. Throws when the file can't be read.
 */
export function readFacts(
  file: TranscriptFile,
  depth: Depth,
  before: Findings | null = null,
  isSubagent = false,
): Facts {
  return withRegularFile(file.path, (open) => {
    const way = open.size > largestWhole ? 'tail' : depth;
    const gathering = new Gathering(file.folder, way, isSubagent);
    const goesOn = before !== null && hasOnlyGrown(open, before, way);
    const from = goesOn ? before.size : 0;
    readBackward(gathering, open, goesOn ? 'full' : way, from);
    if (!goesOn || !before.hasTalk || before.firstEntrypoint === null || before.firstPrompt === null) {
      readForward(gathering, open, goesOn && before.complete ? 'full' : way, from);
    }
    const summary = gathering.books.isTitled
      ? null
      : ownSummary(gathering.books.allSummaries(), open, depth === 'full');
    const anchor = gathering.leftInQueue ? '' : anchorAt(open, open.size);
    const found = gathering.findings(open.size, depth === 'full', anchor, summary);
    return factsFrom(goesOn ? joinFindings(before, found) : found);
  });
}

/** Whether the file is what was read before, and more: then its new part alone needs to be read. */
function hasOnlyGrown(open: OpenFile, known: Findings, depth: Depth): boolean {
  if (open.size <= known.size || known.anchor === '') return false;
  if (depth === 'full' ? !known.complete || known.hasSummaries : open.size - known.size > turnWindow) return false;
  return anchorAt(open, known.size) === known.anchor;
}

/** A checksum of the bytes before `end`; empty where the last of them does not end a line. */
function anchorAt(open: OpenFile, end: number): string {
  const from = Math.max(0, end - anchorLength);
  const bytes = readAt(open, from, end - from);
  return bytes.at(-1) === 10 ? checksum(bytes) : '';
}

/** Reads from the end to the line that begins at `from`, and on until the last turn is settled. */
function readBackward(gathering: Gathering, open: OpenFile, depth: Depth, from: number): void {
  const isWhole = depth === 'full';
  const reader = {
    take(line: Line) {
      if (line.at < from && gathering.turn.settled) return false;
      gathering.before(line);
      return true;
    },
    // What was read before lies in front of `from`, and ends the work.
    pass:
      from > 0 ? undefined : (block: Buffer, first: number, last: number) => gathering.passBackward(block, first, last),
  };
  const limit = isWhole ? 0 : Math.max(0, open.size - turnWindow);
  readLinesBackward(open, limit, reader, isWhole ? null : (read) => gathering.turn.settled && read >= titleWindow);
}

/** Reads from the line that begins at `from` until what a beginning tells is known. */
function readForward(gathering: Gathering, open: OpenFile, depth: Depth, from: number): void {
  readLinesForward(open, from, depth === 'full' ? Number.POSITIVE_INFINITY : longestHead, {
    take(line) {
      gathering.after(line);
      if (gathering.hasBeginning(depth)) return false;
      return depth === 'full' || line.at - from < headWindow || !gathering.spoke;
    },
    pass: (block, first, last) => gathering.passForward(block, first, last),
  });
}

/** The first of the summaries (last in the file first) whose leaf is a record of this file, in the part that was read. */
function ownSummary(summaries: Summary[], open: OpenFile, complete: boolean): string | null {
  const parts: [number, number][] = complete
    ? [[0, open.size]]
    : [
        [0, Math.min(headWindow, open.size)],
        [Math.max(0, open.size - titleWindow), open.size],
      ];
  const leaves = new Map<string, string>();
  for (const { leaf, text } of summaries) if (!leaves.has(leaf)) leaves.set(leaf, text);
  for (const [leaf, text] of leaves) {
    if (parts.some(([from, to]) => holdsRecord(open, leaf, from, to))) return saying(text);
  }
  return null;
}

/** A uuid is spoken of by its own record, by what follows it, and by summaries; more often only in made-up files. */
const mostHits = 1000;

/** Whether a record with that uuid begins between two bytes of the file. */
function holdsRecord(open: OpenFile, uuid: string, from: number, to: number): boolean {
  const step = 1 << 20;
  const overlap = uuid.length + 32;
  let hits = 0;
  for (let at = from; at < to; at += step) {
    const block = readAt(open, at, Math.min(step + overlap, to - at));
    for (let found = block.indexOf(uuid); found >= 0; found = block.indexOf(uuid, found + 1)) {
      if (++hits > mostHits) return false;
      if (/"uuid"\s*:\s*"$/.test(block.toString('latin1', Math.max(0, found - 24), found))) return true;
    }
  }
  return false;
}
