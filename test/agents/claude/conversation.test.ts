import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readConversation } from '../../../src/agents/claude/conversation.ts';
import { type Entry, lastExchange, type Part } from '../../../src/core/conversation.ts';
import type { TranscriptFile } from '../../../src/core/session.ts';
import { type Rec, transcriptBytes, Writer } from '../../support/claude-home.ts';
import { random } from '../../support/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'wt-conversation-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(bytes: Buffer | string): TranscriptFile {
  const path = join(folder, 'x.jsonl');
  writeFileSync(path, bytes);
  const { size, mtimeMs, ino } = statSync(path);
  return { id: 'x', folder: 'y', path, bytes: size, modifiedAt: mtimeMs, inode: ino, hasCompanion: false };
}

const records = (list: Rec[]) => file(transcriptBytes({ records: list }));
const short = ({ who, kind, text }: Entry) => `${who} ${kind}: ${text}`;

/** All parts, first one first, with the number of them. */
function whole(from: TranscriptFile): { entries: Entry[]; parts: number } {
  let part: Part = readConversation(from, null);
  const all = [part.entries];
  while (part.before !== null) {
    part = readConversation(from, part.before);
    all.push(part.entries);
  }
  return { entries: all.toReversed().flat(), parts: all.length };
}

test('who said what, in the order of the talk', () => {
  const w = new Writer();
  const call = { name: 'Bash', id: 'c1', input: { command: 'npm test\n  && echo ok' } };
  const both = [
    { type: 'text', text: 'First I look.' },
    { type: 'tool_use', id: 'c2', name: 'Read', input: { file_path: '/a' } },
  ];
  const list = [
    w.mode(),
    w.prompt('fix\nthe test'),
    w.thinking('hm'),
    w.toolUse(call),
    w.toolResult('c1', 'ok'),
    w.assistant(both),
    w.toolResult('c2'),
    w.text('Done.\n\nTwo files.'),
    w.sidechain('not yours'),
    w.command('/compact'),
    w.meta(),
    w.prompt('go on'),
    w.interrupted(),
    w.prompt('again'),
    w.apiError('API Error: 529 Overloaded'),
    w.aiTitle('Title'),
    w.costState(),
  ];
  const part = readConversation(records(list), null);
  expect(part.before).toBeNull();
  expect(part.entries.map(short)).toEqual([
    'you prompt: fix\nthe test',
    'agent calls: Bash: npm test && echo ok',
    'agent answer: First I look.',
    'agent calls: Read: /a',
    'agent answer: Done.\n\nTwo files.',
    'you note: /compact',
    'you prompt: go on',
    'you interruption: interrupted',
    'you prompt: again',
    'agent failure: API Error: 529 Overloaded',
  ]);
  expect(part.entries[0]!.at).toBeTypeOf('number');
});

describe('a long conversation comes in parts', () => {
  test('that join to all of it, whatever the lengths of its lines', () => {
    const chance = random(7);
    for (let round = 0; round < 8; round++) {
      const w = new Writer();
      const list = Array.from({ length: 120 }, (_, n) => [
        w.prompt(`question ${n}`),
        w.toolUse({ name: 'Bash', id: `c${n}`, input: { command: 'ls' } }),
        w.toolResult(`c${n}`, 'x'.repeat(chance.chance(0.1) ? chance.int(10_000, 300_000) : chance.int(0, 3000))),
        w.text(`answer ${n}`),
      ]).flat();
      const { entries, parts } = whole(records(list));
      const said = Array.from({ length: 120 }, (_, n) => [`question ${n}`, 'Bash: ls', `answer ${n}`]).flat();
      expect(entries.map(({ text }) => text)).toEqual(said);
      expect(parts).toBeGreaterThan(3);
    }
  });

  test('and each of them reads a bounded piece of the file', () => {
    const w = new Writer();
    const list = Array.from({ length: 3000 }, (_, n) => w.prompt(`question ${n} ${'x'.repeat(500)}`));
    const from = records(list);
    const part = readConversation(from, null);
    expect(part.entries.length).toBeGreaterThan(10);
    expect(part.entries.length).toBeLessThan(600);
    expect(part.before).toBeGreaterThan(from.bytes - (256 << 10));
  });
});

test.each<[string, string]>([
  ['an empty file', ''],
  ['no JSON', 'x\n\0\0\n{"type":"user"\n'],
  ['a line without an end', '{"type":"user","message":{"role":"user","content":"hel'],
])('%s says nothing', (_, text) => {
  expect(readConversation(file(text), null)).toEqual({ entries: [], before: null });
});

test('of two records on one line each is there', () => {
  const w = new Writer();
  const [one, two] = [w.prompt('one'), w.text('two')].map((record) => JSON.stringify(record));
  expect(readConversation(file(`${one}${two}\n`), null).entries.map(short)).toEqual([
    'you prompt: one',
    'agent answer: two',
  ]);
});

test('the last exchange is the last prompt and the last answer', () => {
  const w = new Writer();
  const entries = (list: Rec[]) => lastExchange(readConversation(records(list), null).entries).map(({ text }) => text);
  expect(entries([w.prompt('a'), w.text('b'), w.prompt('c'), w.text('d')])).toEqual(['c', 'd']);
  expect(entries([w.prompt('a'), w.text('b'), w.prompt('c')])).toEqual(['b', 'c']);
  expect(entries([w.prompt('a')])).toEqual(['a']);
  expect(entries([])).toEqual([]);
});
