import { clean } from '../core/text.ts';
import { fold, joinsWords } from './fold.ts';
import type { Term } from './query.ts';

/** A piece of a text, clean, in one line, and where in it what was looked for stands: from and to, in order. */
export interface Excerpt {
  text: string;
  hits: [number, number][];
}

/** What is shown of a text before what was found, and from there on, in UTF-16 units. */
const before = 160;
const behind = 400;
/** Words this near to each other, in characters, are shown together; so many places of each are looked at. */
const near = 100;
const mostPlaces = 200;

/** The piece of a text where the most words stand near each other; its beginning where none does. */
export function excerptOf(text: string, terms: readonly Term[]): Excerpt {
  const folded = fold(text);
  const places = terms.flatMap((term, which) => placesIn(folded, term, mostPlaces).map((at) => ({ at, which })));
  places.sort((a, b) => a.at - b.at);
  let best = places[0]?.at ?? 0;
  let most = 0;
  for (const { at } of places) {
    const together = new Set(
      places.filter((other) => other.at >= at && other.at <= at + near).map(({ which }) => which),
    );
    if (together.size > most) [best, most] = [at, together.size];
  }
  const at = rawPlace(text, best);
  const from = at <= before ? 0 : wordAfter(text, at - before, at);
  const piece = clean(wellCut(text, from, at + behind));
  const hits = hitsIn(piece, terms);
  if (from === 0) return { text: piece, hits };
  return { text: `…${piece}`, hits: hits.map(([begin, end]) => [begin + 1, end + 1]) };
}

/** Where a term stands in folded text, in order, `most` places at most. */
function placesIn(folded: string, { text, anywhere }: Term, most: number): number[] {
  const places: number[] = [];
  for (let at = folded.indexOf(text); at >= 0 && places.length < most; at = folded.indexOf(text, at + 1)) {
    if (anywhere || at === 0 || !joinsWords(characterBefore(folded, at))) places.push(at);
  }
  return places;
}

function characterBefore(text: string, at: number): string {
  const unit = text.charCodeAt(at - 1);
  return text.slice(unit >= 0xdc00 && unit <= 0xdfff ? at - 2 : at - 1, at);
}

/** The place in a text that folds to a place of the folded one: what stands before it folds to no more. */
function rawPlace(text: string, place: number): number {
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fold(text.slice(0, middle + 1)).length > place) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The beginning of a word between two places; the first of them where no word begins there. */
function wordAfter(text: string, from: number, to: number): number {
  const blank = text.slice(from, to).search(/\s/);
  return blank < 0 ? from : from + blank + 1;
}

/** A part of a text in which no character is cut in two. */
function wellCut(text: string, from: number, to: number): string {
  return text.slice(from, to).replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '');
}

/** Where the terms stand in a line, none inside of another. Folding changes lengths, so places are led back. */
function hitsIn(line: string, terms: readonly Term[]): [number, number][] {
  const { folded, origins } = foldedWithOrigins(line);
  const hits = terms.flatMap((term) =>
    placesIn(folded, term, mostPlaces).map((place): [number, number] => {
      let end = place + term.text.length;
      // A mark behind the last letter belongs to it.
      while (origins !== null && end < folded.length && origins[end] === origins[end - 1]) end += 1;
      return origins === null ? [place, end] : [origins[place]!, origins[end]!];
    }),
  );
  hits.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const apart: [number, number][] = [];
  for (const hit of hits) {
    const last = apart.at(-1);
    if (last === undefined || hit[0] >= last[1]) apart.push(hit);
    else if (hit[1] > last[1]) last[1] = hit[1];
  }
  return apart;
}

/** A line folded, and for each unit of that the place where it comes from; null where that is the same place. */
function foldedWithOrigins(line: string): { folded: string; origins: number[] | null } {
  if (/^[ -~]*$/.test(line)) return { folded: line.toLowerCase(), origins: null };
  let folded = '';
  const origins: number[] = [];
  let at = 0;
  for (const character of line) {
    const part = character < '\x7f' ? character.toLowerCase() : fold(character);
    for (let unit = 0; unit < part.length; unit++) origins.push(at);
    folded += part;
    at += character.length;
  }
  origins.push(line.length);
  return { folded, origins };
}
