import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { briefKey } from '../../src/box/brief-file.ts';
import { Screen } from '../support/screen.ts';
import { lacks } from '../support/tools.ts';
import { builds, wt } from '../support/wt.ts';
import { leaveBrief, type Shell, shellHome, shells } from './home.ts';

const mute = '#!/bin/sh\n';

/** The key that a shell makes of a host and a folder: its own functions are asked, not an imitation. */
function shellKey(shell: Shell, host: string, folder: string, locale: string): string | null {
  using home = shellHome(mute);
  const inFish = `source '${home.hook(shell)}'; source $__wt_folder/prompt.fish; set __wt_host $H; __wt_identify $F; printf 'key=<%s>\\n' "$__wt_key"\n`;
  const inSh = `PS1= PROMPT=\n. '${home.hook(shell)}'\n__wt_host=$H; __wt_identify "$F"; printf 'key=<%s>\\n' "$__wt_key"\n`;
  const args = { bash: ['--norc', '-i'], zsh: ['-f', '-i'], fish: ['--no-config', '-i', '-c', inFish] }[shell];
  const { stdout } = spawnSync(shell, args, {
    env: { ...home.env, LC_ALL: locale, H: host, F: folder },
    input: inSh,
    encoding: 'utf8',
  });
  return /^(?:.*)key=<(.*)>$/m.exec(stdout)?.[1] || null;
}

const long = `/home/you/${'deep/'.repeat(60)}.claude`;

describe('the name of a brief', () => {
  it.each<[host: string, folder: string, key: string | null]>([
    ['box', '/home/you/.claude', 'box--home-you-.claude'],
    ['box.example.org', '/home/you/.claude', 'box.example.org--home-you-.claude'],
    ['', '/c', '--c'],
    ['box', '/', 'box--'],
    ['box', '/a b/c_d.e', 'box--a-b-c_d.e'],
    ['box', `/it's "q" $(x) \`y\` [z]* ?!~`, 'box--it-s--q----x---y---z------'],
    ['box', '/home/größe', 'box--home-gr----e'],
    ['bøx', '/日本/.claude', 'b--x---------.claude'],
    ['box', `/${'x'.repeat(115)}`, `box--${'x'.repeat(115)}`],
    ['box', `/${'x'.repeat(116)}`, `ox--${'x'.repeat(116)}`],
    ['box', `/${'é'.repeat(100)}z`, `${'-'.repeat(119)}z`],
    ['box', long, `box:${long}`.slice(-120).replaceAll(/[/:]/g, '-')],
    ['box', '/a\nb', null],
    ['box', '/a\tb', null],
    ['box', '/a\x7fb', null],
    ['box', '/a\x1b[31m', null],
    ['b\x01x', '/a', null],
    ['box', 'relative/.claude', null],
    ['box', '', null],
    ['box', '~/.claude', null],
  ])('of %j and %j is %j, for the program and for every shell in any locale', (host, folder, key) => {
    expect(briefKey(host, folder)).toBe(key);
    // (A fish takes what it inherits for Latin-1 where it doesn't start in UTF-8, and shows no brief then.)
    for (const shell of shells.filter((name) => !lacks(name)))
      for (const locale of shell === 'fish' ? ['C.UTF-8'] : ['C', 'C.UTF-8', 'xx_XX.UTF-8'])
        expect({ shell, locale, key: shellKey(shell, host, folder, locale) }).toEqual({ shell, locale, key });
  });
});

