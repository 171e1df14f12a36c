import { describe, expect, test } from 'vitest';
import { holder, type Rec, registryRecord, Writer } from '../support/claude-home.ts';
import { answered, asking, hour, minute, report, rowOf, tracked, written } from '../support/told.ts';
import { builds, scratch, wt } from '../support/wt.ts';

describe.each(builds)('state from the registry ($name)', (build) => {
  test.each([
    // The transcript may lag behind the registry; what is missing after a while was broken off.
    ['idle', 'ready', 0, { by: 'claude', how: 'answered', pending: false }],
    ['idle', 'ready', 60_000, { by: 'you', how: 'interrupted', pending: false }],
    ['busy', 'working', 0, { by: 'claude', how: 'asking', pending: true }],
  ])('a live %s process counts more than a dangling tool call (%s, since %d ms)', (status, activity, age, lastTurn) => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, asking);
    // Just now is in a moment: the machine may be slow.
    const statusUpdatedAt = Date.now() + (age === 0 ? 20_000 : -age);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status, statusUpdatedAt });
    expect(rowOf(report(build, at), id)).toMatchObject({
      state: 'live',
      activity,
      needs: null,
      waitingFor: null,
      lastTurn,
    });
  });

  test('a blocked process counts more than an answer', () => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, answered);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status: 'waiting', waitingFor: 'permission prompt' });
    expect(rowOf(report(build, at), id)).toMatchObject({ state: 'live', activity: 'needs-you' });
  });

  test('a status of long ago still holds: the registry has no heartbeat', () => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, answered, { at: Date.now() - 5 * hour });
    const then = Date.now() - 5 * hour;
    registryRecord(at.conf, {
      pid: process.pid,
      sessionId: id,
      status: 'busy',
      updatedAt: then,
      statusUpdatedAt: then,
      startedAt: then,
    });
    expect(rowOf(report(build, at), id)).toMatchObject({ state: 'live', activity: 'working' });
  });

  test.each<[string, (w: Writer) => Rec[], Rec]>([
    ['answered', answered, { by: 'claude', how: 'answered', pending: false }],
    ['asking', asking, { by: 'claude', how: 'asking', pending: true }],
    ['unanswered', (w) => [w.prompt('hello')], { by: 'you', how: 'unanswered', pending: true }],
    ['interrupted', (w) => [w.prompt('hello'), w.interrupted()], { by: 'you', how: 'interrupted', pending: false }],
    ['failed', (w) => [w.prompt('hello'), w.apiError()], { by: 'claude', how: 'failed', pending: false }],
    [
      'working',
      (w) => [w.prompt('x'), w.toolUse({ id: 't', name: 'Bash', input: {} }), w.toolResult('t')],
      { by: 'claude', how: 'working', pending: true },
    ],
  ])('without a live record the transcript says how it ended: %s', (_, lines, lastTurn) => {
    using at = tracked();
    const { id } = written(at, lines);
    expect(rowOf(report(build, at), id)).toMatchObject({ state: 'waiting', activity: null, lastTurn, processes: [] });
  });

  test('beyond WT_WAITING nobody waits', () => {
    using at = tracked();
    const young = written(at, answered, { at: Date.now() - 2 * hour });
    const old = written(at, answered, { at: Date.now() - 25 * hour });
    const all = report(build, at);
    expect(rowOf(all, young.id)?.state).toBe('waiting');
    expect(rowOf(all, old.id)?.state).toBe('idle');
    const run = wt(build, ['--json', '--all'], at, { env: { WT_WAITING: '1h' } });
    expect(rowOf(JSON.parse(run.stdout), young.id)?.state).toBe('idle');
    const longer = wt(build, ['--json', '--all'], at, { env: { WT_WAITING: '3d' } });
    expect(rowOf(JSON.parse(longer.stdout), old.id)?.state).toBe('waiting');
  });
});

