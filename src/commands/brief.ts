import { saveBrief } from '../box/brief-file.ts';
import { urgentSessions, withBox } from '../box/scan.ts';
import { count } from '../core/order.ts';
import { write } from '../screen/output.ts';
import { renderBrief } from '../view/rows.ts';
import type { World } from '../world.ts';

/** `wt --brief`: one short line for a prompt; nothing at all when there is nothing to say. */
export function brief(world: World, command: { format: 'plain' | 'tmux' }): Promise<number> {
  return withBox(world, (box) => {
    const counts = count(urgentSessions(box));
    const line = renderBrief(counts, world.screen.utf8, command.format);
    if (line !== '') write(`${line}\n`);
    saveBrief(world, counts);
    return 0;
  });
}
