import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readWorkspace } from '../../../src/agents/copilot/workspace.ts';
import { scratch } from '../../support/wt.ts';

test.each([
  ['hello', 'hello'],
  [`'fix: the "thing"''s # weird: yes'`, `fix: the "thing"'s # weird: yes`],
  ['"a \\"quoted\\" name\\u0021"', 'a "quoted" name!'],
  ['"\\x41 torn', '\\x41 torn'],
  ['|-\n  two\n  lines', 'two lines'],
  ['>\n  folded\n  text', 'folded text'],
  ['null', null],
  ['', null],
])('a name written as %j', (written, name) => {
  using home = scratch();
  writeFileSync(join(home.home, 'workspace.yaml'), `id: x\ncwd: /a b\nname: ${written}\nuser_named: true\n`);
  expect(readWorkspace(home.home)).toEqual({ cwd: '/a b', branch: null, name, isNamedByUser: true });
});

test('what is not there says nothing', () => {
  expect(readWorkspace('/nowhere')).toEqual({ cwd: null, branch: null, name: null, isNamedByUser: false });
});
