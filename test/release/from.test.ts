// What install.sh does with a release: one that is unpacked, and one that is a file with SHA256SUMS beside it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { archiveFiles, readContents } from '../../.release/contents.ts';
import { type Entry, tar } from '../../.release/tar.ts';
import { lacks, toolPath } from '../support/tools.ts';
import { tree } from '../support/tree.ts';
import { root, type Scratch, scratch } from '../support/wt.ts';

const page = '.TH WT 1 "" "wt 1.2.3" "User Commands"';
const contents = readContents(root, '1.2.3', page);
/** A wt that runs, and says what it is asked for. */
const good = `#!/bin/sh\ncase $1 in help) echo '${page}' ;; *) echo 'wt 1.2.3' ;; esac # watchtower\n`;

/** As the file names have it: this machine's, as install.sh tells it. */
const target = `linux-${process.arch}`;
const name = `watchtower-1.2.3-${target}`;
const file = `${name}.tar.gz`;

let home: Scratch;
const at = (path: string) => join(home.home, path);
/** The home without what the test itself laid there. */
const files = () => tree(home.home, { except: ['fetched', 'tools', 'unpacked'] });

beforeEach(() => {
  home = scratch();
  mkdirSync(at('fetched'));
  mkdirSync(at('tools'));
  // A machine without Node and npm, and where no login is tried, which takes seconds.
  const tools =
    'awk cat chmod cksum cmp cp cut dirname env find getent grep gzip head id ln ls mkdir mktemp mv openssl readlink rm rmdir sed ' +
    'sha256sum sleep sort tail tar touch tr uname umask wc bash sh shasum';
  for (const tool of tools.split(' ')) {
    const path = toolPath(tool);
    if (path !== null) symlinkSync(path, at(`tools/${tool}`));
  }
});

afterEach(() => home[Symbol.dispose]());

/** Lays a release beside its SHA256SUMS, which can be another text. */
function lay(entries: Entry[], sums?: string): Buffer {
  const archive = gzipSync(tar(entries, 1_600_000_000));
  writeFileSync(at(`fetched/${file}`), archive);
  writeFileSync(at('fetched/SHA256SUMS'), sums ?? `${'0'.repeat(64)}  other.deb\n${sumOf(archive)}  ${file}\n`);
  return archive;
}

const sumOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const entriesWith = (program: string, machine = target) => archiveFiles(contents, machine, Buffer.from(program));

