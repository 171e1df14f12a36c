import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, chownSync, mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codexFolder, fakeCodex, lockFile, Rollout, threadId, writeDaemonRecord } from '../../support/codex-home.ts';
import { isRoot, ordinaryUser } from '../../support/other-user.ts';
import { answered, hour, minute, report, rowOf, tracked, written } from '../../support/told.ts';
import { builds, type Scratch, wt } from '../../support/wt.ts';

/** A home with two sessions of Codex's, one answered and one left with a call, and what is no row. */
function box(): Scratch {
  const home = tracked();
  const cwd = home.home;
  new Rollout(threadId(1), { cwd, git: { branch: 'main' } })
    .turn('Count the sheep', 'Forty.')
    .write(home, Date.now() - 2 * hour);
  new Rollout(threadId(2), { cwd })
    .begin()
    .prompt('Count the stars')
    .call('exec_command', { cmd: 'ls /' })
    .write(home, Date.now() - hour);
  new Rollout(threadId(3), { cwd, source: 'exec' })
    .begin({ trigger: 'exec' })
    .prompt('By a program')
    .end()
    .write(home, Date.now() - hour);
  new Rollout(threadId(4), { cwd, source: { subagent: {} } }).turn('A part', 'Done.').write(home);
  new Rollout(threadId(5), { cwd }).write(home);
  writeFileSync(
    join(codexFolder(home), 'session_index.jsonl'),
    `{"id":"${threadId(1)}","thread_name":"Sheep, counted"}\n`,
  );
  return home;
}

/** A program named codex that moves rollouts as the real one does when it is told to archive. */
function installProgram(home: Scratch, script?: string): void {
  const path = join(home.home, 'bin', 'codex');
  mkdirSync(join(home.home, 'bin'), { recursive: true });
  const moves = [
    'cd "$HOME/.codex" || exit 1',
    'mkdir -p archived_sessions',
    'day=sessions/2026/11/29',
    'case $1 in archive) mv $day/*$2.jsonl archived_sessions/ ;; unarchive) mv archived_sessions/*$2.jsonl $day/ ;; esac',
  ];
  writeFileSync(path, `#!/bin/sh\n${script ?? moves.join('\n')}\n`);
  chmodSync(path, 0o755);
  home.env.PATH = `${join(home.home, 'bin')}:${home.env.PATH}`;
}

