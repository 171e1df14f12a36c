import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Holder, holder, registryRecord, transcript, Writer } from '../support/claude-home.ts';
import { random, runSeed } from '../support/random.ts';
import { Screen } from '../support/screen.ts';
import { lacks } from '../support/tools.ts';
import { type Build, builds, type Scratch, scratch, wt } from '../support/wt.ts';

const commands = [
  ['--list', '--all'],
  ['--greet'],
  ['--brief'],
  ['--json', '--all'],
  ['doctor'],
  ['complete', 'resume', ''],
  ['--help'],
  ['nothing', 'at', 'all'],
];

let home: Scratch;
let held: Holder;

beforeAll(() => {
  home = scratch();
  held = holder();
  const chance = random(runSeed + 70);
  for (let n = 0; n < 600; n++) {
    const writer = new Writer({ id: chance.uuid(), cwd: `/home/u/dir-${n % 20}`, at: Date.now() - n * 300_000 });
    const title = writer.aiTitle(`Title ${n} ${'long '.repeat(20)}`);
    transcript(home.conf, {
      cwd: writer.cwd,
      id: writer.id,
      records: [writer.prompt('p'.repeat(300)), writer.text('t'), title],
    });
    if (n === 0) registryRecord(home.conf, { pid: held.pid, sessionId: writer.id, status: 'busy' });
  }
});
afterAll(() => {
  held[Symbol.dispose]();
  home[Symbol.dispose]();
});

/** Runs a line of sh in which "$@" is wt, and gives what came out on the streams that are left. */
function line(build: Build, script: string, args: string[], env: Record<string, string | undefined> = {}) {
  const done = spawnSync('/bin/bash', ['--norc', '-c', script, 'sh', ...build.argv, ...args], {
    env: { ...home.env, ...env } as Record<string, string>,
    cwd: home.home,
    encoding: 'utf8',
    input: '',
    maxBuffer: 1 << 28,
    timeout: 20_000,
  });
  return { status: done.status, signal: done.signal, out: done.stdout, err: done.stderr };
}

const conversations = () => readdirSync(join(home.conf, 'projects'), { recursive: true }).length;

describe.each(builds)('$name: streams that are gone', (build) => {
  test.each(commands)(
    '%s %s',
    (...words) => {
      const args = words.filter((word) => word !== undefined);
      // wt is not installed in that home, which is what doctor says.
      const status = args[0] === 'nothing' || args[0] === 'doctor' ? 1 : 0;
      const whole = line(build, '"$@"', args);
      expect(whole.status).toBe(status);
      const before = conversations();
      for (const closed of ['>&-', '2>&-', '<&-', '>&- 2>&- <&-', '< /', '</dev/null']) {
        const done = line(build, `"$@" ${closed}; echo status $? >&9`.replace('>&9', '>"$HOME/status"'), args);
        expect(readFileSync(join(home.home, 'status'), 'utf8'), closed).toBe(`status ${status}\n`);
        expect(done.err, closed).toBe(closed.includes('2>&-') ? '' : whole.err);
        if (!closed.includes('>&-') && args[0] !== 'doctor')
          expect(done.out.length, closed).toBeGreaterThanOrEqual(whole.out.length - 20);
      }
      // Descriptors 0 to 2 that were closed must not become files that are then written to.
      expect(conversations()).toBe(before);
      const early = line(build, 'set -o pipefail; "$@" | head -c 1; echo " status $?"', args);
      expect(early.err).toBe(args[0] === 'nothing' ? whole.err : '');
      expect(early.out).toMatch(/^.?(?: status (?:0|141)| status 1)\n$/);
      const nobody = line(build, 'exec 3>&1; { "$@"; echo $? >&3; } | true', args);
      expect(nobody.err).toBe(args[0] === 'nothing' ? whole.err : '');
      expect(nobody.out).toMatch(/^(?:0|1|141)\n$/);
      if (whole.out !== '') {
        const full = line(build, '"$@" >/dev/full', args);
        expect(full.status).toBe(1);
        expect(full.err).toMatch(/^wt: [^\n]*\n$/);
      }
      expect(line(build, '"$@" 2>/dev/full >/dev/null', args).status).toBe(status);
    },
    60_000,
  );

  test('an odd terminal in the environment', () => {
    for (const env of [
      { TERM: undefined },
      { TERM: '' },
      { TERM: 'nonsense' },
      { COLUMNS: '0' },
      { COLUMNS: '-5' },
      { COLUMNS: '1e9' },
      { COLUMNS: 'x' },
      { COLUMNS: '1' },
      { LINES: '0' },
      { LANG: undefined },
      { HOME: undefined },
      { HOME: '' },
      { HOME: 'relative' },
      { PATH: undefined },
      { XDG_CACHE_HOME: 'relative', XDG_RUNTIME_DIR: '' },
      { WT_GREET_ROWS: '-1' },
      { WT_GREET_ROWS: '999999999999' },
      { WT_WAITING: '1e400d' },
      { WT_WAITING: '99999999999999999999d' },
      { CLAUDE_CONFIG_DIR: 'relative' },
    ] as Record<string, string | undefined>[]) {
      for (const args of [['--list'], ['--greet'], ['--brief'], ['--json']]) {
        const done = line(build, '"$@"', args, env);
        expect(done.err, JSON.stringify(env)).toBe('');
        expect(done.status, JSON.stringify(env)).toBe(0);
        const columns = env.COLUMNS === '1' ? 1 : 80;
        if (args[0] === '--list' && !('HOME' in env) && !('CLAUDE_CONFIG_DIR' in env) && env.COLUMNS !== '1e9')
          for (const row of done.out.split('\n'))
            expect(Array.from(row).length, JSON.stringify(env)).toBeLessThanOrEqual(columns);
      }
    }
  }, 180_000);

  test('the current directory is gone, or may not be entered', () => {
    for (const args of [['--list'], ['--greet'], ['--json'], ['doctor']]) {
      const done = line(
        build,
        'mkdir -p "$HOME/gone/deep" && cd "$HOME/gone/deep" && rm -r "$HOME/gone" && "$@"',
        args,
      );
      // Bun starts no program there, and says so in one sentence before any line of wt's runs.
      const refused = build.name === 'native' && done.err !== '';
      if (refused) expect(done.err).toMatch(/^error: The current working directory was deleted[^\n]*\n$/);
      else expect(done).toMatchObject({ status: args[0] === 'doctor' ? 1 : 0, err: '' });
      if (refused) continue;
      expect(done.out).not.toBe('');
    }
  });
});

