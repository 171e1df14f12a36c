import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answered, type Lab, openLab, type Row, type Terminal } from './lab.ts';
import { closed, dead, live, says, turn } from './says.ts';

// What wt says of a session whose process has ended: closed by its user, dropped after an answer, or cut off.
//
// What Claude 2.1.332 leaves behind: `/exit` stands in history.jsonl and nowhere in the transcript. Every end but
// SIGKILL writes `cost-state` and removes the registry record, so neither tells the user's own end from a signal.

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterEach(() => lab?.closeTerminals());
afterAll(() => lab?.[Symbol.asyncDispose]());

/** A session in which one thing was said and answered. */
async function start(): Promise<Terminal & { id: string }> {
  const terminal = lab.open();
  const { sessionId } = await terminal.is('idle');
  await terminal.talk('hello there');
  return { ...terminal, id: sessionId };
}

/** Says something that Claude never answers. */
async function hang(a: Terminal & { id: string }): Promise<void> {
  await a.say('hang');
  await a.is('busy');
  await lab.wrote(a.id, 'the prompt', (line) => line.type === 'user' && line.message.content === 'hang');
}

const ends: Record<string, (a: Terminal) => unknown> = {
  '/exit': (a) => a.say('/exit'),
  quit: (a) => a.say('quit'),
  'Ctrl-D twice': (a) => a.press('C-d', 'the end', () => a.record() === null),
  'Ctrl-C twice': (a) => a.press('C-c', 'the end', () => a.record() === null),
  'the terminal': (a) => lab.tmux('kill-pane', '-t', a.pane),
  SIGTERM: (a) => process.kill(a.pid, 'SIGTERM'),
  SIGKILL: (a) => process.kill(a.pid, 'SIGKILL'),
};

describe('after an answer', () => {
  test.each(['/exit', 'quit'])('%s: nothing to come back to', async (end) => {
    const a = await start();
    await ends[end]?.(a);
    await lab.gone(a.pid);
    await says(lab, a.id, () => ({ ...closed(lab, a.id), ...turn.answered, cutOff: false }));
    // Gone on with and dropped, it waits again.
    const b = lab.open(['--resume', a.id]);
    await b.is('idle');
    await b.talk('hello again');
    await ends['the terminal']?.(b);
    await lab.gone(b.pid);
    await says(lab, a.id, () => ({ ...dead(lab, a.id), ...turn.answered, cutOff: false }));
  });

  test.each(['Ctrl-D twice', 'the terminal', 'SIGTERM', 'SIGKILL'])(
    '%s: it waits, and nothing was cut off',
    async (end) => {
      const a = await start();
      await ends[end]?.(a);
      await lab.gone(a.pid);
      await says(lab, a.id, () => ({ ...dead(lab, a.id), ...turn.answered, cutOff: false }));
    },
  );
});

describe('in mid-turn', () => {
  test.each(['/exit', 'Ctrl-D twice', 'the terminal', 'SIGTERM', 'SIGKILL'])('%s: cut off', async (end) => {
    const a = await start();
    await hang(a);
    await ends[end]?.(a);
    await lab.gone(a.pid);
    await says(lab, a.id, () => ({ ...dead(lab, a.id), ...turn.unanswered, cutOff: true }));
  });

  test.each(['the terminal', 'SIGTERM', 'SIGKILL'])('%s while a permission prompt waits: cut off', async (end) => {
    const a = await start();
    await a.say('bash: touch never');
    await a.is('waiting', 'permission prompt');
    await lab.wrote(a.id, 'the call', (line) => line.message?.content?.[0]?.type === 'tool_use');
    await ends[end]?.(a);
    await lab.gone(a.pid);
    await says(lab, a.id, () => ({ ...dead(lab, a.id), ...turn.asking, cutOff: true }));
    // Claude doesn't ask again.
    const b = lab.open(['--resume', a.id]);
    await b.is('idle');
    await says(lab, a.id, () => ({ ...live(lab, b.pid), activity: 'ready', needs: null }));
    await b.talk('hello again');
    await says(lab, a.id, () => ({ ...live(lab, b.pid), ...turn.answered, activity: 'ready' }));
  });

  test('SIGTERM while a command runs: cut off, though its result is written behind cost-state', async () => {
    const a = await start();
    await a.say('bash: touch begun; while [ ! -e never ]; do sleep 0.1; done');
    await a.is('waiting', 'permission prompt');
    await a.press('Enter', 'the approval', () => lab.run('test', ['-e', 'begun']).status === 0);
    process.kill(a.pid, 'SIGTERM');
    await lab.gone(a.pid);
    await says(lab, a.id, () => ({ ...dead(lab, a.id), cutOff: true }));
  });
});

describe('a failed turn says why', () => {
  async function fails(where: Lab, prompt: string, reason: RegExp): Promise<void> {
    const a = where.open();
    const { sessionId: id } = await a.is('idle');
    await a.say(prompt);
    await where.wrote(id, 'the failure', (line) => line.isApiErrorMessage === true);
    await a.is('idle');
    const facts: Row = {
      lastTurn: expect.objectContaining({
        by: 'claude',
        how: 'failed',
        pending: false,
        reason: expect.stringMatching(reason),
      }),
    };
    await says(where, id, () => ({ ...live(where, a.pid), ...facts, activity: 'ready' }));
    process.kill(a.pid, 'SIGTERM');
    await where.gone(a.pid);
    await says(where, id, () => ({ ...dead(where, id), ...facts }));
  }

  test.each([
    ['error: 529 Overloaded', /overloaded/i],
    ['error: 500 Internal server error', /server error|500/i],
    ['error: 401 invalid x-api-key', /API key/i],
    ['error: 400 prompt is too long: 210000 tokens > 200000 maximum', /too long|context/i],
    ['error: 400 Your credit balance is too low to access the Anthropic API.', /credit/i],
    ['refuse', /safeguards|refus/i],
    ['full', /output/i],
  ])('%s', (prompt, reason) => fails(lab, prompt, reason));

  test('the usage limit of a subscription, with the time at which it ends', async () => {
    await using other = await openLab({ subscription: true });
    await fails(other, 'limit: 7200', /usage limit, resets \d{1,2}(:\d\d)?[ap]m/);
  });
});

test('an answer is whole however the process ends', async () => {
  for (const end of ['SIGTERM', 'SIGKILL', 'the terminal']) {
    const a = await start();
    await ends[end]?.(a);
    await lab.gone(a.pid);
    expect(lab.lines(a.id).filter(answered), end).toHaveLength(1);
  }
});
