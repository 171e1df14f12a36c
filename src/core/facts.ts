import type { PendingCall, Title, Turn } from './session.ts';
import { clean } from './text.ts';

/**
 * How much of a transcript is read: its ends, in bounded parts, which is what a login can wait for; or all of it, so that
 * every fact is exact.
 */
export type Depth = 'tail' | 'full';

/** What a transcript says of its session. */
export interface Facts {
  /**
   * What the agent keeps of the file: the facts can be made from it again, and gone on from when the file has grown. JSON.
   */
  kept: unknown;
  /** Bytes of the file when it was read. */
  size: number;
  /** Whether all of the file was looked at; else its ends. */
  complete: boolean;
  /** The best title that the file has; null where it has none. */
  title: Title | null;
  firstPrompt: string | null;
  lastPrompt: string | null;
  lastAnswer: string | null;
  /** Where it goes on: the first of these that is there. */
  directories: string[];
  /** Where else it may go on when all of those are gone, best first. */
  otherDirectories: string[];
  branch: string | null;
  /** The newest time of talk, milliseconds since the epoch, as written. */
  lastActivityAt: number | null;
  lastTurn: Turn | null;
  /** The first tool call of the last turn that has no result. */
  pending: PendingCall | null;
  forkedFrom: string | null;
  /** The session that went on from here, when nothing was said after it did. */
  continuedIn: string | null;
  /** Somebody said something in it: not a sub-agent's or a team member's talk alone, and more than commands. */
  hasTalk: boolean;
  /** It is part of another session, as a sub-agent's own file is: no row. */
  isPart: boolean;
  /** Only programs have driven the session. */
  headless: boolean;
  /** The user left it in order: the last thing in it is the command to do so. */
  leftByUser: boolean;
  /** The version that wrote it leaves no record of its processes. */
  untracked: boolean;
}

/** Texts in `Facts` have at most so many characters: they are shown in one line, if at all. */
const longestSaying = 300;

/** A text as `Facts` has it: one clean line, not too long. */
export function saying(text: string): string {
  const line = clean(text);
  return line.length <= longestSaying ? line : Array.from(line).slice(0, longestSaying).join('');
}