describe.each(builds)('$name', (build) => {
  const said = (home: Scratch, ...args: string[]) => {
    const { stdout, stderr } = wt(build, args, home, { env: { COLUMNS: '130' } });
    return stdout + stderr;
  };

  test('its sessions stand beside those of others', () => {
    using home = box();
    const claude = written(home, answered, { at: Date.now() - 3 * hour }).id;
    const all = report(build, home);
    expect(all.sessions.map(({ id, agent }) => [id, agent])).toEqual([
      [threadId(2), 'codex'],
      [threadId(1), 'codex'],
      [claude, 'claude'],
      [threadId(3), 'codex'],
    ]);
    expect(rowOf(all, threadId(1))).toMatchObject({
      title: 'Sheep, counted',
      titleSource: 'name',
      state: 'waiting',
      lastTurn: { by: 'codex', how: 'answered', pending: false },
      branch: 'main',
      cwd: home.home,
      firstPrompt: 'Count the sheep',
      lastAnswer: 'Forty.',
      deletesAt: null,
      cutOff: false,
    });
    expect(rowOf(all, threadId(2))).toMatchObject({
      title: 'Count the stars',
      titleSource: 'first-prompt',
      cutOff: true,
    });
    expect(rowOf(all, threadId(3))).toMatchObject({ headless: true, state: 'idle' });
    // And again from what was kept of it.
    expect(report(build, home).sessions).toEqual(all.sessions);
    expect(said(home, '--list').replace(/ +$/gm, '')).toMatch(
      /1\) ✗ .* 00000002 +codex +Count the stars\n 2\) .* 00000001 +codex +Sheep, counted\n 3\) .* claude +Fix the broken redirect\n/,
    );
  });

  test('a word, or a variable, for one agent', () => {
    using home = box();
    const { id } = written(home, answered, { at: Date.now() - 3 * hour, cwd: home.home });
    const titles = (...args: string[]) => said(home, ...args).match(/Count the stars|Sheep, counted|Fix the broken/g);
    for (const word of ['agent:codex', 'agent:cod', 'codex'])
      expect(titles('resume', word, '--dry-run')).toEqual(['Count the stars', 'Sheep, counted']);
    expect(said(home, 'resume', 'agent:claude', '--dry-run')).toContain(`exec claude --resume '${id}'`);
    expect(said(home, 'resume', 'codex', 'sheep', '--dry-run')).toContain(`exec codex resume '${threadId(1)}'`);
    home.env.WT_AGENTS = 'claude';
    expect(titles('--list')).toEqual(['Fix the broken']);
    expect(said(home, 'resume', 'codex', '--dry-run')).toContain('no session matches codex');
    home.env.WT_AGENTS = 'codex';
    expect(titles('--list')).toEqual(['Count the stars', 'Sheep, counted']);
    expect(said(home, '--list')).not.toContain('codex ');
    home.env.WT_AGENTS = 'codex, nobody';
    expect(said(home, 'doctor')).toMatch(/✗ WT_AGENTS names nobody, but there are claude, codex.*: only .* codex are/);
    // Who is named by no known name limits nothing: doctor says so, and a login is not disturbed by it.
    home.env.WT_AGENTS = 'nobody';
    expect(said(home, 'doctor')).toMatch(/✗ WT_AGENTS names nobody, but there are claude, codex.*: all are listed/);
    expect(wt(build, ['--greet'], home)).toMatchObject({ status: 0, stderr: '' });
    home.env.WT_AGENTS = ' ,';
    expect(said(home, 'doctor')).toContain('✗ WT_AGENTS names nobody: all are listed');
    using empty = tracked();
    expect(said({ ...empty, env: { ...empty.env, WT_AGENTS: 'claude,codex' } }, '--list')).toBe(
      `no Claude Code sessions under ${empty.conf}, no Codex sessions under ${codexFolder(empty)}; start one with: wt new\n`,
    );
  });

  test('it is gone on with by its own words, in its own directory', () => {
    using home = box();
    const line = (...args: string[]) => said(home, ...args, '--dry-run').trim();
    // The first characters are those of all; what is shown is the last ones.
    for (const ref of [threadId(1), '00000001', threadId(1).slice(0, 36), '0000000000000001'.slice(-12)])
      expect(line('resume', ref)).toBe(`cd -- '${home.home}' && exec codex resume '${threadId(1)}'`);
    expect(line('resume', threadId(1).slice(0, 8))).toContain('2 sessions match'.slice(2));
    expect(line('fork', '00000001')).toBe(`cd -- '${home.home}' && exec codex fork '${threadId(1)}'`);
    expect(line('new', '--agent', 'codex')).toBe(`cd -- '${home.home}' && exec codex`);
    expect(line('new', '--agent=nobody')).toContain('there is no agent nobody: claude, codex');
    expect(line('rename', '00000001', 'A title')).toContain("can't rename a session of Codex");
    installProgram(home);
    const program = join(home.home, 'bin', 'codex');
    home.env.CODEX_HOME = '.codex';
    home.env.WT_CODEX_ARGS = '--search';
    home.env.WT_CODEX = program;
    expect(said(home, 'resume', '00000001', '--dry-run', '--', '-m', 'x y').trim()).toBe(
      `cd -- '${home.home}' && CODEX_HOME='${codexFolder(home)}' exec '${program}' resume '${threadId(1)}' --search -m 'x y'`,
    );
  });

  test('its own command archives it, and brings it back', () => {
    using home = box();
    installProgram(home);
    const places = () =>
      [join(codexFolder(home), 'sessions', '2026', '11', '29'), join(codexFolder(home), 'archived_sessions')].map(
        (folder) => {
          try {
            return readdirSync(folder).length;
          } catch {
            return 0;
          }
        },
      );
    expect(said(home, 'archive', '00000001', '00000002', '--dry-run')).toBe(
      `codex archive '${threadId(1)}' && codex archive '${threadId(2)}'\n`,
    );
    expect(places()).toEqual([5, 0]);
    expect(said(home, 'archive', '00000001')).toBe('archived 00000001 (Sheep, counted)\n');
    expect(places()).toEqual([4, 1]);
    expect(rowOf(report(build, home), threadId(1))).toBeUndefined();
    expect(said(home, 'archive', '00000001')).toBe('00000001 (Sheep, counted) is in the archive already\n');
    expect(said(home, 'resume', '00000001')).toContain('is in the archive: wt restore 00000001');
    expect(said(home, 'restore')).toMatch(/^ 1\) .*Sheep, counted/);
    expect(said(home, 'restore', '00000001', '--dry-run')).toBe(`codex unarchive '${threadId(1)}'\n`);
    expect(said(home, 'restore', 'sheep')).toBe('restored 00000001 (Sheep, counted)\n');
    expect(said(home, 'restore', '00000001')).toBe('00000001 (Sheep, counted) is not in the archive\n');
    expect(places()).toEqual([5, 0]);
    installProgram(home, 'echo "a title $(printf "\\033[2J")" >&2; exit 3');
    expect(said(home, 'archive', '00000001')).toBe('wt: codex archive ended with 3: a title\n');
  });

  test('it is live by its lock, and does what its rollout says since', async () => {
    using home = box();
    using codex = await fakeCodex(home, {
      locks: [lockFile(home, threadId(6)), lockFile(home, threadId(2)), lockFile(home, threadId(7))],
    });
    const running = new Rollout(threadId(6), { cwd: home.home })
      .begin()
      .prompt('Work')
      .write(home, Date.now() + 6000);
    const activities = () => {
      const all = report(build, home);
      return [6, 2, 7].map((n) => [rowOf(all, threadId(n))?.state, rowOf(all, threadId(n))?.activity]);
    };
    // Of 2 the turn was left open by an earlier process; in 7 nothing was said yet.
    expect(activities()).toEqual([
      ['live', 'working'],
      ['live', 'ready'],
      ['live', 'ready'],
    ]);
    expect(rowOf(report(build, home), threadId(7))).toMatchObject({ cwd: home.home, titleSource: 'none' });
    const now = Date.now() + 8000;
    const next = new Rollout(threadId(6)).call('exec_command', { cmd: 'make' }).text(now).split('\n')[1]!;
    appendFileSync(running, `${next}\n`);
    expect(activities()[0]).toEqual(['live', 'in-turn']);
    expect(said(home, '--greet')).toMatch(/in turn +\S+ .*Work/);
    expect(said(home, 'resume', '00000006')).toMatch(
      new RegExp(
        `can't resume 00000006 \\(Work\\): it is live in process ${codex.pid} .*or work on a copy: wt fork 00000006`,
      ),
    );
    expect(said(home, 'archive', '00000006')).toContain("can't archive 00000006 (Work): it is live");
    const end = new Rollout(threadId(6))
      .end({ last_agent_message: 'Worked.' })
      .text(now + 1000)
      .split('\n')[2]!;
    appendFileSync(running, `${end}\n`);
    expect(activities()[0]).toEqual(['live', 'ready']);
    // The terminal of the server in the background is wherever its user is.
    writeDaemonRecord(home, codex.pid, Number(codex.startTime));
    expect(said(home, '00000006', '--dry-run').trim()).toBe(
      `cd -- '${home.home}' && exec codex resume '${threadId(6)}'`,
    );
    expect(said(home, 'resume', '00000006')).toContain('go there: wt attach 00000006; or work on a copy');
    expect(said(home, 'take', '00000006', '--yes')).toContain('runs in the background: wt attach 00000006');
    codex.child.kill('SIGKILL');
    await expect.poll(() => activities()[0]?.[0]).not.toBe('live');
    expect(rowOf(report(build, home), threadId(6))).toMatchObject({ lastAnswer: 'Worked.' });
  });

  test('done, away and wait hold for it', async () => {
    using home = box();
    expect(report(build, home, ['--json']).counts).toMatchObject({ waiting: 2 });
    const path = new Rollout(threadId(8), { cwd: home.home }).turn('News', 'Done so.').write(home, Date.now() - minute);
    expect(rowOf(report(build, home), threadId(8))).toMatchObject({ seen: true });
    appendFileSync(
      path,
      new Rollout(threadId(8))
        .turn('More', 'Done that.')
        .text(Date.now() + 2000)
        .split('\n')
        .slice(1)
        .join('\n'),
    );
    await expect.poll(() => rowOf(report(build, home), threadId(8))?.seen).toBe(false);
    expect(said(home, 'away', '--since', '1h')).toMatch(/News/);
    expect(said(home, 'done', '00000008')).toMatch(/News/);
    expect(rowOf(report(build, home), threadId(8))).toMatchObject({ seen: true, state: 'idle' });
    using _ = await fakeCodex(home, { locks: [lockFile(home, threadId(8))] });
    expect(said(home, 'wait', '00000008')).toMatch(/ready .*News/);
  });

  test('a lock that was left behind proves nothing', () => {
    using home = box();
    for (const n of [1, 2]) lockFile(home, threadId(n));
    // Outside of a container all processes can be seen, and nobody holds it; inside it could be one outside.
    const state = readlinkSync('/proc/self/ns/pid') === 'pid:[4026531836]' ? 'waiting' : 'unknown';
    new Rollout(threadId(1), { cwd: home.home }).turn('a', 'b').write(home, Date.now() - minute);
    expect(rowOf(report(build, home), threadId(1))).toMatchObject({ state, processes: [] });
    expect(rowOf(report(build, home), threadId(2))).toMatchObject({ state: 'waiting', processes: [] });
  });

  test.skipIf(!isRoot)("another user's lock leaves it open for an hour", () => {
    using home = box();
    new Rollout(threadId(1), { cwd: home.home }).turn('a', 'b').write(home, Date.now() - minute);
    for (const n of [1, 2]) chownSync(lockFile(home, threadId(n)), 65534, 65534);
    expect(rowOf(report(build, home), threadId(1))).toMatchObject({ state: 'unknown', processes: [] });
    expect(rowOf(report(build, home), threadId(2))).toMatchObject({ state: 'waiting' });
    expect(said(home, 'resume', '00000001')).toContain(
      "its lock is there, and whether somebody holds it can't be seen",
    );
    expect(said(home, 'resume', '00000001', '--force', '--dry-run')).toContain('exec codex resume');
  });

  test.skipIf(!isRoot)('a process that may not be looked at holds a thread all the same', async () => {
    using home = box();
    using codex = await fakeCodex(home, { locks: [lockFile(home, threadId(1))], writes: [] });
    const { wrap, builds: copies } = ordinaryUser(home);
    const copy = copies.find(({ name }) => name === build.name)!;
    const [program, ...args] = [...wrap, ...copy.argv, '--json', '--all'];
    const done = spawnSync(program!, args, { cwd: home.home, env: home.env, encoding: 'utf8' });
    expect(done.stderr).toBe('');
    expect(rowOf(JSON.parse(done.stdout), threadId(1))).toMatchObject({
      state: 'unknown',
      activity: null,
      // The lock was taken by a child of the shell, which has ended: that is whom the kernel names.
      processes: [{ kind: null }],
    });
    expect(codex.pid).toBeGreaterThan(0);
  });

  test('hostile text is text', () => {
    using home = tracked();
    const evil = '\u001b]0;owned\u0007\u202egnp.$(touch pwned)\n--help';
    const rollout = new Rollout(threadId(1), { cwd: '/no/where\n\u001b[2J', git: { branch: evil }, cli_version: evil });
    rollout
      .begin()
      .prompt(evil)
      .call(evil, { cmd: evil })
      .write(home, Date.now() - hour);
    writeFileSync(
      join(codexFolder(home), 'session_index.jsonl'),
      `${JSON.stringify({ id: threadId(1), thread_name: evil })}\n`,
    );
    for (const args of [
      ['--list'],
      ['--greet'],
      ['show', '00000001'],
      ['--json', '--all'],
      ['doctor'],
      ['resume', '00000001', '--dry-run'],
    ]) {
      const text = said(home, ...args);
      expect(text).not.toMatch(/[\u0007\u001b\u202e]/);
    }
    expect(readdirSync(home.home)).not.toContain('pwned');
  });
});
