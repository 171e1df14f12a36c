import { saveBrief } from '../box/brief-file.ts';
import { urgentSessions, withBox } from '../box/scan.ts';
import { count, inOrder } from '../core/order.ts';
import { mark } from '../machine/trace.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';
import { printRows } from './print-rows.ts';

/** `wt --greet`: the login summary. Silent, on every stream, when nothing is live or waiting. */
export function greet(world: World): Promise<number> {
  return withBox(world, async (box) => {
    const urgent = inOrder(urgentSessions(box), world.now);
    const counts = count(urgent);
    mark('sessions read');
    const most = greetRows(world);
    const rows = urgent.slice(0, most);
    if (rows.length > 0) await printRows(world, rows, { counts, more: urgent.length - rows.length, how: 'wt' });
    mark('greeting printed');
    saveBrief(world, counts);
    return 0;
  });
}

/** How many sessions a greeting shows at most: `WT_GREET_ROWS`, or 8. */
export function greetRows(world: World): number {
  const rows = world.env.WT_GREET_ROWS ?? '';
  return /^\d{1,6}$/.test(rows) ? Number(rows) : 8;
}

export const greetCommand: Command = {
  name: '--greet',
  summary: 'the login summary; silent when nothing is live or waiting',
  usage: '',
  flags: {},
  takes: 'nothing',
  run: greet,
};
