import { canPick } from '../screen/read-world.ts';
import { type Command, dryRun, inTmux as tmuxFlag } from './command.ts';
import { go } from './go.ts';
import { list } from './list.ts';

export const pickCommand: Command = {
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
    if (!canPick(world)) return list(world, { all: false, rows: null });
    const { pick } = await import('../picker/run.ts');
    return pick(world);
  },
};