describe.each(builds)('spare, parked and continued sessions ($name)', (build) => {
  test('a spare process is no session', () => {
    using at = tracked();
    using process = holder();
    registryRecord(at.conf, { pid: process.pid, sessionId: new Writer().id, kind: 'bg', spare: true });
    const all = report(build, at);
    expect(all.sessions).toEqual([]);
    expect(all.counts.live).toBe(0);
  });

  test('one parked conversation is one row, not three', () => {
    using at = tracked();
    using terminal = holder();
    using job = holder();
    using spare = holder();
    const heir = written(at, (w) => [w.prompt('Go on in the background'), w.text('Yes.')]);
    const parked = written(at, (w) => [w.prompt('Park me'), w.text('Working.'), w.continuedIn(heir.id), w.mode()]);
    const jobId = heir.id.slice(0, 8);
    registryRecord(at.conf, { pid: terminal.pid, sessionId: parked.id, status: 'busy', parkedJobId: jobId });
    registryRecord(at.conf, { pid: job.pid, sessionId: heir.id, status: 'busy', kind: 'bg', jobId });
    registryRecord(at.conf, { pid: spare.pid, sessionId: new Writer().id, kind: 'bg', spare: true });
    const all = report(build, at);
    expect(all.sessions.map((row) => row.id)).toEqual([heir.id]);
    expect(all.sessions[0]).toMatchObject({ state: 'live', processes: [{ pid: job.pid, kind: 'bg' }] });
    expect(all.counts).toMatchObject({ live: 1 });
  });

  test('a continued transcript gives way to an heir that only the registry knows', () => {
    using at = tracked();
    using job = holder();
    const heir = new Writer().id;
    written(at, (w) => [w.prompt('Park me'), w.text('Working.'), w.continuedIn(heir)]);
    registryRecord(at.conf, { pid: job.pid, sessionId: heir, status: 'busy', kind: 'bg' });
    expect(report(build, at).sessions.map((row) => row.id)).toEqual([heir]);
  });

  test('it stays where the heir does not exist, and where the talk went on', () => {
    using at = tracked();
    const other = written(at, answered);
    const lost = written(at, (w) => [...answered(w), w.continuedIn(w.uuid())]);
    const back = written(at, (w) => [...answered(w), w.continuedIn(other.id), w.prompt('Back here')]);
    const ids = report(build, at).sessions.map((row) => row.id);
    expect(ids.toSorted()).toEqual([other.id, lost.id, back.id].toSorted());
  });
});

describe.each(builds)('one session in several processes ($name)', (build) => {
  // From the one that needs you most to the one that needs you least.
  const ranks: [string, Rec, boolean][] = [
    ['needs-you', { status: 'waiting', waitingFor: 'permission prompt' }, false],
    ['working', { status: 'busy' }, false],
    ['shell', { status: 'shell' }, false],
    ['ready', { status: 'idle' }, false],
    ['dialog', { status: 'waiting', waitingFor: 'dialog open' }, false],
    ['suspended', { status: 'busy' }, true],
    ['unknown', { status: 'meditating' }, false],
  ];

  test.each(ranks.slice(1).map((rank, at) => [ranks[at] as (typeof ranks)[0], rank] as const))(
    'one row; the more pressing activity counts',
    async ([more, moreFields, moreStopped], [less, lessFields, lessStopped]) => {
      using at = tracked();
      using one = holder();
      using two = holder();
      for (const swapped of [false, true]) {
        const [first, second] = swapped ? [two, one] : [one, two];
        const { id } = written(at, asking);
        registryRecord(at.conf, { pid: first.pid, sessionId: id, ...moreFields });
        registryRecord(at.conf, { pid: second.pid, sessionId: id, ...lessFields });
        // A process that was stopped in the first round can't play the other part.
        if (swapped && (moreStopped || lessStopped)) break;
        if (moreStopped) await first.suspend();
        if (lessStopped) await second.suspend();
        const all = report(build, at);
        const row = rowOf(all, id);
        expect(row?.activity, `${more} beside ${less}`).toBe(more);
        expect(row?.processes.map((process) => process.pid).toSorted()).toEqual([one.pid, two.pid].toSorted());
        expect(all.counts.live).toBe(1);
      }
    },
  );

  test('a dead record beside a live one takes nothing away', async () => {
    using at = tracked();
    using dead = holder();
    using alive = holder();
    const { id } = written(at, answered);
    registryRecord(at.conf, { pid: dead.pid, sessionId: id, status: 'waiting', waitingFor: 'permission prompt' });
    await dead.kill();
    registryRecord(at.conf, { pid: alive.pid, sessionId: id, status: 'idle' });
    expect(rowOf(report(build, at), id)).toMatchObject({ activity: 'ready', processes: [{ pid: alive.pid }] });
  });
});

describe.each(builds)('live without a transcript ($name)', (build) => {
  test('it is a row, dated by the registry', () => {
    using at = tracked();
    using process = holder();
    const { id } = new Writer();
    const changed = Date.now() - 5 * minute;
    registryRecord(at.conf, {
      pid: process.pid,
      sessionId: id,
      cwd: '/home/u/homelab',
      status: 'idle',
      statusUpdatedAt: changed,
    });
    expect(rowOf(report(build, at), id)).toMatchObject({
      state: 'live',
      activity: 'ready',
      title: id,
      titleSource: 'none',
      cwd: '/home/u/homelab',
      branch: null,
      lastTurn: null,
      transcript: null,
      lastActivityAt: new Date(changed).toISOString(),
      forkedFrom: null,
    });
    for (const args of [['--list'], ['--greet']])
      expect(wt(build, args, at, { env: { COLUMNS: '130' } }).stdout).toContain(id.slice(0, 8));
  });

  test('it is a row while its transcript holds bookkeeping only; a dead one is not', () => {
    using at = tracked();
    using process = holder();
    const live = written(at, (w) => [w.mode(), w.fileHistorySnapshot()]);
    const dead = written(at, (w) => [w.mode(), w.fileHistorySnapshot(), w.aiTitle('Nothing said')]);
    registryRecord(at.conf, { pid: process.pid, sessionId: live.id });
    const all = report(build, at);
    expect(rowOf(all, live.id)).toMatchObject({ state: 'live', lastTurn: null });
    expect(rowOf(all, dead.id)).toBeUndefined();
  });
});

