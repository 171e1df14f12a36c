import { rememberRows } from '../box/printed-rows.ts';
import type { Session } from '../core/session.ts';
import { lookOf } from '../screen/look.ts';
import { write } from '../screen/output.ts';
import { renderHeader, type Since, type Tally } from '../view/header.ts';
import { type Look, paintWithin, same, signs } from '../view/look.ts';
import { renderMore, renderRows } from '../view/rows.ts';
import type { World } from '../world.ts';

/** What stands around rows: the header, how many more there are and how to see them, last lines. */
export interface Around {
  counts?: Tally;
  since?: Since | null;
  more?: number;
  how?: string;
  last?: string[];
  /** What stands below each row, and what is remembered of it. */
  below?: (index: number, column: number, look: Look) => string[];
  names?: string[];
  places?: (number | null)[];
}

/** Prints numbered rows and remembers which sessions their numbers stand for on this terminal. */
export async function printRows(world: World, rows: Session[], around: Around): Promise<void> {
  const lines = renderNumbered(rows, around, await lookOf(world));
  if (lines.length > 0) write(`${lines.join('\n')}\n`);
  if (rows.length > 0) rememberRows(world, around.names ?? rows.map((session) => session.key), around.places);
}

/** Numbered rows and what stands around them, as lines. */
export function renderNumbered(rows: Session[], around: Around, look: Look): string[] {
  const { counts, since = null, more = 0, how = '', last = [] } = around;
  const { below } = around;
  const lines = renderRows(rows, look, 1, below && ((index, column) => below(index, column, look)));
  if (counts !== undefined) lines.unshift(renderHeader(counts, look, since));
  if (more > 0) lines.push(renderMore(more, how, look));
  for (const line of last)
    lines.push(paintWithin(['  ', line], [same, look.paint.yellow], look.columns, signs(look.utf8).ellipsis));
  return lines;
}
