import { hurry } from '#system';
import packageFile from '../package.json' with { type: 'json' };
import { type Command, help, parseArgs } from './args.ts';
import { brief } from './commands/brief.ts';
import { greet } from './commands/greet.ts';
import { list } from './commands/list.ts';
import { printRows } from './commands/rows.ts';
import { SeveralMatches } from './core/ref.ts';
import { clean } from './core/text.ts';
import { ClosedPipe, complain, say } from './edge/output.ts';
import { looksLikeTerminal, readWorld } from './edge/read-world.ts';
import { Cancelled, UsageError, UserError } from './errors.ts';
import { mark } from './system/trace.ts';
import type { World } from './world.ts';

/** Carries out a command and gives its exit status. What no login needs is loaded only when it is asked for. */
async function run(world: World, command: Command): Promise<number> {
  switch (command.name) {
    case 'greet':
      return greet(world);
    case 'brief':
      return brief(world, command);
    case 'list':
      return list(world, command);
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
      return (await import('./commands/doctor.ts')).doctor(world, packageFile.version);
    case 'complete':
      return (await import('./commands/complete.ts')).complete(world, command);
    case 'help':
      say(help);
      return 0;
    case 'version':
      say(`wt ${packageFile.version}\n`);
      return 0;
  }
}

/** Carries out a command; where its words fit several sessions, the user chooses, or sees them: a dry run does nothing. */
async function runOrChoose(world: World, command: Command): Promise<number> {
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

function isTerminal(world: World): boolean {
  return world.screen.terminal && looksLikeTerminal(0);
}

async function main(argv: string[]): Promise<number> {
  mark('start');
  try {
    const { command, colour } = parseArgs(argv);
    if (command.name === 'greet' || command.name === 'brief' || command.name === 'list') hurry();
    return await runOrChoose(readWorld(process.env, colour), command);
  } catch (error) {
    return statusOf(error);
  }
}

/** The only place where an error becomes words and an exit status. */
function statusOf(error: unknown): number {
  if (error instanceof ClosedPipe) return 0;
  if (error instanceof Cancelled) return 130;
  try {
    if (error instanceof UserError) {
      complain(`wt: ${clean(error.message)}\n${error instanceof UsageError ? `usage: ${error.usage}\n` : ''}`);
      return error.status;
    }
    complain(`wt: unexpected: ${clean(String(error))}; WT_TRACE=1 shows where\n`);
    if (error instanceof Error) mark(clean(error.stack ?? ''));
  } catch {
    // Nobody reads standard error either.
  }
  return 1;
}

main(process.argv.slice(2)).then((status) => {
  mark('end');
  process.exit(status);
});
