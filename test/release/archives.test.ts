import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ar } from '../../.release/ar.ts';
import { archiveFiles, readContents } from '../../.release/contents.ts';
import { deb } from '../../.release/deb.ts';
import { npmPackage } from '../../.release/npm.ts';
import { type Entry, tar } from '../../.release/tar.ts';
import { lacks } from '../support/tools.ts';
import { tree } from '../support/tree.ts';
import { root, scratch } from '../support/wt.ts';

const seconds = 1_600_000_000;
const gzip = (bytes: Buffer) => gzipSync(bytes);

/** What a program prints that reads an archive from its standard input. */
function read(archive: Buffer, program: string, args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    input: archive,
    encoding: 'latin1',
    env: { TZ: 'UTC' },
  });
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

const entries: Entry[] = [
  { path: 'a/wt', content: 'program', isProgram: true },
  { path: 'a/b/empty', content: '' },
  { path: 'a/b/block', content: Buffer.alloc(512, 1) },
  { path: 'a/link', linksTo: '../elsewhere' },
  { path: 'a/bytes', content: Buffer.from([0, 255, 10]) },
];

describe('tar', () => {
  test('is what GNU tar lists, whatever the order was', () => {
    const listed = read(tar(entries, seconds), 'tar', ['-tvf', '-']);
    expect(listed.replace(/ +/g, ' ')).toMatchInlineSnapshot(`
      "drwxr-xr-x root/root 0 2020-09-13 12:26 a/
      drwxr-xr-x root/root 0 2020-09-13 12:26 a/b/
      -rw-r--r-- root/root 512 2020-09-13 12:26 a/b/block
      -rw-r--r-- root/root 0 2020-09-13 12:26 a/b/empty
      -rw-r--r-- root/root 3 2020-09-13 12:26 a/bytes
      lrwxrwxrwx root/root 0 2020-09-13 12:26 a/link -> ../elsewhere
      -rwxr-xr-x root/root 7 2020-09-13 12:26 a/wt
      "
    `);
    expect(tar(entries.toReversed(), seconds).equals(tar(entries, seconds))).toBe(true);
  });

  test.each([
    ['GNU tar', 'tar', ['-xf', '-']],
    ['busybox', 'busybox', ['tar', '-xf', '-']],
  ])('is unpacked by %s to the same files', (_, program, args) => {
    using home = scratch();
    const to = join(home.home, 'to');
    mkdirSync(to);
    read(tar(entries, seconds), program, [...args, '-C', to]);
    expect(tree(to)).toEqual({
      'a/wt': '755 program',
      'a/b/empty': '644 ',
      'a/b/block': `644 ${'\x01'.repeat(512)}`,
      'a/link': '-> ../elsewhere',
      'a/bytes': '644 \0\xff\n',
    });
  });

  test('refuses a path that ustar has no room for', () => {
    expect(() => tar([{ path: `a/${'b'.repeat(98)}`, content: '' }], seconds)).toThrow('too long');
  });
});

const contents = { ...readContents(root, '1.2.3', '.TH WT 1 "" "wt 1.2.3" "User Commands"\n'), version: '1.2.3' };
const program = Buffer.from('#!/bin/sh\necho watchtower\n');

describe('ar', () => {
  test.skipIf(lacks('ar'))('is what ar lists and prints', () => {
    using home = scratch();
    const file = join(home.home, 'one.a');
    writeFileSync(
      file,
      ar(
        [
          ['odd', Buffer.from('123')],
          ['even', Buffer.from('1234')],
        ],
        seconds,
      ),
    );
    const { stdout } = spawnSync('ar', ['tvO', file], { encoding: 'utf8', env: { TZ: 'UTC' } });
    expect(stdout.replace(/ 0x.*/g, '')).toBe(
      'rw-r--r-- 0/0      3 Sep 13 12:26 2020 odd\nrw-r--r-- 0/0      4 Sep 13 12:26 2020 even\n',
    );
    expect(spawnSync('ar', ['p', file, 'even'], { encoding: 'utf8' }).stdout).toBe('1234');
  });
});

describe.skipIf(lacks('dpkg-deb'))('the .deb', () => {
  test('says what it is, and lies where Debian looks', () => {
    using home = scratch();
    const file = join(home.home, 'one.deb');
    writeFileSync(file, deb(contents, 'amd64', program, seconds, gzip));
    const field = (name: string) => spawnSync('dpkg-deb', ['-f', file, name], { encoding: 'utf8' }).stdout.trim();
    expect(['Package', 'Version', 'Architecture'].map(field)).toEqual(['watchtower', '1.2.3', 'amd64']);
    const to = join(home.home, 'to');
    expect(spawnSync('dpkg-deb', ['-x', file, to]).status).toBe(0);
    const files = tree(to);
    expect(files['usr/bin/wt']).toBe(`755 ${program}`);
    expect(files['usr/share/wt/installed-by']).toBe('644 apt\n');
    for (const [place, hook] of [
      ['bash-completion/completions/wt', 'completion.bash'],
      ['zsh/vendor-completions/_wt', 'completion.zsh'],
    ])
      expect(files[`usr/share/${place}`]).toBe(`-> ../../wt/hooks/${hook}`);
    for (const shell of ['bash', 'zsh', 'fish'])
      expect(Object.keys(files)).toContain(`usr/share/wt/hooks/completion.${shell}`);
    const page = Buffer.from(files['usr/share/man/man1/wt.1.gz']!.slice(4), 'latin1');
    expect(gunzipSync(page).toString()).toBe(contents.manPage);
    const { status, stdout } = spawnSync(
      'sh',
      ['-c', `cd "$1" && dpkg-deb --ctrl-tarfile ../one.deb | tar -xO ./md5sums | md5sum -c`, 'sh', to],
      { encoding: 'utf8' },
    );
    expect([status, stdout]).toEqual([0, expect.not.stringContaining('FAILED')]);
  });
});

test('the npm package needs nothing else, and no script runs when it is installed', () => {
  const manifest = {
    name: 'watchtower',
    version: '1.2.3',
    description: 'd',
    license: 'MIT',
    engines: { node: '>=20' },
  };
  const own = JSON.parse(
    read(npmPackage(contents, manifest, program, seconds), 'tar', ['-xOf', '-', 'package/package.json']),
  );
  expect(Object.keys(own)).toEqual(['name', 'version', 'description', 'license', 'type', 'engines', 'bin', 'man']);
});

test('every package has all hooks, the man page and install.sh', () => {
  const manifest = { name: 'watchtower', version: '1.2.3', description: '', license: '', engines: {} };
  const packages = {
    archive: read(tar(archiveFiles(contents, 'linux-x64', program), seconds), 'tar', ['-tf', '-']),
    npm: read(npmPackage(contents, manifest, program, seconds), 'tar', ['-tf', '-']),
  };
  for (const names of Object.values(packages)) {
    for (const { path } of contents.hooks) expect(names).toContain(`/hooks/${path}\n`);
    for (const name of ['/install.sh\n', '/wt.1\n', '/LICENSE\n', '/README.md\n']) expect(names).toContain(name);
  }
});