describe.each(builds)('dates from the last real record ($name)', (build) => {
  const then = Date.now() - 126 * minute;
  const big = (w: Writer) => Array.from({ length: 6 }, () => w.apiRequestShape(80_000));

  test.each<[string, number, (w: Writer) => Rec[]]>([
    ['an mtime of now', Date.now(), () => []],
    [
      'later bookkeeping with times',
      Date.now(),
      (w) => [w.queueOperation('and then', 'dequeue'), w.turnDuration(), w.attachment()],
    ],
    ['half a megabyte of big records behind it', Date.now(), big],
    [
      'big records with times behind it',
      Date.now(),
      (w) => [...Array.from({ length: 6 }, () => w.promptSnapshot(90_000))],
    ],
  ])('%s changes nothing', (_, mtime, after) => {
    using at = tracked();
    const { id } = written(
      at,
      (w) => {
        const talk = [w.prompt('Fix it'), w.text('Fixed.')];
        w.at = Date.now() - minute;
        return [...talk, ...after(w)];
      },
      { at: then, mtime },
    );
    const newest = new Date(then + 1000).toISOString();
    const lastTurn = { by: 'claude', how: 'answered', pending: false };
    expect(rowOf(report(build, at), id)).toMatchObject({ lastActivityAt: newest, lastTurn, state: 'waiting' });
    expect(wt(build, ['--list'], at).stdout).toMatch(/⧗\s+2h0[5-9]\s/);
  });

  test('talk that is younger than its file is as old as the file', () => {
    using at = tracked();
    const mtime = then - 90 * minute;
    const { id } = written(at, answered, { at: then, mtime });
    expect(rowOf(report(build, at), id)).toMatchObject({
      lastActivityAt: new Date(mtime).toISOString(),
      lastTurn: { by: 'claude', how: 'answered' },
      state: 'waiting',
    });
    expect(wt(build, ['--list'], at).stdout).toMatch(/⧗\s+3h3[5-9]\s/);
  });

  test('a change of status is no talk: a live session is dated by its transcript', () => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, answered, { at: then });
    registryRecord(at.conf, { pid: process.pid, sessionId: id, statusUpdatedAt: Date.now() });
    expect(rowOf(report(build, at), id)?.lastActivityAt).toBe(new Date(then + 1000).toISOString());
  });

  test('touched today, last spoken to a week ago: idle', () => {
    using at = tracked();
    const { id } = written(at, answered, { at: Date.now() - 7 * 24 * hour, mtime: Date.now() });
    expect(rowOf(report(build, at), id)?.state).toBe('idle');
    expect(wt(build, ['--greet'], at).stdout).toBe('');
  });
});

describe.each(builds)('no registry ($name)', (build) => {
  test('touched within the hour: unknown; before that, as the transcript says', () => {
    using at = scratch();
    const now = written(at, answered, { version: '2.0.76', at: Date.now() - 10 * minute });
    const touched = written(at, answered, {
      version: '2.1.330',
      at: Date.now() - 3 * hour,
      mtime: Date.now() - minute,
    });
    const before = written(at, answered, { version: '2.0.76', at: Date.now() - 3 * hour });
    const old = written(at, answered, { version: '1.0.100', at: Date.now() - 72 * hour });
    const all = report(build, at);
    expect(rowOf(all, now.id)).toMatchObject({ state: 'unknown', activity: null, processes: [] });
    expect(rowOf(all, touched.id)?.state).toBe('unknown');
    expect(rowOf(all, before.id)?.state).toBe('waiting');
    expect(rowOf(all, old.id)?.state).toBe('idle');
    expect(all.counts).toEqual({ needsYou: 0, live: 0, waiting: 1, idle: 1, unknown: 2 });
  });

  test('beside a registry, only what an old version wrote is unknown', () => {
    using at = tracked();
    const old = written(at, answered, { version: '2.0.76', at: Date.now() - 10 * minute });
    const last = written(at, answered, { version: '2.1.118', at: Date.now() - 10 * minute });
    const first = written(at, answered, { version: '2.1.119', at: Date.now() - 10 * minute });
    const all = report(build, at);
    expect(rowOf(all, old.id)?.state).toBe('unknown');
    expect(rowOf(all, last.id)?.state).toBe('unknown');
    expect(rowOf(all, first.id)?.state).toBe('waiting');
  });
});
