import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readProcesses } from '../../../src/agents/codex/processes.ts';
import { runningPrograms } from '../../../src/machine/proc.ts';
import {
  codexFolder,
  type FakeCodex,
  fakeCodex,
  type Holds,
  lockFile,
  ownBoot,
  Rollout,
  threadId,
  writeDaemonRecord,
} from '../../support/codex-home.ts';
import { type Scratch, scratch } from '../../support/wt.ts';

const registry = (home: Scratch) => readProcesses(codexFolder(home), runningPrograms());

/** Who holds which thread, by its number. */
const held = (home: Scratch) =>
  registry(home)
    .processes.filter(({ proof }) => proof === 'alive')
    .map(({ pid, sessionId }) => [pid, Number.parseInt(sessionId.slice(-4), 16)]);

const rollout = (home: Scratch, n: number) => new Rollout(threadId(n)).turn('a', 'b').write(home);

describe('who holds a thread', () => {
  const cases: [string, (home: Scratch) => Holds, number[]][] = [
    ['its lock', (home) => ({ locks: [lockFile(home, threadId(1))] }), [1]],
    ['its rollout, for writing', (home) => ({ writes: [rollout(home, 2)] }), [2]],
    ['both', (home) => ({ locks: [lockFile(home, threadId(1))], writes: [rollout(home, 1)] }), [1]],
    ['several locks', (home) => ({ locks: [lockFile(home, threadId(1)), lockFile(home, threadId(2))] }), [1, 2]],
    ['its lock open and not locked', (home) => ({ writes: [lockFile(home, threadId(1))] }), []],
    ['its rollout, for reading', (home) => ({ reads: [rollout(home, 1)] }), []],
    ['nothing but its id', () => ({ args: ['codex', 'resume', threadId(1)] }), []],
    ['the lock of all locks', (home) => ({ locks: [lockFile(home, '.coordination')] }), []],
    ['a lock of another name', (home) => ({ locks: [lockFile(home, `${threadId(1)}.x`)] }), []],
    ['a lock elsewhere', (home) => ({ locks: [lockFile({ home: join(home.home, 'else') }, threadId(1))] }), []],
    [
      'a lock, under a name of a release',
      (home) => ({ locks: [lockFile(home, threadId(1))], name: 'codex-x86_64-unknown-linux-musl' }),
      [1],
    ],
    ['a lock, under another name', (home) => ({ locks: [lockFile(home, threadId(1))], name: 'codexer' }), []],
  ];
  test.each(cases)('%s', async (_, holds, threads) => {
    using home = scratch();
    rollout(home, 1);
    lockFile(home, threadId(1));
    using codex = await fakeCodex(home, holds(home));
    expect(held(home).sort()).toEqual(threads.map((n) => [codex.pid, n]));
  });
});

test('what is told of it', async () => {
  using home = scratch();
  mkdirSync(join(home.home, 'there'));
  using codex = await fakeCodex(home, {
    locks: [lockFile(home, threadId(1))],
    args: ['codex', '-C', join(home.home, 'there')],
  });
  expect(registry(home).processes).toEqual([
    expect.objectContaining({
      pid: codex.pid,
      startTime: codex.startTime,
      proof: 'alive',
      kind: 'interactive',
      activity: 'unknown',
      attachWord: null,
      headless: false,
      cwd: null,
      startedIn: join(home.home, 'there'),
    }),
  ]);
  codex.child.kill('SIGSTOP');
  await expect.poll(() => registry(home).processes[0]?.activity).toBe('suspended');
});

test('one that a program drives', async () => {
  using home = scratch();
  using _ = await fakeCodex(home, { locks: [lockFile(home, threadId(1))], args: ['codex', 'exec', 'do it'] });
  expect(registry(home).processes).toMatchObject([{ kind: 'exec', headless: true, startedIn: home.home }]);
});

