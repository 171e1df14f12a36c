import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Facts } from '../../core/facts.ts';
import type { Activity, Process } from '../../core/session.ts';
import {
  argumentsOf,
  beganAt,
  directoryOf,
  isRunning,
  mayLookInto,
  openFiles,
  type Programs,
  proveAlive,
  readStat,
  recordLockHolders,
  terminalOf,
} from '../../machine/proc.ts';
import { realPath } from '../../machine/real-path.ts';
import type { Registry } from '../agent.ts';
import { nothingKnown } from '../process.ts';
import { idPattern, type StoredSession } from './sessions.ts';

/** A running OpenCode that has the database open. */
interface Running {
  pid: number;
  startTime: string;
  suspended: boolean;
  argv: string[];
  directory: string | null;
}

/**
 * The sessions that processes hold, or may hold. That an OpenCode (1.18.33) runs is proven by the database that it has open;
 * which session it shows is said only by the title of its tmux pane, `OC | <title>`. Else it may be the one that it was
 * started for, and every one of its directory that was written since it began. `sessions` are all that there are.
 */
export function readProcesses(
  database: string,
  programs: Programs,
  sessions: () => StoredSession[],
  titleOf: (pid: number) => string | null,
): Registry {
  const processes = runningOpencodes(database, programs).flatMap((one): Process[] => {
    const shown = shownSession(titleOf(one.pid), sessions());
    if (shown === 'none') return [];
    if (shown !== null) return [processOf(one, shown.file.id, true)];
    const since = beganAt(one.startTime);
    const named = one.argv.map((word) => word.replace(/^--session=/, '')).filter((word) => idPattern.test(word));
    return sessions()
      .filter(
        ({ file, directory }) => named.includes(file.id) || (directory === one.directory && file.modifiedAt >= since),
      )
      .map(({ file }) => processOf(one, file.id, false));
  });
  let hidden: readonly Hidden[] | undefined;
  return {
    present: true,
    processes,
    blind: false,
    doubtOf({ modifiedAt }) {
      hidden ??= hiddenHolders(database);
      const one = hidden.find(({ since }) => modifiedAt >= since);
      return one ? `process ${one.pid} has its database open, and can't be looked into: it may show it` : null;
    },
    skipped: [],
    unfamiliar: [],
  };
}

/** A process that has the database open and can't be looked into, and when it began, milliseconds since the epoch. */
interface Hidden {
  pid: number;
  since: number;
}

/** Who has a database in WAL mode open holds a lock on it all the time (seen of Bun 1.4.5), which the kernel tells of all. */
function hiddenHolders(database: string): Hidden[] {
  const inode = inodeOf(database);
  return (inode === null ? [] : recordLockHolders(inode)).flatMap((pid) => {
    const stat = mayLookInto(pid) ? null : readStat(pid);
    return isRunning(stat) ? [{ pid, since: beganAt(stat.startTime) }] : [];
  });
}

function inodeOf(path: string): number | null {
  try {
    return statSync(path, { throwIfNoEntry: false })?.ino ?? null;
  } catch {
    return null;
  }
}

/** A call that has just begun says nothing of itself for a moment, whether it is asked for or not: milliseconds. */
const undecidedFor = 1000;

/** What a process that is proven to show a session does, as the database tells. */
export function activityOf({ suspended, startTime }: Process, facts: Facts | null): Activity {
  if (suspended) return 'suspended';
  const turn = facts?.lastTurn ?? null;
  const at = facts?.lastActivityAt ?? null;
  // An answer that was cut off by the end of another process stays open for ever.
  if (turn === null || at === null || startTime === null || at < beganAt(startTime)) return 'ready';
  if (turn.how === 'asking') {
    const since = facts?.pending?.at ?? null;
    return facts?.pending && (since === null || Date.now() - since > undecidedFor) ? 'needs-you' : 'in-turn';
  }
  return turn.how === 'working' || turn.how === 'unanswered' ? 'working' : 'ready';
}

function runningOpencodes(database: string, programs: Programs): Running[] {
  const found = programs().filter(({ path }) => basename(path) === 'opencode');
  if (found.length === 0) return [];
  const real = realPath(database);
  return found.flatMap(({ pid }) => {
    const stat = readStat(pid);
    if (!isRunning(stat)) return [];
    if (!openFiles(pid).some(({ path }) => path === real)) return [];
    const argv = argumentsOf(pid);
    const cwd = directoryOf(pid);
    const [, first = ''] = argv;
    // `opencode [project]`; the words of its other commands are no directories that a session lies in.
    const directory = cwd !== null && first.includes('/') ? resolve(cwd, first) : cwd;
    return [{ pid, startTime: stat.startTime, suspended: stat.state === 'T', argv, directory }];
  });
}

/** The session whose title is shown, cut to 40 characters; `none` where none is open; null where that can't be told. */
function shownSession(title: string | null, sessions: StoredSession[]): StoredSession | 'none' | null {
  if (title === 'OpenCode') return 'none';
  const [, said] = /^OC \| (.+?)\s*$/.exec(title ?? '') ?? [];
  if (said === undefined) return null;
  const begun = said.length >= 37 && /(?:\.{3}|…)$/.test(said) ? said.replace(/(?:\.{3}|…)$/, '') : null;
  const found = sessions.filter((one) => (begun === null ? one.title === said : one.title.startsWith(begun)));
  return found.length === 1 ? found[0]! : null;
}

function processOf({ pid, startTime, suspended, argv, directory }: Running, id: string, isShown: boolean): Process {
  const isProven = isShown && proveAlive(pid, startTime).verdict === 'alive';
  const doubt = `an opencode runs in its directory as process ${pid}, and does not say which session it shows`;
  return {
    pid,
    sessionId: id,
    proof: isProven ? 'alive' : 'unknown',
    ...(isProven ? {} : { doubt }),
    startTime,
    ...nothingKnown,
    activity: suspended ? 'suspended' : 'unknown',
    headless: argv[1] === 'run',
    tty: terminalOf(pid),
    suspended,
    cwd: directory,
  };
}
