import { type Sighting, type Survey, sightPressing, survey, wholes } from '../claude/sessions.ts';
import { type Counts, count, inOrder } from '../core/order.ts';
import { lastGreetedAt, leaveBrief, noteGreeting } from '../edge/greeting-files.ts';
import { mark } from '../system/trace.ts';
import type { World } from '../world.ts';
import { printRows } from './rows.ts';

/** `wt --greet`: the login summary. Silent, on every stream, when nothing is live or waiting. */
export async function greet(world: World): Promise<number> {
  const seen = survey(world);
  const pressing = inOrder(sightPressing(seen, greetRows(world)), world.now);
  const counts = count(pressing);
  mark('sessions judged');
  if (pressing.length > 0) await printGreeting(world, seen, pressing, counts);
  mark('greeting printed');
  leaveBrief(world, counts);
  seen.index.save(seen.discovery);
  mark('own files written');
  return 0;
}

async function printGreeting(world: World, seen: Survey, pressing: Sighting[], counts: Counts): Promise<void> {
  const first = pressing.slice(0, greetRows(world));
  await printRows(world, wholes(seen, first), {
    counts,
    more: pressing.length - first.length,
    how: 'wt',
    greetedAt: lastGreetedAt(world),
  });
  noteGreeting(world);
}

/** How many sessions a greeting shows at most: `WT_GREET_ROWS`, or 8. */
export function greetRows(world: World): number {
  const rows = world.env.WT_GREET_ROWS ?? '';
  return /^\d{1,6}$/.test(rows) ? Number(rows) : 8;
}
