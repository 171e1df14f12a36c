import { resolve } from 'node:path';
import { agentsOf } from '../agents/table.ts';
import { clean } from '../core/text.ts';
import { UserError } from '../errors.ts';
import { directoryName } from '../view/rows.ts';
import type { World } from '../world.ts';
import { type Command, dryRun, inTmux as tmuxFlag } from './command.ts';
import { faultOf } from './directory.ts';
import { currentDirectory, execPlan, startPlan } from './start.ts';

/** `wt new`: a new session in a directory, by default the current one. */
export async function newSession(
  world: World,
  command: { dir: string | null; tmux: boolean; dryRun: boolean; rest?: string[] },
): Promise<number> {
  const directory = resolve(currentDirectory(world), command.dir ?? '.');
  const fault = faultOf(directory);
  if (fault !== null) throw new UserError(`${clean(directory)} ${fault}: name a directory that is there`);
  const agent = agentsOf(world)[0]!;
  const window = command.tmux ? directoryName(directory) : null;
  const plan = startPlan(world, agent, {
    args: agent.argv.start(),
    rest: command.rest ?? [],
    cwd: directory,
    window,
    dryRun: command.dryRun,
  });
  return execPlan(world, plan, command.dryRun);
}

export const newCommand: Command = {
  name: 'new',
  summary: 'start a new session there',
  usage: '[DIR] [-t] [--dry-run]',
  flags: { '-t': tmuxFlag, '--dry-run': dryRun },
  takes: 'directory',
  run: (world, { words, flags }) =>
    newSession(world, { dir: words[0] ?? null, tmux: flags.has('-t'), dryRun: flags.has('--dry-run') }),
};
