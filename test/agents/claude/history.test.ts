import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exitsIn } from '../../../src/agents/claude/history.ts';
import { scratch } from '../../support/wt.ts';

const id = '595e931d-0000-4000-8000-000000000001';
const other = '595e931d-0000-4000-8000-000000000002';
const line = (display: unknown, timestamp: unknown, sessionId: unknown = id) =>
  JSON.stringify({ display, pastedContents: {}, timestamp, project: '/home/u/api', sessionId });

/** What a history of these lines tells. */
function told(text: string | Buffer): [string, number][] {
  using home = scratch();
  writeFileSync(join(home.conf, 'history.jsonl'), text);
  return [...exitsIn(home.conf)];
}

test.each(['/exit', '/quit', 'exit', 'quit', ':q', ':q!', ':wq', ':wq!', ' /exit '])('%s leaves', (display) => {
  expect(told(`${line(display, 5)}\n`)).toEqual([[id, 5]]);
});

test.each(['/exit now', 'exit the loop', '/clear', 'quit smoking', ':x', ''])('%j does not', (display) => {
  expect(told(`${line(display, 5)}\n`)).toEqual([]);
});

test('the last one counts, and what was typed after it takes it back', () => {
  expect(told([line('/exit', 1), line('/exit', 9)].join('\n'))).toEqual([[id, 9]]);
  expect(told([line('/exit', 1), line('go on', 9)].join('\n'))).toEqual([]);
  expect(told([line('/exit', 1), line('go on', 9, other)].join('\n'))).toEqual([[id, 1]]);
  expect(told([line('/exit', 1), line('go on', 2), line('/exit', 3)].join('\n'))).toEqual([[id, 3]]);
});

test('times as text count too', () => {
  expect(told(line('/exit', '2026-11-23T09:00:00.000Z'))).toEqual([[id, Date.UTC(2026, 10, 23, 9)]]);
});

test('what is torn, foreign or of another kind is passed over', () => {
  const good = line('/exit', 7);
  const bad = [
    good.slice(0, -20),
    'null',
    '{"display":',
    '{"display":"/exit","timestamp":1,"sessionId":"../../x"}',
    '{"display":"/exit","timestamp":1}',
    line(['/exit'], 1, other),
    line('/exit', null, other),
    '\0\0\0',
    '[]',
  ];
  expect(told(`${bad.join('\n')}\n${good}\n${bad.join('\r\n')}`)).toEqual([[id, 7]]);
  expect(told(Buffer.concat([Buffer.from([0xff, 0x0a]), Buffer.from(good)]))).toEqual([[id, 7]]);
});

test('of a long history the end is read', () => {
  const padding = `${line('x'.repeat(1000), 1, other)}\n`.repeat(400);
  expect(told(`${line('/exit', 5)}\n${padding}`)).toEqual([]);
  expect(told(`${padding}${line('/exit', 5)}\n`)).toEqual([[id, 5]]);
});

test('no history, or none that can be read', () => {
  using home = scratch();
  expect([...exitsIn(home.conf)]).toEqual([]);
  mkdirSync(join(home.conf, 'history.jsonl'));
  expect([...exitsIn(home.conf)]).toEqual([]);
});
