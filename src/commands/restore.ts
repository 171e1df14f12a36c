import { archivedSessions } from '../box/archive.ts';
import { printedRows } from '../box/printed-rows.ts';
import { resolveRef, SeveralMatches } from '../core/ref.ts';
import type { Session } from '../core/session.ts';
import { UserError } from '../errors.ts';
import { print } from '../screen/output.ts';
import type { World } from '../world.ts';
import { moveAll, refuseHeld } from './archive.ts';
import { type Command, dryRun } from './command.ts';
import { printRows } from './print-rows.ts';
import { resolveSession } from './session.ts';

/** `wt restore`: moves archived sessions back as they were; without a ref it lists the archive. */
export async function restore(world: World, command: { refs: string[]; dryRun: boolean }): Promise<number> {
  const archived = await archivedSessions(world);
  if (command.refs.length === 0) {
    if (archived.length === 0) print('the archive is empty: wt archive <session> puts one there\n');
    else await printRows(world, archived, {});
    return 0;
  }
  const sessions: Session[] = [];
  for (const ref of command.refs) {
    const session = await findArchived(world, ref, archived);
    if (archived.includes(session)) refuseHeld(world, session, 'restore');
    if (!sessions.some((other) => other.id === session.id)) sessions.push(session);
  }
  return moveAll(world, sessions, 'restore', command.dryRun);
}

/** A session in the archive, or one that was moved back already. */
async function findArchived(world: World, ref: string, archived: Session[]): Promise<Session> {
  try {
    return resolveRef([ref], printedRows(world), archived, world.home);
  } catch (error) {
    if (error instanceof SeveralMatches) {
      await printRows(world, error.sessions, {});
      throw new UserError(error.message);
    }
    try {
      return await resolveSession(world, [ref]);
    } catch {
      throw new UserError(`no session in the archive matches ${ref}: wt restore lists it`);
    }
  }
}

export const restoreCommand: Command = {
  name: 'restore',
  summary: 'move it back; without a session: list the archive',
  usage: '[<session>...] [--dry-run]',
  flags: { '--dry-run': dryRun },
  takes: 'archived',
  run: (world, { words, flags }) => restore(world, { refs: words, dryRun: flags.has('--dry-run') }),
};
