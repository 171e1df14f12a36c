import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Screen } from '../support/screen.ts';
import { lacks } from '../support/tools.ts';
import { root } from '../support/wt.ts';
import { count, eventually, goodWt, leaveBrief, loginEnv, type ShellHome, shellHome } from './home.ts';

/** What the guard looks at, with values that matter to it. */
const looksAt = {
  TERM: ['xterm', 'dumb', 'screen.xterm', 'tmux-256color', ''],
  TMUX: ['', '/tmp/tmux-0/default,1,0'],
  STY: ['', '1.pts-0.box'],
  ZELLIJ: ['', '0'],
  TERM_PROGRAM: ['', 'tmux', 'vscode', 'other'],
  TERMINAL_EMULATOR: ['', 'JetBrains-JediTerm', 'other'],
  INSIDE_EMACS: ['', '29.1,vterm'],
  INTELLIJ_ENVIRONMENT_READER: ['', 'true'],
  VSCODE_INJECTION: ['', '1'],
  VSCODE_IPC_HOOK_CLI: ['', '/run/vscode.sock'],
  VSCODE_RESOLVING_ENVIRONMENT: ['', '1'],
  CLAUDECODE: ['', '1'],
  WT_DISABLE: ['', '1', '0'],
  LC_WT: ['', '0', '1', '00'],
  SSH_CONNECTION: ['192.0.2.1 50000 192.0.2.2 22', ''],
  WT_TIMEOUT: ['', '0', '0.0', '.0', '0.', '00', '.', '0..0', '1', '0.1', '-0', 'x'],
  WT_GREETED: ['', '1', 'nothing', 'timed-out', 'failed', 'interrupted', 'other'],
};

/** Environments in which one or two of them are out of the ordinary, and some in which many are. */
function environments(): Record<string, string>[] {
  const names = Object.keys(looksAt) as (keyof typeof looksAt)[];
  const usual = Object.fromEntries(names.map((name) => [name, looksAt[name][0]!]));
  const ones = names.flatMap((name) => looksAt[name].map((value) => ({ [name]: value })));
  const pairs = ones.flatMap((one, at) => ones.slice(at + 1).map((other) => ({ ...usual, ...one, ...other })));
  const many = pairs.map((_, at) =>
    Object.fromEntries(names.map((name, place) => [name, looksAt[name][(at * (place + 1)) % looksAt[name].length]!])),
  );
  return [...pairs.filter((_, at) => at % 7 === 0), ...many.filter((_, at) => at % 31 === 0)];
}

describe.skipIf(lacks('fish'))('the guard in the words of fish', () => {
  it('says what the one for sh says', () => {
    using home = shellHome();
    const all = environments();
    expect(all.length).toBeGreaterThan(150);
    const script = (set: (name: string, value: string) => string, asks: string[]) =>
      all
        .map((env) =>
          [
            ...Object.entries(env).map(([name, value]) => set(name, value)),
            ...asks.map((ask) => `${ask}; echo "<$__wt_why>"`),
          ].join('\n'),
        )
        .join('\n');
    const asks = ['__wt_guard_prompt', '__wt_guard_greeting'];
    const run = (program: string, args: string[], text: string) => {
      writeFileSync(join(home.home, 'script'), text);
      const asked = spawnSync(program, [...args, join(home.home, 'script')], { env: home.env, encoding: 'utf8' });
      return asked.stdout.trimEnd().split('\n');
    };
    const inSh = script((name, value) => `${name}='${value}'`, asks);
    const inFish = script((name, value) => `set -g ${name} '${value}'`, asks);
    const sh = run('sh', [], `. '${root}/hooks/guard.sh'\n${inSh}\n`);
    const fish = run('fish', ['--no-config'], `source '${root}/hooks/guard.fish'\n${inFish}\n`);
    expect(sh).toHaveLength(2 * all.length);
    expect(fish).toEqual(sh);
  });

  it.each<[version: string, good: boolean]>([
    ['2.7.1', false],
    ['3.0.0', false],
    ['3.1b1', false],
    ['3.5.1', false],
    ['3.5.1-12-gabcdef', false],
    ['3.6.0', true],
    ['3.7.1-2-gabcdef', true],
    ['3.10.0', true],
    ['4.0b1', true],
    ['4.0.2', true],
    ['10.0', true],
  ])('fish %s: good is %s', (version, good) => {
    const { stdout } = spawnSync(
      'fish',
      [
        '--no-config',
        '-c',
        'source $argv[1]; __wt_guard_shell $argv[2]; echo "$__wt_why"',
        `${root}/hooks/guard.fish`,
        version,
      ],
      { encoding: 'utf8', env: { ...process.env, HOME: '/dev/null', XDG_CONFIG_HOME: '', XDG_DATA_HOME: '' } },
    );
    expect(stdout).toBe(good ? '\n' : `this is fish ${version}; wt's hook needs fish 3.6 or later\n`);
  });
});

