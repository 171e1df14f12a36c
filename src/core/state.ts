import type { Facts } from './facts.ts';
import {
  type Activity,
  activities,
  type Process,
  type Session,
  type State,
  type Title,
  type TranscriptFile,
  type Turn,
} from './session.ts';

/** What a session's state depends on besides its transcript and its processes. */
export interface Context {
  /** Milliseconds since the epoch. */
  now: number;
  /** How long a session that was left mid-conversation counts as waiting, in milliseconds. */
  waitingFor: number;
  /** Until when what happened in the session of a key is known to its user, milliseconds since the epoch. */
  seenUntil(key: string): number;
  /** When its user said that there is nothing to come back to; null where nobody did. Milliseconds since the epoch. */
  doneAt(key: string): number | null;
}

/** What an agent's registry leaves open. */
export interface RegistryView {
  /** False where the agent has never kept one: nothing proves that a session is closed. */
  present: boolean;
  /** True when a running process has a record that can't be read. */
  blind: boolean;
}

const hour = 3_600_000;

/** Proven processes first, what most needs its user before others, then by pid. */
export function inOrderOfNeed(processes: Process[]): Process[] {
  const rank = (process: Process) =>
    process.proof === 'alive' ? activities.indexOf(process.activity) : activities.length;
  return processes.toSorted((a, b) => rank(a) - rank(b) || a.pid - b.pid);
}

/** All that is known of one session. */
export interface Known {
  id: string;
  /** The id of the transcript that holds its talk: its own, or, while that is a stub, its predecessor's. */
  talkId: string;
  /** See Session. */
  key: string;
  agent: string;
  configDir: string;
  account: string | null;
  file: TranscriptFile | null;
  copies: TranscriptFile[];
  facts: Facts | null;
  /** Of the directories that `facts` names, the one to go on in. */
  cwd: string | null;
  /** The title beside the transcript. */
  titleBeside: Title | null;
  /** Those that hold it, as `inOrderOfNeed` has them. */
  processes: Process[];
  /** What the foremost process asks, in words; only when its activity is needs-you. */
  needs: string | null;
  /** When its user put it away, or left it, by the agent's own means, milliseconds since the epoch; null: never. */
  putAwayAt: number | null;
  leftAt: number | null;
  /** Why it did not end well, in words, where no process holds it. */
  failure: string | null;
  /** How long the agent keeps a transcript, in milliseconds; null when for ever. */
  keepsFor: number | null;
  /** It is on its way into another session this very moment. */
  isMoving: boolean;
  /** A process may hold it of which that can't be told. */
  hasStray: boolean;
}

/** Joins what is known of one session: a transcript, processes, or both. */
export function joinSession(known: Known, registry: RegistryView, context: Context): Session {
  const { id, key, agent, configDir, file, facts, processes } = known;
  const foremost = processes[0]?.proof === 'alive' ? processes[0] : null;
  const headless = isHeadless(facts, processes);
  const lastActivityAt = lastActivity(file, facts) ?? lastChange(processes);
  const state = foremost !== null ? 'live' : stateOf(known, registry, context);
  const activity = foremost?.activity ?? null;
  const lastTurn = turnOf(known, activity, context.now);
  const isOpen = lastTurn !== null && isOpenTurn(lastTurn);
  const isClosed = state === 'waiting' || state === 'idle';
  const isOver = lastTurn?.how === 'answered' || lastTurn?.how === 'failed';
  const keptUntil = file !== null && known.keepsFor !== null ? file.modifiedAt + known.keepsFor : null;
  return {
    id,
    talkId: known.talkId,
    key,
    agent,
    configDir,
    account: known.account,
    title: titleOf(known),
    state,
    activity,
    waitingFor: foremost?.waitingFor ?? null,
    needs: activity === 'needs-you' ? (known.needs ?? 'your attention') : null,
    lastActivityAt,
    modifiedAt: file?.modifiedAt ?? null,
    cwd: foremost?.cwd ?? known.cwd ?? processes[0]?.cwd ?? processes[0]?.startedIn ?? null,
    otherDirectories: facts?.otherDirectories ?? [],
    branch: facts?.branch ?? null,
    lastTurn,
    cutOff: isClosed && isOpen,
    isDone: state === 'idle' && isDone(known, lastActivityAt, context),
    seen: !isOver || lastActivityAt === null || lastActivityAt <= context.seenUntil(key),
    deletesAt: state === 'live' ? null : keptUntil,
    firstPrompt: facts?.firstPrompt ?? null,
    lastPrompt: facts?.lastPrompt ?? null,
    lastAnswer: facts?.lastAnswer ?? null,
    processes,
    forkedFrom: facts?.forkedFrom ?? null,
    headless,
    transcript: file,
    copies: known.copies,
  };
}

