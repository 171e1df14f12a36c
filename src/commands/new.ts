import { resolve } from 'node:path';
import { runClaude } from '../core/plan.ts';
import { clean } from '../core/text.ts';
import { UserError } from '../errors.ts';
import type { World } from '../world.ts';
import { faultOf } from './directory.ts';
import { carryOut, tmuxPlan } from './resume.ts';

/** `wt new`: a new session in a directory, by default the current one. */
export async function newSession(
  world: World,
  command: { dir: string | null; tmux: boolean; dryRun: boolean },
): Promise<number> {
  const directory = resolve(currentDirectory(world), command.dir ?? '.');
  const fault = faultOf(directory);
  if (fault !== null) throw new UserError(`${clean(directory)} ${fault}: name a directory that is there`);
  const name = directory.split('/').at(-1) ?? '';
  const plan = command.tmux ? tmuxPlan(world, [], directory, name) : runClaude([], directory);
  return carryOut(world, plan, command.dryRun);
}

function currentDirectory(world: World): string {
  try {
    return world.cwd();
  } catch {
    throw new UserError('the current directory is gone: cd to another one');
  }
}
