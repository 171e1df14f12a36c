import { resolve } from 'node:path';
import type { Agent } from '../agents/agent.ts';
import { agentNamed, agentNames, agentsOf } from '../agents/table.ts';
import { withBox } from '../box/scan.ts';
import { allSessions } from '../box/sessions.ts';
import { directoriesNamed } from '../core/directories.ts';
import { inOrder } from '../core/order.ts';
import { clean } from '../core/text.ts';
import { UsageError, UserError } from '../errors.ts';
import { directoryName } from '../view/rows.ts';
import type { World } from '../world.ts';
import { type Command, dryRun, inTmux as tmuxFlag } from './command.ts';
import { faultOf } from './directory.ts';
import { currentDirectory, execPlan, startPlan } from './start.ts';

/**
 * `wt new`: a new session in a directory, by default the current one; a name that is no directory here means one in which
 * there are sessions. `agent` is its name, or the usual one; `account` the word for one
 * of its folders; `rest` goes to it.
 */
export async function newSession(
  world: World,
  command: { dir: string | null; tmux: boolean; dryRun: boolean; rest?: string[] } & Which,
): Promise<number> {
  const agent = agentFor(world, command);
  const directory = await directoryFor(world, command.dir);
  const plan = startPlan(world, agent, {
    args: agent.argv.start(),
    rest: command.rest ?? [],
    cwd: directory,
    tmux: command.tmux,
    title: directoryName(directory),
    dryRun: command.dryRun,
  });
  return execPlan(world, plan, command.dryRun);
}

interface Which {
  agent?: string | undefined;
  account?: string | undefined;
}

function agentFor(world: World, { agent, account }: Which): Agent {
  if (account === undefined) return knownAgent(world, agent ?? agentsOf(world)[0]!.name);
  const accounts = agentsOf(world).filter((one) => one.account !== undefined);
  const meant = accounts.find((one) => one.account === account && (agent ?? one.name) === one.name);
  if (meant !== undefined) return meant;
  const there = accounts.map((one) => one.account!);
  throw new UsageError(
    `there is no account ${clean(account)}: ${there.length > 0 ? there.map(clean).join(', ') : 'WT_CONFIG_DIRS=a:b lists several'}`,
    `wt new ${newCommand.usage}`,
  );
}

function knownAgent(world: World, name: string): Agent {
  const agent = agentNamed(name, world);
  if (agent !== null) return agent;
  throw new UsageError(`there is no agent ${clean(name)}: ${agentNames.join(', ')}`, `wt new ${newCommand.usage}`);
}

async function directoryFor(world: World, dir: string | null): Promise<string> {
  const here = resolve(currentDirectory(world), dir ?? '.');
  const fault = faultOf(here);
  if (fault === null) return here;
  if (fault !== 'is gone' || dir === null)
    throw new UserError(`${clean(here)} ${fault}: name a directory that is there`);
  const [directory, ...others] = await withBox(world, (box) =>
    directoriesNamed(dir, inOrder(allSessions(box, 'tail'), world.now)).filter((path) => faultOf(path) === null),
  );
  if (directory === undefined)
    throw new UserError(`there is no directory ${clean(here)}, and no session is in one of that name: wt --list`);
  if (others.length > 0)
    throw new UserError(`${clean(dir)} may be ${[directory, ...others].map(clean).join(' or ')}: name one by its path`);
  return directory;
}

export const newCommand: Command = {
  name: 'new',
  summary: 'start a new session there',
  usage: '[DIR|PROJECT] [--agent NAME] [--account NAME] [-t] [--dry-run] [-- ARGS]',
  details: [
    'A name that is no directory here is looked up among the directories in which there are sessions: wt new homelab.',
  ],
  flags: {
    '--agent': { value: agentNames.join('|'), summary: 'of which agent; else the first one' },
    '--account': { value: 'NAME', summary: 'of which folder of WT_CONFIG_DIRS; else CLAUDE_CONFIG_DIR or the first' },
    '-t': tmuxFlag,
    '--dry-run': dryRun,
  },
  takes: 'directory',
  passesOn: true,
  run: (world, { words, flags, rest }) =>
    newSession(world, {
      dir: words[0] ?? null,
      tmux: flags.has('-t'),
      dryRun: flags.has('--dry-run'),
      rest,
      agent: flags.get('--agent'),
      account: flags.get('--account'),
    }),
};