function install(args: string[], env: Record<string, string> = {}, script = join(root, 'install.sh'), shell = 'sh') {
  const words = shell === 'busybox' ? ['sh', script] : [script];
  const { status, stdout, stderr } = spawnSync(toolPath(shell) ?? shell, [...words, ...args], {
    env: { ...home.env, PATH: at('tools'), SHELL: '/bin/bash', ...env },
    cwd: at('fetched'),
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

describe('--from FILE', () => {
  test.each(['dash', 'bash', 'busybox'].filter((shell) => !lacks(shell)))(
    'installs what SHA256SUMS vouches for, by %s, without Node and npm',
    (shell) => {
      lay(entriesWith(good));
      const before = files();
      const { status, out, err } = install(['--from', file, '--pick'], {}, undefined, shell);
      expect([status, err]).toEqual([0, '']);
      expect(out).toContain(`Installing the native build below ${at('.local')}:`);
      expect(readFileSync(at('.local/bin/wt'), 'utf8')).toBe(good);
      expect(readFileSync(at('.local/share/man/man1/wt.1'), 'utf8')).toBe(`${page}\n`);
      expect(readFileSync(at('.bashrc'), 'utf8')).toContain('WT_PICK=1\n');
      const installed = files();
      expect(install(['--from', at(`fetched/${file}`)]).status).toBe(0);
      expect(files()).toEqual(installed);
      const gone = install(['--uninstall'], {}, at('.local/share/wt/install.sh'));
      expect([gone.status, gone.err]).toEqual([0, '']);
      expect(files()).toEqual(before);
      expect(existsSync(at('.local/bin'))).toBe(false);
    },
  );

  const strange: [string, Entry[]][] = [
    ['a link', [{ path: `${name}/hooks/more`, linksTo: '/etc/passwd' }]],
    ['another folder', [{ path: 'elsewhere/file', content: '' }]],
    ['a way up', [{ path: `${name}/../../up`, content: '' }]],
    ['a name with a line break', [{ path: `${name}/one\n${name}/two`, content: '' }]],
    ['a name with a blank', [{ path: `${name}/one two`, content: '' }]],
  ];

  test.each<[what: string, spoil: () => void, said: string]>([
    ['no file', () => rmSync(at(`fetched/${file}`)), "can't be read"],
    ['no sums', () => rmSync(at('fetched/SHA256SUMS')), 'there is no SHA256SUMS beside'],
    ['sums of other files', () => lay(entriesWith(good), `${'0'.repeat(64)}  other.tar.gz\n`), 'does not name'],
    ['a longer name in the sums', () => lay(entriesWith(good), `${'0'.repeat(64)}  x${file}\n`), 'does not name'],
    ['another sum', () => lay(entriesWith(good), `${'0'.repeat(64)}  ${file}\n`), 'its sum is not the one'],
    [
      'two sums of which one is right',
      () => {
        const sum = sumOf(lay(entriesWith(good)));
        lay(entriesWith(good), `${sum}  ${file}\n${'0'.repeat(64)}  ${file}\n`);
      },
      'its sum is not the one',
    ],
    ['an empty sum', () => lay(entriesWith(good), `  ${file}\n`), 'does not name'],
    [
      'a byte more',
      () =>
        writeFileSync(at(`fetched/${file}`), Buffer.concat([readFileSync(at(`fetched/${file}`)), Buffer.from('x')])),
      'its sum is not the one',
    ],
    [
      'no archive',
      () => {
        writeFileSync(at(`fetched/${file}`), 'text\n');
        writeFileSync(at('fetched/SHA256SUMS'), `${sumOf(Buffer.from('text\n'))}  ${file}\n`);
      },
      "can't be unpacked",
    ],
    ['an archive of something else', () => lay([{ path: 'src/x', content: '' }]), 'holds names or links'],
    ['no installer', () => lay(entriesWith(good).filter(({ path }) => !path.endsWith('.sh'))), 'is no release'],
    ...strange.map(([what, more]): [string, () => void, string] => [
      what,
      () => lay([...entriesWith(good), ...more]),
      'holds names or links that no release has',
    ]),
    [
      'a build for another machine',
      () => lay(entriesWith('#!/bin/sh\nexit 126\n', 'linux-mips')),
      `this release is for linux-mips, and this machine is ${target}: take watchtower-1.2.3-${target}.tar.gz`,
    ],
    [
      'a program that does not run',
      () => lay(entriesWith('#!/bin/sh\necho "no such luck" >&2\nexit 1\n')),
      'the program of this release does not run here. With Node 20 or newer: npm install -g watchtower-1.2.3.tgz',
    ],
  ])('changes nothing and says why: %s', (_, spoil, said) => {
    lay(entriesWith(good));
    spoil();
    const before = files();
    const { status, err } = install(['--from', file]);
    expect([status, err]).toEqual([1, expect.stringContaining(said)]);
    expect(err).toContain('Nothing was changed.');
    expect(files()).toEqual(before);
  });

  test('--dry-run checks it and says what would be done', () => {
    lay(entriesWith(good));
    const before = files();
    const { status, out } = install(['--from', file, '--dry-run']);
    expect(status).toBe(0);
    for (const path of ['.local/bin/wt', '.local/share/wt/install.sh', '.local/share/man/man1/wt.1', '.bashrc'])
      expect(out).toContain(`${at(path)}\n`);
    expect(files()).toEqual(before);
  });

  test('without a tool for the sum is refused', () => {
    lay(entriesWith(good));
    for (const tool of ['sha256sum', 'shasum', 'openssl']) rmSync(at(`tools/${tool}`), { force: true });
    expect(install(['--from', file]).err).toContain('no sha256sum, shasum or openssl here');
    if (lacks('openssl')) return;
    symlinkSync(toolPath('openssl')!, at('tools/openssl'));
    expect(install(['--from', file]).status).toBe(0);
  });
});

describe('an unpacked release', () => {
  function unpack(program = good): string {
    lay(entriesWith(program));
    mkdirSync(at('unpacked'));
    spawnSync('tar', ['-xzf', at(`fetched/${file}`), '-C', at('unpacked')]);
    return at(`unpacked/${name}`);
  }

  test('upgrades what is there, and keeps settings and index', () => {
    const folder = unpack();
    const script = join(folder, 'install.sh');
    expect(install(['--pick'], {}, script).status).toBe(0);
    writeFileSync(at('.local/share/wt/hooks/version'), '0.0.1\n');
    rmSync(at('.local/share/wt/install.sh'));
    rmSync(at('.local/share/wt/made'));
    for (const path of ['.cache/wt', '.local/state/wt']) {
      mkdirSync(at(path), { recursive: true });
      writeFileSync(at(`${path}/kept`), 'mine');
    }
    writeFileSync(join(folder, 'wt'), `${good}# newer\n`);
    expect(install([], {}, script).status).toBe(0);
    expect(readFileSync(at('.local/bin/wt'), 'utf8')).toContain('# newer');
    expect(readFileSync(at('.local/share/wt/hooks/version'), 'utf8')).toBe(
      readFileSync(join(root, 'hooks/version'), 'utf8'),
    );
    expect(readFileSync(at('.bashrc'), 'utf8')).toContain('WT_PICK=1\n');
    for (const path of ['.cache/wt', '.local/state/wt']) expect(readFileSync(at(`${path}/kept`), 'utf8')).toBe('mine');
  });

  test('leaves the man page of another wt', () => {
    const script = join(unpack(), 'install.sh');
    mkdirSync(at('.local/share/man/man1'), { recursive: true });
    writeFileSync(at('.local/share/man/man1/wt.1'), '.TH WT 1 "worktrees"\n');
    expect(install([], {}, script).status).toBe(0);
    expect(install(['--uninstall'], {}, script).status).toBe(0);
    expect(readFileSync(at('.local/share/man/man1/wt.1'), 'utf8')).toContain('worktrees');
  });

  test('where no program may run, or of which the Node build is wanted, says what would do', () => {
    const folder = unpack();
    chmodSync(join(folder, 'wt'), 0o644);
    const before = files();
    expect(install([], {}, join(folder, 'install.sh')).err).toContain(`no program may run below ${folder} (noexec?)`);
    expect(install(['--node'], {}, join(folder, 'install.sh')).err).toContain('npm install -g watchtower-1.2.3.tgz');
    expect(files()).toEqual(before);
  });

  test.each([
    ['Linux', 'riscv64', 'there is no native build for this machine, Linux on riscv64'],
    ['Darwin', 'arm64', 'there is no native build for this machine, Darwin on arm64'],
    [
      'Linux',
      process.arch === 'x64' ? 'aarch64' : 'x86_64',
      `and this machine is linux-${process.arch === 'x64' ? 'arm64' : 'x64'}`,
    ],
  ])('on %s %s says what would do', (system, machine, said) => {
    const folder = unpack('#!/bin/sh\nexit 126\n');
    rmSync(at('tools/uname'));
    writeFileSync(at('tools/uname'), `#!/bin/sh\ncase $1 in -s) echo ${system} ;; -m) echo ${machine} ;; esac\n`, {
      mode: 0o755,
    });
    expect(install([], {}, join(folder, 'install.sh'))).toMatchObject({
      status: 1,
      err: expect.stringContaining(said),
    });
  });
});
