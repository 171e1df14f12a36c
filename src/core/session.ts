/** Who spoke last in a transcript, and how that turn stands. */
export interface Turn {
  by: 'agent' | 'you';
  how: 'answered' | 'asking' | 'working' | 'unanswered' | 'interrupted' | 'failed';
  /** Why a turn failed, as far as it is told, in words for people: `usage limit, resets 17:00`. */
  reason: string | null;
}

/** Where a title comes from, best first. */
export type TitleSource = 'custom' | 'name' | 'ai' | 'summary' | 'last-prompt' | 'first-prompt' | 'command' | 'none';

/** The title of a session: raw text, and where it comes from. */
export interface Title {
  text: string;
  source: TitleSource;
}

/** A tool call that has no result yet: what the agent would do, or the question it asks. */
export interface PendingCall {
  tool: string;
  /** What the call is about: a command, a path, a question; raw text from the model. */
  about: string;
  /** When it was written, milliseconds since the epoch. */
  at: number | null;
}

/** A transcript file as a stat shows it; of an agent without files what it has instead. */
export interface TranscriptFile {
  id: string;
  /** The name of the folder that it lies in. */
  folder: string;
  /** Its absolute path. */
  path: string;
  bytes: number;
  /** The mtime, milliseconds since the epoch, with fractions. */
  modifiedAt: number;
  inode: number;
  /** Whether a folder `<id>/` lies beside it. */
  hasCompanion: boolean;
}

/** A process that holds a session, and whether that is proven of this very one. */
export interface Process {
  pid: number;
  sessionId: string;
  proof: 'alive' | 'unknown';
  /** Why it is not proven, in words; only where that is unknown. */
  doubt?: string;
  /** Clock ticks between boot and its start, as /proc has it; null where that isn't known. */
  startTime: string | null;
  /** The agent's own words: its kind, what started it, its status, what it waits for. */
  kind: string | null;
  entrypoint: string | null;
  status: string | null;
  waitingFor: string | null;
  activity: Activity;
  /** Why it is not to be ended for one session's sake, as a sentence. */
  obstacle?: string;
  /** It holds the session without a terminal: one attaches to it, by this word. */
  attachWord: string | null;
  /** A program drives it, not a person. */
  headless: boolean;
  /** What it says itself that it needs. */
  needs: string | null;
  /** It never had a status: such a one without a transcript is a picker that somebody left open. */
  isUnused: boolean;
  /** Where tmux shows it, as its record says. */
  tmux: string | null;
  /** Its controlling terminal, as `pts/3`. */
  tty: string | null;
  /** It is stopped (Ctrl+Z). */
  suspended: boolean;
  cwd: string | null;
  /** Where it was started, where nobody wrote down where the session is. */
  startedIn?: string | null;
  /** A name for the session: its user's own, or a better one than none. */
  name: { text: string; byUser: boolean } | null;
  /** The last change of status, milliseconds since the epoch. */
  changedAt: number | null;
}

/** What a session can be. */
export const states = ['live', 'waiting', 'idle', 'unknown'] as const;
export type State = (typeof states)[number];

/** What a live session does, what most needs its user first. `in-turn`: asking or working, which one can't be told. */
export const activities = [
  'needs-you',
  'working',
  'in-turn',
  'shell',
  'ready',
  'dialog',
  'suspended',
  'unknown',
] as const;
export type Activity = (typeof activities)[number];

/** A session: a transcript, the processes that hold it, and what follows from both. Text in it is raw. */
export interface Session {
  id: string;
  /** The id of the transcript that holds its talk: its own, or, while that is a stub, its predecessor's. */
  talkId: string;
  /**
   * What the picker and wt's own files know it by: its id, and, where the list is of several folders of its agent, the
   * folder, for a copied one holds the same ids.
   */
  key: string;
  /** The name of its agent, the agent's folder, and the word for that where the list is of several. */
  agent: string;
  configDir: string;
  account: string | null;
  title: Title;
  state: State;
  activity: Activity | null;
  waitingFor: string | null;
  /** What it needs from you, in words; only when the activity is needs-you. */
  needs: string | null;
  /** The newest talk, milliseconds since the epoch; never later than the file's own mtime. */
  lastActivityAt: number | null;
  /** The transcript's mtime, milliseconds since the epoch. */
  modifiedAt: number | null;
  cwd: string | null;
  /** Where else it may go on when `cwd` is gone, best first: a worktree's repository, a process's own directory. */
  otherDirectories: string[];
  branch: string | null;
  lastTurn: Turn | null;
  /** Closed in mid-turn: killed, unanswered, or with a call left hanging. */
  cutOff: boolean;
  /** Its user is done with it: nothing was said in it since. */
  isDone: boolean;
  /** Nothing was finished or has failed in it since its user looked. */
  seen: boolean;
  /** When its agent will delete the transcript, milliseconds since the epoch; null when never. */
  deletesAt: number | null;
  firstPrompt: string | null;
  lastPrompt: string | null;
  lastAnswer: string | null;
  processes: Process[];
  forkedFrom: string | null;
  /** Only programs have driven it. */
  headless: boolean;
  /** The file that stands for it, and the others of the same id; null and none where nothing was written yet. */
  transcript: TranscriptFile | null;
  copies: TranscriptFile[];
}