describe.skipIf(lacks('fish', 'tmux'))('a fish', () => {
  /** Starts a program in a login's environment, and gives its screen at the first prompt. */
  async function first(home: ShellHome, argv: string[], prompt = /READY>$/): Promise<string> {
    using screen = Screen.start(home, argv, { env: loginEnv(home) });
    const text = await screen.until(prompt);
    screen.line('exit');
    return text;
  }

  it.each<[name: string, argv: string[], greetings: number]>([
    ['a login', ['fish', '-l'], 1],
    ['--private', ['fish', '--private'], 1],
    ['--no-config', ['fish', '--no-config', '-C', "function fish_prompt; printf 'READY> '; end"], 0],
    ['-i -c with a question', ['fish', '-i', '-c', 'read -P "READY>" answer'], 0],
    ['-c with a question', ['fish', '-c', 'read -P "READY>" answer'], 0],
  ])('greets, or does not: %s', async (_, argv, greetings) => {
    using home = shellHome();
    home.rc('fish');
    expect(count(await first(home, argv), 'WT-GREETING')).toBe(greetings);
    if (greetings === 0) expect(home.calls()).toEqual([]);
  });

  it('greets after a question that config.fish asks, not at it', async () => {
    using home = shellHome();
    home.rc('fish', '', 'read -P "ASKED>" answer');
    using screen = Screen.start(home, ['fish', '-l'], { env: loginEnv(home) });
    expect(await screen.until(/ASKED>$/)).not.toContain('WT-GREETING');
    screen.line('yes');
    expect(count(await screen.until(/READY>$/), 'WT-GREETING')).toBe(1);
    screen.line('exit');
    await screen.end();
  });

  it.skipIf(lacks('bash'))(
    'that .bashrc becomes greets, and one that is started from a greeted bash does not',
    async () => {
      using home = shellHome();
      home.rc('bash', '[[ ! -e ~/become ]] || exec fish');
      home.rc('fish');
      writeFileSync(join(home.home, 'become'), '');
      expect(count(await first(home, ['bash', '-l']), 'WT-GREETING')).toBe(1);
      spawnSync('rm', [join(home.home, 'become')]);
      using screen = Screen.start(home, ['bash', '-l'], { env: loginEnv(home) });
      await screen.until(/READY>$/);
      screen.line('clear; exec fish');
      await screen.until(/^READY>$/);
      screen.line('echo "greeted=[$WT_GREETED] prompt=[$WT_PROMPT] fish=$FISH_VERSION"');
      expect(await screen.until(/^greeted=\[1\] prompt=\[!1 ●2 ⧗3\] fish=[34]/m)).not.toContain('WT-GREETING');
      screen.line('exit');
      await screen.end();
    },
  );

  it.each(['set -g WT_DISABLE 1', 'set -U WT_DISABLE 1', 'set -gx LC_WT 0'])(
    'defines and prints nothing when config.fish says: %s',
    async (line) => {
      using home = shellHome();
      home.rc('fish', '', line);
      using screen = Screen.start(home, ['fish', '-l'], { env: loginEnv(home) });
      expect(await screen.until(/READY>$/)).toBe('READY>');
      screen.line('set --names | grep -c "^__wt_\\|^WT_PROMPT"; functions --all --names | grep -c __wt_; echo ASKED');
      await screen.until(/^0\n0\nASKED$/m);
      expect(home.calls()).toEqual([]);
      screen.line('exit');
      await screen.end();
    },
  );

  it('keeps $status and $pipestatus, and what the user defined in place of builtins that fish needs not has no part in it', async () => {
    using home = shellHome();
    const names = 'cd random path';
    home.rc('fish', '', `for name in ${names}; function $name; builtin echo BAD; end; end`);
    using screen = Screen.start(home, ['fish', '-l'], { env: loginEnv(home) });
    expect(await screen.until(/READY>$/)).toBe('WT-GREETING 100\nREADY>');
    screen.line('true | sh -c "exit 5"');
    screen.line('echo "last=$status/$pipestatus"');
    await screen.until(/^last=5\/0 5$/m);
    screen.line('exit');
    await screen.end();
  });

  it('greets once when the hook is read twice', async () => {
    using home = shellHome();
    home.rc('fish', '', home.source('fish'));
    expect(await first(home, ['fish', '-l'])).toBe('WT-GREETING 100\nREADY>');
  });

  it('completes by what wt says, and leaves a completion alone that is there', async () => {
    for (const [line, shown] of [
      ['', /^show\tlooks\nshout\tlouder$/m],
      ['complete -c wt -f -a theirs', /^theirs$/m],
    ] as const) {
      using home = shellHome(
        `${goodWt.replace('*) echo', "complete) printf 'show\\tlooks\\nshout\\tlouder\\n' ;;\n*) echo")}`,
      );
      home.rc('fish', '', line);
      using screen = Screen.start(home, ['fish'], { env: home.env });
      await screen.until(/READY>$/);
      screen.line(
        `complete -C 'wt ${line === '' ? 'sh' : 't'}' | cat -A | string replace -a ^I \\t >out; string replace \\$ "" <out`,
      );
      const text = await screen.until((now) => shown.test(now.replaceAll(/ {2,}/g, '\t')));
      expect(text.includes('theirs')).toBe(line !== '');
      if (line === '') expect(home.calls()).toContain('complete sh');
      screen.line('exit');
      await screen.end();
    }
  });

  it('rings with WT_BELL=1 when the number that needs you grew, and not otherwise', async () => {
    using home = shellHome('#!/bin/sh\n');
    leaveBrief(home, '!1\n');
    home.rc('fish', '', 'set -g WT_BELL 1');
    using screen = Screen.start(home, ['sh', '-c', 'script -qc "fish -i" "$HOME/typescript"'], { env: home.env });
    await screen.until(/READY>$/);
    const bells = () =>
      count(
        spawnSync('cat', [join(home.home, 'typescript')], { encoding: 'latin1' }).stdout.replaceAll(
          /\x1b\][^\x07]*\x07/g,
          '',
        ),
        '\x07',
      );
    leaveBrief(home, '!3\n');
    screen.line('echo "now=[$WT_PROMPT]"');
    await screen.until(/^now=\[!1\]\nREADY>$/m);
    leaveBrief(home, '!2\n');
    screen.line('echo "now=[$WT_PROMPT]"');
    await screen.until(/^now=\[!3\]\nREADY>$/m);
    screen.line('exit');
    await screen.end();
    await eventually(
      () => bells() === 1,
      () => String(bells()),
    );
  });
});
