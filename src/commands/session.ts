import { Index } from '../claude/index.ts';
import { readRegistry } from '../claude/registry.ts';
import { judge, type Survey, survey, unwritten } from '../claude/sessions.ts';
import type { Depth } from '../claude/transcript.ts';
import { inOrder } from '../core/order.ts';
import { matching, NotThere, readRef, theOnly } from '../core/ref.ts';
import type { Process, Session } from '../core/session.ts';
import { clean, cut } from '../core/text.ts';
import { archivedFiles } from '../edge/archive.ts';
import { printedRows } from '../edge/printed-rows.ts';
import { placeOf } from '../edge/tmux.ts';
import { UserError } from '../errors.ts';
import type { World } from '../world.ts';

/**
 * The session that a `<ref>` means. Only what the ref needs is read: one transcript for a row or an id, all of them for
 * words. Prints the rows that match where several do. Throws UserError (see core/ref.ts).
 */
export async function findSession(world: World, ref: string[], depth: Depth = 'bounded'): Promise<Session> {
  const seen = survey(world);
  const ids = new Set([...seen.discovery.files.map((file) => file.id), ...seen.held.map(({ id }) => id)]);
  try {
    const reading = readRef(ref, printedRows(world), ids);
    if (reading.words === null) return theOnly(sessionsOf(seen, reading.ids, depth), ref);
    const all = { ...seen, index: new Index(world, 'all') };
    const found = theOnly(
      inOrder(matching(reading.words, sessionsOf(all, ids, 'bounded'), world.home), world.now),
      ref,
    );
    return depth === 'bounded' ? found : theOnly(sessionsOf(seen, [found.id], depth), ref);
  } catch (error) {
    if (!(error instanceof NotThere)) throw error;
    const archived = await archivedFiles(world.folders.archive);
    if (archived.some((file) => file.id === error.id)) {
      const short = error.id.slice(0, 8);
      throw new UserError(`session ${short} is in the archive: wt restore ${short}`);
    }
    throw error;
  }
}

function sessionsOf(seen: Survey, ids: Iterable<string>, depth: Depth): Session[] {
  const wanted = new Set(ids);
  const files = seen.discovery.files.filter((file) => wanted.has(file.id));
  const written = files.map((file) => judge(seen, file, depth)).filter((session) => session !== null);
  return [...written, ...unwritten(seen).filter((session) => wanted.has(session.id))];
}

/** A session in a sentence: the beginning of its id and its title. */
export function called(session: Session): string {
  const title = session.title.source === 'none' ? '' : ` (${cut(clean(session.title.text), 40, '...')})`;
  return `${session.id.slice(0, 8)}${title}`;
}

/** The processes that hold a session at this very moment, by the registry and /proc. */
export function holders(world: World, id: string): Process[] {
  return readRegistry(world.conf).processes.filter((process) => process.sessionId === id);
}

/** Throws a UserError that names the process and where it runs when a session is live now; `verb` is what was asked. */
export function refuseLive(world: World, session: Session, verb: string): void {
  const holder = holders(world, session.id).find((process) => process.proof === 'alive');
  if (holder !== undefined) throw liveRefusal(world, session, holder, verb);
}

/** The refusal to do something with a session that a process holds. */
export function liveRefusal(world: World, session: Session, holder: Process, verb: string): UserError {
  const short = session.id.slice(0, 8);
  const where = `${placeInWords(holder, world)}${holder.suspended ? ', suspended' : ''}`;
  const instead =
    verb === 'archive'
      ? `end it first, or go there: wt attach ${short}`
      : `go there: wt attach ${short}; or work on a copy: wt fork ${short}`;
  return new UserError(`can't ${verb} ${called(session)}: it is live in process ${holder.pid} (${where}); ${instead}`);
}

/** Where a process runs, in words. */
export function placeInWords(holder: Process, world: World): string {
  if (holder.kind === 'bg') return 'in the background';
  const { pane, terminal } = placeOf(holder.pid, world);
  if (pane !== null) return `tmux pane ${clean(pane.name)}, ${pane.pane}`;
  return terminal ?? 'no terminal';
}

/** Why it can't be told whether a session is live. */
export function whyUnknown(session: Session): string {
  const holder = session.processes.find((process) => process.proof === 'unknown');
  return holder === undefined
    ? 'it was written within the last hour by a Claude Code that left no record of its process'
    : `the record of its process ${holder.pid} can't be checked from here`;
}
