import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Process } from '../../core/session.ts';
import {
  beganAt,
  directoryOf,
  holdsFlock,
  openFiles,
  opensForWriting,
  type Programs,
  readStat,
  terminalOf,
} from '../../machine/proc.ts';
import type { Registry } from '../agent.ts';
import { daemonOf } from './daemon.ts';
import { idOfRollout, idPattern, realPath } from './paths.ts';

// Which process holds a thread is a fact of the kernel's: since 0.147 the writer of a thread holds a lock of flock(2) on
// `thread-writer-locks/<id>.lock`, from its start on; and in every version (0.100 to 0.171 run) it holds the rollout open
// for writing, from the first prompt on. A lock's file alone proves nothing: kill -9 leaves it behind. What a process was
// started with proves nothing either: one that was told to resume a thread may only look on.

/** The folder of the locks. */
const locks = 'thread-writer-locks';

/** The executable as it is installed, or as a release names it: `codex-x86_64-unknown-linux-musl`. */
const executable = /^codex(?:-[\w-]+)?$/;

const lockName = new RegExp(`^(${idPattern})\\.lock$`);

/** The processes that hold threads. */
export function readProcesses(configDir: string, programs: Programs): Registry {
  const registry: Registry = { present: true, processes: [], blind: false, skipped: [], unfamiliar: [] };
  const folder = realPath(configDir);
  for (const { pid, path } of programs()) {
    if (!executable.test(basename(path))) continue;
    registry.processes.push(...processesOf(pid, folder));
  }
  const held = new Set(registry.processes.map(({ sessionId }) => sessionId));
  const doubted = strangersLocks(join(configDir, locks), registry.skipped).filter((id) => !held.has(id));
  registry.doubts = new Map(
    doubted.map((id) => [id, "its lock is there, and whether somebody holds it can't be seen here"]),
  );
  return registry;
}

/** A process once for each thread that it holds. */
function processesOf(pid: number, folder: string): Process[] {
  const before = readStat(pid);
  if (before === null || before === 'gone' || /[ZXx]/.test(before.state)) return [];
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
    kind: isDaemon ? 'daemon' : isExec ? 'exec' : isServer ? 'app-server' : 'interactive',
    entrypoint: null,
    status: null,
    waitingFor: null,
    activity: suspended ? 'suspended' : 'unknown',
    attachWord: isDaemon ? sessionId : null,
    ...(isServer && !isDaemon ? { obstacle: `process ${pid} serves an editor, and may hold other threads too` } : {}),
    headless: isExec,
    needs: null,
    isUnused: false,
    tmux: null,
    tty: terminalOf(pid),
    suspended,
    cwd: null,
    startedIn: isDaemon ? null : placeOf(pid, argv),
    name: null,
    changedAt: null,
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

/**
 * The threads with a lock that nobody holds whom wt can see, and yet somebody may: the lock is another user's, or wt runs in
 * a container, outside of which it sees no process. Elsewhere such a lock was left behind.
 */
function strangersLocks(folder: string, skipped: string[]): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') skipped.push(folder);
    return [];
  }
  const ids = names.flatMap((name) => lockName.exec(name)?.[1] ?? []);
  if (ids.length === 0) return [];
  const seesAll = seesAllProcesses();
  return ids.filter((id) => {
    const stat = lstatSync(join(folder, `${id}.lock`), { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile()) return false;
    const isOurs = stat.uid === process.getuid?.();
    // Nothing that was begun before the machine was holds anything.
    return (!isOurs || !seesAll) && stat.ctimeMs > beganAt('0');
  });
}

/** The namespace of all processes of a machine has this number (PROC_PID_INIT_INO in the kernel, since 3.8). */
const outermost = 'pid:[4026531836]';

function seesAllProcesses(): boolean {
  try {
    return readlinkSync('/proc/self/ns/pid') === outermost;
  } catch {
    return false;
  }
}

/** Where a process works as far as that can be told: where it was told to (`-C`, `--cd`), or where it stands. */
function placeOf(pid: number, argv: string[]): string | null {
  const at = argv.findIndex((word) => word === '-C' || word === '--cd');
  const told = at < 0 ? argv.find((word) => word.startsWith('--cd='))?.slice('--cd='.length) : argv[at + 1];
  return told?.startsWith('/') ? told : directoryOf(pid);
}

function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}
