import type { Entry } from '../core/conversation.ts';
import { asciiOnly, cleanLines, cut } from '../core/text.ts';
import { type Look, type Painter, same, signs } from './look.ts';
import { wrap } from './wrap.ts';

/**
 * A conversation as lines, none wider than the terminal: prompts behind `>`, answers as they are, each tool call on one
 * line, an empty line between them. `longest` is how many UTF-16 units of one text are shown.
 */
export function renderConversation(entries: Entry[], look: Look, longest: number = Number.POSITIVE_INFINITY): string[] {
  return entries.flatMap((entry, index) => {
    const lines = renderEntry(entry, look, longest);
    const isJoined = index === 0 || (entry.kind === 'calls' && entries[index - 1]!.kind === 'calls');
    return isJoined || lines.length === 0 ? lines : ['', ...lines];
  });
}

/** One entry as lines. */
function renderEntry({ kind, text }: Entry, look: Look, longest: number): string[] {
  const { paint } = look;
  const { ellipsis, dot } = signs(look.utf8);
  const shown = text.length > longest ? `${text.slice(0, longest)} ${ellipsis}` : text;
  switch (kind) {
    case 'prompt':
      return hanging('> ', shown, look, paint.yellow, paint.bold);
    case 'note':
      return hanging('> ', shown, look, paint.dim, paint.dim);
    case 'answer':
      return hanging('', shown, look, same, same);
    case 'calls':
      return linesOf(shown, look).map((line) => paint.dim(cut(`${dot} ${line.trim()}`, look.columns, ellipsis)));
    case 'failure':
      return hanging(look.utf8 ? '✗ ' : 'x ', shown, look, paint.red, paint.red);
    case 'interruption':
      return hanging(look.utf8 ? '✗ ' : 'x ', shown, look, paint.yellow, paint.yellow);
  }
}

/** A text in lines behind a sign; what follows its first line stands below its beginning. */
function hanging(sign: string, text: string, look: Look, ofSign: Painter, ofText: Painter): string[] {
  const columns = Math.max(1, look.columns - sign.length);
  const lines = linesOf(text, look).flatMap((line) =>
    line === '' ? [''] : wrap(line, columns, Number.POSITIVE_INFINITY, signs(look.utf8).ellipsis),
  );
  return lines.map((line, index) => {
    const begin = sign === '' ? '' : index === 0 ? ofSign(sign) : ' '.repeat(sign.length);
    return line === '' ? '' : `${begin}${ofText(line)}`;
  });
}

function linesOf(text: string, look: Look): string[] {
  const lines = cleanLines(text);
  return look.utf8 ? lines : lines.map(asciiOnly);
}
