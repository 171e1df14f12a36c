import { expect, test } from 'vitest';
import { decodeKeys, isTyped, settleKeys } from '../../src/screen/keys.ts';

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'));

test.each<[string, string[]]>([
  ['jk', ['j', 'k']],
  ['\x1b[A\x1b[B', ['up', 'down']],
  ['\x1bOA\x1bOB', ['up', 'down']],
  ['\x1b[1;5A', ['up']],
  ['\x1b[C', ['right']],
  ['\x1b[5~\x1b[6~', ['pageup', 'pagedown']],
  [
    '\x1b[H\x1b[F\x1bOH\x1bOF\x1b[1~\x1b[4~\x1b[7~\x1b[8~',
    ['home', 'end', 'home', 'end', 'home', 'end', 'home', 'end'],
  ],
  ['\r', ['enter']],
  ['\n\x0b', ['ctrl+j', 'ctrl+k']],
  ['\x7f\x08', ['backspace', 'backspace']],
  ['\t', ['tab']],
  ['\x03\x1a', ['ctrl+c', 'ctrl+z']],
  ['\x1bq', ['escape', 'q']],
  ['\x1b\x1b[A', ['escape', 'up']],
  ['\x1b[200~x\x1b[201~', ['paste', 'x']],
  ['\x1b[[Ax\x1bOP\x1b[11~', ['f1', 'x', 'f1', 'f1']],
  ['\x1b[1;2A\x1b[1;2B\x1b[a\x1b[b', ['shift+up', 'shift+down', 'shift+up', 'shift+down']],
  ['\x14\x06\x18\x0e\x12\x04\x13', ['ctrl+t', 'ctrl+f', 'ctrl+x', 'ctrl+n', 'ctrl+r', 'ctrl+d', 'ctrl+s']],
  ['\x1b[24~\x1b[?1;2c', []],
  ['\x1b[1\x03', ['ctrl+c']],
  ['\x00\x1b[M\x1f', ['enter']],
  ['\xff\x80\xc0\xafx', ['x']],
  ['\xc3x', ['x']],
  ['\xc2\x9bx', ['x']],
  ['\xed\xa0\x80', []],
])('the keys of %j', (text, keys) => {
  expect(decodeKeys(bytes(text))).toEqual({ keys, rest: new Uint8Array() });
});

test('characters beyond ASCII are one key each', () => {
  expect(decodeKeys(Buffer.from('é登🚀')).keys).toEqual(['é', '登', '🚀']);
  expect(['é', '登', '🚀', 'j', ' '].every(isTyped)).toBe(true);
  expect(['up', 'enter', 'ctrl+c', ''].some(isTyped)).toBe(false);
});

test('however the bytes are split over reads, the keys are the same', () => {
  const all = Buffer.from('a\x1b[A\x1bOBé\x1b[1;5H🚀\x1b[6~\r');
  const whole = decodeKeys(all).keys;
  expect(whole).toEqual(['a', 'up', 'down', 'é', 'home', '🚀', 'pagedown', 'enter']);
  for (let first = 0; first <= all.length; first++) {
    const keys: string[] = [];
    let rest: Uint8Array = new Uint8Array();
    for (const part of [all.subarray(0, first), all.subarray(first)]) {
      const step = decodeKeys(Buffer.concat([rest, part]));
      keys.push(...step.keys);
      rest = step.rest;
    }
    expect(keys, `split after ${first} bytes`).toEqual(whole);
  }
});

test('an Escape that nothing follows is a key, a sequence that broke off is none', () => {
  expect(decodeKeys(bytes('\x1b'))).toEqual({ keys: [], rest: new Uint8Array([0x1b]) });
  expect(settleKeys(bytes('\x1b'))).toEqual(['escape']);
  expect(settleKeys(bytes('\x1b['))).toEqual([]);
  expect(settleKeys(bytes('\xc3'))).toEqual([]);
  expect(settleKeys(bytes(''))).toEqual([]);
});
