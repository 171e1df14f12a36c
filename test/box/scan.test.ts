import { spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  customTitleFile,
  holder,
  jobState,
  ownPidDomain,
  type Rec,
  registryFields,
  registryFile,
  registryRecord,
  sessionsFolder,
  slug,
  transcript,
  transcriptBytes,
  Writer,
  type WriterOptions,
  zombie,
} from '../support/claude-home.ts';
import { type Build, builds, type Scratch, scratch, wt } from '../support/wt.ts';

interface Row extends Rec {
  id: string;
  state: string;
  activity: string | null;
  processes: { pid: number; suspended: boolean; status: string | null; entrypoint: string | null }[];
}

interface Report {
  counts: Record<string, number>;
  sessions: Row[];
}

const minute = 60_000;
const hour = 60 * minute;

function report(build: Build, home: Scratch, args = ['--json', '--all']): Report {
  const run = wt(build, args, home);
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
  return JSON.parse(run.stdout);
}

function rowOf(all: Report, id: string): Row | undefined {
  const rows = all.sessions.filter((session) => session.id === id);
  expect(rows.length, `rows of ${id}`).toBeLessThanOrEqual(1);
  return rows[0];
}

/** A home in which a Claude Code with a registry has run. */
function home(): Scratch {
  const made = scratch();
  sessionsFolder(made.conf);
  return made;
}

/** Writes a transcript with the records that `lines` makes; gives the writer, whose `id` is the session's. */
function session(
  at: Scratch,
  lines: (writer: Writer) => Rec[],
  options: WriterOptions & { mtime?: number } = {},
): Writer {
  const writer = new Writer({ cwd: '/home/u/api', ...options });
  const records = lines(writer);
  transcript(at.conf, {
    cwd: options.cwd ?? '/home/u/api',
    id: writer.id,
    records,
    ...(options.mtime === undefined ? {} : { mtime: options.mtime }),
  });
  return writer;
}

const answered = (w: Writer) => [w.prompt('Fix the broken redirect'), w.text('Done.')];
const asking = (w: Writer) => [
  w.prompt('Fix the broken redirect'),
  w.toolUse({ name: 'Bash', input: { command: 'docker compose down', description: 'Stop it' } }),
];

/** Whether reading a file moves its access time here: the means by which a test sees that wt has read one. */
function atimeMoves(): boolean {
  using at = scratch();
  const path = join(at.home, 'probe');
  writeFileSync(path, 'x');
  const before = statSync(path, { bigint: true }).atimeNs;
  const end = Date.now() + 200;
  while (Date.now() < end) {
    readFileSync(path);
    if (statSync(path, { bigint: true }).atimeNs !== before) return true;
  }
  return false;
}

describe.each(builds)('rule 1, state from the registry ($name)', (build) => {
  test.each([
    ['idle', 'ready'],
    ['busy', 'working'],
  ])('a live %s process counts more than a dangling tool call', (status, activity) => {
    using at = home();
    using process = holder();
    const { id } = session(at, asking);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status });
    expect(rowOf(report(build, at), id)).toMatchObject({
      state: 'live',
      activity,
      needs: null,
      waitingFor: null,
      lastTurn: { by: 'claude', how: 'asking', pending: true },
    });
  });

  test('a blocked process counts more than an answer', () => {
    using at = home();
    using process = holder();
    const { id } = session(at, answered);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status: 'waiting', waitingFor: 'permission prompt' });
    expect(rowOf(report(build, at), id)).toMatchObject({ state: 'live', activity: 'needs-you' });
  });

  test('a status of long ago still holds: the registry has no heartbeat', () => {
    using at = home();
    using process = holder();
    const { id } = session(at, answered, { at: Date.now() - 5 * hour });
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
    using at = home();
    const { id } = session(at, lines);
    expect(rowOf(report(build, at), id)).toMatchObject({ state: 'waiting', activity: null, lastTurn, processes: [] });
  });

  test('beyond WT_WAITING nobody waits', () => {
    using at = home();
    const young = session(at, answered, { at: Date.now() - 2 * hour });
    const old = session(at, answered, { at: Date.now() - 25 * hour });
    const all = report(build, at);
    expect(rowOf(all, young.id)?.state).toBe('waiting');
    expect(rowOf(all, old.id)?.state).toBe('idle');
    const run = wt(build, ['--json', '--all'], at, { env: { WT_WAITING: '1h' } });
    expect(rowOf(JSON.parse(run.stdout), young.id)?.state).toBe('idle');
    const longer = wt(build, ['--json', '--all'], at, { env: { WT_WAITING: '3d' } });
    expect(rowOf(JSON.parse(longer.stdout), old.id)?.state).toBe('waiting');
  });
});

