import type { Part, Said } from '../core/conversation.ts';
import type { Depth, Facts } from '../core/facts.ts';
import type { Activity, Process, Title, TranscriptFile } from '../core/session.ts';
import type { OpenFile } from '../machine/regular-file.ts';

/**
 * The door between wt and an agent: all that the rest of the program knows of one. An agent is a folder beside this file
 * and a line in `table.ts`; the same agent with several folders of its own is as many agents.
 */
export interface Agent {
  /** Its name, as `agent` in `--json`. */
  readonly name: string;
  /** Its own folder, absolute. */
  readonly configDir: string;
  readonly files: FileLayout;
  /** The program that a person starts: its name on PATH, or its absolute path. */
  readonly program: string;
  /** Where else it may lie when it is not on PATH, as absolute paths; and what to do when it lies nowhere. */
  readonly otherPlaces: readonly string[];
  readonly ifMissing: string;
  /** What the program's environment must hold. */
  readonly environment: Readonly<Record<string, string>>;

  /**
   * Reads a transcript, going on from what was `kept` of it where it has only grown since. Throws when the file can't be
   * read.
   */
  read(file: TranscriptFile, depth: Depth, kept: unknown): Facts;

  /**
   * The part of a conversation that ends before the byte `before` of its transcript (null: the last part), of some 64 KB.
   * Throws when the file can't be read.
   */
  conversation(file: TranscriptFile, before: number | null): Part;

  /**
   * Hands to `take` what was said in the lines of a transcript that begin from the byte `from` on and, more or less, within
   * `most` bytes, in their order: what a person typed, the agent's own words and titles; with `tools` also calls and
   * results. Not what sub-agents said, or the agent told itself. Gives the byte to go on from: the file's size where it ends.
   */
  said(open: OpenFile, from: number, most: number, tools: boolean, take: (said: Said) => void): number;

  /** The facts that were read before, from what was kept of them. */
  recall(kept: unknown): Facts;

  /** A title that lies beside a transcript and stands above the one in it; null where there is none. */
  titleBeside(file: TranscriptFile): Title | null;

  /** When the user put it away by the agent's own means, milliseconds since the epoch; null where nobody did. */
  putAwayAt(file: TranscriptFile): number | null;

  /** When the user last left it by the agent's own command, milliseconds since the epoch; null where nobody did. */
  leftAt(id: string): number | null;

  /** Why a session that runs no more did not end well, in words; null where that isn't known. */
  failureOf(id: string): string | null;

  /** Processes of the agent that no record speaks of: where they stand, and since when (milliseconds since the epoch). */
  strays(registry: Registry): { cwd: string; startedAt: number }[];

  /** Whether sessions of a directory lie in that folder of transcripts. */
  belongsTo(folder: string, directory: string): boolean;

  /** What is lost when a process that does this is ended by SIGTERM, in words; null where nothing is. */
  lostByEnding(activity: Activity): string | null;

  /** The processes that hold sessions, each held against /proc. Never throws. `now`: milliseconds since the epoch. */
  processes(now: number): Registry;

  /**
   * What a live session needs, in words: by its process, and the call that it waits with in `facts` or beside the
   * transcript. `file` and `facts` are null where nothing was written yet.
   */
  needs(process: Process, file: TranscriptFile | null, facts: Facts | null): string;

  /** What the program is told to do; null for what it can't. `attach` is for processes that have an `attachWord`. */
  readonly argv: {
    resume(id: string): string[];
    fork(id: string): string[] | null;
    attach(word: string): string[] | null;
    start(): string[];
  };

  /** Why wt can't move its transcripts into the archive, as the end of a sentence; null where it can. */
  readonly unarchivable: string | null;

  /**
   * Gives a closed session a title in the agent's own way, so that it shows it too; `keepTime`: the transcript keeps its
   * mtime. Throws UserError where it can't be written. Null where the agent has no titles of the user's.
   */
  readonly rename: ((file: TranscriptFile, title: string, keepTime: boolean) => void) | null;

  /**
   * How long it keeps the transcript of a session in `cwd` after its last change, in milliseconds; null when for ever.
   */
  keepsFor(cwd: string | null): number | null;

  /** What in these transcripts wt has never heard of, for `wt doctor`. */
  unfamiliar(newest: TranscriptFile[]): string[];
}

/** Where transcripts lie: `root/<any folder>/<name>`, one file a session. */
export interface FileLayout {
  root: string;
  /** A name is so many ASCII characters, of this pattern; the id begins at `idFrom` and has `idLength`. */
  name: { length: number; pattern: string };
  idFrom: number;
  idLength: number;
}

/** What an agent says of running processes. */
export interface Registry {
  /** False where the agent has never kept a registry here: then nothing proves that a session is closed. */
  present: boolean;
  /** The processes that hold a session: proven, or not to be checked from here. Dead ones are left out. */
  processes: Process[];
  /** True when a running process has a record that can't be read: any session may be its own. */
  blind: boolean;
  /** The paths of what could not be read. */
  skipped: string[];
  /** Words of the agent's that wt doesn't know, for `wt doctor`. */
  unfamiliar: string[];
}
