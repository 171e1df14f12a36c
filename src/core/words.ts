import { UserError } from '../errors.ts';
import { quote } from './plan.ts';

/**
 * Splits a text into words as a shell does: on blanks, with '…', "…" and \ for what holds some. Nothing is expanded.
 * Null where a quote is not closed or nothing follows the last backslash.
 */
export function splitWords(text: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (/[ \t\r\n]/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (char === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) return null;
      word = (word ?? '') + text.slice(at + 1, end);
      at = end;
    } else if (char === '"') {
      const quoted = /^"((?:[^"\\]|\\[\s\S])*)"/.exec(text.slice(at));
      if (quoted === null) return null;
      word = (word ?? '') + quoted[1]!.replace(/\\(["\\$`])/g, '$1');
      at += quoted[0].length - 1;
    } else {
      if (char === '\\') at += 1;
      if (at >= text.length) return null;
      word = (word ?? '') + text[at];
    }
  }
  if (word !== null) words.push(word);
  return words;
}

/**
 * The arguments of every start of an agent's program: the words of `WT_CLAUDE_ARGS`, where `agent` is `claude`. Throws
 * UserError where it has none.
 */
export function startArguments(agent: string, env: Readonly<Record<string, string | undefined>>): string[] {
  const variable = `WT_${agent.toUpperCase()}_ARGS`;
  const words = splitWords(env[variable] ?? '');
  if (words === null) throw new UserError(`${variable} has a quote that is not closed: mend it, or unset it`);
  return words;
}

const plain = /^[\w@%+=:,./-]+$/;

/** Words as a line that can be pasted into a shell; without `utf8` in ASCII alone. */
export function inShell(words: string[], utf8 = true): string {
  const quoted = (word: string) => (utf8 ? quote(word) : quote(word, /[^ -~]/u));
  return words.map((word) => (plain.test(word) ? word : quoted(word))).join(' ');
}
