import { saveBrief } from '../box/brief-file.ts';
import { withBox } from '../box/scan.ts';
import { urgentSessions } from '../box/sessions.ts';
import { count } from '../core/order.ts';
import { UsageError } from '../errors.ts';
import { write } from '../screen/output.ts';
import { renderBrief } from '../view/rows.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';

/** `wt --brief`: one short line for a prompt; nothing at all when there is nothing to say. */
export function brief(world: World, command: { format: 'plain' | 'tmux' }): Promise<number> {
  return withBox({ ...world, isHurried: true }, (box) => {
    const counts = count(urgentSessions(box));
    const line = renderBrief(counts, world.screen.utf8, command.format);
    if (line !== '') write(`${line}\n`);
    saveBrief(world, counts);
    return 0;
  });
}

export const briefCommand: Command = {
  name: '--brief',
  summary: 'one short line for a prompt',
  usage: '[--format=tmux]',
  flags: { '--format': { value: 'plain|tmux', summary: "tmux: in tmux's colours" } },
  takes: 'nothing',
  run(world, { flags }) {
    const format = flags.get('--format') ?? 'plain';
    if (format !== 'plain' && format !== 'tmux')
      throw new UsageError('--format takes plain or tmux', 'wt --brief [--format=tmux]');
    return brief(world, { format });
  },
};
