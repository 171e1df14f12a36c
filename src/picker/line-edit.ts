import { clean, graphemes } from '../core/text.ts';
import { isTyped, type Key } from '../screen/keys.ts';

/** A line that is being typed: what stands before the cursor, and behind it. */
export interface Line {
  before: string;
  after: string;
}

export const emptyLine: Line = { before: '', after: '' };

/** A line takes no more UTF-16 units. */
const longest = 400;

/** All of a line. */
export function textOf({ before, after }: Line): string {
  return before + after;
}

/** A line with the cursor at its end. */
export function lineOf(text: string): Line {
  return { before: text, after: '' };
}

/** The line after a key, edited as fzf and readline do; null where the key edits nothing. */
export function edit(line: Line, key: Key): Line | null {
  const { before, after } = line;
  if (isTyped(key)) return insert(line, key);
  switch (key) {
    case 'backspace':
      return { before: graphemes(before).slice(0, -1).join(''), after };
    case 'delete':
      return { before, after: graphemes(after).slice(1).join('') };
    case 'ctrl+w':
      return { before: before.replace(/\S+\s*$/, ''), after };
    case 'ctrl+u':
      return { before: '', after };
    case 'left': {
      const last = graphemes(before).at(-1) ?? '';
      return { before: before.slice(0, before.length - last.length), after: last + after };
    }
    case 'right': {
      const first = graphemes(after)[0] ?? '';
      return { before: before + first, after: after.slice(first.length) };
    }
    case 'ctrl+a':
      return { before: '', after: before + after };
    case 'ctrl+e':
      return { before: before + after, after: '' };
    default:
      return null;
  }
}

/** The line with a text put in at the cursor. */
export function insert({ before, after }: Line, text: string): Line {
  const room = Math.max(0, longest - before.length - after.length);
  return { before: before + text.slice(0, room), after };
}

/** Pasted text as a line takes it: what would act is gone, line ends are spaces. */
export function pasted(text: string): string {
  return clean(text.slice(0, longest * 4));
}
