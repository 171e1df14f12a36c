import { cells, cut } from '../core/text.ts';

/** How a part of a row is coloured; picocolors' formatters, or none. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
  magenta(text: string): string;
}

export type Painter = (text: string) => string;

/** Leaves text as it is. */
export const same: Painter = (text) => text;

/** The paint of a screen without colours. */
export const unpainted: Paint = {
  bold: same,
  dim: same,
  red: same,
  green: same,
  yellow: same,
  cyan: same,
  magenta: same,
};

/** What the look of rows depends on, besides the sessions. */
export interface Look {
  /** Milliseconds since the epoch. */
  now: number;
  /** Cells in a line. */
  columns: number;
  utf8: boolean;
  paint: Paint;
}

/** Ellipsis, separator and dash for a terminal with or without UTF-8. */
export function signs(utf8: boolean): { ellipsis: string; dot: string; dash: string } {
  return utf8 ? { ellipsis: '…', dot: '·', dash: '—' } : { ellipsis: '...', dot: '-', dash: '-' };
}

/** Joins texts, each painted by the painter at its place, the whole cut to `columns` cells. */
export function paintWithin(texts: string[], paints: Painter[], columns: number, ellipsis: string): string {
  let line = '';
  if (cells(texts.join('')) <= columns) {
    for (let at = 0; at < texts.length; at++) if (texts[at] !== '') line += paints[at]!(texts[at]!);
    return line;
  }
  const end = cells(ellipsis) <= columns ? ellipsis : '';
  let room = columns - cells(end);
  for (const [at, text] of texts.entries()) {
    if (text === '') continue;
    const part = cut(text, room, '');
    room -= cells(part);
    if (part !== text) return line + paints[at]!(part + end);
    line += paints[at]!(part);
  }
  return line;
}

/** Cells of a painted line. */
export function cellsOf(line: string): number {
  return cells(line.replace(/\x1b\[[0-9;]*m/g, ''));
}