/** How long the transcript may lag behind the registry, in milliseconds (100 with Claude Code 2.1.330). */
const longestLag = 2000;

/**
 * The last turn, as far as a process does not know better: who is at the prompt has nothing pending, whatever the
 * transcript still says. There its end is not written yet, or it was broken off before anything came.
 */
function turnOf({ facts, processes, failure }: Known, activity: Activity | null, now: number): Turn | null {
  const turn = facts?.lastTurn ?? null;
  if (turn === null || !isOpenTurn(turn)) return turn;
  if (activity === 'ready') {
    const since = now - (processes[0]?.changedAt ?? 0);
    return since > longestLag
      ? { by: 'you', how: 'interrupted', reason: null }
      : { by: 'agent', how: 'answered', reason: null };
  }
  return activity === null && failure !== null ? { by: 'agent', how: 'failed', reason: failure } : turn;
}

function isOpenTurn({ how }: Turn): boolean {
  return how === 'asking' || how === 'working' || how === 'unanswered';
}

/** No time is later than the file's own mtime, to the millisecond: clocks are set, and records are made up. */
function lastActivity(file: TranscriptFile | null, facts: Facts | null): number | null {
  const at = facts?.lastActivityAt ?? null;
  return at === null || file === null ? at : Math.min(at, Math.ceil(file.modifiedAt));
}

/** The state of a session that no process is proven to hold. */
function stateOf(known: Known, registry: RegistryView, context: Context): State {
  const { now, waitingFor } = context;
  const { file, facts } = known;
  if (known.processes.length > 0 || file === null || facts === null || known.isMoving || known.hasStray)
    return 'unknown';
  if ((!registry.present || registry.blind) && now - file.modifiedAt < hour) return 'unknown';
  const activeAt = lastActivity(file, facts) ?? Number.NEGATIVE_INFINITY;
  if (facts.untracked && now - activeAt < hour) return 'unknown';
  if (facts.lastTurn === null || facts.headless || now - activeAt > waitingFor) return 'idle';
  if (facts.lastTurn.how === 'answered' && (facts.leftByUser || isSince(known.leftAt, activeAt))) return 'idle';
  return isDone(known, activeAt, context) ? 'idle' : 'waiting';
}

/** Whether its user said `wt done`, or put it away in the agent's own list, after all that was said in it. */
function isDone({ key, putAwayAt }: Known, activeAt: number | null, { doneAt }: Context): boolean {
  const since = activeAt ?? Number.NEGATIVE_INFINITY;
  return isSince(putAwayAt, since) || isSince(doneAt(key), since);
}

function isSince(at: number | null, activeAt: number): boolean {
  return at !== null && at >= activeAt;
}

/** Headless is what a program drives; a person's terminal on the same session makes it theirs. */
function isHeadless(facts: Facts | null, processes: Process[]): boolean {
  const proven = processes.filter((process) => process.proof === 'alive');
  if (proven.some((process) => !process.headless)) return false;
  return facts === null ? proven.length > 0 : facts.headless;
}

function titleOf({ id, titleBeside, facts, processes }: Known): Title {
  const own = facts?.title ?? null;
  const named = processes.find((process) => process.name !== null)?.name ?? null;
  const name: Title | null = named && { text: named.text, source: 'name' };
  if (own?.source === 'custom') return own;
  if (titleBeside !== null) return titleBeside;
  if (name !== null && named?.byUser) return name;
  return own ?? name ?? { text: id, source: 'none' };
}

function lastChange(processes: Process[]): number | null {
  const times = processes.map((process) => process.changedAt).filter((at) => at !== null);
  return times.length > 0 ? Math.max(...times) : null;
}
