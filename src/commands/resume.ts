import type { Agent } from '../agents/agent.ts';
import { type ExecPlan, inTmux, shellLine } from '../core/plan.ts';
import type { Session } from '../core/session.ts';
import { clean } from '../core/text.ts';
import { UserError } from '../errors.ts';
import { launch, needProgram } from '../machine/launch.ts';
import { askForYes, canAsk } from '../screen/ask.ts';
import { write } from '../screen/output.ts';
import type { World } from '../world.ts';
import { type Command, dryRun, inTmux as tmuxFlag } from './command.ts';
import { directoryFor } from './directory.ts';
import { agentOf, describe, liveRefusal, processesOf, refuseLive, resolveSession, whyUnknown } from './session.ts';

/**
 * `wt resume`: Claude goes on with a session in its own directory, in wt's place. Refuses a live one, for Claude
 * itself does not; goes to a background session instead of resuming it.
 */
export async function resume(
  world: World,
  command: { ref: string[]; tmux: boolean; force: boolean; dryRun: boolean },
): Promise<number> {
  const session = await resolveSession(world, command.ref);
  const agent = agentOf(world, session);
  const word = attachWordOf(world, session);
  if (word === null) {
    refuseLive(world, session, 'resume');
    refuseUnwritten(session);
    if (session.state === 'unknown' && !command.force) insist(session, command.dryRun);
  }
  const args = (word === null ? null : agent.argv.attach(word)) ?? agent.argv.resume(session.id);
  const cwd = word === null ? await directoryFor(world, session, command.dryRun) : null;
  const plan = command.tmux ? tmuxPlan(world, agent, args, cwd, session.title.text) : planFor(agent, args, cwd);
  const known = new Set(session.processes.map((process) => process.pid));
  return execPlan(world, plan, command.dryRun, () => {
    if (word !== null) return;
    refuseLive(world, session, 'resume');
    const newcomer = processesOf(world, session).find((process) => !known.has(process.pid));
    if (newcomer !== undefined) throw liveRefusal(world, session, newcomer, 'resume');
  });
}

/** Prints a plan or carries it out; see launch. */
export async function execPlan(
  world: World,
  plan: ExecPlan,
  dryRun: boolean,
  isStillRight: () => void = () => {},
): Promise<number> {
  if (!dryRun) return launch(world, plan, isStillRight);
  write(`${shellLine(plan, world.screen.utf8)}\n`);
  return 0;
}

/** The plan to become an agent's program with these arguments, in a directory (null: where wt is). */
export function planFor(agent: Agent, args: string[], cwd: string | null): ExecPlan {
  return { do: 'exec', argv: [agent.program, ...args], cwd, environment: agent.environment };
}

/** The plan to run an agent's program in tmux; throws UserError where tmux or the program is missing. */
export function tmuxPlan(world: World, agent: Agent, args: string[], cwd: string | null, title: string): ExecPlan {
  needProgram('tmux', world.env);
  const program = needProgram(agent.program, world.env);
  return inTmux([program, ...args], cwd, clean(title), agent.environment, Boolean(world.env.TMUX));
}

/** The word to attach to a session by, when only background processes hold it; else null. */
export function attachWordOf(world: World, session: Session): string | null {
  const alive = processesOf(world, session).filter((process) => process.proof === 'alive');
  return alive.every((process) => process.attachWord !== null) ? (alive[0]?.attachWord ?? null) : null;
}

/** Throws a UserError for a session of which there is nothing to go on with. */
export function refuseUnwritten(session: Session): void {
  if (session.transcript === null)
    throw new UserError(`nothing was said in ${describe(session)} yet, so there is nothing to go on with: wt new`);
}

function insist(session: Session, dryRun: boolean): void {
  const doubt = `it can't be told whether ${describe(session)} is live: ${whyUnknown(session)}`;
  if (dryRun || !canAsk()) throw new UserError(`${doubt}; --force resumes it all the same`);
  askForYes(`wt: ${doubt}\nA session that runs twice is damaged. Resume it all the same?`);
}

export const resumeCommand: Command = {
  name: 'resume',
  offers: (session) => session.state !== 'live' && session.transcript !== null,
  summary: 'go on with it in its own directory',
  usage: '<session> [-t] [--force] [--dry-run]',
  flags: { '-t': tmuxFlag, '--force': { summary: 'also one of unknown liveness' }, '--dry-run': dryRun },
  takes: 'session',
  run: (world, { words, flags }) =>
    resume(world, {
      ref: words,
      tmux: flags.has('-t'),
      force: flags.has('--force'),
      dryRun: flags.has('--dry-run'),
    }),
};
