import { describe, expect, test } from 'vitest';
import type { Facts } from '../../src/core/facts.ts';
import type { Activity, Session, Turn } from '../../src/core/session.ts';
import { type Context, inOrderOfNeed, joinSession, type Known, type RegistryView } from '../../src/core/state.ts';
import { factsOf, fileOf, idOf, now, process } from '../support/sessions.ts';

const hour = 3_600_000;
const answered: Turn = { by: 'agent', how: 'answered', reason: null };
const turn = (how: Turn['how']): Turn => ({ by: how === 'unanswered' ? 'you' : 'agent', how, reason: null });

interface Given {
  known?: Partial<Known>;
  facts?: Partial<Facts>;
  registry?: Partial<RegistryView>;
  context?: Partial<Context>;
}

/** A closed session, answered an hour ago, unless told otherwise. */
function join({ known, facts, registry, context }: Given = {}): Session {
  return joinSession(
    {
      id: idOf(1),
      talkId: idOf(1),
      key: idOf(1),
      agent: 'claude',
      configDir: '/c',
      account: null,
      file: fileOf(1),
      copies: [],
      facts: factsOf(facts),
      cwd: '/home/u/api',
      titleBeside: null,
      processes: [],
      needs: null,
      putAwayAt: null,
      leftAt: null,
      keepsFor: 30 * 24 * hour,
      isMoving: false,
      hasStray: false,
      failure: null,
      ...known,
    },
    { present: true, blind: false, ...registry },
    { now, waitingFor: 24 * hour, seenUntil: () => 0, doneAt: () => null, ...context },
  );
}

const held = (more: Parameters<typeof process>[1] = {}) => ({ processes: [process(1, more)] });
const old = { lastActivityAt: now - 48 * hour };

describe('states', () => {
  test.each<[string, Given, Session['state']]>([
    ['closed, answered within a day', {}, 'waiting'],
    ['closed, asking', { facts: { lastTurn: turn('asking') } }, 'waiting'],
    ['closed, unanswered', { facts: { lastTurn: turn('unanswered') } }, 'waiting'],
    ['closed, interrupted', { facts: { lastTurn: turn('interrupted') } }, 'waiting'],
    ['closed, failed', { facts: { lastTurn: turn('failed') } }, 'waiting'],
    ['without a turn', { facts: { lastTurn: null } }, 'idle'],
    ['older than WT_WAITING', { facts: old }, 'idle'],
    ['exactly as old as WT_WAITING', { facts: { lastActivityAt: now - 24 * hour } }, 'waiting'],
    ['with a WT_WAITING of half an hour', { context: { waitingFor: hour / 2 } }, 'idle'],
    ['without a time', { facts: { lastActivityAt: null } }, 'idle'],
    ['what a program drove', { facts: { headless: true } }, 'idle'],
    ['left by its command, answered', { facts: { leftByUser: true } }, 'idle'],
    ['left by its command, unanswered', { facts: { leftByUser: true, lastTurn: turn('unanswered') } }, 'waiting'],
    ['left later, as the history says', { known: { leftAt: now - 1000 } }, 'idle'],
    ['left at that moment', { known: { leftAt: now - hour } }, 'idle'],
    ['left before the last talk', { known: { leftAt: now - 2 * hour } }, 'waiting'],
    ['left later, unanswered', { known: { leftAt: now }, facts: { lastTurn: turn('asking') } }, 'waiting'],
    ['put away later', { known: { putAwayAt: now - 1000 } }, 'idle'],
    ['put away before the last talk', { known: { putAwayAt: now - 2 * hour } }, 'waiting'],
    ['done later', { context: { doneAt: () => now - 1000 } }, 'idle'],
    ['done before the last talk', { context: { doneAt: () => now - 2 * hour } }, 'waiting'],
    ['a proven process', { known: held() }, 'live'],
    ['a process that can not be proven', { known: held({ proof: 'unknown' }) }, 'unknown'],
    [
      'a proven one beside an unproven one',
      { known: { processes: [process(1), process(1, { pid: 2, proof: 'unknown' })] } },
      'live',
    ],
    [
      'no transcript, an unproven process',
      { known: { ...held({ proof: 'unknown' }), file: null, facts: null } },
      'unknown',
    ],
    ['no transcript, a proven process', { known: { ...held(), file: null, facts: null } }, 'live'],
    [
      'no registry, touched within the hour',
      { registry: { present: false }, known: { file: fileOf(1, { modifiedAt: now - 1000 }) } },
      'unknown',
    ],
    [
      'no registry, touched before that',
      { registry: { present: false }, known: { file: fileOf(1, { modifiedAt: now - 2 * hour }) } },
      'waiting',
    ],
    [
      'a registry that can not be read',
      { registry: { blind: true }, known: { file: fileOf(1, { modifiedAt: now - 1000 }) } },
      'unknown',
    ],
    [
      'a version without a registry, within the hour',
      { facts: { untracked: true, lastActivityAt: now - 1000 }, known: { file: fileOf(1, { modifiedAt: now }) } },
      'unknown',
    ],
    [
      'a version without a registry, before that',
      { facts: { untracked: true, lastActivityAt: now - 2 * hour } },
      'waiting',
    ],
    ['on its way into another session', { known: { isMoving: true } }, 'unknown'],
    ['a process without a record in its directory', { known: { hasStray: true } }, 'unknown'],
  ])('%s: %s', (_, given, state) => {
    expect(join(given).state).toBe(state);
  });
});

