import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as stats from '../support/stats-check.ts';
import * as system from '../support/system-check.ts';
import { root, scratch } from '../support/wt.ts';

/** Runs a check in Bun, with the C library or without, and gives what it finds wrong. */
function inBun(check: 'stats-check' | 'system-check', how: 'by the C library' | 'by Bun'): string[] {
  using home = scratch();
  const support = join(root, 'test/support');
  const before = how === 'by Bun' ? ['--preload', join(support, 'no-library.ts')] : [];
  const ended = spawnSync(join(root, 'node_modules/.bin/bun'), [...before, join(support, `${check}.ts`), home.home], {
    encoding: 'utf8',
    env: home.env,
  });
  return JSON.parse(ended.stdout);
}

describe.each([
  { what: 'many stats at once say what each stat says', check: 'stats-check', disagreements: stats.disagreements },
  { what: 'the calls of a login are those of the runtime', check: 'system-check', disagreements: system.disagreements },
] as const)('$what', ({ check, disagreements }) => {
  test('in Node', () => {
    using home = scratch();
    expect(disagreements(home.home)).toEqual([]);
  });

  test.each(['by the C library', 'by Bun'] as const)('in Bun, %s', (how) => {
    expect(inBun(check, how)).toEqual([]);
  });
});
