import packageFile from '../package.json' with { type: 'json' };
import { type Command, help, parseArgs } from './args.ts';
import { ClosedPipe, complain, say } from './edge/output.ts';
import { Cancelled, UsageError, UserError } from './errors.ts';
import { mark } from './trace.ts';
import { looksLikeTerminal, readWorld, type World } from './world.ts';

/** Carries out a command and gives its exit status. Each is loaded only when it is asked for. */
async function run(world: World, command: Command): Promise<number> {
  switch (command.name) {
    case 'greet':
      return (await import('./commands/greet.ts')).greet(world);
    case 'brief':
      return (await import('./commands/brief.ts')).brief(world, command);
    case 'list':
      return (await import('./commands/list.ts')).list(world, command);
    case 'json':
      return (await import('./commands/json.ts')).json(world, command);
    case 'pick':
      if (!(world.screen.terminal && looksLikeTerminal(0))) {
        return (await import('./commands/list.ts')).list(world, { all: false, rows: null });
      }
      throw new UserError('the picker is not built yet');
    case 'help':
      say(help);
      return 0;
    case 'version':
      say(`wt ${packageFile.version}\n`);
      return 0;
    default:
      throw new UserError(`${command.name} is not built yet`);
  }
}

async function main(argv: string[]): Promise<number> {
  mark('start');
  try {
    const { command, colour } = parseArgs(argv);
    return await run(readWorld(process.env, colour), command);
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
      complain(`wt: ${error.message}\n${error instanceof UsageError ? `usage: ${error.usage}\n` : ''}`);
      return error.status;
    }
    complain(`wt: unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  } catch {
    // Nobody reads standard error either.
  }
  return 1;
}

main(process.argv.slice(2)).then((status) => {
  mark('end');
  process.exit(status);
});
