import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { endProcesses, isStill, obstacleTo, type Target } from '../../src/machine/take-over.ts';
import { processStat, until } from '../support/claude-home.ts';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process that says `ready` once it has done what the script begins with. */
async function started(script: string): Promise<Target & { child: ChildProcess }> {
  const child = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  await once(child.stdout!, 'data');
  return { pid: child.pid!, startTime: processStat(child.pid!)!.start, child };
}

const obedient = 'echo ready; exec sleep 600';
const deaf = "trap '' TERM; echo ready; while :; do sleep 0.1; done";
const slow = "trap 'sleep 0.3; exit 143' TERM; echo ready; while :; do sleep 0.05; done";

describe('processes are ended', () => {
  test.each([
    ['one that ends at once', obedient],
    ['one that has to tidy up', slow],
  ])('%s', async (_, script) => {
    const target = await started(script);
    expect(await endProcesses([target], 5000)).toEqual([]);
    expect(isStill(target)).toBe(false);
  });

  test('two, and each is waited for', async () => {
    const [one, other] = [await started(obedient), await started(slow)];
    expect(await endProcesses([one, other], 5000)).toEqual([]);
  });

  test('one that is not listening is left alive, and told', async () => {
    const [one, other] = [await started(deaf), await started(obedient)];
    expect(await endProcesses([one, other], 500)).toEqual([one]);
    expect(processStat(one.pid)?.state).toMatch(/[RS]/);
  });

  test('one with another start time is another one, and is not touched', async () => {
    const target = await started(obedient);
    const recycled = { pid: target.pid, startTime: String(BigInt(target.startTime) - 1n) };
    expect(await endProcesses([recycled], 500)).toEqual([]);
    expect(isStill(target)).toBe(true);
    expect(isStill(recycled)).toBe(false);
  });

  test('one that has gone before is gone', async () => {
    const target = await started(obedient);
    target.child.kill('SIGKILL');
    await until(() => processStat(target.pid) === null, 'its end');
    expect(await endProcesses([target], 0)).toEqual([]);
  });

  test('one that was stopped meanwhile is sent nothing that would reach it later', async () => {
    const target = await started(obedient);
    process.kill(target.pid, 'SIGSTOP');
    await until(() => processStat(target.pid)?.state === 'T', 'the stop');
    expect(await endProcesses([target], 100)).toEqual([target]);
    process.kill(target.pid, 'SIGCONT');
    await until(() => processStat(target.pid)?.state === 'S', 'its sleep');
    expect(isStill(target)).toBe(true);
  });
});

describe('what speaks against it', () => {
  test('nothing', async () => {
    expect(obstacleTo(await started(obedient))).toBeNull();
  });

  test('it is stopped', async () => {
    const target = await started(obedient);
    process.kill(target.pid, 'SIGSTOP');
    await until(() => processStat(target.pid)?.state === 'T', 'the stop');
    expect(obstacleTo(target)).toBe('suspended');
  });

  test('wt runs inside of it', () => {
    expect(obstacleTo({ pid: process.ppid, startTime: processStat(process.ppid)!.start })).toBe('around us');
  });

  test.skipIf(process.getuid?.() !== 0 || spawnSync('id', ['-u', 'nobody']).status !== 0)(
    "it is another user's",
    async () => {
      const user = Number(spawnSync('id', ['-u', 'nobody'], { encoding: 'utf8' }).stdout);
      const child = spawn('/bin/sleep', ['600'], { uid: user, stdio: 'ignore' });
      children.push(child);
      await once(child, 'spawn');
      expect(obstacleTo({ pid: child.pid!, startTime: '1' })).toBe('other user');
    },
  );

  test('it is not there', () => {
    expect(obstacleTo({ pid: 4_194_304, startTime: '1' })).toBe('other user');
  });
});
