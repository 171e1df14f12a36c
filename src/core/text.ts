import { widths } from '#widths';
import { once } from './once.ts';

/** Raw text past this many UTF-16 units is not looked at: titles are words, not documents. */
export const longestText = 4000;

const plainAscii = /^[ -~]*$/;
/** The same with wt's own signs: a cell for each unit. */
const ours = /^[ -~●⧗✓]*$/;

/**
 * The shape of each text that was measured: one character a grapheme, its length in UTF-16 units times four plus its
 * width in cells, above a space.
 */
const shapes = new Map<string, string>();

/**
 * Units that are graphemes of a width known beforehand: Latin, Greek, Cyrillic, punctuation, and, two cells wide, kana,
 * Han, Hangul. A test holds that against string-width, character by character.
 */
const narrowUnits = ' -~\\u00a1-\\u00ac\\u00ae-\\u024f\\u0370-\\u0482\\u048a-\\u052f\\u2010-\\u2027';
const wideUnits = '\\u3001-\\u3020\\u3041-\\u3096\\u30a1-\\u30fa\\u30fc\\u4e00-\\u9fff\\uac00-\\ud7a3';
const firstWide = 0x3001;
/** Text of such units alone. */
const plain = once(() => new RegExp(`^[${narrowUnits}${wideUnits}]*$`));
/** The same with U+1F000 to U+1FBFF, emoji most of them: of it nothing is cleaned away but white space. */
const harmless = once(() => new RegExp(`^(?:[${narrowUnits}${wideUnits}]|[\ud83c-\ud83e][\udc00-\udfff])*$`));
/** The same with emoji that are two cells wide by themselves; not those that join their neighbours. */
const emoji = '(?![\\u{1f1e6}-\\u{1f1ff}\\u{1f3fb}-\\u{1f3ff}])\\p{Emoji_Presentation}';
const simple = once(() => new RegExp(`^(?:[${narrowUnits}${wideUnits}]|${emoji})*$`, 'u'));
const startsSimply = once(() => new RegExp(`^(?:[${narrowUnits}${wideUnits}]|${emoji})*`, 'u'));
const simpleParts = once(() => new RegExp(`([${narrowUnits}])|([${wideUnits}])|.`, 'gu'));

const oneCell = String.fromCharCode(32 + 4 + 1);
const twoCells = String.fromCharCode(32 + 4 + 2);
const twoUnits = String.fromCharCode(32 + 8 + 2);

let stringWidth: ((text: string) => number) | null = null;

const blank = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
/** What a text is cleaned of. */
const unwantedIn = once(() => ({
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
}));

/**
 * The one cleaning place: makes one safe line of any text from a session. No control, C1, bidi or zero-width character
 * and no escape sequence is left; white space runs become one space; bad UTF-16 becomes U+FFFD.
 */
export function clean(raw: string): string {
  if (raw.length <= longestText && (plainAscii.test(raw) || harmless().test(raw)) && !raw.includes('  '))
    return raw.trim();
  const { sequences, invisible, looseJoiner, whiteSpace, markFlood } = unwantedIn();
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

/** True when a text was asked about that nothing could measure yet. */
let unmeasured = false;

/**
 * Runs a pure function that measures text. string-width and ICU take longer to load than a whole greeting may: only
 * where the function meets text that needs them does it run again, first with what `recall` knows of earlier runs,
 * then with the library; `learn` is given what it found out then.
 */
export async function measured<T>(
  render: () => T,
  recall: () => Iterable<[text: string, shape: string]>,
  learn: (entries: [text: string, shape: string][]) => void,
): Promise<T> {
  unmeasured = false;
  const first = render();
  if (!unmeasured) return first;
  for (const [text, shape] of recall()) shapes.set(text, shape);
  unmeasured = false;
  const second = render();
  if (!unmeasured) return second;
  await loadWidths();
  const third = render();
  learn([...shapes]);
  return third;
}

/** Loads what measures any text at all. */
export async function loadWidths(): Promise<void> {
  stringWidth ??= (await widths()).default;
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
  if (plainAscii.test(text)) return text.length;
  const shape = shapeOf(text);
  let sum = 0;
  for (let i = 0; i < shape.length; i++) sum += (shape.charCodeAt(i) - 32) & 3;
  return sum;
}

let segmenter: Intl.Segmenter | undefined;

/** The grapheme clusters of a text. */
export function graphemes(text: string): string[] {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), (part) => part.segment);
}

function shapeOfSimple(part: string, narrow?: string, wide?: string): string {
  if (narrow !== undefined) return oneCell;
  return wide !== undefined || part.length === 1 ? twoCells : twoUnits;
}

function shapeOfPlain(text: string): string {
  let shape = '';
  let narrow = 0;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) < firstWide) narrow += 1;
    else {
      shape += oneCell.repeat(narrow) + twoCells;
      narrow = 0;
    }
  }
  return shape + oneCell.repeat(narrow);
}

/** The shape of text of which each UTF-16 unit is a grapheme, one cell wide. */
function narrowShape(text: string): string {
  return oneCell.repeat(text.length);
}

