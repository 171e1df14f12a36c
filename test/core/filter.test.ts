import { expect, test } from 'vitest';
import { folded, matching } from '../../src/core/filter.ts';
import { session } from '../support/sessions.ts';

const rows = [
  session(1, { title: { text: 'Fix the \x1b[31mredirect', source: 'ai' }, cwd: '/home/u/api', branch: 'main' }),
  session(2, { title: { text: 'Größe prüfen', source: 'ai' }, cwd: '/home/u/work/notes', branch: 'feature/Login' }),
  session(3, {
    title: { text: 'Cafe\u0301', source: 'ai' },
    cwd: '/srv/other',
    firstPrompt: 'Begin',
    lastPrompt: 'End here',
  }),
  session(4, {
    title: { text: 'nightly', source: 'ai' },
    headless: true,
    firstPrompt: null,
    lastPrompt: null,
    branch: null,
    cwd: null,
  }),
];
const found = (words: string) => matching(rows, words, '/home/u').map((one) => rows.indexOf(one) + 1);

test('a folder of several is meant by its word, where the list is of several', () => {
  const own = session(1, { account: 'default' });
  const work = session(2, { account: 'Größe', configDir: '/w' });
  const other = session(3, { agent: 'codex' });
  const ids = (words: string, list = [own, work, other]) => matching(list, words, '/home/u').map(({ id }) => id);
  expect(ids('account:default')).toEqual([own.id]);
  expect(ids('account:gro\u0308')).toEqual([work.id]);
  expect(ids('GRÖSSE')).toEqual([]);
  expect(ids('größe title')).toEqual([work.id]);
  expect(ids('default claude')).toEqual([own.id]);
  expect(ids('account:none')).toEqual([]);
  const second = session(4, { account: 'default2', configDir: '/d2' });
  expect(ids('account:def', [own, second])).toEqual([own.id, second.id]);
  expect(ids('account:default', [own, second])).toEqual([own.id]);
  expect(ids('account:default', [session(1), other])).toEqual([]);
});

test.each<[string, number[]]>([
  ['redirect', [1]],
  ['the redirect', [1]],
  ['REDIRECT fix', [1]],
  ['31m', []],
  ['größe', [2]],
  ['GRO\u0308SSE', []],
  ['gro\u0308ße', [2]],
  ['café', [3]],
  ['CAFE\u0301', [3]],
  ['login', [2]],
  ['work/notes', [2]],
  ['home', []],
  ['/api', [1]],
  ['srv', [3]],
  ['begin', [3]],
  ['end here', [3]],
  ['begin end', [3]],
  ['begin redirect', []],
  ['nightly', []],
  ['0000', [1, 2, 3]],
  ['00000002', [2]],
  ['', [1, 2, 3, 4]],
  ['   ', [1, 2, 3, 4]],
  ['\x1b[31m', [1, 2, 3, 4]],
])('%j finds %j', (words, numbers) => {
  expect(found(words)).toEqual(numbers);
});

test('an id is meant by four of its first characters', () => {
  const one = session(1, { id: 'abcd0000-0000-4000-8000-000000000001', title: { text: 'x', source: 'ai' } });
  expect(matching([one], 'abcd', '/')).toEqual([one]);
  expect(matching([one], 'ABCD00', '/')).toEqual([one]);
  expect(matching([one], 'abc', '/')).toEqual([]);
});

test('a text is compared clean, in one normal form, whatever its case', () => {
  expect(folded(' \x1b[1mA\u030a\u200bB ')).toBe('åb');
});

test('words for the sessions of an agent', () => {
  const several = [
    session(1),
    session(2, { agent: 'codex' }),
    session(3, { title: { text: 'About codex', source: 'ai' } }),
  ];
  const places = (among: typeof several, words: string) =>
    matching(among, words, '').map((one) => several.indexOf(one) + 1);
  expect(places(several, 'agent:codex')).toEqual([2]);
  expect(places(several, 'AGENT:cl')).toEqual([1, 3]);
  expect(places(several, 'codex')).toEqual([2, 3]);
  expect(places(several, 'claude')).toEqual([1, 3]);
  expect(places(several, 'cod')).toEqual([3]);
  // Where there is one agent alone, its name is a word as any other.
  expect(places([several[1]!], 'codex')).toEqual([]);
  expect(places([several[1]!], 'agent:codex')).toEqual([2]);
});
