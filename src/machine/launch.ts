import type { StdioOptions } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Environment, ExecPlan, RunPlan } from '../core/plan.ts';
import { clean } from '../core/text.ts';
import { UserError } from '../errors.ts';
import type { World } from '../world.ts';
import { type Given, readGiven } from './inherited.ts';
import { looksLikeTerminal } from './terminals.ts';

/**
 * The absolute path of a program: of a name on PATH, or of an absolute path itself. Only absolute folders are looked
 * into: what lies in the current directory, by an empty or a relative element, is never run. Null where there is none.
 */
export function findProgram(name: string, env: World['env']): string | null {
  if (name.includes('/')) return isAbsolute(name) && isProgram(name) ? name : null;
  for (const folder of (env.PATH ?? '/usr/local/bin:/usr/bin:/bin').split(':')) {
    const path = join(folder, name);
    if (isAbsolute(folder) && isProgram(path)) return path;
  }
  return null;
}

/** Whether there is a file that may be run. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** findProgram, but throws a UserError where there is none; `ifMissing` says what to do then. */
export function needProgram(name: string, env: World['env'], ifMissing = 'install it'): string {
  const path = findProgram(name, env);
  if (path !== null) return path;
  throw new UserError(`${clean(name)} ${name.includes('/') ? 'is no program' : 'is not on PATH'}: ${ifMissing}`);
}

/**
 * Carries out a plan: wt becomes the program, so that this returns only where the runtime can't do that (Node before
 * 22.15). There wt waits, passes signals on and gives the program's exit status (128 + n when signal n ended it).
 * `isStillRight` is asked at the last moment and throws what speaks against it. Throws UserError where it can't start.
 */
export async function launch(world: World, plan: ExecPlan, isStillRight: () => void = () => {}): Promise<number> {
  const [name, ...args] = plan.argv;
  const path = needProgram(name, world.env);
  const given = readGiven();
  const environment = plan.environment ?? {};
  for (const [variable, value] of Object.entries(environment)) {
    if (value === null) delete process.env[variable];
    else process.env[variable] = value;
  }
  if (plan.cwd !== null) enter(plan.cwd);
  isStillRight();
  giveBackOpenFiles(given);
  await becomeNatively(path, [name, ...args], environment, given);
  becomeByRuntime(path, [name, ...args], given);
  return runAndWait(path, [name, ...args], given);
}

/** How long a program may take over what it is soon done with, in milliseconds. */
const patience = 20_000;

/**
 * Has a program do something and waits for its end; what it prints is not shown. Throws UserError, with its last words,
 * where it can't start, takes too long or fails.
 */
