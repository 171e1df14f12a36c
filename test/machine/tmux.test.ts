import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { holder, registryRecord, sessionsFolder, until } from '../support/claude-home.ts';
import { FakeClaude, id, session } from '../support/fake-claude.ts';
import { Screen } from '../support/screen.ts';
import { lacks } from '../support/tools.ts';
import { type Build, builds, type Scratch, scratch, wt } from '../support/wt.ts';

/** A tmux server of the scratch home, under a socket name of its own; `using` ends it. */
class Server implements Disposable {
  readonly #home: Scratch;
  readonly #name: string;

  constructor(home: Scratch, name: string, argv: string[]) {
    this.#home = home;
    this.#name = name;
    this.tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'work', '-x', '100', '-y', '30', '--', 'env', ...argv);
    this.tmux('set', '-g', 'remain-on-exit', 'on');
  }

  tmux(...args: string[]): string {
    const done = spawnSync('tmux', ['-L', this.#name, ...args], { env: this.#home.env, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`tmux ${args.join(' ')}: ${done.stderr}`);
    return done.stdout.trimEnd();
  }

  /** A format for each window, in order. */
  windows(format: string): string[] {
    return this.tmux('list-windows', '-a', '-F', format).split('\n');
  }

  [Symbol.dispose]() {
    spawnSync('tmux', ['-L', this.#name, 'kill-server'], { env: this.#home.env });
  }
}

/** Runs wt in a new window of a server and waits for its end; gives what stands in that window. */
async function inWindow(server: Server, build: Build, args: string[]): Promise<string> {
  const pane = server.tmux('new-window', '-P', '-F', '#{pane_id}', '--', ...build.argv, ...args);
  await until(() => server.tmux('display', '-p', '-t', pane, '#{pane_dead}') === '1', `the end of wt ${args}`, 15_000);
  return server.tmux('capture-pane', '-p', '-J', '-t', pane).trim();
}

describe.skipIf(lacks('tmux')).each(builds)('$name', (build) => {
  test('-t opens a window for the session, and nothing in names is ever run or obeyed', async () => {
    using home = scratch();
    const claude = new FakeClaude(home);
    home.env.CLAUDE_STAYS = '1';
    const cwd = join(home.home, '#(touch pwned)', 'it\'s\na "$(touch pwned)" dir;');
    session(home, { id: id(1), cwd, title: '#(touch pwned) #{pane_pid} "$(touch pwned)" -t;' });
    using server = new Server(home, 'inner', ['sleep', '600']);
    await inWindow(server, build, ['resume', id(1), '-t']);
    await until(() => claude.wasStarted, 'claude');
    expect(claude.seen().argv).toEqual(['--resume', id(1)]);
    expect(claude.seen().cwd).toBe(cwd);
    expect(server.windows('#{window_name}')).toContain('#(touch pwned) #{pane_pid} "$(touch pwned)" -t;'.slice(0, 40));
    const all = readdirSync(home.home, { recursive: true }).map(String);
    expect(all.filter((name) => /(^|\/)pwned$/.test(name))).toEqual([]);
  });

  test('-t outside of tmux makes a session and attaches to it', async () => {
    using home = scratch();
    const claude = new FakeClaude(home);
    home.env.CLAUDE_STAYS = '1';
    home.env.CLAUDE_CONFIG_DIR = home.conf;
    session(home, { id: id(1), title: 'Fix; it' });
    try {
      using screen = Screen.start(home, [...build.argv, 'resume', '-t', id(1)]);
      await until(() => claude.wasStarted, `claude; ${screen.text()}`, 15_000);
      expect(claude.seen().env.CLAUDE_CONFIG_DIR).toBe(home.conf);
      const listed = () =>
        spawnSync('tmux', ['list-clients', '-F', '#{session_name} #{window_name}'], {
          env: home.env,
          encoding: 'utf8',
        });
      await until(() => listed().stdout === 'api Fix; it\n', 'an attached client');
      // The name of the project is taken now: another one of it gets its own.
      const dry = wt(build, ['resume', '-t', id(1), '--dry-run'], home);
      expect(dry.stdout).toContain("exec tmux new-session -s 'api-2' -n 'Fix; it' -- env");
    } finally {
      spawnSync('tmux', ['kill-server'], { env: home.env });
    }
  });

  test('-t without tmux is told in a sentence', () => {
    using home = scratch();
    const claude = new FakeClaude(home);
    session(home, { id: id(1) });
    const done = wt(build, ['resume', '-t', id(1)], home, { env: { PATH: claude.folder } });
    expect([done.status, done.stderr]).toEqual([1, 'wt: tmux is not on PATH: install it, or leave out -t\n']);
  });

  test('attach lands in the pane that really holds the process', async () => {
    using home = scratch();
    session(home, { id: id(1) });
    using server = new Server(home, 'inner', ['sleep', '600']);
    // A process some generations below the pane, as a Claude that a shell in it started.
    const pane = server.tmux('new-window', '-P', '-F', '#{pane_id}', '--', 'sh', '-c', 'sleep 600 & echo $!; wait');
    const shown = () => server.tmux('capture-pane', '-p', '-t', pane).trim();
    await until(() => /^\d+$/.test(shown()), 'the pid');
    const said = shown();
    registryRecord(home.conf, { pid: Number(said), sessionId: id(1), cwd: home.home, tmux: 'lies:@9.%99' });
    server.tmux('split-window', '-t', pane, 'sleep 600');
    server.tmux('new-window', '--', 'sleep', '600');
    const active = () => server.tmux('display', '-p', '-t', 'work', '#{pane_id}');
    expect(active()).not.toBe(pane);

    // From outside of tmux: a client of that server shows the pane.
    using screen = Screen.start(home, [...build.argv, 'attach', id(1)]);
    await until(() => active() === pane, `the pane is active; ${screen.text()}`, 15_000);
    await until(() => server.tmux('list-clients') !== '', 'an attached client');

    // From another session of the same server: the client switches.
    server.tmux('new-session', '-d', '-s', 'other', '--', 'sleep', '600');
    server.tmux('switch-client', '-c', server.tmux('list-clients', '-F', '#{client_tty}'), '-t', 'other');
    server.tmux('select-window', '-t', 'work:0');
    expect(server.tmux('list-clients', '-F', '#{session_name}')).toBe('other');
    const wtPane = server.tmux(
      'new-window',
      '-t',
      'other:',
      '-P',
      '-F',
      '#{pane_id}',
      '--',
      ...build.argv,
      'attach',
      id(1),
    );
    await until(() => server.tmux('list-clients', '-F', '#{session_name}') === 'work', `the client; ${wtPane}`, 15_000);
    expect(active()).toBe(pane);

    // And it is named where the session can't be resumed.
    const refused = wt(build, ['resume', id(1)], home);
    expect(refused.stderr).toBe(
      `wt: can't resume 0001c0de (Fix the broken redirect): it is live in process ${said} (tmux pane work:1.0, ${pane}); ` +
        'go there: wt attach 0001c0de; or take it over: wt take 0001c0de; or work on a copy: wt fork 0001c0de\n',
    );
    expect(refused.status).toBe(1);
  });

  test('attach says where a process is that no tmux holds, and what to do with a dead session', () => {
    using home = scratch();
    sessionsFolder(home.conf);
    session(home, { id: id(1) });
    session(home, { id: id(2) });
    using process = holder();
    registryRecord(home.conf, { pid: process.pid, sessionId: id(1) });
    const live = wt(build, ['attach', id(1)], home);
    expect([live.status, live.stderr]).toEqual([
      1,
      `wt: 0001c0de (Fix the broken redirect) is in no tmux pane: it is live in process ${process.pid} (no terminal); ` +
        'go there yourself; or take it over: wt take 0001c0de; or work on a copy: wt fork 0001c0de\n',
    ]);
    const dead = wt(build, ['attach', id(2)], home);
    expect([dead.status, dead.stderr]).toEqual([
      1,
      'wt: 0002c0de (Fix the broken redirect) is not running: wt resume 0002c0de\n',
    ]);
  });

  test('a tmux server that does not answer does not hold wt up for ever', async () => {
    using home = scratch();
    session(home, { id: id(1) });
    using process = holder();
    registryRecord(home.conf, { pid: process.pid, sessionId: id(1) });
    using server = new Server(home, 'stopped', ['sleep', '600']);
    const pid = server.tmux('display', '-p', '#{pid}');
    spawnSync('kill', ['-STOP', pid]);
    try {
      const done = wt(build, ['attach', id(1)], home, { timeout: 15_000 });
      expect(done.stderr).toContain('is in no tmux pane');
    } finally {
      spawnSync('kill', ['-CONT', pid]);
    }
  });

  test('a background session is attached to by Claude itself', () => {
    using home = scratch();
    const claude = new FakeClaude(home);
    session(home, { id: id(1) });
    using process = holder();
    registryRecord(home.conf, { pid: process.pid, sessionId: id(1), kind: 'bg' });
    expect(wt(build, ['attach', id(1), '--dry-run'], home).stdout).toBe("exec claude attach '0001c0de'\n");
    expect(claude.wasStarted).toBe(false);
    expect(wt(build, ['attach', id(1)], home).status).toBe(0);
    expect(claude.seen().argv).toEqual(['attach', '0001c0de']);
  });
});
