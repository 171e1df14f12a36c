import { canPick } from '../screen/read-world.ts';
import type { Command } from './command.ts';
import { list } from './list.ts';
import { resume } from './resume.ts';

export const pickCommand: Command = {
  name: 'pick',
  summary: 'pick a session, or go to the one that is meant',
  usage: '[<session>]',
  flags: {},
  takes: 'session',
  async run(world, { words }) {
    if (words.length > 0) return resume(world, { ref: words, tmux: false, force: false, dryRun: false });
    if (!canPick(world)) return list(world, { all: false, rows: null });
    const { pick } = await import('../picker/run.ts');
    return pick(world);
  },
};
