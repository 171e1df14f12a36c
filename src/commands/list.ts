import { Index } from '../claude/index.ts';
import { isHeld, type Sighting, type Survey, sight, sightUnwritten, survey, wholes } from '../claude/sessions.ts';
import { count, inOrder, isPressing, isShownToPeople } from '../core/order.ts';
import { clean, larger } from '../core/text.ts';
import { tell } from '../edge/output.ts';
import type { World } from '../world.ts';
import { printRows } from './rows.ts';

const defaultRows = 20;

/** `wt --list`: numbered rows, live ones first. */
export async function list(world: World, command: { all: boolean; rows: number | null }): Promise<number> {
  const most = command.rows ?? (command.all ? Number.POSITIVE_INFINITY : defaultRows);
  const seen = survey(world, new Index(world, command.all ? 'all' : 'recent'));
  const { sessions, unread } = newestSessions(seen, most, command.all);
  const first = sessions.slice(0, most);
  const rows = wholes(seen, first);
  seen.index.save(seen.discovery);
  if (sessions.length === 0 && unread === 0) {
    const others = seen.skipped.size > 0 ? ' that can be read; see what is not: wt doctor' : '; start one with: wt new';
    tell(`no Claude Code sessions under ${clean(world.conf)}${others}\n`);
    return 0;
  }
  await printRows(world, rows, {
    counts: count(sessions),
    more: sessions.length - first.length + unread,
  });
  return 0;
}

/**
 * The first `most` sessions in order, and maybe some more, with the number of transcripts left unread. Reading goes
 * from the newest mtime on and ends where no file further on can hold a later activity than the last row kept:
 * a file's mtime is an upper bound of its last activity.
 */
function newestSessions(seen: Survey, most: number, headless: boolean): { sessions: Sighting[]; unread: number } {
  const { now, waitingFor } = seen.circumstances;
  const kept: Sighting[] = [];
  let unread = seen.discovery.count;
  let quiet: number[] = [];
  const keep = (session: Sighting | null) => {
    if (session === null || !(headless || isShownToPeople(session))) return;
    kept.push(session);
    if (!isPressing(session, now)) quiet.push(session.lastActivityAt ?? Number.NEGATIVE_INFINITY);
  };
  for (const session of sightUnwritten(seen)) keep(session);
  for (const { file } of seen.held) {
    if (file === null) continue;
    unread -= 1;
    keep(sight(seen, file, 'bounded'));
  }
  const latest = larger(waitingFor, 3_600_000);
  const isEnough = (touchedAt: number, touchedLately: boolean) => {
    if (touchedLately || kept.length < most) return false;
    const room = most - (kept.length - quiet.length);
    quiet = quiet.sort((a, b) => b - a).slice(0, larger(0, room));
    return room <= 0 || (quiet.length >= room && quiet[room - 1]! >= touchedAt);
  };
  const next = seen.discovery.partsNewestFirst(now);
  for (let part = next(); part !== null; part = next()) {
    const { since, files } = part;
    for (const file of files) {
      if (isHeld(seen, file.id)) continue;
      if (isEnough(file.touchedAt, now - file.touchedAt <= latest)) return { sessions: inOrder(kept, now), unread };
      unread -= 1;
      keep(sight(seen, file, kept.length < most ? 'bounded' : 'standing'));
    }
    // All others were touched before.
    if (unread > 0 && isEnough(since, now - since < latest)) return { sessions: inOrder(kept, now), unread };
  }
  return { sessions: inOrder(kept, now), unread: 0 };
}
