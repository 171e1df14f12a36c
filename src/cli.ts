import { parseArgs, type Request } from './args.ts';
import type { Call, Command } from './commands/command.ts';
import { loginCommands } from './commands/login.ts';
import { printRows } from './commands/print-rows.ts';
import { SeveralMatches } from './core/ref.ts';
import { clean } from './core/text.ts';
import { Cancelled, UsageError, UserError } from './errors.ts';
import { mark } from './machine/trace.ts';
import { ClosedPipe, printError } from './screen/output.ts';
import { canPick, readWorld } from './screen/read-world.ts';
import type { World } from './world.ts';

/** Runs a command; where its words fit several sessions, the user picks, or sees them: a dry run does nothing. */
async function runCommand(world: World, command: Command, call: Call): Promise<number> {
  try {
    if (call.words[0]?.includes(':')) {
      const { runOnHost } = await import('./commands/remote.ts');
      const status = await runOnHost(world, command, call);
      if (status !== null) return status;
    }
    return await command.run(world, call);
  } catch (error) {
    if (!(error instanceof SeveralMatches)) throw error;
    if (canPick(world) && !world.dryRun) {
      const { pickFor } = await import('./commands/pick.ts');
      const { commands } = await import('./commands/table.ts');
      return pickFor(world, command, call, error.words, commands);
    }
    await printRows(world, error.sessions, {});
    throw error;
  }
}

/**
 * What was asked for. What no login, no prompt and no list needs is not loaded for one: that would be a fifth of a
 * greeting.
 */
async function readRequest(argv: string[]): Promise<Request> {
  try {
    if (loginCommands.some(({ name }) => name === argv[0])) return parseArgs(argv, loginCommands);
  } catch {
    // Of all commands: it may be the help, or makes no sense.
  }
  const { commands } = await import('./commands/table.ts');
  return parseArgs(argv, commands);
}

/** The exit status of the whole program; the only place where an error becomes words. */
async function main(argv: string[]): Promise<number> {
  mark('start');
  try {
    const { command, call, colour } = await readRequest(argv);
    const world = { ...readWorld(process.env, colour), dryRun: call.flags.has('--dry-run') };
    if (world.screen.terminal && !world.dryRun) await note(world);
    return await runCommand(world, command, call);
  } catch (error) {
    return tellError(error);
  }
}

/** Notes that the user is at this terminal; a hook does so for shells. */
async function note(world: World): Promise<void> {
  const { noteVisit } = await import('./box/visits.ts');
  noteVisit(world);
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
