import { stringWidth } from '#runtime';

/** Raw text past this many UTF-16 units is not looked at: titles are words, not documents. */
const longestText = 4000;

const ascii = /^[ -~]*$/;
/**
 * Text of characters that each are a grapheme and that cleaning leaves alone: Latin, Greek, Cyrillic, punctuation, kana,
 * Han, Hangul, and pictures that join nothing. Most titles are such text, and are cut without the runtime's tables of
 * graphemes, which take a third of a greeting to be loaded (Bun 1.4.5).
 */
const simple =
  /^[ -~\u00a1-\u00ac\u00ae-\u024f\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2600-\u27bf\u3001-\u3020\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff\uac00-\ud7a3\u{1f300}-\u{1f3fa}\u{1f400}-\u{1faff}]*$/u;

const blank = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const anyBlank = new RegExp(`${blank}[\\u200c\\u200d]*`, 'g');
/** What a text is cleaned of. */
const unwanted = {
  // Sequences that a terminal would obey, each dropped whole: OSC, DCS, APC, PM and SOS up to their end; CSI; other
  // escapes. In both spellings, ESC + letter and the single C1 character. An unended one loses its introducer only.
  sequences:
    /(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]/g,
  // What is never shown: C0, DEL, C1, bidi controls, zero-width and other invisible format characters.
  invisible:
    /[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\u{e0001}|[\u{e0020}-\u{e007f}]/gu,
  looseJoiner: new RegExp(`^[\\u200c\\u200d]+|[\\u200c\\u200d]+(?=${blank}|$)`, 'g'),
  // Runs of white space, and with them the joiners at their ends, which join nothing.
  whiteSpace: new RegExp(`(?:${blank}[\\u200c\\u200d]*)+`, 'g'),
  // Marks past the eighth on one letter: real scripts need fewer, floods paint over the lines around.
  markFlood: /(\p{M}{8})\p{M}+/gu,
};

/**
 * The one cleaning place: makes one safe line of any text from a session. No control, C1, bidi or zero-width character
 * and no escape sequence is left; white space runs become one space; bad UTF-16 becomes U+FFFD.
 */
export function clean(raw: string): string {
  if (raw.length <= longestText && simple.test(raw) && !raw.includes('  ')) return raw.trim();
  const { sequences, invisible, looseJoiner, whiteSpace, markFlood } = unwanted;
  return raw
    .slice(0, longestText)
    .toWellFormed()
    .replace(sequences, '')
    .replace(invisible, '')
    .replace(looseJoiner, '')
    .replace(whiteSpace, ' ')
    .replace(markFlood, '$1')
    .trim();
}

/** A text without the sequences that a terminal would obey; nothing else of it is cleaned. */
export function withoutSequences(raw: string): string {
  return raw.replace(unwanted.sequences, '');
}

/**
 * A text of many lines, made safe as `clean` does it, but line by line and whole: indentation and runs of spaces stay, a
 * tab is four spaces. Empty lines at its ends go.
 */
export function cleanLines(raw: string): string[] {
  const lines = raw.split(lineEnds).map((line) => (simple.test(line) ? line : cleanLine(line)).trimEnd());
  const first = lines.findIndex((line) => line !== '');
  return first < 0 ? [] : lines.slice(first, lines.findLastIndex((line) => line !== '') + 1);
}

const lineEnds = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;

function cleanLine(raw: string): string {
  const { sequences, invisible, looseJoiner, markFlood } = unwanted;
  return raw
    .toWellFormed()
    .replace(sequences, '')
    .replace(invisible, '')
    .replace(looseJoiner, '')
    .replaceAll('\t', '    ')
    .replace(anyBlank, ' ')
    .replace(markFlood, '$1');
}

/**
 * A path (or other text that must stay exact) for JSON: control, C1, bidi and zero-width characters as `\u` escapes.
 * Takes the output of `JSON.stringify`, in which such characters can stand only inside of strings.
 */
export function escapeInvisible(json: string): string {
  return json.replace(
    /[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc01\udc20-\udc7f]/g,
    (char) =>
      char
        .split('')
        .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
        .join(''),
  );
}

/** The width in cells of clean text. */
export function cells(text: string): number {
  return ascii.test(text) ? text.length : stringWidth(text);
}

let segmenter: Intl.Segmenter | undefined;

/** The grapheme clusters of a text; of floods of marks that build a cluster wider than any letter, their parts. */
export function graphemes(text: string): string[] {
  if (simple.test(text)) return Array.from(text);
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), (part) => part.segment).flatMap((grapheme) =>
    stringWidth(grapheme) > 3 ? Array.from(grapheme) : [grapheme],
  );
}

/** Cuts clean text to at most `width` cells on a grapheme boundary; a cut text ends in `ellipsis` where that fits. */
export function cut(text: string, width: number, ellipsis: string): string {
  if (cells(text) <= width) return text;
  const end = cells(ellipsis) <= width ? ellipsis : '';
  const room = Math.max(0, width - cells(end));
  if (ascii.test(text)) return text.slice(0, room).trimEnd() + end;
  let kept = '';
  let used = 0;
  for (const grapheme of graphemes(text)) {
    used += cells(grapheme);
    if (used > room) break;
    kept += grapheme;
  }
  return kept.trimEnd() + end;
}

/** `cut`, then filled up with spaces to exactly `width` cells, on the right or, with `'left'`, on the left. */
export function pad(text: string, width: number, ellipsis: string, side: 'left' | 'right' = 'right'): string {
  const fitted = cut(text, width, ellipsis);
  const space = ' '.repeat(Math.max(0, width - cells(fitted)));
  return side === 'right' ? fitted + space : space + fitted;
}

/** Every grapheme outside ASCII as `?`: what a terminal without UTF-8 can be given. */
export function asciiOnly(text: string): string {
  if (ascii.test(text)) return text;
  return graphemes(text)
    .map((grapheme) => (ascii.test(grapheme) ? grapheme : '?'))
    .join('');
}

/** An age in milliseconds as `16s`, `3m`, `2h05`, `1d07h` (under ten days), `12d`; what lies ahead is `0s`. */
export function age(milliseconds: number): string {
  const seconds = Math.floor(Math.max(0, milliseconds) / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const two = (n: number) => String(n).padStart(2, '0');
  if (minutes < 1) return `${seconds}s`;
  if (hours < 1) return `${minutes}m`;
  if (days < 1) return `${hours}h${two(minutes % 60)}`;
  if (days < 10) return `${days}d${two(hours % 24)}h`;
  return `${days}d`;
}

/** A span such as `90s`, `15m`, `12h`, `3d`, `2w` or `1d12h` in milliseconds; null when it is none. */
export function parseSpan(text: string): number | null {
  const unit: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
  if (!/^(?:\d+(?:\.\d+)?[smhdw])+$/.test(text)) return null;
  let sum = 0;
  for (const [, count, letter] of text.matchAll(/(\d+(?:\.\d+)?)([smhdw])/g)) sum += Number(count) * unit[letter!]!;
  return sum;
}
