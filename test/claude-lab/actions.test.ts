import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builds } from '../support/wt.ts';
import { type Lab, openLab, until } from './lab.ts';

// What wt does with sessions of the real Claude Code: resume, fork, attach, archive and restore.

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab?.[Symbol.asyncDispose]());

/** A session in which something was said and whose Claude has ended. */
async function ended(line: string, cwd = lab.project): Promise<string> {
  const terminal = lab.open([], { cwd });
  const { sessionId } = await terminal.is('idle');
  await terminal.talk(line);
  process.kill(terminal.pid, 'SIGTERM');
  await lab.gone(terminal.pid);
  return sessionId;
}

describe.each(builds)('$name', (build) => {
  test('resume continues a dead session in its own directory, in the place of wt', async () => {
    const cwd = lab.folder("it's $(touch x) here");
    const id = await ended('hello once', cwd);
    const terminal = lab.window([...build.argv, 'resume', id], { cwd: lab.home.home });
    const record = await terminal.is('idle');
    expect(record.sessionId).toBe(id);
    expect(record.cwd).toBe(cwd);
    await terminal.talk('hello again');
    expect(
      lab
        .lines(id)
        .filter((line) => line.type === 'user')
        .map((line) => line.cwd),
    ).toEqual([cwd, cwd]);
    if (build.name === 'native') {
      // The pane's own process is Claude now.
      expect(record.pid).toBe(terminal.pid);
      expect(readFileSync(`/proc/${terminal.pid}/cmdline`, 'utf8').split('\0').slice(1, 3)).toEqual(['--resume', id]);
    }
    process.kill(record.pid, 'SIGTERM');
    await lab.gone(terminal.pid);
  });

  test('a live session is refused, forked under a new id, and found in its pane', async () => {
    const a = lab.open();
    const { sessionId: id } = await a.is('idle');
    await a.talk('hello live');
    const refused = lab.run(build.argv[0], [...build.argv.slice(1), 'resume', id]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(`it is live in process ${a.pid} (tmux pane `);
    expect(refused.stderr).toContain(`, ${a.pane}); go there: wt attach ${id.slice(0, 8)}`);

    const fork = lab.window([...build.argv, 'fork', id.slice(0, 8)]);
    const copy = await fork.is('idle');
    expect(copy.sessionId).not.toBe(id);
    await fork.talk('hello fork');
    expect(lab.lines(copy.sessionId).some((line) => JSON.stringify(line.message ?? '').includes('hello live'))).toBe(
      true,
    );
    expect(lab.lines(id).some((line) => JSON.stringify(line.message ?? '').includes('hello fork'))).toBe(false);

    const active = () => lab.tmux('display-message', '-p', '#{pane_id}');
    lab.tmux('select-window', '-t', fork.pane);
    expect(active()).toBe(fork.pane);
    // Without a client there is nobody to switch, but the pane is the active one of its session.
    lab.window([...build.argv, 'attach', id]);
    await until('the pane of the session', () => active() === a.pane);
    for (const pid of [a.pid, copy.pid]) process.kill(pid, 'SIGTERM');
    await lab.gone(a.pid);
    await lab.gone(copy.pid);
  });

  test('a background session is attached to, and refused by archive', async () => {
    const before = new Set(lab.records().map((record) => record.sessionId));
    expect(lab.run(lab.claude, ['--bg', 'hello background']).status).toBe(0);
    const { sessionId: id } = await until('the background session', () =>
      lab
        .records()
        .find((one) => one.kind === 'bg' && !one.spare && one.status === 'idle' && !before.has(one.sessionId)),
    );
    const terminal = lab.window([...build.argv, 'attach', id]);
    await until(
      'its conversation on the screen',
      () => terminal.screen().includes('hello background'),
      terminal.screen,
    );
    const refused = lab.run(build.argv[0], [...build.argv.slice(1), 'archive', id]);
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('(in the background)')]);
    expect(lab.run(lab.claude, ['stop', id.slice(0, 8)]).status).toBe(0);
  });

  test('an archived session that was restored can be resumed', async () => {
    const id = await ended('hello archive');
    const run = (...args: string[]) => lab.run(build.argv[0], [...build.argv.slice(1), ...args]);
    expect(run('archive', id).stderr).toBe('');
    expect(lab.transcript(id)).toBeNull();
    expect(run('resume', id).stderr).toBe(
      `wt: session ${id.slice(0, 8)} is in the archive: wt restore ${id.slice(0, 8)}\n`,
    );
    expect(run('restore', id).stderr).toBe('');
    const terminal = lab.window([...build.argv, id]);
    const record = await terminal.is('idle');
    expect(record.sessionId).toBe(id);
    await until('what was said', () => terminal.screen().includes('hello archive'), terminal.screen);
    process.kill(record.pid, 'SIGTERM');
    await lab.gone(terminal.pid);
  });
});
