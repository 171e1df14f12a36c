import { cells } from '../../src/core/text.ts';
import type { Colour, Run, Style } from './ansi.ts';

/** The colours of a terminal. */
export interface Theme {
  text: string;
  /** Dimmed text without a colour of its own. */
  dim: string;
  background: string;
  border: string;
  /** Black, red, green, yellow, blue, magenta, cyan, white, then the bright ones; of the other 240, what is not as usual. */
  colours: Record<number, string>;
}

const bright = (colours: string[]) => Object.fromEntries([...colours, ...colours].map((colour, n) => [n, colour]));

export const dark: Theme = {
  text: '#e6edf3',
  dim: '#8d96a0',
  background: '#161b22',
  border: '#30363d',
  colours: {
    ...bright(['#484f58', '#ff7b72', '#3fb950', '#d29922', '#58a6ff', '#bc8cff', '#39c5cf', '#e6edf3']),
    238: '#30363d',
    255: '#ffffff',
  },
};

export const light: Theme = {
  text: '#1f2328',
  dim: '#59636e',
  background: '#ffffff',
  border: '#d0d7de',
  colours: {
    ...bright(['#1f2328', '#cf222e', '#1a7f37', '#9a6700', '#0969da', '#8250df', '#1b7c83', '#59636e']),
    // The marked row: as much nearer to the text as it is on a dark screen.
    238: '#dde4ec',
    255: '#000000',
  },
};

/** What is drawn besides the screen's lines. */
export interface Picture {
  /** What a screen reader says of it. */
  title: string;
  /** The width of the screen in cells. */
  columns: number;
  theme: Theme;
}

const cell = { width: 8.4, height: 20 };
const fontSize = 14;
const padding = { x: 20, y: 16 };
/** From a line's top to where its letters stand. */
const baseline = 15;
const fonts = 'ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace';

/** Signs that many fonts lack, as paths in a cell; their text is there, too, unseen. */
const drawn: Record<string, string> = { '⧗': 'M1 5h6.4L1 15h6.4z' };
/** One of those, or what stands between them, up to two blanks. */
const pieces = /⧗|[^ ⧗]+(?: [^ ⧗]+)*/g;

/**
 * The lines of a screen as an SVG document. Text is text, one element for each run, held to its cells by `textLength`
 * whatever the font (on `text`, since Firefox knows that attribute on no `tspan`); runs are broken where blanks stand
 * between columns, so that a font that is too wide or too narrow moves no column.
 */
export function renderSvg(lines: Run[][], { title, columns, theme }: Picture): string {
  const width = Math.ceil(columns * cell.width + 2 * padding.x);
  const height = lines.length * cell.height + 2 * padding.y;
  const marks = lines.flatMap((line, row) => backgrounds(line, row, theme));
  const texts = lines.flatMap((line, row) => line.flatMap((run) => renderRun(run, row, theme)));
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8" fill="${theme.background}" stroke="${theme.border}"/>`,
    ...marks,
    `<g font-family="${fonts}" font-size="${fontSize}" fill="${theme.text}" xml:space="preserve">`,
    ...texts,
    '</g>',
    '</svg>',
  ].join('\n')}\n`;
}

const left = (column: number) => number(padding.x + column * cell.width);
const top = (row: number) => padding.y + row * cell.height;
const number = (n: number) => String(Math.round(n * 10) / 10);
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** The backgrounds of a line; runs beside each other on the same one share a rectangle. */
function backgrounds(line: Run[], row: number, theme: Theme): string[] {
  const areas: { column: number; width: number; fill: string }[] = [];
  for (const { column, width, style } of line) {
    const fill = backgroundOf(style, theme);
    const last = areas.at(-1);
    if (fill === null) continue;
    if (last?.fill === fill && last.column + last.width === column) last.width += width;
    else areas.push({ column, width, fill });
  }
  return areas.map(
    ({ column, width, fill }) =>
      `<rect x="${left(column)}" y="${top(row)}" width="${number(width * cell.width)}" height="${cell.height}" fill="${fill}"/>`,
  );
}

function renderRun({ column, text, style }: Run, row: number, theme: Theme): string[] {
  return Array.from(text.matchAll(pieces), ({ 0: words, index }) => {
    const x = left(column + cells(text.slice(0, index)));
    const length = number(cells(words) * cell.width);
    const look = attributesOf(style, theme);
    const path = drawn[words];
    const sign = path === undefined ? '' : `<path transform="translate(${x} ${top(row)})" d="${path}"${look}/>`;
    const ofText = path === undefined ? look : ' fill-opacity="0"';
    return `${sign}<text x="${x}" y="${top(row) + baseline}" textLength="${length}"${ofText}>${escaped(words)}</text>`;
  });
}

function attributesOf(style: Style, theme: Theme): string {
  const { bold, dim, underline, inverse, foreground, background } = style;
  const colour = inverse ? (hex(background, theme) ?? theme.background) : hex(foreground, theme);
  const fill = colour ?? (dim ? theme.dim : null);
  return [
    fill === null ? '' : ` fill="${fill}"`,
    dim && colour !== null ? ' fill-opacity=".7"' : '',
    bold ? ' font-weight="700"' : '',
    underline ? ' text-decoration="underline"' : '',
  ].join('');
}

function backgroundOf({ inverse, foreground, background }: Style, theme: Theme): string | null {
  return inverse ? (hex(foreground, theme) ?? theme.text) : hex(background, theme);
}

/** A colour as SVG writes it; null for the default. */
function hex(colour: Colour, { colours }: Theme): string | null {
  if (colour === null || typeof colour === 'string') return colour;
  if (colours[colour] !== undefined) return colours[colour];
  // xterm's cube of 6 x 6 x 6, then its greys.
  const step = (n: number) => (n === 0 ? 0 : 55 + 40 * n);
  const n = colour - 16;
  const grey = 8 + 10 * (colour - 232);
  const parts = colour >= 232 ? [grey, grey, grey] : [Math.floor(n / 36), Math.floor(n / 6) % 6, n % 6].map(step);
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}
