import { judge, pressingFiles, type Survey, survey, unwritten } from '../claude/sessions.ts';
import { type Counts, count, inOrder, isPressing, isShownToPeople } from '../core/order.ts';
import type { Session } from '../core/session.ts';
import { lastGreetedAt, leaveBrief, noteGreeting } from '../edge/greeting-files.ts';
import { mark } from '../trace.ts';
import type { World } from '../world.ts';
import { printRows } from './rows.ts';

/** `wt --greet`: the login summary. Silent, on every stream, when nothing is live or waiting. */
export async function greet(world: World): Promise<number> {
  const seen = await survey(world);
  const pressing = inOrder(pressingSessions(seen), world.now);
  const counts = count(pressing);
  mark(`${pressing.length} sessions judged`);
  if (pressing.length > 0) await printGreeting(world, pressing, counts);
  mark('greeting printed');
  leaveBrief(world, counts);
  seen.index.save(seen.discovery.files);
  mark('own files written');
  return 0;
}

async function printGreeting(world: World, pressing: Session[], counts: Counts): Promise<void> {
  const most = greetRows(world);
  const shown = pressing.slice(0, most);
  await printRows(world, shown, {
    counts,
    more: pressing.length - shown.length,
    how: 'wt',
    greetedAt: lastGreetedAt(world),
  });
  noteGreeting(world);
}

/** The sessions that a greeting speaks of, in no order. */
export function pressingSessions(seen: Survey): Session[] {
  const judged = pressingFiles(seen).map((file) => judge(seen, file, 'bounded'));
  return [...unwritten(seen), ...judged.filter((session) => session !== null)].filter(
    (session) => isShownToPeople(session) && isPressing(session, seen.circumstances.now),
  );
}

function greetRows(world: World): number {
  const rows = world.env.WT_GREET_ROWS ?? '';
  return /^\d{1,6}$/.test(rows) ? Number(rows) : 8;
}
