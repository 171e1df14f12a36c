import type { Agent } from '../agents/agent.ts';
import { grainOf } from '../box/listing.ts';
import type { Said } from '../core/conversation.ts';
import type { TranscriptFile } from '../core/session.ts';
import { checksum } from '../machine/checksum.ts';
import { type OpenFile, readAt, withRegularFile } from '../machine/regular-file.ts';
import type { Reading } from './catalogue.ts';
import { fold } from './fold.ts';
import type { Gathering } from './messages.ts';

/** What is noted of a transcript, but for how much is kept of it. */
export type Noted = Omit<Reading, 'size'>;

/** An agent whose transcripts are files that can be searched. */
export type Searchable = Agent & Required<Pick<Agent, 'said'>>;

/** Whether an agent's transcripts can be searched. */
export function isSearchable(agent: Agent): agent is Searchable {
  return agent.said !== undefined;
}

/** So many bytes of a transcript are read at a time. */
const portion = 4 << 20;
/** How many bytes before its old end tell a grown file from another one. */
const anchorLength = 512;

/**
 * Gathers what was said in a transcript from a byte on: of all who spoke, or, with tools, of those that `isWanted`. Pauses
 * between portions. Throws when it can't be read.
 */
export function* gather(
  agent: Searchable,
  file: TranscriptFile,
  gathering: Gathering,
  isWanted: ((said: Said) => boolean) | null,
  from = 0,
): Generator<void, Noted> {
  const noted = notYet(file);
  const take = (said: Said) => {
    if (isWanted === null || isWanted(said)) gathering.add(said);
  };
  let size = -1;
  let at = from;
  do {
    withRegularFile(file.path, (open) => {
      if (size < 0) size = open.size;
      const next = agent.said({ fd: open.fd, size }, at, portion, isWanted !== null, take);
      at = next > at ? next : size;
      if (at < size) return;
      noted.bytes = size;
      noted.modifiedAt = settled(file, size);
      noted.end = endOfLines(open, size);
      noted.anchor = anchorAt(open, noted.end);
    });
    yield;
  } while (at < size);
  return noted;
}

/** Whether a file is what was read of it, and more. */
export function hasOnlyGrown({ inode, bytes, end, anchor }: Noted, file: TranscriptFile): boolean {
  if (inode !== file.inode || file.bytes <= bytes) return false;
  try {
    return withRegularFile(file.path, (open) => open.size > bytes && anchorAt(open, end) === anchor);
  } catch {
    return false;
  }
}

/** What is noted of a transcript of which nothing was read. */
export function notYet({ inode, bytes }: TranscriptFile): Noted {
  return { inode, bytes, modifiedAt: Number.NaN, end: 0, anchor: 0 };
}

/** Whether a text of a tool's may hold one of several folded words. */
export function mayHold({ who, text }: Said, words: readonly string[]): boolean {
  if (who !== 'tool') return true;
  const lower = text.toLowerCase();
  if (words.some((word) => lower.includes(word))) return true;
  return /[^\0-\x7f]/.test(text) && words.some((word) => fold(text).includes(word));
}

/** The mtime of a file that would show when it changes; NaN where it was modified so lately that it may not. */
function settled(file: TranscriptFile, size: number): number {
  const age = Math.abs(Date.now() - file.modifiedAt);
  return size === file.bytes && age >= grainOf(file.modifiedAt) ? file.modifiedAt : Number.NaN;
}

/** The byte behind the last line end before `size`. */
function endOfLines(open: OpenFile, size: number): number {
  for (let to = size; to > 0; ) {
    const from = Math.max(0, to - (to === size ? anchorLength : 256 << 10));
    const last = readAt(open, from, to - from).lastIndexOf(10);
    if (last >= 0) return from + last + 1;
    to = from;
  }
  return 0;
}

/** A checksum of the bytes before `end`. */
function anchorAt(open: OpenFile, end: number): number {
  const from = Math.max(0, end - anchorLength);
  return Number.parseInt(checksum(readAt(open, from, end - from)), 36);
}
