import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { threadNames } from '../../../src/agents/codex/titles.ts';
import { codexFolder } from '../../support/codex-home.ts';
import { scratch } from '../../support/wt.ts';

test.each([
  ['none', null, []],
  ['empty', '', []],
  [
    'the last name counts',
    '{"id":"a","thread_name":"x"}\n{"id":"b","thread_name":" y "}\n{"id":"a","thread_name":"z"}\n',
    [
      ['a', 'z'],
      ['b', 'y'],
    ],
  ],
  ['torn at both ends', 'ame":"x"}\n{"id":"b","thread_name":"y"}\n{"id":"c","thr', [['b', 'y']]],
  ['other things', '[]\nnull\n7\n{"id":7}\n{"id":"a","thread_name":7}\n\n', [['a', '']]],
])('an index with %s', (_, text, names) => {
  using home = scratch();
  mkdirSync(codexFolder(home));
  if (text !== null) writeFileSync(join(codexFolder(home), 'session_index.jsonl'), text);
  expect([...threadNames(codexFolder(home))]).toEqual(names);
});

test('no regular file is no index, and hangs nobody', () => {
  using home = scratch();
  mkdirSync(join(codexFolder(home), 'session_index.jsonl'), { recursive: true });
  expect(threadNames(codexFolder(home)).size).toBe(0);
});
