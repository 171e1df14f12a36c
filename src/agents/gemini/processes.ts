import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Activity, Process, TranscriptFile } from '../../core/session.ts';
import {
  argumentsOf,
  beganAt,
  directoryOf,
  isRunning,
  type Program,
  type Programs,
  proveAlive,
  readStat,
  terminalOf,
} from '../../machine/proc.ts';
import type { Registry } from '../agent.ts';
import { nothingKnown } from '../process.ts';
import { readFacts } from './facts.ts';
import { sessionsIn } from './paths.ts';

/** A running Gemini CLI: of the two processes of each, the one that works. */
interface Running {
  pid: number;
  parent: number;
  startTime: string;
  suspended: boolean;
  argv: string[];
  cwd: string;
}

/**
 * The sessions that processes may hold. Gemini CLI (0.61.0) leaves no trace of who holds what: a process proves that one
 * runs in its project, and every session of that which was written since it began may be its own. Only where the title of
 * its tmux pane says that it is in a turn, one of these is: its prompt was written before its turn began. So it is proven
 * where there is but one.
 */
export function readProcesses(
  configDir: string,
  programs: Programs,
  titleOf: (pid: number) => string | null,
): Registry {
  const running = runningGeminis(programs);
  const processes = running.flatMap((one) => {
    const candidates = candidatesOf(configDir, one);
    const isAlone = running.every((other) => other === one || other.cwd !== one.cwd);
    const activity = isAlone && candidates.length === 1 ? activityIn(titleOf(one.pid), one.cwd) : null;
    return candidates.map((id) => processOf(one, id, activity));
  });
  return { present: true, processes, blind: false, skipped: [], unfamiliar: [] };
}

function runningGeminis(programs: Programs): Running[] {
  const found = programs().flatMap((program): Running[] => {
    const argv = isRuntime(program) ? argumentsOf(program.pid) : [];
    if (!argv.slice(1, 6).some(isGemini)) return [];
    const stat = readStat(program.pid);
    const cwd = directoryOf(program.pid);
    if (!isRunning(stat) || cwd === null) return [];
    const { parent, startTime, state } = stat;
    return [{ pid: program.pid, parent, startTime, suspended: state === 'T', argv, cwd }];
  });
  return found.filter(({ pid }) => found.every(({ parent }) => parent !== pid));
}

function isRuntime({ path }: Program): boolean {
  return /^(?:node|nodejs|bun)$/.test(basename(path));
}

/** `…/bin/gemini` or `…/@google/gemini-cli/bundle/gemini.js`, behind the options of node. */
function isGemini(word: string): boolean {
  return /(?:^|\/)gemini$|\/gemini-cli\/(?:\w+\/)+(?:gemini|index)\.js$/.test(word);
}

/** The ids of the sessions that a process may hold. One in which nobody said anything is none that anybody looks for. */
function candidatesOf(configDir: string, { cwd, argv, startTime }: Running): string[] {
  const resumed = argv.flatMap((word) => /^(?:--resume=)?([0-9a-f]{8})-[0-9a-f]{4}-/.exec(word)?.[1] ?? []);
  const since = beganAt(startTime);
  return sessionsIn(configDir, cwd).flatMap(({ id, path }) => {
    const file = fileAt(id, path);
    if (file === null || (file.modifiedAt < since && !resumed.includes(id.slice(-8)))) return [];
    return hasTalk(file) ? [id] : [];
  });
}

function fileAt(id: string, path: string): TranscriptFile | null {
  try {
    const { size, mtimeMs, ino } = statSync(path);
    return { id, folder: '', path, bytes: size, modifiedAt: mtimeMs, inode: ino, hasCompanion: false };
  } catch {
    return null;
  }
}

function hasTalk(file: TranscriptFile): boolean {
  try {
    return readFacts(file, 'tail').hasTalk;
  } catch {
    return false;
  }
}

/**
 * What the title of a pane says (0.61.0): `✋  Action Required (dir)`, `✦  Working… (dir)`, `⏲  Working… (dir)`, padded with
 * blanks. In a turn or not is all that it is believed: `◇  Ready (dir)` names no session.
 */
function activityIn(title: string | null, cwd: string): Activity | null {
  const [, sign, name] = /^([✋✦⏲])\s+.*\((.*)\)\s*$/u.exec(title ?? '') ?? [];
  if (sign === undefined || name !== basename(cwd)) return null;
  return sign === '✋' ? 'needs-you' : 'working';
}

/** The process with a session: proven to be in a turn of it, or, where `activity` is null, one that may hold it. */
function processOf({ pid, startTime, suspended, argv, cwd }: Running, id: string, activity: Activity | null): Process {
  const isProven = activity !== null && proveAlive(pid, startTime).verdict === 'alive';
  return {
    pid,
    sessionId: id,
    proof: isProven ? 'alive' : 'unknown',
    ...(isProven
      ? {}
      : { doubt: `a gemini runs in its project as process ${pid}, and does not say which session it shows` }),
    startTime,
    ...nothingKnown,
    activity: suspended ? 'suspended' : (activity ?? 'unknown'),
    headless: argv.some((word) => word === '-p' || word === '--prompt' || word.startsWith('--prompt=')),
    tty: terminalOf(pid),
    suspended,
    cwd,
  };
}
