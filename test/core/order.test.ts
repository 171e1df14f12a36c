import { expect, test } from 'vitest';
import { count, inOrder, isFinished, isListed, isUrgent } from '../../src/core/order.ts';
import type { Session } from '../../src/core/session.ts';
import { live, now, session } from '../support/sessions.ts';

const hour = 3_600_000;

test('the order of every list', () => {
  const finished = { seen: false };
  // Each is younger than the one before, so that time alone would turn the order round.
  const at = (n: number) => ({ lastActivityAt: now - (20 - n) * 60_000 });
  const rows: [string, Session][] = [
    ['needs you', live(1, 'needs-you', at(1))],
    ['needs you, something unseen', live(2, 'needs-you', { ...at(0), ...finished })],
    ['finished and at the prompt', live(3, 'ready', { ...at(3), ...finished })],
    ['working', live(4, 'working', at(4))],
    ['in turn', live(5, 'in-turn', at(5))],
    ['shell', live(6, 'shell', at(6))],
    ['ready', live(7, 'ready', at(7))],
    ['dialog', live(8, 'dialog', at(8))],
    ['suspended', live(9, 'suspended', at(9))],
    ['live in an unknown way', live(10, 'unknown', at(10))],
    ['unknown', session(11, { state: 'unknown', ...at(11) })],
    ['finished', session(12, { state: 'waiting', ...finished, ...at(12) })],
    ['cut off', session(13, { state: 'waiting', cutOff: true, ...at(13) })],
    ['waiting', session(14, { state: 'waiting', ...at(14) })],
    ['idle', session(15, at(15))],
    ['idle, older, unseen', session(16, { ...finished, lastActivityAt: now - 48 * hour })],
    [
      'unknown of yesterday',
      session(17, { state: 'unknown', lastActivityAt: now - 60 * hour, modifiedAt: now - 60 * hour }),
    ],
    ['without a time', session(18, { lastActivityAt: null })],
  ];
  const expected = rows.map(([, one]) => one);
  expect(inOrder(expected.toReversed(), now).map((one) => rows.find(([, row]) => row === one)?.[0])).toEqual(
    rows.map(([name]) => name),
  );
});

test('what stands alike goes by time, then by id', () => {
  const same = { lastActivityAt: now - hour };
  const rows = [session(3, { lastActivityAt: now }), session(1, same), session(2, same)];
  expect(inOrder(rows.toReversed(), now)).toEqual(rows);
});

test.each([
  ['ready', true],
  ['shell', true],
  ['dialog', true],
  ['suspended', true],
  ['needs-you', false],
  ['working', false],
  ['in-turn', false],
] as const)('unseen and %s is finished: %s', (activity, finished) => {
  expect(isFinished(live(1, activity, { seen: false }))).toBe(finished);
  expect(isFinished(live(1, activity, { seen: true }))).toBe(false);
});

test('a greeting speaks of what is live, waits, or could be live', () => {
  const look = { now, waitingFor: 24 * hour };
  expect(isUrgent(live(1, 'ready'), look)).toBe(true);
  expect(isUrgent(live(1, 'ready', { headless: true }), look)).toBe(true);
  expect(isUrgent(session(1, { state: 'waiting' }), look)).toBe(true);
  expect(isUrgent(session(1, { state: 'idle' }), look)).toBe(false);
  const unknown = (age: number) => session(1, { state: 'unknown', lastActivityAt: now - age, modifiedAt: now - age });
  expect(isUrgent(unknown(23 * hour), look)).toBe(true);
  expect(isUrgent(unknown(25 * hour), look)).toBe(false);
  expect(isUrgent(unknown(hour / 2), { now, waitingFor: 0 })).toBe(true);
  expect(isUrgent(unknown(2 * hour), { now, waitingFor: 0 })).toBe(false);
});

test('headless ones are listed while they are live', () => {
  expect(isListed(session(1, { headless: true }))).toBe(false);
  expect(isListed(live(1, 'working', { headless: true }))).toBe(true);
  expect(isListed(session(1))).toBe(true);
});

test('counts by state; live includes those that need you', () => {
  const all = [
    live(1, 'needs-you'),
    live(2, 'working'),
    session(3, { state: 'waiting' }),
    session(4),
    session(5, { state: 'unknown' }),
  ];
  expect(count(all)).toEqual({ needsYou: 1, live: 2, waiting: 1, idle: 1, unknown: 1 });
  expect(count([])).toEqual({ needsYou: 0, live: 0, waiting: 0, idle: 0, unknown: 0 });
});
