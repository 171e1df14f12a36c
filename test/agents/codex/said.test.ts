import { describe, expect, test } from 'vitest';
import { readSaid } from '../../../src/agents/codex/said.ts';
import type { Said } from '../../../src/core/conversation.ts';
import { withRegularFile } from '../../../src/machine/regular-file.ts';
import { type Form, Rollout, threadId } from '../../support/codex-home.ts';
import { builds, scratch, wt } from '../../support/wt.ts';

const spoken = (form: Form) =>
  new Rollout(threadId(1), { cwd: '/home/u/api' }, form)
    .begin()
    .prompt('Look at the walrus')
    .call('exec_command', { cmd: 'ls zebra' })
    .result()
    .answer('It is a walrus.')
    .end({ last_agent_message: 'It is a walrus.' });

/** What is handed over, `most` bytes at a time. */
function said(path: string, most: number, tools: boolean): Said[] {
  return withRegularFile(path, (open) => {
    const all: Said[] = [];
    for (let at = 0; at < open.size; ) at = readSaid(open, at, most, tools, (one) => all.push(one));
    return all;
  });
}

describe.each(['paginated', 'legacy'] as const)('%s', (form) => {
  test.each([1, 5_000, 1 << 20])('what was said, %i bytes at a time', (most) => {
    using home = scratch();
    const path = spoken(form).write(home);
    expect(said(path, most, false).map(({ who, text }) => `${who}: ${text}`)).toEqual([
      'you: Look at the walrus',
      'agent: It is a walrus.',
    ]);
    expect(said(path, most, true).map(({ who, text }) => `${who}: ${text.slice(0, 20)}`)).toEqual([
      'you: Look at the walrus'.slice(0, 25),
      'tool: exec_command\nls zebr',
      `tool: ${'x'.repeat(20)}`,
      'agent: It is a walrus.',
    ]);
  });
});

test.each(builds)('$name: wt find finds threads, beside the sessions of others', (build) => {
  using home = scratch();
  spoken('paginated').write(home);
  const find = (...words: string[]) => JSON.parse(wt(build, ['find', '--json', ...words], home).stdout).sessions;
  expect(find('walrus')).toMatchObject([{ id: threadId(1), agent: 'codex' }]);
  expect(find('walrus', 'agent:codex')).toHaveLength(1);
  expect(wt(build, ['find', '--json', 'zebra'], home).status).not.toBe(2);
  expect(find('--tools', 'zebra')).toMatchObject([{ id: threadId(1) }]);
});
