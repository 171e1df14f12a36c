import { describe, expect, it } from 'vitest';
import { Screen } from '../support/screen.ts';
import { lacks } from '../support/tools.ts';
import { builds, wt } from '../support/wt.ts';
import { count, leaveBrief, loginEnv, type Shell, type ShellHome, shellHome, shells } from './home.ts';

/** What a shell shows up to its first prompt, whether the hook defined anything in it, and what wt says of all that. */
async function start(home: ShellHome, argv: string[], env: Record<string, string | undefined>) {
  const whole = Object.fromEntries(
    Object.entries({ ...loginEnv(home), ...env }).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  using screen = Screen.start(home, argv, { env: whole });
  await screen.until(/READY>/);
  screen.line('set | grep -c __wt_; echo "prompt=[$WT_PROMPT] marker=[$WT_GREETED]"');
  await screen.until(/^prompt=/m);
  const text = screen.text();
  return {
    greetings: count(text, 'WT-GREETING'),
    // (A fish warns of a TERM that this machine doesn't know.)
    before: text.slice(0, text.indexOf('READY>')).replace(/^warning: .*\n/gm, ''),
    defined: !/^0$/m.test(text),
    prompt: text.match(/^prompt=\[(.*)\] marker/m)?.[1],
    marker: text.match(/marker=\[(\d*)\]$/m)?.[1],
    doctor: wt(builds[0]!, ['doctor'], home, { env: { ...loginEnv(home), ...env } }).stdout.match(
      /hook would greet here|would not greet here/,
    )?.[0],
  };
}

type Case = [name: string, env: Record<string, string | undefined>];

describe.skipIf(lacks('tmux')).each(shells)('the guard in %s', (shell: Shell) => {
  describe.skipIf(lacks(shell))('on a terminal', () => {
    it.each<Case>([
      ['an SSH login', {}],
      ['mosh, which has no SSH_TTY', { SSH_TTY: undefined, SSH_CONNECTION: '192.0.2.1 60001 192.0.2.2 60001' }],
      ['TERM=linux', { TERM: 'linux' }],
      ['an empty TMUX', { TMUX: '' }],
      ['a terminal that is no editor', { TERMINAL_EMULATOR: 'other', TERM_PROGRAM: 'tmux' }],
    ])('greets: %s', async (_, env) => {
      using home = shellHome();
      home.rc(shell);
      expect(await start(home, [shell, '-i'], env)).toMatchObject({
        greetings: 1,
        marker: '1',
        before: 'WT-GREETING 100\n',
        doctor: 'hook would greet here',
      });
    });

    it.each<Case>([
      ['a local terminal', { SSH_CONNECTION: undefined }],
      ['an empty SSH_CONNECTION', { SSH_CONNECTION: '' }],
      ['a tmux pane', { TMUX: '/tmp/tmux-0/default,1,0' }],
      ['a screen window', { STY: '1.pts-0.box' }],
      ['a zellij pane', { ZELLIJ: '0' }],
      ['a nested shell', { WT_GREETED: '1' }],
      ['no time', { WT_TIMEOUT: '0.0' }],
      ['a timed-out login', { WT_GREETED: 'timed-out' }],
      // A server hands on what it was started with; who sits in a pane is a person.
      ...[
        { CLAUDECODE: '1' },
        { TERM_PROGRAM: 'vscode', VSCODE_INJECTION: '1' },
        { VSCODE_IPC_HOOK_CLI: '/run/vscode.sock' },
        { TERMINAL_EMULATOR: 'JetBrains-JediTerm' },
        { INSIDE_EMACS: '29.1,comint' },
      ].flatMap((left): Case[] => [
        [
          `tmux, started with ${JSON.stringify(left)}`,
          { TMUX: '/tmp/tmux-0/default,1,0', TERM: 'tmux-256color', ...left },
        ],
        [`screen, started with ${JSON.stringify(left)}`, { STY: '1.pts-0.box', TERM: 'screen.xterm', ...left }],
        [`zellij, started with ${JSON.stringify(left)}`, { ZELLIJ: '0', ...left }],
      ]),
      ['tmux with another TERM', { TMUX: '/tmp/t,1,0', TERM_PROGRAM: 'tmux', CLAUDECODE: '1' }],
    ])('is quiet but keeps the prompt: %s', async (_, env) => {
      using home = shellHome();
      home.rc(shell);
      leaveBrief(home, '*1\n');
      expect(await start(home, [shell, '-i'], env)).toMatchObject({
        greetings: 0,
        before: '',
        doctor: 'would not greet here',
        prompt: expect.stringContaining('●'),
      });
    });

    it.each<Case>([
      ['WT_DISABLE', { WT_DISABLE: '1' }],
      ['LC_WT=0', { LC_WT: '0' }],
      ['a dumb terminal', { TERM: 'dumb' }],
      ['no TERM', { TERM: undefined }],
      ["Claude's own shell", { CLAUDECODE: '1' }],
      ['VS Code', { TERM_PROGRAM: 'vscode' }],
      ["VS Code's own rc", { VSCODE_INJECTION: '1' }],
      ['VS Code over ssh', { VSCODE_IPC_HOOK_CLI: '/run/vscode.sock' }],
      ['JetBrains', { TERMINAL_EMULATOR: 'JetBrains-JediTerm' }],
      ['the JetBrains environment reader', { INTELLIJ_ENVIRONMENT_READER: 'true' }],
      ['Emacs', { INSIDE_EMACS: '29.1,comint' }],
      ['Emacs in tmux', { INSIDE_EMACS: '29.1,vterm', TMUX: '/tmp/t,1,0', TERM_PROGRAM: 'tmux' }],
      ['JetBrains from tmux', { TERMINAL_EMULATOR: 'JetBrains-JediTerm', TMUX: '/tmp/t,1,0' }],
      ['VS Code from tmux', { TERM_PROGRAM: 'vscode', TMUX: '/tmp/t,1,0' }],
    ])('defines and prints nothing: %s', async (_, env) => {
      using home = shellHome();
      home.rc(shell);
      expect(await start(home, [shell, '-i'], env)).toMatchObject({
        greetings: 0,
        before: '',
        doctor: 'would not greet here',
        defined: false,
        prompt: '',
        marker: '',
      });
      expect(home.calls()).toEqual([]);
    });

    it.each<[env: Record<string, string | undefined>, said: string, mark?: string]>([
      [{}, 'a login shell with the hook would greet here'],
      [
        { WT_DISABLE: '1', TMUX: '/x' },
        'would not greet here: WT_DISABLE is set, this is inside of tmux, screen or zellij',
      ],
      [{ SSH_CONNECTION: undefined }, 'would not greet here: this is no SSH login (SSH_CONNECTION is not set)'],
      [{ WT_GREETED: '1' }, 'would not greet here: it has greeted in this login already'],
      [{ WT_GREETED: 'nothing' }, 'would not greet here: wt had nothing to say at this login'],
      [{ WT_GREETED: 'timed-out' }, 'would not greet here: wt took too long at this login'],
      [{ WT_GREETED: 'failed' }, 'would not greet here: wt failed at this login'],
      [{ WT_GREETED: 'interrupted' }, 'would not greet here: the greeting of this login was interrupted'],
      [{ SHELL: '/usr/bin/ksh' }, 'the login shell is /usr/bin/ksh: the hooks need bash 4.4 or later', '✗'],
      [{ SHELL: `/usr/bin/${shell}` }, 'a login shell with the hook would greet here'],
      [{ SHELL: `/nowhere/${shell}` }, `/nowhere/${shell} is no program: take another login shell`, '✗'],
    ])('is what doctor asks: %j', (env, said, mark = '·') => {
      using home = shellHome();
      for (const build of builds)
        expect(wt(build, ['doctor'], home, { env: { ...loginEnv(home), ...env } }).stdout).toContain(
          `\n  ${mark} ${said}`,
        );
    });

    it.each([
      ['standard output', `${shell} -i -c : | cat; sh -c '${shell} -i' | cat`],
      ['standard input', `echo 'echo READ' | ${shell} -i`],
      ['either', `echo 'echo READ' | ${shell} -i | cat`],
    ])('is quiet when there is no terminal at %s', async (_, command) => {
      using home = shellHome();
      home.rc(shell);
      using screen = Screen.start(home, ['sh', '-c', `${command}; echo END`], { env: loginEnv(home) });
      await screen.until(/READY>|READ$|END/m);
      screen.line('exit');
      // A shell that has ended already leaves the word to the terminal, which shows it behind the end.
      const text = await screen.until(/(?:^|\n)END(?:\nexit)?$/);
      await screen.end();
      expect(text).not.toContain('WT-GREETING');
    });
  });
});
