import { isProgram, standingOf } from '../core/join.ts';
import type { PendingCall, Standing, Turn } from '../core/session.ts';
import { larger } from '../core/text.ts';

/** What a transcript says of its session. Texts are raw, and cut to what can ever be shown. */
export interface Facts {
  /** Bytes of the file when it was read. */
  size: number;
  /** True when the whole file was looked at; else the ends of it. */
  complete: boolean;
  /** A checksum of the last bytes before `size`: a file that has grown, and nothing else, still holds them there. */
  anchor: string;
  customTitle: string | null;
  aiTitle: string | null;
  /** The last summary that is about a record of this very file. */
  summary: string | null;
  /** True when it holds summaries: more of the file can decide what they are about. */
  summarised: boolean;
  lastPromptRecord: string | null;
  lastPrompt: string | null;
  firstPrompt: string | null;
  /** The slash command that opened it. */
  command: string | null;
  firstEntrypoint: string | null;
  lastEntrypoint: string | null;
  /** A sub-agent's or a team member's transcript. */
  subordinate: boolean;
  /** It holds a user or an assistant record. */
  spoken: boolean;
  lastCwd: string | null;
  /** The last working directory whose slug is the project folder's name. */
  ownCwd: string | null;
  /** As written: empty or `HEAD` where no branch is checked out. */
  branch: string | null;
  /** The newest user or assistant timestamp, milliseconds since the epoch. */
  lastActivityAt: number | null;
  lastTurn: Turn | null;
  pending: PendingCall | null;
  lastAnswer: string | null;
  forkedFrom: string | null;
  /** The session that went on from here, when nothing was said after it did. */
  continuedIn: string | null;
  version: string | null;
}

/** Whether the transcript stands for a session even where no process holds it. */
export function makesRow(facts: Facts): boolean {
  return facts.spoken && !facts.subordinate;
}

/** Whether only programs have driven the session. */
export function isHeadless(facts: Facts): boolean {
  return isProgram(facts.firstEntrypoint) && isProgram(facts.lastEntrypoint);
}

/** Where the session of a transcript stands that was touched at `touchedAt`, milliseconds since the epoch. */
export function standingIn(facts: Facts, touchedAt: number): Standing {
  const { lastActivityAt, lastTurn, version } = facts;
  return standingOf({ touchedAt, lastActivityAt, lastTurn, headless: isHeadless(facts), version });
}

/** The facts of a file that has grown: what its new part says, and behind that what was known before. */
export function joinFacts(known: Facts, later: Facts): Facts {
  return {
    size: later.size,
    // Only a reading of the whole file tells what a new summary is about.
    complete: known.complete && (later.complete || !later.summarised),
    anchor: later.anchor,
    customTitle: later.customTitle ?? known.customTitle,
    aiTitle: later.aiTitle ?? known.aiTitle,
    summary: later.summary ?? known.summary,
    summarised: later.summarised || known.summarised,
    lastPromptRecord: later.lastPromptRecord ?? known.lastPromptRecord,
    lastPrompt: later.lastPrompt ?? known.lastPrompt,
    firstPrompt: known.firstPrompt ?? later.firstPrompt,
    command: known.command ?? later.command,
    firstEntrypoint: known.firstEntrypoint ?? later.firstEntrypoint,
    lastEntrypoint: later.lastEntrypoint ?? known.lastEntrypoint,
    subordinate: known.spoken ? known.subordinate : later.subordinate,
    spoken: known.spoken || later.spoken,
    lastCwd: later.lastCwd ?? known.lastCwd,
    ownCwd: later.ownCwd ?? known.ownCwd,
    branch: later.branch ?? known.branch,
    lastActivityAt: latest(known.lastActivityAt, later.lastActivityAt),
    lastTurn: later.lastTurn ?? known.lastTurn,
    pending: later.lastTurn === null ? known.pending : later.pending,
    lastAnswer: later.lastAnswer ?? known.lastAnswer,
    forkedFrom: later.forkedFrom ?? known.forkedFrom,
    continuedIn: later.continuedIn ?? (later.spoken ? null : known.continuedIn),
    version: later.version ?? known.version,
  };
}

function latest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : larger(a, b);
}

/** Facts as a JSON array, for the store; without the last answer, which only a preview shows and reads. */
export function packFacts(f: Facts): string {
  return JSON.stringify([
    f.size,
    f.complete,
    f.anchor,
    f.customTitle,
    f.aiTitle,
    f.summary,
    f.summarised,
    f.lastPromptRecord,
    f.lastPrompt,
    f.firstPrompt,
    f.command,
    f.firstEntrypoint,
    f.lastEntrypoint,
    f.subordinate,
    f.spoken,
    f.lastCwd,
    f.ownCwd,
    f.branch,
    f.lastActivityAt,
    f.lastTurn,
    f.pending,
    f.forkedFrom,
    f.continuedIn,
    f.version,
  ]);
}

/** What `packFacts` made. */
export function unpackFacts(json: string): Facts {
  const v = JSON.parse(json);
  return {
    size: v[0],
    complete: v[1],
    anchor: v[2],
    customTitle: v[3],
    aiTitle: v[4],
    summary: v[5],
    summarised: v[6],
    lastPromptRecord: v[7],
    lastPrompt: v[8],
    firstPrompt: v[9],
    command: v[10],
    firstEntrypoint: v[11],
    lastEntrypoint: v[12],
    subordinate: v[13],
    spoken: v[14],
    lastCwd: v[15],
    ownCwd: v[16],
    branch: v[17],
    lastActivityAt: v[18],
    lastTurn: v[19],
    pending: v[20],
    lastAnswer: null,
    forkedFrom: v[21],
    continuedIn: v[22],
    version: v[23],
  };
}
