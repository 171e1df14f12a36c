import { Cancelled, UserError } from '../errors.ts';
import { ask, canAsk } from '../screen/ask.ts';
import type { World } from '../world.ts';
import { planToGo } from './attach.ts';
import { fork } from './fork.ts';
import { aliveOf, inWords, liveIn, waysOut, wordOf } from './holders.ts';
import { type Manner, resumeSession } from './resume.ts';
import { describe, markSeen, resolveSession } from './session.ts';
import { execPlan } from './start.ts';
import { takeOver } from './take.ts';

/**
 * `wt <session>`: goes there, whichever way is right. Closed: resume. In a tmux pane, or in the background: to it. On
 * another terminal: says where, and offers to take it over or to work on a copy.
 */
export async function go(world: World, command: Manner & { ref: string[] }): Promise<number> {
  const { tmux, dryRun, rest = [] } = command;
  const session = await resolveSession(world, command.ref);
  const holders = aliveOf(world, session);
  if (holders.length === 0) return resumeSession(world, session, command);
  const plan = planToGo(world, session, holders, dryRun);
  if (plan !== null) {
    if (rest.length > 0)
      throw new UserError(`${describe(session)}: ${liveIn(world, holders)}, so it takes no arguments any more`);
    return execPlan(world, plan, dryRun, () => markSeen(world, session));
  }
  const ways = waysOut(world, session, holders);
  const sentence = `${describe(session)}: ${liveIn(world, holders)}`;
  const words = ways.map(wordOf);
  const [canTake, canFork] = [words.includes('take'), words.includes('fork')];
  if (dryRun || !canAsk() || !(canTake || canFork))
    throw new UserError(`${sentence}; ${inWords(ways, session) || 'go on there'}`);
  const offers = `${canTake ? '[t]ake over  ' : ''}${canFork ? '[f]ork  ' : ''}[Enter] leave: `;
  const answer = ask(`wt: ${[sentence, ...ways.filter((way) => wordOf(way) === null)].join('; ')}\n${offers}`);
  if (canTake && /^t/i.test(answer)) return takeOver(world, session, { yes: false, dryRun, rest });
  if (canFork && /^f/i.test(answer)) return fork(world, { ref: [session.key], tmux, dryRun, rest });
  throw new Cancelled();
}
