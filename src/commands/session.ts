import type { Agent } from '../agents/agent.ts';
import { agentsOf } from '../agents/table.ts';
import { archivedSessions } from '../box/archive.ts';
import { printedRows } from '../box/printed-rows.ts';
import { allSessions, type Box, findSession, type Source, successorOf, withBox } from '../box/scan.ts';
import type { Depth } from '../core/facts.ts';
import { matching } from '../core/filter.ts';
import { inOrder } from '../core/order.ts';
import { NoMatch, NotThere, readRef, resolveRef, SeveralMatches, theOnly } from '../core/ref.ts';
import type { Process, Session } from '../core/session.ts';
import { clean, cut } from '../core/text.ts';
import { UserError } from '../errors.ts';
import { placeOf } from '../machine/tmux.ts';
import type { World } from '../world.ts';

/**
 * The session that a `<session>` on the command line means. Only what that needs is read: one transcript for a row or an
 * id, all of them for words. Throws UserError (see core/ref.ts).
 */
export function resolveSession(world: World, ref: string[], depth: Depth = 'tail'): Promise<Session> {
  return withBox(world, async (box) => {
    try {
      const reading = readRef(ref, printedRows(world), knownIds(box));
      if (reading.words === null)
        return theOnly(
          reading.ids.flatMap((id) => sessionsBehind(box, id, depth)),
          ref,
        );
      const all = inOrder(allSessions(box, 'tail'), world.now);
      const found = theOnly(matching(all, reading.words.join(' '), world.home), ref);
      return findSession(box, found.id, depth) ?? found;
    } catch (error) {
      throw (await inArchive(world, ref, error)) ?? error;
    }
  });
}

/** That what was not found lies in the archive; null where it does not. */
async function inArchive(world: World, ref: string[], error: unknown): Promise<UserError | null> {
  if (!(error instanceof NotThere || error instanceof NoMatch)) return null;
  try {
    const archived = await archivedSessions(world);
    const { id } = resolveRef(error instanceof NotThere ? [error.id] : ref, [], archived, world.home);
    const short = archived.filter((one) => one.id.startsWith(id.slice(0, 8))).length > 1 ? id : id.slice(0, 8);
    return new UserError(`session ${short} is in the archive: wt restore ${short}`);
  } catch (several) {
    if (!(several instanceof SeveralMatches)) return null;
    const said = clean(ref.join(' '));
    return new UserError(
      `${several.sessions.length} sessions that match ${said} are in the archive, and no other: wt restore lists it`,
    );
  }
}

function* knownIds(box: Box): Generator<string> {
  for (const { transcripts, running } of box.sources) {
    for (const file of transcripts.all()) yield file.id;
    yield* running.keys();
  }
}

/** The session of an id, or the one that it has gone on in. */
function sessionsBehind(box: Box, id: string, depth: Depth): Session[] {
  const session = findSession(box, id, depth) ?? successorOf(box, id);
  return session === null ? [] : [session];
}

/** A session in a sentence: the beginning of its id and its title. */
export function describe(session: Session): string {
  const title = session.title.source === 'none' ? '' : ` (${cut(clean(session.title.text), 40, '...')})`;
  return `${session.id.slice(0, 8)}${title}`;
}

/** The agent of a session. */
export function agentOf(world: World, { agent, configDir }: Pick<Session, 'agent' | 'configDir'>): Agent {
  const agents = agentsOf(world);
  return agents.find((one) => one.name === agent && one.configDir === configDir) ?? agents[0]!;
}

/** The processes that hold a session at this very moment, by its agent's registry and /proc. */
export function processesOf(world: World, session: Session): Process[] {
  const { processes } = agentOf(world, session).processes(Date.now());
  return processes.filter((process) => process.sessionId === session.id);
}

/** Throws a UserError that names the process and where it runs when a session is live now; `verb` is what was asked. */
export function refuseLive(world: World, session: Session, verb: string): void {
  const process = processesOf(world, session).find((one) => one.proof === 'alive');
  if (process !== undefined) throw liveRefusal(world, session, process, verb);
}

/** The refusal to do something with a session that a process holds. */
export function liveRefusal(world: World, session: Session, process: Process, verb: string): UserError {
  const short = session.id.slice(0, 8);
  const where = `${placeInWords(process, world)}${process.suspended ? ', suspended' : ''}`;
  const instead =
    verb === 'archive'
      ? `end it first, or go there: wt attach ${short}`
      : `go there: wt attach ${short}; or work on a copy: wt fork ${short}`;
  return new UserError(
    `can't ${verb} ${describe(session)}: it is live in process ${process.pid} (${where}); ${instead}`,
  );
}

/** Where a process runs, in words. */
export function placeInWords(process: Process, world: World): string {
  if (process.attachWord !== null) return 'in the background';
  const { pane, terminal } = placeOf(process.pid, world);
  if (pane !== null) return `tmux pane ${clean(pane.name)}, ${pane.pane}`;
  return terminal ?? 'no terminal';
}

/** Why it can't be told whether a session is live. */
export function whyUnknown(session: Session): string {
  const process = session.processes.find((one) => one.proof === 'unknown');
  return process === undefined
    ? 'it was written within the last hour by a Claude Code that left no record of its process'
    : `the record of its process ${process.pid} can't be checked from here`;
}

/** The source that a session is of. */
export function sourceOf(box: Box, { agent, configDir }: Session): Source {
  const own = box.sources.find((one) => one.agent.name === agent && one.agent.configDir === configDir);
  if (own === undefined) throw new Error('a session of no agent');
  return own;
}
