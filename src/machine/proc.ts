import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What can be proven of a pid: `alive` is that very process, `dead` is none or another one. */
export type Proof = { verdict: 'alive'; suspended: boolean } | { verdict: 'dead' } | { verdict: 'unknown' };

/**
 * Proves that a process lives: `/proc/<pid>/stat` shows it, it is no zombie, and its start time (field 22, clock ticks
 * since boot) is the one recorded. Anything that can't be seen (another user's process under hidepid, no /proc) is
 * unknown, never dead; and so is a running process whose start time nobody recorded (`startTime` null or no number).
 */
export function proveAlive(pid: number, startTime: string | null): Proof {
  const stat = readStat(pid);
  if (stat === 'gone') return { verdict: 'dead' };
  if (stat === null) return { verdict: 'unknown' };
  if (/[ZXx]/.test(stat.state)) return { verdict: 'dead' };
  if (startTime === null || !/^\d+$/.test(startTime)) return { verdict: 'unknown' };
  return stat.startTime === startTime ? { verdict: 'alive', suspended: stat.state === 'T' } : { verdict: 'dead' };
}

/** The fields of `/proc/<pid>/stat` that wt uses (proc(5)). */
export interface ProcessStat {
  /** One letter: R, S, T (stopped), Z (zombie) and so on. */
  state: string;
  parent: number;
  session: number;
  /** The device number of the controlling terminal; 0 where there is none. */
  terminal: number;
  /** Clock ticks between boot and start, as it stands there. */
  startTime: string;
}

/** Whether that is of a process that runs: it is there, can be seen, and is no zombie. */
export function isRunning(stat: ProcessStat | 'gone' | null): stat is ProcessStat {
  return stat !== null && stat !== 'gone' && !/[ZXx]/.test(stat.state);
}

/** What `/proc/<pid>/stat` says; `gone` when there is no such process, null when it can't be seen. */
export function readStat(pid: number | 'self'): ProcessStat | 'gone' | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Under hidepid a process has no folder in /proc and lives all the same.
    return pid !== 'self' && (code === 'ENOENT' || code === 'ESRCH') && !exists(pid) ? 'gone' : null;
  }
  // The name in parentheses may itself hold parentheses and spaces: count from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ', 20);
  return {
    state: fields[0] ?? '',
    parent: Number(fields[1]),
    session: Number(fields[3]),
    terminal: Number(fields[4]),
    startTime: fields[19] ?? '',
  };
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** The controlling terminal of a process, as `pts/3`; null where it has none, or it can't be told. */
export function terminalOf(pid: number): string | null {
  const stat = readStat(pid);
  return stat === null || stat === 'gone' ? null : terminalName(stat.terminal);
}

