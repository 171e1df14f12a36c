import { others } from '#others';
import { hurry } from '#system';
import { type Command, help, parseArgs } from './args.ts';
import { brief } from './commands/brief.ts';
import { complete } from './commands/complete.ts';
import { greet } from './commands/greet.ts';
import { list } from './commands/list.ts';
import { say } from './edge/output.ts';
import { readWorld } from './edge/read-world.ts';
import { statusOf } from './status.ts';
import { mark } from './system/trace.ts';
import { version } from './version.ts';
import type { World } from './world.ts';

/** Carries out a command and gives its exit status. What no login needs is loaded only when it is asked for. */
async function run(world: World, command: Command): Promise<number> {
  switch (command.name) {
    case 'greet':
      hurry();
      return greet(world);
    case 'brief':
      hurry();
      return brief(world, command);
    case 'list':
      hurry();
      return list(world, command);
    case 'complete':
      hurry();
      return complete(world, command, async () => (await others()).archivedSessions(world));
    case 'help':
      say(help);
      return 0;
    case 'version':
      say(`wt ${version}\n`);
      return 0;
    default:
      return (await others()).carryOut(world, command);
  }
}

async function main(argv: string[]): Promise<number> {
  mark('start');
  return statusOf(async () => {
    const { command, colour } = parseArgs(argv);
    return run(readWorld(process.env, colour), command);
  });
}

main(process.argv.slice(2)).then((status) => {
  mark('end');
  process.exit(status);
});
