import { archivedIn, archivedSessions, archiveRow } from '../box/archive.ts';
import { printedRows, rememberRows } from '../box/printed-rows.ts';
import type { Session } from '../core/session.ts';
import { clean } from '../core/text.ts';
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
    else await printArchive(world, archived);
    return 0;
  }
  const sessions: Session[] = [];
  for (const ref of command.refs) {
    const found = await findArchived(world, ref, archived);
    sessions.push(...found.filter((session) => !sessions.includes(session)));
  }
  for (const session of sessions.filter((one) => archived.includes(one))) refuseHeld(world, session, 'restore');
  return moveAll(world, sessions, 'restore', command.dryRun);
}

/** What a ref means in the archive: all files of one session, or one of them by its row; or a session that is back already. */
async function findArchived(world: World, ref: string, archived: Session[]): Promise<Session[]> {
  const found = archivedIn(archived, [ref], printedRows(world), world.home);
  if (new Set(found.map((session) => session.key)).size > 1) {
    await printArchive(world, found);
    throw new UserError(`${found.length} sessions in the archive match ${clean(ref)}: say which, by number`);
  }
  if (found.length > 0) return found;
  try {
    return [await resolveSession(world, [ref])];
  } catch {
    throw new UserError(`no session in the archive matches ${clean(ref)}: wt restore lists it`);
  }
}

/** Prints rows of the archive; each number means one file. */
async function printArchive(world: World, archived: Session[]): Promise<void> {
  await printRows(world, archived, {});
  rememberRows(world, archived.map(archiveRow));
}

export const restoreCommand: Command = {
  name: 'restore',
  summary: 'move it back; without a session: list the archive',
  usage: '[<session>...] [--dry-run]',
  flags: { '--dry-run': dryRun },
  takes: 'archived',
  run: (world, { words, flags }) => restore(world, { refs: words, dryRun: flags.has('--dry-run') }),
};
