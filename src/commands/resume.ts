import type { ExecPlan } from '../core/plan.ts';
import type { Session } from '../core/session.ts';
import { UserError } from '../errors.ts';
import { askForYes, canAsk } from '../screen/ask.ts';
import type { World } from '../world.ts';
import { type Command, dryRun, inTmux as tmuxFlag } from './command.ts';
import { directoryFor } from './directory.ts';
import { liveRefusal, refuseLive, whyUnknown } from './holders.ts';
import { agentOf, describe, markSeen, processesOf, resolveSession } from './session.ts';
import { execPlan, startPlan } from './start.ts';

/** How a session is to be gone on with. */
export interface Manner {
  tmux: boolean;
  /** Also where it can't be told whether it is live. */
  force: boolean;
  dryRun: boolean;
  /** More arguments for the agent. */
  rest?: string[];
}

/**
 * `wt resume`: the agent goes on with a session in its own directory, in wt's place. Refuses a live one, for Claude
 * itself does not.
 */
export async function resume(world: World, command: Manner & { ref: string[] }): Promise<number> {
  return resumeSession(world, await resolveSession(world, command.ref), command);
}

/** Resumes a session that was found; see resume. */
export async function resumeSession(world: World, session: Session, manner: Manner): Promise<number> {
  refuseLive(world, session, 'resume');
  refuseUnwritten(session);
  if (!manner.force && isDoubtful(world, session)) {
    const doubt = `it can't be told whether ${describe(session)} is live: ${whyUnknown(world, session)}`;
    if (manner.dryRun || !canAsk()) throw new UserError(`${doubt}; --force resumes it all the same`);
    askForYes(`wt: ${doubt}\nA session that runs twice is damaged. Resume it all the same?`);
  }
  const plan = await planToResume(world, session, manner);
  return execResume(world, session, plan, manner.dryRun, new Set(session.processes.map((process) => process.pid)));
}

/** Whether it can't be told if a session is live: when it was read, or by now. */
function isDoubtful(world: World, session: Session): boolean {
  return session.state === 'unknown' || processesOf(world, session).some(({ proof }) => proof === 'unknown');
}

/** The plan to go on with a session in its directory; asks where that is gone. */
export async function planToResume(
  world: World,
  session: Session,
  { tmux, dryRun, rest = [] }: Omit<Manner, 'force'>,
): Promise<ExecPlan> {
  const agent = agentOf(world, session);
  const cwd = await directoryFor(world, session, dryRun);
  const args = agent.argv.resume(session.talkId);
  return startPlan(world, agent, { args, rest, cwd, tmux, title: session.title.text, dryRun });
}

/** Carries that plan out, unless a process holds the session by now that is not among those `expected`. */
export function execResume(
  world: World,
  session: Session,
  plan: ExecPlan,
  dryRun: boolean,
  expected: ReadonlySet<number>,
): Promise<number> {
  return execPlan(world, plan, dryRun, () => {
    refuseLive(world, session, 'resume');
    const newcomers = processesOf(world, session).filter((process) => !expected.has(process.pid));
    if (newcomers.length > 0) throw liveRefusal(world, session, newcomers, 'resume');
    markSeen(world, session);
  });
}

/** Throws a UserError for a session of which there is nothing to go on with. */
export function refuseUnwritten(session: Session): void {
  if (session.transcript === null)
    throw new UserError(`nothing was said in ${describe(session)} yet, so there is nothing to go on with: wt new`);
}

export const resumeCommand: Command = {
  name: 'resume',
  offers: (session) => session.state !== 'live' && session.transcript !== null,
  summary: 'go on with it in its own directory',
  usage: '<session> [-t] [--force] [--dry-run] [-- ARGS]',
  details: ['ARGS go to the agent. A live session is refused: wt <session> goes to it, wt take ends it there first.'],
  flags: { '-t': tmuxFlag, '--force': { summary: 'also one of unknown liveness' }, '--dry-run': dryRun },
  takes: 'session',
  passesOn: true,
  run: (world, { words, flags, rest }) =>
    resume(world, {
      ref: words,
      tmux: flags.has('-t'),
      force: flags.has('--force'),
      dryRun: flags.has('--dry-run'),
      rest,
    }),
};
