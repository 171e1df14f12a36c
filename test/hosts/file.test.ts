import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hostInWord, namedHosts, readHosts } from '../../src/hosts/file.ts';
import { scratch } from '../support/wt.ts';

function named(text: string | Buffer, env: Record<string, string> = {}) {
  using home = scratch();
  mkdirSync(join(home.home, '.config', 'wt'));
  writeFileSync(join(home.home, '.config', 'wt', 'hosts'), text);
  const { hosts, faults } = readHosts({ env: { ...home.env, ...env }, home: home.home });
  return { hosts: hosts.map(({ label, destination }) => [label, destination]), faults };
}

const faultsOf = (text: string) => named(text).faults.map((fault) => fault.replace(/\/\S*\/hosts/, 'FILE'));

test('a destination a line, comments, and a label where there is one', () => {
  const text = '# mine\n\nnas\nroot@10.0.0.2\tweb  # the old one\nssh://u@h:22\n[::1] six\r\nfe80::1%eth0\nbüro\n';
  expect(named(text)).toEqual({
    hosts: [
      ['nas', 'nas'],
      ['web', 'root@10.0.0.2'],
      ['ssh://u@h:22', 'ssh://u@h:22'],
      ['six', '[::1]'],
      ['fe80::1%eth0', 'fe80::1%eth0'],
      ['büro', 'büro'],
    ],
    faults: [],
  });
});

test('WT_HOSTS stands for the file', () => {
  expect(named('nas\n', { WT_HOSTS: ' a,b  c ' }).hosts).toEqual([
    ['a', 'a'],
    ['b', 'b'],
    ['c', 'c'],
  ]);
  expect(named('nas\n', { WT_HOSTS: '' }).hosts).toEqual([['nas', 'nas']]);
});

describe('what is no box is passed over, and said', () => {
  test.each([
    ['-oProxyCommand=x', 'line 1 of FILE: -oProxyCommand=x looks like an option of ssh'],
    ['u@-oProxyCommand=x', 'line 1 of FILE: u@-oProxyCommand=x looks like an option of ssh'],
    ['ssh://-x', 'line 1 of FILE: ssh://-x looks like an option of ssh'],
    ['ssh://u@-x', 'line 1 of FILE: ssh://u@-x looks like an option of ssh'],
    ['nas -t', 'line 1 of FILE: -t looks like an option of ssh'],
    ['nas a b', 'line 1 of FILE: a destination and a label are all that a line may hold'],
    ['ok\nok', 'line 2 of FILE: there is a box ok already'],
    ['a x\nb x', 'line 2 of FILE: there is a box x already'],
    ['$(id)', 'line 1 of FILE: $(id) holds a character that no destination has'],
    ['a`b', 'line 1 of FILE: a`b holds a character that no destination has'],
    ["a'b", "line 1 of FILE: a'b holds a character that no destination has"],
    ['a\x1b[31mb', "line 1 of FILE: ab holds characters that can't be seen"],
    ['a\u202eb', "line 1 of FILE: ab holds characters that can't be seen"],
    ['a\0b', "line 1 of FILE: ab holds characters that can't be seen"],
    ['a\u200bb', "line 1 of FILE: ab holds characters that can't be seen"],
  ])('%j', (text, fault) => {
    expect(faultsOf(text)).toEqual([fault]);
  });

  test('a file that is too large, no text, or no file', () => {
    expect(faultsOf('x\n'.repeat(40_000))).toEqual(['FILE is larger than 65536 bytes']);
    expect(named(Buffer.from([0xff, 0xfe, 0, 10])).hosts).toEqual([]);
    const tooMany = (line: string) => faultsOf(Array.from({ length: 3000 }, (_, n) => `${line}${n}\n`).join(''));
    const refusal = 'line 101 of FILE and what follows: there are more than 100 boxes or mistakes';
    expect(tooMany('b')).toEqual([refusal]);
    expect(tooMany('-x').slice(100)).toEqual([refusal]);
    using home = scratch();
    expect(readHosts({ env: home.env, home: home.home })).toMatchObject({ hosts: [], faults: [] });
    mkdirSync(join(home.home, '.config', 'wt', 'hosts'), { recursive: true });
    expect(readHosts({ env: home.env, home: home.home }).faults).toHaveLength(1);
  });
});

const hosts = ['nas', '[::1]', 'fe80', 'fe80::1', 'ssh://u@h:22', 'root@web'].map((label) => ({
  label,
  destination: label,
}));

describe('a word means a box by its exact label', () => {
  test.each([
    ['nas:3', 'nas', '3'],
    ['nas:', 'nas', ''],
    ['nas:fix: it', 'nas', 'fix: it'],
    ['[::1]:3', '[::1]', '3'],
    ['fe80::1:3', 'fe80::1', '3'],
    ['fe80:7', 'fe80', '7'],
    ['ssh://u@h:22:login', 'ssh://u@h:22', 'login'],
    ['root@web:2', 'root@web', '2'],
  ])('%s', (word, label, rest) => {
    expect(hostInWord(word, hosts)).toMatchObject({ host: { label }, rest });
  });

  test.each(['fix:', 'fix: login', 'Nas:3', 'na:3', 'nas', ':3', '', ':', 'xnas:3'])('%j is a word', (word) => {
    expect(hostInWord(word, hosts)).toBeNull();
  });
});

test('boxes by their names', () => {
  const all = { hosts, faults: [], from: 'FILE' };
  expect(namedHosts(all, ['nas:', '[::1]']).map(({ label }) => label)).toEqual(['nas', '[::1]']);
  expect(namedHosts(all, [])).toBe(hosts);
  expect(() => namedHosts({ ...all, hosts: hosts.slice(0, 2) }, ['no\x07pe'])).toThrow(
    'there is no box nope in FILE: nas, [::1]',
  );
});
