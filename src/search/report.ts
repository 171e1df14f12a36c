import { talkOf } from '../box/conversation.ts';
import type { Box } from '../box/scan.ts';
import { belowHome, folded } from '../core/filter.ts';
import { isListed } from '../core/order.ts';
import type { Session } from '../core/session.ts';
import type { PlaceLine } from '../view/place.ts';
import type { Query } from './query.ts';
import type { Found, Search } from './search.ts';

/** A session in which it was said. */
export interface Hit {
  session: Session;
  found: Found;
}

/**
 * The sessions that transcripts were found for, in their order, each once; without those that lists do not show or that
 * stand in another directory. `home` is the user's home folder.
 */
export function* sessionsOfFound(search: Search, found: Iterable<Found>, query: Query, home: string): Generator<Hit> {
  const done = new Set<string>();
  for (const one of found) {
    const session = search.sessionOf(one);
    if (session === null || !isListed(session) || !isIn(session, query.directories, home)) continue;
    const name = `${one.isArchived} ${session.key}`;
    if (done.has(name)) continue;
    done.add(name);
    yield { session, found: one };
  }
}

function isIn({ cwd }: Session, directories: string[], home: string): boolean {
  const path = folded(belowHome(cwd ?? '', home));
  return directories.every((part) => path.includes(part));
}

/** Where it was said, as a line below a row. */
export function placeLineOf(search: Search, { found, session }: Hit, query: Query): PlaceLine {
  const { who } = found.spot;
  const speaker = who === 'agent' ? session.agent : who;
  const excerpt = search.excerpt(found, query) ?? { text: '', hits: [] };
  return { label: found.isArchived ? `in the archive, ${speaker}` : speaker, ...excerpt };
}

/** The byte of a session's transcript at which its conversation is to be opened; null where that lies in another file. */
export function placeInTalk(box: Box, search: Search, { session, found }: Hit): number | null {
  const file = found.isArchived ? session.transcript : talkOf(box, session)?.file;
  return file?.path === search.fileOf(found)?.path ? found.spot.from : null;
}
