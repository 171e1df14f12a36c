import { isAbsolute } from 'node:path';
import { clean } from '../core/text.ts';
import { UserError } from '../errors.ts';
import { write } from '../screen/output.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';
import { faultOf } from './directory.ts';
import { describe, resolveSession } from './session.ts';

/** `wt path`: the directory of a session, exactly; where it is not there, nothing but why. */
export async function path(world: World, command: { ref: string[] }): Promise<number> {
  const session = await resolveSession(world, command.ref);
  const { cwd } = session;
  if (cwd === null || !isAbsolute(cwd)) throw new UserError(`the directory of ${describe(session)} is unknown`);
  const fault = faultOf(cwd);
  if (fault !== null)
    throw new UserError(`the directory of ${describe(session)}, ${clean(cwd)}, ${fault}: make it again`);
  write(`${cwd}\n`);
  return 0;
}

export const pathCommand: Command = {
  name: 'path',
  summary: 'print its directory',
  usage: '<session>',
  details: ['To go there: cd "$(wt path 3)".'],
  flags: {},
  takes: 'session',
  run: (world, { words }) => path(world, { ref: words }),
};
