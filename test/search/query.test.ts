import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { operators, parseQuery, queryOfArguments } from '../../src/search/query.ts';

const now = Date.UTC(2026, 10, 23);

const listed = [{ name: 'claude', account: 'default' }, { name: 'claude', account: 'Work' }, { name: 'codex' }];

/** A query in a line. */
function read(text: string): string {
  const { terms, without, directories, since, by, agent, account } = parseQuery(text, listed, now);
  const parts = [
    ...terms.map((term) => `[${term.text}]${term.anywhere ? '*' : ''}`),
    ...without.map((term) => `-[${term.text}]`),
    ...directories.map((part) => `dir ${part}`),
    since === null ? '' : `since ${(now - since) / 3_600_000}h`,
    by === null ? '' : `by ${by}`,
    agent === null ? '' : `of ${agent}`,
    account === null ? '' : `in ${account}`,
  ];
  return parts.filter(Boolean).join(' ');
}

test.each([
  ['WebHook retry', '[webhook] [retry]'],
  ['"rate  limit" -"no way" -foo', '[rate limit] -[no way] -[foo]'],
  ['“rate limit”', '[rate limit]'],
  ['"rate limit', '[rate limit]'],
  ['x dir:API dir:"my app" since:2w by:you', '[x] dir api dir my app since 336h by you'],
  ['x since:"2026-11-20 00:00Z"', '[x] since 72h'],
  ['x by:claude', '[x] by agent of claude'],
  ['x by:agent agent:Codex', '[x] by agent of codex'],
  ['x account:work', '[x] in work'],
  ['std::move http://a C:\\x', '[std::move] [http://a] [c:\\x]'],
  ['-dir:x y', '[y] -[dir:x]'],
  ['修复 🚀', '[修复]* [🚀]*'],
  ['- a', '[-]* [a]'],
  ['foo:"a b"', '[foo:a b]'],
])('%s', (text, query) => {
  expect(read(text)).toBe(query);
});

test.each([
  ...['', '  ', '-x', 'dir:x', '"', 'x since:soon', 'x since:2031-01-01', 'x by:bob', 'x agent:other'],
  'x account:home',
])('%j is refused in a sentence', (text) => {
  const listed = [{ name: 'claude', account: 'work' }];
  expect(() => parseQuery(text, listed, now)).toThrow(UserError);
  expect(() => parseQuery(text, listed, now)).toThrow(expect.objectContaining({ status: 2 }));
});

test.each([
  [['rate limit'], '"rate limit"'],
  [['rate', 'limit'], 'rate limit'],
  [['-rate limit', 'x'], '-"rate limit" x'],
  [['"rate limit" x'], '"rate limit" x'],
  [['x dir:api'], 'x dir:api'],
  [['x -y'], 'x -y'],
])('the arguments %j', (words, query) => {
  expect(queryOfArguments(words)).toBe(query);
});

test('what completion offers makes a query', () => {
  for (const [operator] of operators(listed)) {
    const { terms } = parseQuery(`x ${operator}`, listed, now);
    expect([operator, terms.length]).toEqual([operator, 1]);
  }
});
