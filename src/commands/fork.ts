import { claudeArgs, runClaude } from '../core/plan.ts';
import type { World } from '../world.ts';
import { directoryFor } from './directory.ts';
import { carryOut, refuseUnwritten } from './resume.ts';
import { findSession } from './session.ts';

/** `wt fork`: Claude goes on with a copy under a new id; a live session may be forked too. */
export async function fork(world: World, command: { ref: string[]; dryRun: boolean }): Promise<number> {
  const session = await findSession(world, command.ref);
  refuseUnwritten(session);
  const cwd = await directoryFor(world, session, command.dryRun);
  return carryOut(world, runClaude(claudeArgs('fork', session.id), cwd), command.dryRun);
}
