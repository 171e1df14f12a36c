import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { processStat, type RegistryOptions, registryRecord, sessionsFolder, until } from '../support/claude-home.ts';
import { FakeClaude, id, session } from '../support/fake-claude.ts';
import { deaf, held, polite } from '../support/held.ts';
import { Screen } from '../support/screen.ts';
import { lacks } from '../support/tools.ts';
import { type Build, builds, type Scratch, scratch, wt } from '../support/wt.ts';

/** A home with a session and a fake Claude. */
function box(): Scratch & { claude: FakeClaude } {
  const home = scratch();
  sessionsFolder(home.conf);
  session(home, { id: id(1) });
  return { ...home, claude: new FakeClaude(home) };
}

describe.skipIf(lacks('tmux')).each(builds)('$name', (build: Build) => {
  test('--yes ends the process and goes on with the session', async () => {
    using home = box();
    using holder = await held(home);
    const done = wt(build, ['take', '--yes', id(1), '--', '--model', 'opus'], home);
    expect(done.stderr).toMatch(new RegExp(`^wt: ended process ${holder.pid} \\(tmux pane .*, %0\\)\n$`));
    expect(done.status).toBe(0);
    expect(holder.runs()).toBe(false);
    expect([home.claude.seen().argv, home.claude.seen().cwd]).toEqual([
      ['--resume', id(1), '--model', 'opus'],
      join(home.home, 'api'),
    ]);
  });

  test('it asks on a terminal, saying which process, where, and what is lost', async () => {
    using home = box();
    using holder = await held(home, polite, { status: 'busy' });
    using no = Screen.start(home, [...build.argv, 'take', id(1)], { columns: 300 });
    await no.until('Take it over? [y/N]');
    expect(no.text()).toMatch(
      new RegExp(
        `^wt: 0001c0de \\(Fix the broken redirect\\): it is live in process ${holder.pid} \\(tmux pane .*\\); ` +
          'ending it loses the turn in progress: .*; what was typed there and not sent\n',
      ),
    );
    no.line('');
    expect(await no.end()).toBe(130);
    expect([holder.runs(), home.claude.wasStarted]).toEqual([true, false]);
    using yes = Screen.start(home, [...build.argv, 'take', id(1)]);
    await yes.until('[y/N]');
    yes.line('y');
    expect(await yes.end()).toBe(0);
    expect([holder.runs(), home.claude.wasStarted]).toEqual([false, true]);
  });

  test('where nobody can be asked, nothing is ended without --yes', async () => {
    using home = box();
    using holder = await held(home, polite, { status: 'waiting', waitingFor: 'permission prompt' });
    const done = wt(build, ['take', id(1)], home);
    expect(done.stderr).toMatch(
      /the question that waits: it is not asked again.*; nobody can be asked here: --yes takes it over\n$/,
    );
    expect([done.status, holder.runs(), home.claude.wasStarted]).toEqual([1, true, false]);
  });

  test('one that ignores the signal is left, and nothing is started', async () => {
    using home = box();
    using holder = await held(home, deaf);
    const done = wt(build, ['take', '--yes', id(1)], home);
    expect(done.stderr).toMatch(
      new RegExp(`^wt: process ${holder.pid} \\(.*\\) did not end within 10 s, so nothing was started here; `),
    );
    expect([done.status, holder.runs(), home.claude.wasStarted]).toEqual([1, true, false]);
  });

  test('two holders are both named and ended', async () => {
    using home = box();
    using one = await held(home);
    using other = await held(home);
    const asked = wt(build, ['take', id(1)], home).stderr;
    for (const { pid } of [one, other]) expect(asked).toContain(`process ${pid} (`);
    const done = wt(build, ['take', '--yes', id(1)], home);
    expect([done.status, one.runs(), other.runs(), home.claude.wasStarted]).toEqual([0, false, false, true]);
  });

  test('of two holders none is ended when one can not be', async () => {
    using home = box();
    using one = await held(home);
    using other = await held(home);
    process.kill(other.pid, 'SIGSTOP');
    await until(() => processStat(other.pid)?.state === 'T', 'the stop');
    const done = wt(build, ['take', '--yes', id(1)], home);
    expect(done.stderr).toContain(`process ${other.pid} (`);
    expect(done.stderr).toContain('reacts to nothing: type fg there, or close that terminal');
    expect([done.status, one.runs(), home.claude.wasStarted]).toEqual([1, true, false]);
  });

  test.each([
    ['no start time', { procStart: null }, /its record does not say when it began/],
    ["another machine's", { pidDomain: 'linux:elsewhere:pid:[1]' }, /another machine's or container's/],
    [
      'in the background',
      { kind: 'bg' as const, jobId: 'job12345' },
      /runs in the background: wt attach 0001c0de goes there/,
    ],
  ])('%s is never ended', async (_, fields, sentence) => {
    using home = box();
    using holder = await held(home, polite, fields as Partial<RegistryOptions>);
    const done = wt(build, ['take', '--yes', id(1)], home);
    expect(done.stderr).toMatch(/^wt: can't take over 0001c0de \(Fix the broken redirect\): /);
    expect(done.stderr).toMatch(sentence);
    expect([done.status, holder.runs(), home.claude.wasStarted]).toEqual([1, true, false]);
  });

  test('a pid that came round again holds nothing', async () => {
    using home = box();
    using holder = await held(home, polite, { procStart: '1' });
    const done = wt(build, ['take', '--yes', id(1)], home);
    expect(done.stderr).toBe('wt: no process holds 0001c0de (Fix the broken redirect): wt resume 0001c0de\n');
    expect([done.status, holder.runs()]).toEqual([1, true]);
  });

  test('a pid that comes round between question and signal is not touched', async () => {
    using home = box();
    using holder = await held(home);
    using screen = Screen.start(home, [...build.argv, 'take', id(1)]);
    await screen.until('[y/N]');
    // The record is that of another process by now: for wt as if the pid had been given to it.
    registryRecord(home.conf, { pid: holder.pid, sessionId: id(1), procStart: '1' });
    screen.line('y');
    expect(await screen.end()).toBe(0);
    expect([holder.runs(), home.claude.wasStarted]).toEqual([true, true]);
  });

  test('a process that went to another session meanwhile is let be', async () => {
    using home = box();
    using holder = await held(home);
    using screen = Screen.start(home, [...build.argv, 'take', id(1)]);
    await screen.until('[y/N]');
    registryRecord(home.conf, { pid: holder.pid, sessionId: id(2) });
    screen.line('y');
    expect(await screen.end()).toBe(0);
    expect([holder.runs(), home.claude.wasStarted]).toEqual([true, true]);
  });

  test('nothing is ended where going on would fail', async () => {
    using home = box();
    using holder = await held(home);
    const noClaude = wt(build, ['take', '--yes', id(1)], home, { env: { PATH: '/usr/bin:/bin' } });
    expect(noClaude.stderr).toBe('wt: claude is not on PATH: install Claude Code, or add its folder to PATH\n');
    rmSync(join(home.home, 'api'), { recursive: true });
    const noDirectory = wt(build, ['take', '--yes', id(1)], home);
    expect(noDirectory.stderr).toContain('is gone: make it again');
    expect([holder.runs(), home.claude.wasStarted]).toEqual([true, false]);
  });

  test('--dry-run prints a line that does it', async () => {
    using home = box();
    using holder = await held(home);
    const dry = wt(build, ['take', '--dry-run', id(1)], home);
    expect([dry.status, dry.stdout.split('\n').length, holder.runs()]).toEqual([0, 2, true]);
    const other = dry.stdout.replace(/ = \d+ \]/, ' = 1 ]');
    expect(spawnSync('bash', ['-c', other], { env: home.env }).status).toBe(1);
    expect(holder.runs()).toBe(true);
    expect(spawnSync('bash', ['-c', dry.stdout], { env: home.env }).status).toBe(0);
    expect([holder.runs(), home.claude.seen().argv]).toEqual([false, ['--resume', id(1)]]);
  });
});
