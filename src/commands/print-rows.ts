import { rememberRows } from '../box/printed-rows.ts';
import type { Counts } from '../core/order.ts';
import type { Session } from '../core/session.ts';
import { paintOf } from '../screen/colour.ts';
import { write } from '../screen/output.ts';
import { type Look, renderHeader, renderMore, renderRows } from '../view/rows.ts';
import type { World } from '../world.ts';

/** The look of this screen. */
export async function lookOf(world: World): Promise<Look> {
  const { columns, utf8 } = world.screen;
  return { now: world.now, columns, utf8, paint: await paintOf(world) };
}

/** Prints numbered rows and remembers which sessions their numbers stand for on this terminal. */
export async function printRows(
  world: World,
  rows: Session[],
  around: { counts?: Counts; more?: number; how?: string },
): Promise<void> {
  const look = await lookOf(world);
  const lines = renderRows(rows, look);
  if (around.counts !== undefined) lines.unshift(renderHeader(around.counts, look));
  if ((around.more ?? 0) > 0) lines.push(renderMore(around.more!, around.how ?? '', look));
  if (lines.length > 0) write(`${lines.join('\n')}\n`);
  rememberRows(
    world,
    rows.map((session) => session.id),
  );
}
