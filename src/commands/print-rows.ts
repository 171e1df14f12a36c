import { rememberRows } from '../box/printed-rows.ts';
import type { Session } from '../core/session.ts';
import { lookOf } from '../screen/look.ts';
import { write } from '../screen/output.ts';
import { renderHeader, type Since, type Tally } from '../view/header.ts';
import { paintWithin, same, signs } from '../view/look.ts';
import { renderMore, renderRows } from '../view/rows.ts';
import type { World } from '../world.ts';

/** What stands around rows: the header, how many more there are and how to see them, a last line. */
export interface Around {
  counts?: Tally;
  since?: Since | null;
  more?: number;
  how?: string;
  last?: string;
}

/** Prints numbered rows and remembers which sessions their numbers stand for on this terminal. */
export async function printRows(world: World, rows: Session[], around: Around): Promise<void> {
  const look = await lookOf(world);
  const { counts, since = null, more = 0, how = '', last = '' } = around;
  const lines = renderRows(rows, look);
  if (counts !== undefined) lines.unshift(renderHeader(counts, look, since));
  if (more > 0) lines.push(renderMore(more, how, look));
  if (last !== '')
    lines.push(paintWithin(['  ', last], [same, look.paint.yellow], look.columns, signs(look.utf8).ellipsis));
  if (lines.length > 0) write(`${lines.join('\n')}\n`);
  rememberRows(
    world,
    rows.map((session) => session.id),
  );
}
