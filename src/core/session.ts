/** Who spoke last in a transcript, and how that turn stands. */
export interface Turn {
  by: 'claude' | 'you';
  how: 'answered' | 'asking' | 'working' | 'unanswered' | 'interrupted' | 'failed';
}

/** Where a title comes from, best first. */
export type TitleSource = 'custom' | 'name' | 'ai' | 'summary' | 'last-prompt' | 'first-prompt' | 'command' | 'none';

/** A tool call that has no result yet: what Claude would do, or the question it asks. */
export interface PendingCall {
  tool: string;
  /** What the call is about: a command, a path, a question; raw text from the model. */
  about: string;
  /** When it was written, milliseconds since the epoch. */
  at: number | null;
}

/** What one transcript file says. All text in it is raw: it has not been cleaned. */
export interface Transcript {
  id: string;
  /** The absolute path of the `.jsonl` file. */
  path: string;
  bytes: number;
  /** The file's mtime in milliseconds: an upper bound of its last activity, and no more than that. */
  touchedAt: number;
  title: { text: string; source: TitleSource };
  cwd: string | null;
  branch: string | null;
  /** The newest user or assistant timestamp, milliseconds since the epoch. */
  lastActivityAt: number | null;
  lastTurn: Turn | null;
  /** The first tool call of the last turn that has no result. */
  pending: PendingCall | null;
  forkedFrom: string | null;
  headless: boolean;
  /** The Claude Code version that wrote last, as in `2.1.330`. */
  version: string | null;
  firstPrompt: string | null;
  lastPrompt: string | null;
  lastAnswer: string | null;
}

/** What a registry record says of a process, and whether that process is proven to be it. */
export interface Process {
  pid: number;
  sessionId: string;
  proof: 'alive' | 'unknown';
  kind: string | null;
  entrypoint: string | null;
  /** The registry's status word, as it stands there. */
  status: string | null;
  waitingFor: string | null;
  /** What a background session says it needs. */
  needs: string | null;
  tmux: string | null;
  /** The process is stopped (Ctrl+Z). */
  suspended: boolean;
  cwd: string | null;
  /** The name that its user gave it; invented names are not kept. */
  name: string | null;
  /** The last change of status, milliseconds since the epoch. */
  changedAt: number | null;
}

export type State = 'live' | 'waiting' | 'idle' | 'unknown';
export type Activity = 'needs-you' | 'working' | 'shell' | 'ready' | 'dialog' | 'suspended' | 'unknown';

/** What decides the state of a session that no process holds: so much of a transcript is known without its texts. */
export interface Standing {
  /** The file's mtime and the newest user or assistant timestamp, milliseconds since the epoch. */
  touchedAt: number;
  lastActivityAt: number | null;
  hasTurn: boolean;
  headless: boolean;
  /** Written by a Claude Code that keeps no registry. */
  unregistered: boolean;
}

/** What decides where a session stands in a list, and whether it stands there at all. */
export interface Outline {
  id: string;
  state: State;
  activity: Activity | null;
  lastActivityAt: number | null;
  /** The transcript's mtime, milliseconds since the epoch. */
  touchedAt: number | null;
  headless: boolean;
}

/** A session: a transcript, the processes that hold it, and what follows from both. */
export interface Session extends Outline {
  title: { text: string; source: TitleSource };
  waitingFor: string | null;
  /** What it needs from you, in words; only when the activity is needs-you. */
  needs: string | null;
  cwd: string | null;
  branch: string | null;
  lastTurn: Turn | null;
  processes: Process[];
  forkedFrom: string | null;
  transcript: Transcript | null;
}
