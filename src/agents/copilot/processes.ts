import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Facts } from '../../core/facts.ts';
import { parseObject } from '../../core/json.ts';
import type { Activity, Process, TranscriptFile } from '../../core/session.ts';
import {
  argumentsOf,
  beganAt,
  directoryOf,
  flockHolders,
  holdsFlock,
  isRunning,
  openFiles,
  type Program,
  type Programs,
  proveAlive,
  readStat,
  terminalOf,
} from '../../machine/proc.ts';
import { realPath } from '../../machine/real-path.ts';
import { readSmallFile } from '../../machine/regular-file.ts';
import type { Registry } from '../agent.ts';
import { doubtAbout, doubtfulFor, lockAt, otherHolder } from '../locks.ts';
import { nothingKnown } from '../process.ts';
import { idPattern, isSessionId, sessionsFolder } from './files.ts';
import { readWorkspace } from './workspace.ts';

/** A running Copilot. */
interface Running {
  pid: number;
  /** Clock ticks between boot and its start. */
  startTime: string;
  argv: string[];
  /** It has files in this folder open: each has from its start on, at the least its log. */
  isHere: boolean;
  /** The sessions whose lock it holds. */
  holds: string[];
}

const largestState = 1 << 20;

/**
 * The processes that hold sessions (Copilot 1.0.102): each has `inuse.<pid>.hold` in the session's folder open and holds
 * the flock on it, from its start on. But one that resumed a session takes the lock only at the first prompt; until then
 * any session that it was told to resume, or that is noted as open, and that nobody holds may be the one that it shows. `now`: milliseconds since the epoch.
 */
export function readProcesses(configDir: string, programs: Programs, now: number): Registry {
  const running = runningCopilots(configDir, programs);
  const processes = running.flatMap((one) => one.holds.flatMap((id) => proven(configDir, one, id) ?? []));
  const held = new Set(processes.map((process) => process.sessionId));
  const idle = running.filter(({ holds }) => holds.length === 0);
  const noted = idle.some(({ isHere }) => isHere) ? openSessions(configDir) : [];
  for (const one of idle) {
    const ids = new Set([...one.argv.flatMap(idsIn), ...(one.isHere ? noted : [])]);
    for (const id of ids) if (!held.has(id)) processes.push(possible(one, id));
  }
  let holders: ReadonlyMap<number, number> | undefined;
  return {
    present: true,
    processes,
    blind: false,
    doubtOf: (file) => doubtOf(file, now, () => (holders ??= flockHolders())),
    skipped: [],
    unfamiliar: [],
  };
}

const holdName = /^inuse\.\d+\.hold$/;

/** Why a session that no Copilot holds whom wt may look at may be held all the same: by the locks in its folder. */
function doubtOf(
  { path, modifiedAt }: TranscriptFile,
  now: number,
  holders: () => ReadonlyMap<number, number>,
): string | null {
  const folder = dirname(path);
  for (const name of namesIn(folder)) {
    const lock = holdName.test(name) ? lockAt(join(folder, name)) : null;
    const holder = lock === null ? 'nobody' : otherHolder(lock, holders());
    if (holder !== 'nobody' && (holder !== 'hidden' || now - modifiedAt < doubtfulFor))
      return doubtAbout(holder, 'Copilot');
  }
  return null;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** What a process that holds a session does: the events tell, unless they are older than it. */
export function activityOf({ suspended, startTime }: Process, facts: Facts | null): Activity {
  if (suspended) return 'suspended';
  const turn = facts?.lastTurn ?? null;
  const at = facts?.lastActivityAt ?? null;
  if (turn === null || at === null || startTime === null || at < beganAt(startTime)) return 'ready';
  if (turn.how === 'asking') return 'needs-you';
  return turn.how === 'working' || turn.how === 'unanswered' ? 'working' : 'ready';
}

/** Copilots of this user's; 50 processes that only bear the name cost a look at what each holds open. */
function runningCopilots(configDir: string, programs: Programs): Running[] {
  const found = programs().filter(isCopilot);
  if (found.length === 0) return [];
  const folder = realPath(configDir);
  const root = realPath(sessionsFolder(configDir));
  const hold = new RegExp(`^(${idPattern})/inuse\\.\\d+\\.hold$`);
  return found.flatMap(({ pid }) => {
    const stat = readStat(pid);
    if (!isRunning(stat)) return [];
    const files = openFiles(pid);
    const isHere = files.some(({ path }) => path.startsWith(`${folder}/`) || path.startsWith(`${root}/`));
    const holds = files.flatMap(({ fd, path }) => {
      const id = path.startsWith(`${root}/`) ? hold.exec(path.slice(root.length + 1))?.[1] : undefined;
      return id !== undefined && holdsFlock(pid, fd) ? [id] : [];
    });
    return [{ pid, startTime: stat.startTime, argv: argumentsOf(pid), isHere, holds: [...new Set(holds)] }];
  });
}

/** The native program; from npm also as a script, where its package for the platform is missing. */
function isCopilot({ pid, path }: Program): boolean {
  const name = basename(path);
  if (name === 'copilot') return true;
  if (name !== 'node' && name !== 'bun') return false;
  return argumentsOf(pid)
    .slice(1, 4)
    .some((word) => /(?:^|\/)copilot$|\/@github\/copilot\//.test(word));
}

function processOf({ pid, startTime, argv }: Running, sessionId: string): Process {
  return {
    pid,
    sessionId,
    proof: 'unknown',
    startTime,
    ...nothingKnown,
    headless: argv.some((word) => word === '-p' || word === '--prompt' || word.startsWith('--prompt=')),
    tty: terminalOf(pid),
    cwd: directoryOf(pid),
  };
}

function proven(configDir: string, running: Running, id: string): Process | null {
  const proof = proveAlive(running.pid, running.startTime);
  if (proof.verdict === 'dead') return null;
  const { cwd, name, isNamedByUser } = readWorkspace(join(sessionsFolder(configDir), id));
  const process = processOf(running, id);
  return {
    ...process,
    proof: proof.verdict,
    suspended: proof.verdict === 'alive' && proof.suspended,
    // Where the process stands is where its session does only as long as nobody said `/cwd`.
    cwd: cwd ?? process.cwd,
    name: name === null ? null : { text: name, byUser: isNamedByUser },
    changedAt: beganAt(running.startTime),
  };
}

/** A session that an idle process may show. */
function possible(running: Running, id: string): Process {
  const { pid } = running;
  const doubt = `a copilot that resumed a session and was told nothing yet runs as process ${pid}: it may be this one`;
  return { ...processOf(running, id), doubt };
}

function idsIn(word: string): string[] {
  const id = word.replace(/^--(?:resume|session-id)=/, '');
  return isSessionId(id) ? [id] : [];
}

/** The sessions that are noted as open: whoever is killed leaves its own there, so that proves nothing. */
function openSessions(configDir: string): string[] {
  try {
    const state = parseObject(readSmallFile(join(configDir, 'open-sessions-state.json'), largestState) ?? '') ?? {};
    return Object.keys(state).filter(isSessionId);
  } catch {
    return [];
  }
}
