import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { checksum } from '../machine/checksum.ts';
import { makeOwnFolder } from '../machine/own-files.ts';
import type { World } from '../world.ts';
import { mostSessions, type Remains, type Reply, readReply } from './answer.ts';
import type { Host } from './file.ts';
import { listCommand } from './remote.ts';

/** A box has so many seconds to answer; ssh's own limits do not hold where a master connection hangs. */
const usualPatience = 4;
/** An ssh that was told to end has so many milliseconds for it. */
const grace = 200;
/** What an ssh has printed is read within so many milliseconds of its end, also where a master holds the pipe open. */
const restPatience = 1000;
/** No answer is longer, in bytes: 50 sessions are about 100 kB. */
const longestAnswer = 4 << 20;
const longestComplaint = 16 << 10;

/** The runs of ssh that have not ended. */
const running = new Set<ChildProcess>();

/**
 * Asks a box for its sessions, with `ssh` at this absolute path: once over a connection that is kept for a minute, and
 * where that one hung, once more over one of its own. At most twice the patience. Never throws.
 */
export async function askHost(world: World, ssh: string, host: Host): Promise<Reply> {
  const masters = mastersOf(world, host);
  const before = masters === null ? [] : socketsOf(masters);
  const remains = await run(world, ssh, host, masters?.path ?? 'none');
  if (remains.ended !== 'late' || before.length === 0) return readReply(remains, Date.now());
  // The next one is not to wait for it again: a master whose socket is gone ends by itself.
  for (const socket of before) remove(socket);
  return readReply(await run(world, ssh, host, 'none'), Date.now());
}

/** How many seconds a box has to answer: `WT_HOSTS_TIMEOUT`, or 4. */
function patienceOf({ env }: World): number {
  const told = env.WT_HOSTS_TIMEOUT ?? '';
  const seconds = /^(?:\d+\.?\d*|\.\d+)$/.test(told) && told.length <= 8 ? Number(told) : usualPatience;
  return Math.min(Math.max(seconds, 1), 600);
}

/** Ends every ssh that is under way, for wt itself is about to end. */
export function endAsking(): void {
  for (const child of running) endGroup(child, 'SIGTERM');
}

/** Where the connections to a box that are kept have their sockets. */
interface Masters {
  folder: string;
  /** How their names begin: one box has several where its settings were changed. */
  prefix: string;
  path: string;
}

/** A socket's path has at most so many bytes on Linux (unix(7): 108, with the end), and ssh makes it 17 longer for a moment. */
const longestSocket = 107 - 17;
/** Characters of `%C`, a SHA-1. */
const hashLength = 40;

function mastersOf({ folders }: World, { destination }: Host): Masters | null {
  const folder = join(folders.runtime, 'ssh');
  const prefix = `${checksum(Buffer.from(destination))}-`;
  const isPlain = /^[\w./@+=,-]+$/.test(folder);
  if (!isPlain || folder.length + 1 + prefix.length + hashLength > longestSocket || !makeOwnFolder(folder)) return null;
  return { folder, prefix, path: `${join(folder, prefix)}%C` };
}

function socketsOf({ folder, prefix }: Masters): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.startsWith(prefix))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Somebody else has done it.
  }
}

/** What ssh is told besides the box. Host keys, users, keys and ways are the user's own settings. */
function optionsOf(controlPath: string, patience: number): string[] {
  return [
    'BatchMode=yes',
    `ConnectTimeout=${Math.max(1, Math.floor(patience) - 1)}`,
    'ServerAliveInterval=2',
    'ServerAliveCountMax=1',
    `ControlMaster=${controlPath === 'none' ? 'no' : 'auto'}`,
    `ControlPath=${controlPath}`,
    'ControlPersist=60',
    'ClearAllForwardings=yes',
    'PermitLocalCommand=no',
    'RemoteCommand=none',
    'LogLevel=ERROR',
  ].map((option) => `-o${option}`);
}

/** One run of ssh in a process group of its own, ended when it takes too long or prints too much. */
function run(world: World, ssh: string, host: Host, controlPath: string): Promise<Remains> {
  const patience = patienceOf(world);
  const args = ['-axnT', ...optionsOf(controlPath, patience), '--', host.destination, listCommand(mostSessions)];
  return new Promise((resolve) => {
    // Without a terminal nothing can ask for a password, nor by a window: the ssh to a jump host is in no batch mode.
    const env = { ...world.env, SSH_ASKPASS_REQUIRE: 'never' };
    const child = spawn(ssh, args, { detached: true, env, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let [length, complaint] = [0, 0];
    let ended: Remains['ended'] = null;
    let isOver = false;
    const finish = (status: number | null) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(deadline);
      running.delete(child);
      // A master that was left behind may hold them open.
      child.stdout.destroy();
      child.stderr.destroy();
      const [out, error] = [stdout, stderr].map((parts) => Buffer.concat(parts).toString('utf8'));
      resolve({ stdout: out!, stderr: error!, status, ended });
    };
    const end = async (why: 'late' | 'too much') => {
      if (isOver || ended !== null) return;
      ended = why;
      endGroup(child, 'SIGTERM');
      await Promise.race([new Promise((gone) => child.once('exit', gone)), delay(grace)]);
      endGroup(child, 'SIGKILL');
      finish(null);
    };
    const deadline = setTimeout(() => end('late'), patience * 1000);
    child.stdout.on('data', (data: Buffer) => {
      length += data.length;
      if (length > longestAnswer) end('too much');
      else stdout.push(data);
    });
    child.stderr.on('data', (data: Buffer) => {
      if (complaint < longestComplaint) stderr.push(data.subarray(0, longestComplaint - complaint));
      complaint += data.length;
    });
    child.once('error', () => finish(null));
    child.once('close', (status) => finish(status));
    child.once('exit', (status) => {
      if (ended === null) delay(restPatience).then(() => finish(status));
    });
  });
}

/** Sends a signal to an ssh and all that it has started; a master that has left its group stays. */
function endGroup({ pid }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined || pid <= 1) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // None of it is left.
  }
}
