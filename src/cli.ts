import { parseArgs } from './args.ts';
import type { Call, Command } from './commands/command.ts';
import { runOrPick } from './commands/pick.ts';
import { printRows } from './commands/print-rows.ts';
import { commands } from './commands/table.ts';
import { SeveralMatches } from './core/ref.ts';
import { clean } from './core/text.ts';
import { Cancelled, UsageError, UserError } from './errors.ts';
import { mark } from './machine/trace.ts';
import { ClosedPipe, printError } from './screen/output.ts';
import { readWorld } from './screen/read-world.ts';
import type { World } from './world.ts';

/** Runs a command; where its words fit several sessions and the user can't pick one, they are shown. */
async function runCommand(world: World, command: Command, call: Call): Promise<number> {
  try {
    return await runOrPick(world, command, call);
  } catch (error) {
    if (!(error instanceof SeveralMatches)) throw error;
    await printRows(world, error.sessions, {});
    throw error;
  }
}

/** The exit status of the whole program; the only place where an error becomes words. */
async function main(argv: string[]): Promise<number> {
  mark('start');
  try {
    const { command, call, colour } = parseArgs(argv, commands());
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
