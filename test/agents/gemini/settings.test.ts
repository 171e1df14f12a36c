import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keepsFor } from '../../../src/agents/gemini/settings.ts';
import { scratch } from '../../support/wt.ts';

const day = 86_400_000;

test.each<[string, number | null]>([
  ['{}', 30 * day],
  ['not JSON', 30 * day],
  ['{"general":7}', 30 * day],
  ['{"general":{"sessionRetention":{"maxAge":"7d"}}}', 7 * day],
  ['{"general":{"sessionRetention":{"maxAge":"2w"}}}', 14 * day],
  ['{"general":{"sessionRetention":{"maxAge":"48h"}}}', 2 * day],
  ['{"general":{"sessionRetention":{"enabled":false}}}', null],
  ['{"general":{"sessionRetention":{"maxAge":"soon"}}}', null],
  ['{"general":{"sessionRetention":{"maxAge":"0d"}}}', null],
])('%s', (settings, span) => {
  using home = scratch();
  expect(keepsFor(home.home)).toBe(30 * day);
  writeFileSync(join(home.home, 'settings.json'), settings);
  expect(keepsFor(home.home)).toBe(span);
});
