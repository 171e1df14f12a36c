import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConversation } from '../../../src/agents/codex/conversation.ts';
import { factsFrom, readRollout } from '../../../src/agents/codex/transcript.ts';
import type { Facts } from '../../../src/core/facts.ts';
import { type Form, Rollout, threadId } from '../../support/codex-home.ts';
import { fileAt } from '../../support/file-at.ts';
import { scratch } from '../../support/wt.ts';

const at = Date.parse('2026-11-29T01:00:00.000Z');

function read(rollout: Rollout, more = ''): Facts {
  using home = scratch();
  const path = rollout.write(home, at);
  appendFileSync(path, more);
  const facts = readRollout(fileAt(path), 'tail');
  // The ends tell all; what was kept gives the same.
  expect({ ...readRollout(fileAt(path), 'full'), kept: null, complete: null }).toEqual({
    ...facts,
    kept: null,
    complete: null,
  });
  expect(factsFrom(JSON.parse(JSON.stringify(facts.kept)))).toEqual(facts);
  return facts;
}

const begun = (form: Form = 'paginated', meta = {}) => new Rollout(threadId(1), { cwd: '/home/u/api', ...meta }, form);

describe.each(['paginated', 'legacy'] as const)('%s', (form) => {
  test('an answered session', () => {
    const facts = read(
      begun(form, { git: { branch: 'main' } })
        .turn('Fix it', 'Done.')
        .turn('And that', 'That too.'),
    );
    expect(facts).toMatchObject({
      title: { text: 'Fix it', source: 'first-prompt' },
      firstPrompt: 'Fix it',
      lastPrompt: 'And that',
      lastAnswer: 'That too.',
      directories: ['/home/u/api'],
      branch: 'main',
      lastActivityAt: at,
      lastTurn: { by: 'agent', how: 'answered' },
      pending: null,
      hasTalk: true,
      isPart: false,
      headless: false,
      complete: true,
    });
  });

  test.each<[string, (rollout: Rollout) => Rollout, Partial<Facts>]>([
    ['works', (one) => one.begin().prompt('Fix it'), { lastTurn: { by: 'agent', how: 'working', reason: null } }],
    [
      'waits with a call',
      (one) => one.begin().prompt('Fix it').call('exec_command', { cmd: 'make' }),
      { lastTurn: { by: 'agent', how: 'asking', reason: null }, pending: { tool: 'exec_command', about: 'make', at } },
    ],
    [
      'waits with the second of two calls',
      (one) => one.begin().prompt('Fix it').call('a', { cmd: 'a' }, 'a').call('b', { cmd: 'b' }, 'b').result('a'),
      { pending: { tool: 'b', about: 'b', at: at - 1000 } },
    ],
    [
      'had its call answered',
      (one) => one.begin().prompt('Fix it').call('a', { cmd: 'a' }).result(),
      { lastTurn: { by: 'agent', how: 'working', reason: null }, pending: null },
    ],
    [
      'was interrupted with a call',
      (one) => one.begin().prompt('Fix it').call('a', { cmd: 'a' }).abort(),
      { lastTurn: { by: 'you', how: 'interrupted', reason: null }, pending: null },
    ],
    [
      'failed',
      (one) =>
        one
          .begin()
          .prompt('Fix it')
          .end({ error: { message: '{"error":{"message":"out of credit"}}' } }),
      { lastTurn: { by: 'agent', how: 'failed', reason: 'out of credit' } },
    ],
    [
      'failed as an older one says it',
      (one) => one.begin().prompt('Fix it').add('event_msg', { type: 'error', message: 'out of credit' }).end(),
      { lastTurn: { by: 'agent', how: 'failed', reason: 'out of credit' } },
    ],
    [
      'works on after a failure',
      (one) =>
        one
          .begin()
          .prompt('a')
          .end({ error: { message: 'no' } })
          .begin()
          .prompt('again'),
      { lastTurn: { by: 'agent', how: 'working', reason: null }, lastPrompt: 'again' },
    ],
  ])('one that %s', (_, lines, facts) => {
    expect(read(lines(begun(form)))).toMatchObject(facts);
    // The turns before are over, whatever was left open in them.
    expect(
      read(lines(begun(form).begin().prompt('x').call('left', { cmd: 'open' }, 'open').turn('y', 'z'))),
    ).toMatchObject(facts);
  });

  test('it goes on where its last turn was', () => {
    const rollout = begun(form).turn('a', 'b', '/home/u/api').turn('c', 'd', '/home/u/web');
    expect(read(rollout).directories).toEqual(['/home/u/web', '/home/u/api']);
  });
});

