import { accessSync, constants, statSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { scanBox } from '../box/scan.ts';
import { copiesOf, readSession } from '../box/sessions.ts';
import { shortId } from '../core/ids.ts';
import type { Session } from '../core/session.ts';
import { clean } from '../core/text.ts';
import { Cancelled, UserError } from '../errors.ts';
import { directoryOf } from '../machine/proc.ts';
import { ask, canAsk } from '../screen/ask.ts';
import { printError } from '../screen/output.ts';
import type { World } from '../world.ts';
import { agentOf, processesOf, sourceOf } from './session.ts';

/** What is wrong with a directory; null when an agent can be started in it. */
export function faultOf(directory: string): string | null {
  try {
    if (!statSync(directory).isDirectory()) return 'is no directory';
    accessSync(directory, constants.X_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? "can't be entered" : 'is gone';
  }
}

/**
 * The directory in which a session goes on: its own. Where that one is gone, another is offered on a terminal; without
 * one, and on a dry run, a UserError says what to do: no agent is ever started somewhere else unasked.
 */
export async function directoryFor(world: World, session: Session, dryRun: boolean): Promise<string> {
  const { cwd } = session;
  const absolute = cwd !== null && isAbsolute(cwd);
  const fault = absolute ? faultOf(cwd) : 'is unknown';
  if (absolute && fault === null) return cwd;
  const sentence = `the directory of ${shortId(session.id)}${cwd === null ? '' : `, ${clean(cwd)},`} ${fault}`;
  const others = (await otherDirectories(world, session)).slice(0, 9);
  if (dryRun || !canAsk()) {
    const known = others.map(clean).join(' or ');
    const where = canAsk() ? 'without --dry-run' : 'on a terminal';
    throw new UserError(`${sentence}: make it again, or answer ${where} to go on in ${known || 'another one'}`);
  }
  printError(`wt: ${sentence}\n${others.map((other, index) => `  ${index + 1}) ${clean(other)}\n`).join('')}`);
  const answer = ask(others.length === 1 ? 'go on there? [1, Enter: no] ' : 'go on in which? [number, Enter: none] ');
  const chosen = /^\d$/.test(answer) ? others[Number(answer) - 1] : undefined;
  if (chosen === undefined) throw new Cancelled();
  return chosen;
}

/**
 * Where else it may go on, best first: the repository of a worktree; the directory that wt stands in, when that is what
 * the folder of its transcript is named after; where a process of it stands; where other sessions of that folder went
 * on; the nearest one above that is left; home.
 */
async function otherDirectories(world: World, session: Session): Promise<string[]> {
  const candidates = [
    ...session.otherDirectories,
    ownDirectory(world, session),
    ...processesOf(world, session).map(({ pid, proof }) => (proof === 'alive' ? directoryOf(pid) : null)),
    ...(await siblingDirectories(world, session)),
    nearestAbove(session.cwd, world.home),
    world.home,
  ];
  return [...new Set(candidates)]
    .filter((path) => path !== null)
    .filter((path) => isAbsolute(path) && faultOf(path) === null);
}

/** The directory that wt stands in, if the transcript lies where sessions of that directory do. */
function ownDirectory(world: World, session: Session): string | null {
  try {
    const here = world.cwd();
    const isIts =
      session.transcript !== null && agentOf(world, session).belongsTo?.(session.transcript.folder, here) === true;
    return isIts ? here : null;
  } catch {
    // It is gone itself.
    return null;
  }
}

async function siblingDirectories(world: World, session: Session): Promise<(string | null)[]> {
  if (agentOf(world, session).belongsTo === undefined) return [];
  const box = await scanBox(world);
  const source = sourceOf(box, session);
  return source.transcripts
    .all()
    .filter((file) => file.folder === session.transcript?.folder && file.id !== session.id)
    .slice(0, 50)
    .map((file) => readSession(box, source, file.id, copiesOf(source, file), 'tail')?.cwd ?? null);
}

function nearestAbove(path: string | null, home: string): string | null {
  if (path === null || !isAbsolute(path)) return null;
  let above = dirname(path);
  while (faultOf(above) !== null && above !== '/') above = dirname(above);
  return above === '/' || home.startsWith(`${above}/`) ? null : above;
}