test('a lock that is held by who is no Codex', async () => {
  using home = scratch();
  using _ = await fakeCodex(home, { locks: [lockFile(home, threadId(1))], name: 'backup' });
  expect(registry(home).processes).toMatchObject([
    { sessionId: threadId(1), proof: 'unknown', doubt: expect.stringContaining('its lock is held') },
  ]);
});

test("an editor's server is not ended for one thread's sake", async () => {
  using home = scratch();
  using _ = await fakeCodex(home, { locks: [lockFile(home, threadId(1))], args: ['codex', 'app-server'] });
  expect(registry(home).processes).toMatchObject([
    { kind: 'app-server', obstacle: expect.stringContaining('serves an editor') },
  ]);
});

test('a folder behind a link', async () => {
  using home = scratch();
  mkdirSync(join(home.home, 'elsewhere'));
  symlinkSync('elsewhere', codexFolder(home));
  using codex = await fakeCodex(home, { locks: [lockFile(home, threadId(1))] });
  expect(held(home)).toEqual([[codex.pid, 1]]);
});

test('a dead one, and one that nobody has waited for', async () => {
  using home = scratch();
  using codex = await fakeCodex(home, { locks: [lockFile(home, threadId(1))] });
  expect(held(home)).toHaveLength(1);
  codex.child.kill('SIGKILL');
  await expect.poll(() => held(home)).toEqual([]);
  // The lock is left behind. What is known of it depends on whether all processes can be seen from here.
  expect(registry(home).processes).toEqual([]);
});

test('fifty strays change nothing', async () => {
  using home = scratch();
  using codex = await fakeCodex(home, { locks: [lockFile(home, threadId(1))] });
  const strays: FakeCodex[] = [];
  try {
    for (let n = 2; n < 52; n++) lockFile(home, threadId(n));
    const reads = [rollout(home, 1), rollout(home, 2), lockFile(home, threadId(3))];
    strays.push(...(await Promise.all(Array.from({ length: 50 }, () => fakeCodex(home, { reads })))));
    expect(held(home)).toEqual([[codex.pid, 1]]);
  } finally {
    for (const stray of strays) stray[Symbol.dispose]();
  }
});

describe('the background server', () => {
  const cases: [string, (home: Scratch, codex: FakeCodex) => void, boolean][] = [
    ['as its record says', (home, { pid, startTime }) => writeDaemonRecord(home, pid, Number(startTime)), true],
    ['a record of another process', (home, { startTime }) => writeDaemonRecord(home, 1, Number(startTime)), false],
    [
      'a record of an earlier one with its number',
      (home, { pid, startTime }) => writeDaemonRecord(home, pid, Number(startTime) - 1),
      false,
    ],
    [
      'a record of an earlier boot',
      (home, { pid, startTime }) => writeDaemonRecord(home, pid, Number(startTime), 'x'),
      false,
    ],
    ['none', () => {}, false],
    [
      'a torn one',
      (home, { pid, startTime }) => {
        writeDaemonRecord(home, pid, Number(startTime));
        writeFileSync(join(codexFolder(home), 'app-server-daemon', 'daemon.pid'), '{"pid":');
      },
      false,
    ],
  ];
  test.each(cases)('%s', async (_, record, isDaemon) => {
    using home = scratch();
    using codex = await fakeCodex(home, { locks: [lockFile(home, threadId(1))] });
    record(home, codex);
    const word = isDaemon ? threadId(1) : null;
    expect(registry(home).processes).toMatchObject([{ attachWord: word, kind: isDaemon ? 'daemon' : 'interactive' }]);
    expect(ownBoot()).toMatch(/^[0-9a-f-]{36}$/);
  });
});

test('a name that only looks like it', async () => {
  using home = scratch();
  lockFile(home, threadId(1));
  // `codex` in its arguments and as its own name, and a shell all the same.
  const child = spawn('/bin/bash', ['-c', 'read'], { argv0: 'codex', stdio: ['pipe', 'ignore', 'ignore'] });
  expect(held(home)).toEqual([]);
  child.kill();
});
