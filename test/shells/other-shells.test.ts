import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lacks } from '../support/tools.ts';
import { root } from '../support/wt.ts';
import { posixShells, type Shell, shellHome } from './home.ts';

/** Shells that are neither bash nor zsh, each under every name it goes by. */
const others: [string, ...string[]][] = [['dash'], ['busybox', 'ash'], ['mksh'], ['ksh93'], ['posh'], ['yash']];
/** Variables that could make another shell pass for one of ours. */
const disguises: Record<string, string>[] = [
  {},
  { BASH_VERSION: '5.2.15(1)-release', BASH: '/bin/bash' },
  { ZSH_VERSION: '5.9', ZSH_NAME: 'zsh' },
  { SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22', TERM: 'xterm' },
];

/** Reads a file in a shell and says whether it went on, what is set by then, and what was written on any stream. */
function read(argv: string[], before: string, file: string, env: Record<string, string> = {}) {
  using home = shellHome();
  const script = `${before}\n. '${file}'\necho "went on: $?"\nset | grep -c '^__wt\\|^WT_'\n`;
  const [shell = '', ...words] = argv;
  // (A bash whose input is a socket takes itself for a remote one and reads the rc files.)
  const stdio = ['ignore', 'pipe', 'pipe'] as ('ignore' | 'pipe')[];
  return spawnSync(shell, [...words, '-c', script], { env: { ...home.env, ...env }, stdio, encoding: 'utf8' });
}

const silent = { status: 1, stdout: 'went on: 0\n0\n', stderr: '' };

describe.each(posixShells)('the %s hook, read by another shell', (hook) => {
  describe.each(others)('%s %s', (...argv) => {
    const shell = argv.filter((word) => typeof word === 'string');
    it.skipIf(lacks(shell[0] ?? ''))('is as good as empty', () => {
      for (const disguise of disguises)
        for (const flags of [[], ['-e'], ['-u'], ['-eu'], ['-i']]) {
          const { status, stdout, stderr } = read([...shell, ...flags], '', join(root, `hooks/wt.${hook}`), disguise);
          // Some interactive shells welcome you, or complain of a missing terminal; a complaint of ours names the file.
          const said = flags[0] === '-i' ? (stderr.match(/.*hooks.*/)?.[0] ?? '') : stderr;
          expect({ flags, disguise, status, stdout: stdout.slice(-silent.stdout.length), stderr: said }).toEqual({
            flags,
            disguise,
            ...silent,
          });
        }
    });
  });

  it.skipIf(lacks('bash', 'zsh'))(
    'is as good as empty in the other one, and in its own when that is not interactive',
    () => {
      for (const shell of posixShells)
        for (const flags of [[], ['-e'], ['-u'], ['-eu']])
          expect(read([shell, ...flags], '', join(root, `hooks/wt.${hook}`))).toMatchObject(silent);
      const interactive = hook === 'bash' ? ['zsh', '-f', '-i'] : ['bash', '--norc', '-i'];
      expect(read(interactive, '', join(root, `hooks/wt.${hook}`)).stdout).toBe(silent.stdout);
    },
  );
});

/** What the guard says of a version, as the shell of that kind would be told. */
function guard(shell: Shell, version: string, before = ''): string {
  const name = shell === 'bash' ? 'BASH_VERSION' : 'ZSH_VERSION';
  const script = `${before}\n${name}='${version}'; . '${root}/hooks/guard.sh'; __wt_guard_shell; echo "$__wt_why"`;
  return spawnSync(shell, ['-c', script], { encoding: 'utf8' }).stdout.trim();
}

describe('versions', () => {
  const numbers = (major: number, minors: number[], ends: string[]) =>
    minors.flatMap((minor) => ends.map((end) => `${major}.${minor}${end}`));
  const bashEnds = ['.0(1)-release', '.57(1)-release', '.48(2)-maint'];
  const zshEnds = ['', '.1', '.9-dev-1', '-test-1'];

  it.skipIf(lacks('bash')).each([...numbers(3, [0, 1, 2], bashEnds), ...numbers(4, [0, 1, 2, 3], bashEnds)])(
    'bash %s is named as too old',
    (version) => {
      expect(guard('bash', version)).toBe(`this is bash ${version}; wt's hook needs bash 4.4 or later`);
    },
  );

  it
    .skipIf(lacks('bash'))
    .each([...numbers(4, [4], bashEnds), ...numbers(5, [0, 1, 2, 3, 10], bashEnds), ...numbers(10, [0, 4], bashEnds)])(
    'bash %s is good',
    (version) => {
      expect(guard('bash', version)).toBe('');
      // POSIX mode knew no <( ) before 5.1.
      expect(guard('bash', version, 'set -o posix') !== '').toBe(/^(4\.4|5\.0)\./.test(version));
    },
  );

  it.skipIf(lacks('zsh')).each([...numbers(4, [0, 3], zshEnds), ...numbers(5, [0, 1, 3, 5], zshEnds)])(
    'zsh %s is named as too old',
    (version) => {
      expect(guard('zsh', version)).toBe(`this is zsh ${version}; wt's hook needs zsh 5.6 or later`);
    },
  );

  it.skipIf(lacks('zsh')).each([...numbers(5, [6, 7, 9, 10, 51], zshEnds), ...numbers(6, [0, 5], zshEnds)])(
    'zsh %s is good',
    (version) => {
      expect(guard('zsh', version)).toBe('');
    },
  );

  it.each(posixShells)('too old a %s goes on as if the hook were empty', (shell) => {
    if (lacks(shell)) return;
    using home = shellHome();
    const name = shell === 'bash' ? 'BASH_VERSION=4.3.48' : 'ZSH_VERSION=5.5.1';
    const flags = shell === 'bash' ? ['--norc', '-i'] : ['-f', '-i'];
    const { stdout, stderr } = spawnSync(shell, flags, {
      env: home.env,
      input: `PS1= PS2=\n${name}\n. '${home.hook(shell)}'\necho "went on: $?"; set | grep -c '^__wt\\|^WT_'; typeset -f | grep -c __wt\n`,
      encoding: 'utf8',
    });
    expect(stdout).toMatch(/went on: 0\n0\n0\n/);
    expect(stderr).not.toMatch(/(wt|guard|prompt)\.\w+: /);
  });
});
