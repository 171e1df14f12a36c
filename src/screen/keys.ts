/**
 * A key: the one character that was typed, or, in two letters or more, the name of a key that types none
 * (`up`, `enter`, `ctrl+c`).
 */
export type Key = string;

/** What comes from a keyboard: a key, or text that was pasted as one piece. */
export type Input = { is: 'key'; key: Key } | { is: 'paste'; text: string };

/** The key that stands for the beginning of pasted text, and the bytes at its end (bracketed paste, as xterm has it). */
export const pasteBegins: Key = 'paste';
export const pasteEnds = '\x1b[201~';

/** True for a key that types a character. */
export function isTyped(key: Key): boolean {
  return key !== '' && key.length === String.fromCodePoint(key.codePointAt(0)!).length;
}

const esc = 0x1b;

/** Control characters that are known by another name than Ctrl and a letter. */
const controls: Record<number, Key> = { 8: 'backspace', 9: 'tab', 13: 'enter', 127: 'backspace' };

/** Final letters of CSI and SS3 sequences, and the numbers before `~`, as xterm, rxvt and the Linux console send them. */
const letters: Record<string, Key> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  M: 'enter',
  P: 'f1',
  a: 'shift+up',
  b: 'shift+down',
};
const numbers: Record<string, Key> = {
  1: 'home',
  3: 'delete',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
  11: 'f1',
  200: pasteBegins,
};

/**
 * The keys in the bytes of a terminal, and the bytes at the end that may be the beginning of one more key. Escape
 * sequences that name no key of ours and bytes that are no UTF-8 are dropped.
 */
export function decodeKeys(bytes: Uint8Array): { keys: Key[]; rest: Uint8Array } {
  const keys: Key[] = [];
  let at = 0;
  while (at < bytes.length) {
    const next = bytes[at] === esc ? afterEscape(bytes, at) : character(bytes, at);
    if (next === null) break;
    if (next.key !== null) keys.push(next.key);
    at = next.end;
  }
  return { keys, rest: bytes.slice(at) };
}

/** What was meant by bytes that nothing has followed for a while: a lone Escape, or a sequence that broke off. */
export function settleKeys(rest: Uint8Array): Key[] {
  return rest.length === 1 && rest[0] === esc ? ['escape'] : [];
}

type Next = { key: Key | null; end: number } | null;

function afterEscape(bytes: Uint8Array, at: number): Next {
  const introducer = bytes[at + 1];
  if (introducer === undefined) return null;
  if (introducer === 0x4f) return singleShift(bytes, at);
  if (introducer === 0x5b) return sequence(bytes, at);
  // Alt and a character looks the same as Escape and then that character: it is taken as the latter.
  return { key: 'escape', end: at + 1 };
}

/** ESC O letter: arrows and the like in application mode. */
function singleShift(bytes: Uint8Array, at: number): Next {
  const letter = bytes[at + 2];
  if (letter === undefined) return null;
  return { key: letters[String.fromCharCode(letter)] ?? null, end: at + 3 };
}

/** ESC [ parameters letter; the Linux console's function keys are ESC [ [ letter. */
function sequence(bytes: Uint8Array, at: number): Next {
  let end = at + 2;
  if (bytes[end] === 0x5b) {
    return bytes.length > end + 1 ? { key: bytes[end + 1] === 0x41 ? 'f1' : null, end: end + 2 } : null;
  }
  while (end < bytes.length && bytes[end]! >= 0x20 && bytes[end]! <= 0x3f) end += 1;
  const final = bytes[end];
  if (final === undefined) return null;
  if (final < 0x40 || final > 0x7e) return { key: null, end };
  const parameters = Buffer.from(bytes.subarray(at + 2, end)).toString('latin1');
  const letter = String.fromCharCode(final);
  const [first = '', modifier] = parameters.split(';');
  const key = letter === '~' ? numbers[first] : letters[letter];
  const isShifted = modifier === '2' && (key === 'up' || key === 'down');
  return { key: isShifted ? `shift+${key}` : (key ?? null), end: end + 1 };
}

function control(byte: number): Key | null {
  const isLetter = byte >= 1 && byte <= 26;
  return controls[byte] ?? (isLetter ? `ctrl+${String.fromCharCode(byte + 0x60)}` : null);
}

function character(bytes: Uint8Array, at: number): Next {
  const first = bytes[at]!;
  if (first < 0x20 || first === 0x7f) return { key: control(first), end: at + 1 };
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0) return { key: null, end: at + 1 };
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return null;
    if ((byte & 0xc0) !== 0x80) return { key: null, end: at + i };
  }
  const key = Buffer.from(bytes.subarray(at, at + length)).toString('utf8');
  return { key: isTyped(key) && (length === 1 || key >= '\u00a0') ? key : null, end: at + length };
}
