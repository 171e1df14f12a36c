import { basename, dirname } from 'node:path';
import { archivedSessions } from '../box/archive.ts';
import { printedRows } from '../box/printed-rows.ts';
import { shellLine } from '../core/plan.ts';
import { resolveRef, SeveralMatches } from '../core/ref.ts';
import type { Session } from '../core/session.ts';
import { UserError } from '../errors.ts';
import { type Address, moveSession, movesOf, type Places, type Way } from '../machine/moves.ts';
import { print, printError, write } from '../screen/output.ts';
import type { World } from '../world.ts';
import { type Command, dryRun } from './command.ts';
import { agentOf, describe, liveRefusal, processesOf, resolveSession, whyUnknown } from './session.ts';

/** `wt archive`: moves transcripts and their folders out of Claude's reach. Nothing moves unless every ref is found. */
export async function archive(world: World, command: { refs: string[]; dryRun: boolean }): Promise<number> {
  const sessions: Session[] = [];
  for (const ref of command.refs) {
    const session = await findArchivable(world, ref);
    const { unarchivable } = agentOf(world, session);
    if (unarchivable !== null) throw new UserError(`can't archive ${describe(session)}: ${unarchivable}`);
    refuseHeld(world, session, 'archive');
    if (!sessions.some((other) => other.id === session.id)) sessions.push(session);
  }
  return moveAll(world, sessions, 'archive', command.dryRun);
}

/** A session under projects/, or one whose move into the archive was cut off or is done. */
async function findArchivable(world: World, ref: string): Promise<Session> {
  try {
    return await resolveSession(world, [ref]);
  } catch (error) {
    if (error instanceof SeveralMatches) throw error;
    try {
      return resolveRef([ref], printedRows(world), await archivedSessions(world), world.home);
    } catch {
      throw error;
    }
  }
}

const inWords = {
  archive: { done: 'archived', already: 'is in the archive already' },
  restore: { done: 'restored', already: 'is not in the archive' },
};

/** Moves sessions into the archive or out of it, each for itself. 1 when one of several could not be moved. */
export function moveAll(world: World, sessions: Session[], way: Way, dryRun: boolean): number {
  if (dryRun) {
    const moves = sessions.flatMap((session) => movesOf(placesOf(world, session), addressOf(session), way));
    if (moves.length > 0) write(`${shellLine({ do: 'move', moves }, world.screen.utf8)}\n`);
    return 0;
  }
  let status = 0;
  for (const session of sessions) {
    try {
      const moved = moveSession(placesOf(world, session), addressOf(session), way, () =>
        refuseHeld(world, session, way),
      );
      const { done, already } = inWords[way];
      print(moved ? `${done} ${describe(session)}\n` : `${describe(session)} ${already}\n`);
    } catch (error) {
      if (!(error instanceof UserError) || sessions.length === 1) throw error;
      printError(`wt: ${error.message}\n`);
      status = 1;
    }
  }
  return status;
}

/** Throws a UserError for a session that a process holds, or may hold, or that has no transcript yet. */
export function refuseHeld(world: World, session: Session, verb: string): void {
  const [holder] = processesOf(world, session);
  if (holder?.proof === 'alive') throw liveRefusal(world, session, holder, verb);
  if (holder !== undefined || (session.state === 'unknown' && session.transcript !== null))
    throw new UserError(`can't ${verb} ${describe(session)}: it may be live, for ${whyUnknown(session)}`);
  if (session.transcript === null) throw new UserError(`${describe(session)} has no transcript`);
}

/** Between which folders a session moves. */
function placesOf(world: World, session: Session): Places {
  return { root: agentOf(world, session).files.root, archive: world.folders.archive };
}

function addressOf(session: Session): Address {
  return { folder: basename(dirname(session.transcript?.path ?? '')), id: session.id };
}

export const archiveCommand: Command = {
  name: 'archive',
  summary: "move it out of its agent's folder, out of reach of the clean-up",
  usage: '<session>... [--dry-run]',
  flags: { '--dry-run': dryRun },
  takes: 'sessions',
  run: (world, { words, flags }) => archive(world, { refs: words, dryRun: flags.has('--dry-run') }),
};
