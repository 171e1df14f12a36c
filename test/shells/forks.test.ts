import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { give } from '../support/other-user.ts';
import { Screen } from '../support/screen.ts';
import { lacks } from '../support/tools.ts';
import { eventually, loginEnv, posixShells, type Shell, type ShellHome, shellHome, shells } from './home.ts';

/** A number that no user has, nor another case: limits bind whoever isn't root, and count all that one user runs. */
const nobody = () => 30_000 + ((process.pid * 20 + ++nobodies) % 30_000);
let nobodies = 0;

/** Starts a shell as such a user in its home, with an ssh login's environment. */
function startAsNobody(home: ShellHome, shell: Shell): Screen {
  const user = nobody();
  chmodSync(dirname(home.home), 0o1777);
  give(home.home, user);
  const argv = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', shell, '-i'];
  return Screen.start(home, argv, { env: { ...loginEnv(home), WT_TIMEOUT: '0.5' } });
}

/**
 * Whether a fish without the hook lives with so many more processes. One of version 3 needs two for threads of its own,
 * without which it ends, or waits for ever, before its first prompt.
 */
async function bareFishLives(more: number): Promise<boolean> {
  using home = shellHome();
  home.rc('fish', '', `ulimit -u ${1 + more}`);
  rmSync(home.rcFile('fish'));
  using screen = startAsNobody(home, 'fish');
  return /READY>$/.test(await screen.until(/READY>$|pthread_create: /));
}

describe.skipIf(lacks('tmux')).each(posixShells)('%s', (shell) => {
  describe.skipIf(lacks(shell))('where the hook forks', () => {
    it.each(['', '0', '1', '-1', '00', '-', 'x', '1 2', '$$', '99999999999999999999'])(
      'ends nothing but the process group whose number it was told: not %j',
      (number) => {
        using home = shellHome('#!/bin/sh\n');
        const { stdout } = spawnSync(shell, [shell === 'bash' ? '--norc' : '-f', '-i'], {
          env: home.env,
          input: `PS1= PROMPT=\n. '${home.hook(shell)}'\nkill() { echo "KILL $*"; }\nbuiltin() { case $1 in kill) echo "KILL $*" ;; *) "$@" ;; esac; }\n__wt_end ${number === '$$' ? '""' : `'${number}'`}\necho ALIVE\n`,
          encoding: 'utf8',
        });
        expect(stdout).toContain('ALIVE');
        if (number !== '99999999999999999999') expect(stdout).not.toContain('KILL');
      },
    );

    it("leaves the user's own jobs alone when wt takes too long, also when the shell was started as sh", async () => {
      for (const argv of shell === 'bash'
        ? [
            ['bash', '-i'],
            ['bash', '--posix', '-i'],
          ]
        : [['zsh', '-i']]) {
        using home = shellHome('#!/bin/sh\n[ "$1" != --greet ] || sleep 60\n');
        home.rc(shell, 'sleep 71 & sleep 72 & disown');
        // In POSIX mode a bash reads what ENV names.
        const env = { ...loginEnv(home), WT_TIMEOUT: '0.3', ENV: join(home.home, '.bashrc') };
        using screen = Screen.start(home, argv, { env });
        await screen.until(/READY>$/);
        await eventually(
          () => home.processes().every((line) => !line.includes('sleep 60')),
          () => home.processes().join('\n'),
          4_000,
        );
        expect(home.processes().filter((line) => /sleep 7[12]/.test(line))).toHaveLength(2);
        screen.line('exit');
        screen.line('exit');
        await screen.end();
        for (const line of home.processes()) spawnSync('kill', ['-KILL', line.split(' ')[0] ?? '']);
      }
    });

    it('tries no fork again in a shell where one never came back', async () => {
      using home = shellHome();
      home.rc(shell, '', '__wt_trying=1');
      using screen = Screen.start(home, [shell, '-i'], { env: home.env });
      await screen.until(/READY>$/);
      screen.line('__wt_refreshed=0');
      screen.line('echo asked');
      await screen.until(/^asked\nREADY>$/m);
      expect(home.calls()).toEqual([]);
      screen.line('__wt_trying= __wt_refreshed=0');
      await eventually(
        () => home.calls().includes('refresh'),
        () => screen.text(),
      );
      screen.line('exit');
      await screen.end();
    });
  });
});

describe.skipIf(lacks('tmux')).each(shells)('%s', (shell) => {
  describe.skipIf(lacks(shell))('where forks are few', () => {
    it.skipIf(lacks('setpriv') || process.getuid?.() !== 0).each([0, 1, 2, 3, 4, 6])(
      'comes to the prompt at once and in silence when %i more processes can be had, and goes on so',
      async (more) => {
        if (shell === 'fish' && more < 2 && !(await bareFishLives(more))) return;
        using home = shellHome();
        // (The shell itself is one.)
        home.rc(shell, '', `ulimit -u ${1 + more}`);
        using screen = startAsNobody(home, shell);
        const started = Date.now();
        const first = await screen.until(/READY>$/, 5_000);
        expect(first).toMatch(/^(WT-GREETING 100\n)?READY>$/);
        expect(Date.now() - started).toBeLessThan(3_000);
        for (let prompts = 1; prompts <= 3; prompts++) {
          screen.line(`echo alive=${prompts}`);
          await screen.until(new RegExp(`^alive=${prompts}\n(wt took .*\n)?READY>$`, 'm'), 3_000);
        }
        screen.line('exit');
        await screen.end();
        expect(screen.text()).not.toMatch(/fork|resource|retry/i);
      },
    );
  });
});