describe.each(builds)('rule 2, proof of life ($name)', (build) => {
  test('a process with the start time of its record is live', () => {
    using at = home();
    using process = holder();
    const { id } = session(at, answered);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, tmux: 'main:@1.%3' });
    const all = report(build, at);
    expect(rowOf(all, id)).toMatchObject({
      state: 'live',
      activity: 'ready',
      processes: [
        {
          pid: process.pid,
          kind: 'interactive',
          entrypoint: 'cli',
          status: 'idle',
          tmux: 'main:@1.%3',
          suspended: false,
        },
      ],
    });
    expect(all.counts).toEqual({ needsYou: 0, live: 1, waiting: 0, idle: 0, unknown: 0 });
  });

  test('a recycled pid is not', () => {
    using at = home();
    using process = holder();
    const { id } = session(at, answered);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status: 'busy', procStart: '12345' });
    expect(rowOf(report(build, at), id)).toMatchObject({ state: 'waiting', activity: null, processes: [] });
  });

  test('a record without a transcript whose process is gone is no row', async () => {
    using at = home();
    using process = holder();
    const { id } = new Writer();
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status: 'busy' });
    await process.kill();
    expect(report(build, at).sessions).toEqual([]);
  });

  test('a process that is gone is not', async () => {
    using at = home();
    using process = holder();
    const { id } = session(at, asking);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status: 'waiting', waitingFor: 'permission prompt' });
    await process.kill();
    expect(rowOf(report(build, at), id)).toMatchObject({
      state: 'waiting',
      activity: null,
      needs: null,
      waitingFor: null,
      processes: [],
    });
  });

  test('a zombie is not', async () => {
    using at = home();
    using process = await zombie();
    const { id } = session(at, answered);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, procStart: process.start, status: 'busy' });
    expect(rowOf(report(build, at), id)).toMatchObject({ state: 'waiting', activity: null, processes: [] });
  });

  test.each(['busy', 'waiting', 'idle'])(
    'a stopped process is suspended, though its record says %s',
    async (status) => {
      using at = home();
      using process = holder();
      const { id } = session(at, answered);
      registryRecord(at.conf, {
        pid: process.pid,
        sessionId: id,
        status,
        waitingFor: status === 'waiting' ? 'permission prompt' : undefined,
      });
      await process.suspend();
      expect(rowOf(report(build, at), id)).toMatchObject({
        state: 'live',
        activity: 'suspended',
        needs: null,
        processes: [{ pid: process.pid, suspended: true }],
      });
    },
  );

  test('a running pid without a start time in its record is unknown', () => {
    using at = home();
    using process = holder();
    const { id } = session(at, answered);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, procStart: undefined, status: 'busy' });
    const all = report(build, at);
    expect(rowOf(all, id)).toMatchObject({ state: 'unknown', activity: null });
    expect(all.counts).toMatchObject({ live: 0, waiting: 0, unknown: 1 });
  });

  test('a pid that is gone is dead with or without a start time', async () => {
    using at = home();
    using process = holder();
    const { id } = session(at, answered);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, procStart: undefined, status: 'busy' });
    await process.kill();
    expect(rowOf(report(build, at), id)?.state).toBe('waiting');
  });

  test.each([
    ['that runs here by chance', true],
    ['that does not run here', false],
  ])('another machine: its pid, %s, can not be checked', async (_, running) => {
    using at = home();
    using process = holder();
    const { id } = session(at, answered);
    const foreign = { pidDomain: 'linux:0123456789abcdef0123456789abcdef:pid:[4026539999]', status: 'busy' };
    registryRecord(at.conf, { pid: process.pid, sessionId: id, ...foreign });
    if (!running) await process.kill();
    expect(rowOf(report(build, at), id)).toMatchObject({ state: 'unknown', activity: null });
  });

  test.skipIf(ownPidDomain() === null)('another container on this machine is another domain too', () => {
    using at = home();
    using process = holder();
    const { id } = session(at, answered);
    const elsewhere = String(ownPidDomain()).replace(/\[\d+\]/, '[1]');
    registryRecord(at.conf, { pid: process.pid, sessionId: id, pidDomain: elsewhere, status: 'busy' });
    expect(rowOf(report(build, at), id)?.state).toBe('unknown');
  });

  test('a record without a domain is ours', () => {
    using at = home();
    using process = holder();
    const { id } = session(at, answered);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, pidDomain: undefined, version: '2.1.197' });
    expect(rowOf(report(build, at), id)).toMatchObject({ state: 'live', activity: 'ready' });
  });

  test('only <pid>.json files are records, and keys are never opened', async () => {
    using at = home();
    using process = holder();
    const { id } = session(at, answered);
    const record = JSON.stringify(registryFields({ pid: process.pid, sessionId: id }));
    for (const name of [`pid-${process.pid}.json`, `${process.pid}.json.tmp`, 'x.json', `${process.pid}`]) {
      writeFileSync(join(at.conf, 'sessions', name), record);
    }
    const key = join(at.conf, 'sessions', `${process.pid}.${'a'.repeat(64)}.key`);
    writeFileSync(key, record);
    const before = statSync(key, { bigint: true }).atimeNs;
    expect(rowOf(report(build, at), id)?.state).toBe('waiting');
    expect(statSync(key, { bigint: true }).atimeNs).toBe(before);
  });

  test('a torn record: its session is unknown, the others are told', () => {
    using at = home();
    using process = holder();
    using other = holder();
    const torn = session(at, answered);
    const whole = session(at, answered);
    const text = JSON.stringify({ sessionId: torn.id, ...registryFields({ pid: process.pid, sessionId: torn.id }) });
    registryFile(at.conf, process.pid, text.slice(0, text.indexOf('"status"') + 4));
    registryRecord(at.conf, { pid: other.pid, sessionId: whole.id, status: 'busy' });
    const all = report(build, at);
    expect(rowOf(all, torn.id)).toMatchObject({ state: 'unknown', activity: null });
    expect(rowOf(all, whole.id)).toMatchObject({ state: 'live', activity: 'working' });
  });

  test.each(['', '{', '{"pid":1', 'null', '[]', '42', '{}', '\0\0\0\0', '{"pid":"x","sessionId":7}'])(
    'a record that is %j harms nobody',
    (text) => {
      using at = home();
      using process = holder();
      using other = holder();
      const whole = session(at, answered);
      registryFile(at.conf, process.pid, text);
      registryRecord(at.conf, { pid: other.pid, sessionId: whole.id, status: 'busy' });
      const all = report(build, at);
      expect(all.sessions.map((row) => row.id)).toEqual([whole.id]);
      expect(all.sessions[0]).toMatchObject({ state: 'live', activity: 'working' });
    },
  );

  test.skipIf(!atimeMoves())('a record that is whole again within 25 ms is believed', { timeout: 60_000 }, async () => {
    using at = home();
    using process = holder();
    const { id } = session(at, answered);
    const text = JSON.stringify(registryFields({ pid: process.pid, sessionId: id, status: 'busy' }));
    // Late enough that a second look at once sees it torn still; a busy machine may make it too late for 25 ms, so a
    // few tries are given to hit between the two looks.
    for (let round = 1; ; round++) {
      const row = rowOf(await whileRepaired(build, at, process.pid, text, 10), id);
      if (round < 8 && row?.state !== 'live') continue;
      expect(row).toMatchObject({ state: 'live', activity: 'working' });
      break;
    }
  });
});

