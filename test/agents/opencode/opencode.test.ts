import { copyFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { until } from '../../support/claude-home.ts';
import {
  answer,
  call,
  databaseOf,
  execute,
  type OpencodeMessage,
  opencodeSessions,
  prompt,
} from '../../support/opencode-home.ts';
import { Screen } from '../../support/screen.ts';
import { idling, opening, renamed } from '../../support/stand-in.ts';
import { type Report, report, rowOf } from '../../support/told.ts';
import { builds, type Scratch, scratch, wt } from '../../support/wt.ts';

const [native, node] = [builds[0]!, builds[1]!];
const hour = 3_600_000;

/** An id as OpenCode makes them. */
const ses = (n: number) => `ses_ddb4730bcffefoqu7GXRaom${String(n).padStart(3, '0')}`;

const denied = ['question', 'plan_enter', 'plan_exit'].map((permission) => ({
  permission,
  pattern: '*',
  action: 'deny',
}));

function lookAt(home: Scratch, n = 1) {
  return rowOf(report(native, home), ses(n));
}

test('sessions are listed with their facts, sub-agents are not', () => {
  using home = scratch();
  const at = Date.now() - hour;
  const talk = [prompt('fix the redirect', at), answer('Fixed.', at + 1000)];
  opencodeSessions(
    home,
    { id: ses(1), directory: home.home, title: 'Fix the redirect', messages: talk },
    { id: ses(2), directory: home.home, messages: [prompt('"a quoted one"', at)] },
    { id: ses(3), directory: home.home, title: 'Look (@general subagent)', parent: ses(1), messages: talk },
    { id: ses(4), directory: home.home, title: 'Run', permission: denied, messages: talk },
    { id: ses(5), directory: home.home, title: 'Gone on', permission: denied, messages: [...talk, ...talk.map(later)] },
    { id: ses(6), directory: home.home, title: 'Put away', archivedAt: at + 2000, messages: talk },
    { id: 'ses_ evil --x', directory: home.home, title: 'Evil', messages: talk },
    { id: ses(7), directory: home.home, title: 'Nothing said', messages: [] },
  );
  const all = report(native, home);
  expect(all.sessions.map((one) => one.id).toSorted()).toEqual([1, 2, 4, 5, 6].map(ses));
  expect(rowOf(all, ses(1))).toMatchObject({
    agent: 'opencode',
    title: 'Fix the redirect',
    titleSource: 'ai',
    state: 'waiting',
    lastTurn: { by: 'opencode', how: 'answered', pending: false },
    lastActivityAt: new Date(at + 1000).toISOString(),
    cwd: home.home,
    branch: null,
    firstPrompt: 'fix the redirect',
    lastAnswer: 'Fixed.',
    headless: false,
  });
  expect(rowOf(all, ses(2))).toMatchObject({ title: 'a quoted one', titleSource: 'first-prompt', cutOff: true });
  expect(rowOf(all, ses(4))).toMatchObject({ headless: true, state: 'idle' });
  expect(rowOf(all, ses(5))).toMatchObject({ headless: false, state: 'waiting' });
  expect(rowOf(all, ses(6))).toMatchObject({ state: 'idle' });
  expect(report(native, home).sessions).toEqual(all.sessions);
});

function later(message: OpencodeMessage): OpencodeMessage {
  return { ...message, at: message.at + 5000 };
}

const command = { command: 'rm x' };

test.each<[string, (at: number) => OpencodeMessage, string, boolean]>([
  ['an answer that streams', (at) => ({ ...answer('', at), data: { time: { created: at } } }), 'working', true],
  ['a command that is asked for', (at) => call('bash', command, {}, at), 'asking', true],
  ['a command that runs', (at) => call('bash', command, { metadata: { output: '' } }, at), 'working', true],
  ['a question', (at) => call('question', { questions: [{ question: 'Which?' }] }, {}, at), 'asking', true],
  ['a tool of a server', (at) => call('server_tool', {}, {}, at), 'asking', true],
  [
    'between calls and the next answer',
    (at) => ({ ...answer('', at), data: { finish: 'tool-calls' } }),
    'working',
    true,
  ],
  ['Esc', (at) => failed('MessageAbortedError', 'Aborted', at), 'interrupted', false],
  ['an error', (at) => failed('APIError', 'made up', at), 'failed', false],
])('%s', (_, message, how, pending) => {
  using home = scratch();
  const at = Date.now() - hour;
  opencodeSessions(home, {
    id: ses(1),
    directory: home.home,
    title: 'T',
    messages: [prompt('go', at), message(at + 1)],
  });
  const reason = how === 'failed' ? 'made up' : null;
  expect(lookAt(home)).toMatchObject({ lastTurn: { how, pending, reason }, cutOff: pending });
});

function failed(name: string, message: string, at: number): OpencodeMessage {
  return { ...answer('', at), data: { error: { name, data: { message } } } };
}

test('what can be done with one', () => {
  using home = scratch();
  const at = Date.now() - hour;
  opencodeSessions(home, {
    id: ses(1),
    directory: home.home,
    title: 'T',
    messages: [prompt('go', at), answer('ok', at)],
  });
  writeFileSync(join(home.home, 'opencode'), '#!/bin/sh\n', { mode: 0o755 });
  home.env.PATH = `${home.home}:${home.env.PATH}`;
  const dry = (...args: string[]) => wt(native, [...args, ses(1), '--dry-run'], home);
  expect(dry('resume').stdout).toBe(`cd -- '${home.home}' && exec opencode --session '${ses(1)}'\n`);
  expect(dry('fork').stdout).toBe(`cd -- '${home.home}' && exec opencode --session '${ses(1)}' --fork\n`);
  expect(dry('archive').stderr).toMatch(/^wt: can't archive .*: OpenCode keeps its sessions in one database/);
  const shown = wt(native, ['show', ses(1)], home).stdout;
  expect(shown).toMatch(/go[\s\S]*ok/);
});

test('wt find says that it does not look into them, and what finds them instead', () => {
  using home = scratch();
  const at = Date.now() - hour;
  const messages = [prompt('Look at the walrus', at), answer('ok', at)];
  opencodeSessions(home, { id: ses(1), directory: home.home, title: 'T', messages });
  const refusal =
    'what was said to OpenCode is not searched: type the words into the picker (wt), which knows titles and';
  const find = (...words: string[]) => wt(native, ['find', ...words], home);
  expect([find('walrus', 'agent:opencode').status, find('walrus', 'by:opencode').status]).toEqual([1, 1]);
  expect(find('walrus', 'agent:opencode').stderr).toBe(`wt: ${refusal} prompts\n`);
  expect(find('walrus').stderr).toBe(`wt: nothing was said that fits walrus; ${refusal} prompts\n`);
  expect(find('walrus', 'agent:claude').stderr).toBe('wt: nothing was said that fits walrus agent:claude\n');
});

describe('who holds one', () => {
  test('sessions that a running opencode may show are unknown', async () => {
    using home = scratch();
    const project = join(home.home, 'project');
    mkdirSync(project);
    const [before, since] = [Date.now() - hour, Date.now() + 5000];
    const talk = (at: number) => [prompt('go', at), answer('ok', at)];
    opencodeSessions(
      home,
      { id: ses(1), directory: project, title: 'Old', messages: talk(before) },
      { id: ses(2), directory: project, title: 'New', messages: talk(since) },
      { id: ses(3), directory: home.home, title: 'Elsewhere', messages: talk(since) },
      { id: ses(4), directory: home.home, title: 'Named', messages: talk(before) },
    );
    using other = await idling(home, 'opencode', { cwd: project });
    const states = (all: Report) => [1, 2, 3, 4].map((n) => rowOf(all, ses(n))?.state);
    // One that merely bears the name has no database open.
    expect(states(report(native, home))).toEqual(['waiting', 'waiting', 'waiting', 'waiting']);
    using one = await opening(home, 'opencode', databaseOf(home), { cwd: project, args: [`--session=${ses(4)}`] });
    expect(states(report(native, home))).toEqual(['waiting', 'unknown', 'waiting', 'unknown']);
    expect(wt(native, ['resume', ses(2)], home).stderr).toContain(`runs in its directory as process ${one.pid}`);
    await one.kill();
    await other.kill();
    expect(states(report(native, home))).toEqual(['waiting', 'waiting', 'waiting', 'waiting']);
  });

  test('the title of its tmux pane proves which it shows, and then what it asks', async () => {
    using home = scratch();
    const at = Date.now() - hour;
    const title = 'A title that is much longer than forty characters are';
    const talk = [prompt('go', at), answer('ok', at)];
    opencodeSessions(
      home,
      { id: ses(1), directory: home.home, title, messages: talk },
      { id: ses(2), directory: home.home, title: 'Short', messages: talk },
    );
    const program = renamed(home, '/usr/bin/tail', 'opencode');
    /** An OpenCode in a pane with that title. */
    const begin = async (text: string) => {
      const told = join(home.home, 'socket');
      rmSync(told, { force: true });
      const script = `while [ ! -s '${told}' ]; do sleep 0.05; done; export TMUX="$(cat '${told}'),1,0"
        printf '\\033]2;%s\\033\\\\' '${text}'; exec "$0" -f '${databaseOf(home)}' >'${told}.out'`;
      const screen = Screen.start(home, ['sh', '-c', script, program]);
      writeFileSync(told, screen.socketPath());
      await until(() => [1, 2].some((n) => lookAt(home, n)?.state === 'live'), `a pane of ${text}`, 60_000);
      return screen;
    };
    // On a busy machine tmux may not answer in time, which tells nothing.
    const shows = (n: number, what: Record<string, unknown>) =>
      until(
        () => Object.entries(what).every(([name, value]) => lookAt(home, n)?.[name] === value),
        JSON.stringify(what),
        60_000,
      );
    {
      using screen = await begin(`OC | ${title.slice(0, 39)}…`);
      expect(screen.text()).toBe('');
      await shows(1, { state: 'live', activity: 'ready' });
      await shows(2, { state: 'waiting' });
      const now = Date.now() + 5000;
      const asks = [...talk, prompt('remove it', now), call('bash', command, {}, Date.now() - 2000)];
      asks[3]!.at = now;
      opencodeSessions(home, { id: ses(1), directory: home.home, title, messages: asks });
      await shows(1, { activity: 'needs-you', needs: 'approve bash: rm x' });
      asks[3] = { ...call('server_tool', {}, {}, now), at: now + 1 };
      opencodeSessions(home, { id: ses(1), directory: home.home, title, messages: asks });
      await shows(1, { activity: 'in-turn' });
    }
    using screen = await begin('OC | Short');
    expect(screen.text()).toBe('');
    await shows(2, { state: 'live' });
  });
});

test.each<[string, (path: string) => void]>([
  ['no database', () => {}],
  ['a cut one', (path) => truncateSync(path, 6000)],
  ['an empty one', (path) => truncateSync(path, 0)],
  ['one of garbage', (path) => writeFileSync(path, Buffer.alloc(40_000, 7))],
  [
    'a folder',
    (path) => {
      rmSync(path);
      mkdirSync(path);
    },
  ],
])('%s makes no wrong row', (what, spoil) => {
  using home = scratch();
  const path = databaseOf(home);
  if (what === 'no database') mkdirSync(join(path, '..'), { recursive: true });
  else {
    opencodeSessions(home, { id: ses(1), directory: home.home, title: 'T', messages: [prompt('go', 1)] });
    for (const beside of ['-wal', '-shm']) rmSync(`${path}${beside}`, { force: true });
    spoil(path);
  }
  const all = report(native, home);
  expect(all.sessions).toEqual([]);
  expect(all.skipped).toBeLessThanOrEqual(1);
});

test('a database of another shape is skipped, and strange values in it are passed over', () => {
  using home = scratch();
  const at = Date.now() - hour;
  const talk = [prompt('go', at), answer('ok', at)];
  opencodeSessions(home, { id: ses(1), directory: home.home, title: '\u001b[31mred', messages: talk });
  opencodeSessions(home, {
    id: ses(2),
    directory: home.home,
    title: 'Long',
    messages: [prompt('x'.repeat(300_000), at)],
  });
  execute(home, [
    [`UPDATE part SET data = '{"type":' WHERE session_id = '${ses(1)}' AND data LIKE '%"go"%'`],
    [`INSERT INTO session VALUES (x'00ff', 'p', NULL, 7, 8, 'v', '[', 'soon', 'later', NULL)`],
  ]);
  const all = report(native, home);
  expect(rowOf(all, ses(1))).toMatchObject({ title: 'red', firstPrompt: null, lastAnswer: 'ok' });
  expect(rowOf(all, ses(2))?.firstPrompt).toBe('x'.repeat(300));
  expect(all.sessions).toHaveLength(2);
  execute(home, [['DROP TABLE part']]);
  const broken = report(native, home);
  expect(broken.sessions).toEqual([]);
  expect(broken.skipped).toBe(1);
});

test('nothing is written into the database', () => {
  using home = scratch();
  const at = Date.now() - hour;
  opencodeSessions(home, { id: ses(1), directory: home.home, title: 'T', messages: [prompt('go', at)] });
  copyFileSync(databaseOf(home), join(home.home, 'before'));
  report(native, home);
  expect(readFileSync(databaseOf(home)).equals(readFileSync(join(home.home, 'before')))).toBe(true);
});

test('the Node build lists none, and its doctor says so once', () => {
  using home = scratch();
  opencodeSessions(home, { id: ses(1), directory: home.home, title: 'T', messages: [prompt('go', Date.now())] });
  expect(report(node, home).sessions).toEqual([]);
  const said = wt(node, ['doctor'], home).stdout;
  expect(said.match(/can't be read by the Node build/g)).toHaveLength(1);
  expect(wt(native, ['doctor'], home).stdout).not.toContain('Node build');
});
