import { recommended } from '../core/ref.ts';
import type { Process, Session } from '../core/session.ts';
import { age, clean } from '../core/text.ts';
import { UserError } from '../errors.ts';
import { runningPrograms } from '../machine/proc.ts';
import { type Obstacle, obstacleTo } from '../machine/take-over.ts';
import { sshOriginOf, terminalOf } from '../machine/terminals.ts';
import { placeOf } from '../machine/tmux.ts';
import type { World } from '../world.ts';
import { agentOf, describe, processesOf } from './session.ts';

/** Throws a UserError that names the processes and where they run when a session is live now; `verb` is what was asked. */
export function refuseLive(world: World, session: Session, verb: string): void {
  const alive = aliveOf(world, session);
  if (alive.length > 0) throw liveRefusal(world, session, alive, verb);
}

/** The processes that are proven to hold a session at this very moment. */
export function aliveOf(world: World, session: Session): Process[] {
  return processesOf(world, session).filter((process) => process.proof === 'alive');
}

/** The refusal to do something with a session that processes hold; it recommends what works, and nothing else. */
export function liveRefusal(world: World, session: Session, holders: Process[], verb: string): UserError {
  const ways = waysOut(world, session, holders);
  // What is to be moved must be ended first; there is no going on with it here.
  const isMove = verb === 'archive' || verb === 'restore';
  const instead = isMove ? ['end it first', ...ways.filter((way) => wordOf(way) === 'attach')] : ways;
  return new UserError(
    `can't ${verb} ${describe(session)}: ${liveIn(world, holders)}; ${inWords(instead, session) || 'go on there'}`,
  );
}

/** Where a session is live, as `it is live in process 4242 (pts/3, ssh from 10.0.0.7, idle for 2h05)`. */
export function liveIn(world: World, holders: Process[]): string {
  const places = holders.map((process) => `process ${process.pid} (${placeInWords(world, process)})`);
  return `it is live in ${places.join(' and ')}`;
}

/** Something to do about a live session: what it does and the word of its command, or a sentence. */
export type WayOut = { word: 'attach' | 'take' | 'fork'; does: string } | string;

/** The word of the command of a way out; null where it is none. */
export function wordOf(way: WayOut): 'attach' | 'take' | 'fork' | null {
  return typeof way === 'string' ? null : way.word;
}

/** What can be done about a session that processes hold: only what would work. */
export function waysOut(world: World, session: Session, holders: Process[]): WayOut[] {
  const agent = agentOf(world, session);
  const ways: WayOut[] = [];
  if (holders.some((process) => isWithin(world, process))) ways.push({ word: 'attach', does: 'go there' });
  else if (holders.some((process) => process.suspended)) ways.push('type fg there');
  if (obstacleToTaking(world, session, holders) === null) ways.push({ word: 'take', does: 'take it over' });
  if (session.transcript !== null && agent.argv.fork(session.talkId) !== null)
    ways.push({ word: 'fork', does: 'work on a copy' });
  return ways;
}

/** Ways out as the end of a sentence. */
export function inWords(ways: WayOut[], session: Session): string {
  const word = recommended(session);
  return ways.map((way) => (typeof way === 'string' ? way : `${way.does}: wt ${way.word} ${word}`)).join('; or ');
}

/** Whether one can go to a process: it runs in the background, or in a pane of tmux. */
function isWithin(world: World, process: Process): boolean {
  return process.attachWord !== null || placeOf(process.pid, world).pane !== null;
}

/** Where a process runs, in words: `tmux pane main:1.0, %3`, or its terminal, where that came from, and since when it is idle. */
export function placeInWords(world: World, process: Process): string {
  const suspended = process.suspended ? ', suspended' : '';
  if (process.attachWord !== null) return `in the background${suspended}`;
  const { pane } = placeOf(process.pid, world);
  if (pane !== null) return `tmux pane ${clean(pane.name)}, ${pane.pane}${suspended}`;
  const terminal = terminalOf(process.pid);
  if (terminal === null) return `no terminal${suspended}`;
  const ssh = sshOriginOf(process.pid);
  const origin = ssh === null ? '' : `, ${ssh.isConnected ? '' : 'started over '}ssh from ${clean(ssh.address)}`;
  const idle = `, idle for ${age(Date.now() - terminal.lastInputAt)}`;
  return `${terminal.path.slice('/dev/'.length)}${origin}${idle}${suspended}`;
}

/** Why the processes that hold a session can't be ended to go on with it here, as a sentence; null where they can. */
export function obstacleToTaking(world: World, session: Session, holders: Process[]): string | null {
  if (session.transcript === null) return 'nothing was said in it yet, so there is nothing to go on with';
  for (const process of holders) {
    const { pid, startTime } = process;
    if (process.proof === 'unknown' || startTime === null) return `${process.doubt ?? `process ${pid} is not proven`}`;
    if (process.obstacle !== undefined) return process.obstacle;
    if (process.attachWord !== null)
      return `process ${pid} runs in the background: wt attach ${recommended(session)} goes there`;
    const obstacle = obstacleTo({ pid, startTime });
    if (obstacle !== null) return sentences[obstacle](placeInWords(world, process), pid);
  }
  return null;
}

const sentences: Record<Obstacle, (place: string, pid: number) => string> = {
  'other user': (place, pid) => `process ${pid} (${place}) is not yours`,
  'around us': (place, pid) => `you are in it: process ${pid} (${place}) has started this very shell`,
  suspended: (place, pid) => `process ${pid} (${place}) reacts to nothing: type fg there, or close that terminal`,
};

/** Why it can't be told whether a session is live, as a sentence. */
export function whyUnknown(world: World, session: Session): string {
  const agent = agentOf(world, session);
  const registry = agent.processes(Date.now(), runningPrograms());
  const process = registry.processes.find((one) => one.sessionId === session.id && one.proof === 'unknown');
  if (process !== undefined) return process.doubt ?? `its process ${process.pid} can't be checked from here`;
  const doubt = session.transcript === null ? null : (registry.doubtOf?.(session.transcript) ?? null);
  if (doubt !== null) return doubt;
  const stray = agent.strays?.(registry).find(({ cwd }) => cwd === session.cwd);
  if (stray !== undefined) {
    const record = registry.unreadable?.has(stray.pid) ? "whose record can't be read" : 'without a record';
    return `a ${agent.name} ${record} runs in its directory`;
  }
  if (registry.blind) return `a running ${agent.name} has a record that can't be read`;
  if (!registry.present)
    return `it was written within the last hour, and ${agent.name} keeps no records of processes here`;
  return `it was written a short while ago by a ${agent.name} that leaves no record of its process, or it moves just now`;
}
