import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { helpOf, helpText, wrapped } from '../../src/commands/help.ts';
import { manPage } from '../../src/commands/man.ts';
import { variables } from '../../src/commands/manual.ts';
import { commands, groups } from '../../src/commands/table.ts';
import { cells } from '../../src/core/text.ts';
import { lacks } from '../support/tools.ts';
import { builds, scratch, wt } from '../support/wt.ts';

const texts: [string, string][] = [
  ['wt help', helpText(groups)],
  ...groups.flatMap((group) => group.commands.map((one): [string, string] => [`wt help ${one.name}`, helpOf(one)])),
];

test.each(texts)('%s: 80 cells at the most, no trailing blank, nothing broken', (_, text) => {
  for (const line of text.split('\n')) {
    expect(cells(line), line).toBeLessThanOrEqual(80);
    expect(line).not.toMatch(/\s$/);
  }
  expect(text).toMatch(/[^\n]\n$/);
  expect(text).not.toContain('\n\n\n');
});

test('wraps between words and nowhere else', () => {
  const text = 'a bb ccc dddd eeeee 漢字漢字 ffffff';
  for (let width = 8; width < 40; width++) {
    const lines = wrapped(text, '  ', width);
    expect(lines.map((line) => line.trim()).join(' ')).toBe(text);
    for (const line of lines) expect(cells(line)).toBeLessThanOrEqual(10 > width ? 10 : width);
  }
  expect(wrapped('averylongword b', ' ', 4)).toEqual([' averylongword', ' b']);
  expect(wrapped('')).toEqual([]);
});

test('the help speaks of each command and of each variable once', () => {
  const help = helpText(groups);
  for (const { name, internal } of commands) {
    const times =
      help.match(new RegExp(`^  wt ${name === 'pick' ? '\\[<session>\\]' : `${name}(?![\\w-])`}`, 'gm')) ?? [];
    expect(times.length, name).toBe(internal ? 0 : 1);
  }
  for (const name of [...variables.map(([name]) => name), 'FORCE_COLOR', 'COLUMNS'])
    expect(help.match(new RegExp(`\\b${name}\\b`, 'g')), name).toHaveLength(1);
});

test('the help of a command has its usage, each of its flags and its other names', () => {
  for (const command of commands.filter((one) => !one.internal)) {
    const help = helpOf(command);
    expect(help.replace(/\s+/g, ' ')).toContain(`usage: wt ${command.name === 'pick' ? '' : command.name}`.trimEnd());
    for (const flag of Object.keys(command.flags)) expect(help).toMatch(new RegExp(`^  ${flag}(?: |$)`, 'm'));
    if (command.passesOn) expect(help).toContain('-- ARGS');
  }
  expect(helpOf(groups[1]!.commands[0]!)).toContain('also: wt list, wt ls, wt status');
});

test.skipIf(lacks('man'))('the man page is one', () => {
  const source = manPage(groups, '1.2.3');
  const { stdout, stderr } = spawnSync('man', ['--warnings', '-l', '-'], { input: source, encoding: 'utf8' });
  expect(stderr).toBe('');
  for (const command of groups.flatMap((group) => group.commands))
    expect(stdout).toContain(command.summary.slice(1, 20));
});

test('the man page holds nothing that roff would obey but its own requests', () => {
  for (const line of manPage(groups, '1.2.3').split('\n')) {
    if (!/^(?:\.(?:TH|SH|SS|PP|TP|B|nf|fi)(?: |$)|[^.'])/.test(line)) expect(line).toBe('');
    expect(line.replace(/\\[-e&]/g, '')).not.toContain('\\');
  }
});

describe.each(builds)('$name', (build) => {
  test('help is had by every way of asking for it', () => {
    using home = scratch();
    const all = wt(build, ['help'], home);
    expect([all.status, all.stderr]).toEqual([0, '']);
    for (const args of [['--help'], ['-h'], ['3', '--help']]) expect(wt(build, args, home).stdout).toBe(all.stdout);
    const one = wt(build, ['help', 'resume'], home).stdout;
    expect(one).toMatch(/^usage: wt resume <session>/);
    for (const args of [
      ['resume', '--help'],
      ['resume', '3', '-h'],
      ['--help', 'resume'],
    ])
      expect(wt(build, args, home).stdout).toBe(one);
    expect(wt(build, ['help', 'ls'], home).stdout).toMatch(/^usage: wt --list/);
    const none = wt(build, ['help', 'frobnicate'], home);
    expect([none.status, none.stderr]).toEqual([2, 'wt: there is no command frobnicate\nusage: wt help [COMMAND]\n']);
    expect(wt(build, ['help', 'refresh'], home).status).toBe(2);
    expect(wt(build, ['help', '--man'], home).stdout).toMatch(/^\.TH WT 1/);
  });
});
