import type { Agent } from '../agents/agent.ts';
import { agentsOf } from '../agents/table.ts';
import { archivedIn, archivedSessions, keyOfRow } from '../box/archive.ts';
import { Marks } from '../box/marks.ts';
import { printedRows } from '../box/printed-rows.ts';
import { type Box, keyOf, type Source, withBox } from '../box/scan.ts';
import { allSessions, findSession, findSessions, successorOf } from '../box/sessions.ts';
import type { Depth } from '../core/facts.ts';
import { matching } from '../core/filter.ts';
import { shortId } from '../core/ids.ts';
import { inOrder } from '../core/order.ts';
import { NotThere, ofReading, readRef, recommended, theOnly } from '../core/ref.ts';
import type { Process, Session } from '../core/session.ts';
import { clean, cut } from '../core/text.ts';
import { UserError } from '../errors.ts';
import { runningPrograms } from '../machine/proc.ts';
import type { World } from '../world.ts';

/**
 * The session that a `<session>` on the command line means. Only what that needs is read: one transcript for a row or an
 * id, all of them for words. One in the archive is said to be there. Throws UserError (see core/ref.ts).
 */
export function resolveSession(world: World, ref: string[], depth: Depth = 'tail'): Promise<Session> {
  return withBox(world, async (box) => {
    try {
      const reading = readRef(ref, printedRows(world).map(keyOfRow), knownIds(box));
      const found =
        reading.words === null
          ? ofReading(sessionsBehind(box, reading.ids, depth), reading)
          : matching(inOrder(allSessions(box, 'tail'), world.now), reading.words.join(' '), world.home);
      if (found.length === 0) await refuseArchived(world, ref);
      const session = theOnly(found, ref);
      return reading.words === null ? session : (findSession(box, session.key, depth) ?? session);
    } catch (error) {
      if (error instanceof NotThere) await refuseArchived(world, [error.id]);
      throw error;
    }
  });
}

/** Throws a UserError that says so when what was asked for is in the archive. */
async function refuseArchived(world: World, ref: string[]): Promise<void> {
  const sessions = archivedIn(await archivedSessions(world), ref, printedRows(world), world.home);
  const keys = new Set(sessions.map((session) => session.key));
  const [first] = sessions;
  if (first === undefined) return;
  if (keys.size === 1)
    throw new UserError(`session ${describe(first)} is in the archive: wt restore ${recommended(first)}`);
  const said = clean(ref.join(' '));
  throw new UserError(`${keys.size} sessions in the archive match ${said}: wt restore ${said} lists them`);
}

/** The ids of all sessions, and their keys. */
function* knownIds(box: Box): Generator<string> {
  for (const source of box.sources) {
    const ids = new Set([...source.transcripts.all().map((file) => file.id), ...source.running.keys()]);
    yield* ids;
    if (source.folder !== null) for (const id of ids) yield keyOf(source.agent, id, source.folder);
  }
}

/** The sessions of these ids and keys, or those that they have gone on in, each once. */
function sessionsBehind(box: Box, keys: string[], depth: Depth): Session[] {
  const sessions = new Map<string, Session>();
  for (const key of keys) {
    const found = [...findSessions(box, key, depth)];
    const next = found.length > 0 ? null : successorOf(box, key);
    for (const session of next === null ? found : [next]) sessions.set(session.key, session);
  }
  return [...sessions.values()];
}

/** A session in a sentence: what is shown of its id, and its title. */
export function describe(session: Session): string {
  const title = session.title.source === 'none' ? '' : ` (${cut(clean(session.title.text), 40, '...')})`;
  return `${shortId(session.id)}${title}`;
}

/** The agent of a session. */
export function agentOf(world: World, { agent, configDir }: Pick<Session, 'agent' | 'configDir'>): Agent {
  const agents = agentsOf(world);
  return agents.find((one) => one.name === agent && one.configDir === configDir) ?? agents[0]!;
}

/** The processes that hold a session at this very moment, by its agent's registry and /proc. */
export function processesOf(world: World, session: Session): Process[] {
  const { processes } = agentOf(world, session).processes(Date.now(), runningPrograms());
  return processes.filter((process) => process.sessionId === session.id);
}

/** Notes that the user has opened a session. */
export function markSeen(world: World, session: Session): void {
  const marks = new Marks(world);
  const now = Date.now();
  marks.see(session.key, now);
  marks.save(now);
}

/** The source that a session is of. */
export function sourceOf(box: Box, { agent, configDir }: Session): Source {
  const own = box.sources.find((one) => one.agent.name === agent && one.agent.configDir === configDir);
  if (own === undefined) throw new Error('a session of no agent');
  return own;
}
