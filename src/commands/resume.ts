import { claudeArgs, type ExecPlan, inTmux, runClaude, shellLine } from '../core/plan.ts';
import type { Session } from '../core/session.ts';
import { clean } from '../core/text.ts';
import { askForYes, canAsk } from '../edge/ask.ts';
import { launch, needProgram } from '../edge/launch.ts';
import { say } from '../edge/output.ts';
import { UserError } from '../errors.ts';
import type { World } from '../world.ts';
import { directoryFor } from './directory.ts';
import { called, findSession, holders, liveRefusal, refuseLive, whyUnknown } from './session.ts';

/**
 * `wt resume`: Claude goes on with a session in its own directory, in wt's place. Refuses a live one, for Claude
 * itself does not; goes to a background session instead of resuming it.
 */
export async function resume(
  world: World,
  command: { ref: string[]; tmux: boolean; force: boolean; dryRun: boolean },
): Promise<number> {
  const session = await findSession(world, command.ref);
  const background = backgroundOf(world, session);
  if (!background) {
    refuseLive(world, session, 'resume');
    refuseUnwritten(session);
    if (session.state === 'unknown' && !command.force) insist(session, command.dryRun);
  }
  const args = claudeArgs(background ? 'attach' : 'resume', session.id);
  const cwd = background ? null : await directoryFor(world, session, command.dryRun);
  const plan = command.tmux ? tmuxPlan(world, args, cwd, session.title.text) : runClaude(args, cwd);
  const known = new Set(session.processes.map((process) => process.pid));
  return carryOut(world, plan, command.dryRun, () => {
    if (background) return;
    refuseLive(world, session, 'resume');
    const newcomer = holders(world, session.id).find((process) => !known.has(process.pid));
    if (newcomer !== undefined) throw liveRefusal(world, session, newcomer, 'resume');
  });
}

/** Prints a plan or carries it out; see launch. */
export async function carryOut(
  world: World,
  plan: ExecPlan,
  dryRun: boolean,
  isStillRight: () => void = () => {},
): Promise<number> {
  if (!dryRun) return launch(world, plan, isStillRight);
  say(`${shellLine(plan, world.screen.utf8)}\n`);
  return 0;
}

/** The plan to run Claude in tmux; throws UserError where tmux or Claude is missing. */
export function tmuxPlan(world: World, args: string[], cwd: string | null, title: string): ExecPlan {
  needProgram('tmux', world.env);
  return inTmux(args, cwd, clean(title), {
    inside: Boolean(world.env.TMUX),
    claude: needProgram('claude', world.env),
    configDir: world.env.CLAUDE_CONFIG_DIR,
  });
}

/** True when only a background process holds the session: it is attached to, not resumed. */
export function backgroundOf(world: World, session: Session): boolean {
  const alive = holders(world, session.id).filter((process) => process.proof === 'alive');
  return alive.length > 0 && alive.every((process) => process.kind === 'bg');
}

/** Throws a UserError for a session of which there is nothing to go on with. */
export function refuseUnwritten(session: Session): void {
  if (session.transcript === null)
    throw new UserError(`nothing was said in ${called(session)} yet, so there is nothing to go on with: wt new`);
}

function insist(session: Session, dryRun: boolean): void {
  const doubt = `it can't be told whether ${called(session)} is live: ${whyUnknown(session)}`;
  if (dryRun || !canAsk()) throw new UserError(`${doubt}; --force resumes it all the same`);
  askForYes(`wt: ${doubt}\nA session that runs twice is damaged. Resume it all the same?`);
}
