import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSaid } from '../../../src/agents/copilot/said.ts';
import type { Said } from '../../../src/core/conversation.ts';
import { withRegularFile } from '../../../src/machine/regular-file.ts';
import { CopilotWriter, copilotSession, say } from '../../support/copilot-home.ts';
import { id } from '../../support/fake-claude.ts';
import { builds, type Scratch, scratch, wt } from '../../support/wt.ts';

const hour = 3_600_000;

/** A session in which a walrus is spoken of, and a zebra in a call only. */
function spoken(home: Scratch, n = 1): string {
  const w = new CopilotWriter(Date.now() - hour);
  const events = [
    ...w.start(home.home),
    ...w.prompt('Look at the walrus'),
    ...w.system(),
    ...w.call('bash', { command: 'ls zebra' }),
    w.event('tool.execution_complete', { toolCallId: 'call_1', success: true, result: { content: 'zebra.ts' } }),
    ...w.call('bash', { command: 'ls okapi' }, { agentId: 'call_1' }),
    w.event('assistant.message', { content: 'An okapi.', toolRequests: [] }, { agentId: 'call_1' }),
    ...w.answer('It is a walrus.'),
  ];
  return copilotSession(home, { id: id(n), cwd: home.home, events });
}

function said(path: string, most: number, tools: boolean): string[] {
  return withRegularFile(path, (open) => {
    const all: Said[] = [];
    for (let at = 0; at < open.size; ) at = readSaid(open, at, most, tools, (one) => all.push(one));
    return all.map(({ who, text }) => `${who}: ${text}`);
  });
}

test.each([1, 5_000, 1 << 20])('what was said, %i bytes at a time', (most) => {
  using home = scratch();
  const path = join(spoken(home), 'events.jsonl');
  const [prompt, answer] = ['you: Look at the walrus', 'agent: It is a walrus.'];
  expect(said(path, most, false)).toEqual([prompt, answer]);
  expect(said(path, most, true)).toEqual([prompt, 'tool: bash\nls zebra', 'tool: zebra.ts', answer]);
});

test('lines that say nothing', () => {
  using home = scratch();
  const path = join(home.home, 'events.jsonl');
  const lines = ['\0\0', '[]', 'null', '7', '{"type":7}', '{"type":"user.message"}', '['.repeat(5000)];
  writeFileSync(path, [...lines, '{"type":"user.message","data":{"content":["x"]}}', '{"type":"user.mess'].join('\n'));
  expect(said(path, 1 << 20, true)).toEqual([]);
});

test.each(builds)('$name: wt find finds sessions, at first and as they grow', (build) => {
  using home = scratch();
  const folder = spoken(home);
  const w = new CopilotWriter(Date.now() - hour);
  copilotSession(home, { id: id(2), cwd: home.home, events: [...w.start(home.home), ...w.prompt('a walrus, too')] });
  mkdirSync(join(home.home, '.copilot', 'session-state', id(3)));
  const found = (...words: string[]) => JSON.parse(wt(build, ['find', '--json', ...words], home).stdout).sessions;
  const ids = (...words: string[]) => found(...words).map((one: { id: string }) => one.id);
  expect(ids('walrus').toSorted()).toEqual([id(1), id(2)]);
  expect(ids('walrus', 'agent:copilot', 'by:copilot')).toEqual([id(1)]);
  expect(found('look', 'walrus')[0]).toMatchObject({
    agent: 'copilot',
    place: { by: 'you', text: 'Look at the walrus' },
  });
  expect([ids('zebra'), ids('okapi'), ids('--tools', 'okapi')]).toEqual([[], [], []]);
  expect(ids('--tools', 'zebra')).toEqual([id(1)]);
  appendFileSync(join(folder, 'events.jsonl'), '{"type":"user.mess');
  expect(ids('walrus').toSorted()).toEqual([id(1), id(2)]);
  say(folder, ['', ...new CopilotWriter(Date.now()).prompt('and the giraffe')]);
  expect(ids('giraffe')).toEqual([id(1)]);
});
