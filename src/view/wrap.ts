import { cells, cut, graphemes } from '../core/text.ts';

/** Clean text in lines of at most `columns` cells, broken at spaces where it can be; past `most` lines it is cut. */
export function wrap(text: string, columns: number, most: number, ellipsis: string): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest !== '' && lines.length < most) {
    if (fits(rest, columns)) {
      lines.push(rest);
      break;
    }
    if (lines.length === most - 1) {
      lines.push(cut(rest.slice(0, longestIn(columns)), columns, ellipsis));
      break;
    }
    const line = beginning(rest, columns);
    if (line === '') break;
    lines.push(line.trimEnd());
    rest = rest.slice(line.length).trimStart();
  }
  return lines;
}

/** No text of more UTF-16 units fits: most graphemes take a cell, and the marks on one are bounded by cleaning. */
function longestIn(columns: number): number {
  return columns * 10 + 10;
}

function fits(text: string, columns: number): boolean {
  return text.length <= longestIn(columns) && cells(text) <= columns;
}

/** The beginning of a text that fits, up to its last space if it has one. */
function beginning(text: string, columns: number): string {
  const head = text.slice(0, columns + 1);
  let kept = '';
  let used = 0;
  if (isAscii(head)) return brokenAtSpace(text, head.slice(0, columns));
  for (const grapheme of graphemes(text.slice(0, longestIn(columns)))) {
    used += cells(grapheme);
    if (used > columns) break;
    kept += grapheme;
  }
  return brokenAtSpace(text, kept);
}

function brokenAtSpace(text: string, kept: string): string {
  if (kept.length === text.length || text[kept.length] === ' ') return kept;
  const space = kept.trimStart() === '' ? -1 : kept.lastIndexOf(' ');
  const indent = kept.length - kept.trimStart().length;
  return space > indent ? kept.slice(0, space) : kept;
}

function isAscii(text: string): boolean {
  return /^[ -~]*$/.test(text);
}
