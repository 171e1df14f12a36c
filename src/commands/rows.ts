import type { Counts } from '../core/order.ts';
import type { Session } from '../core/session.ts';
import { type Look, renderHeader, renderMore, renderRows } from '../core/view.ts';
import { withMeasuredTexts } from '../edge/measured-texts.ts';
import { say } from '../edge/output.ts';
import { paintOf } from '../edge/paint.ts';
import { rememberRows } from '../edge/printed-rows.ts';
import type { World } from '../world.ts';

/** The look of this screen, for rows that mark what was finished since `greetedAt`. */
export async function lookOf(world: World, greetedAt: number | null = null): Promise<Look> {
  const { columns, utf8 } = world.screen;
  return { now: world.now, columns, utf8, greetedAt, paint: await paintOf(world) };
}

/** Prints numbered rows and remembers which sessions their numbers stand for on this terminal. */
export async function printRows(
  world: World,
  rows: Session[],
  around: { counts?: Counts; more?: number; how?: string; greetedAt?: number | null },
): Promise<void> {
  const look = await lookOf(world, around.greetedAt ?? null);
  const lines = await withMeasuredTexts(world, () => {
    const lines = renderRows(rows, look);
    if (around.counts !== undefined) lines.unshift(renderHeader(around.counts, look));
    if ((around.more ?? 0) > 0) lines.push(renderMore(around.more!, around.how ?? '', look));
    return lines;
  });
  if (lines.length > 0) say(`${lines.join('\n')}\n`);
  const ids: string[] = [];
  for (const { id } of rows) ids.push(id);
  rememberRows(world, ids);
}
