import { expect, test } from 'vitest';
import { builds } from '../support/wt.ts';
import { asks, openCodex, talk } from './codex-lab.ts';
import { until } from './terminal.ts';

// Terminals that are windows onto threads: of their own process, of another one, and of the server in the background.

test('Codex 0.171.0: a name, a new thread in the same process, other directories, and a second window', async () => {
  await using lab = await openCodex();
  const terminal = lab.open();
  await lab.ready(terminal);
  await talk(terminal, 'say hi', 'Echo: say hi');
  const id = await lab.newest();
  await talk(terminal, '/rename Sheep and stars', 'Sheep and stars');
  await lab.says(id, { title: 'Sheep and stars', titleSource: 'name', activity: 'ready' });

  // One process holds both for a while, and none of them twice.
  await terminal.say('/new');
  await until('an empty window', () => !terminal.screen().includes('Echo: say hi'), terminal.screen);
  await lab.ready(terminal);
  await talk(terminal, 'another', 'Echo: another');
  const second = await lab.newest(id);
  await lab.says(second, { state: 'live', activity: 'ready', processes: [{ pid: terminal.pid }] });
  for (const build of builds) expect((await lab.rows(build)).map((one) => one.id).sort()).toEqual([id, second].sort());

  // A window onto a thread that another process holds only looks on.
  const onlooker = lab.open('resume', second);
  await onlooker.shows(/another|read.only|in another/i);
  await lab.says(second, { state: 'live', processes: [{ pid: terminal.pid }] });
  await lab.leave(onlooker);
  await lab.leave(terminal);
  await lab.says(second, { state: 'waiting', processes: [] });

  // Where it is told to work, not where its terminal stands.
  const elsewhere = lab.open('-C', lab.home.home);
  await elsewhere.shows(/trust|›/);
  const fresh = await lab.row('a third thread', (one) => {
    if (/trust/i.test(elsewhere.screen())) elsewhere.keys('Enter');
    return one.state === 'live' && one.id !== id && one.id !== second;
  });
  await lab.says(fresh.id, { cwd: lab.home.home, titleSource: 'none' });
  await lab.ready(elsewhere);
  await talk(elsewhere, 'third', 'Echo: third');
  await lab.says(fresh.id, { cwd: lab.home.home, lastPrompt: 'third' });
});

test('Codex 0.171.0 with its server in the background: the question outlives the terminal', async () => {
  await using lab = await openCodex({ daemon: true });
  const terminal = lab.open();
  await lab.ready(terminal);
  await talk(terminal, 'say hi', 'Echo: say hi');
  const id = await lab.newest();
  await lab.says(id, {
    state: 'live',
    activity: 'ready',
    headless: false,
    processes: [{ kind: 'daemon', status: 'idle' }],
  });
  await terminal.say('HANG');
  await lab.says(id, { activity: 'working', processes: [{ status: 'active' }] });
  terminal.keys('Escape');
  await lab.says(id, { activity: 'ready' });
  await talk(terminal, 'BASH echo x > made', asks);
  const needs = { activity: 'needs-you', waitingFor: 'approval', needs: 'approve exec_command: echo x > made' };
  await lab.says(id, needs);

  lab.tmux('kill-pane', '-t', terminal.pane);
  await until('the end of the terminal', () => !lab.processes().includes(terminal.pid));
  await lab.says(id, needs);
  await lab.prints(['--list'], /^ 1\) ! .*approve exec_command: echo x > made/m);
  // A login waits 50 ms for the server: on a machine that never is as quick it is in turn, and row 1 all the same.
  let greeting = '';
  for (let tries = 0; tries < 100 && !greeting.includes(needs.needs); tries++) greeting = await lab.printed('--greet');
  expect(greeting).toMatch(/^ 1\) (?:! .*approve exec_command: echo x > made|● in turn .*say hi)/m);
  await lab.prints(['1', '--dry-run'], `cd -- '${lab.project}' && exec codex resume '${id}'\n`);
  await lab.prints(['resume', id], /it is live in process \d+ \(in the background\); go there: wt attach/);
  // `wt <session>` is that, and shows the question again.
  const back = lab.window([...builds[0]!.argv, id]);
  await back.answer(asks, 'y');
  await lab.says(id, { activity: 'ready', lastAnswer: 'Done.' });

  // A server that was killed leaves its record, its socket and its locks behind.
  const daemon = await until('the server', () => lab.daemon());
  await talk(back, 'BASH echo y', asks);
  await lab.says(id, { activity: 'needs-you' });
  process.kill(daemon, 'SIGKILL');
  await lab.row('its end', (one) => one.id === id && one.state !== 'live' && one.processes.length === 0);
});
