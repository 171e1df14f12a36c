import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { disagreements } from '../support/stats-check.ts';
import { root, scratch } from '../support/wt.ts';

/** Runs the check in Bun, with the C library or without, and gives what it finds wrong. */
function inBun(how: 'by the C library' | 'by Bun'): string[] {
  using home = scratch();
  const support = join(root, 'test/support');
  const before = how === 'by Bun' ? ['--preload', join(support, 'no-library.ts')] : [];
  const ended = spawnSync(
    join(root, 'node_modules/.bin/bun'),
    [...before, join(support, 'stats-check.ts'), home.home],
    { encoding: 'utf8', env: home.env },
  );
  return JSON.parse(ended.stdout);
}

describe('many stats at once say what each stat says', () => {
  test('in Node', () => {
    using home = scratch();
    expect(disagreements(home.home)).toEqual([]);
  });

  test.each(['by the C library', 'by Bun'] as const)('in Bun, %s', (how) => {
    expect(inBun(how)).toEqual([]);
  });
});
