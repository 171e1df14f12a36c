import { describe, expect, test } from 'vitest';
import { count } from '../../src/core/order.ts';
import type { Session } from '../../src/core/session.ts';
import { renderJson, sessionJson } from '../../src/view/json.ts';
import { now, process, session } from '../support/sessions.ts';

const about = { now, configDir: '/home/u/.claude', counts: count([]), skipped: 0 };
const titled = (text: string) => session(1, { title: { text, source: 'ai' } });
const told = (sessions: Session[]) => JSON.parse([...renderJson(about, sessions)].join(''));

describe('JSON in portions', () => {
  test.each([
    ['none', []],
    ['one', ['a']],
    ['some', ['a', 'größe', '日本 🚀']],
    ['more than a portion holds', Array.from({ length: 400 }, (_, n) => `${'x'.repeat(n)} ${n}`.trim())],
  ])('%s', (_, titles) => {
    const json = told(titles.map(titled));
    expect(json.sessions.map((one: { title: string }) => one.title)).toEqual(titles);
    expect(json.schema).toBe(1);
  });

  test('a row longer than a portion stands whole between its neighbours', () => {
    const cwd = `/${'deep/'.repeat(40_000)}`;
    const json = told([titled('before'), session(2, { cwd }), titled('behind')]);
    expect(json.sessions.map((one: { cwd: string }) => one.cwd.length)).toEqual([11, cwd.length, 11]);
  });
});

test('all fields of the contract, in their order', () => {
  const live = session(1, {
    state: 'live',
    activity: 'needs-you',
    waitingFor: 'permission prompt',
    needs: 'approve Bash: make',
    lastTurn: { by: 'agent', how: 'asking', reason: null },
    processes: [process(1, { status: 'waiting', tmux: 'main:@1.%3', tty: 'pts/3' })],
  });
  expect(sessionJson(live)).toMatchInlineSnapshot(`
    {
      "activity": "needs-you",
      "agent": "claude",
      "branch": "main",
      "bytes": 1000,
      "configDir": "/home/u/.claude",
      "cutOff": false,
      "cwd": "/home/u/api",
      "deletesAt": "2026-12-13T09:00:00.000Z",
      "firstPrompt": "first prompt of 1",
      "forkedFrom": null,
      "headless": false,
      "id": "00000001-0000-4000-8000-000000000001",
      "lastActivityAt": "2026-11-23T08:00:00.000Z",
      "lastAnswer": "answer 1",
      "lastPrompt": "last prompt of 1",
      "lastTurn": {
        "by": "claude",
        "how": "asking",
        "pending": true,
        "reason": null,
      },
      "needs": "approve Bash: make",
      "processes": [
        {
          "entrypoint": "cli",
          "kind": "interactive",
          "pid": 4001,
          "status": "waiting",
          "suspended": false,
          "tmux": "main:@1.%3",
          "tty": "pts/3",
        },
      ],
      "seen": true,
      "state": "live",
      "title": "Title 1",
      "titleSource": "ai",
      "transcript": "/home/u/.claude/projects/-home-u-api/00000001-0000-4000-8000-000000000001.jsonl",
      "waitingFor": "permission prompt",
    }
  `);
});

test.each([
  ['answered', false],
  ['asking', true],
  ['working', true],
  ['unanswered', true],
  ['interrupted', false],
  ['failed', false],
] as const)('a turn that is %s is pending: %s', (how, pending) => {
  const row = session(1, { lastTurn: { by: 'agent', how, reason: null } });
  expect(sessionJson(row)).toMatchObject({ lastTurn: { by: 'claude', how, pending, reason: null } });
});

test('text is cleaned, paths are exact, times that no calendar has are null', () => {
  const nasty = 'a\u001b[31m\u202e\u200b\u0085b';
  const row = session(1, {
    title: { text: '\u200b', source: 'ai' },
    needs: nasty,
    branch: nasty,
    cwd: nasty,
    firstPrompt: nasty,
    lastActivityAt: 9e15,
  });
  expect(sessionJson(row)).toMatchObject({
    title: row.id,
    needs: 'a b',
    branch: 'a b',
    cwd: nasty,
    firstPrompt: 'a b',
    lastActivityAt: null,
  });
  expect([...renderJson(about, [row])].join('')).toMatch(/^[ -~]*\n$/);
});
