import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type Holder,
  holder,
  ownPidDomain,
  processStat,
  registryFields,
  registryFile,
  registryRecord,
  sessionsFolder,
  transcript,
  until,
  Writer,
  zombie,
} from '../support/claude-home.ts';
import { isRoot, ordinaryUser } from '../support/other-user.ts';
import { random, runSeed } from '../support/random.ts';
import { lacks } from '../support/tools.ts';
import { type Build, builds, type Scratch, scratch, wt } from '../support/wt.ts';

const idOf = (n: number) => `${n.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;

/** A session that was answered a while ago: without a process it waits. */
function session(home: Scratch, n: number): string {
  const writer = new Writer({ id: idOf(n), cwd: '/home/u/api', at: Date.now() - 7_200_000 });
  transcript(home.conf, { cwd: writer.cwd, id: idOf(n), records: [writer.prompt('p'), writer.text('t')] });
  return idOf(n);
}

interface Told {
  id: string;
  state: string;
  activity: string | null;
  processes: { pid: number; suspended: boolean }[];
}

/** What wt says of each session, by id; wt is run by `wrap` where that is given. */
function told(build: Build, home: Scratch, wrap: string[] = []): Map<string, Told> {
  const outer: Build = { name: build.name, argv: [...wrap, ...build.argv] as [string, ...string[]] };
  const done = wt(outer, ['--json', '--all'], home);
  // strace says what a path that it was told of leads to.
  expect(done.stderr.replaceAll(/^strace: Requested path .*\n/gm, '')).toBe('');
  expect(done.status).toBe(0);
  return new Map((JSON.parse(done.stdout).sessions as Told[]).map((one) => [one.id, one]));
}

const stateOf = (build: Build, home: Scratch, id: string, wrap: string[] = []) =>
  told(build, home, wrap).get(id)?.state;

/** Whether mounts and namespaces are to be had here. */
const namespaces = !lacks('unshare', 'mount') && spawnSync('unshare', ['-m', 'true']).status === 0;

/**
 * Runs a command that finds in /proc what another machine would show: strace answers in the kernel's place. (Without
 * any /proc Bun itself does not start, so only what wt asks for is taken away.)
 */
function withProc(how: 'hidden' | 'forbidden' | 'absent', pid: number): string[] {
  const error = how === 'forbidden' ? 'EPERM' : 'ENOENT';
  const paths = [`/proc/${pid}/stat`, ...(how === 'absent' ? ['/proc/self/stat', '/proc/self/ns/pid'] : [])];
  const calls = 'open,openat,readlink,readlinkat';
  const trace = ['-e', `trace=${calls}`, '-e', `inject=${calls}:error=${error}`];
  return ['strace', '-f', '-qq', '-o', '/dev/null', ...paths.flatMap((path) => ['-P', path]), ...trace];
}

describe.each(builds)('$name: which process is which', (build) => {
  test(`records whose pids went to other processes (seed ${runSeed})`, () => {
    using home = scratch();
    const chance = random(runSeed + 50);
    const holders: Holder[] = Array.from({ length: 12 }, () => holder());
    try {
      for (let round = 0; round < 4; round++) {
        const expected = new Map<string, string>();
        const starts = holders.map((one) => processStat(one.pid)!.start);
        for (const [n, held] of holders.entries()) {
          const id = session(home, n);
          // Its own start, another process's, one tick off, or one that reads like it.
          const own = starts[n]!;
          const other = chance.pick([
            own,
            own,
            chance.pick(starts),
            `${Number(own) + 1}`,
            `${own}0`,
            own.slice(1),
            `-${own}`,
          ]);
          registryRecord(home.conf, { pid: held.pid, sessionId: id, procStart: other, status: 'busy' });
          expected.set(id, other === own ? 'live' : /^\d+$/.test(other) ? 'waiting' : 'unknown');
        }
        const seen = told(build, home);
        expect(Object.fromEntries(Array.from(seen, ([id, { state }]) => [id, state]))).toEqual(
          Object.fromEntries(expected),
        );
      }
    } finally {
      for (const held of holders) held[Symbol.dispose]();
    }
  });

  test('pids that are none: zero, negative, of groups, past every limit, fractions, words', () => {
    using home = scratch();
    const pids = [
      0,
      -1,
      1.5,
      2 ** 22 + 1,
      2 ** 31,
      2 ** 32 + process.pid,
      2 ** 53,
      1e308,
      '1',
      null,
      [1],
      'self',
      '../1',
    ];
    const start = processStat(process.pid)!.start;
    for (const [n, pid] of pids.entries()) {
      const fields = { ...registryFields({ pid: process.pid, sessionId: session(home, n), procStart: start }), pid };
      registryFile(home.conf, 4_000_000 + n, JSON.stringify(fields));
    }
    for (const one of told(build, home).values()) expect(one.state, one.id).not.toBe('live');
  });

  test('zombies are dead, stopped ones are suspended', async () => {
    using home = scratch();
    using dead = await zombie();
    using held = holder();
    registryRecord(home.conf, { pid: dead.pid, sessionId: session(home, 1), procStart: dead.start, status: 'busy' });
    registryRecord(home.conf, { pid: held.pid, sessionId: session(home, 2), status: 'busy' });
    await held.suspend();
    const seen = told(build, home);
    expect(seen.get(idOf(1))?.state).toBe('waiting');
    expect(seen.get(idOf(2))).toMatchObject({ state: 'live', activity: 'suspended' });
  });

  test.skipIf(lacks('strace'))('one that a debugger has stopped lives', async () => {
    using home = scratch();
    const slow = ['-qq', '-o', '/dev/null', '-e', 'trace=nanosleep,clock_nanosleep'];
    const delay = ['-e', 'inject=nanosleep,clock_nanosleep:delay_enter=60000000'];
    const debugger_ = spawn('strace', [...slow, ...delay, 'sh', '-c', 'echo $$; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      let said = '';
      debugger_.stdout.on('data', (chunk) => (said += String(chunk)));
      await until(() => said.includes('\n'), 'the pid of the traced one');
      const pid = Number(said);
      await until(() => processStat(pid)?.state === 't', `process ${pid} stopped by its debugger`);
      registryRecord(home.conf, { pid, sessionId: session(home, 1), status: 'busy' });
      const seen = told(build, home).get(idOf(1));
      expect(processStat(pid)?.state).toBe('t');
      expect(seen).toMatchObject({ state: 'live', activity: 'working' });
    } finally {
      await ended(debugger_, 'SIGKILL');
    }
  });

  test('of another container or machine: unknown, though the pid runs here too', () => {
    using home = scratch();
    using held = holder();
    const domain = ownPidDomain();
    const others = [
      domain.replace(/\d+(?=\]$)/, '1'),
      domain.replace(/:[^:]*:/, ':other:'),
      'darwin',
      '',
      'x'.repeat(1000),
    ];
    for (const [n, pidDomain] of others.entries())
      registryFile(
        home.conf,
        4_000_000 + n,
        JSON.stringify(registryFields({ pid: held.pid, sessionId: session(home, n), pidDomain })),
      );
    for (const one of told(build, home).values()) expect(one.state, one.id).toBe('unknown');
  });

  test.skipIf(lacks('strace') && !namespaces)(
    'hidden processes and no /proc: unknown, never closed and never live',
    () => {
      using home = scratch();
      using held = holder();
      registryRecord(home.conf, { pid: held.pid, sessionId: session(home, 1), status: 'busy', pidDomain: undefined });
      expect(stateOf(build, home, idOf(1))).toBe('live');
      for (const how of ['hidden', 'forbidden', 'absent'] as const)
        expect(stateOf(build, home, idOf(1), withProc(how, held.pid)), how).toBe('unknown');
    },
  );

  test('records rewritten in place without end: live or unknown, never closed', async () => {
    using home = scratch();
    using held = holder();
    const id = session(home, 1);
    const path = registryRecord(home.conf, { pid: held.pid, sessionId: id, status: 'busy' });
    const forms = ['busy', 'waiting', 'idle'].map((status) =>
      JSON.stringify(
        registryFields({
          pid: held.pid,
          sessionId: id,
          status,
          waitingFor: 'permission prompt',
          pad: 'x'.repeat(5000),
        }),
      ),
    );
    const writer = spawn(process.execPath, ['-e', rewriting, path, ...forms], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await new Promise((resolve) => writer.stdout.once('data', resolve));
      const states = new Set<string>();
      for (let round = 0; round < 30; round++) {
        const seen = told(build, home).get(id);
        states.add(`${seen?.state} ${seen?.activity}`);
      }
      for (const state of states)
        expect(['live working', 'live needs-you', 'live ready', 'unknown null']).toContain(state);
    } finally {
      await ended(writer);
    }
  }, 60_000);

  test('processes that end and begin while wt looks: right for those that stay', async () => {
    using home = scratch();
    using held = holder();
    const steady = session(home, 1000);
    registryRecord(home.conf, { pid: held.pid, sessionId: steady, status: 'busy' });
    for (let n = 0; n < 20; n++) session(home, n);
    const folder = sessionsFolder(home.conf);
    const churn = spawn(process.execPath, ['-e', churning, folder, ...Array.from({ length: 20 }, (_, n) => idOf(n))], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await new Promise((resolve) => churn.stdout.once('data', resolve));
      for (let round = 0; round < 15; round++) {
        const seen = told(build, home);
        expect(seen.get(steady)?.state).toBe('live');
        expect(seen.size).toBe(21);
        for (const { state } of seen.values()) expect(['live', 'waiting', 'unknown']).toContain(state);
      }
    } finally {
      await ended(churn);
    }
    for (let n = 0; n < 20; n++) rmSync(join(folder, `${n}.json`), { force: true });
    await until(
      () => [...told(build, home)].filter(([, one]) => one.state === 'live').length === 1,
      'only the steady one lives',
    );
  }, 60_000);
});

function ended(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  return gone;
}

/** Rewrites a file in place: cut to nothing, then written in two halves, as a slow writer would. */
const rewriting = `
const fs = require('fs'), [path, ...forms] = process.argv.slice(1);
const fd = fs.openSync(path, 'r+');
console.log('started');
for (let n = 0; ; n++) {
  const text = forms[n % forms.length], half = text.length >> 1;
  fs.ftruncateSync(fd, 0);
  fs.writeSync(fd, text.slice(0, half), 0);
  fs.writeSync(fd, text.slice(half), half);
  for (let until = performance.now() + Math.random() * 3; performance.now() < until; );
}`;

/** Starts short processes with records of their own, leaves the records of the dead, and gives ids to the next ones. */
const churning = `
const fs = require('fs'), { spawn } = require('child_process'), [folder, ...ids] = process.argv.slice(1);
const startOf = (pid) => { const s = fs.readFileSync('/proc/' + pid + '/stat', 'latin1'); return s.slice(s.lastIndexOf(')') + 2).split(' ')[19]; };
let n = 0, alive = new Set();
process.on('SIGTERM', () => { for (const child of alive) child.kill('SIGKILL'); process.exit(); });
const next = () => {
  const child = spawn('sleep', [String(Math.random() * 0.05)], { stdio: 'ignore' }), sessionId = ids[n++ % ids.length];
  alive.add(child);
  try {
    const record = { pid: child.pid, sessionId, cwd: '/home/u/api', procStart: startOf(child.pid), kind: 'interactive', entrypoint: 'cli', status: 'busy', updatedAt: Date.now() };
    fs.writeFileSync(folder + '/' + child.pid + '.json', JSON.stringify(record));
  } catch {}
  child.on('exit', () => { alive.delete(child); if (Math.random() < 0.5) fs.rmSync(folder + '/' + child.pid + '.json', { force: true }); next(); });
};
for (let i = 0; i < 6; i++) next();
console.log('started');`;

describe('processes of other users', () => {
  test.each(['native', 'node'])('%s proves them where /proc shows them', (name) => {
    using home = scratch();
    using held = holder();
    registryRecord(home.conf, { pid: held.pid, sessionId: session(home, 1), status: 'busy' });
    const user = ordinaryUser(home);
    const build = user.builds.find((one) => one.name === name)!;
    expect(stateOf(build, home, idOf(1), user.wrap)).toBe('live');
  });

  test.skipIf(lacks('strace'))('and says unknown where they are hidden', () => {
    using home = scratch();
    using held = holder();
    registryRecord(home.conf, { pid: held.pid, sessionId: session(home, 1), status: 'busy' });
    const user = ordinaryUser(home);
    for (const build of user.builds) {
      const wrap =
        namespaces && isRoot
          ? ['unshare', '-m', 'sh', '-c', 'mount -t proc -o hidepid=2 none /proc && exec "$@"', 'sh', ...user.wrap]
          : [...user.wrap, ...withProc('hidden', held.pid)];
      expect(stateOf(build, home, idOf(1), wrap)).toBe('unknown');
    }
  });
});
