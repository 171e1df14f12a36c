import { asciiOnly, cells, graphemes } from '../core/text.ts';
import { type Look, type Painter, paintWithin, same, signs } from './look.ts';

/** Where something was said that was searched for. */
export interface PlaceLine {
  /** Who said it, and what else is to be known of it. */
  label: string;
  /** A clean line, and where in it what was searched for stands: from and to, in UTF-16 units, in order. */
  text: string;
  hits: readonly (readonly [number, number])[];
}

/** What is shown before the first hit is at most this part of the line. */
const beforeHit = 1 / 3;

/** The place as a line that begins at the cell `column`, the hits painted by `mark`. */
export function renderPlace({ label, text, hits }: PlaceLine, column: number, look: Look, mark: Painter): string {
  const { ellipsis } = signs(look.utf8);
  const { dim } = look.paint;
  const shown = (part: string) => (look.utf8 ? part : asciiOnly(part.replaceAll('…', '...')));
  const begin = [' '.repeat(column), `${shown(label)}: `];
  const room = look.columns - cells(begin.join(''));
  const from = startOf(text, hits[0]?.[0] ?? 0, room);
  const texts = [...begin, from > 0 ? ellipsis : ''];
  const paints: Painter[] = [same, dim, dim];
  let at = from;
  for (const [start, end] of hits) {
    if (start < at) continue;
    texts.push(shown(text.slice(at, start)), shown(text.slice(start, end)));
    paints.push(dim, mark);
    at = end;
  }
  return paintWithin([...texts, shown(text.slice(at))], [...paints, dim], look.columns, ellipsis);
}

/** Where a text has to begin so that a hit is seen: at a word, if one begins near there. */
function startOf(text: string, hit: number, room: number): number {
  if (cells(text) <= room) return 0;
  let used = 0;
  let from = hit;
  for (const grapheme of graphemes(text.slice(0, hit)).toReversed()) {
    used += cells(grapheme);
    if (used > room * beforeHit) {
      const blank = text.slice(from, hit).indexOf(' ');
      return blank < 0 ? from : from + blank + 1;
    }
    from -= grapheme.length;
  }
  return 0;
}
