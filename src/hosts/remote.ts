// What another box is told: for its login shell, which may be any that reads single quotes: sh, bash, zsh, fish, csh.
// So no text that stands between them holds a quote, an exclamation mark, a line end or a pair of backslashes.

/** The variable that a wt has which was asked by another box: it lists no boxes itself. */
export const askedVariable = 'WT_HOSTS_ASKED';

const path = 'PATH="$PATH:$HOME/.local/bin"; export PATH';

/** Asks for the sessions, as JSON of at most `most`; what a start-up file left on the line is ended first. */
export function listCommand(most: number): string {
  return `sh -c '${path}; ${askedVariable}=1; export ${askedVariable}; echo; exec wt --json -n ${most}'`;
}

/**
 * Has wt there carry out these words. Whatever they hold, no shell reads it: what is not plain is written as the octal
 * numbers of its bytes, and put together again by printf.
 */
export function wtCommand(words: readonly string[]): string {
  return `sh -c '${path}; exec wt ${words.map(word).join(' ')}'`;
}

function word(text: string): string {
  if (/^[A-Za-z0-9_./:@%+=,-]+$/.test(text)) return text;
  // $( ) takes line ends away from the end of a text; a word has none there.
  const bytes = Array.from(new TextEncoder().encode(text.replace(/\n+$/, '')), octal).join('');
  return `"$(printf %b "${bytes}")"`;
}

function octal(byte: number): string {
  const char = String.fromCharCode(byte);
  return /[A-Za-z0-9]/.test(char) ? char : `\\0${byte.toString(8).padStart(3, '0')}`;
}
