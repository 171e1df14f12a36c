import { resolve } from 'node:path';
import { agentsOf } from '../agents/table.ts';
import { clean } from '../core/text.ts';
import { UserError } from '../errors.ts';
import type { World } from '../world.ts';
import { type Command, dryRun, inTmux as tmuxFlag } from './command.ts';
import { faultOf } from './directory.ts';
import { execPlan, planFor, tmuxPlan } from './resume.ts';

/** `wt new`: a new session in a directory, by default the current one. */
export async function newSession(
  world: World,
  command: { dir: string | null; tmux: boolean; dryRun: boolean },
): Promise<number> {
  const directory = resolve(currentDirectory(world), command.dir ?? '.');
  const fault = faultOf(directory);
  if (fault !== null) throw new UserError(`${clean(directory)} ${fault}: name a directory that is there`);
  const name = directory.split('/').at(-1) ?? '';
  const agent = agentsOf(world)[0]!;
  const args = agent.argv.start();
  const plan = command.tmux ? tmuxPlan(world, agent, args, directory, name) : planFor(agent, args, directory);
  return execPlan(world, plan, command.dryRun);
}

function currentDirectory(world: World): string {
  try {
    return world.cwd();
  } catch {
    throw new UserError('the current directory is gone: cd to another one');
  }
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