function shapeOf(text: string): string {
  if (ours.test(text)) return narrowShape(text);
  if (plain().test(text)) return shapeOfPlain(text);
  if (simple().test(text)) return text.replace(simpleParts(), shapeOfSimple);
  const known = shapes.get(text);
  if (known !== undefined) return known;
  unmeasured ||= stringWidth === null;
  // Unprepared for, a grapheme is taken to be wide: a row may then be short, never too long.
  const width = stringWidth ?? mostCells;
  // No writing has wider ones: these are floods of marks or letters that build one cluster, and are cut anywhere.
  const parts = graphemes(text).flatMap((grapheme) => (width(grapheme) > 3 ? Array.from(grapheme) : [grapheme]));
  const shape = parts.map((part) => String.fromCharCode(32 + part.length * 4 + Math.min(3, width(part)))).join('');
  if (stringWidth !== null) note(text, shape);
  return shape;
}

/** A picker that stays open for days shows ever new ages: what was measured is forgotten now and then. */
const mostShapes = 20_000;

function note(text: string, shape: string): void {
  if (shapes.size >= mostShapes && stringWidth !== null) shapes.clear();
  shapes.set(text, shape);
}

/** What a clean text can be wide at most, in cells, told without measuring it. */
function mostCells(text: string): number {
  if (plainAscii.test(text)) return text.length;
  let sum = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // The second half of a pair adds nothing to the first.
    sum += unit < 0x250 ? 1 : unit >= 0xdc00 && unit <= 0xdfff ? 0 : 2;
  }
  return sum;
}

/** What a text begins with that can be measured by itself. */
function simpleStart(text: string): string {
  return plain().test(text) ? text : startsSimply().exec(text)![0];
}

/** Whether clean texts side by side are at most `width` cells wide; measured only where that is not plain. */
export function fits(texts: string[], width: number): boolean {
  const whole = texts.join('');
  if (ours.test(whole)) return whole.length <= width;
  if (sum(texts, mostCells) <= width) return true;
  return sum(texts, leastCells) <= width && sum(texts, cells) <= width;
}

function sum(texts: string[], of: (text: string) => number): number {
  let total = 0;
  for (const text of texts) total += of(text);
  return total;
}

function leastCells(text: string): number {
  return cells(simpleStart(text));
}

/** Cuts clean text to at most `width` cells on a grapheme boundary; a cut text ends in `ellipsis` where that fits. */
export function cut(text: string, width: number, ellipsis: string): string {
  if (fits([text], width)) return text;
  const end = cells(ellipsis) <= width ? ellipsis : '';
  const room = width - cells(end);
  if (plainAscii.test(text)) return text.slice(0, larger(0, room)).trimEnd() + end;
  const start = simpleStart(text);
  const shape = shapeOf(cells(start) > room ? start : text);
  let kept = 0;
  let length = 0;
  for (let used = 0; kept < shape.length; kept++) {
    const code = shape.charCodeAt(kept) - 32;
    used += code & 3;
    if (used > room) break;
    length += code >> 2;
  }
  const short = text.slice(0, length).trimEnd();
  return withShape(short + end, shape.slice(0, kept - (length - short.length)) + shapeOf(end));
}

/** Notes the shape of a text that was put together from known ones. */
function withShape(text: string, shape: string): string {
  if (!plainAscii.test(text)) note(text, shape);
  return text;
}

/** `cut`, then filled up with spaces to exactly `width` cells, on the right or, with `'left'`, on the left. */
export function pad(text: string, width: number, ellipsis: string, side: 'left' | 'right' = 'right'): string {
  if (text.length <= width && plainAscii.test(text)) {
    const blank = ' '.repeat(width - text.length);
    return side === 'right' ? text + blank : blank + text;
  }
  const fitted = cut(text, width, ellipsis);
  const space = ' '.repeat(larger(0, width - cells(fitted)));
  const padded = side === 'right' ? fitted + space : space + fitted;
  if (plainAscii.test(padded)) return padded;
  const blank = narrowShape(space);
  return withShape(padded, side === 'right' ? shapeOf(fitted) + blank : blank + shapeOf(fitted));
}

/** Every grapheme outside ASCII as `?`: what a terminal without UTF-8 can be given. */
export function asciiOnly(text: string): string {
  if (plainAscii.test(text)) return text;
  let ascii = '';
  let at = 0;
  for (const code of shapeOf(text)) {
    const end = at + ((code.charCodeAt(0) - 32) >> 2);
    const grapheme = text.slice(at, end);
    at = end;
    ascii += plainAscii.test(grapheme) ? grapheme : '?';
  }
  return ascii;
}

/** How often a unit goes into an amount, neither below zero. */
function quotient(amount: number, unit: number): number {
  return (amount - (amount % unit)) / unit;
}

/** `Math.max` of two numbers: to have `Math` ready takes Bun 0.05 ms (1.4.5), and no greeting needs it otherwise. */
export function larger(a: number, b: number): number {
  return a > b ? a : b;
}

/** `Math.min`, as above. */
export function smaller(a: number, b: number): number {
  return a < b ? a : b;
}

/** An age in milliseconds as `16s`, `3m`, `2h05`, `1d07h` (under ten days), `12d`; what lies ahead is `0s`. */
export function age(milliseconds: number): string {
  const seconds = quotient(larger(0, milliseconds), 1000);
  const minutes = quotient(seconds, 60);
  const hours = quotient(minutes, 60);
  const days = quotient(hours, 24);
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
