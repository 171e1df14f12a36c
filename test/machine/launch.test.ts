import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ExecPlan } from '../../src/core/plan.ts';
import { UserError } from '../../src/errors.ts';
import { launch } from '../../src/machine/launch.ts';
import { readWorld } from '../../src/screen/read-world.ts';
import { sessionsFolder } from '../support/claude-home.ts';
import { FakeClaude, id, type Seen, session } from '../support/fake-claude.ts';
import { type Build, builds, type Scratch, scratch, wt } from '../support/wt.ts';

/** Runs words from a shell that has been set up in some way and stays their parent. */
function inShell(setup: string, words: string[], home: Scratch, env: Record<string, string> = {}) {
  return spawnSync('/bin/sh', ['-c', `${setup}\n"$@"\nexit $?`, 'sh', ...words], {
    cwd: home.home,
    env: { ...home.env, ...env },
    encoding: 'utf8',
    input: '',
    timeout: 20_000,
  });
}

function resumeWords(build: Build, n: number): string[] {
  return [...build.argv, 'resume', id(n)];
}

/** What must be the same whether wt or the shell started it. A shell sets these variables for itself. */
function given({ env, ignored, blocked, openFiles, descriptors }: Seen) {
  const { _, PWD, OLDPWD, SHLVL, ...others } = env;
  return { env: others, ignored, blocked, openFiles, descriptors };
}

describe.each(builds)('$name: what Claude is started with', (build) => {
  test.each([
    ['nothing special', ''],
    ['ignored SIGPIPE', "trap '' PIPE"],
    ['ignored SIGHUP and SIGXFSZ', "trap '' HUP XFSZ"],
    ['a lowered soft limit of open files', 'ulimit -S -n 300'],
    ['descriptors', 'exec 5</etc/passwd 7</etc/group 9>>/dev/null'],
  ])('%s', (_, setup) => {
    using home = scratch();
    const claude = new FakeClaude(home);
    session(home, { id: id(1) });
    const env = { GREETING: 'ü "$(touch x)" \n', EMPTY: '' };
    expect(inShell(setup, [join(claude.folder, 'claude'), '--resume', id(1)], home, env).status).toBe(0);
    const direct = claude.seen();
    const done = inShell(setup, resumeWords(build, 1), home, env);
    expect(done.stderr).toBe('');
    const started = claude.seen();
    expect(started.pid).not.toBe(direct.pid);
    expect(given(started)).toEqual(given(direct));
    expect(started.argv).toEqual(direct.argv);
    expect(started.cwd).toBe(join(home.home, 'api'));
  });

  test('its exit status is the answer', () => {
    using home = scratch();
    new FakeClaude(home);
    session(home, { id: id(1) });
    expect(wt(build, ['resume', id(1)], home, { env: { CLAUDE_EXIT: '41' } }).status).toBe(41);
    const killed = inShell('', resumeWords(build, 1), home, { CLAUDE_SIGNAL: 'TERM' });
    expect(killed.status).toBe(128 + 15);
  });

  test('a claude in the current directory, or by a relative PATH, is never run', () => {
    using home = scratch();
    const here = join(home.home, 'api');
    session(home, { id: id(1) });
    mkdirSync(join(here, 'bin'));
    for (const path of [join(here, 'claude'), join(here, 'bin', 'claude')]) {
      writeFileSync(path, `#!/bin/sh\ntouch ${here}/was-run\n`);
      chmodSync(path, 0o755);
    }
    const env = { PATH: ':.:bin::/usr/bin:/bin:' };
    const done = wt(build, ['resume', id(1)], home, { env, cwd: here });
    expect(done.stderr).toBe('wt: claude is not on PATH: install Claude Code, or add its folder to PATH\n');
    expect(done.status).toBe(1);
    expect(readdirSync(here)).not.toContain('was-run');
  });

  test('what is no program is told in a sentence', () => {
    using home = scratch();
    const claude = new FakeClaude(home);
    session(home, { id: id(1) });
    writeFileSync(join(claude.folder, 'claude'), '#!/no/such/interpreter\n');
    const done = wt(build, ['resume', id(1)], home);
    expect(done.stderr).toMatch(/^wt: \/.*\/claude could not be started: is it a program for this machine\?\n$/);
    expect(done.status).toBe(1);
  });
});

test('no wt process stays behind in the native build', () => {
  using home = scratch();
  const claude = new FakeClaude(home);
  session(home, { id: id(1) });
  const done = inShell('echo $$', resumeWords(builds[0]!, 1), home);
  expect(claude.seen().parent).toBe(Number(done.stdout));
});

test('nothing is written below $CONF', () => {
  using home = scratch();
  const claude = new FakeClaude(home);
  session(home, { id: id(1) });
  sessionsFolder(home.conf);
  const before = tree(home.conf);
  expect(wt(builds[0]!, ['resume', id(1)], home).status).toBe(0);
  expect(claude.wasStarted).toBe(true);
  expect(tree(home.conf)).toEqual(before);
});

test('what speaks against a plan at the last moment keeps it from being carried out', async () => {
  using home = scratch();
  const claude = new FakeClaude(home);
  const plan: ExecPlan = { do: 'exec', argv: ['claude', '--resume', id(1)], cwd: null };
  const refusal = new UserError('it turned live');
  const refuse = () => {
    throw refusal;
  };
  await expect(launch(readWorld(home.env, 'never'), plan, refuse)).rejects.toBe(refusal);
  expect(claude.wasStarted).toBe(false);
});

function tree(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return entry.isFile() ? `${path} ${readFileSync(path).length}` : path;
    })
    .sort();
}
