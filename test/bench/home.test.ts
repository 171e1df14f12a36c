import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { slug } from '../support/claude-home.ts';
import {
  giantIndex,
  type HomeOptions,
  nextTurn,
  recentCount,
  session,
  transcriptPath,
  writeHome,
  writeSession,
} from './home.ts';

const options: HomeOptions = { seed: 7, sessions: 60, now: Date.UTC(2026, 10, 23, 9) };
const folders: string[] = [];

function conf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wt-bench-test-'));
  folders.push(folder);
  mkdirSync(join(folder, '.claude'));
  return join(folder, '.claude');
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Every transcript with its time and the digest of its content. */
function tree(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    files
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => {
        const path = join(folder, name);
        return [name, `${Math.round(statSync(path).mtimeMs)} ${digest(readFileSync(path))}`];
      }),
  );
}

test('the same seed makes the same home, another seed another', () => {
  const [one, same, other] = [conf(), conf(), conf()];
  writeHome(one, options);
  writeHome(same, options);
  writeHome(other, { ...options, seed: 8 });
  const made = tree(one);
  expect(tree(same)).toEqual(made);
  expect(Object.keys(made)).toHaveLength(60);
  expect(Object.keys(tree(other))).not.toEqual(Object.keys(made));
});

test('a kept home gets recent sessions again, and what a run appended goes away', () => {
  const place = conf();
  const later = { ...options, now: options.now + 3 * 86_400_000 };
  writeHome(place, options);
  const before = tree(place);
  const first = session(options, 0);
  writeSession(place, { ...first, tail: Buffer.concat([first.tail, nextTurn(first, later.now, 1)]) });
  writeHome(place, later);
  const after = tree(place);
  expect(Object.keys(after)).toEqual(Object.keys(before));
  for (let index = 0; index < options.sessions; index++) {
    const one = session(later, index);
    const path = transcriptPath(place, one);
    const name = path.slice(place.length + 1);
    if (index >= recentCount(options.sessions)) expect(after[name]).toBe(before[name]);
    else expect(after[name]).toBe(`${one.mtime} ${digest(Buffer.concat([one.head, one.middle, one.tail]))}`);
  }
});

test('every line is a record of its session, the last turn has the session’s time, and the ages are as promised', () => {
  for (let index = 0; index < options.sessions; index++) {
    const one = session(options, index);
    const text = Buffer.concat([one.head, one.middle, one.tail]).toString();
    expect(text.endsWith('\n')).toBe(true);
    const records = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const record of records) expect(record.sessionId ?? one.id).toBe(one.id);
    const talk = records.filter((record) => record.type === 'user' || record.type === 'assistant');
    expect(Math.max(...talk.map((record) => Date.parse(record.timestamp)))).toBe(one.last);
    expect(talk.every((record) => record.cwd === one.cwd)).toBe(true);
    expect(one.mtime).toBeGreaterThanOrEqual(one.last);
    expect(options.now - one.mtime > 86_400_000).toBe(index >= recentCount(options.sessions));
    expect(transcriptPath('/c', one)).toBe(`/c/projects/${slug(one.cwd)}/${one.id}.jsonl`);
  }
});

test('the giant differs from its small twin in the middle only', () => {
  const small = session({ ...options, giant: 500e3 }, giantIndex);
  const large = session({ ...options, giant: 500e6 }, giantIndex);
  const size = large.head.length + large.middle.length * large.repeat + large.tail.length;
  expect(Math.abs(size - 500e6)).toBeLessThan(1e6);
  expect(large.head.equals(small.head) && large.tail.equals(small.tail)).toBe(true);
});
