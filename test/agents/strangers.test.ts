import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../support/claude-home.ts';
import { codexFolder, lockFile, threadId } from '../support/codex-home.ts';
import { allClosed, box, states } from '../support/four-agents.ts';
import { idling, renamed, type StandIn } from '../support/stand-in.ts';
import { builds } from '../support/wt.ts';

// Processes that bear an agent's name and are none hold nothing.

const names = ['copilot', 'opencode', 'gemini', 'codex', 'claude'];

test('50 processes of those names are nobody', async () => {
  using home = box();
  const strangers: StandIn[] = [];
  try {
    for (let n = 0; n < 50; n++) strangers.push(await idling(home, names[n % names.length]!, { cwd: home.project }));
    for (const build of builds) expect(states(build, home)).toEqual(allClosed(build));
  } finally {
    for (const one of strangers) one[Symbol.dispose]();
  }
});

test.each(builds)('$name: 50 processes named codex, which hold other things', async (build) => {
  using home = box();
  using elsewhere = box();
  const program = renamed(home, '/usr/bin/tail', 'codex');
  const rollout = join(codexFolder(home), 'sessions', '2026', '11', '29');
  const words = [
    ['-f', '/dev/null', '--', 'resume', threadId(1)],
    ['-f', '/dev/null', '--', 'app-server', '--managed-daemon'],
    // Who only looks on reads.
    ['-f', join(rollout, readdirSync(rollout)[0]!)],
    ['-f', lockFile(home, threadId(2))],
    ['-f', lockFile(elsewhere, threadId(3))],
  ];
  const strays: ChildProcess[] = [];
  try {
    for (let n = 0; n < 50; n++) strays.push(spawn(program, words[n % words.length]!, { cwd: home.project }));
    await until(() => strays.every(({ pid }) => commandOf(pid!) === 'codex'), '50 processes');
    expect(states(build, home)).toEqual(allClosed(build));
  } finally {
    for (const stray of strays) stray.kill('SIGKILL');
  }
});

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}