test('programs, persons and parts', () => {
  const exec = () => begun('paginated', { source: 'exec' });
  expect(read(exec().begin({ trigger: 'exec' }).prompt('a').end()).headless).toBe(true);
  expect(read(exec().begin({ trigger: 'exec' }).prompt('a').end().turn('b', 'c')).headless).toBe(false);
  expect(
    read(begun('legacy', { source: 'exec' }).add('event_msg', { type: 'task_started' }).prompt('a')).headless,
  ).toBe(true);
  expect(read(begun('paginated', { source: { subagent: {} } }).turn('a', 'b')).isPart).toBe(true);
  const fork = begun('paginated', { forked_from_id: threadId(9), history_base: { thread_id: threadId(9) } });
  expect(read(fork)).toMatchObject({ forkedFrom: threadId(9), hasTalk: true, title: null });
  expect(read(begun())).toMatchObject({ hasTalk: false, lastTurn: null });
});

test('a torn end, and a torn beginning', () => {
  using home = scratch();
  const path = begun().turn('Fix it', 'Done.').write(home, at);
  const whole = readFileSync(path);
  for (let cut = 0; cut < whole.length; cut += 97) {
    writeFileSync(path, whole);
    truncateSync(path, cut);
    expect(() => readRollout(fileAt(path), 'tail')).not.toThrow();
  }
  writeFileSync(path, whole.subarray(whole.indexOf(10) - 5));
  expect(readRollout(fileAt(path), 'tail')).toMatchObject({ firstPrompt: 'Fix it', lastTurn: { how: 'answered' } });
  writeFileSync(path, Buffer.concat([whole, Buffer.from('{"timestamp":"2026-11-29T01:00:01Z","type":"event_m')]));
  expect(readRollout(fileAt(path), 'tail')).toMatchObject({ lastAnswer: 'Done.', lastTurn: { how: 'answered' } });
});

test('between the ends may lie more than a login can read', () => {
  using home = scratch();
  const rollout = begun().turn('Fix it', 'Done.');
  for (let n = 0; n < 40; n++) rollout.add('compacted', { message: 'x'.repeat(1 << 20) });
  const path = rollout.begin().prompt('And that').write(home, at);
  const facts = readRollout(fileAt(path), 'tail');
  expect(facts).toMatchObject({
    firstPrompt: 'Fix it',
    lastPrompt: 'And that',
    complete: false,
    lastTurn: { how: 'working' },
  });
  expect(facts.lastAnswer).toBe(null);
  expect(readRollout(fileAt(path), 'full')).toMatchObject({ lastAnswer: 'Done.', complete: true });
});

test('the conversation, part by part', () => {
  using home = scratch();
  const rollout = begun().turn('Fix it', 'Done.');
  rollout.begin().prompt('And\nthat').call('exec_command', { cmd: 'make\nall' }).result().answer('Made.').abort();
  const path = rollout.write(home, at);
  const told = readConversation(fileAt(path), null);
  expect(told.before).toBe(null);
  expect(told.entries.map(({ who, kind, text }) => [who, kind, text])).toEqual([
    ['you', 'prompt', 'Fix it'],
    ['agent', 'answer', 'Done.'],
    ['you', 'prompt', 'And\nthat'],
    ['agent', 'calls', 'exec_command: make all'],
    ['agent', 'answer', 'Made.'],
    ['you', 'interruption', 'interrupted'],
  ]);
  expect(basename(path)).toContain(threadId(1));
});
