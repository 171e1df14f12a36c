import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { holder, registryRecord, sessionsFolder } from '../support/claude-home.ts';
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
    'resume   go on with it in its own directory\nrestore  move it back; without a session: list the archive\n',
  );
  expect(complete(9, 'show', 'zzzz')).toBe('\n');
  // Words of titles, where what was typed begins one.
  expect(complete(9, 'show', 'alo')).toBe('alone\n');
  expect(complete(63, 'show', 'thi')).toBe('things\n');
  expect(complete(63, 'show', 'lo')).toBe('login\n');
  // The operators of a search; a colon ends a word of bash.
  expect(complete(9, 'find', 'login', 'by:y')).toBe('by:you\n');
  expect(complete(9, 'find', 'login', 'by', ':', 'y')).toBe('you\n');
  expect(complete(37, 'find', 'by', ':')).toMatch(/^:you\n:claude\n/);
  expect(complete(37, 'find', 'login', 'since')).toBe('since:today\nsince:yesterday\nsince:3d\nsince:2w\n');
  expect(complete(9, 'find', 'zzz')).toBe('\n');
  // Projects, and the directories of the shell.
  expect(complete(63, 'new', 'a')).toBe('api\na dir\n');
  expect(complete(63, 'new', 'a ')).toBe('a dir\n');
});

const interactive: [shell: string, rc: string, argv: string[], title: string][] = [
  ['bash', '', ['bash', '--rcfile', '.bashrc', '-i'], '%F{red}'],
  ['zsh', 'autoload -Uz compinit; compinit -u -D;', ['zsh', '-i'], '%F{red} 漢字'],
];

describe.each(interactive)('%s', (shell, rc, argv, title) => {
  test.skipIf(lacks(shell, 'tmux'))(
    'completes at Tab and runs nothing that a title says',
    async () => {
      using home = box();
      writeFileSync(
        join(home.home, `.${shell}rc`),
        `PS1='> '; ${rc} __wt_bin='${native.argv[0]}'; . '${root}/hooks/completion.${shell}'\n`,
      );
      using screen = Screen.start(home, argv);
      await screen.until(/^>$/m, 25_000);
      screen.type('wt resume be');
      screen.press('Tab');
      await screen.until('wt resume beef0000');
      screen.press('C-u');
      screen.type('wt show alo');
      screen.press('Tab');
      await screen.until(/wt show alone ?$/m);
      screen.press('C-u');
      screen.type('wt new ap');
      screen.press('Tab');
      await screen.until(/wt new api\b/);
      screen.press('C-u');
      screen.type('wt show 000');
      screen.press('Tab', 'Tab');
      await screen.until(title);
      expect(screen.text()).toContain('0002c0de  api: Other: things');
      using other = Screen.start(home, argv);
      await other.until(/^>$/m, 25_000);
      other.type('wt new a\\ ');
      other.press('Tab');
      await other.until('wt new a\\ dir/');
      expect(spawnSync('ls', [home.home], { encoding: 'utf8' }).stdout).not.toMatch(/^x$/m);
    },
    90_000,
  );
});

test('titles are ASCII where the terminal knows no more', () => {
  using home = box();
  const done = wt(native, ['complete', 'show', '0001'], home, { env: { LANG: 'C' } });
  expect(done.stdout).toMatch(/^0001c0de\tapi: Fix .* \?\?\n$/);
});

