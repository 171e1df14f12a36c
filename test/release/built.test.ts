// A release as it is built, for this machine alone: unpacked in a bare root, by dpkg in one of its own, by npm.
// Needs root for the roots, and the network where npm's cache lacks Bun's executable.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sessionsFolder } from '../support/claude-home.ts';
import { FakeClaude, id, session } from '../support/fake-claude.ts';
import { lacks, toolPath } from '../support/tools.ts';
import { tree } from '../support/tree.ts';
import { root, type Scratch, scratch } from '../support/wt.ts';

const target = `linux-${process.arch}`;
const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
const version: string = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
const archive = `watchtower-${version}-${target}.tar.gz`;
const canMount = !lacks('unshare') && spawnSync('unshare', ['-m', 'true']).status === 0 && process.getuid?.() === 0;

const made = scratch();
const at = (...path: string[]) => join(made.home, ...path);
afterAll(() => made[Symbol.dispose]());

function release(to: string): void {
  const { status, stderr } = spawnSync('npm', ['run', '--silent', 'release', '--', '--to', to, target], {
    cwd: root,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
}

beforeAll(() => release(at('one')), 600_000);

/** A root with a shell and the usual small programs, and the libraries that they need: nothing else. */
function bareRoot(): string {
  const folder = at('bare');
  const put = (path: string) => {
    if (existsSync(join(folder, path))) return;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(path, join(folder, path), { dereference: true });
  };
  const tools =
    'awk bash cat chmod cksum cmp cp cut dirname env find grep gzip head id ln ls mkdir mktemp mv readlink rm rmdir sed sh ' +
    'sha256sum sleep sort tail tar touch tr uname wc';
  for (const tool of tools.split(' ')) {
    const path = toolPath(tool)!;
    put(path);
    if (!existsSync(join(folder, 'bin', tool))) {
      mkdirSync(join(folder, 'bin'), { recursive: true });
      copyFileSync(join(folder, path), join(folder, 'bin', tool));
    }
    const { stdout } = spawnSync('ldd', [path], { encoding: 'utf8' });
    for (const [, library] of stdout.matchAll(/(\/\S+) \(0x/g)) put(library!);
  }
  for (const library of ['libpthread.so.0', 'libdl.so.2', 'libm.so.6', 'librt.so.1']) {
    const { stdout } = spawnSync('ldd', [join(root, 'dist/wt')], { encoding: 'utf8' });
    const path = stdout
      .split('\n')
      .find((line) => line.includes(library))
      ?.match(/(\/\S+) \(0x/)?.[1];
    if (path !== undefined) put(path);
  }
  for (const name of ['proc', 'tmp', 'root', 'etc', 'dev']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/bash\n');
  spawnSync('mknod', ['-m', '666', join(folder, 'dev/null'), 'c', '1', '3']);
  return folder;
}

/** Runs a script in a root, with /proc and nothing else of the machine. */
function inRoot(folder: string, script: string): string {
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['-m', 'sh', '-c', 'mount -t proc proc "$1/proc" && exec chroot "$1" /bin/bash -c "$2" 2>&1', 'sh', folder, script],
    {
      env: { HOME: '/root', PATH: '/bin:/usr/bin:/sbin:/usr/sbin', SHELL: '/bin/bash', TERM: 'xterm' },
      encoding: 'utf8',
    },
  );
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

function homeWithSession(folder: string): void {
  const home: Scratch = { ...made, home: folder, conf: join(folder, '.claude') };
  mkdirSync(home.conf, { recursive: true });
  sessionsFolder(home.conf);
  session(home, { id: id(1), at: Date.now() - 60_000 });
}

describe('npm run release', () => {
  test('makes the same bytes again', () => {
    release(at('two'));
    const names = readdirSync(at('one'));
    expect(names.toSorted()).toEqual(
      ['SHA256SUMS', archive, `watchtower-${version}.tgz`, `watchtower_${version}_${architecture}.deb`].toSorted(),
    );
    for (const name of names) expect(readFileSync(at('two', name)).equals(readFileSync(at('one', name)))).toBe(true);
    const sums = spawnSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: at('one'), encoding: 'utf8' });
    expect([sums.status, sums.stdout.match(/: OK$/gm)?.length]).toEqual([0, 3]);
  }, 600_000);

  test.skipIf(!canMount)('in a bare root: unpack, install, greet, uninstall; nothing is left', () => {
    const folder = bareRoot();
    homeWithSession(join(folder, 'root'));
    writeFileSync(join(folder, 'root/.bashrc'), 'mine\n');
    const before = tree(folder, { times: false, except: ['tmp', 'proc'] });
    const names = () => Object.keys(tree(folder, { times: true, except: ['tmp', 'proc'] }));
    const folders = names();
    copyFileSync(at('one', archive), join(folder, 'tmp', archive));
    const out = inRoot(
      folder,
      `cd /tmp && tar xzf ${archive} && cd ${archive.replace('.tar.gz', '')} && ./install.sh && wt=/root/.local/bin/wt &&
       $wt --version && $wt --greet && $wt doctor | grep -e 'both of version' -e 'installed by' && $wt uninstall`,
    );
    expect(out).toContain('Installing the native build below /root/.local:');
    expect(out).toContain(`wt ${version} (native ${target}, Bun `);
    expect(out).toContain('Fix the broken redirect');
    expect(out).toContain(`hook and program are both of version ${version}`);
    expect(out).toContain('installed by install.sh');
    expect(tree(folder, { except: ['tmp', 'proc'] })).toEqual(before);
    expect(names()).toEqual(folders);
  });

  test.skipIf(lacks('dpkg') || process.getuid?.() !== 0)('dpkg installs and removes the .deb in a root', () => {
    const folder = at('debian');
    for (const name of ['updates', 'info']) mkdirSync(join(folder, 'var/lib/dpkg', name), { recursive: true });
    writeFileSync(join(folder, 'var/lib/dpkg/status'), '');
    const dpkg = (...args: string[]) =>
      spawnSync('dpkg', [`--root=${folder}`, '--force-depends', ...args], {
        encoding: 'utf8',
        env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
      });
    expect(dpkg('-i', at('one', `watchtower_${version}_${architecture}.deb`)).status).toBe(0);
    expect(dpkg('-s', 'watchtower').stdout).toContain('Status: install ok installed');
    // As it lies there it wires a home and unwires it.
    const home = at('user');
    homeWithSession(home);
    const env = {
      ...made.env,
      HOME: home,
      ZDOTDIR: home,
      SHELL: '/bin/bash',
      XDG_DATA_HOME: join(home, '.local/share'),
    };
    const installer = join(folder, 'usr/share/wt/install.sh');
    expect(spawnSync('sh', [installer], { env }).status).toBe(0);
    expect(readFileSync(join(home, '.bashrc'), 'utf8')).toContain(`${folder}/usr/share/wt/hooks/wt.bash`);
    const gone = spawnSync(join(folder, 'usr/bin/wt'), ['uninstall'], { env, encoding: 'utf8' });
    expect([gone.status, gone.stdout]).toEqual([
      0,
      expect.stringContaining('this removes it: sudo apt remove watchtower'),
    ]);
    expect(existsSync(join(home, '.bashrc'))).toBe(false);
    expect(dpkg('-r', 'watchtower').status).toBe(0);
    expect(existsSync(join(folder, 'usr'))).toBe(false);
  });

  test('npm installs the package without the network, and removes it', () => {
    const prefix = at('npm');
    const home = at('npm-home');
    homeWithSession(home);
    new FakeClaude({ ...made, home });
    const env = {
      ...made.env,
      HOME: home,
      ZDOTDIR: home,
      SHELL: '/bin/bash',
      XDG_DATA_HOME: join(home, '.local/share'),
      PATH: `${join(prefix, 'bin')}:${dirname(process.execPath)}:${made.env.PATH}`,
    };
    const npm = (...args: string[]) =>
      spawnSync('npm', [...args, '-g', '--offline', '--prefix', prefix], { env, encoding: 'utf8' });
    mkdirSync(prefix);
    const installed = npm('install', at('one', `watchtower-${version}.tgz`));
    expect([installed.status, installed.stderr]).toEqual([0, '']);
    expect(readFileSync(join(prefix, 'share/man/man1/wt.1'), 'latin1')).toMatch(/^\.TH WT 1/);
    writeFileSync(join(home, '.profile'), '. ~/.bashrc\n');
    const folder = join(prefix, 'lib/node_modules/watchtower');
    expect(spawnSync('sh', [join(folder, 'install.sh')], { env }).status).toBe(0);
    const run = (...args: string[]) => spawnSync('wt', args, { env, encoding: 'utf8' }).stdout;
    expect(run('--version')).toBe(`wt ${version} (Node ${process.versions.node})\n`);
    expect(run('--greet')).toContain('Fix the broken redirect');
    const doctor = run('doctor');
    expect(doctor).toContain(`the hook starts this program: ${prefix}/bin/wt`);
    expect(doctor).toContain('installed by npm');
    expect(run('uninstall')).toContain(`npm uninstall -g --prefix '${prefix}' watchtower`);
    expect(npm('uninstall', 'watchtower').status).toBe(0);
    expect(Object.keys(tree(prefix))).toEqual([]);
  });
});
