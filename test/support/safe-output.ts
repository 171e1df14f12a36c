import stringWidth from 'string-width';

function* range(from: number, to: number): Generator<number> {
  for (let code = from; code <= to; code++) yield code;
}

/** What no output may hold: controls (the newline apart), C1, bidi controls, zero-width and other invisible characters. */
const forbiddenCodes = [
  ...range(0x00, 0x09),
  ...range(0x0b, 0x1f),
  ...range(0x7f, 0x9f),
  ...[0xad, 0x61c, 0x180e, 0x200b, 0x200e, 0x200f, 0xfeff],
  ...range(0x2028, 0x202e),
  ...range(0x2060, 0x206f),
  ...range(0xfff9, 0xfffb),
  0xe0001,
  ...range(0xe0020, 0xe007f),
];

/** By the first byte of their UTF-8 form: the rest of it, and the name. */
const forbidden = new Map<number, { rest: Buffer; name: string }[]>();
for (const code of forbiddenCodes) {
  const bytes = Buffer.from(String.fromCodePoint(code));
  const name = `U+${code.toString(16).padStart(4, '0').toUpperCase()}`;
  forbidden.set(bytes[0]!, [...(forbidden.get(bytes[0]!) ?? []), { rest: bytes.subarray(1), name }]);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** wt's own colours, and nothing else that begins with ESC. */
const colours = /\x1b\[(?:0|1|2|22|3[1-6]|39)m/g;

/** The output without wt's own colours. */
export function uncoloured(output: Buffer): Buffer {
  return output.includes(0x1b) ? Buffer.from(output.toString('latin1').replaceAll(colours, ''), 'latin1') : output;
}

/**
 * The first thing in an output that no terminal should be sent, looked for byte by byte; null where there is none.
 * `allowed` are single bytes that have a meaning here, as the tab has between a word and its explanation.
 */
export function faultIn(output: Buffer, allowed = ''): string | null {
  for (let at = 0; at < output.length; at++) {
    const suspects = forbidden.get(output[at]!);
    if (suspects === undefined) continue;
    for (const { rest, name } of suspects) {
      if (rest.length === 0 && allowed.includes(String.fromCharCode(output[at]!))) continue;
      if (output.subarray(at + 1, at + 1 + rest.length).equals(rest))
        return `${name} at byte ${at}: ${around(output, at)}`;
    }
  }
  try {
    utf8.decode(output);
    return null;
  } catch {
    return 'not UTF-8';
  }
}

function around(output: Buffer, at: number): string {
  return JSON.stringify(output.toString('utf8', Math.max(0, at - 40), at + 40));
}

/** The first line that is wider than `columns` cells by string-width's own measure; null where there is none. */
export function tooWide(lines: string[], columns: number): string | null {
  for (const line of lines) {
    const width = /^[ -~]*$/.test(line) ? line.length : stringWidth(line);
    if (width > columns) return `${width} cells instead of ${columns}: ${JSON.stringify(line)}`;
  }
  return null;
}
