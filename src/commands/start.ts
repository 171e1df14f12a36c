import { resolve } from 'node:path';
import type { Agent } from '../agents/agent.ts';
import { type Environment, type ExecPlan, inTmux, type RunPlan, shellLine, tmuxSession } from '../core/plan.ts';
import { clean } from '../core/text.ts';
import { startArguments } from '../core/words.ts';
import { UserError } from '../errors.ts';
import { findProgram, isProgram, launch, needProgram } from '../machine/launch.ts';
import { type Popup, popupOf, tmuxFor } from '../machine/popup.ts';
import { tmuxSessions } from '../machine/tmux.ts';
import { printError, write } from '../screen/output.ts';
import { directoryName } from '../view/rows.ts';
import type { World } from '../world.ts';

/** How an agent's program is to be started. */
export interface Start {
  /** What it is told to do, by `agent.argv`. */
  args: string[];
  /** What the user adds behind `--`. */
  rest: string[];
  cwd: string;
  /** In a tmux window of its own, else in wt's own place. */
  tmux: boolean;
  /** What a window is called. */
  title: string;
  dryRun: boolean;
}

/**
 * The plan to start an agent's program in a directory: in wt's place, or in tmux. Arguments of every start
 * (`WT_CLAUDE_ARGS`, and so for each agent) come before those that were added now. Throws UserError where a program is missing.
 */
export function startPlan(world: World, agent: Agent, start: Start): ExecPlan {
  const { cwd, title } = start;
  const args = [...start.args, ...startArguments(agent.name, world.env), ...start.rest];
  const program = programOf(world, agent, start.dryRun);
  const moved = absolutePaths(world);
  const environment = { ...moved, ...agent.environment };
  const popup = popupOf(world.env);
  if (popup !== null || !start.tmux)
    return outOfPopup(world, popup, { do: 'exec', argv: [program, ...args], cwd, environment }, title || agent.name);
  const tmux = needProgram('tmux', world.env, 'install it, or leave out -t');
  const path = findProgram(program, world.env) ?? program;
  const isInside = Boolean(world.env.TMUX);
  const taken = isInside ? [] : tmuxSessions(tmux, world.env);
  const session = isInside ? null : tmuxSession(clean(directoryName(cwd)) || agent.name, taken);
  const plan = inTmux([path, ...args], cwd, { window: clean(title) || agent.name, session }, environment);
  return { ...plan, environment: moved };
}

/**
 * The plan to become an agent's program for what is no start, in a directory, or where wt is (null). `title` is what its
 * window is called where it needs one.
 */
export function commandPlan(
  world: World,
  agent: Agent,
  args: string[],
  where: { cwd: string | null; title: string; dryRun: boolean },
): ExecPlan {
  const argv: ExecPlan['argv'] = [programOf(world, agent, where.dryRun), ...args];
  const plan: ExecPlan = { do: 'exec', argv, cwd: where.cwd, environment: agent.environment };
  return outOfPopup(world, popupOf(world.env), plan, where.title);
}

/**
 * What would begin in a tmux popup begins in a window of the session that the popup stands before: it would end with the
 * popup, and nothing else could be done beside it.
 */
export function outOfPopup(world: World, popup: Popup | null, plan: ExecPlan, title: string): ExecPlan {
  if (popup === null) return { ...plan, environment: needed(world, plan.environment ?? {}) };
  const { argv, cwd, environment = {} } = plan;
  const [program, ...args] = argv;
  const path = findProgram(program, world.env) ?? program;
  const names = { window: clean(title) || 'wt', session: null, target: popup.session };
  const moved = inTmux([path, ...args], cwd, names, environment);
  return { ...moved, argv: [tmuxFor(popup, world.env), ...moved.argv.slice(1)] };
}

/** The plan to have an agent's program do something, and to go on then. Throws as startPlan does. */
export function runPlan(world: World, agent: Agent, args: string[], dryRun: boolean): RunPlan {
  return { do: 'run', argv: [programOf(world, agent, dryRun), ...args], environment: needed(world, agent.environment) };
}

/** An environment without what would take nothing away from wt's own. (That of a tmux server is another one.) */
function needed({ env }: World, environment: Environment): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => value !== null || env[name] !== undefined),
  );
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

/**
 * What an agent is started by: its name where that is on PATH, else the path where its installer may have put it, which
 * is said. Throws UserError where it is nowhere, but on a dry run: the line that it prints is right once it is installed.
 */
function programOf({ env }: World, { program, otherPlaces, ifMissing }: Agent, dryRun: boolean): string {
  if (findProgram(program, env) !== null) return program;
  const path = otherPlaces.find(isProgram);
  if (path === undefined) return dryRun ? program : needProgram(program, env, ifMissing);
  printError(`wt: ${program} is not on PATH, but here: ${clean(path)}\n`);
  return path;
}

/** Variables with a path that a started program, or tmux, looks up from its own directory. */
const paths = ['HOME', 'TMUX_TMPDIR'];

/** Those of them that are relative, as the absolute paths that they stand for where wt was started. */
function absolutePaths(world: World): Record<string, string> {
  const absolute: Record<string, string> = {};
  for (const name of paths) {
    const path = world.env[name];
    if (path && !path.startsWith('/')) absolute[name] = resolve(currentDirectory(world), path);
  }
  return absolute;
}

/** The directory that wt was started in. Throws UserError when it is gone. */
export function currentDirectory(world: World): string {
  try {
    return world.cwd();
  } catch {
    throw new UserError('the current directory is gone: cd to another one');
  }
}
