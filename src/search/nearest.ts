import type { Term } from './query.ts';
import type { Shown } from './store.ts';

/** A shorter word is like too many others. */
const shortest = 4;
/** So many places are looked at for words that are like another one. */
const mostPlaces = 20_000;
const wordAt = /^[\p{L}\p{N}]+/u;

/**
 * The word in some messages that is most like one that nobody said: it has one half of it, and is written otherwise in two
 * letters at most; of several the most frequent. Null where there is none, or a phrase is looked for.
 */
export function nearestWord(all: Iterable<Shown>, { text }: Term): string | null {
  const letters = Array.from(text);
  if (letters.length < shortest || text.includes(' ')) return null;
  const half = letters.length >> 1;
  const head = Buffer.from(letters.slice(0, half).join(''));
  const tail = Buffer.from(letters.slice(half).join(''));
  const counts = new Map<string, number>();
  let left = mostPlaces;
  for (const { messages } of all) {
    for (const piece of [head, tail]) {
      for (let at = messages.text.indexOf(piece); at >= 0 && left > 0; left--) {
        const word = wordAround(messages.text, at);
        counts.set(word, (counts.get(word) ?? 0) + 1);
        at = messages.text.indexOf(piece, at + piece.length);
      }
    }
  }
  let nearest: { word: string; distance: number; count: number } | null = null;
  for (const [word, count] of counts) {
    if (Math.abs(word.length - text.length) > 2) continue;
    const distance = distanceOf(text, word);
    if (distance > (letters.length < 6 ? 1 : 2)) continue;
    const isNearer = nearest === null || distance < nearest.distance;
    if (isNearer || (distance === nearest!.distance && count > nearest!.count)) nearest = { word, distance, count };
  }
  return nearest?.word ?? null;
}

/** The word that a byte of folded text stands in. */
function wordAround(text: Buffer, at: number): string {
  let begin = at;
  while (begin > 0 && isInner(text[begin - 1]!)) begin -= 1;
  return wordAt.exec(text.toString('utf8', begin, Math.min(text.length, begin + 80)))?.[0] ?? '';
}

function isInner(byte: number): boolean {
  return byte >= 0x80 || (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39);
}

/** How many letters have to be put in, left out, replaced or changed with their neighbour to make one word of another. */
export function distanceOf(one: string, other: string): number {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1];
      let least = Math.min(row[j - 1]! + (isSame ? 0 : 1), row[j]! + 1, next[j - 1]! + 1);
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        least = Math.min(least, before[j - 2]! + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[other.length]!;
}
