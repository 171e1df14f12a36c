import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type LineReader, readLinesBackward, readLinesForward } from '../../src/machine/lines.ts';
import { withRegularFile } from '../../src/machine/regular-file.ts';
import { random, runSeed } from '../support/random.ts';
import { scratch } from '../support/wt.ts';

interface Taken {
  at: number;
  text: string;
}

/** The lines that a reader is given, by where they begin. */
function lines(
  bytes: Buffer | string,
  how: (file: Parameters<typeof readLinesForward>[0], reader: LineReader) => void,
): Taken[] {
  using home = scratch();
  const path = join(home.home, 'lines');
  writeFileSync(path, bytes);
  const taken: Taken[] = [];
  withRegularFile(path, (file) =>
    how(file, {
      take(line) {
        const text = line.text();
        expect(line.bytes().toString()).toBe(text);
        expect(line.length).toBe(line.bytes().length);
        expect(line.start(10)).toBe(line.bytes().toString('latin1').slice(0, line.start(10).length));
        taken.push({ at: line.at, text });
        return true;
      },
    }),
  );
  return taken;
}

const forward = (bytes: Buffer | string, from = 0, most = Number.POSITIVE_INFINITY) =>
  lines(bytes, (file, reader) => readLinesForward(file, from, most, reader));
const backward = (bytes: Buffer | string, from = 0, enough: ((read: number) => boolean) | null = null) =>
  lines(bytes, (file, reader) => readLinesBackward(file, from, reader, enough)).toReversed();

/** The lines of a text, plainly: those that are not empty, with the byte that each begins at. */
function plainly(bytes: Buffer): Taken[] {
  const found: Taken[] = [];
  let at = 0;
  for (const text of bytes.toString('latin1').split('\n')) {
    if (text !== '') found.push({ at, text: Buffer.from(text, 'latin1').toString() });
    at += text.length + 1;
  }
  return found;
}

const KiB = 1024;
const blocks = [16 * KiB, 64 * KiB, 80 * KiB, 192 * KiB, 256 * KiB, 512 * KiB, 1024 * KiB];

describe('every line once, in its order', () => {
  test.each<[string, string]>([
    ['nothing', ''],
    ['one newline', '\n'],
    ['newlines alone', '\n\n\n\n'],
    ['one line', 'a\n'],
    ['one line without an end', 'a'],
    ['two lines', 'a\nb\n'],
    ['two lines, the last without an end', 'a\nb'],
    ['empty ones between', '\n\na\n\n\nb\n\n'],
    ['carriage returns', 'a\r\nb\r\n'],
    ['characters of several bytes', 'ä日🚀\nß\n'],
  ])('%s', (_, text) => {
    const expected = plainly(Buffer.from(text));
    expect(forward(text)).toEqual(expected);
    expect(backward(text)).toEqual(expected);
    expect(backward(text, 0, () => false)).toEqual(expected);
  });

  test.each(blocks)('lines that end just before, at and behind %i bytes, from either end', (size) => {
    for (const more of [-2, -1, 0, 1, 2]) {
      for (const text of [
        `${'x'.repeat(size + more)}\nbehind\n`,
        `before\n${'x'.repeat(size + more)}\n`,
        `before\n${'x'.repeat(size + more)}`,
        `${'x'.repeat(size + more)}\n${'y'.repeat(size)}\n${'z'.repeat(3)}\n`,
      ]) {
        const expected = plainly(Buffer.from(text));
        expect(forward(text), `${more}`).toEqual(expected);
        expect(backward(text), `${more}`).toEqual(expected);
        expect(
          backward(text, 0, () => false),
          `${more}`,
        ).toEqual(expected);
      }
    }
  });

  test(`lines of any length (seed ${runSeed})`, () => {
    const chance = random(runSeed ^ 0x11e5);
    for (let round = 0; round < 12; round++) {
      const parts = Array.from({ length: chance.int(0, 30) }, () => {
        const length = chance.pick([0, 0, 1, 50, 5000, 16 * KiB, 70 * KiB, 300 * KiB]);
        return chance.pick(['x', 'ä', '\0']).repeat(chance.int(0, length));
      });
      const bytes = Buffer.from(parts.join('\n') + chance.pick(['', '\n', '\n\n']));
      const expected = plainly(bytes);
      const where = `round ${round}`;
      expect(forward(bytes), where).toEqual(expected);
      expect(backward(bytes), where).toEqual(expected);
      expect(
        backward(bytes, 0, () => false),
        where,
      ).toEqual(expected);
      // From the beginning of some line on.
      const from = chance.pick([0, ...expected.map((line) => line.at)]);
      const later = expected.filter((line) => line.at >= from);
      expect(forward(bytes, from), where).toEqual(later);
      expect(backward(bytes, from), where).toEqual(later);
    }
  });
});

test('backwards from the midst of a line, that line is left out', () => {
  expect(backward('abc\ndef\nghi\n', 5)).toEqual([{ at: 8, text: 'ghi' }]);
  expect(backward('abc\ndef\nghi\n', 4)).toEqual([
    { at: 4, text: 'def' },
    { at: 8, text: 'ghi' },
  ]);
});

test('forwards, a line that does not end within the bytes that may be read is left out', () => {
  expect(forward('abc\ndef\nghi\n', 0, 6)).toEqual([{ at: 0, text: 'abc' }]);
  expect(forward('abc\ndef\nghi\n', 4, 4)).toEqual([{ at: 4, text: 'def' }]);
});

test('who has enough after some bytes gets whole lines alone', () => {
  const text = `${'x'.repeat(200 * KiB)}\n${'y'.repeat(10)}\n`.repeat(3);
  const read: number[] = [];
  const taken = backward(text, 0, (bytes) => {
    read.push(bytes);
    return bytes >= 64 * KiB;
  });
  expect(read).toEqual([64 * KiB]);
  expect(taken).toEqual(plainly(Buffer.from(text)).slice(-1));
});

test('a line of more than 32 MiB is passed over, its neighbours are not', () => {
  const bytes = Buffer.concat([Buffer.from('before\n'), Buffer.alloc((32 << 20) + 1, 'x'), Buffer.from('\nbehind\n')]);
  for (const taken of [forward(bytes), backward(bytes)]) {
    expect(taken.map((line) => line.text)).toEqual(['before', 'behind']);
  }
});

test('who takes no more gets no more', () => {
  for (const read of [readLinesForward, readLinesBackward]) {
    let count = 0;
    lines('a\nb\nc\n', (file) => {
      const reader = { take: () => ++count < 2 };
      if (read === readLinesForward) readLinesForward(file, 0, Number.POSITIVE_INFINITY, reader);
      else readLinesBackward(file, 0, reader);
    });
    expect(count).toBe(2);
  }
});
