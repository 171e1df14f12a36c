import { withBox } from '../box/scan.ts';
import { allSessions } from '../box/sessions.ts';
import { count, inOrder, isListed } from '../core/order.ts';
import { mark } from '../machine/trace.ts';
import { write } from '../screen/output.ts';
import { renderJson } from '../view/json.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';
import { rowsFlag, rowsOf } from './list.ts';

/** A portion is handed on when it has about so many UTF-16 units. */
const portionLength = 1 << 16;

/** `wt --json`: everything, for scripts, exactly. */
export function json(world: World, command: { all: boolean; rows: number | null }): Promise<number> {
  return withBox(
    world,
    (box) => {
      const sessions = inOrder(allSessions(box, 'full'), world.now);
      mark('sessions read');
      const listed = (command.all ? sessions : sessions.filter(isListed)).slice(0, command.rows ?? undefined);
      const about = {
        now: world.now,
        configDir: box.sources[0]?.agent.configDir ?? '',
        counts: count(sessions),
        skipped: box.skipped.size,
      };
      let portion = '';
      for (const piece of renderJson(about, listed)) {
        portion += piece;
        if (portion.length < portionLength) continue;
        write(portion);
        portion = '';
      }
      write(portion);
      mark('rows printed');
      return 0;
    },
    'all',
  );
}

export const jsonCommand: Command = {
  name: '--json',
  summary: 'everything, for scripts',
  usage: '[-n N] [--all]',
  flags: { '-n': rowsFlag, '--all': { summary: 'headless sessions too' } },
  takes: 'nothing',
  run: (world, { flags }) => json(world, { all: flags.has('--all'), rows: rowsOf(flags.get('-n')) }),
};
