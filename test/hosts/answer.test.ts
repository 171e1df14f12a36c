import { describe, expect, test } from 'vitest';
import { mostSessions, type Remains, readReply, sessionJson, sessionsOf } from '../../src/hosts/answer.ts';

const now = Date.UTC(2026, 10, 23, 9);
const id = '595e931d-0000-4000-8000-000000000001';
const row = (more: object = {}) => ({
  id,
  agent: 'claude',
  title: 'Fix it',
  state: 'live',
  activity: 'ready',
  ...more,
});
const answer = (more: object = {}) =>
  JSON.stringify({
    schema: 1,
    generatedAt: new Date(now).toISOString(),
    counts: { needsYou: 0, live: 1, waiting: 0, idle: 0, unknown: 0 },
    sessions: [row()],
    ...more,
  });
const remains = (stdout: string, more: Partial<Remains> = {}): Remains => ({
  ...{ stdout, stderr: '', status: 0, ended: null },
  ...more,
});
const reply = (stdout: string, more: Partial<Remains> = {}) => readReply(remains(stdout, more), now);
const sessions = (...rows: unknown[]) => reply(answer({ sessions: rows })).answer!.sessions;

describe('the answer is the last line that begins as one', () => {
  test.each([
    ['alone', answer()],
    ['behind what a start-up file prints', `Welcome!\n{"schema":1}\n${answer()}\n`],
    ['before what one prints at the end', `${answer()}\nbye\n`],
    ['with line ends of a terminal', `${answer()}\r\n`],
    ['behind bytes', `\0\x1b[2J\ufffd\n${answer()}\n`],
  ])('%s', (_, stdout) => {
    expect(reply(stdout)).toMatchObject({ state: 'answered', why: '', answer: { at: now, sessions: [{ id }] } });
  });
});

describe('what is no answer is never no sessions', () => {
  const ssh = (stderr: string): Partial<Remains> => ({ status: 255, stderr });
  test.each<[string, Partial<Remains>, string, string]>([
    ['', { ended: 'late', status: null }, 'unreachable', 'no answer in time'],
    ['', { ended: 'too much', status: null }, 'not-understood', 'its answer is too long to be a list of sessions'],
    [answer(), { ended: 'too much', status: null }, 'not-understood', 'its answer is too long'],
    ['', ssh('root@nas: Permission denied (publickey).\r\n'), 'key-refused', 'it refuses the key'],
    ['', ssh('ssh: connect to host nas port 22: Connection refused'), 'unreachable', 'connection refused'],
    ['', ssh('ssh: connect to host nas port 22: Connection timed out'), 'unreachable', 'no answer in time'],
    ['', ssh('ssh: connect to host nas port 22: No route to host'), 'unreachable', 'there is no way to it'],
    ['', ssh('ssh: Could not resolve hostname nas: Name or service not known'), 'unreachable', 'its name is not known'],
    ['', ssh('Host key verification failed.'), 'unreachable', 'its host key is not known here'],
    [
      '',
      ssh('@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.'),
      'unreachable',
      'its host key has changed',
    ],
    ['', ssh('Timeout, server nas not responding.'), 'unreachable', 'no answer in time'],
    ['', ssh('\x1b[31mwhatever it is'), 'unreachable', 'ssh failed'],
    ['', { status: 127, stderr: 'sh: 1: exec: wt: not found' }, 'no-wt', 'there is no wt'],
    ['', { status: 1, stderr: 'Permission denied' }, 'not-understood', 'is no list of sessions'],
    ['', {}, 'not-understood', 'is no list of sessions'],
    ['hello', {}, 'not-understood', 'is no list of sessions'],
    ['{"schema":2,"boxes":[]}', {}, 'newer', 'its wt is newer than this one'],
    ['{"schema":1}', {}, 'not-understood', 'is no list of sessions'],
    ['{"schema":1,"counts":[],"sessions":[]}', {}, 'not-understood', 'is no list of sessions'],
    ['{"schema":1,"counts":{},"sessions":{}}', {}, 'not-understood', 'is no list of sessions'],
    ['{"schema":"1","counts":{},"sessions":[]}', {}, 'not-understood', 'is no list of sessions'],
    [answer().slice(0, -20), {}, 'not-understood', 'is no list of sessions'],
  ])('%j %j', (stdout, more, state, why) => {
    const found = reply(stdout, more);
    expect(found).toMatchObject({ state, answer: null });
    expect(found.why).toContain(why);
    expect(found.why).not.toMatch(/[^ -~]/);
  });

  test('brackets without end', () => {
    expect(reply(`{"schema":1,"counts":${'['.repeat(1e6)}`)).toMatchObject({ state: 'not-understood' });
  });

  test('one that was whole before the time was up counts', () => {
    expect(reply(answer(), { ended: 'late', status: null }).state).toBe('answered');
  });
});

