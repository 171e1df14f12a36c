import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Kept, keptCounts, readKept, remembered, saveKept } from '../../src/hosts/kept.ts';
import type { World } from '../../src/world.ts';
import { now, session } from '../support/sessions.ts';
import { type Scratch, scratch } from '../support/wt.ts';

function worldIn(home: Scratch): World {
  const cache = join(home.home, '.cache', 'wt');
  return {
    ...{ env: home.env, now, cwd: () => home.home, home: home.home },
    folders: { cache, runtime: cache, state: cache, archive: cache },
    screen: { terminal: false, columns: 80, colour: false, utf8: true },
  };
}

const host = (label: string) => ({ label, destination: `u@${label}` });
const counts = { needsYou: 1, live: 2, waiting: 3, idle: 4, unknown: 5 };
const answer = { at: now - 60_000, counts, sessions: [session(1, { state: 'live', activity: 'needs-you' })] };
const answered: Kept = { state: 'answered', why: '', askedAt: now - 60_000, answer };

test('an answer stays until there is another one', () => {
  const silent = { state: 'unreachable', why: 'no answer in time', answer: null } as const;
  expect(remembered(answered, silent, now)).toEqual({ ...silent, askedAt: now, answer });
  expect(remembered(undefined, silent, now)).toEqual({ ...silent, askedAt: now });
});

test('what is kept is read again, of boxes that were not asked too', () => {
  using home = scratch();
  const world = worldIn(home);
  expect(readKept(world)).toEqual(new Map());
  saveKept(world, [host('a'), host('b')], new Map([['u@a', answered]]));
  saveKept(
    world,
    [host('a'), host('b')],
    new Map([['u@b', { ...answered, state: 'key-refused', why: 'x', answer: null }]]),
  );
  const kept = readKept(world);
  expect(kept.get('u@b')).toMatchObject({ state: 'key-refused', why: 'x', answer: null });
  const { id, title, lastActivityAt, cwd } = answer.sessions[0]!;
  expect(kept.get('u@a')).toMatchObject({
    ...{ state: 'answered', askedAt: now - 60_000 },
    answer: {
      at: answer.at,
      counts,
      sessions: [{ id, title: { text: title.text }, lastActivityAt, cwd, activity: 'needs-you' }],
    },
  });
  expect(keptCounts(world)).toBe('a !1 ●1 ⧗3 (1m ago)');
  expect(statSync(join(world.folders.cache, 'hosts.json')).mode & 0o777).toBe(0o600);
});

describe('what is not ours is passed over', () => {
  test.each([
    '',
    '{',
    '[]',
    '{"schema":1}',
    '{"hosts":{"a":7,"b":{"state":"x","askedAt":1},"c":{"state":"answered"},"d":{"state":"answered","askedAt":1e999}}}',
  ])('%j', (text) => {
    using home = scratch();
    const world = worldIn(home);
    mkdirSync(world.folders.cache, { mode: 0o700 });
    writeFileSync(join(world.folders.cache, 'hosts.json'), text, { mode: 0o600 });
    expect(readKept(world).size).toBe(0);
  });

  test.each(['x', 'a\t1\t2\n', 'a\tx\t1\t1\t1\n', `a\t${now}\t-1\t1\t1\n`, '\t\t\t\t\n', `${'a\t'.repeat(40_000)}`])(
    'counts %#',
    (text) => {
      using home = scratch();
      const world = worldIn(home);
      mkdirSync(world.folders.cache, { mode: 0o700 });
      writeFileSync(join(world.folders.cache, 'hosts-counts'), text, { mode: 0o600 });
      expect(keptCounts(world)).toBe('');
    },
  );

  test('a name in it is cleaned', () => {
    using home = scratch();
    const world = worldIn(home);
    mkdirSync(world.folders.cache, { mode: 0o700 });
    writeFileSync(join(world.folders.cache, 'hosts-counts'), `n\x1b[31ma\u202es\t${now}\t0\t1\t0\n`, { mode: 0o600 });
    expect(keptCounts(world)).toBe('nas ●1 (0s ago)');
  });
});

test('a hundred boxes are kept, those that were asked last', () => {
  using home = scratch();
  const world = worldIn(home);
  const news = Array.from({ length: 120 }, (_, n) => [`h${n}`, { ...answered, askedAt: n }] as const);
  saveKept(world, [], new Map(news));
  expect([...readKept(world).keys()].toSorted()).toEqual(
    news
      .slice(20)
      .map(([name]) => name)
      .toSorted(),
  );
  expect(readFileSync(join(world.folders.cache, 'hosts-counts'), 'utf8')).toBe('');
});
