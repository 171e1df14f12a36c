import { goToPane } from '../core/plan.ts';
import { UserError } from '../errors.ts';
import { isSameSocket, ownSocket, placeOf } from '../machine/tmux.ts';
import type { World } from '../world.ts';
import { type Command, dryRun } from './command.ts';
import { execPlan, planFor } from './resume.ts';
import { agentOf, describe, processesOf, resolveSession } from './session.ts';

/** `wt attach`: goes to the process that holds a session: its tmux pane, or the background session. */
export async function attach(world: World, command: { ref: string[]; dryRun: boolean }): Promise<number> {
  const session = await resolveSession(world, command.ref);
  const short = session.id.slice(0, 8);
  const alive = processesOf(world, session).filter((process) => process.proof === 'alive');
  const terminals: string[] = [];
  for (const process of alive.filter((one) => one.attachWord === null)) {
    const { pane, terminal } = placeOf(process.pid, world);
    if (pane !== null) return execPlan(world, goToPane(pane, insideOf(world, pane.socket)), command.dryRun);
    terminals.push(`process ${process.pid} on ${terminal ?? 'no terminal'}`);
  }
  const word = alive.find((process) => process.attachWord !== null)?.attachWord ?? null;
  const agent = agentOf(world, session);
  const args = word === null ? null : agent.argv.attach(word);
  if (args !== null) return execPlan(world, planFor(agent, args, null), command.dryRun);
  if (terminals.length > 0)
    throw new UserError(
      `${describe(session)} is in no tmux pane: ${terminals.join(', ')}; go there yourself, or work on a copy: wt fork ${short}`,
    );
  throw new UserError(`${describe(session)} is not running: wt resume ${short}`);
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
