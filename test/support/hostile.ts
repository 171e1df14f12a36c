import type { Random } from './random.ts';

const esc = '\x1b';

/** Parts that hostile texts are made of, by what they try. Each is made anew, for it may hold chance. */
const parts: Record<string, (random: Random) => string> = {
  words: (random) => random.pick(['Fix the redirect', 'rm -rf build', 'a', '  two  blanks  ', 'docker compose down']),
  csi: (random) =>
    random.pick([
      `${esc}[31m`,
      `${esc}[2J${esc}[H`,
      `${esc}[?1049h`,
      `${esc}[6n`,
      `${esc}[20t`,
      `${esc}[8m`,
      `${esc}[`,
    ]),
  osc: (random) =>
    random.pick([
      `${esc}]0;root@box\x07`,
      `${esc}]8;;http://evil.example/\x1b\\click${esc}]8;;\x1b\\`,
      `${esc}]52;c;ZXZpbAo=\x07`,
      `${esc}]52;c;ZXZpbAo=\x9c`,
      `${esc}]0;never ended`,
      `${esc}]1337;File=inline=1:AAAA\x07`,
    ]),
  dcs: (random) =>
    random.pick([
      `${esc}P$q"p${esc}\\`,
      `${esc}P+q544e${esc}\\`,
      `${esc}_Gf=100;AAAA${esc}\\`,
      `${esc}^x${esc}\\`,
      `${esc}Xx`,
    ]),
  escapes: (random) => random.pick([`${esc}c`, `${esc}7`, `${esc}(0`, `${esc}#8`, `${esc} F`, `${esc}${esc}[A`, esc]),
  c1: (random) => random.pick(['\x9b31m', '\x9d0;t\x07', '\x90q\x9c', '\x85', '\x84', '\x9c', '\x80', '\x9f']),
  c0: (random) => String.fromCharCode(random.int(0, 31)).repeat(random.int(1, 3)) + random.pick(['', '\x7f', '\0']),
  overwrite: (random) => random.pick(['honest\revil  ', 'abc\b\b\bxyz', 'line\nbelow', '\x0b\x0c', '\r\n\r\n']),
  bidi: (random) =>
    random.pick([...'\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c']) + 'txt.exe',
  zeroWidth: (random) =>
    random.pick([...'\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e\u2061\u2064\u206a']).repeat(random.int(1, 20)),
  separators: (random) => random.pick([...'\u2028\u2029\u0085\u00a0\u3000\u2003\u1680']),
  tags: (random) => random.pick(['\u{e0001}', '\u{e0041}\u{e007f}', '🏴\u{e0067}\u{e0062}\u{e007f}', '\ufff9x\ufffb']),
  surrogates: (random) => random.pick(['\ud800', '\udfff', '\udc00\ud800', 'x\ud83d', '\ude00x']),
  combining: (random) =>
    'a' + random.pick(['\u0301', '\u0336', '\u20dd', '\u0e47', '\u0489']).repeat(random.int(1, 200)),
  wide: (random) =>
    random.pick([
      '日本語のタイトル',
      '한국어',
      '👩‍👩‍👧‍👦',
      '🇩🇪🇫',
      '👍🏽',
      '❤️',
      '1️⃣',
      'ﷺ',
      '\u0bcc\u0bcc',
      'ｆｕｌｌ',
      '⌚︎',
    ]),
  jamo: (random) =>
    random.pick(['\u1100', '\u1100\u1161', '\u11a8', '\u1100\u1100\u1161\u11a8']).repeat(random.int(1, 40)),
  oddScripts: (random) =>
    random.pick(['নমস্কার', 'ကျေးဇူး', 'นี่', 'שלום', 'مرحبا', 'ཧཱུྃ', '\u115f\u1160', '\u3164', 'क्‍ष', '𒐫', '\u1d17a']),
  shell: (random) =>
    random.pick([
      '$(touch was-run)',
      '`touch was-run`',
      '; touch was-run;',
      "' ; touch was-run; '",
      '" $HOME',
      '\\',
      '!!',
      '$IFS',
    ]),
  formats: (random) => random.pick(['%n%s%x', '#(touch was-run)', '#[fg=red]', '#{pane_id}', '{{x}}', '%%', '~', '*']),
  options: (random) => random.pick(['--help', '-rf', '--', '-', '--resume=x', '--dangerously-skip-permissions']),
  markup: (random) =>
    random.pick(['<script>', '<command-name>/x</command-name>', '<b-c>', '","state":"live","x":"', '\\u001b[31m']),
};

/** What hostile texts try, by name. */
export const kinds = Object.keys(parts);

/** A text of one to six hostile parts. */
export function hostileText(random: Random): string {
  let text = '';
  for (let left = random.int(1, 6); left > 0; left--) text += parts[random.pick(kinds)]!(random);
  return text;
}

/** A very long hostile text, of at least `units` UTF-16 units. */
export function hostileFlood(random: Random, units: number): string {
  const piece = Array.from({ length: random.int(1, 4) }, () => hostileText(random)).join('') || 'x';
  return piece.repeat(Math.ceil(units / piece.length));
}

/** A name that a folder can have: hostile, without NUL and slash, at most 200 bytes, no lone surrogates. */
export function hostileName(random: Random): string {
  let name = '';
  for (const char of hostileText(random).toWellFormed().replaceAll(/[\0/]/g, '')) {
    if (Buffer.byteLength(name + char) > 200) break;
    name += char;
  }
  return name === '' || name === '.' || name === '..' ? '-' : name;
}

/**
 * Bytes of text as JSON spoilt below the level of characters: raw C1 bytes, overlong forms, cut sequences, encoded
 * surrogates. `json` must hold the word SPOIL where they shall stand.
 */
export function spoilt(random: Random, json: string): Buffer {
  const [before = '', after = ''] = json.split('SPOIL');
  const bad = random.pick([
    [0x9b, 0x33, 0x31, 0x6d],
    [0xc0, 0x9b],
    [0xc1, 0xbf],
    [0xe0, 0x82, 0x9b],
    [0xe2, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf0, 0x9f, 0x98],
    [0xf5, 0x80, 0x80, 0x80],
    [0xff, 0xfe],
    [0x80, 0x85, 0x9d],
  ]);
  return Buffer.concat([Buffer.from(before), Buffer.from(bad), Buffer.from(after)]);
}
