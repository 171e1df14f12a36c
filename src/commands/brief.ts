import { sightPressing, survey } from '../claude/sessions.ts';
import { count } from '../core/order.ts';
import { renderBrief } from '../core/view.ts';
import { leaveBrief } from '../edge/greeting-files.ts';
import { say } from '../edge/output.ts';
import type { World } from '../world.ts';

/** `wt --brief`: one short line for a prompt; nothing at all when there is nothing to say. */
export async function brief(world: World, command: { format: 'plain' | 'tmux' }): Promise<number> {
  const seen = survey(world);
  const counts = count(sightPressing(seen, 0));
  const line = renderBrief(counts, world.screen.utf8, command.format);
  if (line !== '') say(`${line}\n`);
  leaveBrief(world, counts);
  seen.index.save(seen.discovery);
  return 0;
}