describe('turns', () => {
  const asking = { lastTurn: turn('asking') };
  test.each<[string, Given, Partial<Turn> | null, boolean]>([
    ['closed in mid-turn', { facts: asking }, { how: 'asking' }, true],
    ['closed and old in mid-turn', { facts: { ...asking, ...old } }, { how: 'asking' }, true],
    ['unknown in mid-turn', { facts: asking, known: { hasStray: true } }, { how: 'asking' }, false],
    ['live in mid-turn', { facts: asking, known: held({ activity: 'working' }) }, { how: 'asking' }, false],
    [
      'at the prompt a moment ago',
      { facts: asking, known: held({ changedAt: now - 100 }) },
      { how: 'answered' },
      false,
    ],
    [
      'at the prompt for a minute',
      { facts: asking, known: held({ changedAt: now - 60_000 }) },
      { by: 'you', how: 'interrupted' },
      false,
    ],
    [
      'a job that failed',
      { facts: asking, known: { failure: 'crashed' } },
      { how: 'failed', reason: 'crashed' },
      false,
    ],
    ['answered, a job that stopped', { known: { failure: 'stopped' } }, { how: 'answered' }, false],
    ['answered', {}, answered, false],
    ['none', { facts: { lastTurn: null } }, null, false],
  ])('%s', (_, given, lastTurn, cutOff) => {
    const session = join(given);
    if (lastTurn === null) expect(session.lastTurn).toBeNull();
    else expect(session.lastTurn).toMatchObject(lastTurn);
    expect(session.cutOff).toBe(cutOff);
  });
});

describe('seen', () => {
  const at = now - hour;
  test.each<[string, Given, boolean]>([
    ['answered, never looked at', {}, false],
    ['answered, looked at before', { context: { seenUntil: () => at - 1 } }, false],
    ['answered, looked at', { context: { seenUntil: () => at } }, true],
    ['failed', { facts: { lastTurn: turn('failed') } }, false],
    ['asking', { facts: { lastTurn: turn('asking') } }, true],
    ['interrupted', { facts: { lastTurn: turn('interrupted') } }, true],
    ['no turn', { facts: { lastTurn: null } }, true],
    ['no time', { facts: { lastActivityAt: null } }, true],
  ])('%s: %s', (_, given, seen) => {
    expect(join(given).seen).toBe(seen);
  });
});

test('no time is later than the mtime of the file', () => {
  const file = fileOf(1, { modifiedAt: now - 5 * hour });
  expect(join({ known: { file }, facts: { lastActivityAt: now + hour } }).lastActivityAt).toBe(now - 5 * hour);
  expect(join({ known: { file }, facts: { lastActivityAt: now - 6 * hour } }).lastActivityAt).toBe(now - 6 * hour);
});

