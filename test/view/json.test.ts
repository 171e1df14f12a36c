import { describe, expect, test } from 'vitest';
import { count } from '../../src/core/order.ts';
import { renderJson, renderRow, withState } from '../../src/view/json.ts';
import { session } from '../support/sessions.ts';
import { joined } from '../support/joined.ts';

const about = { now: 0, conf: '/home/u/.claude', counts: count([]), skipped: 0 };
const row = (text: string) => Buffer.from(renderRow(session(1, { title: { text, source: 'ai' } })));

describe('JSON in portions', () => {
  test.each([
    ['none', []],
    ['one', ['a']],
    ['some', ['a', 'größe', '日本 🚀']],
    ['more than a portion holds', Array.from({ length: 400 }, (_, n) => `${'x'.repeat(n)} ${n}`.trim())],
  ])('%s', (_, titles) => {
    const told = JSON.parse(joined(renderJson(about, titles.map(row))));
    expect(told.sessions.map((one: { title: string }) => one.title)).toEqual(titles);
    expect(told.schema).toBe(1);
  });

  test('a row longer than a portion stands whole between its neighbours', () => {
    const cwd = `/${'deep/'.repeat(40_000)}`;
    const long = Buffer.from(renderRow(session(2, { cwd })));
    const told = JSON.parse(joined(renderJson(about, [row('before'), long, row('behind')])));
    expect(told.sessions.map((one: { cwd: string }) => one.cwd.length)).toEqual([11, cwd.length, 11]);
  });
});

describe('a row with another state', () => {
  test.each(['plain', '"state":"live"', '\\"state\\":\\"live\\"', '}","state":"live"', '\\', '"'])('of %j', (text) => {
    const kept = row(text);
    for (const state of ['live', 'waiting', 'idle', 'unknown'] as const) {
      const told = JSON.parse(withState(kept, state).toString());
      expect(told).toEqual({ ...JSON.parse(kept.toString()), state });
    }
    expect(withState(kept, 'idle')).toBe(kept);
  });
});
