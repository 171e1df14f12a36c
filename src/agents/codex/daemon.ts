import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { objectIn, string } from '../../core/json.ts';
import type { Process } from '../../core/session.ts';
import { readSmallFile } from '../../machine/regular-file.ts';
import { callOverSocket } from './socket.ts';

// Since 0.171 a terminal is only a window onto a server in the background, which holds the threads. What they do stands
// nowhere on the disk, but the server tells whoever asks at its socket: what is asked here reads, and starts nothing.

/** Whether a process is the background server, as its own record says (`app-server-daemon/daemon.pid`, 0.171). */
export function daemonOf(configDir: string, pid: number, startTime: string): boolean {
  try {
    const record = objectIn(
      JSON.parse(readSmallFile(join(configDir, 'app-server-daemon', 'daemon.pid'), 64 << 10) ?? ''),
    );
    const { bootId, startTicks } = objectIn(record.processIdentity);
    return record.pid === pid && String(startTicks) === startTime && bootId === ownBoot();
  } catch {
    return false;
  }
}

function ownBoot(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}

/** So many threads are asked about at the most. */
const mostThreads = 64;

/**
 * The processes with what the background server says of its threads; as they are where it is not there, too slow, or says
 * anything that isn't expected. A sub-agent's question is its parent's. `patience`: how
 * long the server may take, in milliseconds. (8 to 40 on a busy machine with two processors.)
 */
export async function askDaemon(configDir: string, processes: Process[], patience: number): Promise<Process[]> {
  const held = processes
    .filter(({ attachWord, proof }) => attachWord !== null && proof === 'alive')
    .slice(0, mostThreads);
  const socket = held.length === 0 ? null : socketOf(configDir);
  if (socket === null) return processes;
  const calls = held.map(({ sessionId }) => ({ method: 'thread/read', params: { threadId: sessionId } }));
  const answers = await callOverSocket(socket, calls, patience);
  if (answers === null) return processes;
  const said = new Map<string, Said>();
  const asking: [parent: string, what: Said][] = [];
  for (const answer of answers) {
    const thread = objectIn(objectIn(answer).thread);
    const [id, parent, doing] = [string(thread.id), string(thread.parentThreadId), readStatus(thread.status)];
    if (id === null || doing === null) continue;
    said.set(id, doing);
    if (parent !== null && doing.activity === 'needs-you') asking.push([parent, doing]);
  }
  for (const [parent, doing] of asking) {
    if (said.get(parent)?.activity !== 'needs-you')
      said.set(parent, { ...doing, waitingFor: `${doing.waitingFor} of a sub-agent` });
  }
  return processes.map((process) => {
    const doing = process.attachWord === null || process.suspended ? undefined : said.get(process.sessionId);
    return doing === undefined ? process : { ...process, ...doing };
  });
}

type Said = Pick<Process, 'status' | 'activity' | 'waitingFor'>;

/** What a thread does, in the server's words (0.171); null for words that wt doesn't know. */
export function readStatus(told: unknown): Said | null {
  const { type, activeFlags } = objectIn(told);
  const flags: unknown[] = Array.isArray(activeFlags) ? activeFlags : [];
  if (type === 'idle' || type === 'systemError') return { status: type, activity: 'ready', waitingFor: null };
  if (type !== 'active') return null;
  if (flags.includes('waitingOnApproval')) return { status: type, activity: 'needs-you', waitingFor: 'approval' };
  if (flags.includes('waitingOnUserInput')) return { status: type, activity: 'needs-you', waitingFor: 'answer' };
  // A flag that wt has not heard of may be a question.
  return flags.length > 0 ? null : { status: type, activity: 'working', waitingFor: null };
}

/** The server's socket, if it is this user's own; null else. It is a link into a folder for temporary files. */
function socketOf(configDir: string): string | null {
  try {
    const path = realpathSync(join(configDir, 'app-server-control', 'app-server-control.sock'));
    const [socket, folder] = [lstatSync(path), statSync(join(path, '..'))];
    const user = process.getuid?.();
    const isOurs = socket.isSocket() && socket.uid === user && folder.uid === user && (folder.mode & 0o022) === 0;
    return isOurs ? path : null;
  } catch {
    return null;
  }
}
