import { shellLine } from '../core/plan.ts';
import { recommended } from '../core/ref.ts';
import type { Process, Session } from '../core/session.ts';
import { UserError } from '../errors.ts';
import { endProcesses, type Target } from '../machine/take-over.ts';
import { askForYes, canAsk } from '../screen/ask.ts';
import { printError, write } from '../screen/output.ts';
import type { World } from '../world.ts';
import { type Command, dryRun } from './command.ts';
import { liveIn, obstacleToTaking, placeInWords, whyUnknown } from './holders.ts';
import { execResume, planToResume } from './resume.ts';
import { agentOf, describe, processesOf, resolveSession } from './session.ts';

/** How long a process may take to end, in seconds. Claude Code 2.1.330 takes 0.05 to 0.2 (run). */
const patience = 10;

/** How a session is to be taken over. */
export interface Taking {
  /** Without a question. */
  yes: boolean;
  dryRun: boolean;
  /** More arguments for the agent. */
  rest?: string[];
}

/** `wt take`: ends the process that holds a session, politely, and goes on with it here. */
export async function take(world: World, command: Taking & { ref: string[] }): Promise<number> {
  return takeOver(world, await resolveSession(world, command.ref), command);
}

/**
 * Takes over a session that was found. Nothing is ended that is not proven, and nothing at all where going on is bound
 * to fail: without a transcript, a directory or the agent's program. Nothing is started while a process is left.
 */
export async function takeOver(world: World, session: Session, { yes, dryRun, rest = [] }: Taking): Promise<number> {
  const holders = processesOf(world, session);
  refuseTaking(world, session, holders);
  const then = await planToResume(world, session, { tmux: false, dryRun, rest });
  const targets = holders.map(targetOf);
  if (dryRun) {
    write(`${shellLine({ do: 'take', processes: targets, patience, then }, world.screen.utf8)}\n`);
    return 0;
  }
  if (!yes) {
    const question = inWords(world, session, holders);
    if (!canAsk()) throw new UserError(`${question}; nobody can be asked here: --yes takes it over`);
    askForYes(`wt: ${question}\nTake it over?`);
  }
  const now = processesOf(world, session);
  if (now.length > 0) refuseTaking(world, session, now);
  const newcomers = now.filter((process) => !targets.some((target) => isSame(target, process)));
  if (newcomers.length > 0) throw new UserError(`meanwhile ${liveIn(world, newcomers)}: nothing was ended; try again`);
  // Who has left the session meanwhile, by its end or for another one, is let be.
  await end(world, now);
  return execResume(world, session, then, dryRun, new Set());
}

function refuseTaking(world: World, session: Session, holders: Process[]): void {
  if (holders.length === 0) {
    if (session.state === 'unknown')
      throw new UserError(
        `can't take over ${describe(session)}: ${whyUnknown(world, session)}; nothing proves who holds it`,
      );
    throw new UserError(`no process holds ${describe(session)}: wt resume ${recommended(session)}`);
  }
  const obstacle = obstacleToTaking(world, session, holders);
  if (obstacle !== null) throw new UserError(`can't take over ${describe(session)}: ${obstacle}`);
}

/** What is ended, where it is, and what that costs. */
function inWords(world: World, session: Session, holders: Process[]): string {
  const agent = agentOf(world, session);
  const lost = holders.map(({ activity }) => agent.lostByEnding?.(activity) ?? null).filter((loss) => loss !== null);
  const cost = [...new Set(lost), 'what was typed there and not sent'].join('; ');
  const many = holders.length > 1 ? 'them' : 'it';
  return `${describe(session)}: ${liveIn(world, holders)}; ending ${many} loses ${cost}`;
}

function targetOf({ pid, startTime }: Process): Target {
  return { pid, startTime: startTime ?? '' };
}

function isSame(target: Target, process: Process): boolean {
  return target.pid === process.pid && target.startTime === process.startTime;
}

async function end(world: World, holders: Process[]): Promise<void> {
  if (holders.length === 0) return;
  const places = new Map(holders.map((process) => [process.pid, placeInWords(world, process)]));
  const named = (some: Target[]) => some.map(({ pid }) => `process ${pid} (${places.get(pid)})`).join(' and ');
  const targets = holders.map(targetOf);
  const left = await endProcesses(targets, patience * 1000);
  if (left.length > 0)
    throw new UserError(
      `${named(left)} did not end within ${patience} s, so nothing was started here; end it there, or try again`,
    );
  printError(`wt: ended ${named(targets)}\n`);
}

export const takeCommand: Command = {
  name: 'take',
  offers: ({ processes }) => processes.some(({ proof, attachWord }) => proof === 'alive' && attachWord === null),
  summary: 'end the process that holds it, and go on with it here',
  usage: '<session> [--yes] [--dry-run] [-- ARGS]',
  details: [
    'It says which process that is, on which terminal, and what will be lost, and asks. The process is sent SIGTERM and has 10 s to end; nothing is started while it runs. ARGS go to the agent.',
  ],
  flags: { '--yes': { summary: 'without a question' }, '--dry-run': dryRun },
  takes: 'session',
  passesOn: true,
  run: (world, { words, flags, rest }) =>
    take(world, { ref: words, yes: flags.has('--yes'), dryRun: flags.has('--dry-run'), rest }),
};
