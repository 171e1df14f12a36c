import { cells, graphemes } from '../../src/core/text.ts';

/** A colour of a terminal: one of its 256, or `#rrggbb`; null is the default. */
export type Colour = number | string | null;

/** How a cell looks. */
export interface Style {
  bold: boolean;
  dim: boolean;
  underline: boolean;
  inverse: boolean;
  foreground: Colour;
  background: Colour;
}

/** Cells of one look beside each other in a line. */
export interface Run {
  /** The first cell, and how many there are; a wide character has two. */
  column: number;
  width: number;
  text: string;
  style: Style;
}

/** The look of a terminal before anything was said. */
export const plainStyle: Style = {
  bold: false,
  dim: false,
  underline: false,
  inverse: false,
  foreground: null,
  background: null,
};

/**
 * What a terminal shows, as `tmux capture-pane -e` writes it: each line as runs of one look, blanks without a look at its
 * end left out. Only SGR is obeyed; other CSI sequences are dropped.
 */
export function parseScreen(captured: string): Run[][] {
  let style = plainStyle;
  return captured
    .replace(/\n+$/, '')
    .split('\n')
    .map((line) => {
      const runs: Run[] = [];
      let column = 0;
      // Texts stand at the even places, the sequences between them at the odd ones.
      for (const [place, part] of line.split(/(\x1b\[[0-9;:?]*[A-Za-z])/).entries()) {
        if (place % 2 === 1) {
          if (part.endsWith('m')) style = applySgr(style, part.slice(2, -1));
          continue;
        }
        for (const grapheme of graphemes(part)) {
          const width = cells(grapheme);
          const last = runs.at(-1);
          if (last !== undefined && isSame(last.style, style)) {
            last.text += grapheme;
            last.width += width;
          } else {
            runs.push({ column, width, text: grapheme, style });
          }
          column += width;
        }
      }
      return withoutEmptyEnd(runs);
    });
}

function isSame(one: Style, other: Style): boolean {
  return (Object.keys(plainStyle) as (keyof Style)[]).every((name) => one[name] === other[name]);
}

function withoutEmptyEnd(runs: Run[]): Run[] {
  const last = runs.at(-1);
  if (last === undefined || last.style.background !== null || last.style.inverse) return runs;
  const text = last.text.trimEnd();
  const end = { ...last, text, width: last.width - (last.text.length - text.length) };
  return text === '' ? runs.slice(0, -1) : [...runs.slice(0, -1), end];
}

/** A look after the parameters of an SGR sequence (ECMA-48 8.3.117, with xterm's 38, 48, 90-97 and 100-107). */
function applySgr(before: Style, parameters: string): Style {
  let style = before;
  const codes = parameters.split(';').map((code) => Number.parseInt(code || '0', 10));
  while (codes.length > 0) {
    const code = codes.shift()!;
    if (code === 0) style = plainStyle;
    else if (code === 1) style = { ...style, bold: true };
    else if (code === 2) style = { ...style, dim: true };
    else if (code === 4) style = { ...style, underline: true };
    else if (code === 7) style = { ...style, inverse: true };
    else if (code === 22) style = { ...style, bold: false, dim: false };
    else if (code === 24) style = { ...style, underline: false };
    else if (code === 27) style = { ...style, inverse: false };
    else if (code === 38) style = { ...style, foreground: extendedColour(codes) };
    else if (code === 39) style = { ...style, foreground: null };
    else if (code === 48) style = { ...style, background: extendedColour(codes) };
    else if (code === 49) style = { ...style, background: null };
    else if (code >= 30 && code <= 37) style = { ...style, foreground: code - 30 };
    else if (code >= 40 && code <= 47) style = { ...style, background: code - 40 };
    else if (code >= 90 && code <= 97) style = { ...style, foreground: code - 90 + 8 };
    else if (code >= 100 && code <= 107) style = { ...style, background: code - 100 + 8 };
  }
  return style;
}

/** The colour behind a 38 or 48; takes its parameters off the list. */
function extendedColour(codes: number[]): Colour {
  const kind = codes.shift();
  if (kind === 5) return codes.shift() ?? null;
  if (kind !== 2) return null;
  return `#${codes
    .splice(0, 3)
    .map((part) => part.toString(16).padStart(2, '0'))
    .join('')}`;
}
