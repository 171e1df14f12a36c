import { expect, test } from 'vitest';
import { isConversation, parseLine } from '../../../src/agents/claude/record.ts';
import { LastTurn } from '../../../src/agents/claude/turn.ts';
import { type Rec, Writer } from '../../support/claude-home.ts';

/** The last turn of these records, in words, and the tool that has no result. */
function lastTurn(make: (w: Writer) => Rec[]): { turn: string | null; pending: string | null; settled: boolean } {
  const last = new LastTurn();
  for (const record of make(new Writer()).toReversed()) {
    for (const one of parseLine(JSON.stringify(record)).toReversed()) {
      if (isConversation(one) && one.talk !== null) last.before(one, one.talk);
    }
  }
  const { turn, pending, settled } = last;
  const reason = turn?.reason ? `: ${turn.reason}` : '';
  return { turn: turn && `${turn.by} ${turn.how}${reason}`, pending: pending?.about ?? null, settled };
}

const call = (w: Writer, id: string, message = 'm1') =>
  w.toolUse({ id, name: 'Bash', input: { command: id } }, { id: message });

test.each<[string, (w: Writer) => Rec[], string | null, string | null]>([
  ['nothing', () => [], null, null],
  ['a prompt', (w) => [w.prompt('x')], 'you unanswered', null],
  ['an answer', (w) => [w.prompt('x'), w.text('y')], 'agent answered', null],
  [
    'an answer in two records',
    (w) => [w.prompt('x'), w.text('y', { id: 'm' }), w.text('z', { id: 'm' })],
    'agent answered',
    null,
  ],
  ['a call', (w) => [w.prompt('x'), call(w, 'a')], 'agent asking', 'a'],
  ['a call with its result', (w) => [w.prompt('x'), call(w, 'a'), w.toolResult('a')], 'agent working', null],
  ['two calls, no result', (w) => [w.prompt('x'), call(w, 'a'), call(w, 'b')], 'agent asking', 'a'],
  ['two calls, one result', (w) => [w.prompt('x'), call(w, 'a'), call(w, 'b'), w.toolResult('a')], 'agent asking', 'b'],
  [
    'two calls, the other result',
    (w) => [w.prompt('x'), call(w, 'a'), call(w, 'b'), w.toolResult('b')],
    'agent asking',
    'a',
  ],
  [
    'two calls, both results',
    (w) => [w.prompt('x'), call(w, 'a'), call(w, 'b'), w.toolResult('b'), w.toolResult('a')],
    'agent working',
    null,
  ],
  [
    'words before calls of one message',
    (w) => [w.prompt('x'), w.text('Let me.', { id: 'm1' }), call(w, 'a')],
    'agent asking',
    'a',
  ],
  [
    'a call of an earlier message without a result',
    (w) => [w.prompt('x'), call(w, 'a', 'm1'), call(w, 'b', 'm2'), w.toolResult('b')],
    'agent working',
    null,
  ],
  [
    'an answer after work',
    (w) => [call(w, 'a'), w.toolResult('a'), w.text('Done.', { id: 'm2' })],
    'agent answered',
    null,
  ],
  ['an interruption', (w) => [w.prompt('x'), call(w, 'a'), w.interrupted()], 'you interrupted', null],
  ['a failure', (w) => [w.prompt('x'), w.apiError()], 'agent failed: overloaded', null],
  ['a failure and a new prompt', (w) => [w.prompt('x'), w.apiError(), w.prompt('again')], 'you unanswered', null],
  ['thinking', (w) => [w.prompt('x'), w.thinking('hm')], 'you unanswered', null],
  ['a command behind an answer', (w) => [w.prompt('x'), w.text('y'), w.command('/model')], 'agent answered', null],
  ['a sub-agent behind a call', (w) => [w.prompt('x'), call(w, 'a'), w.sidechain('do')], 'agent asking', 'a'],
  [
    'a queued prompt behind work',
    (w) => [w.prompt('x'), call(w, 'a'), w.toolResult('a'), w.queued('and')],
    'you unanswered',
    null,
  ],
  ['a queued prompt behind a call', (w) => [w.prompt('x'), call(w, 'a'), w.queued('and')], 'agent asking', 'a'],
  [
    'a queued prompt that was answered',
    (w) => [w.prompt('x'), call(w, 'a'), w.queued('and'), w.toolResult('a'), w.text('y', { id: 'm2' })],
    'agent answered',
    null,
  ],
  [
    'a prompt behind its own answer',
    (w) => {
      const asked = w.prompt('x');
      return [w.text('y'), asked];
    },
    'agent answered',
    null,
  ],
  [
    'a prompt behind its own call',
    (w) => {
      const asked = w.prompt('x');
      return [call(w, 'a'), asked];
    },
    'agent asking',
    'a',
  ],
  ["a prompt behind another one's answer", (w) => [w.prompt('x'), w.text('y'), w.prompt('z')], 'you unanswered', null],
])('%s', (_, records, turn, pending) => {
  expect(lastTurn(records)).toMatchObject({ turn, pending });
});

test('what lies behind a settled turn is not asked for', () => {
  expect(lastTurn((w) => [w.prompt('x'), w.text('y')]).settled).toBe(true);
  expect(lastTurn((w) => [w.prompt('x')]).settled).toBe(false);
  expect(lastTurn((w) => [w.text('before'), w.prompt('x')]).settled).toBe(true);
  expect(lastTurn((w) => [w.toolResult('a')]).settled).toBe(false);
});
