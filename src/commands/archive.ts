import { basename, dirname } from 'node:path';
import { type Move, shellLine } from '../core/plan.ts';
import { resolveRef } from '../core/ref.ts';
import type { Session } from '../core/session.ts';
import { carryOutMoves, movesIntoArchive } from '../edge/archive.ts';
import { complain, say } from '../edge/output.ts';
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
  return moveAll(world, sessions, command.dryRun, {
    verb: 'archive',
    done: 'archived',
    already: 'is in the archive already',
    moves: (session) => movesIntoArchive(world, placeOf(session)),
  });
}

/** A session under projects/, or one whose move into the archive was cut off or is done. */
async function findArchivable(world: World, ref: string): Promise<Session> {
  try {
    return await findSession(world, [ref]);
  } catch (error) {
    try {
      return resolveRef([ref], printedRows(world), archivedSessions(world), world.home);
    } catch {
      throw error;
    }
  }
}

/** What `archive` and `restore` have in common: moves, each session for itself. 1 when one of several could not. */
export function moveAll(
  world: World,
  sessions: Session[],
  dryRun: boolean,
  way: { verb: string; done: string; already: string; moves: (session: Session) => Move[] },
): number {
  const planned = sessions.map((session) => ({ session, moves: way.moves(session) }));
  if (dryRun) {
    const moves = planned.flatMap((one) => one.moves);
    if (moves.length > 0) say(`${shellLine({ do: 'move', moves })}\n`);
    return 0;
  }
  let status = 0;
  for (const { session, moves } of planned) {
    try {
      carryOutMoves(world, moves, () => refuseHeld(world, session, way.verb));
      say(`${moves.length > 0 ? `${way.done} ${called(session)}` : `${called(session)} ${way.already}`}\n`);
    } catch (error) {
      if (!(error instanceof UserError) || planned.length === 1) throw error;
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

/** Where a session's transcript lies: the name of its project folder, and its id. */
export function placeOf(session: Session): { folder: string; id: string } {
  return { folder: basename(dirname(session.transcript?.path ?? '')), id: session.id };
}
