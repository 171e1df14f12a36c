import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { constants as osConstants } from 'node:os';

/**
 * What wt was started with and its runtime has changed since, so that a program which takes wt's place gets it back.
 * Seen with Bun 1.4: SIGPIPE and SIGXFSZ ignored, the soft limit of open files raised to the hard one, every descriptor
 * above 2 marked close-on-exec. Seen with Node 20: the same; and a signal that was ignored at its start is not any more.
 * The kernel remembers none of it, so the parent is asked: a child has its parent's limits, and a shell's children
 * ignore what the shell was told to ignore. macOS has no /proc to ask: nothing is known there.
 */
export interface Given {
  /** Numbers of the signals that were ignored. */
  ignored: number[];
  /** The soft limit of open files; null where it stands as it was, or isn't known. */
  openFiles: { soft: number; hard: number } | null;
  /** Descriptors above 2 that were open. */
  descriptors: number[];
}

/** Reads what wt was started with. */
export function readGiven(): Given {
  return {
    ignored: ignoredByShell(process.ppid),
    openFiles: openFilesOf(process.ppid),
    descriptors: inheritedDescriptors(process.ppid),
  };
}

const shells = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', 'ksh93', 'mksh', 'oksh', 'yash', 'busybox']);

/** An interactive shell ignores these itself, but not in what it starts. */
const jobControl = new Set(['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGCHLD'] as const);

function ignoredByShell(pid: number): number[] {
  const status = readText(`/proc/${pid}/status`);
  const name = /^Name:\s*-?(.*)$/m.exec(status)?.[1] ?? '';
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (mask === undefined || !shells.has(name)) return [];
  const ignored = BigInt(`0x${mask}`);
  const others = Object.entries(osConstants.signals).filter(([signal]) => !jobControl.has(signal as 'SIGINT'));
  const numbers = new Set(others.map(([, number]) => number));
  return [...numbers].filter((number) => (ignored >> BigInt(number - 1)) & 1n).sort((a, b) => a - b);
}

function openFilesOf(pid: number): Given['openFiles'] {
  const [ours, parents] = [limitsOf('self'), limitsOf(pid)];
  if (ours === null || parents === null || parents.hard !== ours.hard || parents.soft >= ours.soft) return null;
  return parents;
}

function limitsOf(pid: number | 'self'): { soft: number; hard: number } | null {
  const found = /^Max open files\s+(\d+)\s+(\d+)/m.exec(readText(`/proc/${pid}/limits`));
  return found === null ? null : { soft: Number(found[1]), hard: Number(found[2]) };
}

/**
 * The open descriptors above 2 without those that a runtime opens for itself: event machinery, pipes of which both ends
 * are here, /dev/null, and the terminal a second time (these two are handed on if the parent has them there too).
 */
function inheritedDescriptors(parent: number): number[] {
  const targets = descriptorsOf('self');
  const parents = descriptorsOf(parent);
  const isOfRuntime = (target: string, fd: number) =>
    /^(?:anon_inode:|\/memfd:)/.test(target) ||
    (/^\/dev\/(?:null$|pts\/|tty)/.test(target) && parents.get(fd) !== target) ||
    (target.startsWith('pipe:') && [...targets].some(([other, to]) => other > 2 && other !== fd && to === target));
  return [...targets]
    .filter(([fd, target]) => fd > 2 && !isOfRuntime(target, fd))
    .map(([fd]) => fd)
    .sort((a, b) => a - b);
}

/** What each open descriptor of a process leads to, as /proc shows it; empty where that can't be seen. */
function descriptorsOf(pid: number | 'self'): Map<number, string> {
  const targets = new Map<number, string>();
  try {
    for (const name of readdirSync(`/proc/${pid}/fd`)) {
      try {
        targets.set(Number(name), readlinkSync(`/proc/${pid}/fd/${name}`));
      } catch {
        // It was the descriptor of this very listing.
      }
    }
  } catch {
    // No /proc, or another user's process.
  }
  return targets;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
