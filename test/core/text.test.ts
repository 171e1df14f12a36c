import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { age, asciiOnly, cells, clean, cut, escapeInvisible, graphemes, pad, parseSpan } from '../../src/core/text.ts';

describe('clean', () => {
  test.each([
    ['plain', 'plain'],
    ['  two  spaces ', 'two spaces'],
    ['a\r\n\tb\u0085c', 'a b c'],
    ['\x1b[31mred\x1b[0m', 'red'],
    ['\x1b]0;title\x07after', 'after'],
    ['\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\', 'link'],
    ['\x1b]52;c;aGk=\x9c.', '.'],
    ['\x9b31mred', 'red'],
    ['\x90dcs\x1b\\x', 'x'],
    ['\x1b_apc\x07x', 'x'],
    ['\x1b]unended', 'unended'],
    ['\x1bcreset', 'reset'],
    ['a\x00b\x7fc\x9fd', 'abcd'],
    ['\u202eevil\u2066x', 'evilx'],
    ['zero\u200bwidth\ufeff\u2060', 'zerowidth'],
    ['soft\u00adhyphen', 'softhyphen'],
    ['a\u2028b', 'a b'],
    ['\ud800x\udc00', '\ufffdx\ufffd'],
    ['👩\u200d👩\u200d👧', '👩\u200d👩\u200d👧'],
    ['\u200dx\u200c y\u200d', 'x y'],
    [`e${'\u0301'.repeat(1000)}`, `e${'\u0301'.repeat(8)}`],
    ['$(touch x) `y` %n', '$(touch x) `y` %n'],
    ['𝔘nicode', '𝔘nicode'],
  ])('%j is %j', (raw, expected) => expect(clean(raw)).toBe(expected));

  test('is done with a megabyte at once', () => expect(clean('\x1b]x'.repeat(500_000)).length).toBeLessThan(4001));
});

test('a character is cleaned the same in plain company and in bad', () => {
  const wrong: string[] = [];
  for (let unit = 0; unit < 0x20000; unit++) {
    const text = `a${String.fromCodePoint(unit)}b`;
    if (clean(text) !== clean(`\0${text}`)) wrong.push(unit.toString(16));
  }
  expect(wrong).toEqual([]);
});

describe('widths', () => {
  test('every character on its own is as wide as string-width says', () => {
    const wrong: string[] = [];
    for (let unit = 0x20; unit < 0x20000; unit++) {
      if (unit >= 0xd800 && unit < 0xe000) continue;
      const char = clean(String.fromCodePoint(unit));
      for (const text of [`a&é${char}b`, `a&é${char}🐌b`]) {
        if (cells(text) !== stringWidth(text)) wrong.push(unit.toString(16));
      }
    }
    expect(wrong).toEqual([]);
  });

  test.each([
    'plain',
    'Größe & Maß',
    'データベース移行を計画する 🚀',
    '👩‍👩‍👧 family',
    'e\u0301',
    '한국어',
    '1️⃣ ☎️',
    '🇩🇪',
  ])('%s: cells, cut and pad agree with string-width', (text) => {
    expect(cells(text)).toBe(stringWidth(text));
    for (let width = 0; width < 30; width++) {
      const short = cut(text, width, '…');
      expect(stringWidth(short)).toBeLessThanOrEqual(width);
      if (stringWidth(text) <= width) expect(short).toBe(text);
      else if (width > 0) expect(short.endsWith('…')).toBe(true);
      expect(graphemes(text).join('').startsWith(short.replace(/…$/, '').trimEnd())).toBe(true);
      expect(stringWidth(pad(text, width, '…'))).toBe(width);
      expect(stringWidth(pad(text, width, '…', 'left'))).toBe(width);
    }
  });

  test('ASCII twins', () => {
    expect(asciiOnly('Größe 🚀 👩‍👩‍👧!')).toBe('Gr??e ? ?!');
    expect(cut('abcdef', 5, '...')).toBe('ab...');
    expect(cut('abcdef', 2, '...')).toBe('ab');
  });
});

test.each([
  [-5000, '0s'],
  [0, '0s'],
  [16_000, '16s'],
  [59_999, '59s'],
  [180_000, '3m'],
  [7_500_000, '2h05'],
  [31 * 3_600_000, '1d07h'],
  [10 * 86_400_000 - 1, '9d23h'],
  [12 * 86_400_000, '12d'],
])('an age of %d ms is %s', (ms, expected) => expect(age(ms)).toBe(expected));

test.each([
  ['1d', 86_400_000],
  ['12h', 43_200_000],
  ['90s', 90_000],
  ['1d12h', 129_600_000],
  ['0.5h', 1_800_000],
  ['', null],
  ['soon', null],
  ['-1d', null],
  ['1d ', null],
])('the span %j is %s ms', (text, expected) => expect(parseSpan(text)).toBe(expected));

test('what is invisible is escaped in JSON, and stays what it was', () => {
  const text = 'a\u202e\u200b\x7f\x9b\ufeff\u2028b';
  const json = escapeInvisible(JSON.stringify(text));
  expect(json).toMatch(/^[ -~]*$/);
  expect(JSON.parse(json)).toBe(text);
});