/** Runs wt on a torn registry record, and makes that whole `delay` milliseconds after wt has read it. */
async function whileRepaired(build: Build, at: Scratch, pid: number, text: string, delay: number): Promise<Report> {
  const path = registryFile(at.conf, pid, text.slice(0, 100));
  const before = statSync(path, { bigint: true }).atimeNs;
  const run = spawn(build.argv[0], [...build.argv.slice(1), '--json', '--all'], { cwd: at.home, env: at.env });
  let said = '';
  run.stdout.on('data', (chunk) => {
    said += String(chunk);
  });
  let over = false;
  const closed = new Promise<void>((resolve) => run.once('close', () => resolve())).then(() => {
    over = true;
  });
  while (!over && statSync(path, { bigint: true }).atimeNs === before) await new Promise(setImmediate);
  await new Promise((resolve) => setTimeout(resolve, delay));
  const file = openSync(path, 'r+');
  writeSync(file, text, 0);
  closeSync(file);
  await closed;
  return JSON.parse(said);
}

describe.each(builds)('rule 3, what it waits for ($name)', (build) => {
  test.each(['permission prompt', 'input needed', 'sandbox request', 'worker request', 'goal proposal', 'moon phase'])(
    'waiting for %s needs you',
    (waitingFor) => {
      using at = home();
      using process = holder();
      const { id } = session(at, asking);
      registryRecord(at.conf, { pid: process.pid, sessionId: id, status: 'waiting', waitingFor });
      const all = report(build, at);
      expect(rowOf(all, id)).toMatchObject({ state: 'live', activity: 'needs-you', waitingFor });
      expect(all.counts).toMatchObject({ needsYou: 1, live: 1, waiting: 0 });
    },
  );

  test('waiting without a reason needs you', () => {
    using at = home();
    using process = holder();
    const { id } = session(at, asking);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status: 'waiting' });
    expect(rowOf(report(build, at), id)?.activity).toBe('needs-you');
  });

  test.each([
    ['waiting', 'dialog open', 'dialog'],
    ['shell', undefined, 'shell'],
    ['busy', undefined, 'working'],
    ['idle', undefined, 'ready'],
    ['meditating', undefined, 'unknown'],
    [undefined, undefined, 'unknown'],
  ])('%s %s reads as %s', (status, waitingFor, activity) => {
    using at = home();
    using process = holder();
    const { id } = session(at, asking);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status, waitingFor });
    const all = report(build, at);
    expect(rowOf(all, id)).toMatchObject({ state: 'live', activity, needs: null });
    expect(all.counts).toMatchObject({ needsYou: 0, live: 1 });
  });

  test.each<[string, string, string, Rec]>([
    ['permission prompt', 'approve Bash: docker compose down', 'Bash', { command: 'docker compose down' }],
    [
      'input needed',
      'asks: Which database?',
      'AskUserQuestion',
      { questions: [{ question: 'Which database?', header: 'DB', options: [{ label: 'a' }], multiSelect: false }] },
    ],
  ])('%s: %s', (waitingFor, needs, name, input) => {
    using at = home();
    using process = holder();
    const { id } = session(at, (w) => [w.prompt('go on'), w.text('Sure.'), w.toolUse({ name, input }), w.mode()]);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status: 'waiting', waitingFor });
    expect(rowOf(report(build, at), id)).toMatchObject({ activity: 'needs-you', needs });
    expect(wt(build, ['--list'], at).stdout).toContain(needs);
  });

  test('it asks for the call that has no result yet, far from the end of the file', () => {
    using at = home();
    using process = holder();
    const { id } = session(at, (w) => {
      const message = { id: 'msg_1' };
      return [
        w.prompt('go on'),
        w.toolUse({ id: 'a', name: 'Bash', input: { command: 'make clean' } }, message),
        w.toolUse({ id: 'b', name: 'Bash', input: { command: 'make install' } }, message),
        w.toolResult('a'),
        ...Array.from({ length: 5 }, () => w.promptSnapshot(80_000)),
      ];
    });
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status: 'waiting', waitingFor: 'permission prompt' });
    expect(rowOf(report(build, at), id)?.needs).toBe('approve Bash: make install');
    expect(wt(build, ['--list'], at).stdout).toContain('approve Bash: make install');
  });

  test('it asks for what a sub-agent waits with, whatever lies beside its transcript', () => {
    using at = home();
    using process = holder();
    const own = session(at, (w) => [
      w.prompt('go on'),
      w.toolUse({ id: 'a', name: 'Agent', input: { description: 'help' } }),
    ]);
    const { id } = own;
    const agents = join(at.conf, 'projects', slug('/home/u/api'), id, 'subagents');
    mkdirSync(agents, { recursive: true });
    // Each of its records is as old as one of the session's own.
    const agent = new Writer({ at: own.at - 2 * own.step });
    const records = [agent.prompt('do'), agent.toolUse({ id: 'b', name: 'Bash', input: { command: 'make test' } })];
    writeFileSync(join(agents, 'agent-1.jsonl'), transcriptBytes({ records }));
    symlinkSync('nowhere', join(agents, 'agent-0.jsonl'));
    mkdirSync(join(agents, 'agent-2.jsonl'));
    writeFileSync(join(agents, 'agent-3.jsonl'), '{"type":"assi');
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status: 'waiting', waitingFor: 'permission prompt' });
    expect(rowOf(report(build, at), id)?.needs).toBe('approve Bash: make test');
  });

  test('a background session says itself what it needs', () => {
    using at = home();
    using process = holder();
    const { id } = session(at, answered);
    registryRecord(at.conf, {
      pid: process.pid,
      sessionId: id,
      kind: 'bg',
      jobId: id.slice(0, 8),
      status: 'waiting',
      waitingFor: 'permission prompt',
    });
    jobState(at.conf, id, {
      state: 'blocked',
      tempo: 'blocked',
      needs: 'approve Bash: rm -r build',
      cwd: '/home/u/api',
    });
    expect(rowOf(report(build, at), id)).toMatchObject({ activity: 'needs-you', needs: 'approve Bash: rm -r build' });
  });
});

