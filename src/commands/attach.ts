import { type ExecPlan, goToPane } from '../core/plan.ts';
import { recommended } from '../core/ref.ts';
import type { Process, Session } from '../core/session.ts';
import { clean } from '../core/text.ts';
import { UserError } from '../errors.ts';
import { popupOf } from '../machine/popup.ts';
import { isSameSocket, ownSocket, placeOf } from '../machine/tmux.ts';
import type { World } from '../world.ts';
import { type Command, dryRun } from './command.ts';
import { faultOf } from './directory.ts';
import { aliveOf, inWords, liveIn, waysOut, whyUnknown } from './holders.ts';
import { agentOf, describe, markSeen, processesOf, resolveSession } from './session.ts';
import { commandPlan, execPlan, outOfPopup } from './start.ts';

/** `wt attach`: goes to the process that holds a session: its tmux pane, or the background session. */
export async function attach(world: World, command: { ref: string[]; dryRun: boolean }): Promise<number> {
  const session = await resolveSession(world, command.ref);
  const holders = aliveOf(world, session);
  if (holders.length === 0) throw notRunning(world, session);
  const plan = planToGo(world, session, holders, command.dryRun);
  if (plan !== null) return execPlan(world, plan, command.dryRun, () => markSeen(world, session));
  const instead = inWords(['go there yourself', ...waysOut(world, session, holders)], session);
  throw new UserError(`${describe(session)} is in no tmux pane: ${liveIn(world, holders)}; ${instead}`);
}

/** The plan to go to where a session runs: the tmux pane, else the background session; null for another terminal. */
export function planToGo(world: World, session: Session, holders: Process[], dryRun: boolean): ExecPlan | null {
  for (const process of holders.filter((one) => one.attachWord === null)) {
    const { pane } = placeOf(process.pid, world);
    if (pane === null) continue;
    const inside = insideOf(world, pane.socket);
    const popup = popupOf(world.env);
    const plan = goToPane(pane, inside, popup?.client);
    return inside === 'same' ? plan : outOfPopup(world, popup, plan, session.title.text);
  }
  const word = holders.find((process) => process.attachWord !== null)?.attachWord ?? null;
  const agent = agentOf(world, session);
  const args = word === null ? null : agent.argv.attach(word);
  if (args === null) return null;
  const cwd = agent.attachesInDirectory && session.cwd !== null && faultOf(session.cwd) === null ? session.cwd : null;
  return commandPlan(world, agent, args, { cwd, title: session.title.text, dryRun });
}

function notRunning(world: World, session: Session): UserError {
  const word = recommended(session);
  if (processesOf(world, session).length > 0 || session.state === 'unknown') {
    const resume = session.transcript === null ? '' : `; wt resume ${word} --force goes on with it all the same`;
    return new UserError(
      `it can't be told whether ${describe(session)} is running: ${clean(whyUnknown(world, session))}${resume}`,
    );
  }
  return new UserError(`${describe(session)} is not running: wt resume ${word}`);
}

function insideOf(world: World, socket: string): 'same' | 'other' | 'none' {
  const own = ownSocket(world.env);
  if (own === null) return 'none';
  return isSameSocket(own, socket) ? 'same' : 'other';
}

export const attachCommand: Command = {
  name: 'attach',
  offers: (session) => session.state === 'live',
  summary: 'go to the process that runs it',
  usage: '<session> [--dry-run]',
  flags: { '--dry-run': dryRun },
  takes: 'session',
  run: (world, { words, flags }) => attach(world, { ref: words, dryRun: flags.has('--dry-run') }),
};
