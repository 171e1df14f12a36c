import { withBox } from '../box/scan.ts';
import type { Session } from '../core/session.ts';
import { inShell } from '../core/words.ts';
import { print, write } from '../screen/output.ts';
import type { World } from '../world.ts';
import { type Command, dryRun } from './command.ts';
import { describe, resolveSession } from './session.ts';

/**
 * `wt done`: there is nothing to come back to in these sessions until something new is said in them; with `undo`, there
 * is again. Nothing is noted unless every ref is found.
 */
export async function done(world: World, command: { refs: string[]; undo: boolean; dryRun: boolean }): Promise<number> {
  const sessions: Session[] = [];
  for (const ref of command.refs) {
    const session = await resolveSession(world, [ref]);
    if (!sessions.some((other) => other.key === session.key)) sessions.push(session);
  }
  if (command.dryRun) {
    const words = ['wt', 'done', ...(command.undo ? ['--undo'] : []), ...sessions.map(({ key }) => key)];
    write(`${inShell(words, world.screen.utf8)}\n`);
    return 0;
  }
  await withBox(world, ({ marks }) => {
    for (const session of sessions) {
      if (command.undo) marks.unfinish(session.key);
      else marks.finish(session.key, doneUntil(session, Date.now()));
    }
  });
  for (const session of sessions) print(`${inWords(session, command.undo)}\n`);
  return 0;
}

/**
 * Until when what was said in a session is done with, milliseconds since the epoch, when its user says so at `now`: clocks
 * are set, so what was said may be later than that.
 */
export function doneUntil({ lastActivityAt }: Pick<Session, 'lastActivityAt'>, now: number): number {
  return Math.max(now, lastActivityAt ?? 0);
}

function inWords(session: Session, undo: boolean): string {
  if (undo) return `not done: ${describe(session)}`;
  const live = session.state === 'live' ? '; it is live, and stays in the list until it is closed' : '';
  return `done: ${describe(session)}${live}`;
}

export const doneCommand: Command = {
  name: 'done',
  summary: 'nothing to come back to until something new is said',
  usage: '<session>... [--undo] [--dry-run]',
  flags: { '--undo': { summary: 'take that back' }, '--dry-run': dryRun },
  takes: 'sessions',
  offers: (session) => session.state === 'waiting' || !session.seen,
  run: (world, { words, flags }) =>
    done(world, { refs: words, undo: flags.has('--undo'), dryRun: flags.has('--dry-run') }),
};
