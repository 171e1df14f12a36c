import { setTimeout as sleep } from 'node:timers/promises';
import { agentsOf } from '../agents/table.ts';
import { keyOf, scanBox, withBox } from '../box/scan.ts';
import { findSession } from '../box/sessions.ts';
import { partsOfKey, shortId } from '../core/ids.ts';
import type { Process, Session } from '../core/session.ts';
import { inOrderOfNeed } from '../core/state.ts';
import { isInTurn, outcomeOf, type Watched } from '../core/wait.ts';
import { UsageError, UserError } from '../errors.ts';
import { runningPrograms } from '../machine/proc.ts';
import { ancestorsOf } from '../machine/terminals.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';
import { whyUnknown } from './holders.ts';
import { printRows } from './print-rows.ts';
import { describe, resolveSession } from './session.ts';

/** How often the registries are looked at, in milliseconds. Between two looks nothing runs. */
const pause = 1000;

/**
 * `wt wait`: returns when one of these sessions needs its user, or is done, and prints its row; without refs, any live one
 * that is at work. Only the registries are read until then.
 */
export async function wait(
  world: World,
  command: { refs: string[]; until: 'needs-you' | 'done' | 'any' },
): Promise<number> {
  const named: Session[] = [];
  for (const ref of command.refs) named.push(await resolveSession(world, [ref]));
  const unsure = named.find((session) => session.state === 'unknown');
  if (unsure !== undefined)
    throw new UserError(`it can't be told when ${describe(unsure)} is done: ${whyUnknown(world, unsure)}`);
  const own = ancestorsOf(process.pid);
  let watched: Watched[] = named.map(({ key }) => ({ key, activity: null, wasInTurn: true }));
  for (;;) {
    const running = await runningSessions(world, own);
    watched = command.refs.length > 0 ? watched.map((one) => lookedAt(one, running)) : allOf(running, watched);
    const outcome = outcomeOf(watched, command.until);
    if (outcome.is === 'so') return printRow(world, outcome.key);
    if (outcome.is === 'nothing left') throw new UserError(nothingLeft(named, running.size));
    await sleep(pause);
  }
}

/** What each session does that a proven process holds, by its key, save those that wt itself runs in. */
async function runningSessions(world: World, own: ReadonlySet<number>): Promise<Map<string, Process>> {
  const running = new Map<string, Process>();
  const processes = await runningProcesses(world);
  for (const [key, all] of processes) {
    if (all.some(({ pid }) => own.has(pid))) continue;
    const [process] = inOrderOfNeed(all.filter(({ proof }) => proof === 'alive'));
    if (process !== undefined) running.set(key, process);
  }
  return running;
}

/** All processes that hold sessions, by the sessions' keys; of agents whose transcripts tell what they do, these are read too. */
async function runningProcesses(world: World): Promise<Map<string, Process[]>> {
  const agents = agentsOf(world);
  if (agents.some(({ activityOf }) => activityOf !== undefined)) {
    const box = await scanBox({ ...world, now: Date.now() });
    const keys = box.sources.flatMap(({ agent, running }) => Array.from(running.keys(), (id) => keyOf(agent, id)));
    return new Map(keys.map((key) => [key, findSession(box, key, 'tail')?.processes ?? []]));
  }
  const programs = runningPrograms();
  const held = new Map<string, Process[]>();
  for (const agent of agents) {
    for (const process of agent.processes(Date.now(), programs).processes) {
      const key = keyOf(agent, process.sessionId);
      held.set(key, [...(held.get(key) ?? []), process]);
    }
  }
  return held;
}

function lookedAt(one: Watched, running: Map<string, Process>): Watched {
  return { ...one, activity: running.get(one.key)?.activity ?? null };
}

/** All live sessions, and those that were live when they were last looked at. */
function allOf(running: Map<string, Process>, before: Watched[]): Watched[] {
  const known = new Map(before.map((one) => [one.key, one]));
  const keys = new Set([...running.keys(), ...known.keys()]);
  return Array.from(keys, (key) => {
    const activity = running.get(key)?.activity ?? null;
    return { key, activity, wasInTurn: known.get(key)?.wasInTurn === true || isInTurn(activity) };
  });
}

function nothingLeft(named: Session[], live: number): string {
  if (named.length === 1) return `${describe(named[0]!)} is not at work, so there is nothing to wait for`;
  if (named.length > 1) return 'none of these sessions is at work, so there is nothing to wait for';
  return live === 0
    ? 'no session is live, so there is nothing to wait for'
    : 'no live session is at work, so there is nothing to wait for';
}

async function printRow(world: World, key: string): Promise<number> {
  const then = { ...world, now: Date.now() };
  return withBox(then, async (box) => {
    const session = findSession(box, key, 'tail');
    if (session === null) throw new UserError(`session ${shortId(partsOfKey(key).id)} is over, and left no transcript`);
    await printRows(then, [session], {});
    return 0;
  });
}

const usage = 'wt wait [<session>...] [--for needs-you|done|any]';

export const waitCommand: Command = {
  name: 'wait',
  summary: 'return when a session needs you or is done, and print its row',
  usage: '[<session>...] [--for needs-you|done|any]',
  details: [
    'needs-you: it asks for a permission or an answer. done: its turn is over, or it was closed. any, which is the ' +
      'default: either. The first of several sessions that is so ends the waiting, at once where it is so already.',
    'Without a session: any live one that asks, or whose turn ends from now on; one that stands at its prompt is not ' +
      'waited for, nor the session that wt itself runs in.',
    "Exit status 1 when nothing is left that could come to be so. To be called: wt wait && printf '\\a'.",
  ],
  flags: { '--for': { value: 'needs-you|done|any', summary: 'what to wait for' } },
  takes: 'sessions',
  offers: (session) => session.state === 'live',
  run(world, { words, flags }) {
    const until = flags.get('--for') ?? 'any';
    if (until !== 'needs-you' && until !== 'done' && until !== 'any')
      throw new UsageError('--for takes needs-you, done or any', usage);
    return wait(world, { refs: words, until });
  },
};
