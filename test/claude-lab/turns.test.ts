import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answered, type Lab, openLab, type Terminal, until } from './lab.ts';
import { closed, dead, live, prompted, says, turn } from './says.ts';

// What wt says while one conversation goes through everything that can happen at its prompt.

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterEach(() => lab?.closeTerminals());
afterAll(() => lab?.[Symbol.asyncDispose]());

/** A new session at its prompt. */
async function start(args: string[] = [], env: string[] = []): Promise<Terminal & { id: string }> {
  const terminal = lab.open(args, { env });
  const { sessionId } = await terminal.is('idle');
  return { ...terminal, id: sessionId };
}

/** Closes a terminal as a user would, and waits for the end of its Claude. */
async function leave(terminal: Terminal): Promise<void> {
  await terminal.say('/exit');
  await lab.gone(terminal.pid);
}

/** Presses Escape until the session is at its prompt. */
const cancel = (terminal: Terminal) =>
  terminal.press('Escape', 'the prompt', () => terminal.record()?.status === 'idle');

const interrupted = (text: string) => (line: Record<string, unknown>) =>
  line.type === 'user' && JSON.stringify(line.message).includes(`[Request interrupted by user${text}]`);

test('no prompt yet, an answer, the end', async () => {
  const a = await start();
  expect(lab.transcript(a.id)).toBeNull();
  await says(lab, a.id, () => ({
    ...live(lab, a.pid),
    activity: 'ready',
    transcript: null,
    title: a.id,
    titleSource: 'none',
  }));
  await a.talk('hello there');
  const facts = { ...prompted('hello there'), ...turn.answered };
  await says(lab, a.id, () => ({ ...live(lab, a.pid), ...facts, activity: 'ready' }));
  await a.talk('and again');
  await says(lab, a.id, () => ({ ...live(lab, a.pid), ...prompted('and again'), ...turn.answered, activity: 'ready' }));
  await leave(a);
  await says(lab, a.id, () => ({ ...closed(lab, a.id), ...prompted('and again'), ...turn.answered }));
});

test('busy, Esc', async () => {
  const a = await start();
  await a.say('slow: 600');
  await a.is('busy');
  await until('the first words', () => a.screen().includes('word word'), a.screen);
  const facts = prompted('slow: 600');
  await says(lab, a.id, () => ({ ...live(lab, a.pid), ...facts, ...turn.unanswered, activity: 'working' }));
  await cancel(a);
  await lab.wrote(a.id, 'the interruption', interrupted(''));
  await says(lab, a.id, () => ({ ...live(lab, a.pid), ...facts, ...turn.interrupted, activity: 'ready' }));
  await leave(a);
  await says(lab, a.id, () => ({ ...dead(lab, a.id), ...facts, ...turn.interrupted }));
});

describe('permission prompt', () => {
  test('approved, then running, then answered', async () => {
    const a = await start();
    const command = 'touch allowed; while [ ! -e go ]; do sleep 0.1; done';
    await a.say(`bash: ${command}`);
    await a.is('waiting', 'permission prompt');
    const facts = prompted(`bash: ${command}`);
    await says(lab, a.id, () => ({
      ...live(lab, a.pid),
      ...facts,
      ...turn.asking,
      activity: 'needs-you',
      needs: `approve Bash: ${command}`,
    }));
    await a.press('Enter', 'the approval', () => a.record()?.status === 'busy');
    // The transcript is the same as before: only the registry knows that the tool runs now.
    await says(lab, a.id, () => ({ ...live(lab, a.pid), ...facts, ...turn.asking, activity: 'working' }));
    lab.run('touch', ['go']);
    await a.is('idle');
    await lab.wrote(a.id, 'the answer', answered);
    await says(lab, a.id, () => ({ ...live(lab, a.pid), ...facts, ...turn.answered, activity: 'ready' }));
    await leave(a);
  });

  test('of two calls in one message the first is asked for, then the second', async () => {
    const a = await start();
    await a.say('bash: touch first ++ touch second');
    await a.is('waiting', 'permission prompt');
    const asks = (needs: string) => () => ({ ...live(lab, a.pid), ...turn.asking, activity: 'needs-you', needs });
    await says(lab, a.id, asks('approve Bash: touch first'));
    const results = () => lab.lines(a.id).filter((line) => line.type === 'user' && line.toolUseResult).length;
    await a.press('Enter', 'the first result', () => results() === 1);
    await a.is('waiting', 'permission prompt');
    await says(lab, a.id, asks('approve Bash: touch second'));
    await a.press('Enter', 'the second result', () => results() === 2);
    await a.is('idle');
    await says(lab, a.id, () => ({ ...live(lab, a.pid), ...turn.answered, activity: 'ready' }));
    await leave(a);
  });

  test('rejected', async () => {
    const a = await start();
    await a.say('bash: touch rejected');
    await a.is('waiting', 'permission prompt');
    await cancel(a);
    await lab.wrote(a.id, 'the rejection', interrupted(' for tool use'));
    await says(lab, a.id, () => ({ ...live(lab, a.pid), ...turn.interrupted, activity: 'ready', needs: null }));
    await leave(a);
  });
});

