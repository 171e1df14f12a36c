import { afterAll, beforeAll, expect, test } from 'vitest';
import { builds } from '../support/wt.ts';
import { end, type Lab, openLab } from './lab.ts';
import { type Terminal, until } from './terminal.ts';

// What wt says of the real Gemini CLI, state by state, and where it takes its user.

let lab: Lab;
beforeAll(async () => {
  lab = await openLab('gemini');
});
afterAll(() => lab?.[Symbol.asyncDispose]());

const [native, node] = [builds[0]!, builds[1]!];

/** What both builds say of a session, in the end. */
async function say(prompt: string, what: object, terminal?: Terminal): Promise<Record<string, unknown>> {
  const row = await lab.says(native, prompt, what, terminal);
  await lab.says(node, prompt, what, terminal);
  return row;
}

const titled = (terminal: Terminal, sign: string) =>
  until(`${sign} in the title`, () => terminal.title().startsWith(sign), terminal.screen);

test('from its start to its end', async () => {
  const terminal = lab.open();
  await titled(terminal, '◇');
  expect(await lab.rows(native)).toEqual([]);

  await terminal.say('hello once');
  // It may be any process's that began before: only in a turn it must be this one's.
  const answered = { state: 'unknown', lastAnswer: 'You said: hello once', lastTurn: { how: 'answered' } };
  await say('hello once', { ...answered, title: 'hello once', cwd: lab.project }, terminal);

  await terminal.say(
    `tool: run_shell_command ${JSON.stringify({ command: "touch done; echo wal''rus", description: 'Say it' })}`,
  );
  await titled(terminal, '✋');
  await say('hello once', { state: 'live', activity: 'needs-you' }, terminal);
  await terminal.answer('Allow execution', 'Enter');
  await titled(terminal, '◇');
  await say('hello once', { state: 'unknown', lastAnswer: 'Done.' }, terminal);

  await terminal.say('hang');
  await titled(terminal, '✦');
  await say('hello once', { state: 'live', activity: 'working', lastTurn: { how: 'unanswered' } }, terminal);
  terminal.keys('Escape');
  await titled(terminal, '◇');
  await say('hello once', { state: 'unknown' }, terminal);

  await terminal.say('error: 400');
  await say('hello once', { lastTurn: { how: 'failed', reason: 'made up' } }, terminal);

  await terminal.say('hello twice');
  const { id } = await say('hello once', { lastAnswer: 'You said: hello twice' }, terminal);
  lab.tmux('kill-window', '-a', '-t', '=0:0');
  // It has been seen to outlive its terminal.
  await until('the end of its processes', async () => {
    const left = (await lab.rows(native)).flatMap((row) => row.processes);
    for (const { pid } of left) end(pid);
    return left.length === 0;
  });
  await say('hello once', { state: 'waiting', cutOff: false, processes: { length: 0 } });

  // wt takes its user back, in the project from wherever he is.
  const again = lab.window([...native.argv, 'resume', String(id)], lab.home.home);
  await titled(again, '◇');
  await again.shows('You said: hello twice');
  await say('hello once', { state: 'unknown' }, again);
  await again.say('hello again');
  await say('hello once', { state: 'unknown', lastAnswer: 'You said: hello again' }, again);
  for (const words of [
    ['hello', 'twice'],
    ['--tools', 'walrus'],
  ])
    expect(await lab.found(native, ...words)).toContain(id);
});

test('one that a program drives', async () => {
  expect(await lab.runToEnd('-p', 'hello headless')).toBe(0);
  await say('hello headless', { lastTurn: { how: 'answered' } });
});
