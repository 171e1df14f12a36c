import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { claudePlaces, foldersNamed, placeOfNew, readAccounts } from '../../../src/agents/claude/accounts.ts';
import { agentsOf } from '../../../src/agents/table.ts';
import { type Scratch, scratch } from '../../support/wt.ts';

/** Makes folders in a home. */
function make(home: Scratch, ...names: string[]): void {
  for (const name of names) mkdirSync(join(home.home, name), { recursive: true });
}

/** What a value of WT_CONFIG_DIRS comes to: tags with folders below the home. */
function tags(home: Scratch, value: string): string[] {
  const env = { WT_CONFIG_DIRS: value };
  const { accounts } = readAccounts(foldersNamed(env, home.home), env, home.home);
  return accounts.map(({ tag, configDir }) => `${tag}=${relative(home.home, configDir)}`);
}

test.each<[value: string, folders: string[]]>([
  ['', []],
  ['::', []],
  ['/a:/b', ['/a', '/b']],
  ['/a::/a/:/x/../a:', ['/a']],
  ['~:~/.claude:~you/x', ['/home/u', '/home/u/.claude', join(process.cwd(), '~you/x')]],
  ['rel', [join(process.cwd(), 'rel')]],
  ['/cafe\u0301:/caf\u00e9', ['/caf\u00e9']],
  ['~/$&', ['/home/u/$&']],
])('WT_CONFIG_DIRS=%j names %j', (value, folders) => {
  expect(foldersNamed({ WT_CONFIG_DIRS: value }, '/home/u')).toEqual(folders);
});

test.each<[value: string, tags: string[]]>([
  ['~/.claude:~/.claude-work', ['default=.claude', 'work=.claude-work']],
  [
    '~/.claude_home:~/claude.lab:~/.claude-',
    ['home=.claude_home', 'lab=claude.lab', expect.stringMatching(/^wt-home-.*=\.claude-$/)],
  ],
  ['~/a/.claude:~/b/.claude:~/.claude', ['a=a/.claude', 'b=b/.claude', 'default=.claude']],
  ['~/a/.claude-work:~/b/.claude-work', ['a/work=a/.claude-work', 'b/work=b/.claude-work']],
  ['~/a/x/.claude-work:~/b/x/.claude-work', ['a/x/work=a/x/.claude-work', 'b/x/work=b/x/.claude-work']],
  ['~/.claude-default:~/.claude', [expect.stringMatching(/^wt-home-.*\/default=/), 'default=.claude']],
  ['~/.claude-Work:~/a/.claude-work', [expect.stringMatching(/^wt-home-.*\/Work=/), 'a/work=a/.claude-work']],
  ['~/.claude-two words:~/plain', ['two-words=.claude-two words', 'plain=plain']],
])('the tags of %s are %j', (value, expected) => {
  using home = scratch();
  for (const folder of foldersNamed({ WT_CONFIG_DIRS: value }, home.home)) mkdirSync(folder, { recursive: true });
  expect(tags(home, value)).toEqual(expected);
});

test('a folder counts once, whatever it is called; one that is not there, or is none, does not count', () => {
  using home = scratch();
  make(home, '.claude', 'work');
  symlinkSync('work', join(home.home, 'link'));
  symlinkSync('nowhere', join(home.home, 'dangling'));
  symlinkSync('loop', join(home.home, 'loop'));
  writeFileSync(join(home.home, 'file'), '');
  const env = { WT_CONFIG_DIRS: '~/link:~/.claude:~/work:~/dangling:~/file:~/file/below:~/none' };
  const { accounts, twice, missing } = readAccounts(foldersNamed(env, home.home), env, home.home);
  expect(accounts.map(({ configDir }) => relative(home.home, configDir))).toEqual(['link', '.claude']);
  expect(twice).toEqual([join(home.home, 'work')]);
  expect(missing.map((path) => relative(home.home, path))).toEqual(['dangling', 'file', 'file/below', 'none']);
  // What can't be told is listed, and says that it can't be read.
  expect(tags(home, '~/.claude:~/loop')).toEqual(['default=.claude', 'loop=loop']);
});

