import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { processStat, until } from './claude-home.ts';
import type { Scratch } from './wt.ts';

/** A process in the place of an agent's program: its executable has that name. `using` ends it. */
export interface StandIn extends Disposable {
  pid: number;
  /** Ends it and waits until it is gone. */
  kill(): Promise<void>;
}

interface Options {
  cwd?: string;
  /** Words that it is started with, behind those that make it do what it does. */
  args?: string[];
}

/** One that has a file open and holds the flock(2) on it, as `flock` does for a program that it runs. */
export async function locking(home: Scratch, name: string, path: string, options: Options = {}): Promise<StandIn> {
  const one = start(home, '/usr/bin/flock', name, [path, 'sleep', '600', ...(options.args ?? [])], options);
  await until(() => fdsOf(one.pid).some((fd) => hasLock(one.pid, fd)), `a lock on ${path}`);
  return one;
}

/** One that has a file open, as `tail -f` does. */
export async function opening(home: Scratch, name: string, path: string, options: Options = {}): Promise<StandIn> {
  const one = start(home, '/usr/bin/tail', name, ['-f', path, '--', ...(options.args ?? [])], options);
  await until(() => fdsOf(one.pid).some((fd) => targetOf(one.pid, fd) === path), `${path} open`);
  return one;
}

/** One that does nothing. */
export async function idling(home: Scratch, name: string, options: Options = {}): Promise<StandIn> {
  const one = start(home, '/usr/bin/tail', name, ['-f', '/dev/null', '--', ...(options.args ?? [])], options);
  await until(() => targetOf(one.pid, 'exe').endsWith(`/${name}`), `a ${name}`);
  return one;
}

/** The path of a copy of a program under another name. */
export function renamed(home: Scratch, program: string, name: string): string {
  const path = join(mkdtempSync(join(home.home, 'bin-')), name);
  copyFileSync(program, path);
  return path;
}

function start(home: Scratch, program: string, name: string, args: string[], { cwd }: Options): StandIn {
  const child = spawn(renamed(home, program, name), args, { cwd: cwd ?? home.home, stdio: 'ignore', detached: true });
  const pid = child.pid ?? 0;
  return {
    pid,
    async kill() {
      end(child);
      await until(() => /[ZX]/.test(processStat(pid)?.state ?? 'X'), `the end of ${pid}`);
    },
    [Symbol.dispose]: () => end(child),
  };
}

/** What it started itself goes with it. */
function end({ pid }: ChildProcess): void {
  try {
    process.kill(-(pid ?? 0), 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function fdsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => `fd/${fd}`);
  } catch {
    return [];
  }
}

function targetOf(pid: number, link: string): string {
  try {
    return readlinkSync(`/proc/${pid}/${link}`);
  } catch {
    return '';
  }
}

function hasLock(pid: number, fd: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/${fd.replace('fd/', 'fdinfo/')}`, 'utf8').includes('FLOCK');
  } catch {
    return false;
  }
}

/** Whether this machine has the programs that stand-ins are made of. */
export const hasFlock: boolean = spawnSync('/usr/bin/flock', ['--version']).status === 0;
