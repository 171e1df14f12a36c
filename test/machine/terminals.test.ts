import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { ancestorsOf, sshOriginOf, terminalOf, variableOf } from '../../src/machine/terminals.ts';
import { until } from '../support/claude-home.ts';
import { Screen } from '../support/screen.ts';
import { startSshd } from '../support/sshd.ts';
import { lacks } from '../support/tools.ts';
import { scratch } from '../support/wt.ts';

describe('terminals', () => {
  test('a process without one', async () => {
    const child = spawn('/bin/sleep', ['600'], { stdio: 'ignore', env: { SSH_CONNECTION: '10.0.0.7 1 10.0.0.1 22' } });
    await once(child, 'spawn');
    try {
      await until(() => variableOf(child.pid!, 'SSH_CONNECTION') !== null, 'its environment');
      expect(terminalOf(child.pid!)).toBeNull();
      expect(sshOriginOf(child.pid!)?.address).toBe('10.0.0.7');
      expect(variableOf(child.pid!, 'SSH')).toBeNull();
      expect([...ancestorsOf(child.pid!)].slice(0, 2)).toEqual([child.pid, process.pid]);
    } finally {
      child.kill();
    }
  });

  test('a process that is gone', () => {
    expect([terminalOf(4_194_304), sshOriginOf(4_194_304), variableOf(4_194_304, 'HOME')]).toEqual([null, null, null]);
  });

  test.skipIf(lacks('tmux'))('what is typed at a terminal is its last input', async () => {
    using home = scratch();
    using screen = Screen.start(home, ['sh', '-c', 'echo "pid $$."; read line; echo "read $line"; sleep 600']);
    const shown = await screen.until(/pid \d+\./);
    const pid = Number(/pid (\d+)\./.exec(shown)?.[1]);
    expect(terminalOf(pid)?.path).toMatch(/^\/dev\/pts\/\d+$/);
    screen.line('hello');
    await screen.until('read hello');
    // The kernel counts it in steps of 8 s.
    expect(Date.now() - (terminalOf(pid)?.lastInputAt ?? 0)).toBeLessThan(20_000);
  });

  test.skipIf(lacks('tmux', 'ssh', 'sshd', 'ssh-keygen'))('over ssh', async () => {
    using home = scratch();
    using sshd = await startSshd(home, 'bash');
    const ssh = ['ssh', '-tt', '-F', sshd.config, 'box', `sh -c 'echo "pid $$."; exec sleep 600'`];
    using screen = Screen.start(home, ssh, { env: { ...home.env, PATH: process.env.PATH ?? '' } });
    const pid = Number(/pid (\d+)\./.exec(await screen.until(/pid \d+\./))?.[1]);
    expect(sshOriginOf(pid)).toEqual({ address: '127.0.0.1', isConnected: true });
    expect(terminalOf(pid)?.path).toMatch(/^\/dev\/pts\/\d+$/);
  });
});
