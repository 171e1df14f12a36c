import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { registryRecord, sessionsFolder, until } from '../support/claude-home.ts';
import { FakeClaude, id, session } from '../support/fake-claude.ts';
import { lacks } from '../support/tools.ts';
import { type Build, builds, type Scratch, scratch, wt } from '../support/wt.ts';

function box(): Scratch & { claude: FakeClaude } {
  const home = scratch();
  sessionsFolder(home.conf);
  session(home, { id: id(1) });
  return { ...home, claude: new FakeClaude(home) };
}

// A path from the environment means what it means where wt was started, whatever the directory that is entered.
const variables: [string, string, (home: Scratch) => string][] = [
  ['CLAUDE_CONFIG_DIR', '.claude', (home) => home.conf],
  ['CLAUDE_CONFIG_DIR', './x/../.claude', (home) => home.conf],
  ['HOME', '.', (home) => home.home],
  ['HOME', '../{base}', (home) => home.home],
  ['TMUX_TMPDIR', '.tmux', (home) => join(home.home, '.tmux')],
];
const commands = [['resume', id(1)], ['fork', id(1)], [id(1)], ['new', 'api']];

describe.each(builds)('$name', (build: Build) => {
  const cases = variables.flatMap(([name, value, path]) => commands.map((command) => ({ name, value, path, command })));
  test.each(cases)('$name=$value: $command', ({ name, value, path, command }) => {
    using home = box();
    mkdirSync(join(home.home, 'x'));
    const env = { [name]: value.replace('{base}', home.home.split('/').at(-1)!) };
    const done = wt(build, command, home, { env });
    expect([done.stderr, done.status]).toEqual(['', 0]);
    expect(home.claude.seen().cwd).toBe(join(home.home, 'api'));
    expect(home.claude.seen().env[name]).toBe(path(home));
    if (lacks('bash')) return;
    const line = wt(build, [...command, '--dry-run'], home, { env }).stdout;
    expect(spawnSync('bash', ['-c', line], { env: { ...home.env, ...env }, cwd: '/' }).status).toBe(0);
    expect(home.claude.seen().env[name]).toBe(path(home));
  });

  test.each(['bin/launcher', './bin/launcher', '{home}/bin/launcher'])('WT_CLAUDE=%s', (named) => {
    using home = box();
    mkdirSync(join(home.home, 'bin'));
    cpSync(join(home.claude.folder, 'claude'), join(home.home, 'bin', 'launcher'));
    const env = { WT_CLAUDE: named.replace('{home}', home.home) };
    for (const command of commands) {
      expect(wt(build, command, home, { env }).status).toBe(0);
      const line = wt(build, [...command, '--dry-run'], home, { env }).stdout;
      expect(line).toContain(`exec '${home.home}/bin/launcher'`);
    }
    const none = wt(build, ['resume', id(1)], home, { env: { WT_CLAUDE: './nowhere' } });
    expect([none.status, none.stderr]).toEqual([
      1,
      `wt: ${home.home}/nowhere is no program: WT_CLAUDE names it: name another program there, or unset it\n`,
    ]);
  });

  test('a variable that is absolute already is no noise in the line', () => {
    using home = box();
    const line = wt(build, ['resume', id(1), '--dry-run'], home).stdout;
    expect(line).toBe(`cd -- '${home.home}/api' && exec claude --resume '${id(1)}'\n`);
  });

  test.each(['.local/bin', '.claude/local', 'conf/local'])('a claude that is not on PATH, but in ~/%s', (folder) => {
    using home = box();
    const conf = join(home.home, 'conf');
    renameSync(home.conf, conf);
    mkdirSync(join(home.home, folder), { recursive: true });
    const path = join(home.home, folder, 'claude');
    renameSync(join(home.claude.folder, 'claude'), path);
    const env = { CLAUDE_CONFIG_DIR: conf };
    for (const command of commands) {
      const done = wt(build, command, home, { env });
      expect([done.stderr, done.status]).toEqual([`wt: claude is not on PATH, but here: ${path}\n`, 0]);
    }
    expect(home.claude.wasStarted).toBe(true);
    const line = wt(build, ['resume', id(1), '--dry-run'], home, { env }).stdout;
    expect(line).toContain(`exec '${path}' --resume`);
  });

  // Where else a session may go on when its directory is gone, best first.
  test('a directory that is gone: a worktree, the one you stand in, the nearest parent, home', () => {
    using home = box();
    const offered = (n: number, cwd: string) => {
      const { stderr } = wt(build, ['resume', id(n)], home, { cwd });
      return /to go on in (.*)\n$/.exec(stderr)?.[1]?.split(' or ');
    };
    const work = join(home.home, 'work');
    const tree = join(work, 'repo', '.claude', 'worktrees', 'fix');
    mkdirSync(join(work, 'repo'), { recursive: true });
    session(home, { id: id(2), cwd: tree, missing: true });
    expect(offered(2, home.home)?.[0]).toBe(join(work, 'repo'));
    // Renamed, with the project folder of its transcripts: `my-app` and `my.app` are one to Claude.
    const [before, after] = [join(work, 'my-app'), join(work, 'my.app')];
    session(home, { id: id(3), cwd: before, missing: true });
    mkdirSync(after);
    expect(offered(3, after)).toEqual([after, work, home.home]);
    expect(offered(3, work)).toEqual([work, home.home]);
  });

  test('a directory that was renamed under a live process', async () => {
    using home = box();
    const [before, after] = [join(home.home, 'before'), join(home.home, 'after')];
    session(home, { id: id(4), cwd: before });
    const child = spawn('sleep', ['600'], { cwd: before, stdio: 'ignore' });
    try {
      await until(() => child.pid !== undefined, 'a process');
      registryRecord(home.conf, { pid: child.pid!, sessionId: id(4), cwd: before });
      renameSync(before, after);
      const dry = wt(build, ['fork', id(4), '--dry-run'], home);
      expect(dry.stdout + dry.stderr).toMatch(new RegExp(`(^cd -- '${after}'|to go on in ${after} or )`));
    } finally {
      child.kill('SIGKILL');
    }
  });
});