describe.each(builds)('rule 4, spare, parked and continued sessions ($name)', (build) => {
  test('a spare process is no session', () => {
    using at = home();
    using process = holder();
    registryRecord(at.conf, { pid: process.pid, sessionId: new Writer().id, kind: 'bg', spare: true });
    const all = report(build, at);
    expect(all.sessions).toEqual([]);
    expect(all.counts.live).toBe(0);
  });

  test('one parked conversation is one row, not three', () => {
    using at = home();
    using terminal = holder();
    using job = holder();
    using spare = holder();
    const heir = session(at, (w) => [w.prompt('Go on in the background'), w.text('Yes.')]);
    const parked = session(at, (w) => [w.prompt('Park me'), w.text('Working.'), w.continuedIn(heir.id), w.mode()]);
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
    using at = home();
    using job = holder();
    const heir = new Writer().id;
    session(at, (w) => [w.prompt('Park me'), w.text('Working.'), w.continuedIn(heir)]);
    registryRecord(at.conf, { pid: job.pid, sessionId: heir, status: 'busy', kind: 'bg' });
    expect(report(build, at).sessions.map((row) => row.id)).toEqual([heir]);
  });

  test('it stays where the heir does not exist, and where the talk went on', () => {
    using at = home();
    const other = session(at, answered);
    const lost = session(at, (w) => [...answered(w), w.continuedIn(w.uuid())]);
    const back = session(at, (w) => [...answered(w), w.continuedIn(other.id), w.prompt('Back here')]);
    const ids = report(build, at).sessions.map((row) => row.id);
    expect(ids.toSorted()).toEqual([other.id, lost.id, back.id].toSorted());
  });
});

