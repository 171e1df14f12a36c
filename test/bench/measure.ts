import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';

/** A command and the whole environment that it runs in. */
export interface Subject {
  argv: readonly [string, ...string[]];
  env: Record<string, string>;
  cwd: string;
}

/** The variable that marks the processes of this run, and so finds those that a command left behind. */
export const mark = 'WT_BENCH_RUN';

/** Milliseconds from start to end of the process, as its parent sees them. Throws when the command fails. */
export function time(subject: Subject): number {
  const [command, ...args] = subject.argv;
  const options = { env: subject.env, cwd: subject.cwd, stdio: 'ignore' as const };
  const start = process.hrtime.bigint();
  const ended = spawnSync(command, args, options);
  const end = process.hrtime.bigint();
  if (ended.status !== 0) {
    throw new Error(
      `${subject.argv.join(' ')}: ${ended.error?.message ?? `exit status ${ended.status ?? ended.signal}`}`,
    );
  }
  return Number(end - start) / 1e6;
}

/** What a process took. */
export interface Usage {
  /** Largest resident set, MB (VmHWM, mapped pages of the executable included). */
  peak: number;
  /** What its read calls returned, MB (rchar; page cache or disk alike, its own start included, mapped files not). */
  read: number;
}

/**
 * Runs a command and watches it through /proc without pause. The peak never falls, so the last look before the end
 * has it; the count of bytes stays with the zombie until Node collects it, which it can't while this loops.
 */
export async function usage(subject: Subject): Promise<Usage> {
  const [command, ...args] = subject.argv;
  const child = spawn(command, args, { env: subject.env, cwd: subject.cwd, stdio: 'ignore' });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => (status === 0 ? resolve() : reject(new Error(`${command}: exit status ${status}`))));
  });
  let peak = 0;
  let read = 0;
  for (let running = child.pid !== undefined; running; ) {
    const status = readFileSync(`/proc/${child.pid}/status`, 'latin1');
    peak = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? peak);
    running = !/^State:\s+[ZX]/m.test(status);
    if (!running) read = Number(/^rchar: (\d+)/m.exec(readFileSync(`/proc/${child.pid}/io`, 'latin1'))?.[1] ?? 0);
  }
  await ended;
  return { peak: (peak * 1024) / 1e6, read: read / 1e6 };
}

/** The processes that carry this run's mark: those that a command left working behind its back. */
function leftBehind(run: string): number[] {
  const found: number[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      if (readFileSync(`/proc/${name}/environ`, 'latin1').includes(`${mark}=${run}\0`)) found.push(Number(name));
    } catch {
      // Ended meanwhile, or another user's.
    }
  }
  return found;
}

/** Waits until nothing that a command started works on behind it: it would take its time from the next one. */
export async function settle(run: string): Promise<void> {
  for (const end = Date.now() + 120_000; leftBehind(run).length > 0; ) {
    if (Date.now() > end) throw new Error('a process that wt left behind does not end within 120 s');
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
}

/** Ends what works on behind a command, then empties its folders: the next run is the first ever. */
export async function forget(run: string, folders: readonly string[]): Promise<void> {
  for (const pid of leftBehind(run)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Ended meanwhile.
    }
  }
  await settle(run);
  for (const folder of folders) {
    for (const name of readdirSync(folder)) rmSync(`${folder}/${name}`, { recursive: true, force: true });
  }
}

/** The middle of the numbers; NaN of none. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const high = sorted[sorted.length >> 1] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[(sorted.length >> 1) - 1] ?? high)) / 2;
}

/** Half the distance between the quartiles, as a part of the median: how much noise there is. */
export function spread(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;
  return (at(0.75) - at(0.25)) / 2 / median(numbers);
}
