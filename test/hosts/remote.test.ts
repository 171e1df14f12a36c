import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listCommand, wtCommand } from '../../src/hosts/remote.ts';
import { random } from '../support/random.ts';
import { lacks, toolPath } from '../support/tools.ts';
import { scratch } from '../support/wt.ts';

const shells = ['dash', 'bash', 'zsh', 'fish', 'tcsh', 'ksh', 'mksh', 'busybox'];

/** What a login shell of that kind makes of a command that sshd hands it; `wt` writes down what it was given. */
function given(shell: string, command: string): { words: string[]; left: string[]; asked: string } {
  using home = scratch();
  const folder = join(home.home, '.local', 'bin');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'wt'), '#!/bin/sh\nprintf "%s\\0" "$WT_HOSTS_ASKED" "$@"\n', { mode: 0o755 });
  const before = readdirSync(home.home);
  const path = toolPath(shell)!;
  const args = shell === 'busybox' ? ['sh', '-c', command] : ['-c', command];
  const { stdout, stderr } = spawnSync(path, args, { env: home.env, cwd: home.home, encoding: 'utf8' });
  expect(stderr).toBe('');
  const [asked = '', ...words] = stdout.trimStart().split('\0').slice(0, -1);
  return { words, asked, left: readdirSync(home.home).filter((name) => !before.includes(name)) };
}

const hostile = [
  'plain',
  'two words',
  '',
  ' blanks ',
  "it's",
  '"',
  '\\',
  '\\\\n \\0101 \\c',
  '$(touch a)',
  '`touch a`',
  '; touch a #',
  '& touch a',
  '!! !touch',
  '%s %d %',
  '*',
  '~',
  '-n',
  '--',
  '{a,b}',
  'line\nend',
  '漢字 émigré 👩‍👩‍👧',
  '$HOME $PATH',
  "'; touch a; '",
  '{"schema":1}',
  '\u202e\x1b[31m\t\x7f',
];

describe.each(shells)('%s', (shell) => {
  test.skipIf(lacks(shell))('hands on each word as it is, and runs nothing in them', () => {
    const command = wtCommand(hostile);
    expect(command).toMatch(/^[ -~]*$/);
    expect(given(shell, command)).toEqual({ asked: '', left: [], words: hostile });
  });

  test.skipIf(lacks(shell))('hands on generated words', () => {
    const chance = random();
    const pieces = [...hostile.join('').split(''), '\\0', '\\x41', '$(', '`', "'", '"', '!', '\\', '\n'];
    for (let round = 0; round < 3; round++) {
      const word = () => `${Array.from({ length: chance.int(0, 30) }, () => chance.pick(pieces)).join('')}.`;
      const words = Array.from({ length: 20 }, word).map((text) => text.toWellFormed());
      expect(given(shell, wtCommand(words))).toEqual({ asked: '', left: [], words });
    }
  });

  test.skipIf(lacks(shell))('asks for the list, and says that it does', () => {
    expect(given(shell, listCommand(50))).toEqual({ asked: '1', left: [], words: ['--json', '-n', '50'] });
  });
});

test('plain words can be read', () => {
  expect(wtCommand(['resume', '--', '595e931d'])).toMatchInlineSnapshot(
    `"sh -c 'PATH="$PATH:$HOME/.local/bin"; export PATH; exec wt resume -- 595e931d'"`,
  );
});
