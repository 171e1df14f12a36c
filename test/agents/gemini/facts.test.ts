import { statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readFacts } from '../../../src/agents/gemini/facts.ts';
import type { Rec } from '../../support/claude-home.ts';
import { GeminiWriter, geminiSession } from '../../support/gemini-home.ts';
import { scratch } from '../../support/wt.ts';

function factsOf(lines: (w: GeminiWriter) => (Rec | string)[], depth: 'tail' | 'full' = 'full') {
  using home = scratch();
  const w = new GeminiWriter(Date.parse('2026-11-29T00:00:00Z'));
  const { id, path } = geminiSession(home, { n: 1, cwd: home.home, lines: lines(w) });
  const { size, mtimeMs, ino } = statSync(path);
  return readFacts({ id, folder: '', path, bytes: size, modifiedAt: mtimeMs, inode: ino, hasCompanion: false }, depth);
}

const failure = '[API Error: {"error":{"code":400,"message":"made up"}}]';

test.each<[string, (w: GeminiWriter) => Rec[], string | null]>([
  ['nothing', (w) => [w.context()], null],
  ['a prompt', (w) => [w.prompt('go')], 'you unanswered'],
  ['an answer', (w) => [w.prompt('go'), w.answer('ok'), w.set({})], 'agent answered'],
  ['a call that is not written yet', (w) => [w.prompt('go'), w.answer('')], 'agent asking'],
  ['what a tool gave', (w) => [w.prompt('go'), w.answer(''), w.result('x')], 'agent working'],
  [
    'a cancelled call',
    (w) => [w.prompt('go'), w.answer('', { toolCalls: [{ status: 'cancelled' }] })],
    'you interrupted',
  ],
  ['Esc', (w) => [w.prompt('go'), w.message('info', 'Request cancelled.')], 'you interrupted'],
  [
    'an error',
    (w) => [w.prompt('go'), w.message('error', failure), w.message('info', 'This request failed. Press F12')],
    'agent failed made up',
  ],
  ['an error of other words', (w) => [w.prompt('go'), w.message('error', 'No quota')], 'agent failed No quota'],
])('the last turn: %s', (_, lines, turn) => {
  const { lastTurn } = factsOf(lines);
  expect(lastTurn && [lastTurn.by, lastTurn.how, lastTurn.reason].filter(Boolean).join(' ')).toBe(turn);
});

test('a checkpoint replaces what stands before it, a rewind takes back, a message is written again', () => {
  const { firstPrompt, lastPrompt, lastAnswer, lastTurn } = factsOf((w) => {
    const [one, two, three] = [w.prompt('one'), w.prompt('two'), w.prompt('three')];
    const answer = w.answer('first');
    return [
      one,
      w.prompt('dropped'),
      w.set({ messages: [one, two] }),
      answer,
      { ...answer, content: 'second' },
      three,
      { $rewindTo: three.id },
    ];
  });
  expect([firstPrompt, lastPrompt, lastAnswer, lastTurn?.how]).toEqual(['one', 'two', 'second', 'answered']);
});

test('of a large file the ends are read at a login', () => {
  const lines = (w: GeminiWriter) => [
    w.prompt('the first'),
    ...Array.from({ length: 40 }, () => w.answer('x'.repeat(60_000))),
    w.prompt('the last'),
    w.answer('done'),
  ];
  for (const depth of ['tail', 'full'] as const) {
    const { firstPrompt, lastPrompt, lastAnswer, complete } = factsOf(lines, depth);
    expect([firstPrompt, lastPrompt, lastAnswer, complete]).toEqual([
      'the first',
      'the last',
      'done',
      depth === 'full',
    ]);
  }
});
