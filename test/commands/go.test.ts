import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { holder, processStat, registryRecord, sessionsFolder, until } from '../support/claude-home.ts';
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

/** The commands that a sentence recommends. */
function recommended(text: string): string[][] {
  return Array.from(text.matchAll(/wt (resume|attach|take|fork|restore|new)(?: ([0-9a-f]{8}))?/g), ([, verb, ref]) =>
    ref === undefined ? [verb!] : [verb!, ref],
  );
}

describe.skipIf(lacks('tmux')).each(builds)('$name', (build: Build) => {
  test('a closed session is resumed, with more arguments', () => {
    using home = box();
    home.env.WT_CLAUDE_ARGS = "--model 'a b'";
    expect(wt(build, [id(1), '--', '--verbose', 'say "hi"'], home).status).toBe(0);
    expect(home.claude.seen().argv).toEqual(['--resume', id(1), '--model', 'a b', '--verbose', 'say "hi"']);
    expect(wt(build, ['fork', id(1), '--', '-x'], home).status).toBe(0);
    expect(home.claude.seen().argv).toEqual(['--resume', id(1), '--fork-session', '--model', 'a b', '-x']);
    expect(wt(build, ['resume', id(1), '--dry-run', '--', "it's"], home).stdout).toMatch(
      /exec claude --resume '.*' --model 'a b' 'it'\\''s'\n$/,
    );
  });

  test('in a tmux pane: to it', async () => {
    using home = box();
    using holder = await held(home);
    const dry = wt(build, [id(1), '--dry-run'], home);
    expect(dry.stdout).toMatch(/^exec tmux -S '.*' select-window .* attach-session -t '\$0'\n$/);
    using screen = Screen.start(home, [...build.argv, id(1)]);
    const clients = () => spawnSync('tmux', ['-S', holder.socket, 'list-clients'], { encoding: 'utf8' }).stdout;
    await until(() => clients() !== '', `a client; ${screen.text()}`, 15_000);
    expect([holder.runs(), home.claude.wasStarted]).toEqual([true, false]);
    const more = wt(build, [id(1), '--', '--model', 'opus'], home);
    expect([more.status, more.stderr]).toEqual([1, expect.stringContaining('so it takes no arguments any more')]);
  });

  test('in the background: by the agent, under the name of its job', () => {
    using home = box();
    using process = holder();
    registryRecord(home.conf, { pid: process.pid, sessionId: id(1), kind: 'bg', jobId: 'cafe1234' });
    expect(wt(build, [id(1), '--dry-run'], home).stdout).toBe("exec claude attach 'cafe1234'\n");
    expect(wt(build, [id(1)], home).status).toBe(0);
    expect(home.claude.seen().argv).toEqual(['attach', 'cafe1234']);
    // Resume does nothing but resume.
    const refused = wt(build, ['resume', id(1)], home);
    expect([refused.status, refused.stderr]).toEqual([
      1,
      `wt: can't resume 0001c0de (Fix the broken redirect): it is live in process ${process.pid} (in the background); ` +
        'go there: wt attach 0001c0de; or work on a copy: wt fork 0001c0de\n',
    ]);
  });

  test('on another terminal: where, since when it is idle, and both commands', async () => {
    using home = box();
    using elsewhere = scratch();
    using holder = await held(home, polite, {}, elsewhere);
    const done = wt(build, [id(1)], home);
    expect(done.stderr).toMatch(
      new RegExp(
        `^wt: 0001c0de \\(Fix the broken redirect\\): it is live in process ${holder.pid} \\(pts/\\d+(, .*)?, idle for \\d+s\\); ` +
          'take it over: wt take 0001c0de; or work on a copy: wt fork 0001c0de\n$',
      ),
    );
    expect([done.status, holder.runs(), home.claude.wasStarted]).toEqual([1, true, false]);
  });

  test('on another terminal, asked for on one: the question', async () => {
    using home = box();
    using elsewhere = scratch();
    using holder = await held(home, polite, {}, elsewhere);
    const ask = async (answer: string) => {
      const screen = Screen.start(home, [...build.argv, id(1)]);
      await screen.until('[t]ake over  [f]ork  [Enter] leave');
      screen.line(answer);
      return screen;
    };
    using leave = await ask('');
    expect(await leave.end()).toBe(130);
    expect([holder.runs(), home.claude.wasStarted]).toEqual([true, false]);
    using fork = await ask('f');
    expect(await fork.end()).toBe(0);
    expect(home.claude.seen().argv).toEqual(['--resume', id(1), '--fork-session']);
    using take = await ask('t');
    await take.until('Take it over? [y/N]');
    take.line('y');
    expect(await take.end()).toBe(0);
    expect([holder.runs(), home.claude.seen().argv]).toEqual([false, ['--resume', id(1)]]);
  });

  // Every way in which a session can be held, and what each verb recommends: all of it has to work.
  const ways: [string, (home: Scratch, apart: Scratch) => Promise<Disposable> | Disposable][] = [
    ['in a pane', (home) => held(home)],
    ['on another terminal', (home, apart) => held(home, polite, {}, apart)],
    [
      'suspended on another terminal',
      async (home, apart) => {
        const one = await held(home, deaf, {}, apart);
        process.kill(one.pid, 'SIGSTOP');
        await until(() => processStat(one.pid)?.state === 'T', 'the stop');
        return one;
      },
    ],
    [
      'without a terminal',
      (home) => {
        const one = holder();
        registryRecord(home.conf, { pid: one.pid, sessionId: id(1), cwd: home.home });
        return one;
      },
    ],
    [
      'in the background',
      (home) => {
        const one = holder();
        registryRecord(home.conf, { pid: one.pid, sessionId: id(1), kind: 'bg', cwd: home.home });
        return one;
      },
    ],
    [
      'without a start time',
      (home) => {
        const one = holder();
        registryRecord(home.conf, { pid: one.pid, sessionId: id(1), procStart: undefined });
        return one;
      },
    ],
    [
      'by another machine',
      (home) => {
        registryRecord(home.conf, { pid: 7, sessionId: id(1), pidDomain: 'linux:elsewhere:pid:[1]', procStart: '1' });
        return { [Symbol.dispose]() {} };
      },
    ],
    [
      'by nobody, and archived',
      (home) => {
        wt(build, ['archive', id(1)], home);
        return { [Symbol.dispose]() {} };
      },
    ],
  ];
  test.each(ways)('no refusal recommends what would fail: %s', async (_, hold) => {
    using home = box();
    using apart = scratch();
    using _held = await hold(home, apart);
    for (const verb of [[], ['resume'], ['attach'], ['take'], ['archive'], ['fork']]) {
      const done = wt(build, [...verb, id(1).slice(0, 8), '--dry-run'], home);
      for (const command of recommended(done.stderr)) {
        const tried = wt(
          build,
          [...command, '--dry-run', ...(done.stderr.includes('--force') ? ['--force'] : [])],
          home,
        );
        expect([tried.status, tried.stderr], `${verb}: ${done.stderr}`).toEqual([0, '']);
      }
    }
  });

  test.each(['attach', 'archive'])(
    '%s of a process whose start nobody recorded says that it can not be told',
    (verb) => {
      using home = box();
      using one = holder();
      registryRecord(home.conf, { pid: one.pid, sessionId: id(1), procStart: undefined });
      const done = wt(build, [verb, id(1)], home);
      expect(done.stderr).toContain(`a process ${one.pid} runs, but its record does not say when it began`);
      expect(done.stderr).not.toContain('is not running');
      expect(done.status).toBe(1);
    },
  );

  test('what was opened is seen', () => {
    using home = box();
    const seen = () => JSON.parse(wt(build, ['--json', '--all'], home).stdout).sessions[0].seen;
    seen();
    session(home, { id: id(1), at: Date.now() - 2000 });
    const marks = join(home.env.XDG_STATE_HOME!, 'wt', 'marks');
    spawnSync('sed', ['-i', 's/"since":[0-9]*/"since":1/', marks]);
    expect(seen()).toBe(false);
    wt(build, ['resume', id(1), '--dry-run'], home);
    expect(seen()).toBe(false);
    wt(build, ['resume', id(1)], home);
    expect(seen()).toBe(true);
  });
});
