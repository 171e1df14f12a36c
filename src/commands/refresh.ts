import { saveBrief } from '../box/brief-file.ts';
import { withBox } from '../box/scan.ts';
import { sessionsOf, urgentFiles, urgentSessions } from '../box/sessions.ts';
import { noteVisit } from '../box/visits.ts';
import { count } from '../core/order.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';

/** How long whole transcripts may be read at a time, in milliseconds; the next refresh goes on with the others. */
const patience = 2000;

/**
 * `wt refresh`: what the shell hook runs in the background. Notes that the user is here, leaves the brief for the next prompts, then reads whole what
 * a greeting reads in part, so that the next greeting has every fact exactly. Prints nothing.
 */
export function refresh(world: World): Promise<number> {
  noteVisit(world);
  return withBox(world, (box) => {
    saveBrief(world, count(urgentSessions(box)));
    const until = performance.now() + patience;
    for (const source of box.sources) {
      for (const _ of sessionsOf(box, source, urgentFiles(box, source), 'full')) {
        if (performance.now() > until) return 0;
      }
    }
    return 0;
  });
}

export const refreshCommand: Command = {
  name: 'refresh',
  summary: 'what the shell hook runs in the background',
  usage: '',
  flags: {},
  takes: 'nothing',
  internal: true,
  run: refresh,
};
