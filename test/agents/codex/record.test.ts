import { expect, test } from 'vitest';
import { mayTell, parseRecord } from '../../../src/agents/codex/record.ts';

const at = '2026-11-29T01:09:20.016Z';
const line = (type: string, payload: object) => JSON.stringify({ timestamp: at, ordinal: 8, type, payload });
const read = (type: string, payload: object) => parseRecord(line(type, payload));

test.each([
  ['a prompt of 0.145', { type: 'user_message', message: ' hi ' }, { is: 'prompt', text: 'hi' }],
  [
    'a prompt of 0.171',
    {
      type: 'item_completed',
      item: { type: 'UserMessage', content: [{ type: 'text', text: 'hi' }, { type: 'image' }] },
    },
    { is: 'prompt', text: 'hi' },
  ],
  [
    'a prompt from an editor',
    { type: 'user_message', message: '# Context from my IDE setup:\n## My request for Codex:\nmend it' },
    { is: 'prompt', text: 'mend it' },
  ],
  ['an answer of 0.145', { type: 'agent_message', message: 'ok' }, { is: 'answer', text: 'ok' }],
  [
    'an answer of 0.171',
    { type: 'item_completed', item: { type: 'AgentMessage', content: [{ type: 'Text', text: 'ok' }] } },
    { is: 'answer', text: 'ok' },
  ],
  [
    'a turn that a person begins',
    { type: 'task_started', turn_attribution: { turn_trigger: 'user' } },
    { is: 'turn', byPerson: true },
  ],
  ['one of an old version', { type: 'task_started' }, { is: 'turn', byPerson: null }],
  [
    'its end',
    { type: 'task_complete', last_agent_message: 'ok' },
    { is: 'end', how: 'answered', answer: 'ok', reason: null },
  ],
  [
    'its failure',
    { type: 'task_complete', last_agent_message: null, error: { message: 'no' } },
    { is: 'end', how: 'failed', answer: null, reason: 'no' },
  ],
  [
    'Esc',
    { type: 'turn_aborted', reason: 'interrupted' },
    { is: 'end', how: 'interrupted', answer: null, reason: null },
  ],
  ['a sub-agent that was called', { type: 'item_completed', item: { type: 'CollabAgentToolCall' } }, null],
  ['what nobody has heard of', { type: 'surprise' }, null],
])('%s', (_, payload, said) => {
  expect(read('event_msg', payload)).toEqual(said && { ...said, at: Date.parse(at) });
});

test.each([
  ['exec_command', '{"cmd":"make all"}', 'make all'],
  ['shell', '{"command":["bash","-lc","make all"]}', 'make all'],
  ['shell', '{"command":["ls","-l"]}', 'ls -l'],
  ['request_user_input', '{"questions":[{"question":"Red or blue?"},{"question":"Why?"}]}', 'Red or blue?'],
  ['spawn_agent', '{"message":"count sheep"}', 'count sheep'],
  ['mcp__x', '{"a":1}', '{"a":1}'],
  ['torn', '{"cmd":"ma', '{"cmd":"ma'],
  ['null', 'null', 'null'],
])('a call of %s with %s is about %s', (name, args, about) => {
  const call = { tool: name, about, at: Date.parse(at) };
  const payload = { type: 'function_call', name, arguments: args, call_id: 'c1' };
  expect(read('response_item', payload)).toEqual({ is: 'call', id: 'c1', call, at: Date.parse(at) });
});

test('other kinds of calls, and what came of them', () => {
  const patch = { type: 'custom_tool_call', name: 'apply_patch', input: '*** Begin Patch', call_id: 'c2' };
  expect(read('response_item', patch)).toMatchObject({
    is: 'call',
    call: { tool: 'apply_patch', about: '*** Begin Patch' },
  });
  const shell = { type: 'local_shell_call', call_id: 'c3', action: { type: 'exec', command: ['bash', '-lc', 'ls'] } };
  expect(read('response_item', shell)).toMatchObject({ is: 'call', call: { tool: 'local_shell_call', about: 'ls' } });
  for (const type of ['function_call_output', 'custom_tool_call_output'])
    expect(read('response_item', { type, call_id: 'c2', output: 'x' })).toMatchObject({ is: 'result', id: 'c2' });
  expect(read('response_item', { type: 'function_call', name: 'x', arguments: '{}' })).toBe(null);
});

test.each([
  [
    { source: 'cli', thread_source: 'user' },
    { byProgram: false, isPart: false },
  ],
  [
    { source: 'vscode', thread_source: null },
    { byProgram: false, isPart: false },
  ],
  [{ source: 'exec' }, { byProgram: true, isPart: false }],
  [{ source: { subagent: { thread_spawn: {} } } }, { isPart: true }],
  [{ source: 'cli', thread_source: 'subagent' }, { isPart: true }],
  [{ forked_from_id: 'a' }, { forkedFrom: 'a', hasBase: false }],
  [
    { forked_from_id: 'a', history_base: { thread_id: 'a', end_byte_offset: 9 } },
    { forkedFrom: 'a', hasBase: true },
  ],
  [
    { git: { branch: 'main' }, cwd: '/x' },
    { branch: 'main', cwd: '/x' },
  ],
  [
    { git: null, cwd: 7, source: null },
    { branch: null, cwd: null },
  ],
])('a rollout with %j', (payload, meta) => {
  expect(read('session_meta', payload)).toMatchObject({ is: 'meta', ...meta });
});

test.each([
  '',
  '{',
  '[]',
  'null',
  '7',
  '"x"',
  '{"type":7}',
  '{"type":"event_msg"}',
  '{"type":"event_msg","payload":null}',
])('nothing is read out of %j', (text) => {
  expect(parseRecord(text)).toBe(null);
});

test('a line is passed over by its beginning, and only one that says nothing', () => {
  const passed = [
    line('world_state', { full: true }),
    line('compacted', { message: '' }),
    line('event_msg', { type: 'token_count' }),
    line('response_item', { type: 'message', role: 'user' }),
    line('response_item', { type: 'reasoning' }),
  ];
  const taken = [
    line('session_meta', {}),
    line('turn_context', {}),
    line('event_msg', { type: 'task_started' }),
    line('response_item', { type: 'function_call' }),
    '{"type":"event_msg","timestamp":"x"}',
    '{ "timestamp": "x", "type": "event_msg" }',
    'torn',
  ];
  expect(passed.filter(mayTell)).toEqual([]);
  expect(taken.filter((one) => !mayTell(one))).toEqual([]);
});