/** The name of a terminal by its device number as /proc shows it (Linux: majors 136 to 143 are pts, 4 is tty). */
function terminalName(device: number): string | null {
  const major = (device >> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  if (major >= 136 && major <= 143) return `pts/${(major - 136) * 256 + minor}`;
  if (major === 4) return minor < 64 ? `tty${minor}` : `ttyS${minor - 64}`;
  return null;
}

/** Where a process stands, under whatever name that has now; null where that is gone, or can't be seen. */
export function directoryOf(pid: number): string | null {
  try {
    const path = readlinkSync(`/proc/${pid}/cwd`);
    return path.endsWith(' (deleted)') ? null : path;
  } catch {
    return null;
  }
}

/** A running process of this user's: where it stands, and when it began, in milliseconds since the epoch. */
export interface RunningProcess {
  pid: number;
  cwd: string;
  startedAt: number;
}

/** The processes of this user's whose name and arguments are wanted. (1 ms for 120 processes.) */
export function readProcesses(isWanted: (process: { name: string; argv: string[] }) => boolean): RunningProcess[] {
  const found: RunningProcess[] = [];
  for (const entry of readNames('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const pid = Number(entry);
    const name = readText(`/proc/${pid}/comm`).trimEnd();
    if (!isWanted({ name, argv: readText(`/proc/${pid}/cmdline`).split('\0') })) continue;
    const stat = readStat(pid);
    try {
      // Another user's can't be asked where it stands.
      const cwd = readlinkSync(`/proc/${pid}/cwd`);
      if (!isRunning(stat)) continue;
      found.push({ pid, cwd, startedAt: beganAt(stat.startTime) });
    } catch {
      // Ended meanwhile, or not ours.
    }
  }
  return found;
}

/** What runs on this machine, looked up once for whoever asks. */
export type Programs = () => readonly Program[];

/** A running process by its executable: only those of which this user may know that. */
export interface Program {
  pid: number;
  /** The path of its executable, also where that was replaced or removed meanwhile. */
  path: string;
}

/** Looks up what runs when it is first asked for, in one pass for all agents. (1 ms for 120 processes, 5 for 560.) */
export function runningPrograms(): Programs {
  let programs: Program[] | undefined;
  return () => {
    programs ??= readNames('/proc').flatMap((entry) => {
      if (!/^\d+$/.test(entry)) return [];
      const path = linkOf(`/proc/${entry}/exe`);
      return path === null ? [] : [{ pid: Number(entry), path: path.replace(/ \(deleted\)$/, '') }];
    });
    return programs;
  };
}

/** The words that a process was started with; none where it may not be asked. */
export function argumentsOf(pid: number): string[] {
  return readText(`/proc/${pid}/cmdline`).split('\0').slice(0, -1);
}

/** The files that a process holds open, by their descriptors; none where it may not be asked. */
export function openFiles(pid: number): { fd: string; path: string }[] {
  return readNames(`/proc/${pid}/fd`).flatMap((fd) => {
    const path = linkOf(`/proc/${pid}/fd/${fd}`);
    return path === null ? [] : [{ fd, path }];
  });
}

/**
 * Whether a process holds a lock of flock(2) by one of its descriptors, as `/proc/<pid>/fdinfo/<fd>` says: `lock: 1: FLOCK
 * ADVISORY WRITE …`. (proc(5); /proc/locks says the same of all, but now and then only after 25 ms.)
 */
export function holdsFlock(pid: number, fd: string): boolean {
  return /^lock:\s+\d+:\s+FLOCK\s+\S+\s+WRITE\s/m.test(readText(`/proc/${pid}/fdinfo/${fd}`));
}

/** Who holds locks of flock(2) for writing, by the inodes of their files, as /proc/locks says of all users' processes. */
export function flockHolders(): Map<number, number> {
  const found = readText('/proc/locks').matchAll(/^\d+: FLOCK\s+\S+\s+WRITE\s+(\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+)\s/gm);
  return new Map(Array.from(found, ([, pid, inode]) => [Number(inode), Number(pid)]));
}

/** Who holds locks of fcntl(2) on the file with an inode, as /proc/locks says of all users' processes. */
export function recordLockHolders(inode: number): number[] {
  const found = readText('/proc/locks').matchAll(
    /^\d+: (?:POSIX|OFDLCK)\s+\S+\s+\w+\s+(\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+)\s/gm,
  );
  return [...new Set(Array.from(found).flatMap(([, pid, of]) => (Number(of) === inode ? [Number(pid)] : [])))];
}

/** Whether this user may look into a process: not into another user's. */
export function mayLookInto(pid: number): boolean {
  return linkOf(`/proc/${pid}/exe`) !== null;
}

/** Whether a descriptor of a process is open for writing (fdinfo has the flags of open(2) in octal). */
export function opensForWriting(pid: number, fd: string): boolean {
  const flags = /^flags:\s+([0-7]+)$/m.exec(readText(`/proc/${pid}/fdinfo/${fd}`))?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & 3) !== 0;
}

/** When a process began, milliseconds since the epoch, of its start time in clock ticks since boot. */
export function beganAt(startTime: string): number {
  return bootedAt() + Number(startTime) * (1000 / ticksPerSecond);
}

function bootedAt(): number {
  return Number(/^btime (\d+)$/m.exec(readText('/proc/stat'))?.[1]) * 1000;
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    // Ended meanwhile, a thread of the kernel, or not ours.
    return null;
  }
}

/** USER_HZ, which Linux fixes for /proc on all architectures wt runs on. */
const ticksPerSecond = 100;

/** The name of this machine; empty where the kernel does not show it. (`node:os` is one more module for a login to load.) */
export function hostname(): string {
  return readText('/proc/sys/kernel/hostname').trimEnd();
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function readNames(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