describe.skipIf(lacks('tmux')).each(shells)('the prompt in %s', (shell) => {
  describe.skipIf(lacks(shell))('of a home with several accounts', () => {
    it('shows what belongs to the config folder of each shell, as that changes', async () => {
      using home = shellHome(mute);
      home.rc(shell);
      leaveBrief(home, '!1\n');
      leaveBrief(home, '!2\n', { folder: '/jobs' });
      leaveBrief(home, '!3\n', { folder: '/wörk two' });
      leaveBrief(home, '!4\n', { folder: `${home.home}:~/.claude:/jobs` });
      leaveBrief(home, '!5\n', { folder: `${home.home}:/wörk two:~:` });
      leaveBrief(home, '!6\n', { folder: `${home.home}:work:/jobs` });
      leaveBrief(home, '!6\n', { folder: `${home.home}:/jobs:~you/x` });
      using screen = Screen.start(home, [shell, '-i'], { env: home.env });
      await screen.until(/READY>$/);
      for (const [change, shown] of [
        ["WT_CONFIG_DIRS='~/.claude:/jobs'", '!4'],
        ['CLAUDE_CONFIG_DIR=/jobs', '!4'],
        ["WT_CONFIG_DIRS='/wörk two:~:'", '!5'],
        ["WT_CONFIG_DIRS='work:/jobs'", ''],
        ["WT_CONFIG_DIRS='/jobs:~you/x'", ''],
        ["WT_CONFIG_DIRS='/jobs:/none'", ''],
        ['WT_CONFIG_DIRS=::', '!2'],
        ['unset WT_CONFIG_DIRS CLAUDE_CONFIG_DIR', '!1'],
        [':', '!1'],
        ['CLAUDE_CONFIG_DIR=/jobs', '!2'],
        ["CLAUDE_CONFIG_DIR='/wörk two'", '!3'],
        ['CLAUDE_CONFIG_DIR=/none', ''],
        ['CLAUDE_CONFIG_DIR=work', ''],
        ['CLAUDE_CONFIG_DIR=', '!1'],
        ['unset CLAUDE_CONFIG_DIR', '!1'],
      ]) {
        const inFish = change!
          .replace(/^(\w+)=(.*)$/, 'set -gx $1 $2')
          .replace('unset', 'set -e')
          .replace(/^:$/, 'true');
        screen.line(`clear; ${shell === 'fish' ? inFish : change}`);
        screen.line('echo "prompt=[$WT_PROMPT]"');
        await screen.until(`\nprompt=[${shown}]\nREADY>`);
      }
      screen.line('exit');
      await screen.end();
    });

    it.each<[name: string, text: string]>([
      ['another machine', 'elsewhere:HOME/.claude\n!1\n'],
      ['another folder whose name ends alike', 'HOST:/other/HOME/.claude\n!1\n'],
      ['nobody', '!1\n'],
      ['nobody, in two lines', '\n!1\n'],
      ['more than us', 'HOST:HOME/.claude x\n!1\n'],
      ['us without an end', 'HOST:HOME/.claude'],
    ])('shows nothing of a file that says it belongs to %s', async (_, text) => {
      using home = shellHome(mute);
      home.rc(shell);
      writeFileSync(leaveBrief(home, ''), text.replace('HOST', hostname()).replace('HOME', home.home));
      using screen = Screen.start(home, [shell, '-i'], { env: home.env });
      await screen.until(/READY>$/);
      screen.line('echo "prompt=[$WT_PROMPT]"');
      await screen.until(/^prompt=\[\]$/m);
      screen.line('exit');
      await screen.end();
    });

    it('rings once for each time that more need you than this shell has seen, and only when asked to', async () => {
      for (const [bell, rings] of [
        ['1', 3],
        ['', 0],
      ] as const) {
        using home = shellHome(mute);
        // (The titles that a fish gives the terminal end with a bell, too.)
        const inFish = `set -g WT_BELL ${bell}; function fish_title; end`;
        home.rc(shell, '', shell === 'fish' ? inFish : `WT_BELL=${bell}`);
        leaveBrief(home, '!2 *1\n');
        const log = join(home.home, 'output');
        using screen = Screen.start(home, ['script', '-qefc', `${shell} -i`, log], { env: home.env });
        await screen.until(/READY>$/);
        const briefs = ['!2 *1', '!3', '!3 ~1', '*4', '!1', '!08', '!8', '', `!${'9'.repeat(40)}`];
        for (const [index, brief] of briefs.entries()) {
          leaveBrief(home, `${brief}\n`);
          screen.line(`echo now=${index}`);
          await screen.until(new RegExp(`^now=${index}\nREADY>$`, 'm'));
        }
        screen.line('exit');
        await screen.end();
        const heard = execFileSync('sh', ['-c', `tr -cd '\\a' <'${log}' | wc -c`], { encoding: 'utf8' });
        expect(Number(heard)).toBe(rings);
      }
    });
  });
});

it.skipIf(lacks('tmux') || lacks('fish'))(
  'the prompt in fish is that of the folders that fish is told of',
  async () => {
    using home = shellHome(mute);
    home.rc('fish');
    leaveBrief(home, '!1\n');
    leaveBrief(home, '!4\n', { folder: `${home.home}:~/.claude:/jobs` });
    leaveBrief(home, '!5\n', { folder: `${home.home}:/wörk two:~:` });
    leaveBrief(home, '!6\n', { folder: `${home.home}:work:/jobs` });
    leaveBrief(home, '!6\n', { folder: `${home.home}:/jobs:~you/x` });
    using screen = Screen.start(home, ['fish', '-i'], { env: home.env });
    await screen.until(/READY>$/);
    for (const [change, shown] of [
      [`set -gx WT_CONFIG_DIRS '~/.claude:/jobs'`, '!4'],
      [`set -gx WT_CONFIG_DIRS '/wörk two:~:'`, '!5'],
      ['set -gx WT_CONFIG_DIRS work:/jobs', ''],
      [`set -gx WT_CONFIG_DIRS '/jobs:~you/x'`, ''],
      ['set -gx WT_CONFIG_DIRS ::', '!1'],
      ['set -e WT_CONFIG_DIRS', '!1'],
    ]) {
      screen.line(`clear; ${change}`);
      screen.line('echo "prompt=[$WT_PROMPT]"');
      await screen.until(`\nprompt=[${shown}]\nREADY>`);
    }
    screen.line('exit');
    await screen.end();
  },
);

describe.each(builds)('the $name build', (build) => {
  it.each(['--greet', '--brief', 'refresh'])(
    'leaves the brief of each config folder in its own file: %s',
    (command) => {
      using home = shellHome();
      mkdirSync(join(home.home, 'two'));
      for (const folder of [join(home.home, '.claude'), join(home.home, 'two'), `${home.home}//two/`]) {
        const set = folder.endsWith('.claude') ? undefined : folder;
        expect(wt(build, [command], home, { env: { CLAUDE_CONFIG_DIR: set } }).status).toBe(0);
        const file = join(home.home, '.run/wt', `brief-${briefKey(hostname(), folder)}`);
        expect(execFileSync('cat', [file], { encoding: 'utf8' })).toBe(`${hostname()}:${folder}\n\n`);
      }
      wt(build, [command], home, { env: { CLAUDE_CONFIG_DIR: 'two' } });
      expect(execFileSync('ls', [join(home.home, '.run/wt')], { encoding: 'utf8' }).match(/^brief/gm)).toHaveLength(3);
    },
  );
});
