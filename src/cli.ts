import { parseArgs } from './args.ts';
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
    return await command.run(world, call);
  } catch (error) {
    if (!(error instanceof SeveralMatches)) throw error;
    if (canPick(world) && !call.flags.has('--dry-run')) {
      const { pickFor } = await import('./commands/pick.ts');
      return pickFor(world, command, call, error.words);
    }
    await printRows(world, error.sessions, {});
    throw error;
  }
}

/** The exit status of the whole program; the only place where an error becomes words. */
async function main(argv: string[]): Promise<number> {
  mark('start');
  try {
    // What no login, no prompt and no list needs is not loaded for one: that would be a fifth of a greeting.
    const isOfLogin = loginCommands.some(({ name }) => name === argv[0]);
    const commands = isOfLogin ? loginCommands : (await import('./commands/table.ts')).commands;
    const { command, call, colour } = parseArgs(argv, commands);
    return await runCommand(readWorld(process.env, colour), command, call);
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
