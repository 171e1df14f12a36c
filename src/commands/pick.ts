import { SeveralMatches } from '../core/ref.ts';
import type { Session } from '../core/session.ts';
import { UserError } from '../errors.ts';
import type { Verb } from '../picker/errand.ts';
import { canPick } from '../screen/read-world.ts';
import type { World } from '../world.ts';
import type { Call, Command } from './command.ts';
import { list } from './list.ts';
import { resume } from './resume.ts';

/** Goes to a session, whichever way is right. */
function go(world: World, session: Session): Promise<number> {
  return resume(world, { ref: [session.id], tmux: false, force: false, dryRun: false });
}

/** The picker for going somewhere. */
async function pickToGo(world: World): Promise<number> {
  const { pick } = await import('../picker/run.ts');
  return pick(world, { verb: null, filter: '', leaves: world.env.WT_PICK === '1', enter: go, run: runVerb });
}

/**
 * The picker for a command whose `words` fit several sessions: it is carried out on the one that is picked, with all its
 * flags; where its next words fit several, too, those are picked from.
 */
export async function pickFor(world: World, command: Command, call: Call, words: string): Promise<number> {
  const { pick } = await import('../picker/run.ts');
  const enter = async (now: World, session: Session) => {
    const picked = { ...call, words: wordsFor(command, call, words, session) };
    try {
      return await command.run(now, picked);
    } catch (error) {
      if (!(error instanceof SeveralMatches)) throw error;
      return pickFor(now, command, picked, error.words);
    }
  };
  const verb = command.name === 'pick' ? null : command.name;
  return pick(world, { verb, filter: words, leaves: false, enter, run: runVerb });
}

/** The words of a call with the picked session in place of those that fitted several. */
function wordsFor({ takes }: Command, { words }: Call, several: string, { id }: Session): string[] {
  if (takes === 'session') return [id];
  return words.map((word) => (word === several ? id : word));
}

/** A command that the picker has a key for, by its name in the table. */
async function runVerb(world: World, verb: Verb, words: string[]): Promise<number> {
  const name = verb === 'tmux' ? 'resume' : verb;
  // The table has this command in it, too.
  const { commands } = await import('./table.ts');
  const command = commands.find((one) => one.name === name);
  if (command === undefined) throw new UserError(missing(name));
  const flags = new Map(verb === 'tmux' ? [['-t', '']] : []);
  return command.run(world, { words, flags, rest: [] });
}

function missing(name: string): string {
  return name === 'find' ? 'searching in what was said comes with wt find' : `this wt has no \`wt ${name}\` yet`;
}

export const pickCommand: Command = {
  name: 'pick',
  summary: 'pick a session, or go to the one that is meant',
  usage: '[<session>]',
  flags: {},
  takes: 'session',
  async run(world, { words }) {
    if (words.length > 0) return resume(world, { ref: words, tmux: false, force: false, dryRun: false });
    if (!canPick(world)) return list(world, { all: false, rows: null });
    return pickToGo(world);
  },
};
