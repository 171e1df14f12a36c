import { withoutSequences } from '../core/text.ts';

const ascii = /^[\0-\x7f]*$/;
/** What begins a sequence that a terminal would obey. */
const commanding = /[\x1b\x80-\x9f]/;
/** What stands on, in or beside a letter without being one: marks, joiners, variation selectors. */
const loose = /[\p{M}\p{Cf}]+/gu;

/**
 * A text as it is searched: compatibility forms and marks taken apart and the marks left out, lower case, white space as
 * one blank: `Ｗｅｂ　Ré-\nsumé` is `web re- sume`.
 */
export function fold(raw: string): string {
  const text = commanding.test(raw) ? withoutSequences(raw) : raw;
  const plain = ascii.test(text)
    ? text.toLowerCase()
    : text.toWellFormed().normalize('NFKD').replace(loose, '').toLowerCase().replace(loose, '').replaceAll('ς', 'σ');
  return plain.replace(/\s+/g, ' ').trim();
}

const letter = /[\p{L}\p{N}]/u;
/** Scripts that put no blanks between words; Hangul does, but builds long words of short ones. */
const blankless =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u3005-\u3007\u30fc]/u;

/** Whether a character goes on with the word that one like it began: a letter or a digit of a script with blanks. */
export function joinsWords(character: string): boolean {
  return letter.test(character) && !blankless.test(character);
}

/** Whether a folded text is met anywhere: it begins in no such word. */
export function isMetAnywhere(text: string): boolean {
  return !joinsWords(String.fromCodePoint(text.codePointAt(0) ?? 0));
}
