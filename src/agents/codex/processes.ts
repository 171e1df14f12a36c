import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Process } from '../../core/session.ts';
import {
  argumentsOf,
  directoryOf,
  flockHolders,
  holdsFlock,
  isRunning,
  openFiles,
  opensForWriting,
  type Programs,
  readStat,
  terminalOf,
} from '../../machine/proc.ts';
import { realPath } from '../../machine/real-path.ts';
import type { Registry } from '../agent.ts';
import { doubtAbout, doubtfulFor, type LockFile, lockAt, otherHolder } from '../locks.ts';
import { nothingKnown } from '../process.ts';
import { daemonOf } from './daemon.ts';
import { idOfRollout, idPattern } from './paths.ts';

// Which process holds a thread is a fact of the kernel's: since 0.147 the writer of a thread holds a lock of flock(2) on
// `thread-writer-locks/<id>.lock`, from its start on; and in every version (0.100 to 0.171 run) it holds the rollout open
// for writing, from the first prompt on. A lock's file alone proves nothing: kill -9 leaves it behind. What a process was
// started with proves nothing either: one that was told to resume a thread may only look on.

/** The folder of the locks. */
const locks = 'thread-writer-locks';

/** The executable as it is installed, or as a release names it: `codex-x86_64-unknown-linux-musl`. */
const executable = /^codex(?:-[\w-]+)?$/;

const lockName = new RegExp(`^(${idPattern})\\.lock$`);

/** The processes that hold threads. `now`: milliseconds since the epoch. */
export function readProcesses(configDir: string, programs: Programs, now: number = Date.now()): Registry {
  const registry: Registry = { present: true, processes: [], blind: false, skipped: [], unfamiliar: [] };
  const folder = realPath(configDir);
  for (const { pid, path } of programs()) {
    if (!executable.test(basename(path))) continue;
    registry.processes.push(...processesOf(pid, folder));
  }
  const held = new Set(registry.processes.map(({ sessionId }) => sessionId));
  const left = locksIn(join(configDir, locks), registry.skipped).filter(({ id }) => !held.has(id));
  if (left.length > 0) judge(left, registry, now);
  return registry;
}

/** A process once for each thread that it holds. */
function processesOf(pid: number, folder: string): Process[] {
  const before = readStat(pid);
  if (!isRunning(before)) return [];
  const ids = heldBy(pid, folder);
  if (ids.size === 0) return [];
  const after = readStat(pid);
  // Its number may be another one's by now.
  if (after === null || after === 'gone' || after.startTime !== before.startTime) return [];
  const argv = argumentsOf(pid);
  const isDaemon = daemonOf(folder, pid, before.startTime);
  const isExec = argv.includes('exec');
  const isServer = argv.includes('app-server');
  const suspended = before.state === 'T';
  return Array.from(ids, (sessionId) => ({
    pid,
    sessionId,
    proof: 'alive',
    startTime: before.startTime,
    ...nothingKnown,
    kind: isDaemon ? 'daemon' : isExec ? 'exec' : isServer ? 'app-server' : 'interactive',
    activity: suspended ? 'suspended' : 'unknown',
    attachWord: isDaemon ? sessionId : null,
    ...(isServer && !isDaemon ? { obstacle: `process ${pid} serves an editor, and may hold other threads too` } : {}),
    headless: isExec,
    tty: terminalOf(pid),
    suspended,
    startedIn: isDaemon ? null : placeOf(pid, argv),
  }));
}

/** The threads whose lock or rollout a process holds. */
function heldBy(pid: number, folder: string): Set<string> {
  const ids = new Set<string>();
  for (const { fd, path } of openFiles(pid)) {
    if (!path.startsWith(`${folder}/`)) continue;
    const [place, ...rest] = path.slice(folder.length + 1).split('/');
    const name = rest.at(-1) ?? '';
    const locked = place === locks ? (lockName.exec(name)?.[1] ?? null) : null;
    if (locked !== null && holdsFlock(pid, fd)) ids.add(locked);
    const written = place === 'sessions' ? idOfRollout(name) : null;
    // Who only lists sessions, or looks on, reads.
    if (written !== null && opensForWriting(pid, fd)) ids.add(written);
  }
  return ids;
}

interface Lock extends LockFile {
  id: string;
}

/** The locks that lie there, held or left behind. */
function locksIn(folder: string, skipped: string[]): Lock[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') skipped.push(folder);
    return [];
  }
  return names.flatMap((name) => {
    const id = lockName.exec(name)?.[1];
    const lock = id === undefined ? null : lockAt(join(folder, name));
    return id === undefined || lock === null ? [] : [{ id, ...lock }];
  });
}

/** What becomes of locks that no Codex holds whom wt may look at. */
function judge(left: Lock[], registry: Registry, now: number): void {
  const holders = flockHolders();
  const hidden = new Set<string>();
  for (const lock of left) {
    const holder = otherHolder(lock, holders);
    if (holder === 'hidden') hidden.add(lock.id);
    else if (holder !== 'nobody') registry.processes.push(strange(holder, lock.id));
  }
  registry.doubtOf = ({ id, modifiedAt }) =>
    hidden.has(id) && now - modifiedAt < doubtfulFor ? doubtAbout('hidden', 'Codex') : null;
}

/** A process of which nothing is known but that it holds the lock of a thread. */
function strange(pid: number, sessionId: string): Process {
  const stat = readStat(pid);
  return {
    pid,
    sessionId,
    proof: 'unknown',
    doubt: doubtAbout(pid, 'Codex')!,
    startTime: stat === null || stat === 'gone' ? null : stat.startTime,
    ...nothingKnown,
  };
}

/** Where a process works as far as that can be told: where it was told to (`-C`, `--cd`), or where it stands. */
function placeOf(pid: number, argv: string[]): string | null {
  const at = argv.findIndex((word) => word === '-C' || word === '--cd');
  const told = at < 0 ? argv.find((word) => word.startsWith('--cd='))?.slice('--cd='.length) : argv[at + 1];
  return told?.startsWith('/') ? told : directoryOf(pid);
}
