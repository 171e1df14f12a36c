import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { transcript, Writer } from '../support/claude-home.ts';
import { FakeClaude } from '../support/fake-claude.ts';
import { lacks } from '../support/tools.ts';
import { builds, type Scratch, scratch, wt } from '../support/wt.ts';

/** Fills a folder with everything that a runtime or a tool might read there, each of which leaves a trace when it is. */
function trap(folder: string, traces: string): void {
  mkdirSync(folder, { recursive: true });
  const put = (name: string, text: string) => {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  const evil = `require('fs').appendFileSync(${JSON.stringify(traces)}, __filename + '\\n');`;
  const settings =
    'CLAUDE_CONFIG_DIR=/evil\nNO_COLOR=\nFORCE_COLOR=1\nCOLUMNS=21\nWT_TRACE=1\nWT_GREET_ROWS=1\nLC_ALL=C\nPATH=/evil\nNODE_OPTIONS=--no-such-option\n';
  for (const name of ['.env', '.env.local', '.env.production', '.env.development', '.env.test']) put(name, settings);
  const bunfig = `preload = ["./evil.js"]\nlogLevel = "debug"\n[run]\nbun = true\nsilent = false\n[define]\n"process.env.HOME" = "'/evil'"\n[test]\npreload = ["./evil.js"]\n`;
  for (const name of ['bunfig.toml', '.bunfig.toml', '.config/.bunfig.toml', '.config/bunfig.toml']) put(name, bunfig);
  put('evil.js', evil);
  put('index.js', evil);
  put('index.ts', evil);
  put('cli.ts', evil);
  const main = {
    name: 'evil',
    main: 'evil.js',
    type: 'commonjs',
    imports: { '#x': './evil.js' },
    exports: './evil.js',
    bin: { wt: 'evil.js', claude: 'evil.js' },
  };
  put(
    'package.json',
    JSON.stringify({
      ...main,
      scripts: { preinstall: 'node evil.js', wt: 'node evil.js' },
      overrides: { 'fast-glob': 'file:.' },
    }),
  );
  put(
    'tsconfig.json',
    JSON.stringify({
      extends: './other.json',
      compilerOptions: {
        baseUrl: '.',
        paths: { '*': ['./evil.js'], 'fast-glob': ['./evil.js'] },
        jsx: 'react',
        jsxImportSource: './evil',
      },
    }),
  );
  put('jsconfig.json', '{ not even json');
  put('.npmrc', 'node-options=--require ./evil.js\nscript-shell=./evil.js\nregistry=http://127.0.0.1:1/\n');
  put('.noderc', evil);
  put('node.config.json', JSON.stringify({ nodeOptions: { import: ['./evil.js'] } }));
  put('bun.lockb', 'x');
  for (const name of [
    'fast-glob',
    'string-width',
    'picocolors',
    'node:fs',
    'fs',
    'bun',
    'bun:ffi',
    'get-east-asian-width',
    'strip-ansi',
  ]) {
    put(`node_modules/${name}/package.json`, JSON.stringify({ ...main, name }));
    put(`node_modules/${name}/evil.js`, evil);
    put(`node_modules/${name}/index.js`, evil);
  }
  for (const name of ['claude', 'tmux', 'stty', 'less', 'prlimit', 'touch', 'sh', 'node', 'bun', 'git'])
    put(name, `#!/bin/sh\necho ${name} >>'${traces}'\n`);
  spawnSync('chmod', [
    '755',
    ...readdirSync(folder)
      .filter((name) => !name.includes('.'))
      .map((name) => join(folder, name)),
  ]);
}

/** A session that waits, of an age that stays the same while the test runs, however long that takes. */
function populate(home: Scratch): string {
  home.env.WT_WAITING = '30d';
  const writer = new Writer({ cwd: join(home.home, 'repo'), at: Date.now() - 12.5 * 86_400_000 });
  const title = writer.aiTitle('日本語 नमस्ते title');
  transcript(home.conf, { cwd: writer.cwd, id: writer.id, records: [writer.prompt('p'), writer.text('t'), title] });
  return writer.id;
}

const commands = (id: string) => [
  ['--list'],
  ['--greet', '--color=always'],
  ['--brief'],
  ['--json', '--all'],
  ['show', id],
  ['doctor'],
  ['complete', 'resume', ''],
  ['restore'],
  ['resume', id],
  ['fork', id, '--dry-run'],
  ['new'],
  ['archive', id, '--dry-run'],
  ['--version'],
];

describe.each(builds)('$name: a hostile current directory, and a hostile home', (build) => {
  test('nothing that lies there is loaded, run or obeyed', () => {
    using home = scratch();
    const id = populate(home);
    const claude = new FakeClaude(home);
    const [repo, traces] = [join(home.home, 'repo'), join(home.home, 'traces')];
    mkdirSync(repo);
    const quiet = (text: string) =>
      text.replaceAll(/\d+(?:\.\d+)? (?:ms|kB)|"generatedAt":"[^"]*"|none yet| {2,}/g, ' ');
    const asked = (cwd: string) =>
      commands(id).map((args) => {
        const done = wt(build, args, home, { cwd });
        return [args.join(' '), done.status, quiet(done.stdout), done.stderr];
      });
    asked(repo);
    const before = asked(repo);
    trap(repo, traces);
    trap(join(repo, 'below'), traces);
    trap(home.home, traces);
    expect(asked(repo)).toEqual(before);
    expect(asked(home.home).filter(([what]) => what !== 'new')).toEqual(before.filter(([what]) => what !== 'new'));
    expect(asked(join(repo, 'below')).filter(([what]) => what !== 'new')).toEqual(
      before.filter(([what]) => what !== 'new'),
    );
    expect(existsSync(traces)).toBe(false);
    expect(claude.wasStarted).toBe(true);
    expect(Object.keys(claude.seen().env)).not.toContain('WT_TRACE');
    expect(claude.seen().env.PATH).toBe(home.env.PATH);
  }, 60_000);

  test.skipIf(lacks('strace'))(
    'nor is it even opened',
    () => {
      using home = scratch();
      const id = populate(home);
      new FakeClaude(home);
      const repo = join(home.home, 'repo');
      trap(repo, join(home.home, 'traces'));
      trap(home.home, join(home.home, 'traces'));
      for (const args of [['--list'], ['--greet'], ['--json'], ['show', id], ['doctor'], ['fork', id, '--dry-run']]) {
        const words = ['-f', '-qq', '-e', 'trace=open,openat,openat2,execve', ...build.argv, ...args];
        const { stderr } = spawnSync('strace', words, { env: home.env, cwd: repo, encoding: 'utf8' });
        const opened = stderr
          .split('\n')
          .filter((line) => /^(?:\[pid +\d+\] )?(?:open|execve)/.test(line) && !line.includes('ENOENT'));
        expect(opened.length).toBeGreaterThan(3);
        const lured =
          /\/?\.env|bunfig|evil|package\.json|tsconfig|jsconfig|node_modules|npmrc|noderc|node\.config|bun\.lock|index\.[jt]s/;
        // The program's own place is not the current directory.
        expect(
          opened.filter(
            (line) =>
              lured.test(line.replaceAll(build.argv.at(-1)!, '')) &&
              (line.includes(home.home) || /"\.?[^/"]/.test(line)),
          ),
          args[0],
        ).toEqual([]);
      }
    },
    60_000,
  );

  test("what the user's own environment says to the runtime is the user's own", () => {
    using home = scratch();
    populate(home);
    const claude = new FakeClaude(home);
    const env = {
      NODE_OPTIONS: '--max-old-space-size=300',
      NODE_ENV: 'production',
      BUN_OPTIONS: '',
      LD_BIND_NOW: '1',
      BUN_INSTALL: '/x',
    };
    const done = wt(build, ['new'], home, { env });
    expect(done.stderr).toBe('');
    expect(claude.seen().env).toMatchObject(env);
  });
});
