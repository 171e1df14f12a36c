import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { version } from '../../src/version.ts';
import { sessionsFolder, transcript, Writer } from '../support/claude-home.ts';
import { builds, root, scratch, wt } from '../support/wt.ts';

const read = (name: string) => readFileSync(join(root, name), 'utf8');
const manifest = JSON.parse(read('package.json'));
const lock: {
  packages: Record<
    string,
    { resolved?: string; integrity?: string; hasInstallScript?: boolean; dev?: boolean; link?: boolean }
  >;
} = JSON.parse(read('package-lock.json'));
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');

describe('dependencies', () => {
  test('three at run time, each of one version', () => {
    expect(Object.keys(manifest.dependencies).toSorted()).toEqual(['fast-glob', 'picocolors', 'string-width']);
    for (const one of Object.values({ ...manifest.dependencies, ...manifest.devDependencies }))
      expect(one).toMatch(/^\d+\.\d+\.\d+$/);
    for (const field of ['optionalDependencies', 'peerDependencies', 'bundleDependencies', 'overrides'])
      expect(manifest[field]).toBeUndefined();
  });

  test('wt is of the version that package.json names', () => {
    expect(version).toBe(manifest.version);
  });

  test('the sources import these, Node, and nothing else', () => {
    const folder = join(root, 'src');
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(join(folder, name)).isFile(),
    );
    const imported = sources.flatMap((name) =>
      Array.from(
        read(join('src', name)).matchAll(/(?:\bfrom |\bimport\(|\bimport )'([^'.][^']*)'/g),
        ([, from]) => from!,
      ),
    );
    expect(imported.length).toBeGreaterThan(30);
    // One of their own, in two forms.
    const own = Object.values<Record<string, string>>(manifest.imports).flatMap((forms) => Object.values(forms));
    expect(own.map((path) => path.replace('./src/', '')).filter((path) => !sources.includes(path))).toEqual([]);
    const others = [...new Set(imported)].filter((from) => !isBuiltin(from) && !(from in manifest.imports));
    expect(others.toSorted()).toEqual(['fast-glob', 'picocolors', 'string-width']);
  });

  test('the lock file names what, by its hash, and never where from', () => {
    expect(packages.length).toBeGreaterThan(20);
    for (const [path, one] of packages) {
      expect(one.resolved, path).toBeUndefined();
      expect(one.integrity, path).toMatch(/^sha512-/);
    }
    expect(read('package-lock.json')).not.toMatch(
      /https?:\/\/(?!(?:www\.)?(?:github\.com|opencollective\.com|tidelift\.com|paypal\.me|patreon\.com|feross\.org))[^"]*\/-\//,
    );
    expect(read('package-lock.json')).not.toMatch(/"resolved"/);
  });

  test("install scripts: Bun's alone, allowed by name, with the reason in src/README.md", () => {
    const scripted = packages.filter(([, one]) => one.hasInstallScript).map(([path]) => path);
    expect(scripted).toEqual(['node_modules/bun']);
    expect(Object.keys(manifest.allowScripts)).toEqual(['bun']);
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'])
      expect(manifest.scripts[name]).toBeUndefined();
    const security = /^#+ security$([\s\S]*?)(?=^#+ |(?![\s\S]))/im.exec(read('src/README.md'))?.[1] ?? '';
    expect(security).toMatch(/install script/i);
    expect(security).toMatch(/\bbun\b/i);
  });

  test.each(builds)('$name needs none of them beside it', (build) => {
    using home = scratch();
    const folder = mkdtempSync(join(tmpdir(), 'wt-alone-'));
    try {
      const program = join(folder, build.name === 'native' ? 'wt' : 'wt.mjs');
      spawnSync('cp', [build.argv.at(-1)!, program]);
      const words = build.argv.map((word, index) => (index === build.argv.length - 1 ? program : word));
      const alone = { ...build, argv: words as typeof build.argv };
      for (const args of [['--list'], ['--greet', '--color=always'], ['--json'], ['doctor']]) {
        const done = wt(alone, args, home, { cwd: folder });
        expect(done.stderr).toBe('');
        expect(done.status).toBe(args[0] === 'doctor' ? 1 : 0);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('the Node build runs where Node gives its own modules only to who imports them, as before 20.16', () => {
    using home = scratch();
    const build = builds.find(({ name }) => name === 'node')!;
    const [node, program] = build.argv as [string, string];
    const before = ['--import', 'data:text/javascript,delete process.getBuiltinModule'];
    const older = { ...build, argv: [node, ...before, program] as typeof build.argv };
    for (const args of [['--list'], ['--greet'], ['--json'], ['doctor']]) {
      const [told, same] = [older, build].map((one) => wt(one, args, home));
      expect(told!.stderr).toBe('');
      expect(told!.status).toBe(args[0] === 'doctor' ? 1 : 0);
      if (args[0] === '--list') expect(told!.stdout).toBe(same!.stdout);
    }
  });

  test('the Node build says the same, and warns of nothing, whatever V8 and Node are told', () => {
    using home = scratch();
    const writer = new Writer({ at: Date.now() - 630_000 });
    transcript(home.conf, { cwd: writer.cwd, id: writer.id, records: [writer.prompt('p'), writer.text('t')] });
    sessionsFolder(home.conf);
    const build = builds.find(({ name }) => name === 'node')!;
    const [node, program] = build.argv as [string, string];
    const flagged = (...flags: string[]) =>
      wt({ ...build, argv: [node, ...flags, program] as typeof build.argv }, ['--greet'], home);
    const plain = flagged();
    expect(plain.stdout).toContain('1 waiting');
    expect(plain.stderr).toBe('');
    for (const flag of ['--no-opt', '--pending-deprecation']) {
      const done = flagged(flag);
      expect(done.stderr).toBe('');
      expect(done.stdout).toBe(plain.stdout);
    }
  });
});
