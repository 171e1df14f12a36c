import { describe, expect, test } from 'vitest';
import type { Entry } from '../../src/core/conversation.ts';
import { cells, cleanLines } from '../../src/core/text.ts';
import { renderConversation } from '../../src/view/conversation.ts';
import { unpainted } from '../../src/view/look.ts';
import { wrap } from '../../src/view/wrap.ts';

const look = (columns: number, utf8 = true) => ({ now: 0, columns, utf8, paint: unpainted });
const entry = (kind: Entry['kind'], text: string): Entry => ({ who: 'you', kind, text, at: null });

const talk = [
  entry('prompt', 'please look at the failing test\nand tell me what is wrong'),
  entry('calls', 'Read: /home/u/api/src/parser.ts\nBash: npm test'),
  entry('calls', 'Edit: /home/u/api/src/parser.ts'),
  entry('answer', 'Fixed:\n\n  const end = text.length;\n\nAll tests pass.'),
  entry('note', '/compact'),
  entry('interruption', 'interrupted'),
  entry('failure', 'API Error: 529 Overloaded'),
];

test('prompts and answers stand apart, tool calls on one line each', () => {
  expect(`\n${renderConversation(talk, look(34)).join('\n')}\n`).toMatchInlineSnapshot(`
    "
    > please look at the failing test
      and tell me what is wrong

    · Read: /home/u/api/src/parser.ts
    · Bash: npm test
    · Edit: /home/u/api/src/parser.ts

    Fixed:

      const end = text.length;

    All tests pass.

    > /compact

    ✗ interrupted

    ✗ API Error: 529 Overloaded
    "
  `);
});

test('in ASCII', () => {
  const lines = renderConversation([entry('failure', 'é'), entry('calls', 'ls')], look(34, false));
  expect(lines).toEqual(['x ?', '', '- ls']);
});

test('no line is wider than the terminal, nothing acts on it, whatever was said', () => {
  const hostile = '\x1b]0;t\x07\x1b[2J\u202eデータ 👩‍👩‍👧‍👦\r\n\t\x9b31m é̂̂̂ \0'.repeat(20) + 'x'.repeat(500);
  for (const kind of ['prompt', 'answer', 'calls', 'failure', 'interruption', 'note'] as const) {
    for (let columns = 1; columns <= 120; columns += 7) {
      for (const line of renderConversation([entry(kind, hostile)], look(columns))) {
        if (columns >= 4) expect(cells(line)).toBeLessThanOrEqual(columns);
        expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e]/);
      }
    }
  }
});

test('a text of a megabyte is wrapped in a moment', () => {
  const before = process.cpuUsage();
  const lines = renderConversation([entry('answer', 'word '.repeat(200_000))], look(80));
  expect(lines.length).toBeGreaterThan(12_000);
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(2000);
  expect(renderConversation([entry('answer', 'word '.repeat(200_000))], look(80), 1000).length).toBeLessThan(20);
});

describe('cleanLines', () => {
  test.each<[string, string[]]>([
    ['a\nb\r\nc\rd', ['a', 'b', 'c', 'd']],
    ['\n\n  two  spaces\n\n', ['  two  spaces']],
    ['\tx', ['    x']],
    ['\x1b[31mred\x1b[0m\u202e', ['red']],
    ['', []],
    ['x'.repeat(9000), ['x'.repeat(9000)]],
  ])('%j', (text, lines) => {
    expect(cleanLines(text)).toEqual(lines);
  });
});

describe('wrap', () => {
  test.each<[string, number, number, string[]]>([
    ['one two three', 7, 9, ['one two', 'three']],
    ['one two three', 7, 1, ['one tw…']],
    ['onetwothree', 4, 9, ['onet', 'woth', 'ree']],
    ['  indented word here', 12, 9, ['  indented', 'word here']],
    ['データベース移行', 5, 9, ['デー', 'タベ', 'ース', '移行']],
    ['', 5, 9, []],
  ])('%j in %d cells, %d lines', (text, columns, most, lines) => {
    expect(wrap(text, columns, most, '…')).toEqual(lines);
  });
});
