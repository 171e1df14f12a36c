import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builds } from '../support/wt.ts';
import { end, type Lab, openLab } from './lab.ts';
import type { Terminal } from './terminal.ts';

// What wt says of the real Copilot CLI, state by state, and where it takes its user.

let lab: Lab;
beforeAll(async () => {
  lab = await openLab('copilot');
});
afterAll(() => lab?.[Symbol.asyncDispose]());

const [native, node] = [builds[0]!, builds[1]!];

/** What both builds say of a session, in the end. */
async function say(prompt: string | null, what: object, terminal?: Terminal): Promise<Record<string, unknown>> {
  const row = await lab.says(native, prompt, what, terminal);
  await lab.says(node, prompt, what, terminal);
  return row;
}

const bash = (command: string) => `tool: bash ${JSON.stringify({ command, description: 'Do it' })}`;

/** Starts Copilot and stands at its prompt. */
async function open(...args: string[]): Promise<Terminal> {
  const terminal = lab.open(...args);
  await terminal.answer('Do you trust the files in this folder?', 'Enter');
  await terminal.shows('/ commands');
  return terminal;
}

test('from its start to its end', async () => {
  const terminal = await open();
  await say(null, { agent: 'copilot', state: 'live', activity: 'ready', cwd: lab.project }, terminal);

  await terminal.say('hello once');
  await say('hello once', {
    state: 'live',
    activity: 'ready',
    title: 'hello once',
    lastAnswer: 'You said: hello once',
  });

  const command = `until [ -e ${lab.project}/go ]; do sleep 0.1; done`;
  await terminal.say(bash(command));
  await say('hello once', { state: 'live', activity: 'needs-you', needs: `approve shell: ${command}` }, terminal);
  await terminal.answer('Do you want to run this command?', 'Enter');
  await say('hello once', { activity: 'working' }, terminal);
  writeFileSync(join(lab.project, 'go'), '');
  await say('hello once', { activity: 'ready', lastTurn: { by: 'copilot', how: 'answered' } }, terminal);

  const form = { type: 'object', properties: { colour: { type: 'string', enum: ['red', 'blue'] } } };
  await terminal.say(`tool: ask_user ${JSON.stringify({ message: 'Which colour?', requestedSchema: form })}`);
  await say('hello once', { activity: 'needs-you', needs: 'asks: Which colour?' }, terminal);
  await terminal.answer('Copilot needs information', 'Enter');
  await say('hello once', { activity: 'ready', lastTurn: { how: 'answered' } }, terminal);

  const sub = { agent_type: 'general-purpose', name: 'looker', description: 'Look', prompt: bash('touch sub') };
  await terminal.say(`tool: task ${JSON.stringify(sub)}`);
  await say('hello once', { activity: 'needs-you', needs: 'approve shell: touch sub' }, terminal);
  await terminal.answer('Do you want to run this command?', 'Escape');
  await say('hello once', { activity: 'ready' }, terminal);

  await terminal.say('error: 400');
  await say('hello once', { activity: 'ready', lastTurn: { how: 'failed', reason: '400 made up' } }, terminal);

  await terminal.say('/rename My own name');
  await say('hello once', { title: 'My own name', titleSource: 'custom' }, terminal);

  await terminal.say(bash('touch never'));
  const { id } = await say('hello once', { activity: 'needs-you' }, terminal);
  await lab.refuses(['resume', String(id)], 'it is live in process');
  end(terminal.pid);
  await say('hello once', { state: 'waiting', cutOff: true, lastTurn: { how: 'asking' } });

  // wt takes its user back; until something is said, nothing proves who holds it.
  const again = lab.window([...native.argv, 'resume', String(id)], lab.home.home);
  await again.answer('Do you trust', 'Enter');
  await again.shows('You said: hello once');
  await say('hello once', { state: 'unknown', processes: { length: 1 } }, again);
  await again.say('hello again');
  await say('hello once', { state: 'live', activity: 'ready', lastAnswer: 'You said: hello again' }, again);
  await again.say('/exit');
  await say('hello once', { state: 'waiting', cutOff: false, processes: { length: 0 } });
  for (const words of [
    ['hello', 'again'],
    ['--tools', 'responded', 'red'],
  ])
    expect(await lab.found(native, ...words)).toEqual([id]);
});

test('one that a program drives', async () => {
  expect(await lab.runToEnd('-p', 'hello headless', '--allow-all-tools')).toBe(0);
  const row = await say('hello headless', { headless: true, state: 'idle', lastTurn: { how: 'answered' } });
  expect(readdirSync(join(lab.home.home, '.copilot', 'session-state'))).toContain(row.id);
});
