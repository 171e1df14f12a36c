import { describe, expect, test } from 'vitest';
import { aboutCall, type Conversation, isConversation, parseLine } from '../../../src/agents/claude/record.ts';
import { type Rec, Writer } from '../../support/claude-home.ts';

const at = Date.UTC(2026, 10, 23, 9);
const writer = () => new Writer({ id: '595e931d-0000-4000-8000-000000000001', at });
const json = (record: Rec) => JSON.stringify(record);

/** What the records of a line are, in a word each. */
function kinds(line: string): string[] {
  return parseLine(line).map((record) => (isConversation(record) ? (record.talk?.is ?? record.kind) : record.kind));
}

function one(record: Rec, subagent = false): Conversation {
  const [first, ...others] = parseLine(json(record), subagent);
  expect(others).toEqual([]);
  if (first === undefined || !isConversation(first)) throw new Error('no conversation');
  return first;
}

const talk = (record: Rec) => one(record).talk;

describe('the records of a line', () => {
  const w = writer();
  const [prompt, answer] = [json(w.prompt('hello')), json(w.text('hi'))];
  const title = json(w.aiTitle('A title'));

  test.each<[string, string, string[]]>([
    ['one', prompt, ['prompt']],
    ['none', '', []],
    ['blanks', '  \t ', []],
    ['NULs alone', '\0'.repeat(1000), []],
    ['a value that is no record', '[{"type":"user"}]', []],
    ['null', 'null', []],
    ['two whole ones', prompt + answer, ['prompt', 'answer']],
    ['three, with blanks and NULs between', `${prompt} ${title}\0\0${answer}`, ['prompt', 'ai-title', 'answer']],
    ['a cut one and a whole one', prompt.slice(0, -30) + answer, ['answer']],
    ['one cut in the midst of a text', `{"type":"user","message":{"content":"tor${answer}`, ['answer']],
    ['one cut behind an inner object', `{"type":"user","message":{"content":"x"},"uuid":"1${answer}`, ['answer']],
    ['two cut ones and a whole one', prompt.slice(0, 80) + answer.slice(0, 200) + title, ['ai-title']],
    ['a whole one and a cut one', answer + prompt.slice(0, -30), ['answer']],
    ['a cut one alone', prompt.slice(0, -30), []],
    ['NULs, then a record', '\0'.repeat(5000) + prompt, ['prompt']],
    ['a byte order mark, then a record', `\ufeff${prompt}`, ['prompt']],
    ['CRLF', `${prompt}\r`, ['prompt']],
    ['braces within a text', json(w.prompt('}{"type":"ai-title","aiTitle":"no"}{')), ['prompt']],
    ['JSON within a text', json(w.prompt(title + answer)), ['prompt']],
    ['deep nesting', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, []],
    ['deep nesting in a record', `{"type":"user","message":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, []],
    ['a record that never ends', `${'{"a":'.repeat(50_000)}`, []],
  ])('%s', (_, line, expected) => {
    expect(kinds(line)).toEqual(expected);
  });

  test('a megabyte of beginnings costs no more than a moment', () => {
    const started = performance.now();
    for (const line of ['{"'.repeat(500_000), '{"a":['.repeat(200_000), `{"a":"${'x'.repeat(1_000_000)}`])
      expect(kinds(line)).toEqual([]);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('talk', () => {
  const cases: [string, (w: Writer) => Rec, object | null][] = [
    ['a prompt', (w) => w.prompt('fix it'), { is: 'prompt', text: 'fix it', queued: false }],
    ['a prompt in blocks', (w) => w.promptBlocks(['one', 'two']), { is: 'prompt', text: 'one\ntwo' }],
    ['a picture alone', (w) => w.picture(), { is: 'prompt', text: 'picture' }],
    [
      'a picture with words',
      (w) => w.user([{ type: 'image' }, { type: 'text', text: 'see' }]),
      { is: 'prompt', text: 'see' },
    ],
    ['a document alone', (w) => w.user([{ type: 'document' }]), { is: 'prompt', text: 'picture' }],
    ['an empty prompt', (w) => w.prompt('  '), null],
    ['a queued prompt', (w) => w.queued('and this'), { is: 'prompt', text: 'and this', queued: true }],
    [
      'a queued picture',
      (w) => w.queued('', { prompt: [{ type: 'image' }] }),
      { is: 'prompt', text: 'picture', queued: true },
    ],
    ['a queued line for the shell', (w) => w.queued('ls', { commandMode: 'bash' }), null],
    ['a queued prompt of a task', (w) => w.queued('x', { origin: { kind: 'task-notification' } }), null],
    ['a queued prompt of a person', (w) => w.queued('x', { origin: { kind: 'human' } }), { is: 'prompt' }],
    ['another attachment', (w) => w.attachment('file'), null],
    ['a prompt by a person', (w) => w.prompt('x', { origin: { kind: 'human' } }), { is: 'prompt' }],
    ['a prompt from a channel', (w) => w.prompt('x', { origin: { kind: 'channel' } }), { is: 'prompt' }],
    ['a prompt of a peer', (w) => w.prompt('x', { origin: { kind: 'peer' } }), null],
    ['a prompt of the system', (w) => w.prompt('x', { promptSource: 'system' }), null],
    ['a prompt of the SDK', (w) => w.prompt('x', { promptSource: 'sdk' }), { is: 'prompt' }],
    ['a meta record', (w) => w.meta(), null],
    ['a summary after /compact', (w) => w.compactSummary(), null],
    ["a sub-agent's", (w) => w.sidechain('x'), null],
    ["a team member's", (w) => w.prompt('x', { teamName: 'red' }), null],
    ['an empty team', (w) => w.prompt('x', { teamName: '' }), { is: 'prompt' }],
    ['a command', (w) => w.command('/review', '12'), null],
    ['an interruption', (w) => w.interrupted(), { is: 'interruption' }],
    ['an interrupted tool', (w) => w.interrupted(true), { is: 'interruption' }],
    ['results', (w) => w.toolResult('t1'), { is: 'results', ids: ['t1'] }],
    ['an answer', (w) => w.text('Done.', { id: 'm1' }), { is: 'answer', text: 'Done.', message: 'm1' }],
    ['an empty answer', (w) => w.text(' '), null],
    ['thinking', (w) => w.thinking('hm'), null],
    [
      'a call',
      (w) => w.toolUse({ id: 't1', name: 'Bash', input: { command: 'make' } }, { id: 'm1' }),
      { is: 'calls', message: 'm1', calls: [{ id: 't1', tool: 'Bash', about: 'make' }] },
    ],
    ['an API error', (w) => w.apiError(), { is: 'failure', reason: 'overloaded' }],
    ['a refusal, behind which Claude goes on', (w) => w.text('', { stop_reason: 'refusal' }), null],
    [
      'a refusal that ends the turn',
      (w) => w.apiError('API Error: no', {}, 'refusal'),
      { is: 'failure', reason: 'refused' },
    ],
    ['a synthetic answer', (w) => w.synthetic(), null],
    ['a system record', (w) => w.turnDuration(), null],
  ];
  test.each(cases)('%s', (_, make, expected) => {
    if (expected === null) expect(talk(make(writer()))).toBeNull();
    else expect(talk(make(writer()))).toMatchObject(expected);
  });

  test("in a sub-agent's own transcript its records are talk", () => {
    expect(one(writer().sidechain('do this'), true).talk).toMatchObject({ is: 'prompt', text: 'do this' });
  });
});

test.each<[string, (w: Writer) => Rec, string | null]>([
  ['a slash command', (w) => w.command('/review', '12'), '/review 12'],
  ['one without arguments', (w) => w.command('/clear'), '/clear'],
  ['a line for the shell', (w) => w.user('<bash-input>make</bash-input>'), '! make'],
  ['a queued line for the shell', (w) => w.queued('make', { commandMode: 'bash' }), '! make'],
  ['a prompt', (w) => w.prompt('make'), null],
  ["a sub-agent's", (w) => ({ ...w.command('/review'), isSidechain: true }), null],
])('the command of %s', (_, make, command) => {
  expect(one(make(writer())).command).toBe(command);
});

describe('times', () => {
  test('a queued prompt is as old as its own time, not as its record', () => {
    const record = writer().queued('x', { timestamp: '2026-11-23T08:00:00.000Z' });
    expect(one(record)).toMatchObject({ kind: 'user', at: at - 3_600_000 });
  });

  test.each([
    ['2026-11-23T09:00:00.000Z', at],
    ['2026-11-23T11:00:00.000+02:00', at],
    ['yesterday', null],
    [12, null],
    [null, null],
  ])('%j', (timestamp, expected) => {
    expect(one(writer().prompt('x', { timestamp })).at).toBe(expected);
  });

  test('what is no talk has none', () => {
    expect(one(writer().turnDuration()).at).toBeNull();
  });
});

test.each<[Rec, object | null]>([
  [
    { type: 'custom-title', customTitle: 'Mine' },
    { kind: 'custom-title', text: 'Mine' },
  ],
  [{ type: 'custom-title', customTitle: ' ' }, null],
  [{ type: 'custom-title', customTitle: 7 }, null],
  [
    { type: 'ai-title', aiTitle: 'Its' },
    { kind: 'ai-title', text: 'Its' },
  ],
  [
    { type: 'last-prompt', lastPrompt: 'x' },
    { kind: 'last-prompt', text: 'x' },
  ],
  [
    { type: 'summary', summary: 's', leafUuid: 'l' },
    { kind: 'summary', text: 's', leaf: 'l' },
  ],
  [{ type: 'summary', summary: 's' }, null],
  [
    { type: 'continued-in', continuedInSessionId: '3f2b8c1d-0000-4000-8000-00000000abcd' },
    { kind: 'continued-in', target: '3f2b8c1d-0000-4000-8000-00000000abcd' },
  ],
  [{ type: 'continued-in', continuedInSessionId: '../../x' }, null],
  [{ type: 'continued-in' }, null],
  [
    { type: 'queue-operation', operation: 'enqueue', content: 'x', timestamp: '2026-11-23T09:00:00.000Z' },
    { kind: 'queue', prompt: 'x', at },
  ],
  [
    { type: 'queue-operation', operation: 'dequeue' },
    { kind: 'queue', prompt: null, at: null },
  ],
  [
    { type: 'relocated', relocatedCwd: '/x' },
    { kind: 'relocated', cwd: '/x' },
  ],
  [
    { type: 'worktree-state', worktreeSession: null },
    { kind: 'worktree', path: null, repository: null },
  ],
  [
    { type: 'worktree-state', worktreeSession: { worktreePath: '/t', originalCwd: '/r' } },
    { kind: 'worktree', path: '/t', repository: '/r' },
  ],
])('bookkeeping %j', (record, expected) => {
  expect(parseLine(json(record))).toEqual(expected === null ? [] : [expected]);
});

test.each<[string, Rec, string]>([
  ['Bash', { command: 'make', description: 'Build' }, 'make'],
  ['Read', { file_path: '/a' }, '/a'],
  ['Grep', { pattern: 'x', path: '/p' }, '/p'],
  ['WebFetch', { url: 'https://x' }, 'https://x'],
  ['Task', { prompt: 'p', description: 'd' }, 'd'],
  ['Odd', { n: 1, word: 'w' }, 'w'],
  ['Odd', {}, ''],
  ['AskUserQuestion', { questions: [{ question: '' }, { question: 'Which?' }] }, 'Which?'],
  ['AskUserQuestion', { questions: 'none' }, ''],
  ['ExitPlanMode', { plan: '\n# The plan\n1. go' }, 'The plan'],
  ['ExitPlanMode', {}, ''],
])('a call of %s with %j is about %j', (tool, input, about) => {
  expect(aboutCall(tool, input)).toBe(about);
});
