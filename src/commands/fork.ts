import { UserError } from '../errors.ts';
import type { World } from '../world.ts';
import { type Command, dryRun } from './command.ts';
import { directoryFor } from './directory.ts';
import { execPlan, planFor, refuseUnwritten } from './resume.ts';
import { agentOf, resolveSession } from './session.ts';

/** `wt fork`: Claude goes on with a copy under a new id; a live session may be forked too. */
export async function fork(world: World, command: { ref: string[]; dryRun: boolean }): Promise<number> {
  const session = await resolveSession(world, command.ref);
  refuseUnwritten(session);
  const cwd = await directoryFor(world, session, command.dryRun);
  const agent = agentOf(world, session);
  const args = agent.argv.fork(session.talkId);
  if (args === null) throw new UserError(`${agent.name} can't fork a session`);
  return execPlan(world, planFor(agent, args, cwd), command.dryRun);
}

export const forkCommand: Command = {
  name: 'fork',
  offers: (session) => session.transcript !== null,
  summary: 'go on with a copy of it',
  usage: '<session> [--dry-run]',
  flags: { '--dry-run': dryRun },
  takes: 'session',
  run: (world, { words, flags }) => fork(world, { ref: words, dryRun: flags.has('--dry-run') }),
};
