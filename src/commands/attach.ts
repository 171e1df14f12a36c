import { claudeArgs, goToPane, runClaude } from '../core/plan.ts';
import { isSameSocket, ownSocket, placeOf } from '../edge/tmux.ts';
import { UserError } from '../errors.ts';
import type { World } from '../world.ts';
import { carryOut } from './resume.ts';
import { called, findSession, holders } from './session.ts';

/** `wt attach`: goes to the process that holds a session: its tmux pane, or the background session. */
export async function attach(world: World, command: { ref: string[]; dryRun: boolean }): Promise<number> {
  const session = await findSession(world, command.ref);
  const short = session.id.slice(0, 8);
  const alive = holders(world, session.id).filter((process) => process.proof === 'alive');
  const terminals: string[] = [];
  for (const process of alive.filter((one) => one.kind !== 'bg')) {
    const { pane, terminal } = placeOf(process.pid, world);
    if (pane !== null) return carryOut(world, goToPane(pane, insideOf(world, pane.socket)), command.dryRun);
    terminals.push(`process ${process.pid} on ${terminal ?? 'no terminal'}`);
  }
  if (alive.some((process) => process.kind === 'bg'))
    return carryOut(world, runClaude(claudeArgs('attach', session.id), null), command.dryRun);
  if (terminals.length > 0)
    throw new UserError(
      `${called(session)} is in no tmux pane: ${terminals.join(', ')}; go there yourself, or work on a copy: wt fork ${short}`,
    );
  throw new UserError(`${called(session)} is not running: wt resume ${short}`);
}

function insideOf(world: World, socket: string): 'same' | 'other' | 'none' {
  const own = ownSocket(world.env);
  if (own === null) return 'none';
  return isSameSocket(own, socket) ? 'same' : 'other';
}
