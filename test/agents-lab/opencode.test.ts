import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builds } from '../support/wt.ts';
import { end, type Lab, openLab } from './lab.ts';
import { type Terminal, until } from './terminal.ts';

// What wt says of the real OpenCode, state by state, and where it takes its user. The native build alone reads databases.

let lab: Lab;
beforeAll(async () => {
  lab = await openLab('opencode');
});
afterAll(() => lab?.[Symbol.asyncDispose]());

const [native, node] = [builds[0]!, builds[1]!];

const say = (prompt: string | null, what: object, terminal?: Terminal) => lab.says(native, prompt, what, terminal);
const bash = (command: string) => `tool: bash ${JSON.stringify({ command, description: 'Do it' })}`;

/** Waits until OpenCode takes what is typed: keys that come before are lost. */
async function ready(terminal: Terminal): Promise<Terminal> {
  await terminal.shows('ctrl+p commands');
  await terminal.say('ready?', 'C-u');
  await until('an empty line', () => !terminal.screen().includes('ready?'), terminal.screen);
  return terminal;
}

test('from its start to its end', async () => {
  const terminal = await ready(lab.open());
  expect(await lab.rows(native)).toEqual([]);

  await terminal.say('hello once');
  const answered = {
    state: 'live',
    activity: 'ready',
    title: 'Title of: hello once',
    lastAnswer: 'You said: hello once',
  };
  await say('hello once', { ...answered, cwd: lab.project, lastTurn: { by: 'opencode', how: 'answered' } }, terminal);

  const command = `until [ -e ${lab.project}/go ]; do sleep 0.1; done`;
  await terminal.say(bash(command));
  await say('hello once', { state: 'live', activity: 'needs-you', needs: `approve bash: ${command}` }, terminal);
  await terminal.answer('Permission required', 'Enter');
  await say('hello once', { activity: 'working' }, terminal);
  writeFileSync(join(lab.project, 'go'), '');
  await say('hello once', { activity: 'ready', lastTurn: { how: 'answered' } }, terminal);

  const options = ['Red', 'Blue'].map((label) => ({ label, description: label }));
  const questions = [{ question: 'Which colour?', header: 'Colour', options }];
  await terminal.say(`tool: question ${JSON.stringify({ questions })}`);
  await say('hello once', { activity: 'needs-you', needs: 'asks: Which colour?' }, terminal);
  await terminal.answer('Which colour?', 'Enter');
  await say('hello once', { activity: 'ready' }, terminal);

  await terminal.say(`tool: edit ${JSON.stringify({ filePath: `${lab.project}/e`, oldString: '', newString: 'x' })}`);
  await say('hello once', { activity: 'needs-you', needs: `approve edit: ${lab.project}/e` }, terminal);
  await terminal.answer('Permission required', 'Enter');
  await say('hello once', { activity: 'ready' }, terminal);

  await terminal.say('hang');
  await say('hello once', { activity: 'working' }, terminal);
  // Escape is to be pressed twice, the second time while the screen says so.
  await until(
    'an interruption',
    async () => {
      if (/esc (?:interrupt|again)/i.test(terminal.screen())) terminal.keys('Escape');
      const [row] = await lab.rows(native);
      return row?.lastTurn?.how === 'interrupted';
    },
    terminal.screen,
  );
  await say('hello once', { activity: 'ready', lastTurn: { by: 'you', how: 'interrupted' } }, terminal);

  await terminal.say('error: 400');
  await say('hello once', { activity: 'ready', lastTurn: { how: 'failed' } }, terminal);

  await terminal.say(bash('touch never'));
  const { id } = await say('hello once', { activity: 'needs-you' }, terminal);
  await lab.refuses(['resume', id], 'it is live in process');
  end(terminal.pid);
  await say('hello once', { state: 'waiting', cutOff: true, processes: { length: 0 } });

  // wt takes its user back: what the killed one left open is no turn of the new one's.
  const again = await ready(lab.window([...native.argv, 'resume', id], lab.home.home));
  await say('hello once', { state: 'live', activity: 'ready' }, again);
  end(again.pid);
});

test('without a title it is unknown which session is shown', async () => {
  const terminal = await ready(lab.window(['env', 'OPENCODE_DISABLE_TERMINAL_TITLE=1', ...lab.argv]));
  await terminal.say('hello untitled');
  const row = await say('hello untitled', { state: 'unknown', lastTurn: { how: 'answered' } }, terminal);
  expect(row.processes).toMatchObject([{ pid: terminal.pid }]);
  end(terminal.pid);
  await say('hello untitled', { state: 'waiting' });
});

test('one that a program drives', async () => {
  expect(await lab.runToEnd('run', 'hello headless')).toBe(0);
  await say('hello headless', { headless: true, state: 'idle', lastTurn: { how: 'answered' } });
});

test('the Node build lists none of them', async () => {
  expect(await lab.rows(node)).toEqual([]);
});
