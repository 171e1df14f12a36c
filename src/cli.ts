import { type Command, help, parseArgs } from './args.ts';
import { archive } from './commands/archive.ts';
import { attach } from './commands/attach.ts';
import { brief } from './commands/brief.ts';
import { complete } from './commands/complete.ts';
import { doctor } from './commands/doctor.ts';
import { fork } from './commands/fork.ts';
import { greet } from './commands/greet.ts';
import { json } from './commands/json.ts';
import { list } from './commands/list.ts';
import { newSession } from './commands/new.ts';
import { printRows } from './commands/print-rows.ts';
import { refresh } from './commands/refresh.ts';
import { restore } from './commands/restore.ts';
import { resume } from './commands/resume.ts';
import { show } from './commands/show.ts';
import { archivedSessions } from './box/archive.ts';
import { SeveralMatches } from './core/ref.ts';
import { clean } from './core/text.ts';
import { Cancelled, UsageError, UserError } from './errors.ts';
import { mark } from './machine/trace.ts';
import { pick } from './picker/run.ts';
import { ClosedPipe, printError, write } from './screen/output.ts';
import { looksLikeTerminal, readWorld } from './screen/read-world.ts';
import { version } from './version.ts';
import type { World } from './world.ts';

/** Carries out a command and gives its exit status. */
async function run(world: World, command: Command): Promise<number> {
  switch (command.name) {
    case 'greet':
      return greet(world);
    case 'brief':
      return brief(world, command);
    case 'list':
      return list(world, command);
    case 'complete':
      return complete(world, command, () => archivedSessions(world));
    case 'json':
      return json(world, command);
    case 'pick':
      return isTerminal(world) ? pick(world) : list(world, { all: false, rows: null });
    case 'resume':
      return resume(world, command);
    case 'fork':
      return fork(world, command);
    case 'attach':
      return attach(world, command);
    case 'show':
      return show(world, command);
    case 'new':
      return newSession(world, command);
    case 'archive':
      return archive(world, command);
    case 'restore':
      return restore(world, command);
    case 'refresh':
      return refresh(world);
    case 'doctor':
      return doctor(world, version);
    case 'help':
      write(help);
      return 0;
    case 'version':
      write(`wt ${version}\n`);
      return 0;
  }
}

/** Runs a command; where its words fit several sessions, the user chooses, or sees them: a dry run does nothing. */
async function runOrChoose(world: World, command: Command): Promise<number> {
  try {
    return await run(world, command);
  } catch (error) {
    if (!(error instanceof SeveralMatches)) throw error;
    const isDry = 'dryRun' in command && command.dryRun;
    if (isTerminal(world) && !isDry) return pick(world, { filter: error.words });
    await printRows(world, error.sessions, {});
    throw error;
  }
}

function isTerminal(world: World): boolean {
  return world.screen.terminal && looksLikeTerminal(0);
}

/** The exit status of the whole program; the only place where an error becomes words. */
async function main(argv: string[]): Promise<number> {
  mark('start');
  try {
    const { command, colour } = parseArgs(argv);
    return await runOrChoose(readWorld(process.env, colour), command);
  } catch (error) {
    return tellError(error);
  }
}

function tellError(error: unknown): number {
  if (error instanceof ClosedPipe) return 0;
  if (error instanceof Cancelled) return 130;
  try {
    if (error instanceof UserError) {
      printError(`wt: ${clean(error.message)}\n${error instanceof UsageError ? `usage: ${error.usage}\n` : ''}`);
      return error.status;
    }
    printError(`wt: unexpected: ${clean(String(error))}; WT_TRACE=1 shows where\n`);
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
