// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text is for shells
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Screen } from '../support/screen.ts';
import { lacks } from '../support/tools.ts';
import { count, eventually, leaveBrief, posixShells, type Shell, type ShellHome, shellHome } from './home.ts';

/** A wt that only notes that it was asked, so that what the hook shows is what the test wrote. */
const mute = '#!/bin/sh\necho "$*" >>"$HOME/calls"\n';

/** What WT_PROMPT is at the first prompt of a local shell. */
async function shown(home: ShellHome, shell: Shell, env: Record<string, string> = {}): Promise<string | undefined> {
  home.rc(shell);
  using screen = Screen.start(home, [shell, '-i'], { env: { ...home.env, ...env } });
  await screen.until(/READY>$/);
  screen.line('echo "prompt=[$WT_PROMPT]"');
  const text = await screen.until(/^prompt=\[.*\]$/m);
  screen.line('exit');
  await screen.end();
  expect(text).toMatch(/^READY>/);
  return text.match(/^prompt=\[(.*)\]$/m)?.[1];
}

describe.skipIf(lacks('tmux')).each(posixShells)('the prompt in %s', (shell) => {
  describe.skipIf(lacks(shell))('of a local shell', () => {
    it.each<[locale: string, env: Record<string, string>, prompt: string]>([
      ['LANG', { LANG: 'C.UTF-8' }, '!1 ●2 ⧗3'],
      ['LANG in another spelling', { LANG: 'C.utf8' }, '!1 ●2 ⧗3'],
      ['a locale that this machine lacks', { LANG: 'xx_XX.UTF-8' }, '!1 *2 ~3'],
      ['the LC_CTYPE of macOS', { LANG: '', LC_CTYPE: 'UTF-8' }, '!1 *2 ~3'],
      ['LC_CTYPE before LANG', { LANG: 'C.UTF-8', LC_CTYPE: 'C' }, '!1 *2 ~3'],
      ['LC_ALL before LC_CTYPE', { LC_ALL: 'C', LC_CTYPE: 'C.UTF-8' }, '!1 *2 ~3'],
      ['an empty LC_ALL', { LC_ALL: '', LANG: 'C.UTF-8' }, '!1 ●2 ⧗3'],
      ['the C locale', { LANG: 'C' }, '!1 *2 ~3'],
      ['no locale', { LANG: '' }, '!1 *2 ~3'],
      ["the kernel's console", { TERM: 'linux' }, '!1 *2 ~3'],
    ])('has the marks of the locale: %s', async (_, env, prompt) => {
      using home = shellHome(mute);
      leaveBrief(home, '!1 *2 ~3\n');
      expect(await shown(home, shell, env)).toBe(prompt);
    });

    it.each([
      ['!12\n', '!12'],
      ['*2\n', '●2'],
      ['~3\n', '⧗3'],
      ['!1 ~3\n', '!1 ⧗3'],
      ['*2 ~3', '●2 ⧗3'],
      ['\n', ''],
      ['', ''],
      ['!1 *2 ~3\n\n', ''],
      ['!1 *2 ~3\n!1\n', ''],
      ['!1 \n', ''],
      [' !1\n', ''],
      ['!1*2\n', ''],
      ['*2 !1\n', ''],
      ['!x\n', ''],
      ['!\n', ''],
      ['$(touch bad)\n', ''],
      ['!1 $(touch bad)\n', ''],
      ['`touch bad`\n', ''],
      ['%n %F{red}\n', ''],
      ['\\u \\w\n', ''],
      ['!1\u001b[31m\n', ''],
      ['!1\u0000\n', ''],
      ['\u0000', ''],
      ['●2\n', ''],
      [`!${'1'.repeat(70)}\n`, ''],
      [`!1\n${'x'.repeat(1_000_000)}`, ''],
      ['x'.repeat(1_000_000), ''],
      [readFileSync('/bin/sh').subarray(0, 5000), ''],
    ])('shows a brief and nothing else: %j', async (text, prompt) => {
      using home = shellHome(mute);
      leaveBrief(home, text);
      expect(await shown(home, shell)).toBe(prompt);
      expect(existsSync(join(home.home, 'bad'))).toBe(false);
    });

    it.each([
      ['a symbolic link', 'mv $file $file.real; ln -s $file.real $file'],
      ['a pipe', 'rm $file; mkfifo $file'],
      ['a folder', 'rm $file; mkdir $file'],
      ['missing', 'rm $file'],
    ])('shows nothing when the file is %s', async (_, make) => {
      using home = shellHome(mute);
      execFileSync('sh', ['-ec', make], { env: { ...home.env, file: leaveBrief(home, '!1\n') } });
      expect(await shown(home, shell)).toBe('');
    });

    it.runIf(process.getuid?.() === 0)("shows nothing of another user's file", async () => {
      using home = shellHome(mute);
      execFileSync('chown', ['65534', leaveBrief(home, '!1\n')]);
      expect(await shown(home, shell)).toBe('');
    });

    it.each<[name: string, env: Record<string, string>, folder: string]>([
      ['no runtime folder: the cache', { XDG_RUNTIME_DIR: '' }, '.cache'],
      ['a relative runtime folder: the cache', { XDG_RUNTIME_DIR: '.run' }, '.cache'],
      ['a missing runtime folder: the cache', { XDG_RUNTIME_DIR: '/nowhere/run' }, '.cache'],
      ['a relative cache: ~/.cache', { XDG_RUNTIME_DIR: '', XDG_CACHE_HOME: 'cache' }, '.cache'],
      ['a runtime folder before the cache', {}, '.run'],
    ])('looks where wt writes: %s', async (_, env, folder) => {
      using home = shellHome(mute);
      for (const [name, text] of [
        ['.cache', '*1'],
        ['.run', '*2'],
      ] as const) {
        leaveBrief(home, `${text}\n`, { runtime: name });
      }
      expect(await shown(home, shell, env)).toBe(folder === '.cache' ? '●1' : '●2');
    });

    it('is inert in the prompt itself', async () => {
      using home = shellHome(mute);
      leaveBrief(home, '!1 $(touch bad) `touch bad` %n\n');
      home.rc(
        shell,
        '',
        shell === 'bash' ? "PS1='${WT_PROMPT}<\\$ READY> '" : "setopt prompt_subst; PROMPT='${WT_PROMPT}<%# READY> '",
      );
      using screen = Screen.start(home, [shell, '-i'], { env: home.env });
      expect(await screen.until(/READY>$/)).toMatch(/^<[#$%] READY>$/);
      leaveBrief(home, '!1 *2\n');
      screen.press('Enter');
      await screen.until(/^!1 ●2<[#$%] READY>$/m);
      screen.line('exit');
      await screen.end();
      expect(existsSync(join(home.home, 'bad'))).toBe(false);
    });

    it('stops when WT_DISABLE is set in the running shell', async () => {
      using home = shellHome(mute);
      leaveBrief(home, '!1\n');
      home.rc(shell);
      using screen = Screen.start(home, [shell, '-i'], { env: home.env });
      await screen.until(/READY>$/);
      screen.line('echo "before=[$WT_PROMPT]"; WT_DISABLE=1');
      await screen.until(/^before=\[!1\]\nREADY>$/m);
      screen.line('echo "after=[$WT_PROMPT]"');
      await screen.until(/^after=\[\]$/m);
      screen.line('exit');
      await screen.end();
    });

    it('is refreshed in the background every five seconds at most, with no word of a job', async () => {
      using home = shellHome();
      home.rc(shell, 'set -o notify');
      using screen = Screen.start(home, [shell, '-i'], { env: home.env });
      await screen.until(/READY>$/);
      await eventually(
        () => home.calls().length === 1,
        () => screen.text(),
      );
      const first = Date.now();
      for (let prompts = 2; prompts <= 6; prompts++) {
        screen.press('Enter');
        await screen.until((text) => count(text, 'READY>') === prompts);
      }
      expect(home.calls()).toEqual(['refresh']);
      screen.line('echo "new=[$WT_PROMPT] jobs=[$(jobs)]"');
      await screen.until(/^new=\[!1 ●2 ⧗3\] jobs=\[\]$/m);
      while (home.calls().length === 1 && Date.now() - first < 9_000) {
        screen.press('Enter');
        spawnSync('sleep', ['0.1']);
      }
      expect(home.calls()).toEqual(['refresh', 'refresh']);
      expect(Date.now() - first).toBeGreaterThan(3_900);
      expect(
        screen
          .text()
          .replaceAll(/^READY>.*$|^new=.*$/gm, '')
          .trim(),
      ).toBe('');
      screen.line('exit');
      await screen.end();
    });

    it('gives the refresh no descriptor of the shell', async () => {
      using home = shellHome('#!/bin/sh\nls -l /proc/$$/fd >"$HOME/fds.new"; mv "$HOME/fds.new" "$HOME/fds"\n');
      home.rc(shell, 'exec 7</etc/passwd 8<>/dev/tty');
      using screen = Screen.start(home, [shell, '-i'], { env: home.env });
      await screen.until(/READY>$/);
      await eventually(
        () => existsSync(join(home.home, 'fds')),
        () => screen.text(),
      );
      const open = readFileSync(join(home.home, 'fds'), 'utf8');
      expect(open).toContain('/dev/null');
      expect(open).not.toMatch(/tty|pts|passwd/);
      screen.line('exit');
      await screen.end();
    });

    it.skipIf(lacks('strace'))('forks nothing and runs nothing for a later prompt', async () => {
      using home = shellHome(mute);
      leaveBrief(home, '!1\n');
      home.rc(shell);
      const log = join(home.home, 'trace');
      using screen = Screen.start(
        home,
        ['strace', '-f', '-qq', '-e', 'trace=clone,clone3,fork,vfork,execve', '-o', log, shell, '-i'],
        {
          env: home.env,
        },
      );
      await screen.until(/READY>$/);
      await eventually(
        () => home.calls().length === 1,
        () => screen.text(),
      );
      const traced = () =>
        readFileSync(log, 'utf8')
          .split('\n')
          .filter((line) => /clone|fork|execve/.test(line)).length;
      // The refresh may still be on its way out; then five prompts, one of them after a builtin command.
      let before = -1;
      const settled = () => {
        const last = before;
        before = traced();
        return before === last;
      };
      await eventually(settled, () => 'the trace grows');
      expect(before).toBeGreaterThan(1);
      for (let prompts = 2; prompts <= 6; prompts++) {
        screen.line(prompts === 4 ? 'true' : '');
        await screen.until((text) => count(text, 'READY>') === prompts);
      }
      expect(home.calls()).toHaveLength(1);
      expect(traced()).toBe(before);
      screen.line('exit');
      await screen.end();
    });
  });
});
