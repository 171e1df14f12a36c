import type { Facts } from '../../core/facts.ts';
import type { Title, TitleSource } from '../../core/session.ts';
import { isProgram } from './entrypoint.ts';

/** What a transcript was found to hold, from which the facts that wt speaks of follow. All of it can be kept and gone on from. */
export interface Findings
  extends Pick<
    Facts,
    | 'size'
    | 'complete'
    | 'firstPrompt'
    | 'lastPrompt'
    | 'lastAnswer'
    | 'lastActivityAt'
    | 'lastTurn'
    | 'pending'
    | 'forkedFrom'
    | 'continuedIn'
    | 'hasTalk'
    | 'leftByUser'
  > {
  /**
   * A checksum of the last bytes before `size`: a file that has grown, and nothing else, still holds them there. Empty
   * where reading can't go on from there.
   */
  anchor: string;
  customTitle: string | null;
  aiTitle: string | null;
  /** The last summary that is about a record of this very file. */
  summary: string | null;
  /** True when it holds summaries: more of the file can decide what they are about. */
  hasSummaries: boolean;
  lastPromptRecord: string | null;
  /** What titles the prompts, where that is not their own text: the heading of a plan. */
  firstPlan: string | null;
  lastPlan: string | null;
  /** The command that opened it. */
  command: string | null;
  firstEntrypoint: string | null;
  lastEntrypoint: string | null;
  /** It holds a user or an assistant record, whoever spoke there. */
  hasMessages: boolean;
  lastCwd: string | null;
  /** The last working directory whose slug is the project folder's name. */
  ownCwd: string | null;
  /** The last worktree that it was in, where it went when it left one, and the repository that the worktree is of. */
  worktree: string | null;
  relocatedCwd: string | null;
  repository: string | null;
  /** As written: empty or `HEAD` where no branch is checked out. */
  lastBranch: string | null;
  version: string | null;
}

/** The facts that follow from what was found. */
export function factsFrom(found: Findings): Facts {
  const { worktree, relocatedCwd, lastBranch } = found;
  const cwd = found.ownCwd ?? found.lastCwd;
  const directories = [worktree, relocatedCwd, cwd].filter((path) => path !== null);
  return {
    ...shared(found),
    title: titleOf(found),
    directories,
    otherDirectories: repositoriesOf(found, worktree ?? cwd ?? ''),
    branch: lastBranch === '' || lastBranch === 'HEAD' ? null : lastBranch,
    isPart: false,
    headless: isProgram(found.firstEntrypoint) && isProgram(found.lastEntrypoint),
    untracked: keepsNoRegistry(found.version),
    kept: found,
  };
}

function shared(found: Findings) {
  const { size, complete, firstPrompt, lastPrompt, lastAnswer, lastActivityAt, lastTurn } = found;
  const { pending, forkedFrom, continuedIn, hasTalk, leftByUser } = found;
  return {
    size,
    complete,
    firstPrompt,
    lastPrompt,
    lastAnswer,
    lastActivityAt,
    lastTurn,
    pending,
    forkedFrom,
    continuedIn,
    hasTalk,
    leftByUser,
  };
}

/** The repository of a worktree: as it was noted, and as the worktree's place tells. */
function repositoriesOf({ repository }: Findings, directory: string): string[] {
  const [outside] = directory.includes(worktrees) ? directory.split(worktrees) : [];
  return [repository, outside].filter((path) => path != null && path !== '' && path !== directory) as string[];
}

/** Where Claude Code puts worktrees, below the repository (2.1.330). */
const worktrees = '/.claude/worktrees/';

function titleOf(found: Findings): Title | null {
  const titled = (text: string | null, source: TitleSource) => (text?.trim() ? { text, source } : null);
  return (
    titled(found.customTitle, 'custom') ??
    titled(found.aiTitle, 'ai') ??
    titled(found.summary, 'summary') ??
    titled(found.lastPlan ?? found.lastPrompt ?? found.lastPromptRecord, 'last-prompt') ??
    titled(found.firstPlan ?? found.firstPrompt, 'first-prompt') ??
    titled(found.command, 'command')
  );
}

/**
 * Claude Code keeps a registry with start times since 2.1.119 (run): an older one that still runs may leave no trace of
 * it.
 */
function keepsNoRegistry(version: string | null): boolean {
  return version !== null && /^(?:[01]\.|2\.0\.|2\.1\.(?:\d?\d|10\d|11[0-8])(?:\D|$))/.test(version);
}

/** What a grown file holds: what was found in its new part, and behind that what was known before. */
export function joinFindings(known: Findings, later: Findings): Findings {
  const saysSomething = later.lastTurn !== null;
  return {
    size: later.size,
    // Only a reading of the whole file tells what a new summary is about.
    complete: known.complete && (later.complete || !later.hasSummaries),
    anchor: later.anchor,
    customTitle: later.customTitle ?? known.customTitle,
    aiTitle: later.aiTitle ?? known.aiTitle,
    summary: later.summary ?? known.summary,
    hasSummaries: later.hasSummaries || known.hasSummaries,
    lastPromptRecord: later.lastPromptRecord ?? known.lastPromptRecord,
    lastPrompt: later.lastPrompt ?? known.lastPrompt,
    lastPlan: later.lastPrompt === null ? known.lastPlan : later.lastPlan,
    firstPrompt: known.firstPrompt ?? later.firstPrompt,
    firstPlan: known.firstPrompt === null ? later.firstPlan : known.firstPlan,
    command: known.command ?? later.command,
    firstEntrypoint: known.firstEntrypoint ?? later.firstEntrypoint,
    lastEntrypoint: later.lastEntrypoint ?? known.lastEntrypoint,
    hasMessages: known.hasMessages || later.hasMessages,
    hasTalk: known.hasTalk || later.hasTalk,
    leftByUser: later.hasMessages ? later.leftByUser : known.leftByUser,
    lastCwd: later.lastCwd ?? known.lastCwd,
    ownCwd: later.ownCwd ?? known.ownCwd,
    worktree: later.worktree ?? known.worktree,
    relocatedCwd: later.relocatedCwd ?? known.relocatedCwd,
    repository: later.repository ?? known.repository,
    lastBranch: later.lastBranch ?? known.lastBranch,
    lastActivityAt: latest(known.lastActivityAt, later.lastActivityAt),
    lastTurn: later.lastTurn ?? known.lastTurn,
    pending: saysSomething ? later.pending : known.pending,
    lastAnswer: later.lastAnswer ?? known.lastAnswer,
    forkedFrom: later.forkedFrom ?? known.forkedFrom,
    continuedIn: later.continuedIn ?? (later.hasMessages ? null : known.continuedIn),
    version: later.version ?? known.version,
  };
}

function latest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
