import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sessionsFolder } from '../support/claude-home.ts';
import { id, session } from '../support/fake-claude.ts';
import { Screen } from '../support/screen.ts';
import { lacks } from '../support/tools.ts';
import { builds, root, type Scratch, scratch, wt } from '../support/wt.ts';

const native = builds[0]!;

function box(): Scratch {
  const home = scratch();
  sessionsFolder(home.conf);
  session(home, { id: id(1), title: 'Fix the "login" `touch x` $(touch x) %F{red} 漢字', at: Date.now() - 3_600_000 });
  session(home, { id: id(2), title: 'Other: things' });
  session(home, { id: 'beef0000-0000-4000-8000-000000000003', title: 'Alone' });
  mkdirSync(join(home.home, 'a dir'));
  return home;
}

test.skipIf(lacks('bash'))('bash offers what fits, with titles where there is a choice', () => {
  using home = box();
  const complete = (type: number, ...words: string[]) => {
    const script = `. "${root}/hooks/completion.bash"; compopt() { :; }; COLUMNS=60; COMP_TYPE=${type}
      shift; COMP_WORDS=(wt "$@"); COMP_CWORD=$#; set -u; __wt_complete; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { ...home.env, __wt_bin: native.argv[0] };
    const done = spawnSync('bash', ['-c', script, 'bash', '', ...words], { cwd: home.home, env, encoding: 'utf8' });
    expect(done.stderr).toBe('');
    return done.stdout;
  };
  expect(complete(63, 'resume', '000')).toBe(
    '0001c0de  api: Fix the "login" `touch x` $(touch x) %F{red\n0002c0de  api: Other: things\n',
  );
  expect(complete(37, 'resume', '000')).toBe('0001c0de\n0002c0de\n');
  expect(complete(9, 'resume', 'be')).toBe('beef0000\n');
  expect(complete(9, 'res')).toBe(
    'resume  go on with a session in its directory\nrestore  move sessions back, or list the archive\n',
  );
  expect(complete(9, 'show', 'zzzz')).toBe('\n');
});

const interactive: [shell: string, rc: string, argv: string[], title: string][] = [
  ['bash', '', ['bash', '--rcfile', '.bashrc', '-i'], '%F{red}'],
  ['zsh', 'autoload -Uz compinit; compinit -u -D;', ['zsh', '-i'], '%F{red} 漢字'],
];

describe.each(interactive)('%s', (shell, rc, argv, title) => {
  test.skipIf(lacks(shell, 'tmux'))('completes at Tab and runs nothing that a title says', async () => {
    using home = box();
    writeFileSync(
      join(home.home, `.${shell}rc`),
      `PS1='> '; ${rc} __wt_bin='${native.argv[0]}'; . '${root}/hooks/completion.${shell}'\n`,
    );
    using screen = Screen.start(home, argv);
    await screen.until(/^>$/m);
    screen.type('wt resume be');
    screen.press('Tab');
    await screen.until('wt resume beef0000');
    screen.press('C-u');
    screen.type('wt show 000');
    screen.press('Tab', 'Tab');
    await screen.until(title);
    expect(screen.text()).toContain('0002c0de  api: Other: things');
    using other = Screen.start(home, argv);
    await other.until(/^>$/m);
    other.type('wt new a\\ ');
    other.press('Tab');
    await other.until('wt new a\\ dir/');
    expect(spawnSync('ls', [home.home], { encoding: 'utf8' }).stdout).not.toMatch(/^x$/m);
  });
});

test('titles are ASCII where the terminal knows no more', () => {
  using home = box();
  const done = wt(native, ['complete', 'show', '0001'], home, { env: { LANG: 'C' } });
  expect(done.stdout).toMatch(/^0001c0de\tapi: Fix .* \?\?\n$/);
});
