import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { asks, olderCodex, openCodex, type Row, talk } from './codex-lab.ts';

describe.each([['0.171.0'], [olderCodex]])('Codex %s that owns its threads', (version) => {
  const hasLocks = version !== olderCodex;

  test('a day of a thread', async () => {
    await using lab = await openCodex({ version });
    const terminal = lab.open();
    await lab.ready(terminal);
    if (hasLocks) {
      const { id } = await lab.row('a thread', ({ state }) => state === 'live');
      await lab.says(id, { state: 'live', activity: 'ready', titleSource: 'none', cwd: lab.project });
    }
    await talk(terminal, 'say hi', 'Echo: say hi');
    const id = await lab.newest();
    const done = {
      agent: 'codex',
      state: 'live',
      activity: 'ready',
      cwd: lab.project,
      title: 'say hi',
      headless: false,
    };
    await lab.says(id, { ...done, lastTurn: { by: 'codex', how: 'answered' }, processes: [{ pid: terminal.pid }] });
    await terminal.say('HANG');
    await lab.says(id, { activity: 'working', lastTurn: { how: 'working' } });
    terminal.keys('Escape');
    await lab.says(id, { activity: 'ready', lastTurn: { by: 'you', how: 'interrupted' } });
    await talk(terminal, 'BASH echo x', asks);
    await lab.says(id, { activity: 'in-turn', lastTurn: { how: 'asking', pending: true } });
    await lab.prints(['resume', id], /it is live in process \d+ \(tmux pane .*; go there: wt attach/);
    await terminal.answer(asks, 'y');
    await lab.says(id, { activity: 'ready', lastAnswer: 'Done.' });
    await talk(terminal, 'ERR 400', 'refuses');
    await lab.says(id, { activity: 'ready', lastTurn: { how: 'failed', reason: 'the fake API refuses' } });

    // Killed while it asks, and gone on with: the turn that was left open is over then.
    await talk(terminal, 'BASH echo y', asks);
    await lab.says(id, { activity: 'in-turn' });
    process.kill(terminal.pid, 'SIGKILL');
    await lab.says(id, { state: 'waiting', activity: null, cutOff: true, processes: [] });
    await lab.prints([id, '--dry-run'], `cd -- '${lab.project}' && exec codex resume '${id}'\n`);
    const again = lab.open('resume', id);
    await lab.ready(again);
    if (hasLocks) await lab.says(id, { state: 'live', activity: 'ready', cutOff: false });
    await talk(again, 'go on', 'Echo: go on');
    await lab.says(id, { state: 'live', activity: 'ready', lastPrompt: 'go on' });
    await lab.leave(again);
    await lab.says(id, { state: 'waiting', cutOff: false });
  });

  test('headless ones, parts, forks and the archive', async () => {
    await using lab = await openCodex({ version });
    expect(await lab.exec('hello')).toMatchObject({ status: 0 });
    const headless = basename(lab.rollouts()[0]!).slice(-42, -6);
    await lab.says(headless, { headless: true, state: 'idle', lastAnswer: 'Echo: hello' });
    const running = lab.exec('HANG');
    const live = await lab.row('a running one', (one) => one.state === 'live' && one.activity === 'working');
    await lab.says(live.id, { headless: true, activity: 'working' });
    process.kill(live.processes[0].pid, 'SIGKILL');
    await running;
    await lab.says(live.id, { state: 'idle', cutOff: true });

    const terminal = lab.open();
    await lab.ready(terminal);
    await talk(terminal, 'TASK count sheep', 'Done\\.');
    const { id } = await lab.row('the thread', (one) => one.firstPrompt === 'TASK count sheep');
    await lab.says(id, { activity: 'ready' });
    expect((await lab.rows()).filter((one: Row) => one.firstPrompt === 'count sheep')).toEqual([]);
    await lab.prints(['archive', id], /it is live in process/);
    await lab.leave(terminal);
    await lab.says(id, { state: 'waiting' });
    const fork = lab.open('fork', id);
    await lab.ready(fork);
    await talk(fork, 'more please', 'Echo: more please');
    const forked = await lab.row('the fork', (one) => one.lastPrompt === 'more please');
    await lab.says(forked.id, { forkedFrom: id, state: 'live', activity: 'ready' });
    await lab.says(id, { state: 'waiting' });
    expect(await lab.printed('archive', id)).toMatch(/^archived /);
    expect((await lab.rows()).some((one) => one.id === id)).toBe(false);
    expect(await lab.printed('restore', id)).toMatch(/^restored /);
    await lab.says(id, { state: 'waiting' });
  });
});
