import { appendFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readSaid } from '../../../src/agents/gemini/said.ts';
import type { Said } from '../../../src/core/conversation.ts';
import { withRegularFile } from '../../../src/machine/regular-file.ts';
import { GeminiWriter, geminiSession } from '../../support/gemini-home.ts';
import { builds, type Scratch, scratch, wt } from '../../support/wt.ts';

const hour = 3_600_000;

/** A session in which a walrus is spoken of, and a zebra in a call only. */
function spoken(home: Scratch): { id: string; path: string } {
  const w = new GeminiWriter(Date.now() - hour);
  const toolCalls = [
    {
      name: 'run_shell_command',
      args: { command: 'ls zebra' },
      status: 'success',
      result: [{ functionResponse: { name: 'run_shell_command', response: { output: 'zebra.ts' } } }],
    },
  ];
  return geminiSession(home, {
    n: 1,
    cwd: home.home,
    lines: [
      w.context(),
      w.prompt('Look at the walrus'),
      w.answer('', { toolCalls }),
      w.answer('It is a walrus.'),
      w.set({ summary: 'Marine mammals' }),
      w.message('info', 'nothing of importance'),
    ],
  });
}

function said(path: string, most: number, tools: boolean): string[] {
  return withRegularFile(path, (open) => {
    const all: Said[] = [];
    for (let at = 0; at < open.size; ) at = readSaid(open, at, most, tools, (one) => all.push(one));
    return all.map(({ who, text }) => `${who}: ${text}`);
  });
}

test.each([1, 500, 1 << 20])('what was said, %i bytes at a time', (most) => {
  using home = scratch();
  const { path } = spoken(home);
  const [prompt, answer, title] = ['you: Look at the walrus', 'agent: It is a walrus.', 'title: Marine mammals'];
  expect(said(path, most, false)).toEqual([prompt, answer, title]);
  expect(said(path, most, true)).toEqual([
    prompt,
    'tool: run_shell_command: ls zebra',
    'tool: zebra.ts',
    answer,
    title,
  ]);
});

test('what stands only in a checkpoint, and lines that say nothing', () => {
  using home = scratch();
  const w = new GeminiWriter(Date.now() - hour);
  const odd = [
    '\0\0',
    '[]',
    'null',
    '{"$set":7}',
    '{"$set":{"messages":[7,null]}}',
    '['.repeat(5000),
    '{"id":"m9","ty',
  ];
  const lines = [w.set({ messages: [w.prompt('Look at the walrus'), w.answer('It is one.')] }), ...odd];
  const { path } = geminiSession(home, { n: 1, cwd: home.home, lines });
  expect(said(path, 1 << 20, true)).toEqual(['you: Look at the walrus', 'agent: It is one.']);
});

test.each(builds)('$name: wt find finds sessions, at first and as they grow', (build) => {
  using home = scratch();
  const { id, path } = spoken(home);
  const found = (...words: string[]) => JSON.parse(wt(build, ['find', '--json', ...words], home).stdout).sessions;
  const ids = (...words: string[]) => found(...words).map((one: { id: string }) => one.id);
  expect(ids('walrus')).toEqual([id]);
  expect(ids('mammals', 'agent:gemini')).toEqual([id]);
  expect(found('look', 'walrus')[0]).toMatchObject({
    agent: 'gemini',
    place: { by: 'you', text: 'Look at the walrus' },
  });
  expect(ids('zebra')).toEqual([]);
  expect(ids('--tools', 'zebra')).toEqual([id]);
  appendFileSync(path, `${JSON.stringify(new GeminiWriter(Date.now()).prompt('and the giraffe'))}\n`);
  expect(ids('giraffe')).toEqual([id]);
});
