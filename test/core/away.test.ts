import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awayOf, momentInWords, parseMoment } from '../../src/core/away.ts';
import type { Session } from '../../src/core/session.ts';

const day = 86_400_000;
const hour = 3_600_000;
const zone = process.env.TZ;
beforeAll(() => {
  process.env.TZ = 'Europe/Berlin';
});
afterAll(() => {
  process.env.TZ = zone;
});

const now = 1_795_898_762_071;
const since = now - 5 * hour;

function session(more: Partial<Session>): Session {
  return {
    id: '1',
    state: 'waiting',
    activity: null,
    lastActivityAt: now - hour,
    lastTurn: { by: 'agent', how: 'answered', reason: null },
    cutOff: false,
    seen: true,
    ...more,
  } as Session;
}

function groupOf(one: Session, startedAt: number | null): string {
  const away = awayOf([one], { since, now, waitingFor: day }, () => startedAt);
  return Object.entries(away)
    .filter(([, sessions]) => sessions.length > 0)
    .map(([group]) => group)
    .join(' ');
}

const turn = (how: string, reason: string | null = null) =>
  ({ lastTurn: { by: 'agent', how, reason } }) as Partial<Session>;

describe('a session is told of as', () => {
  test.each<[string, Partial<Session>, number | null, string]>([
    ['one that needs you', { state: 'live', activity: 'needs-you' }, null, 'needsYou'],
    [
      'one that has needed you since before',
      { state: 'live', activity: 'needs-you', lastActivityAt: since - day },
      null,
      'needsYou',
    ],
    ['finished, live', { state: 'live', activity: 'ready' }, null, 'finished'],
    ['finished, at its prompt with a command', { state: 'live', activity: 'shell' }, null, 'finished'],
    ['finished, closed', {}, null, 'finished'],
    ['finished, begun since', {}, since + 1, 'finished'],
    ['finished before', { lastActivityAt: since }, null, ''],
    ['failed', turn('failed', 'usage limit'), null, 'failed'],
    ['failed before', { ...turn('failed'), lastActivityAt: since - 1 }, null, ''],
    ['cut off', { ...turn('unanswered'), cutOff: true }, null, 'cutOff'],
    ['cut off before', { ...turn('unanswered'), cutOff: true, lastActivityAt: since - 1 }, null, ''],
    ['working', { state: 'live', activity: 'working' }, since - 1, 'working'],
    ['working, its age unknown', { state: 'live', activity: 'working' }, null, 'working'],
    ['working, begun since', { state: 'live', activity: 'working' }, since + 1, 'started'],
    ['live with nothing said, begun since', { state: 'live', activity: 'ready', lastTurn: null }, since + 1, 'started'],
    ['closed by its user, or said done', { state: 'idle' }, null, ''],
    ['closed by its user, begun since', { state: 'idle' }, since + 1, ''],
    ['interrupted by its user', turn('interrupted'), null, ''],
    ['without any time', { lastActivityAt: null }, null, ''],
  ])('%s', (_, more, startedAt, group) => {
    expect(groupOf(session(more), startedAt)).toBe(group);
  });

  test('finished, idle because it is old', () => {
    const long = { since: now - 10 * day, now, waitingFor: day };
    const old = session({ state: 'idle', lastActivityAt: now - 3 * day });
    expect(awayOf([old], long, () => null).finished).toEqual([old]);
    const left = session({ state: 'idle', lastActivityAt: now - hour });
    expect(awayOf([left], long, () => null).finished).toEqual([]);
  });

  test('one group each, in the order that they came in', () => {
    const all = [
      session({ id: 'a' }),
      session({ id: 'b', state: 'live', activity: 'needs-you' }),
      session({ id: 'c' }),
    ];
    const away = awayOf(all, { since, now, waitingFor: day }, () => now);
    expect(away.finished.map(({ id }) => id)).toEqual(['a', 'c']);
    expect(Object.values(away).flat()).toHaveLength(3);
  });
});

describe('a moment', () => {
  const at = (text: string) => new Date(text).getTime();
  const noon = at('2026-11-28T12:00:00+01:00');
  test.each([
    ['3h', noon - 3 * hour],
    ['1d12h', noon - 36 * hour],
    ['09:12', at('2026-11-28T09:12:00+01:00')],
    ['9:12', at('2026-11-28T09:12:00+01:00')],
    ['18:00', at('2026-11-27T18:00:00+01:00')],
    ['today', at('2026-11-28T00:00:00+01:00')],
    ['Yesterday', at('2026-11-27T00:00:00+01:00')],
    ['2026-11-20', at('2026-11-20T00:00:00+01:00')],
    ['2026-11-20 07:30', at('2026-11-20T07:30:00+01:00')],
    ['2026-11-20T07:30:15', at('2026-11-20T07:30:15+01:00')],
    ['2026-11-20T07:30:15.5Z', at('2026-11-20T07:30:15.500Z')],
    ['2026-10-01', at('2026-10-01T00:00:00+02:00')],
    ['24:00', null],
    ['7:60', null],
    ['2026-02-30', null],
    ['2026-13-01', null],
    ['2026-00-10', null],
    ['tomorrow', null],
    ['', null],
    ['3', null],
    ['20261128', null],
    ['2026-11-28 99:99', null],
  ])('%s', (text, expected) => {
    expect(parseMoment(text, noon)).toBe(expected);
  });

  test.each([
    ['2026-11-28T09:12:00+01:00', '09:12'],
    ['2026-11-28T00:00:00+01:00', '00:00'],
    ['2026-11-27T23:59:00+01:00', 'yesterday 23:59'],
    ['2026-11-26T08:00:00+01:00', 'Thu 08:00'],
    ['2026-11-22T08:00:00+01:00', 'Sun 08:00'],
    ['2026-11-21T08:00:00+01:00', '2026-11-21 08:00'],
    ['2027-01-01T08:00:00+01:00', '2027-01-01 08:00'],
  ])('%s in words', (text, words) => {
    expect(momentInWords(at(text), noon)).toBe(words);
  });

  test('yesterday is one day of the calendar, whatever its length', () => {
    const changed = at('2026-10-25T12:00:00+01:00');
    expect(parseMoment('yesterday', changed)).toBe(at('2026-10-24T00:00:00+02:00'));
    expect(momentInWords(at('2026-10-24T00:30:00+02:00'), changed)).toBe('yesterday 00:30');
  });
});
