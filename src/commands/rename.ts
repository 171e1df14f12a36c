import { shortId } from '../core/ids.ts';
import type { Session } from '../core/session.ts';
import { clean } from '../core/text.ts';
import { inShell } from '../core/words.ts';
import { UsageError, UserError } from '../errors.ts';
import { print, write } from '../screen/output.ts';
import type { World } from '../world.ts';
import { type Command, dryRun } from './command.ts';
import { placeInWords, whyUnknown } from './holders.ts';
import { agentOf, describe, processesOf, resolveSession } from './session.ts';

const usage = 'wt rename <session> TITLE... [--force] [--dry-run]';
/** What an agent's clean-up would take within this time, in milliseconds, is better younger than its last talk. */
const soon = 3 * 86_400_000;

/** `wt rename`: gives a closed session a title, in its agent's own way, so that the agent shows it too. */
export async function rename(
  world: World,
  command: { ref: string; title: string; force: boolean; dryRun: boolean },
): Promise<number> {
  const title = clean(command.title);
  if (title === '') throw new UsageError('a title needs words', usage);
  const session = await resolveSession(world, [command.ref]);
  const agent = agentOf(world, session);
  if (agent.rename === undefined)
    throw new UserError(`wt can't rename a session of ${agent.title}: do it there, with what it has for that`);
  refuse(world, session, command.force);
  const file = session.transcript;
  if (file === null) throw new UserError(`${describe(session)} has no transcript yet, so there is nothing to rename`);
  if (command.dryRun) {
    write(`${inShell(['wt', 'rename', session.key, title], world.screen.utf8)}\n`);
    return 0;
  }
  const isSafe = session.deletesAt === null || session.deletesAt - Date.now() > soon;
  refuse(world, session, command.force);
  agent.rename(file, title, isSafe);
  print(`renamed ${shortId(session.id)}: ${title}\n`);
  if (!isSafe) print('its file counts as new, for the clean-up would have deleted it soon\n');
  return 0;
}

/** Throws a UserError for a session that a process holds, or may hold. */
function refuse(world: World, session: Session, force: boolean): void {
  const [process] = processesOf(world, session);
  if (process?.proof === 'alive') {
    const where = placeInWords(world, process);
    throw new UserError(
      `can't rename ${describe(session)}: it is live in process ${process.pid} (${where}); type there: /rename TITLE`,
    );
  }
  if (force || (process === undefined && session.state !== 'unknown')) return;
  throw new UserError(
    `can't rename ${describe(session)}: it may be live, for ${whyUnknown(world, session)}; --force renames it all the same`,
  );
}

export const renameCommand: Command = {
  name: 'rename',
  summary: 'give a closed one a title',
  usage: '<session> TITLE... [--force] [--dry-run]',
  details: [
    'The session is the first word: several words for it need quotes. The agent shows the title too. A live session is ' +
      'renamed where it runs: /rename TITLE.',
  ],
  flags: { '--force': { summary: 'also one of unknown liveness' }, '--dry-run': dryRun },
  takes: 'titled',
  offers: (session) => session.state !== 'live' && session.transcript !== null,
  run(world, { words: [ref = '', ...title], flags }) {
    if (title.length === 0) throw new UsageError('which title?', usage);
    const [force, dry] = [flags.has('--force'), flags.has('--dry-run')];
    return rename(world, { ref, title: title.join(' '), force, dryRun: dry });
  },
};