describe.each(builds)('$name: complete offers', (build) => {
  const complete = (home: Scratch, ...words: string[]) =>
    wt(build, ['complete', ...words], home)
      .stdout.trimEnd()
      .split('\n')
      .filter(Boolean);
  const firsts = (lines: string[]) => lines.map((line) => line.split('\t')[0]);

  test('what a verb can act on', () => {
    using home = scratch();
    using ready = holder();
    using job = holder();
    wt(build, ['--list'], home);
    session(home, { id: id(1), title: 'Closed one', at: Date.now() - 3_600_000 });
    session(home, { id: id(2), title: 'Live one' });
    session(home, { id: id(3), title: 'Job one' });
    session(home, { id: id(4), title: 'Archived one' });
    session(home, { id: id(5), title: 'Old one', at: Date.now() - 5 * 86_400_000 });
    registryRecord(home.conf, { pid: ready.pid, sessionId: id(2) });
    registryRecord(home.conf, { pid: job.pid, sessionId: id(3), kind: 'bg', jobId: 'j0b' });
    expect(wt(build, ['archive', id(4)], home).status).toBe(0);
    const offered = (...words: string[]) => firsts(complete(home, ...words)).sort();
    const ids = (...all: number[]) => all.map((n) => id(n).slice(0, 8));
    expect(offered('resume', '')).toEqual(ids(1, 5));
    expect(offered('fork', '')).toEqual(ids(1, 2, 3, 5));
    expect(offered('attach', '')).toEqual(ids(2, 3));
    expect(offered('take', '')).toEqual(ids(2));
    expect(offered('wait', '')).toEqual(ids(2, 3));
    expect(offered('done', '')).toEqual(ids(1));
    expect(offered('rename', '')).toEqual(ids(1, 5));
    expect(offered('archive', '')).toEqual(ids(1, 5));
    expect(offered('restore', '')).toEqual(ids(4));
    expect(offered('show', '')).toEqual(ids(1, 2, 3, 5));
    // The same holds for words; a second session for the verbs that take several.
    expect(offered('resume', 'o')).toEqual(['old', 'one']);
    expect(offered('attach', 'j')).toEqual(['job']);
    expect(offered('resume', 'j')).toEqual([]);
    expect(offered('archive', '0001c0de', '')).toEqual(ids(5));
    expect(offered('resume', '0001c0de', '')).toEqual([]);
    expect(offered('resume', 'closed', 'o')).toEqual(['one']);
    expect(offered('rename', '0001c0de', 'o')).toEqual([]);
  });

  test('verbs, flags and values from the table, with what they are', () => {
    using home = scratch();
    session(home, { id: id(1), title: 'Status of re-runs', cwd: join(home.home, 'web') });
    expect(complete(home, 're')).toEqual([
      'resume\tgo on with it in its own directory',
      'rename\tgive a closed one a title',
      'restore\tmove it back; without a session: list the archive',
      're-runs\tweb: Status of re-runs',
    ]);
    expect(firsts(complete(home, ''))).toContain('take');
    // A title's word that is a command means the command at the first place.
    expect(complete(home, 'stat')).toEqual([]);
    expect(firsts(complete(home, 'show', 'stat'))).toEqual(['status']);
    expect(firsts(complete(home, 'resume', '--'))).toEqual(['--force', '--dry-run', '--']);
    expect(firsts(complete(home, '--l'))).toEqual(['--list']);
    expect(firsts(complete(home, '--list', '-'))).toEqual(['-n', '--all']);
    expect(firsts(complete(home, 'ls', '-'))).toEqual(['-n', '--all']);
    expect(firsts(complete(home, '--brief', '--f'))).toEqual(['--format=plain', '--format=tmux']);
    expect(complete(home, 'wait', '--for', 'd')).toEqual(['done']);
    expect(complete(home, 'away', '--since', '')).toEqual([]);
    expect(firsts(complete(home, 'help', 'ta'))).toEqual(['take']);
    expect(firsts(complete(home, 'new', 'w'))).toEqual(['web', ':directories']);
    expect(complete(home, 'doctor', '')).toEqual([]);
    // What is behind -- is the agent's.
    for (const words of [
      ['resume', '3', '--', ''],
      ['new', '--', '-'],
      ['--', ''],
    ])
      expect(complete(home, ...words)).toEqual([]);
  });

  // 26 starts of the program, which take a loaded machine more than half a minute.
  test('nothing that a shell would not take as it is', () => {
    using home = scratch();
    const evil = [
      '$(touch x)',
      '`touch x`',
      "it's",
      'a\tb',
      '%F{red}x',
      '-rf',
      '../up',
      'ok;touch',
      '"quoted',
      '~root',
      '*glob',
    ];
    evil.forEach(
      (title, n) => void session(home, { id: id(n + 1), title, cwd: join(home.home, title.replaceAll('/', ' ')) }),
    );
    for (const typed of ['t', 'a', 'x', 'r', 'u', 'o', 'q', 'g', '$', '`', '~', '*', '.']) {
      for (const word of firsts([...complete(home, 'show', typed), ...complete(home, 'new', typed)])) {
        if (word !== ':directories') expect(word).toMatch(/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u);
      }
    }
  }, 90_000);
});
