import { basename } from 'node:path';
import { archivedIn, archivedSessions, archiveRootOf, keyOfRow } from '../box/archive.ts';
import { printedRows } from '../box/printed-rows.ts';
import { withBox } from '../box/scan.ts';
import { allSessions } from '../box/sessions.ts';
import { shortId } from '../core/ids.ts';
import { inOrder, isListed } from '../core/order.ts';
import { type Plan, type RunPlan, shellLine } from '../core/plan.ts';
import { SeveralMatches } from '../core/ref.ts';
import type { Session } from '../core/session.ts';
import { parseSpan } from '../core/text.ts';
import { UsageError, UserError } from '../errors.ts';
import { runToItsEnd } from '../machine/launch.ts';
import { type Address, moveSession, movesOf, type Way } from '../machine/moves.ts';
import { askForYes, canAsk } from '../screen/ask.ts';
import { print, printError, write } from '../screen/output.ts';
import type { World } from '../world.ts';
import { type Command, dryRun } from './command.ts';
import { liveRefusal, whyUnknown } from './holders.ts';
import { agentOf, describe, processesOf, resolveSession } from './session.ts';
import { runPlan } from './start.ts';

const day = 86_400_000;
/** What its agent deletes within so many milliseconds is expiring. */
const soon = 3 * day;
/** A transcript that the agent would delete within this time after its return, in milliseconds, comes back as new. */
const unsafe = day;

/** `wt archive`: puts transcripts out of their agent's reach. Nothing moves unless every ref is found. */
export async function archive(
  world: World,
  command: { refs: string[]; dryRun: boolean; force?: boolean },
): Promise<number> {
  const sessions: Session[] = [];
  for (const ref of command.refs) {
    const session = await findArchivable(world, ref);
    if (sessions.some((other) => other.key === session.key)) continue;
    refuseHeld(world, session, 'archive', (doubt) => insist(session, doubt, command));
    sessions.push(session);
  }
  return moveAll(world, sessions, 'archive', command.dryRun);
}

/** `wt archive --expiring` and `--older SPAN`: all that are listed and fit, but those that are held, which is said. */
export async function archiveMany(
  world: World,
  which: 'expiring' | { olderThan: number },
  isDryRun: boolean,
): Promise<number> {
  const all = await withBox(world, (box) => inOrder(allSessions(box, 'tail'), world.now), 'all');
  const fitting = all.filter((session) => isListed(session) && fits(session));
  const free = fitting.filter((session) => {
    try {
      refuseHeld(world, session, 'archive');
      return true;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      printError(`wt: left where it is: ${error.message}\n`);
      return false;
    }
  });
  if (fitting.length === 0 && !isDryRun)
    print(which === 'expiring' ? 'nothing will be deleted within 3 days\n' : 'nothing is that old\n');
  return moveAll(world, free, 'archive', isDryRun);

  function fits(session: Session): boolean {
    const { transcript, lastActivityAt } = session;
    // Of those that nobody can put away there is no end; who names one is told why.
    if (transcript === null || agentOf(world, session).archiving.by === 'none') return false;
    if (which !== 'expiring') return (lastActivityAt ?? transcript.modifiedAt) < world.now - which.olderThan;
    const deletesAt = session.deletesAt ?? deletionOf(world, session);
    return deletesAt !== null && deletesAt - world.now <= soon;
  }
}

/** When the agent would delete a session that a process still holds. */
function deletionOf(world: World, session: Session): number | null {
  if (session.transcript === null || session.processes.length === 0) return null;
  const keepsFor = agentOf(world, session).keepsFor?.(session.cwd) ?? null;
  return keepsFor === null ? null : session.transcript.modifiedAt + keepsFor;
}

/** A session under projects/, or one whose move into the archive was cut off or is done. */
async function findArchivable(world: World, ref: string): Promise<Session> {
  try {
    return await resolveSession(world, [ref]);
  } catch (error) {
    if (error instanceof SeveralMatches) throw error;
    const rows = printedRows(world).map(keyOfRow);
    const [found, ...others] = archivedIn(await archivedSessions(world), [ref], rows, world.home);
    if (found === undefined || others.some((other) => other.key !== found.key)) throw error;
    return { ...found, copies: others.flatMap((other) => other.transcript ?? []) };
  }
}

/** Asks whether a session is to be moved whose liveness can't be told; throws a UserError where nobody can be asked. */
function insist(session: Session, doubt: string, { dryRun, force }: { dryRun: boolean; force?: boolean }): void {
  if (force) return;
  if (dryRun || !canAsk()) throw new UserError(`${doubt}; --force archives it all the same`);
  askForYes(`wt: ${doubt}\nA session that is live loses what it says from now on. Archive ${shortId(session.id)}?`);
}

const inWords = {
  archive: { done: 'archived', already: 'is in the archive already' },
  restore: { done: 'restored', already: 'is not in the archive' },
};

/** Moves sessions into the archive or out of it, each for itself, with all copies. 1 when one of several could not be moved. */
export function moveAll(world: World, sessions: Session[], way: Way, dryRun: boolean): number {
  if (dryRun) {
    const lines = sessions
      .flatMap((session) => plansFor(world, session, way))
      .map((plan) => shellLine(plan, world.screen.utf8));
    if (lines.length > 0) write(`${lines.join(' && ')}\n`);
    return 0;
  }
  let status = 0;
  for (const session of sessions) {
    try {
      print(`${move(world, session, way)}\n`);
    } catch (error) {
      if (!(error instanceof UserError) || sessions.length === 1) throw error;
      printError(`wt: ${error.message}\n`);
      status = 1;
    }
  }
  return status;
}

