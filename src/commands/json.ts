import { readSessions } from '../claude/sessions.ts';
import { renderJson } from '../core/json.ts';
import { isShownToPeople } from '../core/order.ts';
import { say } from '../edge/output.ts';
import type { World } from '../world.ts';

/** `wt --json`: everything, for scripts. */
export async function json(world: World, command: { all: boolean }): Promise<number> {
  const { sessions, skipped } = await readSessions(world, { facts: 'complete' });
  const listed = command.all ? sessions : sessions.filter(isShownToPeople);
  say(renderJson(listed, { now: world.now, conf: world.conf, all: sessions, skipped: skipped.length }));
  return 0;
}
