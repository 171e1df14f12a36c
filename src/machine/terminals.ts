import { fstatSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { readStat } from './proc.ts';

/** True when the descriptor is a character device that can be a terminal (so not /dev/null, whose major is 1). */
export function looksLikeTerminal(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isCharacterDevice() && ((stat.rdev >> 8) & 0xfff) !== 1;
  } catch {
    return false;
  }
}

/** The terminal of a process, as `/dev/pts/3`, and when something was last typed there, milliseconds since the epoch. */
export interface OwnTerminal {
  path: string;
  lastInputAt: number;
}

/** The terminal that a process has open as a standard stream; null where it has none, or it can't be seen. */
export function terminalOf(pid: number): OwnTerminal | null {
  for (const fd of [0, 1, 2]) {
    try {
      const path = readlinkSync(`/proc/${pid}/fd/${fd}`);
      // The kernel sets a terminal's atime when its input is read, in steps of 8 seconds: what `w` calls idle.
      if (/^\/dev\/(?:pts\/\d+|tty\w+)$/.test(path))
        return { path, lastInputAt: statSync(`/proc/${pid}/fd/${fd}`).atimeMs };
    } catch {
      return null;
    }
  }
  return null;
}

/** The pids of a process and of all above it, itself first. */
export function ancestorsOf(pid: number): Set<number> {
  const found = new Set<number>();
  for (let at = pid; at > 1 && !found.has(at); ) {
    found.add(at);
    const stat = readStat(at);
    if (stat === null || stat === 'gone') break;
    at = stat.parent;
  }
  return found;
}

/** Where the ssh that a process was started in came from, and whether its sshd is still there. */
export interface SshOrigin {
  address: string;
  isConnected: boolean;
}

/**
 * Where the ssh connection of a process came from: the first word of `SSH_CONNECTION` in its environment, or in that of a
 * process between it and its sshd (sshd(8)). Null where no ssh has to do with it, or it can't be seen.
 */
export function sshOriginOf(pid: number): SshOrigin | null {
  let address: string | null = null;
  for (const ancestor of ancestorsOf(pid)) {
    // `sshd`, and since OpenSSH 9.8 `sshd-session`.
    if (nameOf(ancestor).startsWith('sshd')) return address === null ? null : { address, isConnected: true };
    address ??= variableOf(ancestor, 'SSH_CONNECTION')?.split(' ')[0] || null;
  }
  return address === null ? null : { address, isConnected: false };
}

/**
 * What lasts as long as the ssh connection that a process came by, as `pid-start`: its sshd, or, where none is above it
 * (mosh), the leader of its session. Null where that can't be seen.
 */
export function connectionOf(pid: number): string | null {
  const sshd = [...ancestorsOf(pid)].find((ancestor) => nameOf(ancestor).startsWith('sshd'));
  const own = readStat(pid);
  const lasting = sshd ?? (own === null || own === 'gone' ? null : own.session);
  const stat = lasting === null ? null : readStat(lasting);
  return stat === null || stat === 'gone' ? null : `${lasting}-${stat.startTime}`;
}

/** One variable of the environment that a process was started with, and nothing else of it. */
export function variableOf(pid: number, name: string): string | null {
  const pair = readText(`/proc/${pid}/environ`)
    .split('\0')
    .find((one) => one.startsWith(`${name}=`));
  return pair?.slice(name.length + 1) ?? null;
}

/** What the kernel calls a process: its program's name, or what that made of it; empty where it can't be read. */
export function nameOf(pid: number): string {
  return readText(`/proc/${pid}/comm`).trimEnd();
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