describe.each(builds)('$name: signals at any moment', (build) => {
  test(`it ends, says nothing, and leaves what a later one can use (seed ${runSeed})`, async () => {
    const chance = random(runSeed + 71);
    const expected = JSON.parse(wt(build, ['--json', '--all'], home).stdout).sessions;
    const longest = build.name === 'native' ? 120 : 250;
    for (let round = 0; round < 60; round++) {
      if (chance.chance(0.3))
        for (const name of readdirSync(home.env.XDG_CACHE_HOME!))
          spawnSync('rm', ['-r', join(home.env.XDG_CACHE_HOME!, name)]);
      const signal = chance.pick(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGPIPE', 'SIGQUIT', 'SIGKILL'] as const);
      const args = chance.pick(commands.slice(0, 6));
      const { status, by, err } = await endedBy(build, args, signal, chance.next() * longest);
      expect(err, `${signal} ${args[0]}`).toBe('');
      expect(
        by === signal || status === 0 || (signal === 'SIGINT' && status === 130),
        `${signal} ${args[0]}: ${status} ${by}`,
      ).toBe(true);
    }
    expect(JSON.parse(wt(build, ['--json', '--all'], home).stdout).sessions).toEqual(expected);
  }, 90_000);

  test.skipIf(lacks('tmux'))(
    'the picker gives the terminal back',
    async () => {
      const chance = random(runSeed + 72);
      for (const signal of ['TERM', 'HUP', 'INT', 'QUIT']) {
        const script = join(home.home, 'pick.sh');
        const words = build.argv.map((word) => `'${word}'`).join(' ');
        writeFileSync(
          script,
          `before=$(stty -g)\n(sleep ${(0.02 + chance.next() * 0.6).toFixed(3)}; while kill -${signal} "$(cat '${home.home}/pid')"; do sleep 0.1; done 2>/dev/null) &
sh -c 'echo $$ >"$HOME/pid"; exec "$@"' sh ${words}\nstatus=$?\n[ "$before" = "$(stty -g)" ] && echo same terminal, status $status\nexec sleep 600\n`,
        );
        using screen = Screen.start(home, ['bash', '--norc', script]);
        const text = await screen.until(/same terminal, status \d+/, 15_000);
        expect(text).not.toMatch(/unexpected|\bat .*:\d+/);
        expect(text).toMatch(/status (?:0|130|143|129|131)$/m);
        // What is shown after it is on the screen of the shell.
        expect(existsSync(join(home.home, 'pid'))).toBe(true);
      }
    },
    90_000,
  );
});

function endedBy(build: Build, args: string[], signal: NodeJS.Signals, after: number) {
  const child = spawn(build.argv[0], [...build.argv.slice(1), ...args], {
    env: home.env,
    cwd: home.home,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let err = '';
  child.stdout.resume();
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const timer = setTimeout(() => child.kill(signal), after);
  return new Promise<{ status: number | null; by: NodeJS.Signals | null; err: string }>((resolve) =>
    child.once('close', (status, by) => {
      clearTimeout(timer);
      resolve({ status, by, err });
    }),
  );
}