test('a Claude is told of its folder, but of the default one only where the environment itself names that', () => {
  using home = scratch();
  make(home, '.claude', 'work', 'data');
  symlinkSync('.claude', join(home.home, 'same'));
  const at = (name: string) => join(home.home, name);
  const told = (env: Record<string, string>) =>
    claudePlaces(env, home.home).map(({ environment }) => environment.CLAUDE_CONFIG_DIR);
  const both = '~/.claude:~/work';
  expect(told({})).toEqual([undefined]);
  expect(told({ CLAUDE_CONFIG_DIR: at('work') })).toEqual([at('work')]);
  expect(told({ WT_CONFIG_DIRS: both })).toEqual([null, at('work')]);
  expect(told({ WT_CONFIG_DIRS: both, CLAUDE_CONFIG_DIR: at('work') })).toEqual([null, at('work')]);
  expect(told({ WT_CONFIG_DIRS: both, CLAUDE_CONFIG_DIR: at('.claude') })).toEqual([at('.claude'), at('work')]);
  expect(told({ WT_CONFIG_DIRS: '~/same:~/work', CLAUDE_CONFIG_DIR: '' })).toEqual([null, at('work')]);
  expect(told({ WT_CONFIG_DIRS: '~/same:~/work', CLAUDE_CONFIG_DIR: at('.claude') })).toEqual([at('same'), at('work')]);
  expect(told({ WT_CONFIG_DIRS: '~/work' })).toEqual([at('work')]);
  expect(told({ WT_CONFIG_DIRS: '~/.claude' })).toEqual([null]);
  expect(told({ WT_CONFIG_DIRS: '~/none:~/neither' })).toEqual([at('none')]);
});

test('a new session begins where the environment says, else in the first folder of the list', () => {
  using home = scratch();
  make(home, '.claude', 'work');
  const begins = (env: Record<string, string>) => relative(home.home, placeOfNew(env, home.home).configDir);
  expect(begins({})).toBe('.claude');
  expect(begins({ WT_CONFIG_DIRS: '~/work:~/.claude' })).toBe('work');
  expect(begins({ WT_CONFIG_DIRS: '~/work:~/.claude', CLAUDE_CONFIG_DIR: join(home.home, '.claude') })).toBe('.claude');
  expect(begins({ WT_CONFIG_DIRS: '~/work', CLAUDE_CONFIG_DIR: join(home.home, 'other') })).toBe('other');
});

test('what was archived from a folder alone is the default one’s, or else the first one’s', () => {
  using home = scratch();
  make(home, '.claude', 'one', 'two');
  const folders = (env: Record<string, string>) =>
    claudePlaces(env, home.home).map(({ archiveFolders }) => archiveFolders.map((name) => name.replace(/^@.*/, '@')));
  expect(folders({})).toEqual([['']]);
  expect(folders({ CLAUDE_CONFIG_DIR: join(home.home, 'one') })).toEqual([['', '@']]);
  expect(folders({ WT_CONFIG_DIRS: '~/one:~/.claude:~/two' })).toEqual([['@'], [''], ['@']]);
  expect(folders({ WT_CONFIG_DIRS: '~/one:~/two' })).toEqual([['@', ''], ['@']]);
});

test('each of the folders is an agent of its own, and a missing one costs one look', () => {
  using home = scratch();
  make(home, '.claude', 'work');
  const world = { home: home.home, env: { WT_CONFIG_DIRS: '~/.claude:~/work:~/none', WT_AGENTS: 'claude' } };
  expect(agentsOf(world).map(({ name, account }) => `${name} ${account}`)).toEqual(['claude default', 'claude work']);
  const alone = agentsOf({ home: home.home, env: { WT_AGENTS: 'claude' } });
  expect(alone.map(({ account }) => account)).toEqual([undefined]);
});
