import type { Part, Said } from '../core/conversation.ts';
import type { Depth, Facts } from '../core/facts.ts';
import type { Environment } from '../core/plan.ts';
import type { Activity, Process, Title, TranscriptFile } from '../core/session.ts';
import type { Programs } from '../machine/proc.ts';
import type { OpenFile } from '../machine/regular-file.ts';

/**
 * The door between wt and an agent: all that the rest of the program knows of one. An agent is a folder beside this file
 * and a line in `table.ts`; the same agent with several folders of its own is as many agents. What not every agent has
 * may be left out.
 */
export interface Agent {
  /**
   * Its name, as `agent` in `--json`, in a filter and behind `--agent`: one word in small letters. In capitals it is that
   * of variables: `WT_CODEX_ARGS` holds arguments for every start.
   */
  readonly name: string;
  /** Its name in sentences: `Claude Code`. */
  readonly title: string;
  /** Its own folder, absolute. An agent whose folder is not there has no sessions, and is not asked for any. */
  readonly configDir: string;
  /** Where the list is of several folders of its kind: the word for this one, in rows and filters. */
  readonly account?: string | undefined;
  /** Where its transcripts lie; or, where they are no files of such a layout, itself, by what is found. */
  readonly transcripts: FileLayout | FileFinder;
  /** The program that a person starts: its name on PATH, or its absolute path. */
  readonly program: string;
  /** Where else it may lie when it is not on PATH, as absolute paths; and what to do when it lies nowhere. */
  readonly otherPlaces: readonly string[];
  readonly ifMissing: string;
  /** What the program's environment must hold, or, where it is null, must not. */
  readonly environment: Environment;

  /**
   * Reads a transcript, going on from what was `kept` of it where it has only grown since. Throws when the file can't be
   * read.
   */
  read(file: TranscriptFile, depth: Depth, kept: unknown): Facts;

  /** The facts that were read before, from what was kept of them. */
  recall(kept: unknown): Facts;

  /**
   * The part of a conversation that ends before the place `before` of its transcript (null: the last part), of some
   * 64 KB; places are the agent's own. Throws when the file can't be read.
   */
  conversation(file: TranscriptFile, before: number | null): Part;

  /**
   * Hands to `take` what was said in the lines of a transcript that begin from the byte `from` on and, more or less, within
   * `most` bytes, in their order: what a person typed, the agent's own words and titles; with `tools` also calls and
   * results. Not what sub-agents said, or the agent told itself. Gives the byte to go on from: the file's size where it ends.
   * Left out where transcripts are no files: then `wt find` does not look into them. Who finds files itself has each of them
   * in a folder that bears the session's id.
   */
  said?(open: OpenFile, from: number, most: number, tools: boolean, take: (said: Said) => void): number;

  /**
   * The processes that hold sessions, each proven by what the agent has for that: a record held against /proc, a lock, an
   * open file. Never throws. `now`: milliseconds since the epoch; `programs`: what runs on the machine.
   */
  processes(now: number, programs: Programs): Registry;

  /**
   * Asks proven processes what they do, where that stands nowhere on the disk, and gives all of them with what was learned.
   * Within `patience` milliseconds, and nothing is learned where anything is not as expected. Never throws.
   */
  ask?(processes: Process[], patience: number): Promise<Process[]>;

  /** What a proven process does, where the transcript tells more than the process. `facts` is null without a transcript. */
  activityOf?(process: Process, facts: Facts | null): Activity;

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

  /** One attaches in the session's directory, not from wherever one is. */
  readonly attachesInDirectory?: boolean;

  readonly archiving: Archiving;

  /** What wt can't tell of its sessions, sentences for `wt doctor`. */
  readonly limits: readonly string[];

  /** A title that lies beside a transcript and stands above the one in it; null where there is none. */
  titleBeside?(file: TranscriptFile): Title | null;

  /** When the user put it away by the agent's own means, milliseconds since the epoch; null where nobody did. */
  putAwayAt?(file: TranscriptFile): number | null;

  /** When the user last left it by the agent's own command, milliseconds since the epoch; null where nobody did. */
  leftAt?(id: string): number | null;

  /** Why a session that runs no more did not end well, in words; null where that isn't known. */
  failureOf?(id: string): string | null;

  /** Processes of the agent that nothing ties to a session: where they stand, and since when (milliseconds since the epoch). */
  strays?(registry: Registry): { pid: number; cwd: string; startedAt: number }[];

  /** Whether sessions of a directory lie in that folder of transcripts. */
  belongsTo?(folder: string, directory: string): boolean;

  /** What is lost when a process that does this is ended by SIGTERM, in words; null where nothing is. */
  lostByEnding?(activity: Activity): string | null;

  /**
   * Gives a closed session a title in the agent's own way, so that it shows it too; `keepTime`: the transcript keeps its
   * mtime. Throws UserError where it can't be written.
   */
  rename?(file: TranscriptFile, title: string, keepTime: boolean): void;

  /**
   * How long it keeps the transcript of a session in `cwd` after its last change, in milliseconds; null when for ever.
   */
  keepsFor?(cwd: string | null): number | null;

  /** What in these transcripts wt has never heard of, for `wt doctor`. */
  unfamiliar?(newest: TranscriptFile[]): string[];
}

/**
 * Where transcripts lie: `root/<folder>/<name>`, one file a session. Who has such a layout is not asked for files: box/
 * lists and stats them all in one go, and again only what has changed.
 */
export interface FileLayout {
  root: string;
  /** How many folders deep below the root: 1, or more for `2026/11/29`. */
  levels: number;
  /** A name is so many ASCII characters, of this pattern; the id begins at `idFrom` and has `idLength`. */
  name: { length: number; pattern: string };
  idFrom: number;
  idLength: number;
}

/** Finds transcripts, wherever they lie. */
export interface FileFinder {
  /**
   * All of them, in no order: a file each, or what the agent has instead, with a time and a size that change with it. The
   * paths of what can't be read go to `skipped`. Never throws.
   */
  find(skipped: string[]): TranscriptFile[];
}

/** How a session gets out of the list and back. */
export type Archiving =
  /**
   * wt moves its transcript, and the folder beside it, out of the layout's root and back. `folders` are those below wt's
   * archive in which they lie (empty: the archive itself): what is archived goes into the first one.
   */
  | { by: 'moving'; root: string; folders: readonly string[] }
  /** The agent's program does both, told so; `archived` finds what it has put away. */
  | { by: 'command'; archive(id: string): string[]; restore(id: string): string[]; archived: FileFinder }
  /** Not at all: why, as the end of a sentence. */
  | { by: 'none'; because: string };

/** What an agent says of running processes. */
export interface Registry {
  /** False where nothing proves that a session is closed: the agent leaves no trace of its processes here. */
  present: boolean;
  /** The processes that hold a session: proven, or not to be checked from here. Dead ones are left out. */
  processes: Process[];
  /** True when a running process has a record that can't be read: any session may be its own. */
  blind: boolean;
  /** The pids of such processes. */
  unreadable?: ReadonlySet<number>;
  /**
   * Why it can't be told whether a process holds a session that none of `processes` holds, as a sentence: then it is
   * unknown. Null where nothing speaks for one.
   */
  doubtOf?(file: TranscriptFile): string | null;
  /** The paths of what could not be read. */
  skipped: string[];
  /** Words of the agent's that wt doesn't know, for `wt doctor`. */
  unfamiliar: string[];
}