test('a question', async () => {
  const a = await start();
  await a.say('ask: Which colour?');
  await a.is('waiting', 'input needed');
  await says(lab, a.id, () => ({
    ...live(lab, a.pid),
    ...prompted('ask: Which colour?'),
    ...turn.asking,
    activity: 'needs-you',
    needs: 'asks: Which colour?',
  }));
  await a.press('Enter', 'the next state', () => a.record()?.status !== 'waiting');
  await a.is('idle');
  await lab.wrote(a.id, 'the answer', answered);
  await says(lab, a.id, () => ({ ...live(lab, a.pid), ...turn.answered, activity: 'ready' }));
  await leave(a);
});

test('plan approval', async () => {
  const a = await start(['--permission-mode', 'plan']);
  await a.say('plan: Paint it red');
  await a.is('waiting', 'permission prompt');
  await says(lab, a.id, () => ({
    ...live(lab, a.pid),
    ...turn.asking,
    activity: 'needs-you',
    needs: expect.stringMatching(/plan/i),
  }));
  await cancel(a);
  await leave(a);
});

test('what is typed while Claude works is the last prompt, once it is taken up', async () => {
  const a = await start();
  await a.say('hold');
  await a.is('busy');
  await lab.wrote(a.id, 'the prompt', (line) => line.type === 'user');
  await a.say('and this');
  await lab.wrote(a.id, 'the queued prompt', (line) => line.operation === 'enqueue');
  await says(lab, a.id, () => ({ ...live(lab, a.pid), ...turn.unanswered, activity: 'working' }));
  await until('its turn', () => lab.api.release());
  await lab.wrote(a.id, 'the answer', (line) => answered(line) && JSON.stringify(line.message).includes('and this'));
  await a.is('idle');
  await says(lab, a.id, () => ({
    ...live(lab, a.pid),
    ...prompted('and this'),
    ...turn.answered,
    activity: 'ready',
    lastPrompt: 'and this',
  }));
});

test('an API error', async () => {
  const a = await start();
  await a.say('error: 400');
  await lab.wrote(a.id, 'the error', (line) => line.isApiErrorMessage === true);
  await a.is('idle');
  const facts = { ...prompted('error: 400'), ...turn.failed };
  await says(lab, a.id, () => ({ ...live(lab, a.pid), ...facts, activity: 'ready' }));
  await leave(a);
  await says(lab, a.id, () => ({ ...dead(lab, a.id), ...facts }));
});

test("the user's own panel", async () => {
  const a = await start();
  await a.talk('hello panel');
  await a.say('/resume');
  await a.is('waiting', 'dialog open');
  await says(lab, a.id, () => ({ ...live(lab, a.pid), ...turn.answered, activity: 'dialog', needs: null }));
  await cancel(a);
  await says(lab, a.id, () => ({ ...live(lab, a.pid), ...turn.answered, activity: 'ready' }));
  await leave(a);
});

test('a background shell', async () => {
  const a = await start();
  await a.say('background: sleep 600');
  await a.is('shell');
  await lab.wrote(a.id, 'the answer', answered);
  await says(lab, a.id, () => ({ ...live(lab, a.pid), ...turn.answered, activity: 'shell' }));
});

describe('a subagent', () => {
  test('works on while the main turn is over', async () => {
    const a = await start();
    await a.say('agent&: hang');
    await lab.wrote(a.id, 'the answer', answered);
    await a.is('busy');
    await says(lab, a.id, () => ({
      ...live(lab, a.pid),
      ...prompted('agent&: hang'),
      ...turn.answered,
      activity: 'working',
    }));
  });

  test('in the background asks for a permission', async () => {
    const a = await start();
    await a.say('agent&: bash: touch sub');
    await lab.wrote(a.id, 'the answer', answered);
    await a.is('waiting', 'permission prompt');
    await says(lab, a.id, () => ({
      ...live(lab, a.pid),
      ...prompted('agent&: bash: touch sub'),
      ...turn.answered,
      activity: 'needs-you',
      needs: 'approve Bash: touch sub',
    }));
  });

  test('in the foreground asks for a permission', async () => {
    const a = await start([], ['CLAUDE_CODE_DISABLE_BACKGROUND_TASKS=1']);
    await a.say('agent: bash: touch sub');
    await a.is('waiting', 'permission prompt');
    await says(lab, a.id, () => ({
      ...live(lab, a.pid),
      ...prompted('agent: bash: touch sub'),
      ...turn.asking,
      activity: 'needs-you',
      needs: 'approve Bash: touch sub',
    }));
  });

  test('runs an approved command while another one asks, then the main turn', async () => {
    const a = await start();
    await a.say('agent&: bash: touch started; while [ ! -e never ]; do sleep 0.1; done');
    await a.is('waiting', 'permission prompt');
    await a.press('Enter', 'the first command', () => lab.run('test', ['-e', 'started']).status === 0);
    await a.is('busy');
    await says(lab, a.id, () => ({ ...live(lab, a.pid), ...turn.answered, activity: 'working', needs: null }));
    const asks = (needs: string) => () => ({ ...live(lab, a.pid), activity: 'needs-you', needs });
    await a.say('agent&: bash: touch second');
    await a.is('waiting', 'permission prompt');
    await says(lab, a.id, asks('approve Bash: touch second'));
    await a.press('Escape', 'the rejection', () => a.record()?.status !== 'waiting');
    await lab.wrote(a.id, 'the end of the second', (line) =>
      /task-notification/.test(JSON.stringify(line.message ?? '')),
    );
    await a.say('bash: touch main');
    await a.is('waiting', 'permission prompt');
    await says(lab, a.id, asks('approve Bash: touch main'));
  });
});
