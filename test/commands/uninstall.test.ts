import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tree } from '../support/tree.ts';
import { type Build, builds, root, type Scratch, scratch, wt } from '../support/wt.ts';

/** Lays a build below a prefix in the home as install.sh does, with an install.sh that tells how it was called. */
function lay(home: Scratch, build: Build, script = 'pwd; printf "<%s>" "$0" "$@"; exit 7'): Build {
  const at = (path: string) => join(home.home, '.local', path);
  for (const folder of ['bin', 'share/wt/hooks']) mkdirSync(at(folder), { recursive: true });
  writeFileSync(at('share/wt/hooks/guard.sh'), '');
  if (script !== '') writeFileSync(at('share/wt/install.sh'), `${script}\n`);
  if (build.name === 'native') {
    // As large as it is, a link would do; but the program asks where it really lies.
    copyFileSync(build.argv[0], at('bin/wt'));
    return { name: 'native', argv: [at('bin/wt')] };
  }
  copyFileSync(build.argv.at(-1)!, at('share/wt/wt.mjs'));
  symlinkSync('../share/wt/wt.mjs', at('bin/wt'));
  return { name: 'node', argv: [process.execPath, at('bin/wt')] };
}

describe.each(builds)('$name: uninstall', (build) => {
  test('becomes the install.sh that was installed with it', () => {
    using home = scratch();
    const installed = lay(home, build);
    const share = join(home.home, '.local/share/wt');
    expect(wt(installed, ['uninstall'], home)).toMatchObject({
      status: 7,
      stdout: `${share}\n<${share}/install.sh><--uninstall>`,
    });
    expect(wt(installed, ['uninstall', '--dry-run'], home).stdout).toContain('<--uninstall><--dry-run>');
    expect(wt(installed, ['uninstall', 'now'], home).status).toBe(2);
  });

  test('without an installation says what to do', () => {
    using home = scratch();
    const before = tree(home.home);
    const { status, stderr } = wt(build, ['uninstall'], home);
    expect([status, stderr]).toEqual([
      1,
      `wt: this wt is not installed; ${root}/install.sh --uninstall removes what was installed from there\n`,
    ]);
    expect(tree(home.home)).toEqual(before);
    const { status: lacking, stderr: why } = wt(lay(home, build, ''), ['uninstall'], home);
    expect([lacking, why]).toEqual([1, expect.stringContaining('there is no install.sh beside the hooks')]);
  });
});

describe('install.sh beside an installation', () => {
  /** Runs the real install.sh as it lies in an installation; no login is tried, which would take seconds. */
  function run(home: Scratch, folder: string, args: string[]) {
    mkdirSync(join(home.home, '.stubs'), { recursive: true });
    writeFileSync(join(home.home, '.stubs/script'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const { status, stdout, stderr } = spawnSync('sh', [join(folder, 'install.sh'), ...args], {
      env: { ...home.env, SHELL: '/bin/bash', PATH: `${home.home}/.stubs:${home.env.PATH}` },
      cwd: '/',
      encoding: 'utf8',
    });
    return { status, out: stdout, err: stderr };
  }

  const files = (home: Scratch) => tree(home.home, { except: ['.stubs', 'install.sh'] });

  /** An installation as a package manager lays it: not the user's to change. */
  function place(home: Scratch, kind: 'apt' | 'npm' | null): string {
    const share = kind === 'npm' ? 'usr/lib/node_modules/watchtower' : 'usr/share/wt';
    const folder = join(home.home, share);
    mkdirSync(join(folder, 'hooks'), { recursive: true });
    for (const name of ['guard.sh', 'wt.bash', 'prompt.bash', 'version'])
      copyFileSync(join(root, 'hooks', name), join(folder, 'hooks', name));
    copyFileSync(join(root, 'install.sh'), join(folder, 'install.sh'));
    mkdirSync(join(home.home, 'usr/bin'), { recursive: true });
    writeFileSync(join(home.home, 'usr/bin/wt'), '#!/bin/sh\necho watchtower\n', { mode: 0o755 });
    if (kind !== null) writeFileSync(join(folder, 'installed-by'), `${kind}\n`);
    return folder;
  }

  test.each<['apt' | 'npm', (home: Scratch) => string]>([
    ['apt', () => 'sudo apt remove watchtower'],
    ['npm', (home) => `npm uninstall -g --prefix '${home.home}/usr' watchtower`],
  ])('of %s wires the shell and unwires it, and leaves the program', (kind, remover) => {
    using home = scratch();
    writeFileSync(join(home.home, '.bashrc'), 'mine\n');
    const folder = place(home, kind);
    const before = files(home);
    const wired = run(home, folder, []);
    expect([wired.status, wired.err]).toEqual([0, '']);
    expect(readFileSync(join(home.home, '.bashrc'), 'utf8')).toContain(
      `\nif [ -r '${folder}/hooks/wt.bash' ]; then . `,
    );
    expect(Object.keys(files(home)).filter((path) => !(path in before))).toEqual([
      expect.stringMatching(/^\.local\/share\/wt\/wired\/[\d-]+$/),
    ]);
    const again = files(home);
    expect(run(home, folder, []).status).toBe(0);
    expect(files(home)).toEqual(again);
    expect(run(home, folder, ['--uninstall', '--dry-run']).status).toBe(0);
    expect(files(home)).toEqual(again);
    const gone = run(home, folder, ['--uninstall']);
    expect(gone.out).toContain(`The program stays; this removes it: ${remover(home)}\n`);
    expect(gone.status).toBe(0);
    expect(files(home)).toEqual(before);
  });

  test('of its own user goes with everything, itself too', () => {
    using home = scratch();
    const folder = place(home, null);
    const { status, out } = run(home, folder, ['--uninstall']);
    expect(status).toBe(0);
    expect(out).not.toContain('The program stays');
    expect([existsSync(folder), existsSync(join(home.home, 'usr/bin/wt'))]).toEqual([false, false]);
  });

  test('refuses what it has not got', () => {
    using home = scratch();
    const folder = place(home, null);
    const before = files(home);
    expect(run(home, folder, ['--prefix', '/elsewhere']).err).toContain('this belongs to the wt below');
    expect(run(home, folder, ['--node']).err).toContain('is made from a checkout');
    chmodSync(join(home.home, 'usr/bin/wt'), 0o644);
    expect(run(home, folder, []).err).toContain('is not there, which this belongs to');
    chmodSync(join(home.home, 'usr/bin/wt'), 0o755);
    const nowhere = dirname(dirname(dirname(folder)));
    copyFileSync(join(folder, 'install.sh'), join(nowhere, 'install.sh'));
    expect(run(home, nowhere, []).err).toContain('neither a checkout of watchtower, nor an unpacked release');
    expect(files(home)).toEqual(before);
  });
});
