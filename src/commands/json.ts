import { collect } from '#system';
import { Index } from '../claude/index.ts';
import { keepRow, keptRow, type Sighting, type Survey, sightAll, survey } from '../claude/sessions.ts';
import { renderJson, renderRow, withState } from '../core/json.ts';
import { count, isShownToPeople } from '../core/order.ts';
import { say } from '../edge/output.ts';
import { mark } from '../system/trace.ts';
import type { World } from '../world.ts';

/** `wt --json`: everything, for scripts, exactly. */
export async function json(world: World, command: { all: boolean }): Promise<number> {
  for (const portion of answer(world, command.all)) say(portion);
  mark('rows printed');
  return 0;
}

/** To judge more sessions than these leaves garbage that will be collected anyway; before the printing that takes no time. */
const manySessions = 5000;

/** What it prints, in portions, each to be used before the next; behind the last one, what was found out is saved. */
export function answer(world: World, all: boolean): Generator<Buffer> {
  const seen = survey(world, new Index(world, 'all'));
  const sightings = sightAll(seen, 'complete', renderRow);
  mark('sessions judged');
  if (sightings.length > manySessions) collect();
  const about = { now: world.now, conf: world.conf, counts: count(sightings), skipped: seen.skipped.size };
  const listed = all ? sightings : sightings.filter(isShownToPeople);
  return renderJson(about, rowsOf(seen, listed));
}

function* rowsOf(seen: Survey, sightings: Sighting[]): Generator<Buffer> {
  for (const sighting of sightings) {
    const kept = keptRow(seen, sighting);
    const session = kept === null ? sighting.whole(seen) : null;
    if (kept !== null) yield withState(kept, sighting.state);
    else if (session !== null) {
      const row = renderRow(session);
      keepRow(seen, sighting, row);
      yield Buffer.from(row);
    }
  }
  seen.index.save(seen.discovery);
}
