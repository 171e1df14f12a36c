import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Screen } from '../support/screen.ts';
import { lacks } from '../support/tools.ts';
import { count, eventually, loginEnv, type ShellHome, shellHome, shells } from './home.ts';

/** A wt that does this when asked for the greeting, and nothing otherwise. */
const onGreet = (script: string) => `#!/bin/sh\necho "$*" >>"$HOME/calls"\n[ "$1" = --greet ] || exit 0\n${script}\n`;

let home: ShellHome;

/** Ends what a case itself left running on purpose. */
function sweep() {
  for (const line of home.processes()) spawnSync('kill', ['-KILL', line.split(' ')[0] ?? '']);
}

const gone = (ms?: number) =>
  eventually(
    () => home.processes().length === 0,
    () => home.processes().join('\n'),
    ms,
  );

describe.skipIf(lacks('tmux')).each(shells)('a login with a bad wt in %s', (shell) => {
  describe.skipIf(lacks(shell))('on a terminal', () => {
    afterEach(() => {
      sweep();
      home[Symbol.dispose]();
    });

    const late = 'timed-out';
    // A fish takes its time to start and to end.
    const soon = shell === 'fish' ? 8_000 : 2_000;
    it.each<[name: string, wt: string, word?: string]>([
      ['hangs', '#!/bin/sh\nsleep 60\n', late],
      ['is a program that hangs', '#!/bin/sh\nexec sleep 60\n', late],
      ['hangs and ignores signals', "#!/bin/sh\ntrap '' INT TERM HUP QUIT PIPE\nwhile :; do sleep 1; done\n", late],
      ['prints and hangs', '#!/bin/sh\necho PARTIAL\nsleep 60\n', late],
      ['closes its output and hangs', '#!/bin/sh\nexec >&- 2>&-\nsleep 60\n', late],
      ['has nothing to say', onGreet(':'), 'nothing'],
      ['fails after some output', onGreet('echo PARTIAL; echo PARTIAL >&2; exit 3')],
      ['prints binary', onGreet('head -c 3000 /bin/sh')],
      ['prints a terminal command', onGreet("printf 'PARTIAL\\033]0;title\\007\\n'")],
      ['moves the cursor', onGreet("printf 'PARTIAL\\033[2J\\033[H\\n'")],
      ['prints without an end', onGreet('yes PARTIAL'), 'failed|timed-out'],
      ['prints far too much', onGreet('head -c 1000000 /dev/zero | tr "\\\\0" x'), 'failed|timed-out'],
    ])('shows nothing when wt %s, and the prompt comes in time', async (_, wt, word = 'failed') => {
      home = shellHome(wt);
      home.rc(shell, 'alias before=true', "alias after='echo AFTER=$WT_GREETED'");
      const started = Date.now();
      {
        using screen = Screen.start(home, [shell, '-i'], { env: { ...loginEnv(home), WT_TIMEOUT: '' } });
        expect(await screen.until(/READY>$/)).toBe('READY>');
        expect(Date.now() - started).toBeLessThan(soon);
        screen.line('before; after');
        // What came too late says so once, at the next prompt.
        const text = await screen.until(/^AFTER.*\n(.*\n)?READY>$/m);
        expect(text).toMatch(new RegExp(`^READY> before; after\nAFTER=(${word})\n(wt took .*\n)?READY>$`));
        expect(text.includes('\nwt took longer than 0.5 s: wt doctor\n')).toBe(text.includes(late));
        screen.line('after');
        expect(await screen.until(/AFTER[\s\S]*AFTER.*\nREADY>$/)).toMatch(/READY> after\nAFTER=.*\nREADY>$/);
        screen.line('exit');
        await screen.end(soon);
      }
      await gone(4_000);
    });

    it.each(['ABRT', 'ILL', 'SEGV', 'KILL'])(
      'shows nothing of a wt that dies of SIG%s whenever it runs',
      async (signal) => {
        const report = 'echo "panic: CRASH"; echo "panic: CRASH" >&2';
        home = shellHome(`#!/bin/sh\necho "$1" >>"$HOME/calls"\n${report}\nkill -${signal} $$\n`);
        // A shell that tells at once of a job that has ended.
        const notify = { bash: 'set -b', zsh: 'setopt notify', fish: '' }[shell];
        home.rc(shell, notify, `alias after='echo "AFTER [$WT_PROMPT] ${shell === 'fish' ? '$status' : '$?'}"'`);
        const env = { ...loginEnv(home), WT_PICK: '1' };
        using screen = Screen.start(home, [shell, '-i'], { env });
        await screen.until(/READY>$/);
        await eventually(
          () => home.calls().includes('refresh') && home.processes().length === 1,
          () => [...home.calls(), ...home.processes()].join('\n'),
        );
        screen.press('Enter', 'Enter');
        screen.line('after');
        const text = await screen.until(/^AFTER.*\nREADY>$/m);
        expect(text.split('\n')).toEqual(['READY>', 'READY>', 'READY> after', 'AFTER [] 0', 'READY>']);
        expect(home.calls()).toEqual(['--greet', 'refresh']);
        screen.line('exit');
        await screen.end();
      },
    );

    it.each<[name: string, spoil: (wt: string) => void]>([
      ['is missing', (wt) => rmSync(wt)],
      ['is not executable', (wt) => writeFileSync(wt, 'text') ?? spawnSync('chmod', ['644', wt])],
      ['is a folder', (wt) => spawnSync('sh', ['-c', `rm '${wt}'; mkdir '${wt}'`])],
      ['has no interpreter', (wt) => writeFileSync(wt, '#!/nowhere/node\n')],
    ])('shows nothing when wt %s', async (_, spoil) => {
      home = shellHome();
      home.rc(shell);
      spoil(home.wt);
      using screen = Screen.start(home, [shell, '-i'], { env: loginEnv(home) });
      expect(await screen.until(/READY>$/)).toBe('READY>');
      screen.line('echo "[$WT_PROMPT]"');
      await screen.until(/^\[\]$/m);
      screen.line('exit');
      await screen.end();
    });

    it.each<[timeout: string, shown: boolean]>([
      ['3', true],
      ['2.5', true],
      ['.2', false],
      ['0', false],
      ['', false],
      ['soon', false],
      ['1e3', false],
      ['-1', false],
      ['99999999999999999999', false],
      ['$(touch bad)', false],
    ])('with WT_TIMEOUT=%s a greeting after 0.9 seconds: shown is %s', async (timeout, shown) => {
      home = shellHome(onGreet('sleep 0.9; echo WT-GREETING'));
      home.rc(shell);
      using screen = Screen.start(home, [shell, '-i'], { env: { ...loginEnv(home), WT_TIMEOUT: timeout } });
      expect(await screen.until(/READY>$/)).toBe(shown ? 'WT-GREETING\nREADY>' : 'READY>');
      screen.line('ls bad');
      await screen.until(/bad.*: No such file/);
      screen.line('exit');
      await screen.end();
    });

    it('ends a wt that took too long, with what it started, while the shell goes on', async () => {
      home = shellHome(onGreet('sleep 60'));
      home.rc(shell);
      using screen = Screen.start(home, [shell, '-i'], { env: { ...loginEnv(home), WT_TIMEOUT: '0.2' } });
      await screen.until(/READY>$/);
      await eventually(
        () => home.processes().every((line) => !line.includes('sleep 60')),
        () => home.processes().join('\n'),
        3_000,
      );
      screen.line('exit');
      await screen.end();
    });

    it('has read the whole rc when Ctrl-C ends the greeting, and shows it no more', async () => {
      home = shellHome('#!/bin/sh\necho "$*" >>"$HOME/calls"\nsleep 60\n');
      home.rc(shell, '', "alias after='echo AFTER'");
      {
        using screen = Screen.start(home, [shell, '-i'], { env: { ...loginEnv(home), WT_TIMEOUT: '30' } });
        await eventually(
          () => home.calls().includes('--greet --color=always'),
          () => screen.text(),
        );
        screen.press('C-c');
        await screen.until(/READY>$/, soon);
        screen.line('after');
        await screen.until(/^AFTER$/m);
        screen.line('exit');
        await screen.end(soon);
        expect(home.calls().filter((call) => call.startsWith('--greet'))).toHaveLength(1);
      }
      await gone(4_000);
    });

    it('leaves nothing behind when the line drops during the greeting', async () => {
      home = shellHome('#!/bin/sh\necho "$*" >>"$HOME/calls"\nsleep 60\n');
      home.rc(shell);
      {
        // (A fish ends when the job does that it waits for, so not before wt's time is up.)
        const env = { ...loginEnv(home), WT_TIMEOUT: shell === 'fish' ? '3' : '30' };
        using screen = Screen.start(home, [shell, '-i'], { env });
        await eventually(
          () => home.calls().includes('--greet --color=always'),
          () => screen.text(),
        );
      }
      await gone(4_000 + soon);
    });

    it("doesn't wait for what wt leaves running, nor ends it", async () => {
      home = shellHome(onGreet('echo WT-GREETING; sleep 50 &'));
      home.rc(shell);
      using screen = Screen.start(home, [shell, '-i'], { env: { ...loginEnv(home), WT_TIMEOUT: '30' } });
      expect(await screen.until(/READY>$/, soon + 1_000)).toBe('WT-GREETING\nREADY>');
      expect(home.processes().filter((line) => line.includes('sleep 50'))).toHaveLength(1);
      screen.line('exit');
      await screen.end();
    });

    it.each([
      ['plain', {}, '--greet --color=always'],
      ['NO_COLOR', { NO_COLOR: '1' }, '--greet'],
      ['FORCE_COLOR=0', { FORCE_COLOR: '0' }, '--greet'],
    ])('asks for colour as the terminal has it: %s', async (_, env, call) => {
      home = shellHome();
      home.rc(shell);
      using screen = Screen.start(home, [shell, '-i'], { env: { ...loginEnv(home), ...env } });
      await screen.until(/READY>$/);
      expect(home.calls()[0]).toBe(call);
      screen.line('exit');
      await screen.end();
    });

    it('opens the picker after the greeting with WT_PICK=1, once', async () => {
      home = shellHome();
      home.rc(shell, '', shell === 'fish' ? 'set WT_PICK 1' : 'WT_PICK=1');
      using screen = Screen.start(home, [shell, '-i'], { env: loginEnv(home) });
      expect(await screen.until(/READY>$/)).toBe('WT-GREETING 100\nWT-PICKER\nREADY>');
      expect(home.calls().filter((call) => !/greet|refresh/.test(call))).toEqual(['--pick']);
      screen.line('echo again');
      expect(count(await screen.until(/^again\nREADY>$/m), 'WT-PICKER')).toBe(1);
      screen.line('exit');
      await screen.end();
    });

    it('leaves typed-ahead lines to the shell, and the picker closed', async () => {
      home = shellHome(
        '#!/bin/sh\necho "$*" >>"$HOME/calls"\ncase $1 in\n--greet) while [ ! -e "$HOME/typed" ]; do sleep 0.05; done; echo WT-GREETING;;\nrefresh) ;;\n*) echo WT-PICKER; read -r line;;\nesac\n',
      );
      home.rc(shell, '', shell === 'fish' ? 'set WT_PICK 1' : 'WT_PICK=1');
      using screen = Screen.start(home, [shell, '-i'], { env: { ...loginEnv(home), WT_TIMEOUT: '20' } });
      await eventually(
        () => home.calls().length > 0,
        () => screen.text(),
      );
      screen.line('echo AHE""AD');
      // (A fish has the echo off by then.)
      if (shell !== 'fish') await screen.until('AHE""AD');
      writeFileSync(join(home.home, 'typed'), '');
      await screen.until(/^AHEAD$/m);
      expect(screen.text()).toContain('WT-GREETING');
      expect(screen.text()).not.toContain('WT-PICKER');
      screen.line('exit');
      await screen.end();
    });
  });
});
