import type { PendingCall, Title, Turn } from './session.ts';

/**
 * How much of a transcript is read: its ends, in bounded parts, which is what a login can wait for; or all of it, so that
 * every fact is exact.
 */
export type Depth = 'tail' | 'full';

/**
 * What a transcript says of its session. An agent reads it, and may add facts of its own that it goes on from when the
 * file has grown; the index keeps it as JSON. Text in it is raw, and cut to what can ever be shown.
 */
export interface Facts {
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
  /** Only programs have driven the session. */
  headless: boolean;
  /** The user left it in order: the last thing in it is the command to do so. */
  leftByUser: boolean;
  /** The version that wrote it leaves no record of its processes. */
  untracked: boolean;
}

/** How long a text in `Facts` may be, in UTF-16 units: titles are words, not documents. */
export const longestText = 4000;