export function runToItsEnd(world: World, { argv: [name, ...args], environment }: RunPlan): void {
  const path = needProgram(name, world.env);
  const settings = Object.entries({ ...world.env, ...environment }).filter(([, value]) => value !== null);
  const { status, stderr, error } = spawnSync(path, args, {
    encoding: 'utf8',
    env: Object.fromEntries(settings) as NodeJS.ProcessEnv,
    timeout: patience,
    killSignal: 'SIGTERM',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status === 0) return;
  const last = (stderr ?? '').trim().split('\n').at(-1) ?? '';
  const why = error === undefined ? `ended with ${status ?? 'a signal'}` : `took more than ${patience / 1000} s`;
  throw new UserError(`${clean(name)} ${clean(args[0] ?? '')} ${why}${last === '' ? '' : `: ${clean(last)}`}`);
}

function enter(directory: string): void {
  try {
    process.chdir(directory);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new UserError(`the directory ${clean(directory)} can't be entered (${code})`);
  }
}

/** Sets our own soft limit back; prlimit is part of util-linux. */
function giveBackOpenFiles({ openFiles }: Given): void {
  if (openFiles === null) return;
  const prlimit = ['/usr/bin/prlimit', '/bin/prlimit'].find(isProgram);
  if (prlimit !== undefined)
    spawnSync(prlimit, ['--pid', String(process.pid), `--nofile=${openFiles.soft}:`], { stdio: 'ignore' });
}

/** What is used of the C library. */
interface Exec {
  fcntl(fd: number, op: number, arg: number): number;
  setenv(name: Buffer, value: Buffer, overwrite: number): number;
  unsetenv(name: Buffer): number;
  execv(path: Buffer, argv: BigUint64Array): number;
}

/** What is used of bun:ffi (Bun 1.4): `dlopen` throws, or returns an Error, where something is missing. */
interface Ffi {
  dlopen(library: string, symbols: Record<string, { args: string[]; returns: string }>): { symbols?: Exec } | Error;
  ptr(bytes: Buffer): number;
}

const libraries = ['libc.so.6', 'libc.so', `libc.musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`];
const setDescriptorFlags = 2;

/**
 * In the native build on Linux: execv of the C library, for Bun's own execve closes inherited descriptors and decodes
 * the environment; what is set in `process.env` is not set in the environment that the C library knows (Bun 1.4.5).
 * Returns where that isn't to be had.
 */
async function becomeNatively(path: string, argv: string[], environment: Environment, given: Given): Promise<void> {
  if (process.versions.bun === undefined || process.platform !== 'linux') return;
  const name = 'bun:ffi';
  let ffi: Ffi;
  try {
    ffi = (await import(name)) as Ffi;
  } catch {
    return;
  }
  const types = {
    fcntl: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
    setenv: { args: ['ptr', 'ptr', 'i32'], returns: 'i32' },
    unsetenv: { args: ['ptr'], returns: 'i32' },
    execv: { args: ['ptr', 'ptr'], returns: 'i32' },
  };
  for (const library of libraries) {
    try {
      const loaded = ffi.dlopen(library, types);
      const symbols = loaded instanceof Error ? undefined : loaded.symbols;
      if (symbols === undefined) continue;
      const words = argv.map((word) => Buffer.from(`${word}\0`));
      const pointers = new BigUint64Array([...words.map((word) => BigInt(ffi.ptr(word))), 0n]);
      for (const fd of given.descriptors) symbols.fcntl(fd, setDescriptorFlags, 0);
      for (const [name, value] of Object.entries(environment)) {
        if (value === null) symbols.unsetenv(Buffer.from(`${name}\0`));
        else symbols.setenv(Buffer.from(`${name}\0`), Buffer.from(`${value}\0`), 1);
      }
      giveBackSignals(given);
      symbols.execv(Buffer.from(`${path}\0`), pointers);
      throw cantStart(path);
    } catch (error) {
      if (error instanceof UserError) throw error;
    }
  }
}

/** By the runtime's own execve: Bun 1.4 elsewhere, Node 22.15 and later where no descriptor is to be handed on. */
function becomeByRuntime(path: string, argv: string[], given: Given): void {
  const { execve } = process as { execve?: (path: string, argv: string[], env: NodeJS.ProcessEnv) => void };
  if (execve === undefined) return;
  if (process.versions.bun === undefined && (given.descriptors.length > 0 || given.ignored.length > 0)) return;
  giveBackSignals(given);
  execve.call(process, path, argv, process.env);
}

/** A signal that has a handler is back at its default after exec; one that is to stay ignored gets none. */
function giveBackSignals({ ignored }: Given): void {
  for (const signal of ['SIGPIPE', 'SIGXFSZ'] as const) {
    if (!ignored.includes(osConstants.signals[signal])) process.on(signal, () => {});
  }
}

const passedOn = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
const fromKeys = ['SIGINT', 'SIGQUIT'] as const;

/**
 * As a child. Its signals are at their defaults then, so a shell ignores again what was to be ignored. The keys of a
 * terminal reach the child by themselves: they are passed on only where there is none.
 */
function runAndWait(path: string, argv: string[], given: Given): Promise<number> {
  const stdio: StdioOptions = [0, 1, 2, ...stdioOf(given)];
  const ignore = `trap '' ${given.ignored.join(' ')}; exec "$@"`;
  const child =
    given.ignored.length === 0
      ? spawn(path, argv.slice(1), { argv0: argv[0], stdio })
      : spawn('/bin/sh', ['-c', ignore, 'sh', path, ...argv.slice(1)], { stdio });
  const keysReachIt = looksLikeTerminal(0);
  return new Promise((resolve, reject) => {
    for (const signal of passedOn) process.on(signal, () => child.kill(signal));
    for (const signal of fromKeys) process.on(signal, () => keysReachIt || child.kill(signal));
    child.once('error', () => reject(cantStart(path)));
    child.once('exit', (status, signal) => resolve(status ?? 128 + osConstants.signals[signal ?? 'SIGKILL']));
  });
}

function cantStart(path: string): UserError {
  return new UserError(`${path} could not be started: is it a program for this machine?`);
}

function stdioOf({ descriptors }: Given): (number | 'ignore')[] {
  const last = descriptors.at(-1) ?? 2;
  return Array.from({ length: last - 2 }, (_, index) => (descriptors.includes(index + 3) ? index + 3 : 'ignore'));
}
