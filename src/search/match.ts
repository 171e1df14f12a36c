import type { Entry } from './catalogue.ts';
import { joinsWords } from './fold.ts';
import { type Messages, speakers } from './messages.ts';
import type { Query, Term } from './query.ts';
import type { Shown } from './store.ts';

/** Where something was said: by whom, when (milliseconds since the epoch), and the byte that its line begins at. */
export interface Spot {
  who: (typeof speakers)[number];
  at: number | null;
  from: number;
}

/** A transcript in which all that is looked for was said. */
export interface Match {
  entry: Entry;
  /** The greater, the better. */
  score: number;
  /** When something was said in it last, milliseconds since the epoch. */
  at: number;
  spot: Spot;
}

/** What a word in a title, a prompt, an answer or a tool's call is worth, by the place in `speakers`. */
const worth = { title: 4, you: 2, agent: 1, tool: 0.5 } as const;
/** What it is worth that all words stand in one message. */
const together = 2;
/** After so many milliseconds a place is worth half. */
const halfLife = 14 * 86_400_000;

/** The transcripts of some messages in which all that is looked for was said, in no order. `now` as in the query. */
export function matchIn(shown: Shown, query: Query, now: number): Match[] {
  let found: Map<number, Map<number, number>> | null = null;
  for (const term of query.terms) {
    const next = new Map<number, Map<number, number>>();
    eachHit(shown, term, query, now, (place, message) => {
      const before = found === null ? (next.get(place) ?? new Map<number, number>()) : found.get(place);
      if (before === undefined) return;
      // How many of the words a message holds.
      before.set(message, (before.get(message) ?? 0) + 1);
      next.set(place, before);
    });
    if (next.size === 0) return [];
    found = next;
  }
  for (const term of query.without) eachHit(shown, term, query, now, (place) => found?.delete(place));
  return Array.from(found ?? [], ([place, messages]) => matchOf(shown, place, messages, query, now));
}

function matchOf(
  { catalogue, from, messages }: Shown,
  place: number,
  holding: Map<number, number>,
  { terms }: Query,
  now: number,
): Match {
  let most = 0;
  let kind = 0;
  let best = -1;
  let rank = 0;
  for (const [message, words] of holding) {
    const value = worth[speakers[messages.who[message]!]!];
    if (words > most || (words === most && value > kind)) [most, kind] = [words, value];
    // A title is shown anyway: who said it is looked for in the talk.
    const own = words * 10 + (value === worth.title ? -10 * terms.length : value);
    if (best < 0 || own > rank || (own === rank && message > best)) [best, rank] = [message, own];
  }
  const at = lastTime(messages, place) ?? (catalogue.readings.modifiedAt[from + place]! || 0);
  const age = Math.max(0, now - at);
  const said = messages.at[best]!;
  return {
    entry: { catalogue, number: from + place },
    score: kind * (most === terms.length ? together : 1) * 2 ** (-age / halfLife),
    at,
    spot: { who: speakers[messages.who[best]!]!, at: Number.isNaN(said) ? null : said, from: messages.from[best]! },
  };
}

/** When something was said last in a transcript; null where nobody wrote that down. */
function lastTime({ at, first }: Messages, place: number): number | null {
  for (let message = first[place + 1]! - 1; message >= first[place]!; message--) {
    if (!Number.isNaN(at[message]!)) return at[message]!;
  }
  return null;
}

/** Hands each message out that a word stands in, with the place of its transcript: of those that count and fit the query. */
function eachHit(
  { catalogue, from, messages }: Shown,
  term: Term,
  query: Query,
  now: number,
  take: (place: number, message: number) => void,
): void {
  const { text, starts, first } = messages;
  const counts = catalogue.counts.subarray(from, from + first.length - 1);
  let place = 0;
  let message = 0;
  for (let at = text.indexOf(term.bytes); at >= 0; ) {
    if (!term.anywhere && !isWordStart(text, at)) {
      at = text.indexOf(term.bytes, at + 1);
      continue;
    }
    message = lastUpTo(starts, at, message);
    place = lastUpTo(first, message, place);
    const isMeant = counts[place] === 1 && fits(messages, message, place, query, now);
    if (isMeant) take(place, message);
    // Its further places in this message tell nothing new, nor do those in a transcript that does not count.
    at = text.indexOf(term.bytes, starts[counts[place] === 1 ? message + 1 : first[place + 1]!]);
  }
}

/** The last index with a number up to `limit` in ascending numbers; it is `from` or behind it. */
function lastUpTo(numbers: Uint32Array, limit: number, from: number): number {
  let low = from;
  let step = 1;
  while (low + step < numbers.length && numbers[low + step]! <= limit) {
    low += step;
    step *= 2;
  }
  for (; step >= 1; step = Math.floor(step / 2)) {
    if (low + step < numbers.length && numbers[low + step]! <= limit) low += step;
  }
  return low;
}

/** Whether a message is by whom, and from when, the query asks for. A title has no time: it counts with the talk. */
function fits(messages: Messages, message: number, place: number, { by, since }: Query, now: number): boolean {
  const who = speakers[messages.who[message]!]!;
  if (by !== null && who !== by && !(by === 'agent' && who === 'tool')) return false;
  if (since === null) return true;
  const at = messages.at[message]!;
  return (Number.isNaN(at) ? Math.min(now, lastTime(messages, place) ?? now) : at) >= since;
}

/** Whether a word begins at a byte of folded text: what stands before it is no part of the same word. */
function isWordStart(text: Buffer, at: number): boolean {
  let begin = at - 1;
  const last = text[begin];
  if (last === undefined || last < 0x30) return true;
  if (last < 0x80) return !((last >= 0x61 && last <= 0x7a) || last <= 0x39);
  while (begin > 0 && (text[begin]! & 0xc0) === 0x80) begin -= 1;
  return !joinsWords(text.toString('utf8', begin, at));
}
