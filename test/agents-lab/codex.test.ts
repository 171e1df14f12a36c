import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { builds, wt } from '../support/wt.ts';
import { type CodexLab, olderCodex, openCodex, type Row, type Terminal, until } from './codex-lab.ts';

/** Waits until both builds say this of the session; a server that was asked too late is asked again. */
async function says(lab: CodexLab, id: string, what: Row): Promise<void> {
  for (const build of builds) {
    let row: Row | undefined;
    await until(
      `${JSON.stringify(what)} by ${build.name}`,
      () => {
        row = lab.json(build).sessions.find((one: Row) => one.id === id);
        return row !== undefined && fits(row, what);
      },
      () => JSON.stringify(row, null, 1),
    );
  }
}

function fits(row: Row, what: Row): boolean {
  try {
    expect(row).toMatchObject(what);
    return true;
  } catch {
    return false;
  }
}

const said = (lab: CodexLab, ...args: string[]) => {
  const { stdout, stderr } = wt(builds[0]!, args, lab.home, { env: { ...lab.env, COLUMNS: '140' } });
  return stdout + stderr;
};

/** Says something and waits until the terminal shows what comes of it. */
async function talk(terminal: Terminal, line: string, shown: string | RegExp): Promise<void> {
  await terminal.say(line);
  await until(`${shown} on the screen`, () => new RegExp(shown).test(terminal.screen()), terminal.screen);
}

/** The id of the newest thread that a person began. */
const newest = (lab: CodexLab): string => {
  const paths = lab.rollouts().filter((path) => lab.records(path)[0]?.payload.source !== 'exec');
  return basename(paths.at(-1) ?? '').slice(-42, -6);
};

const asks = /Would you like to run/;

