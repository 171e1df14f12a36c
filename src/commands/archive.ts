import { basename, dirname } from 'node:path';
import { shellLine } from '../core/plan.ts';
import { resolveRef, SeveralMatches } from '../core/ref.ts';
import type { Session } from '../core/session.ts';
import { type Address, moveSession, movesOf, type Way } from '../edge/archive.ts';
import { complain, say, tell } from '../edge/output.ts';
import { printedRows } from '../edge/printed-rows.ts';
import { UserError } from '../errors.ts';
import type { World } from '../world.ts';
import { archivedSessions } from './archived.ts';
import { called, findSession, holders, liveRefusal, whyUnknown } from './session.ts';

/** `wt archive`: moves transcripts and their folders out of Claude's reach. Nothing moves unless every ref is found. */
export async function archive(world: World, command: { refs: string[]; dryRun: boolean }): Promise<number> {
  const sessions: Session[] = [];
  for (const ref of command.refs) {
    const session = await findArchivable(world, ref);
    refuseHeld(world, session, 'archive');
    if (!sessions.some((other) => other.id === session.id)) sessions.push(session);
  }
  return moveAll(world, sessions, 'archive', command.dryRun);
}

/** A session under projects/, or one whose move into the archive was cut off or is done. */
async function findArchivable(world: World, ref: string): Promise<Session> {
  try {
    return await findSession(world, [ref]);
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
    const moves = sessions.flatMap((session) => movesOf(world, addressOf(session), way));
    if (moves.length > 0) say(`${shellLine({ do: 'move', moves }, world.screen.utf8)}\n`);
    return 0;
  }
  let status = 0;
  for (const session of sessions) {
    try {
      const moved = moveSession(world, addressOf(session), way, () => refuseHeld(world, session, way));
      const { done, already } = inWords[way];
      tell(moved ? `${done} ${called(session)}\n` : `${called(session)} ${already}\n`);
    } catch (error) {
      if (!(error instanceof UserError) || sessions.length === 1) throw error;
      complain(`wt: ${error.message}\n`);
      status = 1;
    }
  }
  return status;
}

/** Throws a UserError for a session that a process holds, or may hold, or that has no transcript yet. */
export function refuseHeld(world: World, session: Session, verb: string): void {
  const [holder] = holders(world, session.id);
  if (holder?.proof === 'alive') throw liveRefusal(world, session, holder, verb);
  if (holder !== undefined || (session.state === 'unknown' && session.transcript !== null))
    throw new UserError(`can't ${verb} ${called(session)}: it may be live, for ${whyUnknown(session)}`);
  if (session.transcript === null) throw new UserError(`${called(session)} has no transcript`);
}

function addressOf(session: Session): Address {
  return { folder: basename(dirname(session.transcript?.path ?? '')), id: session.id };
}
