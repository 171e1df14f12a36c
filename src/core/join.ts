import type { Activity, PendingCall, Process, Session, Standing, State, Transcript } from './session.ts';

/** What the join must know besides transcripts and processes. */
export interface Circumstances {
  /** Milliseconds since the epoch. */
  now: number;
  /** How long a session that was left mid-conversation counts as waiting, in milliseconds. */
  waitingFor: number;
  /** False where Claude Code has never kept a registry: nothing proves that a session is closed. */
  registryPresent: boolean;
  /** True when a running process has a record that can't be read. */
  registryBlind: boolean;
}

const hour = 3_600_000;

/** What most needs you first; no word lies in another one. */
const byNeed = 'needs-you working shell ready dialog suspended unknown';

/** What a process does, as its record and its state say. */
export function activityOf(process: Process): Activity {
  if (process.suspended) return 'suspended';
  switch (process.status) {
    case 'busy':
      return 'working';
    case 'shell':
      return 'shell';
    case 'idle':
      return 'ready';
    case 'waiting':
      return process.waitingFor === 'dialog open' ? 'dialog' : 'needs-you';
    default:
      return 'unknown';
  }
}

/**
 * Joins one session's transcript (null where none was written yet) with the processes that hold it (none where it is
 * closed). At least one of both is needed.
 */
export function joinSession(
  id: string,
  transcript: Transcript | null,
  processes: Process[],
  circumstances: Circumstances,
): Session {
  const proven: Process[] = [];
  const unproven: Process[] = [];
  let named: string | null = null;
  for (const process of processes) {
    (process.proof === 'alive' ? proven : unproven).push(process);
    named ??= process.name;
  }
  if (proven.length > 1)
    proven.sort((a, b) => byNeed.indexOf(activityOf(a)) - byNeed.indexOf(activityOf(b)) || a.pid - b.pid);
  const foremost = proven[0];
  const headless = isHeadless(transcript, proven);
  const state: State = foremost !== undefined ? 'live' : notLiveState(transcript, processes, circumstances);
  const activity = foremost !== undefined ? activityOf(foremost) : null;
  const told = transcript?.title ?? { text: '', source: 'none' as const };
  const title = named !== null && told.source !== 'custom' ? { text: named, source: 'name' as const } : told;
  return {
    id,
    title: title.source === 'none' ? { text: id, source: 'none' } : title,
    state,
    activity,
    waitingFor: foremost?.status === 'waiting' ? foremost.waitingFor : null,
    needs: activity === 'needs-you' ? needsOf(foremost!, transcript?.pending ?? null) : null,
    lastActivityAt: transcript?.lastActivityAt ?? lastChange(processes),
    touchedAt: transcript?.touchedAt ?? null,
    cwd: foremost?.cwd ?? transcript?.cwd ?? processes[0]?.cwd ?? null,
    branch: transcript?.branch ?? null,
    lastTurn: transcript?.lastTurn ?? null,
    processes: proven.concat(unproven),
    forkedFrom: transcript?.forkedFrom ?? null,
    headless,
    transcript,
  };
}

function notLiveState(transcript: Transcript | null, processes: Process[], circumstances: Circumstances): State {
  if (processes.length > 0 || transcript === null) return 'unknown';
  return closedState(standingOf(transcript), circumstances);
}

/** So much of a transcript as decides the state of its session while no process holds it. */
export function standingOf({
  touchedAt,
  lastActivityAt,
  lastTurn,
  headless,
  version,
}: Pick<Transcript, 'touchedAt' | 'lastActivityAt' | 'lastTurn' | 'headless' | 'version'>): Standing {
  return {
    touchedAt,
    lastActivityAt,
    hasTurn: lastTurn !== null,
    headless,
    unregistered: keepsNoRegistry(version),
  };
}

/** The state of a session that no process is said to hold. */
export function closedState(standing: Standing, circumstances: Circumstances): State {
  const { touchedAt, lastActivityAt, hasTurn, headless, unregistered } = standing;
  const { now, waitingFor, registryPresent, registryBlind } = circumstances;
  if ((!registryPresent || registryBlind) && now - touchedAt < hour) return 'unknown';
  const activeAt = lastActivityAt ?? Number.NEGATIVE_INFINITY;
  if (unregistered && now - activeAt < hour) return 'unknown';
  return hasTurn && !headless && now - activeAt <= waitingFor ? 'waiting' : 'idle';
}

/** Claude Code writes registry records since 2.1.139: an older one that still runs leaves no other trace. */
function keepsNoRegistry(version: string | null): boolean {
  if (version === null) return false;
  const second = version.indexOf('.') + 1;
  const third = second === 0 ? 0 : version.indexOf('.', second) + 1;
  const major = numberOf(version);
  const minor = second === 0 ? 0 : numberOf(version.slice(second));
  const patch = third === 0 ? 0 : numberOf(version.slice(third));
  return major < 2 || (major === 2 && (minor < 1 || (minor === 1 && patch < 139)));
}

/** What a text begins with as a number. */
function numberOf(text: string): number {
  return Number.parseInt(text, 10) || 0;
}

/** Headless is what a program drives (`-p`, an SDK); a person's terminal on the same session makes it theirs. */
function isHeadless(transcript: Transcript | null, proven: Process[]): boolean {
  for (const process of proven) if (!isProgram(process.entrypoint)) return false;
  return transcript === null ? proven.length > 0 : transcript.headless;
}

/** Whether an entrypoint is a program's: `sdk-cli` (that is `-p`), `sdk-ts`, `sdk-py`. */
export function isProgram(entrypoint: string | null): boolean {
  return entrypoint?.startsWith('sdk-') ?? false;
}

function lastChange(processes: Process[]): number | null {
  let last: number | null = null;
  for (const { changedAt } of processes) if (changedAt !== null && changedAt > (last ?? 0)) last = changedAt;
  return last;
}

function needsOf(process: Process, pending: PendingCall | null): string {
  const reason = process.waitingFor;
  const answersCall = reason === 'permission prompt' || reason === 'input needed';
  if (answersCall && pending !== null) return callInWords(pending, reason);
  return process.needs ?? reason ?? 'your attention';
}

function callInWords({ tool, about }: PendingCall, reason: string): string {
  if (tool === 'AskUserQuestion') return about === '' ? 'asks a question' : `asks: ${about}`;
  const verb = reason === 'input needed' ? 'input for' : 'approve';
  if (tool === 'ExitPlanMode') return about === '' ? `${verb} the plan` : `${verb} plan: ${about}`;
  return about === '' ? `${verb} ${tool}` : `${verb} ${tool}: ${about}`;
}
