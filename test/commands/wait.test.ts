import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { holder, registryRecord, sessionsFolder } from '../support/claude-home.ts';
import { id, session } from '../support/fake-claude.ts';
import { type Build, builds, type Scratch, scratch, wt } from '../support/wt.ts';

interface Waiting {
  pid: number;
  end: Promise<{ status: number | null; stdout: string; stderr: string }>;
}

function waiting(build: Build, args: string[], home: Scratch): Waiting {
  const child = spawn(build.argv[0], [...build.argv.slice(1), 'wait', ...args], { cwd: home.home, env: home.env });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) child[stream].on('data', (chunk) => (said[stream] += chunk));
  const end = new Promise<Awaited<Waiting['end']>>((resolve) =>
    child.once('close', (status) => resolve({ status, ...said })),
  );
  return { pid: child.pid!, end };
}

/** CPU time of a process in milliseconds. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function box(): Scratch {
  const home = scratch();
  sessionsFolder(home.conf);
  for (const n of [1, 2, 3]) session(home, { id: id(n), title: `Title ${n}` });
  return home;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.each(builds)('$name', (build) => {
  test('waits for a session that was named, and prints its row', async () => {
    using home = box();
    using held = holder();
    const is = (status: string, waitingFor?: string) =>
      registryRecord(home.conf, { pid: held.pid, sessionId: id(1), status, waitingFor });
    is('busy');
    const [any, asked, done] = [['0001'], ['0001', '--for', 'needs-you'], ['0001', '--for', 'done']].map((args) =>
      waiting(build, args, home),
    );
    let over = 0;
    for (const one of [any, asked, done]) void one!.end.then(() => over++);
    await pause(1500);
    expect(over).toBe(0);
    is('waiting', 'permission prompt');
    for (const one of [any, asked]) {
      const { status, stdout, stderr } = await one!.end;
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^ 1\) !.*Title 1/);
    }
    await pause(1200);
    expect(over).toBe(2);
    is('idle');
    expect((await done!.end).stdout).toContain('Title 1');
    // The number stands for the row from now on; what is so already needs no waiting.
    expect(wt(build, ['wait', 'title 1'], home).status).toBe(0);
    expect(wt(build, ['wait', '0001', '--for', 'needs-you'], home)).toMatchObject({
      status: 1,
      stderr: 'wt: 0001c0de (Title 1) is not at work, so there is nothing to wait for\n',
    });
    expect(wt(build, ['wait', '0002'], home).stdout).toContain('Title 2');
  }, 60_000);

  test('without a session, for any live one whose turn goes on', async () => {
    using home = box();
    using one = holder();
    using other = holder();
    expect(wt(build, ['wait'], home)).toMatchObject({
      status: 1,
      stderr: 'wt: no session is live, so there is nothing to wait for\n',
    });
    registryRecord(home.conf, { pid: one.pid, sessionId: id(1), status: 'idle' });
    expect(wt(build, ['wait'], home)).toMatchObject({
      status: 1,
      stderr: 'wt: no live session is at work, so there is nothing to wait for\n',
    });
    registryRecord(home.conf, { pid: other.pid, sessionId: id(2), status: 'busy' });
    const any = waiting(build, [], home);
    await pause(1500);
    await other.kill();
    const { status, stdout } = await any.end;
    expect([status, stdout]).toEqual([0, expect.stringContaining('Title 2')]);
  }, 60_000);

  test('costs next to nothing', async () => {
    using home = box();
    using held = holder();
    registryRecord(home.conf, { pid: held.pid, sessionId: id(1), status: 'busy' });
    const one = waiting(build, [], home);
    await pause(2500);
    const before = cpuOf(one.pid);
    await pause(5000);
    expect(cpuOf(one.pid) - before, 'ms of CPU in 5 s').toBeLessThanOrEqual(50);
    await held.kill();
    expect((await one.end).status).toBe(0);
  }, 60_000);

  test('a word that is no condition is a mistake', () => {
    using home = box();
    expect(wt(build, ['wait', '--for', 'ever'], home)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--for takes needs-you, done or any'),
    });
  });
});
