import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { disagreements } from '../support/stats-check.ts';
import { root, scratch } from '../support/wt.ts';

test('many stats at once say what each stat says: by the runtime', () => {
  using home = scratch();
  expect(disagreements(home.home)).toEqual([]);
});

test('many stats at once say what each stat says: by the C library', () => {
  using home = scratch();
  const check = join(root, 'test/support/stats-check.ts');
  const ended = spawnSync(join(root, 'node_modules/.bin/bun'), [check, home.home], { encoding: 'utf8', env: home.env });
  expect(JSON.parse(ended.stdout)).toEqual([]);
});