describe.each(builds)('rule 5, headless by entrypoint ($name)', (build) => {
  test.each(['sdk-cli', 'sdk-ts', 'sdk-py'])('a dead %s transcript never waits and needs --all', (entrypoint) => {
    using at = home();
    const { id } = session(at, answered, { entrypoint });
    const shown = session(at, answered, { entrypoint: 'cli' });
    const all = report(build, at);
    expect(rowOf(all, id)).toMatchObject({ headless: true, state: 'idle' });
    expect(rowOf(all, shown.id)).toMatchObject({ headless: false, state: 'waiting' });
    const some = report(build, at, ['--json']);
    expect(some.sessions.map((row) => row.id)).toEqual([shown.id]);
    expect(some.counts).toEqual(all.counts);
    expect(wt(build, ['--list'], at).stdout).not.toContain(id.slice(0, 8));
    expect(wt(build, ['--list', '--all'], at).stdout).toContain(id.slice(0, 8));
  });

  test('kind says nothing: a live -p is "interactive" and headless, and is listed', () => {
    using at = home();
    using process = holder();
    const { id } = session(at, asking, { entrypoint: 'sdk-cli' });
    registryRecord(at.conf, {
      pid: process.pid,
      sessionId: id,
      kind: 'interactive',
      entrypoint: 'sdk-cli',
      status: 'busy',
    });
    const wanted = { headless: true, state: 'live', processes: [{ kind: 'interactive', entrypoint: 'sdk-cli' }] };
    expect(rowOf(report(build, at), id)).toMatchObject(wanted);
    expect(rowOf(report(build, at, ['--json']), id)).toMatchObject(wanted);
  });

  test('a live -p without a transcript is headless', () => {
    using at = home();
    using process = holder();
    const { id } = new Writer();
    registryRecord(at.conf, { pid: process.pid, sessionId: id, entrypoint: 'sdk-cli', status: 'busy' });
    expect(rowOf(report(build, at), id)).toMatchObject({ headless: true, state: 'live' });
  });

  test("a person's terminal on a -p session makes it theirs, before a word is said in it", () => {
    using at = home();
    using process = holder();
    const { id } = session(at, answered, { entrypoint: 'sdk-cli' });
    registryRecord(at.conf, { pid: process.pid, sessionId: id, entrypoint: 'cli' });
    expect(rowOf(report(build, at), id)).toMatchObject({ headless: false, state: 'live' });
  });

  test('a background session is not headless', () => {
    using at = home();
    using process = holder();
    const { id } = session(at, answered);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, kind: 'bg' });
    expect(rowOf(report(build, at), id)).toMatchObject({ headless: false, processes: [{ kind: 'bg' }] });
  });

  test('a -p session that was resumed by hand is a session like any other', () => {
    using at = home();
    const { id } = session(
      at,
      (w) => {
        const head = answered(w);
        w.entrypoint = 'cli';
        return [...head, w.prompt('Now in person')];
      },
      { entrypoint: 'sdk-cli' },
    );
    expect(rowOf(report(build, at, ['--json']), id)).toMatchObject({ headless: false, state: 'waiting' });
  });
});

