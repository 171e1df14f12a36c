import { SeveralMatches } from '../core/ref.ts';
import type { Session } from '../core/session.ts';
import { UserError } from '../errors.ts';
import type { Verb } from '../picker/errand.ts';
import { canPick } from '../screen/read-world.ts';
import type { World } from '../world.ts';
import { type Call, type Command, dryRun, inTmux as tmuxFlag } from './command.ts';
import { go } from './go.ts';
import { list } from './list.ts';

/** Goes to a session, whichever way is right. */
function goTo(world: World, session: Session): Promise<number> {
  return go(world, { ref: [session.key], tmux: false, force: false, dryRun: false, rest: [] });
}

/** The picker for going somewhere; `leaves` as it is opened after a greeting. */
async function pickToGo(world: World, commands: readonly Command[], leaves: boolean): Promise<number> {
  if (!canPick(world)) return list(world, { all: false, rows: null });
  const { pick } = await import('../picker/run.ts');
  return pick(world, {
    verb: null,
    filter: '',
    leaves,
    enter: goTo,
    run: runnerOf(commands),
  });
}

/**
 * The picker for a command whose `words` fit several sessions: it is carried out on the one that is picked, with all its
 * flags; where its next words fit several, too, those are picked from.
 */
export async function pickFor(
  world: World,
  command: Command,
  call: Call,
  words: string,
  commands: readonly Command[],
): Promise<number> {
  const { pick } = await import('../picker/run.ts');
  const enter = async (now: World, session: Session) => {
    const picked = { ...call, words: wordsFor(command, call, words, session) };
    try {
      return await command.run(now, picked);
    } catch (error) {
      if (!(error instanceof SeveralMatches)) throw error;
      return pickFor(now, command, picked, error.words, commands);
    }
  };
  const verb = command.name === 'pick' ? null : command.name;
  return pick(world, { verb, filter: words, leaves: false, enter, run: runnerOf(commands) });
}

/** The words of a call with the picked session in place of those that fitted several. */
function wordsFor({ takes }: Command, { words }: Call, several: string, { key }: Session): string[] {
  if (takes === 'session') return [key];
  return words.map((word) => (word === several ? key : word));
}

/** Runs a command that the picker has a key for, by its name. */
function runnerOf(commands: readonly Command[]) {
  return async (world: World, verb: Verb, words: string[], account: string | null = null): Promise<number> => {
    const name = verb === 'tmux' ? 'resume' : verb;
    const command = commands.find((one) => one.name === name);
    if (command === undefined) throw new UserError(`this wt has no \`wt ${name}\` yet`);
    const flags = new Map(verb === 'tmux' ? [['-t', '']] : account === null ? [] : [['--account', account]]);
    return command.run(world, { words, flags, rest: [] });
  };
}

/** `wt` alone, and `wt <session>`; `commands` gives those that the picker's keys mean. */
export const pickCommand = (commands: () => readonly Command[]): Command => ({
  name: 'pick',
  summary: 'pick a session, or go to the one that is meant',
  usage: '[<session>] [-t] [--force] [--dry-run] [-- ARGS]',
  flags: { '-t': tmuxFlag, '--force': { summary: 'also one of unknown liveness' }, '--dry-run': dryRun },
  takes: 'session',
  passesOn: true,
  async run(world, { words, flags, rest }) {
    if (words.length > 0) {
      const [tmux, force] = [flags.has('-t'), flags.has('--force')];
      return go(world, { ref: words, tmux, force, dryRun: flags.has('--dry-run'), rest });
    }
    return pickToGo(world, commands(), false);
  },
});

/** `wt --pick`: the picker that the hook opens after a greeting. What WT_PICK says is the hook's business. */
export const pickAfterGreetingCommand = (commands: () => readonly Command[]): Command => ({
  name: '--pick',
  summary: 'the picker after a greeting: no row is marked at first, and Enter leaves',
  usage: '',
  flags: {},
  takes: 'nothing',
  internal: true,
  run: (world) => pickToGo(world, commands(), true),
});