describe('each field is what it must be, or empty', () => {
  test.each([
    [{ id: 7 }],
    [{ id: '' }],
    [{ id: '-oProxyCommand' }],
    [{ id: 'a b c d' }],
    [{ id: `${'a'.repeat(101)}` }],
    [{ id: "x';touch x" }],
  ])('no session: %j', (more) => {
    expect(sessions(row(more))).toEqual([]);
  });

  test.each([null, 7, 'x', [], [[]], true])('no session: %j', (value) => {
    expect(sessions(value)).toEqual([]);
  });

  test.each([
    [{ title: 7 }, { title: { text: '', source: 'none' } }],
    [{ title: 'a\x1b]0;b\x07\u202e\nc' }, { title: { text: 'a c', source: 'custom' } }],
    [{ title: '漢'.repeat(9000) }, { title: { text: '漢'.repeat(300), source: 'custom' } }],
    [{ agent: 'rm -rf' }, { agent: 'unknown' }],
    [{ state: 'dancing' }, { state: 'unknown', activity: null }],
    [{ activity: 'dancing' }, { activity: 'unknown' }],
    [{ state: 'idle', activity: 'needs-you' }, { activity: null }],
    [{ lastActivityAt: 'never' }, { lastActivityAt: null }],
    [{ lastActivityAt: 1e300 }, { lastActivityAt: null }],
    [{ lastActivityAt: '2026-11-23T08:59:00.000Z' }, { lastActivityAt: now - 60_000 }],
    [{ cwd: ['x'] }, { cwd: null }],
    [{ needs: { a: 1 } }, { needs: null }],
    [
      { lastTurn: { by: 'claude', how: 'answered', reason: 3 } },
      { lastTurn: { by: 'agent', how: 'answered', reason: null } },
    ],
    [{ lastTurn: { how: 'sung' } }, { lastTurn: null }],
    [
      { cutOff: 1, seen: 'no', headless: 'yes' },
      { cutOff: false, seen: true, headless: false },
    ],
    [{ __proto__: { id: 'x' }, constructor: 1 }, { id }],
  ])('%j', (more, expected) => {
    expect(sessions(row(more))[0]).toMatchObject(expected);
  });

  test.each([
    [`${id}.in.0k3j9x1`, `${id}.in.0k3j9x1`],
    [`-${id}`, id],
    ['$(touch x)', id],
    ['a b c d', id],
    [7, id],
  ])('what means it there, kept and given back: %j', (key, known) => {
    const told = sessions(row({ key }));
    expect(told.map((one) => [one.id, one.key])).toEqual([[id, known]]);
    expect(sessionsOf(told.map(sessionJson), 0)).toEqual(told);
  });

  test('counts are numbers that can be counted to', () => {
    const counts = { needsYou: 9, live: 2, waiting: -1, idle: 1e99, unknown: '3' };
    expect(reply(answer({ counts })).answer!.counts).toEqual({ needsYou: 2, live: 2, waiting: 0, idle: 0, unknown: 0 });
  });

  test('no more sessions than were asked for', () => {
    const rows = Array.from({ length: 500 }, (_, n) => row({ id: `${id.slice(0, -3)}${String(n).padStart(3, '0')}` }));
    expect(sessions(...rows)).toHaveLength(mostSessions);
  });

  test('times by our clock, where theirs is wrong', () => {
    const theirs = Date.UTC(1999, 0, 1);
    const [one] = reply(
      answer({
        generatedAt: new Date(theirs).toISOString(),
        sessions: [row({ lastActivityAt: new Date(theirs - 16_000).toISOString() })],
      }),
    ).answer!.sessions;
    expect(one!.lastActivityAt).toBe(now - 16_000);
  });
});
