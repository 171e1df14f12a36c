import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Screen } from '../support/screen.ts';
import { type Sshd, startSshd } from '../support/sshd.ts';
import { lacks } from '../support/tools.ts';
import { count, eventually, type ShellHome, shellHome, shells } from './home.ts';

describe.each(shells)('over a real sshd, %s', (shell) => {
  describe.skipIf(lacks(shell, 'sshd', 'ssh', 'tmux', 'bash'))('as the login shell', () => {
    let home: ShellHome;
    let sshd: Sshd;
    let ssh: string[];

    beforeAll(async () => {
      home = shellHome();
      sshd = await startSshd(home, shell);
      ssh = ['-F', sshd.config];
    });
    afterAll(() => {
      sshd?.[Symbol.dispose]();
      home?.[Symbol.dispose]();
    });

    /** Logs in, does what the test says, logs out, and gives the whole screen. */
    async function login(act: (screen: Screen) => Promise<void>, args: string[] = ['box'], env = {}): Promise<string> {
      using screen = Screen.start(home, ['ssh', ...ssh, ...args], { env: { ...home.env, ...env } });
      await act(screen);
      await screen.end();
      return screen.text();
    }

    it('greets once, before the first prompt, and the session ends at once', async () => {
      home.rc(shell);
      const text = await login(async (screen) => {
        await screen.until(/^READY>/m);
        screen.line('echo "prompt=[$WT_PROMPT]"');
        await screen.until('prompt=[!1');
        screen.line('exit');
      });
      expect(text).toMatch(/^WT-GREETING 100\nREADY>/);
      expect(text).toContain('prompt=[!1 ●2 ⧗3]');
      expect(count(text, 'WT-GREETING')).toBe(1);
    });

    it('stays quiet in nested shells, exec, and when the rc is read again', async () => {
      home.rc(shell);
      const text = await login(async (screen) => {
        await screen.until(/READY>/);
        screen.line(`echo nested; ${shell} -i`);
        await screen.until(/nested\nREADY>/);
        screen.line(`echo exec; exec ${shell} -l`);
        await screen.until(/exec\nREADY>/);
        screen.line(`echo again; . ${home.rcFile(shell)}`);
        await screen.until(/again\nREADY>/);
        screen.line('exit');
        await screen.until(/again\nREADY> exit\n(logout\n)?READY>/);
        screen.line('exit');
      });
      expect(count(text, 'WT-GREETING')).toBe(1);
    });

    it('stays quiet in a tmux that was started from the login', async () => {
      home.rc(shell);
      const text = await login(async (screen) => {
        await screen.until(/READY>/);
        screen.line(`TMUX_TMPDIR=$HOME/.tmux tmux -L inner -f /dev/null new-session ${shell} -l \\; set status off`);
        await screen.until((shown) => !shown.includes('WT-GREETING') && /READY>/.test(shown));
        screen.line('echo "in=[$WT_PROMPT]"');
        const inner = await screen.until('in=[!1 ●2 ⧗3]');
        expect(inner).not.toContain('WT-GREETING');
        screen.line('exit');
        await screen.until(/exited\]/);
        screen.line('exit');
      });
      expect(count(text, 'WT-GREETING')).toBe(1);
    });

    it('greets the shell of ssh -t box SHELL, once', async () => {
      home.rc(shell);
      const text = await login(
        async (screen) => {
          await screen.until(/READY>/);
          screen.line('exit');
        },
        ['-t', 'box', shell],
      );
      expect(count(text, 'WT-GREETING')).toBe(1);
    });

    it.each([
      ['ssh -t with a command', ['-t', 'box', 'echo DONE']],
      ['ssh -t with -ic', ['-t', 'box', `${shell} -ic "echo DONE"`]],
      ['ssh -t with -ilc', ['-t', 'box', `${shell} -ilc "echo DONE"`]],
    ])('is silent for %s', async (_, args) => {
      home.rc(shell);
      const text = await login(async (screen) => {
        await screen.until(/^DONE$/m);
      }, args);
      expect(text.replace(/\n?(Connection|Shared connection) to .* closed\./g, '')).toBe('DONE');
    });

    it('does no prompt work and is silent when the client sends LC_WT=0', async () => {
      home.rc(shell);
      const text = await login(
        async (screen) => {
          await screen.until(/READY>/);
          screen.line('set | grep -c "^WT_PROMPT" | sed s/^/prompts=/');
          await screen.until(/^prompts=/m);
          screen.line('exit');
        },
        ['box'],
        { LC_WT: '0' },
      );
      expect(text).not.toContain('WT-GREETING');
      expect(text).toMatch(/^prompts=0$/m);
    });

    it('respects ~/.hushlogin, but keeps the prompt', async () => {
      home.rc(shell);
      writeFileSync(join(home.home, '.hushlogin'), '');
      try {
        const text = await login(async (screen) => {
          await screen.until(/READY>/);
          screen.line('echo "prompt=[$WT_PROMPT]"');
          await screen.until('prompt=[!1');
          screen.line('exit');
        });
        expect(text).not.toContain('WT-GREETING');
        expect(text).toContain('prompt=[!1 ●2 ⧗3]');
      } finally {
        spawnSync('rm', [join(home.home, '.hushlogin')]);
      }
    });

    /** Runs a client without a terminal, with and without the hook; both must say the same on every stream. */
    function alike(run: () => { status: number | null; stdout: string; stderr: string }) {
      home.rc(shell);
      const hooked = run();
      home.rc(shell);
      const rc = home.rcFile(shell);
      writeFileSync(rc, readFileSync(rc, 'utf8').replace(home.source(shell), ''));
      const plain = run();
      expect({ status: hooked.status, out: hooked.stdout, err: hooked.stderr }).toEqual({
        status: plain.status,
        out: plain.stdout,
        err: plain.stderr,
      });
      return hooked;
    }
    const client = (program: string, args: string[], input = '') => {
      const { status, stdout, stderr } = spawnSync(program, args, {
        env: { ...home.env, GIT_SSH_COMMAND: `ssh -F ${sshd.config}` },
        cwd: home.home,
        input,
        encoding: 'utf8',
      });
      return { status, stdout, stderr };
    };

    it.each([
      ['a command', ['box', 'echo DONE']],
      ['a failing command', ['box', 'echo DONE; false']],
      ['-ilc, as editors ask for the environment', ['box', `${shell} -ilc "echo DONE"`]],
      ['-lc', ['box', `${shell} -lc "echo DONE"`]],
    ])('says nothing on any stream for %s', (_, args) => {
      const before = home.calls().length;
      expect(alike(() => client('ssh', [...ssh, ...args])).stdout).toBe('DONE\n');
      expect(home.calls().length).toBe(before);
    });

    it.each([
      ['ssh -T', ['-T', 'box']],
      // (A fish without a terminal reads its input anyway.)
      ['SHELL -s', ['box', shell === 'fish' ? shell : `${shell} -s`]],
      ['SHELL -l -s', ['box', shell === 'fish' ? `${shell} -l` : `${shell} -l -s`]],
    ])('leaves every line of a script to %s', (_, args) => {
      const { stdout } = alike(() => client('ssh', [...ssh, ...args], 'echo ONE\necho TWO\n'));
      expect(stdout.trimEnd().split('\n').slice(-2)).toEqual(['ONE', 'TWO']);
    });

    it.skipIf(lacks('scp', 'sftp'))('lets scp and sftp through', () => {
      const content = 'x'.repeat(100_000);
      writeFileSync(join(home.home, 'from'), content);
      for (const mode of ['-s', '-O']) {
        expect(alike(() => client('scp', [mode, ...ssh, 'from', `box:${home.home}/to`]))).toMatchObject({
          status: 0,
          stderr: '',
        });
        expect(readFileSync(join(home.home, 'to'), 'utf8')).toBe(content);
        spawnSync('rm', [join(home.home, 'to')]);
      }
      writeFileSync(join(home.home, 'batch'), `put from ${home.home}/to\n`);
      expect(alike(() => client('sftp', ['-q', ...ssh, '-b', 'batch', 'box']))).toMatchObject({
        status: 0,
        stderr: '',
      });
      expect(readFileSync(join(home.home, 'to'), 'utf8')).toBe(content);
    });

    it.skipIf(lacks('rsync'))('lets rsync through', () => {
      mkdirSync(join(home.home, 'tree'), { recursive: true });
      writeFileSync(join(home.home, 'tree/file'), 'content');
      const result = alike(() =>
        client('rsync', ['-a', '-e', `ssh -F ${sshd.config}`, 'tree/', `box:${home.home}/copy/`]),
      );
      expect(result).toMatchObject({ status: 0, stderr: '' });
      expect(readFileSync(join(home.home, 'copy/file'), 'utf8')).toBe('content');
    });

    it.skipIf(lacks('git'))('lets git through', () => {
      client('git', ['init', '-q', '--bare', 'repo.git']);
      const result = alike(() => client('git', ['ls-remote', `box:${home.home}/repo.git`]));
      expect(result).toEqual({ status: 0, stdout: '', stderr: '' });
    });

    it('leaves no process behind', async () => {
      await eventually(
        () => home.processes().length === 0,
        () => home.processes().join('\n'),
      );
    });
  });
});
