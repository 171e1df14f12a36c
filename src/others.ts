import { takeTime } from '#system';
import type { Command } from './args.ts';
import { list } from './commands/list.ts';
import { printRows } from './commands/rows.ts';
import { SeveralMatches } from './core/ref.ts';
import { looksLikeTerminal } from './edge/read-world.ts';
import { statusOf } from './status.ts';
import { version } from './version.ts';
import type { World } from './world.ts';

export { archivedSessions } from './commands/archived.ts';

/** The commands that no login, no prompt and no key in a shell runs. */
export type OtherCommand = Exclude<Command, { name: 'greet' | 'brief' | 'list' | 'complete' | 'help' | 'version' }>;

/**
 * Carries out one of these commands and gives its exit status. Once built this is a program of its own, which has a copy
 * of all that a login needs too: no error may leave it, for there nobody would know its class.
 */
export function carryOut(world: World, command: OtherCommand): Promise<number> {
  takeTime();
  return statusOf(() => runOrChoose(world, command));
}

/** Runs a command; where its words fit several sessions, the user chooses, or sees them: a dry run does nothing. */
async function runOrChoose(world: World, command: OtherCommand): Promise<number> {
  try {
    return await run(world, command);
  } catch (error) {
    if (!(error instanceof SeveralMatches)) throw error;
    const isDry = 'dryRun' in command && command.dryRun;
    if (isTerminal(world) && !isDry) return (await import('./commands/pick.ts')).pick(world, { filter: error.words });
    await printRows(world, error.sessions, {});
    throw error;
  }
}

async function run(world: World, command: OtherCommand): Promise<number> {
  switch (command.name) {
    case 'json':
      return (await import('./commands/json.ts')).json(world, command);
    case 'pick':
      if (!isTerminal(world)) return list(world, { all: false, rows: null });
      return (await import('./commands/pick.ts')).pick(world);
    case 'resume':
      return (await import('./commands/resume.ts')).resume(world, command);
    case 'fork':
      return (await import('./commands/fork.ts')).fork(world, command);
    case 'attach':
      return (await import('./commands/attach.ts')).attach(world, command);
    case 'show':
      return (await import('./commands/show.ts')).show(world, command);
    case 'new':
      return (await import('./commands/new.ts')).newSession(world, command);
    case 'archive':
      return (await import('./commands/archive.ts')).archive(world, command);
    case 'restore':
      return (await import('./commands/restore.ts')).restore(world, command);
    case 'refresh':
      return (await import('./commands/refresh.ts')).refresh(world);
    case 'doctor':
      return (await import('./commands/doctor.ts')).doctor(world, version);
  }
}

function isTerminal(world: World): boolean {
  return world.screen.terminal && looksLikeTerminal(0);
}
