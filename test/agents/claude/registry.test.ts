import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  holder,
  ownPidDomain,
  registryFields,
  registryFile,
  registryRecord,
  until,
  Writer,
  zombie,
} from '../../support/claude-home.ts';
import { answered, asking, type Report, report, rowOf, tracked, written } from '../../support/told.ts';
import { type Build, builds, type Scratch, scratch, wt } from '../../support/wt.ts';

/** Whether reading a file moves its access time here: the means by which a test sees that wt has read one. */
function atimeMoves(): boolean {
  using at = scratch();
  const path = join(at.home, 'probe');
  writeFileSync(path, 'x');
  const before = statSync(path, { bigint: true }).atimeNs;
  const end = Date.now() + 200;
  while (Date.now() < end) {
    readFileSync(path);
    if (statSync(path, { bigint: true }).atimeNs !== before) return true;
  }
  return false;
}

describe.each(builds)('proof of life ($name)', (build) => {
  test('a process with the start time of its record is live', () => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, answered);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, tmux: 'main:@1.%3' });
    const all = report(build, at);
    expect(rowOf(all, id)).toMatchObject({
      state: 'live',
      activity: 'ready',
      processes: [
        {
          pid: process.pid,
          kind: 'interactive',
          entrypoint: 'cli',
          status: 'idle',
          tmux: 'main:@1.%3',
          suspended: false,
        },
      ],
    });
    expect(all.counts).toEqual({ needsYou: 0, live: 1, waiting: 0, idle: 0, unknown: 0 });
  });

  test('a recycled pid is not', () => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, answered);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status: 'busy', procStart: '12345' });
    expect(rowOf(report(build, at), id)).toMatchObject({ state: 'waiting', activity: null, processes: [] });
  });

  test('a record without a transcript whose process is gone is no row', async () => {
    using at = tracked();
    using process = holder();
    const { id } = new Writer();
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status: 'busy' });
    await process.kill();
    expect(report(build, at).sessions).toEqual([]);
  });

  test('a process that is gone is not', async () => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, asking);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status: 'waiting', waitingFor: 'permission prompt' });
    await process.kill();
    expect(rowOf(report(build, at), id)).toMatchObject({
      state: 'waiting',
      activity: null,
      needs: null,
      waitingFor: null,
      processes: [],
    });
  });

  test('a zombie is not', async () => {
    using at = tracked();
    using process = await zombie();
    const { id } = written(at, answered);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, procStart: process.start, status: 'busy' });
    expect(rowOf(report(build, at), id)).toMatchObject({ state: 'waiting', activity: null, processes: [] });
  });

  test.each(['busy', 'waiting', 'idle'])(
    'a stopped process is suspended, though its record says %s',
    async (status) => {
      using at = tracked();
      using process = holder();
      const { id } = written(at, answered);
      registryRecord(at.conf, {
        pid: process.pid,
        sessionId: id,
        status,
        waitingFor: status === 'waiting' ? 'permission prompt' : undefined,
      });
      await process.suspend();
      expect(rowOf(report(build, at), id)).toMatchObject({
        state: 'live',
        activity: 'suspended',
        needs: null,
        processes: [{ pid: process.pid, suspended: true }],
      });
    },
  );

  test('a running pid without a start time in its record is unknown', () => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, answered);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, procStart: undefined, status: 'busy' });
    const all = report(build, at);
    expect(rowOf(all, id)).toMatchObject({ state: 'unknown', activity: null });
    expect(all.counts).toMatchObject({ live: 0, waiting: 0, unknown: 1 });
  });

  test('a pid that is gone is dead with or without a start time', async () => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, answered);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, procStart: undefined, status: 'busy' });
    await process.kill();
    expect(rowOf(report(build, at), id)?.state).toBe('waiting');
  });

  test.each([
    ['that runs here by chance', true],
    ['that does not run here', false],
  ])('another machine: its pid, %s, can not be checked', async (_, running) => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, answered);
    const foreign = { pidDomain: 'linux:0123456789abcdef0123456789abcdef:pid:[4026539999]', status: 'busy' };
    registryRecord(at.conf, { pid: process.pid, sessionId: id, ...foreign });
    if (!running) await process.kill();
    expect(rowOf(report(build, at), id)).toMatchObject({ state: 'unknown', activity: null });
  });

  test('another container on this machine is another domain too', () => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, answered);
    const elsewhere = ownPidDomain().replace(/\[\d+\]/, '[1]');
    registryRecord(at.conf, { pid: process.pid, sessionId: id, pidDomain: elsewhere, status: 'busy' });
    expect(rowOf(report(build, at), id)?.state).toBe('unknown');
  });

  test('a record without a domain is ours', () => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, answered);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, pidDomain: undefined, version: '2.1.197' });
    expect(rowOf(report(build, at), id)).toMatchObject({ state: 'live', activity: 'ready' });
  });

  test('only <pid>.json files are records, and keys are never opened', async () => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, answered);
    const record = JSON.stringify(registryFields({ pid: process.pid, sessionId: id }));
    for (const name of [`pid-${process.pid}.json`, `${process.pid}.json.tmp`, 'x.json', `${process.pid}`]) {
      writeFileSync(join(at.conf, 'sessions', name), record);
    }
    const key = join(at.conf, 'sessions', `${process.pid}.${'a'.repeat(64)}.key`);
    writeFileSync(key, record);
    const before = statSync(key, { bigint: true }).atimeNs;
    expect(rowOf(report(build, at), id)?.state).toBe('waiting');
    expect(statSync(key, { bigint: true }).atimeNs).toBe(before);
  });

  test('a torn record: its session is unknown, the others are told', () => {
    using at = tracked();
    using process = holder();
    using other = holder();
    const torn = written(at, answered);
    const whole = written(at, answered);
    const text = JSON.stringify({ sessionId: torn.id, ...registryFields({ pid: process.pid, sessionId: torn.id }) });
    registryFile(at.conf, process.pid, text.slice(0, text.indexOf('"status"') + 4));
    registryRecord(at.conf, { pid: other.pid, sessionId: whole.id, status: 'busy' });
    const all = report(build, at);
    expect(rowOf(all, torn.id)).toMatchObject({ state: 'unknown', activity: null });
    expect(rowOf(all, whole.id)).toMatchObject({ state: 'live', activity: 'working' });
  });

  test('a record that tells nothing: unknown is what lies in the directory of its process, however old', async () => {
    using at = tracked();
    const [here, there] = ['here', 'there'].map((name) => join(at.home, name)) as [string, string];
    for (const folder of [here, there]) mkdirSync(folder);
    const claude = join(at.home, 'claude');
    symlinkSync('/bin/sleep', claude);
    const old = { at: Date.now() - 3 * 3_600_000 };
    const [held, apart] = [here, there].map((cwd) => written(at, answered, { cwd, ...old }));
    const running = spawn(claude, ['600'], { cwd: here, stdio: 'ignore' });
    try {
      await until(() => readFileSync(`/proc/${running.pid}/comm`, 'utf8') === 'claude\n', 'the claude');
      registryFile(at.conf, running.pid!, '{"pid":');
      const all = report(build, at);
      expect([rowOf(all, held!.id)?.state, rowOf(all, apart!.id)?.state]).toEqual(['unknown', 'waiting']);
      const refused = wt(build, ['resume', held!.id], at);
      expect([refused.status, refused.stderr]).toEqual([
        1,
        expect.stringContaining("a claude whose record can't be read runs in its directory"),
      ]);
    } finally {
      running.kill('SIGKILL');
    }
  });

  test.each(['', '{', '{"pid":1', 'null', '[]', '42', '{}', '\0\0\0\0', '{"pid":"x","sessionId":7}'])(
    'a record that is %j harms nobody',
    (text) => {
      using at = tracked();
      using process = holder();
      using other = holder();
      const whole = written(at, answered);
      registryFile(at.conf, process.pid, text);
      registryRecord(at.conf, { pid: other.pid, sessionId: whole.id, status: 'busy' });
      const all = report(build, at);
      expect(all.sessions.map((row) => row.id)).toEqual([whole.id]);
      expect(all.sessions[0]).toMatchObject({ state: 'live', activity: 'working' });
    },
  );

  test.skipIf(!atimeMoves())('a record that is whole again within 25 ms is believed', { timeout: 60_000 }, async () => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, answered);
    const text = JSON.stringify(registryFields({ pid: process.pid, sessionId: id, status: 'busy' }));
    // Late enough that a second look at once sees it torn still; a busy machine may make it too late for 25 ms, so a
    // few tries are given to hit between the two looks.
    for (let round = 1; ; round++) {
      const row = rowOf(await whileRepaired(build, at, process.pid, text, 10), id);
      if (round < 8 && row?.state !== 'live') continue;
      expect(row).toMatchObject({ state: 'live', activity: 'working' });
      break;
    }
  });
});

/** Runs wt on a torn registry record, and makes that whole `delay` milliseconds after wt has read it. */
async function whileRepaired(build: Build, at: Scratch, pid: number, text: string, delay: number): Promise<Report> {
  const path = registryFile(at.conf, pid, text.slice(0, 100));
  const before = statSync(path, { bigint: true }).atimeNs;
  const run = spawn(build.argv[0], [...build.argv.slice(1), '--json', '--all'], { cwd: at.home, env: at.env });
  let said = '';
  run.stdout.on('data', (chunk) => {
    said += String(chunk);
  });
  let over = false;
  const closed = new Promise<void>((resolve) => run.once('close', () => resolve())).then(() => {
    over = true;
  });
  while (!over && statSync(path, { bigint: true }).atimeNs === before) await new Promise(setImmediate);
  await new Promise((resolve) => setTimeout(resolve, delay));
  const file = openSync(path, 'r+');
  writeSync(file, text, 0);
  closeSync(file);
  await closed;
  return JSON.parse(said);
}
