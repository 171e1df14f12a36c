import { folded } from '../core/filter.ts';
import { graphemes } from '../core/text.ts';
import type { Painter } from './look.ts';

/** Underlines a text. */
export const underlined: Painter = (text) => `\x1b[4m${text}\x1b[24m`;

/** A clean text in parts for painting: those that hold one of the `found` words (folded) are underlined. */
export function markMatches(text: string, found: string[], painter: Painter): [string, Painter][] {
  if (found.length === 0) return [[text, painter]];
  const hits = hitsIn(text, found);
  if (hits.length === 0) return [[text, painter]];
  const parts: [string, Painter][] = [];
  let at = 0;
  for (const [from, to] of hits) {
    if (from > at) parts.push([text.slice(at, from), painter]);
    parts.push([text.slice(from, to), (part) => painter(underlined(part))]);
    at = to;
  }
  if (at < text.length) parts.push([text.slice(at), painter]);
  return parts;
}

/** Where the words stand in a text, in order, none inside of another. */
function hitsIn(text: string, found: string[]): [number, number][] {
  // Folding may change the length of a letter: places in the folded text are led back by grapheme.
  const places: number[] = [];
  let whole = '';
  let at = 0;
  for (const grapheme of graphemes(text)) {
    const part = grapheme === ' ' ? ' ' : folded(grapheme);
    for (let i = 0; i < part.length; i++) places.push(at);
    whole += part;
    at += grapheme.length;
  }
  places.push(at);
  const ends = (index: number): number => {
    let next = index;
    while (next < places.length && places[next] === places[index - 1]) next++;
    return places[next] ?? text.length;
  };
  const hits: [number, number][] = [];
  for (const word of found) {
    for (let from = whole.indexOf(word); from >= 0; from = whole.indexOf(word, from + word.length)) {
      hits.push([places[from]!, ends(from + word.length)]);
    }
  }
  hits.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const apart: [number, number][] = [];
  for (const [from, to] of hits) {
    const last = apart.at(-1);
    if (last === undefined || from >= last[1]) apart.push([from, to]);
    else if (to > last[1]) last[1] = to;
  }
  return apart;
}
