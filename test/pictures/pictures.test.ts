import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cells } from '../../src/core/text.ts';
import { random } from '../support/random.ts';
import { root } from '../support/wt.ts';
import { parseScreen, plainStyle } from './ansi.ts';
import { dark, light, renderSvg } from './svg.ts';

/** Runs as `column+width text look`, what is as usual left out. */
function told(captured: string): string[][] {
  return parseScreen(captured).map((line) =>
    line.map(({ column, width, text, style }) => {
      const look = Object.entries(style)
        .filter(([name, value]) => value !== plainStyle[name as keyof typeof plainStyle])
        .map(([name, value]) => (value === true ? name : `${name} ${value}`));
      return [`${column}+${width} ${text}`, ...look].join(' | ');
    }),
  );
}

const texts = (svg: string) =>
  Array.from(svg.matchAll(/<text x="([\d.]+)" y="(\d+)" textLength="([\d.]+)"([^>]*)>([^<]*)</g), (match) =>
    match.slice(1),
  );

describe('what tmux captured, as runs', () => {
  test.each([
    ['plain   ', [['0+5 plain']]],
    ['a\n\nb\n\n', [['0+1 a'], [], ['0+1 b']]],
    ['\x1b[1ma\x1b[31mb\x1b[0mc', [['0+1 a | bold', '1+1 b | bold | foreground 1', '2+1 c']]],
    ['\x1b[2;4ma\x1b[22;24mb', [['0+1 a | dim | underline', '1+1 b']]],
    ['\x1b[38;5;255;48;5;238m x  \x1b[39;49m', [['0+4  x   | foreground 255 | background 238']]],
    ['\x1b[7m \x1b[27m ', [['0+1   | inverse']]],
    ['\x1b[38;2;1;2;255;1ma\x1b[ma', [['0+1 a | bold | foreground #0102ff', '1+1 a']]],
    ['\x1b[91;103ma', [['0+1 a | foreground 9 | background 11']]],
    ['\x1b[1ma\nb', [['0+1 a | bold'], ['0+1 b | bold']]],
    ['修復\x1b[1m登录 é🚀x', [['0+4 修復', '4+9 登录 é🚀x | bold']]],
    ['\x1b[Ka\x1b[?25lb\x1b[99mc\x1b[38md', [['0+4 abcd']]],
  ])('%j', (captured, runs) => {
    expect(told(captured)).toEqual(runs);
  });

  test('no cell is lost or has two runs, whatever the colours', () => {
    const chance = random(20);
    for (let round = 0; round < 200; round++) {
      let plain = '';
      let captured = '';
      for (let part = chance.int(1, 12); part > 0; part--) {
        const text = chance.pick(['a', 'b c', '登录', '🚀', 'é', '│', '&<">', '⧗']);
        const codes = [chance.int(0, 110), 38, 5, chance.int(0, 255)].slice(0, chance.pick([1, 4]));
        plain += text;
        captured += `\x1b[${codes.join(';')}m${text}`;
      }
      const runs = parseScreen(captured)[0]!;
      expect(runs.map(({ text }) => text).join('')).toBe(plain);
      let column = 0;
      for (const run of runs) {
        expect([run.column, run.width]).toEqual([column, cells(run.text)]);
        column += run.width;
      }
    }
  });
});

describe('runs as SVG', () => {
  const draw = (captured: string, theme = light) =>
    renderSvg(parseScreen(captured), { title: 'a & <b>', columns: 20, theme });

  test('a document', () => {
    expect(draw('\x1b[1m>\x1b[0m \x1b[31m! 修復\x1b[0m   x<y\n\x1b[48;5;238mon\x1b[49m')).toMatchInlineSnapshot(`
      "<svg xmlns="http://www.w3.org/2000/svg" width="208" height="72" viewBox="0 0 208 72" role="img">
      <title>a &amp; &lt;b></title>
      <rect x=".5" y=".5" width="207" height="71" rx="8" fill="#ffffff" stroke="#d0d7de"/>
      <rect x="20" y="36" width="16.8" height="20" fill="#dde4ec"/>
      <g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace" font-size="14" fill="#1f2328" xml:space="preserve">
      <text x="20" y="31" textLength="8.4" font-weight="700">></text>
      <text x="36.8" y="31" textLength="50.4" fill="#cf222e">! 修復</text>
      <text x="112.4" y="31" textLength="25.2">x&lt;y</text>
      <text x="20" y="51" textLength="16.8">on</text>
      </g>
      </svg>
      "
    `);
  });

  test('columns stand where they stood: blanks between them are nobody’s text', () => {
    expect(texts(draw('a b  登录   c'))).toEqual([
      ['20', '31', '25.2', '', 'a b'],
      ['62', '31', '33.6', '', '登录'],
      ['120.8', '31', '8.4', '', 'c'],
    ]);
  });

  test('a sign that fonts lack is drawn, and there to be selected', () => {
    const svg = draw('\x1b[33m⧗ waiting');
    expect(svg).toContain('<path transform="translate(20 16)" d="M1 5h6.4L1 15h6.4z" fill="#9a6700"/>');
    expect(texts(svg).map((text) => text.at(-1))).toEqual(['⧗', 'waiting']);
  });

  test('inverse is the other way round, in both themes', () => {
    expect(draw('\x1b[7m \x1b[27m', dark)).toContain(`height="20" fill="${dark.text}"`);
    expect(texts(draw('\x1b[7ma', dark))[0]![3]).toBe(` fill="${dark.background}"`);
  });

  test('what stands in a text is no markup', () => {
    const svg = draw('<script>"&amp;</script>');
    expect(svg).not.toContain('<script');
    expect(texts(svg)[0]!.at(-1)).toBe('&lt;script>&quot;&amp;amp;&lt;/script>');
  });
});

describe.each(Object.entries({ dark, light }))('the %s theme', (_, theme) => {
  /** The contrast of two colours (WCAG 2.2). */
  function contrast(one: string, other: string): number {
    const [low, high] = [one, other].map(luminance).toSorted((a, b) => a - b) as [number, number];
    return (high + 0.05) / (low + 0.05);
  }
  function luminance(hex: string): number {
    const [red, green, blue] = [1, 3, 5]
      .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)) as [number, number, number];
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  test.each(['text', 'dim', 1, 2, 3, 4, 5, 6] as const)('%s can be read on its background', (name) => {
    const colour = typeof name === 'number' ? theme.colours[name]! : theme[name];
    expect(contrast(colour, theme.background)).toBeGreaterThan(4.5);
    expect(contrast(colour, theme.colours[238]!)).toBeGreaterThan(name === 'dim' ? 3 : 3.5);
  });
});

test.each(['greeting', 'picker', 'find'])('the picture of the %s is there, light and dark, and small', (name) => {
  const folder = join(root, '.pictures');
  expect(existsSync(folder) && readdirSync(folder)).toContain(`${name}-dark.svg`);
  for (const theme of ['light', 'dark']) {
    const path = join(folder, `${name}-${theme}.svg`);
    expect(statSync(path).size).toBeLessThan(12 * 1024);
    expect(readFileSync(path, 'utf8')).not.toMatch(/\/tmp|\/root|pid \d/);
  }
});