/** What moves one session: files, or its agent's own command. */
function plansFor(world: World, session: Session, way: Way): Plan[] {
  const command = archivingCommand(world, session, way, true);
  if (command !== null) return isThereAlready(world, session, way) ? [] : [command];
  const moves = addressesOf(world, session, way).flatMap((address) => movesOf(address, way));
  return moves.length === 0 ? [] : [{ do: 'move', moves }];
}

/** The agent's own command for that; null where wt moves the files itself. */
function archivingCommand(world: World, session: Session, way: Way, isDryRun: boolean): RunPlan | null {
  const agent = agentOf(world, session);
  const { archiving } = agent;
  if (archiving.by !== 'command') return null;
  const args = way === 'archive' ? archiving.archive(session.id) : archiving.restore(session.id);
  return runPlan(world, agent, args, isDryRun);
}

/** Whether the agent has put a session away already, or has it back. */
function isThereAlready(world: World, session: Session, way: Way): boolean {
  const { archiving } = agentOf(world, session);
  if (archiving.by !== 'command') return false;
  const isArchived = archiving.archived.find([]).some(({ id }) => id === session.id);
  return isArchived === (way === 'archive');
}

/** Moves one session, and gives a sentence about it. */
function move(world: World, session: Session, way: Way): string {
  const { done, already } = inWords[way];
  const known = new Set(processesOf(world, session).map((process) => process.pid));
  const isStillRight = () => refuseNewcomers(world, session, way, known);
  const command = archivingCommand(world, session, way, false);
  if (command !== null) {
    if (isThereAlready(world, session, way)) return `${describe(session)} ${already}`;
    isStillRight();
    runToItsEnd(world, command);
    return `${done} ${describe(session)}`;
  }
  let moved = 0;
  let renewed = false;
  for (const address of addressesOf(world, session, way)) {
    if (moveSession(address, way, isStillRight)) moved += 1;
    renewed ||= address.modifiedAt !== null;
  }
  if (moved === 0) return `${describe(session)} ${already}`;
  const copies = moved > 1 ? `, ${moved} copies` : '';
  const why = `; it counts as changed now, for ${agentOf(world, session).name} would delete it as old`;
  return `${done} ${describe(session)}${copies}${renewed ? why : ''}`;
}

/** Throws a UserError for a session that a process holds, or may hold (unless `insists` lets that pass), or that has no transcript. */
export function refuseHeld(
  world: World,
  session: Session,
  verb: Way,
  insists: (doubt: string) => void = (doubt) => {
    throw new UserError(doubt);
  },
): void {
  const { archiving } = agentOf(world, session);
  if (archiving.by === 'none') throw new UserError(`can't ${verb} ${describe(session)}: ${archiving.because}`);
  const holders = processesOf(world, session);
  const alive = holders.filter((process) => process.proof === 'alive');
  if (alive.length > 0) throw liveRefusal(world, session, alive, verb);
  if (session.transcript === null) throw new UserError(`${describe(session)} has no transcript`);
  if (holders.length > 0 || session.state === 'unknown')
    insists(`can't ${verb} ${describe(session)}: it may be live, for ${whyUnknown(world, session)}`);
}

function refuseNewcomers(world: World, session: Session, verb: Way, known: ReadonlySet<number>): void {
  const newcomers = processesOf(world, session).filter(({ pid, proof }) => proof === 'alive' || !known.has(pid));
  if (newcomers.length > 0) throw liveRefusal(world, session, newcomers, verb);
}

/** Between which places the files of a session move. */
function addressesOf(world: World, session: Session, way: Way): Address[] {
  const agent = agentOf(world, session);
  const { archiving, keepsFor } = agent;
  if (archiving.by !== 'moving') return [];
  const kept = way === 'restore' ? (keepsFor?.(session.cwd) ?? null) : null;
  return [session.transcript, ...session.copies]
    .filter((file) => file !== null)
    .map((file) => {
      const isUnsafe = kept !== null && file.modifiedAt + kept <= Date.now() + unsafe;
      return {
        root: archiving.root,
        archive: archiveRootOf(world, agent, file),
        folder: file.folder,
        file: basename(file.path),
        companion: file.id,
        modifiedAt: isUnsafe ? Date.now() : null,
      };
    });
}

export const archiveCommand: Command = {
  name: 'archive',
  offers: (session) => session.state !== 'live' && session.transcript !== null,
  summary: "move it out of its agent's folder, out of reach of the clean-up",
  usage: '[<session>... | --expiring | --older SPAN] [--force] [--dry-run]',
  details: [
    '--expiring: all that will be deleted within 3 days. --older 30d: all in which nothing happened for that long. Live ones are left out.',
  ],
  flags: {
    '--expiring': { summary: 'all that their agent will delete within 3 days' },
    '--older': { value: 'SPAN', summary: 'all without activity for so long: 12h, 30d, 8w' },
    '--force': { summary: 'also one of unknown liveness' },
    '--dry-run': dryRun,
  },
  takes: 'sessions',
  run(world, { words, flags }) {
    const isDryRun = flags.has('--dry-run');
    const span = flags.get('--older');
    const usage = `wt archive ${archiveCommand.usage}`;
    if (span === undefined && !flags.has('--expiring')) {
      if (words.length === 0) throw new UsageError('which session?', usage);
      return archive(world, { refs: words, dryRun: isDryRun, force: flags.has('--force') });
    }
    const olderThan = span === undefined ? null : parseSpan(span);
    if (span !== undefined && olderThan === null) throw new UsageError(`${span} is no span such as 30d`, usage);
    if (words.length > 0 || flags.has('--force') || (olderThan !== null && flags.has('--expiring')))
      throw new UsageError('name sessions, or --expiring, or --older SPAN', usage);
    return archiveMany(world, olderThan === null ? 'expiring' : { olderThan }, isDryRun);
  },
};