test('without a transcript the last change of a status is the time', () => {
  const processes = [process(1, { changedAt: now - 5000 }), process(1, { pid: 2, changedAt: now - 1000 })];
  expect(join({ known: { processes, file: null, facts: null } }).lastActivityAt).toBe(now - 1000);
  expect(join({ known: { ...held({ changedAt: null }), file: null, facts: null } }).lastActivityAt).toBeNull();
});

describe('titles, best first', () => {
  const byUser = { name: { text: 'My name', byUser: true } };
  const byModel = { name: { text: 'Its name', byUser: false } };
  test.each<[string, Given, string, string]>([
    [
      'custom in the file',
      {
        facts: { title: { text: 'C', source: 'custom' } },
        known: { titleBeside: { text: 'B', source: 'custom' }, ...held(byUser) },
      },
      'C',
      'custom',
    ],
    ['custom beside', { known: { titleBeside: { text: 'B', source: 'custom' }, ...held(byUser) } }, 'B', 'custom'],
    ["the user's name", { known: held(byUser) }, 'My name', 'name'],
    ['ai', { known: held(byModel) }, 'A title', 'ai'],
    ['another name than none', { facts: { title: null }, known: held(byModel) }, 'Its name', 'name'],
    ['the id', { facts: { title: null } }, idOf(1), 'none'],
  ])('%s', (_, given, text, source) => {
    expect(join(given).title).toEqual({ text, source });
  });
});

test('directories: of a live session that of its process; else the one of the transcript', () => {
  expect(join().cwd).toBe('/home/u/api');
  expect(join({ known: held({ cwd: '/moved' }) }).cwd).toBe('/moved');
  expect(join({ known: held({ cwd: null }) }).cwd).toBe('/home/u/api');
  expect(join({ known: { ...held({ cwd: '/there', proof: 'unknown' }) } }).cwd).toBe('/home/u/api');
  expect(join({ known: { ...held({ cwd: '/there', proof: 'unknown' }), cwd: null } }).cwd).toBe('/there');
});

test('headless is what only programs drive', () => {
  const program = { facts: { headless: true } };
  expect(join(program).headless).toBe(true);
  expect(join({ ...program, known: held({ headless: true }) }).headless).toBe(true);
  expect(join({ ...program, known: held({ headless: false }) }).headless).toBe(false);
  expect(join({ ...program, known: held({ headless: false, proof: 'unknown' }) }).headless).toBe(true);
  expect(join({ known: { ...held({ headless: true }), file: null, facts: null } }).headless).toBe(true);
  expect(join({ known: { ...held({ headless: true }) } }).headless).toBe(false);
});

test('deleted when its agent does it, never while it is live, never where nothing is', () => {
  const modifiedAt = fileOf(1).modifiedAt;
  expect(join().deletesAt).toBe(modifiedAt + 30 * 24 * hour);
  expect(join({ known: held() }).deletesAt).toBeNull();
  expect(join({ known: { keepsFor: null } }).deletesAt).toBeNull();
  expect(join({ known: { file: null, facts: null, ...held({ proof: 'unknown' }) } }).deletesAt).toBeNull();
});

test('needs only what needs you', () => {
  expect(join({ known: { ...held({ activity: 'needs-you' }), needs: 'approve Bash' } }).needs).toBe('approve Bash');
  expect(join({ known: held({ activity: 'needs-you' }) }).needs).toBe('your attention');
  expect(join({ known: { ...held({ activity: 'working' }), needs: 'x' } }).needs).toBeNull();
});

test('of several processes the one that most needs you stands first', () => {
  const order: Activity[] = ['needs-you', 'working', 'in-turn', 'shell', 'ready', 'dialog', 'suspended', 'unknown'];
  const all = order.map((activity, n) => process(1, { pid: 100 - n, activity }));
  const unproven = process(1, { pid: 1, proof: 'unknown', activity: 'needs-you' });
  expect(inOrderOfNeed([unproven, ...all.toReversed()])).toEqual([...all, unproven]);
  const twins = [process(1, { pid: 9 }), process(1, { pid: 3 })];
  expect(inOrderOfNeed(twins).map((one) => one.pid)).toEqual([3, 9]);
});
