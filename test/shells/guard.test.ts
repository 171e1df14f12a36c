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
    before: text.slice(0, text.indexOf('READY>')),
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
