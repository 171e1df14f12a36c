import { judge, pressingFiles, sightPressing, survey } from '../claude/sessions.ts';
import { count } from '../core/order.ts';
import { leaveBrief } from '../edge/greeting-files.ts';
import type { World } from '../world.ts';

/** How long whole transcripts may be read at a time, in ms; the next refresh goes on with the others. */
const patience = 2000;

/**
 * `wt refresh`: what the shell hook runs in the background. Leaves the brief for the next prompts, then reads whole what
 * a greeting reads in part, so that the next greeting has every fact exactly. Prints nothing.
 */
export async function refresh(world: World): Promise<number> {
  const seen = survey(world);
  leaveBrief(world, count(sightPressing(seen, 0)));
  const until = performance.now() + patience;
  for (const file of pressingFiles(seen)) {
    judge(seen, file, 'complete');
    if (performance.now() > until) break;
  }
  seen.index.save(seen.discovery);
  return 0;
}