describe.each(builds)('rule 6, one session in several processes ($name)', (build) => {
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
      using at = home();
      using one = holder();
      using two = holder();
      for (const swapped of [false, true]) {
        const [first, second] = swapped ? [two, one] : [one, two];
        const { id } = session(at, asking);
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
    using at = home();
    using dead = holder();
    using alive = holder();
    const { id } = session(at, answered);
    registryRecord(at.conf, { pid: dead.pid, sessionId: id, status: 'waiting', waitingFor: 'permission prompt' });
    await dead.kill();
    registryRecord(at.conf, { pid: alive.pid, sessionId: id, status: 'idle' });
    expect(rowOf(report(build, at), id)).toMatchObject({ activity: 'ready', processes: [{ pid: alive.pid }] });
  });
});

describe.each(builds)('rule 7, titles that are true ($name)', (build) => {
  test.each(['derived', 'auto', 'collision', 'peer', 'hook', undefined])('a %s name is no title', (nameSource) => {
    using at = home();
    using process = holder();
    const { id } = session(at, answered);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, name: 'api-a2', nameSource });
    expect(rowOf(report(build, at), id)).toMatchObject({
      title: 'Fix the broken redirect',
      titleSource: 'last-prompt',
    });
  });

  test("the user's name is; it stands above an ai-title and below a custom title", () => {
    using at = home();
    using one = holder();
    using two = holder();
    const named = session(at, (w) => [...answered(w), w.aiTitle('A title by a model')]);
    const custom = session(at, (w) => [w.customTitle('Chosen'), ...answered(w), w.aiTitle('A title by a model')]);
    registryRecord(at.conf, { pid: one.pid, sessionId: named.id, name: 'My own name', nameSource: 'user' });
    registryRecord(at.conf, { pid: two.pid, sessionId: custom.id, name: 'My own name', nameSource: 'user' });
    const all = report(build, at);
    expect(rowOf(all, named.id)).toMatchObject({ title: 'My own name', titleSource: 'name' });
    expect(rowOf(all, custom.id)).toMatchObject({ title: 'Chosen', titleSource: 'custom' });
  });

  test('custom-title.json beside the transcript counts', () => {
    using at = home();
    const { id } = session(at, (w) => [...answered(w), w.aiTitle('A title by a model')]);
    customTitleFile(at.conf, slug('/home/u/api'), id, 'From beside');
    expect(rowOf(report(build, at), id)).toMatchObject({ title: 'From beside', titleSource: 'custom' });
  });

  test('a summary of another session is not trusted', () => {
    using at = home();
    const foreign = session(at, (w) => [
      w.summary('What another session did', w.uuid()),
      ...answered(w),
      w.summary('And a third', w.uuid()),
    ]);
    const own = session(at, (w) => {
      const lines = answered(w);
      return [w.summary('What this one did', String(lines[1]?.uuid)), ...lines, w.summary('Foreign', w.uuid())];
    });
    const all = report(build, at);
    expect(rowOf(all, foreign.id)).toMatchObject({ title: 'Fix the broken redirect', titleSource: 'last-prompt' });
    expect(rowOf(all, own.id)).toMatchObject({ title: 'What this one did', titleSource: 'summary' });
    const list = wt(build, ['--list'], at).stdout;
    expect(list).toContain('What this one did');
    expect(list).not.toContain('another session');
  });

  test('two sessions of one title, as after /clear, are two rows', () => {
    using at = home();
    const before = session(at, (w) => [w.customTitle('Same'), ...answered(w)]);
    const after = session(at, (w) => [w.customTitle('Same'), ...answered(w)]);
    const all = report(build, at);
    expect(rowOf(all, before.id)?.title).toBe('Same');
    expect(rowOf(all, after.id)?.title).toBe('Same');
  });

  test('each source in its place', () => {
    using at = home();
    const ai = session(at, (w) => [w.aiTitle('Early'), ...answered(w), w.aiTitle('Late'), w.lastPrompt('noted')]);
    const last = session(at, (w) => [...answered(w), w.prompt('And now this'), w.lastPrompt('Fix it')]);
    const noted = session(at, (w) => [w.command('/review', 'src'), w.text('Done.'), w.lastPrompt('noted words')]);
    const command = session(at, (w) => [w.command('/review', 'src'), w.meta('look at src'), w.text('Done.')]);
    const none = session(at, (w) => [w.meta(), w.text('Hello?')]);
    const all = report(build, at);
    expect(rowOf(all, ai.id)).toMatchObject({ title: 'Late', titleSource: 'ai' });
    expect(rowOf(all, last.id)).toMatchObject({ title: 'And now this', titleSource: 'last-prompt' });
    expect(rowOf(all, noted.id)).toMatchObject({ title: 'noted words', titleSource: 'last-prompt' });
    expect(rowOf(all, command.id)).toMatchObject({ title: '/review src', titleSource: 'command' });
    expect(rowOf(all, none.id)).toMatchObject({ titleSource: 'none' });
  });
});

