import { UserError } from '../errors.ts';
import type { World } from '../world.ts';
import { type Command, dryRun, inTmux as tmuxFlag } from './command.ts';
import { directoryFor } from './directory.ts';
import { refuseUnwritten } from './resume.ts';
import { agentOf, resolveSession } from './session.ts';
import { execPlan, startPlan } from './start.ts';

/** `wt fork`: the agent goes on with a copy under a new id; a live session may be forked too. */
export async function fork(
  world: World,
  command: { ref: string[]; tmux?: boolean; dryRun: boolean; rest?: string[] },
): Promise<number> {
  const { tmux = false, rest = [], dryRun } = command;
  const session = await resolveSession(world, command.ref);
  refuseUnwritten(session);
  const agent = agentOf(world, session);
  const args = agent.argv.fork(session.talkId);
  if (args === null) throw new UserError(`${agent.title} can't fork a session`);
  const cwd = await directoryFor(world, session, dryRun);
  const plan = startPlan(world, agent, { args, rest, cwd, tmux, title: session.title.text, dryRun });
  return execPlan(world, plan, dryRun);
}

export const forkCommand: Command = {
  name: 'fork',
  offers: (session) => session.transcript !== null,
  summary: 'go on with a copy of it',
  usage: '<session> [-t] [--dry-run] [-- ARGS]',
  flags: { '-t': tmuxFlag, '--dry-run': dryRun },
  takes: 'session',
  passesOn: true,
  run: (world, { words, flags, rest }) =>
    fork(world, { ref: words, tmux: flags.has('-t'), dryRun: flags.has('--dry-run'), rest }),
};