describe.each([['0.171.0'], [olderCodex]])('Codex %s that owns its threads', (version) => {
  const hasLocks = version !== olderCodex;

  test('a day of a thread', async () => {
    await using lab = await openCodex({ version });
    const terminal = lab.open();
    await lab.ready(terminal);
    if (hasLocks) {
      const fresh = await until('a thread', () => lab.json(builds[0]!).sessions[0]);
      expect(fresh).toMatchObject({ state: 'live', activity: 'ready', titleSource: 'none', cwd: lab.project });
    }
    await talk(terminal, 'say hi', 'Echo: say hi');
    const id = newest(lab);
    const done = {
      agent: 'codex',
      state: 'live',
      activity: 'ready',
      cwd: lab.project,
      title: 'say hi',
      headless: false,
    };
    await says(lab, id, { ...done, lastTurn: { by: 'codex', how: 'answered' }, processes: [{ pid: terminal.pid }] });
    await terminal.say('HANG');
    await says(lab, id, { activity: 'working', lastTurn: { how: 'working' } });
    terminal.keys('Escape');
    await says(lab, id, { activity: 'ready', lastTurn: { by: 'you', how: 'interrupted' } });
    await talk(terminal, 'BASH echo x', asks);
    await says(lab, id, { activity: 'in-turn', lastTurn: { how: 'asking', pending: true } });
    expect(said(lab, 'resume', id)).toMatch(/it is live in process \d+ \(tmux pane .*; go there: wt attach/);
    terminal.keys('y');
    await says(lab, id, { activity: 'ready', lastAnswer: 'Done.' });
    await talk(terminal, 'ERR 400', 'refuses');
    await says(lab, id, { activity: 'ready', lastTurn: { how: 'failed', reason: 'the fake API refuses' } });

    // Killed while it asks, and gone on with: the turn that was left open is over then.
    await talk(terminal, 'BASH echo y', asks);
    await says(lab, id, { activity: 'in-turn' });
    process.kill(terminal.pid, 'SIGKILL');
    await says(lab, id, { state: 'waiting', activity: null, cutOff: true, processes: [] });
    expect(said(lab, id, '--dry-run')).toBe(`cd -- '${lab.project}' && exec codex resume '${id}'\n`);
    const again = lab.open('resume', id);
    await lab.ready(again);
    if (hasLocks) await says(lab, id, { state: 'live', activity: 'ready', cutOff: false });
    await talk(again, 'go on', 'Echo: go on');
    await says(lab, id, { state: 'live', activity: 'ready', lastPrompt: 'go on' });
    await lab.leave(again);
    await says(lab, id, { state: 'waiting', cutOff: false });
  });

  test('headless ones, parts, forks and the archive', async () => {
    await using lab = await openCodex({ version });
    expect(await lab.exec('hello')).toMatchObject({ status: 0 });
    const headless = basename(lab.rollouts()[0]!).slice(-42, -6);
    await says(lab, headless, { headless: true, state: 'idle', lastAnswer: 'Echo: hello' });
    const running = lab.exec('HANG');
    const live = await until('a running one', () =>
      lab.json(builds[0]!).sessions.find((one: Row) => one.state === 'live' && one.activity === 'working'),
    );
    await says(lab, live.id, { headless: true, activity: 'working' });
    process.kill(live.processes[0].pid, 'SIGKILL');
    await running;
    await says(lab, live.id, { state: 'idle', cutOff: true });

    const terminal = lab.open();
    await lab.ready(terminal);
    await talk(terminal, 'TASK count sheep', 'Done\\.');
    const id = await until(
      'the thread',
      () => lab.json(builds[0]!).sessions.find((one: Row) => one.firstPrompt === 'TASK count sheep')?.id,
    );
    await says(lab, id, { activity: 'ready' });
    expect(lab.json(builds[0]!).sessions.filter((one: Row) => one.firstPrompt === 'count sheep')).toEqual([]);
    expect(said(lab, 'archive', id)).toContain('it is live in process');
    await lab.leave(terminal);
    await says(lab, id, { state: 'waiting' });
    const fork = lab.open('fork', id);
    await lab.ready(fork);
    await talk(fork, 'more please', 'Echo: more please');
    const forked = await until(
      'the fork',
      () => lab.json(builds[0]!).sessions.find((one: Row) => one.lastPrompt === 'more please')?.id,
    );
    await says(lab, forked, { forkedFrom: id, state: 'live', activity: 'ready' });
    expect(said(lab, 'archive', id)).toMatch(/^archived /);
    expect(lab.json(builds[0]!).sessions.some((one: Row) => one.id === id)).toBe(false);
    expect(said(lab, 'restore', id)).toMatch(/^restored /);
    await says(lab, id, { state: 'waiting' });
  });
});

test('Codex 0.171.0: a name, a new thread in the same process, other directories, and a second window', async () => {
  await using lab = await openCodex();
  const terminal = lab.open();
  await lab.ready(terminal);
  await talk(terminal, 'say hi', 'Echo: say hi');
  const id = newest(lab);
  await talk(terminal, '/rename Sheep and stars', 'Sheep and stars');
  await says(lab, id, { title: 'Sheep and stars', titleSource: 'name', activity: 'ready' });

  // One process holds both for a while, and none of them twice.
  await terminal.say('/new');
  await until('an empty window', () => !terminal.screen().includes('Echo: say hi'), terminal.screen);
  await lab.ready(terminal);
  await talk(terminal, 'another', 'Echo: another');
  const second = newest(lab);
  expect(second).not.toBe(id);
  await says(lab, second, { state: 'live', activity: 'ready', processes: [{ pid: terminal.pid }] });
  for (const build of builds)
    expect(
      lab
        .json(build)
        .sessions.map((one: Row) => one.id)
        .sort(),
    ).toEqual([id, second].sort());

  // A window onto a thread that another process holds only looks on.
  const onlooker = lab.open('resume', second);
  await until('a window', () => /another|read.only|in another/i.test(onlooker.screen()), onlooker.screen);
  await says(lab, second, { processes: [{ pid: terminal.pid }] });
  expect(lab.json(builds[0]!).sessions.find((one: Row) => one.id === second).processes).toHaveLength(1);
  await lab.leave(onlooker);
  await lab.leave(terminal);
  await says(lab, second, { state: 'waiting', processes: [] });

  // Where it is told to work, not where its terminal stands.
  const elsewhere = lab.open('-C', lab.home.home);
  await until('a question or a prompt', () => /trust|›/.test(elsewhere.screen()), elsewhere.screen);
  const fresh = await until('a third thread', () => {
    if (/trust/i.test(elsewhere.screen())) elsewhere.keys('Enter');
    return lab.json(builds[0]!).sessions.find((one: Row) => one.state === 'live' && one.id !== id && one.id !== second);
  });
  expect(fresh).toMatchObject({ cwd: lab.home.home, titleSource: 'none' });
  await lab.ready(elsewhere);
  await talk(elsewhere, 'third', 'Echo: third');
  await says(lab, fresh.id, { cwd: lab.home.home, lastPrompt: 'third' });
});

test('Codex 0.171.0 with its server in the background: the question outlives the terminal', async () => {
  await using lab = await openCodex({ daemon: true });
  const terminal = lab.open();
  await lab.ready(terminal);
  await talk(terminal, 'say hi', 'Echo: say hi');
  const id = newest(lab);
  await says(lab, id, {
    state: 'live',
    activity: 'ready',
    headless: false,
    processes: [{ kind: 'daemon', status: 'idle' }],
  });
  await terminal.say('HANG');
  await says(lab, id, { activity: 'working', processes: [{ status: 'active' }] });
  terminal.keys('Escape');
  await says(lab, id, { activity: 'ready' });
  await talk(terminal, 'BASH echo x > made', asks);
  const needs = { activity: 'needs-you', waitingFor: 'approval', needs: 'approve exec_command: echo x > made' };
  await says(lab, id, needs);

  lab.tmux('kill-pane', '-t', terminal.pane);
  await until('the end of the terminal', () => !lab.processes().includes(terminal.pid));
  await says(lab, id, needs);
  await until('the greeting', () => /^ 1\) ! .*approve exec_command: echo x > made/m.test(said(lab, '--greet')));
  expect(said(lab, '1', '--dry-run')).toBe(`cd -- '${lab.project}' && exec codex resume '${id}'\n`);
  expect(said(lab, 'resume', id)).toMatch(/it is live in process \d+ \(in the background\); go there: wt attach/);
  // `wt <session>` is that, and shows the question again.
  const back = lab.window([...builds[0]!.argv, id]);
  await until('the question', () => asks.test(back.screen()), back.screen);
  back.keys('y');
  await says(lab, id, { activity: 'ready', lastAnswer: 'Done.' });

  // A server that was killed leaves its record, its socket and its locks behind.
  const daemon = await until('the server', () => lab.daemon());
  await talk(back, 'BASH echo y', asks);
  await says(lab, id, { activity: 'needs-you' });
  process.kill(daemon, 'SIGKILL');
  await until('its end', () => {
    const row = lab.json(builds[0]!).sessions.find((one: Row) => one.id === id);
    return row.state !== 'live' && row.processes.length === 0;
  });
});