describe.each(builds)('rule 8, live without a transcript ($name)', (build) => {
  test('it is a row, dated by the registry', () => {
    using at = home();
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
    for (const args of [['--list'], ['--greet']]) expect(wt(build, args, at).stdout).toContain(id.slice(0, 8));
  });

  test('it is a row while its transcript holds bookkeeping only; a dead one is not', () => {
    using at = home();
    using process = holder();
    const live = session(at, (w) => [w.mode(), w.fileHistorySnapshot()]);
    const dead = session(at, (w) => [w.mode(), w.fileHistorySnapshot(), w.aiTitle('Nothing said')]);
    registryRecord(at.conf, { pid: process.pid, sessionId: live.id });
    const all = report(build, at);
    expect(rowOf(all, live.id)).toMatchObject({ state: 'live', lastTurn: null });
    expect(rowOf(all, dead.id)).toBeUndefined();
  });
});

describe.each(builds)('rule 9, dates from the last real record ($name)', (build) => {
  const then = Date.now() - 125 * minute;
  const big = (w: Writer) => Array.from({ length: 6 }, () => w.apiRequestShape(80_000));

  test.each<[string, number, (w: Writer) => Rec[]]>([
    ['an mtime of now', Date.now(), () => []],
    ['an mtime older than the talk', then - 90 * minute, () => []],
    ['later bookkeeping with times', Date.now(), (w) => [w.queueOperation(), w.turnDuration(), w.attachment()]],
    ['half a megabyte of big records behind it', Date.now(), big],
    [
      'big records with times behind it',
      Date.now(),
      (w) => [...Array.from({ length: 6 }, () => w.promptSnapshot(90_000))],
    ],
  ])('%s changes nothing', (_, mtime, after) => {
    using at = home();
    const { id } = session(
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
    expect(wt(build, ['--list'], at).stdout).toMatch(/⧗\s+waiting\s+2h0[5-9]\s/);
  });

  test('a change of status is no talk: a live session is dated by its transcript', () => {
    using at = home();
    using process = holder();
    const { id } = session(at, answered, { at: then });
    registryRecord(at.conf, { pid: process.pid, sessionId: id, statusUpdatedAt: Date.now() });
    expect(rowOf(report(build, at), id)?.lastActivityAt).toBe(new Date(then + 1000).toISOString());
  });

  test('touched today, last spoken to a week ago: idle', () => {
    using at = home();
    const { id } = session(at, answered, { at: Date.now() - 7 * 24 * hour, mtime: Date.now() });
    expect(rowOf(report(build, at), id)?.state).toBe('idle');
    expect(wt(build, ['--greet'], at).stdout).toBe('');
  });
});

describe.each(builds)('rule 10, directories from records, and broken lines ($name)', (build) => {
  test('the cwd is what the records say, not what the folder seems to say', () => {
    using at = home();
    const plain = session(at, answered, { cwd: '/home/u/my.project-x/a b' });
    expect(rowOf(report(build, at), plain.id)?.cwd).toBe('/home/u/my.project-x/a b');
  });

  test('of several, the last that fits the folder; else the last', () => {
    using at = home();
    const strayed = session(at, (w) => {
      const head = answered(w);
      w.cwd = '/home/u/api/src';
      return [...head, w.prompt('In a subfolder')];
    });
    const nowhere = new Writer({ cwd: '/home/u/one' });
    const lines = answered(nowhere);
    nowhere.cwd = '/home/u/two';
    lines.push(nowhere.prompt('Here now'));
    transcript(at.conf, { cwd: '', folder: '-renamed-by-hand', id: nowhere.id, records: lines });
    const all = report(build, at);
    expect(rowOf(all, strayed.id)?.cwd).toBe('/home/u/api');
    expect(rowOf(all, nowhere.id)?.cwd).toBe('/home/u/two');
  });

  test('a live session is where the registry says; a detached HEAD is no branch', () => {
    using at = home();
    using process = holder();
    const { id } = session(at, answered, { branch: 'HEAD' });
    registryRecord(at.conf, { pid: process.pid, sessionId: id, cwd: '/home/u/moved' });
    expect(rowOf(report(build, at), id)).toMatchObject({ cwd: '/home/u/moved', branch: null });
  });

  test('torn lines and unknown types are passed over', () => {
    using at = home();
    const w = new Writer({ branch: 'fix' });
    const torn = JSON.stringify(w.text('never finished'));
    const records = [
      { type: 'from-the-future', user: { type: 'user', timestamp: '2040-01-01T00:00:00.000Z' } },
      w.prompt('Hold on'),
      torn.slice(0, 60),
      w.toolUse({ name: 'Bash', input: { command: 'ls' } }),
      { type: 'also-new', cwd: 7, gitBranch: null, sessionId: [] },
      { kind: 'no type at all' },
      torn.slice(0, -20),
    ];
    transcript(at.conf, { cwd: '/home/u/api', id: w.id, records, open: true });
    expect(rowOf(report(build, at), w.id)).toMatchObject({
      title: 'Hold on',
      branch: 'fix',
      lastTurn: { by: 'claude', how: 'asking', pending: true },
    });
  });

  test('files that vanish under the reader are passed over', () => {
    using at = home();
    const { id } = session(at, answered);
    const folder = join(at.conf, 'projects', slug('/home/u/api'));
    symlinkSync(join(folder, 'gone'), join(folder, `${new Writer().id}.jsonl`));
    symlinkSync(join(folder, 'gone'), join(at.conf, 'sessions', '4242.json'));
    expect(report(build, at).sessions.map((row) => row.id)).toEqual([id]);
  });

  test('a transcript that vanishes between two runs is gone from the answer', () => {
    using at = home();
    const { id } = session(at, answered);
    expect(report(build, at).sessions.map((row) => row.id)).toEqual([id]);
    unlinkSync(join(at.conf, 'projects', slug('/home/u/api'), `${id}.jsonl`));
    expect(report(build, at).sessions).toEqual([]);
  });

  test('sub-agents, sidechains, team members and files of other names are no rows', () => {
    using at = home();
    const { id } = session(at, answered);
    const folder = join(at.conf, 'projects', slug('/home/u/api'));
    const put = (name: string, lines: (w: Writer) => Rec[]) =>
      writeFileSync(
        join(folder, name),
        lines(new Writer())
          .map((line) => `${JSON.stringify(line)}\n`)
          .join(''),
      );
    put('agent-1a2b3c4d.jsonl', answered);
    put('notes.jsonl', answered);
    put(`${new Writer().id}.jsonl.bak`, answered);
    put(`${new Writer().id}.jsonl`, (w) => [
      w.mode(),
      w.sidechain('do this'),
      w.text('done', {}, { isSidechain: true }),
    ]);
    put(`${new Writer().id}.jsonl`, (w) => [
      w.prompt('do this', { teamName: 'red', agentName: 'one' }),
      w.text('done'),
    ]);
    mkdirSync(join(folder, id, 'subagents'), { recursive: true });
    put(`${id}/subagents/agent-9f.jsonl`, answered);
    put(`${id}/subagents/${new Writer().id}.jsonl`, answered);
    expect(report(build, at).sessions.map((row) => row.id)).toEqual([id]);
  });
});

describe.each(builds)('rule 11, no registry ($name)', (build) => {
  test('touched within the hour: unknown; before that, as the transcript says', () => {
    using at = scratch();
    const now = session(at, answered, { version: '2.0.76', at: Date.now() - 10 * minute });
    const touched = session(at, answered, {
      version: '2.1.330',
      at: Date.now() - 3 * hour,
      mtime: Date.now() - minute,
    });
    const before = session(at, answered, { version: '2.0.76', at: Date.now() - 3 * hour });
    const old = session(at, answered, { version: '1.0.100', at: Date.now() - 72 * hour });
    const all = report(build, at);
    expect(rowOf(all, now.id)).toMatchObject({ state: 'unknown', activity: null, processes: [] });
    expect(rowOf(all, touched.id)?.state).toBe('unknown');
    expect(rowOf(all, before.id)?.state).toBe('waiting');
    expect(rowOf(all, old.id)?.state).toBe('idle');
    expect(all.counts).toEqual({ needsYou: 0, live: 0, waiting: 1, idle: 1, unknown: 2 });
  });

  test('beside a registry, only what an old version wrote is unknown', () => {
    using at = home();
    const old = session(at, answered, { version: '2.0.76', at: Date.now() - 10 * minute });
    const last = session(at, answered, { version: '2.1.138', at: Date.now() - 10 * minute });
    const first = session(at, answered, { version: '2.1.139', at: Date.now() - 10 * minute });
    const all = report(build, at);
    expect(rowOf(all, old.id)?.state).toBe('unknown');
    expect(rowOf(all, last.id)?.state).toBe('unknown');
    expect(rowOf(all, first.id)?.state).toBe('waiting');
  });
});
