import { expect, test } from 'vitest';
import { eventOf, LastTurn } from '../../../src/agents/copilot/events.ts';
import type { Rec } from '../../support/claude-home.ts';
import { CopilotWriter } from '../../support/copilot-home.ts';

function turnOf(...events: Rec[]): LastTurn {
  const turn = new LastTurn();
  for (const event of events) turn.take(eventOf(JSON.stringify(event))!);
  return turn;
}

const sub = { agentId: '78419365-0cde-49d8-8763-7f040fcf88f2' };

test.each<[string, (w: CopilotWriter) => Rec[], string, string | null]>([
  ['a prompt', (w) => w.prompt('hello'), 'you unanswered', null],
  ['an answer', (w) => [...w.prompt('hello'), ...w.answer('hi')], 'agent answered', null],
  ['an answer that streams', (w) => [...w.prompt('hello'), w.event('assistant.turn_start', {})], 'agent working', null],
  ['a call', (w) => [...w.prompt('go'), ...w.call('bash', { command: 'ls' })], 'agent working', null],
  [
    'a call that is asked for',
    (w) => [...w.prompt('go'), ...w.call('bash', { command: 'rm x' }), ...w.asks('rm x')],
    'agent asking',
    'shell: rm x',
  ],
  [
    'a permission that was given',
    (w) => [...w.prompt('go'), ...w.call('bash', { command: 'rm x' }), ...w.asks('rm x'), ...w.granted()],
    'agent working',
    null,
  ],
  [
    'a question',
    (w) => [...w.prompt('go'), ...w.call('ask_user', { message: 'Which colour?' })],
    'agent asking',
    'ask_user: Which colour?',
  ],
  [
    'a question that was answered',
    (w) => [...w.prompt('go'), ...w.call('ask_user', { message: 'Which?' }), ...w.done()],
    'agent working',
    null,
  ],
  [
    'between the calls and the next answer',
    (w) => [...w.prompt('go'), ...w.call('bash', { command: 'ls' }), ...w.done(), w.event('assistant.turn_end', {})],
    'agent working',
    null,
  ],
  [
    'what a sub-agent asks',
    (w) => [...w.prompt('go'), ...w.call('task', { prompt: 'look' }), ...w.call('bash', {}, sub), ...w.asks('ls', sub)],
    'agent asking',
    'shell: ls',
  ],
  [
    'what a sub-agent says',
    (w) => [
      ...w.prompt('go'),
      ...w.call('task', { prompt: 'look' }),
      w.event('user.message', { content: 'look' }, sub),
      w.event('assistant.message', { content: 'seen', toolRequests: [] }, sub),
    ],
    'agent working',
    null,
  ],
  [
    'Esc at a question',
    (w) => [
      ...w.prompt('go'),
      ...w.call('bash', {}),
      ...w.asks('ls'),
      w.event('permission.completed', { requestId: 'request_1', result: { kind: 'cancelled' } }),
      w.event('assistant.turn_end', {}),
      w.event('abort', { reason: 'user_initiated' }),
    ],
    'you interrupted',
    null,
  ],
  [
    'an error',
    (w) => [...w.prompt('go'), w.event('session.error', { errorType: 'query', message: '400 made up' })],
    'agent failed 400 made up',
    null,
  ],
  [
    'a question that died with its process, resumed',
    (w) => [...w.prompt('go'), ...w.call('bash', {}), ...w.asks('ls'), w.event('session.resume', {})],
    'you interrupted',
    null,
  ],
  [
    'a program that was ended',
    (w) => [...w.prompt('go'), ...w.answer('done'), w.event('session.shutdown', { shutdownType: 'routine' })],
    'agent answered',
    null,
  ],
])('%s', (_, events, turn, pending) => {
  const last = turnOf(...events(new CopilotWriter(Date.parse('2026-11-29T00:00:00Z'))));
  const said = [last.turn?.by, last.turn?.how, last.turn?.reason].filter(Boolean).join(' ');
  expect([said, last.pending && `${last.pending.tool}: ${last.pending.about}`]).toEqual([turn, pending]);
});

test('what is no event is none', () => {
  for (const line of ['', 'null', '[]', '{"type":7}', '{"type":"user.message"', '{'.repeat(5000), '['.repeat(5000)])
    expect(eventOf(line)).toBeNull();
  expect(eventOf('{"type":"user.message"}')).toEqual({ type: 'user.message', data: {}, at: null, isSubagents: false });
});
