import { withBox } from '../../src/box/scan.ts';
import { allSessions } from '../../src/box/sessions.ts';
import { count, inOrder } from '../../src/core/order.ts';
import { renderJson } from '../../src/view/json.ts';
import type { World } from '../../src/world.ts';

/** What `wt --json --all` prints in that world. */
export function jsonOf(world: World): Promise<string> {
  return withBox(
    world,
    (box) => {
      const sessions = inOrder(allSessions(box, 'full'), world.now);
      const { configDir } = box.sources[0]!.agent;
      const about = { now: world.now, configDir, counts: count(sessions), skipped: box.skipped.size };
      return [...renderJson(about, sessions)].join('');
    },
    'all',
  );
}
