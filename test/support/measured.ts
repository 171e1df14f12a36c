import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import type { Build, Scratch } from './wt.ts';

/** How a run of wt went. */
export interface Measured {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: Buffer;
  stderr: string;
  /** Wall time in milliseconds. */
  took: number;
  /** Processor time in milliseconds, to a hundredth of a second. */
  busy: number;
  /** The most memory it had resident, in megabytes. */
  peak: number;
}

/** How many times longer than usual this machine takes to start a runtime right now, at least 1: others share its processors. */
const slowness = Math.max(1, Math.min(...[0, 1, 2].map(startOfNode)) / 40);

/** What an answer may cost: processor time in ms, memory in MB, and wall time in ms on a machine that does other things. */
export const bounds = { busy: 2000 * slowness, peak: 200, took: 15_000 * slowness };

/** Milliseconds that a Node takes which does nothing. */
function startOfNode(): number {
  const started = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return performance.now() - started;
}

/** Runs a build to its end, looking at its use of time and memory every few milliseconds; killed when it seems to hang. */
export function measured(
  build: Build,
  args: string[],
  home: Scratch,
  options: { env?: Record<string, string | undefined>; cwd?: string; wrap?: string[] } = {},
): Promise<Measured> {
  const [program, ...words] = [...(options.wrap ?? []), ...build.argv, ...args];
  const child = spawn(program!, words, {
    cwd: options.cwd ?? home.home,
    env: { ...home.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const started = performance.now();
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  let [peak, busy] = [0, 0];
  const look = () => {
    const status = readNow(`/proc/${child.pid}/status`);
    peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1000);
    const stat = readNow(`/proc/${child.pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    busy = Math.max(busy, (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10);
  };
  const looking = setInterval(look, 4);
  const hanging = setTimeout(() => child.kill('SIGKILL'), bounds.took);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      clearInterval(looking);
      clearTimeout(hanging);
      const took = performance.now() - started;
      const stderr = Buffer.concat(err).toString('utf8');
      resolve({ status, signal, stdout: Buffer.concat(out), stderr, took, busy, peak });
    });
  });
}

/** A file of /proc in one read; empty when it is gone. */
function readNow(path: string): string {
  try {
    const fd = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(8192);
      return bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}

/** What is wrong with a run that should have answered: how it ended, what it cost, what it let out; null when nothing is. */
export function faultOfRun(run: Measured, statuses: number[] = [0]): string | null {
  const cost = `${run.busy} ms of processor, ${run.took.toFixed(0)} ms, ${run.peak.toFixed(0)} MB`;
  if (run.signal !== null) return `ended by ${run.signal} after ${cost}`;
  if (run.status === null || !statuses.includes(run.status)) return `exit status ${run.status}: ${run.stderr}`;
  if (/unexpected|\bat .*:\d+/.test(run.stderr)) return `an exception on the screen: ${run.stderr}`;
  if (run.busy > bounds.busy || run.peak > bounds.peak || run.took > bounds.took) return `too costly: ${cost}`;
  return null;
}

/** Reads a small file of the machine's own; empty where there is none. */
export function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
