import {
  appendFileSync,
  cpSync,
  readFileSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  customTitleFile,
  filler,
  type Rec,
  sessionsFolder,
  transcript,
  transcriptBytes,
  Writer,
} from '../../support/claude-home.ts';
import { type Random, random, runSeed } from '../../support/random.ts';
import { type Made, randomTranscript } from '../../support/random-transcript.ts';
import { hasTalk, recordsIn, type Whole, wholeFileReading } from '../../support/reference.ts';
import { type Build, builds, type Scratch, scratch, wt } from '../../support/wt.ts';

const compared = [
  'transcript',
  'bytes',
  'title',
  'titleSource',
  'cwd',
  'branch',
  'lastActivityAt',
  'lastTurn',
  'firstPrompt',
  'lastPrompt',
  'lastAnswer',
  'headless',
  'forkedFrom',
  'state',
  'cutOff',
] as const;

/** Fields that hold text which may be cut, and is cleaned. */
const texts: readonly string[] = ['title', 'firstPrompt', 'lastPrompt', 'lastAnswer'];
/** Fields that the passing of time may change while one looks. */
const timely: readonly string[] = ['state', 'cutOff'];

/** A title as one line: what a row can show of it. Marks that take no cell or steer a terminal don't matter here. */
const oneLine = (text: string) =>
  text
    .replace(/\p{Cf}/gu, '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();

/** Titles may be cut, but not short ones; `…` then stands at the cut. */
function sameText(given: string | null, whole: string | null): boolean {
  if (given === null || whole === null) return given === whole;
  const [got, want] = [oneLine(given), oneLine(whole)];
  return got === want || (got.length >= 150 && want.startsWith(got.replace(/(…|\.\.\.)$/, '').trim()));
}

/** Runs `wt --json --all` and compares every field of every row with the whole-file reading of the same file. */
function compare(build: Build, home: Scratch, paths: string[]): void {
  const pathOf = new Map(paths.map((path) => [basename(path, '.jsonl'), path]));
  const holdsTalk = (id: string) => pathOf.has(id) && hasTalk(recordsIn(pathOf.get(id)!));
  const started = Date.now();
  const run = wt(build, ['--json', '--all'], home, { timeout: 120_000 });
  const moments = [started, Date.now()];
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
  const rows = new Map<string, Record<string, unknown>>();
  for (const row of JSON.parse(run.stdout).sessions) {
    expect(rows.has(row.id), `one row for ${row.id}`).toBe(false);
    rows.set(row.id, row);
  }
  const wrong: string[] = [];
  for (const path of paths) {
    const [want, later] = moments.map((now) => wholeFileReading(path, { holdsTalk, registry: true, now }));
    const got = rows.get(basename(path, '.jsonl'));
    rows.delete(basename(path, '.jsonl'));
    if (!want || !later || got === undefined) {
      if (!want !== (got === undefined)) wrong.push(`${path}: ${want ? 'lacks' : 'is'} a row`);
      continue;
    }
    for (const field of compared) {
      if (isSame(field, got[field], want) || (timely.includes(field) && isSame(field, got[field], later))) continue;
      wrong.push(`${path}: ${field} is ${JSON.stringify(got[field])}, whole file: ${JSON.stringify(want[field])}`);
    }
  }
  for (const id of rows.keys()) wrong.push(`${id}: a row without a transcript`);
  keepOnFailure(wrong, home);
  expect(
    wrong.map((line) => line.slice(0, 600)),
    `WT_SEED=${runSeed}`,
  ).toEqual([]);
}

function isSame(field: (typeof compared)[number], got: unknown, whole: Whole): boolean {
  const want = whole[field];
  if (texts.includes(field)) return sameText(got as string | null, want as string | null);
  return JSON.stringify(got) === JSON.stringify(want);
}

/** With WT_KEEP set to a folder, the home of a mismatch is copied there for a look at its files. */
function keepOnFailure(wrong: string[], home: Scratch): void {
  const folder = process.env.WT_KEEP;
  if (wrong.length > 0 && folder) cpSync(home.home, folder, { recursive: true, preserveTimestamps: true });
}

function write(home: Scratch, made: Made): string {
  if (made.customTitleFile !== null) {
    customTitleFile(home.conf, made.folder, made.id, made.customTitleFile);
  }
  return transcript(home.conf, { ...made, records: made.lines });
}

/** Files that a random generator would not hit upon. */
function corners(home: Scratch, now: number): string[] {
  const paths: string[] = [];
  const add = (lines: (writer: Writer) => Parameters<typeof transcript>[1]['records'], more = {}) => {
    const writer = new Writer({ cwd: '/home/u/corner', at: now - 5_000_000 });
    paths.push(transcript(home.conf, { cwd: '/home/u/corner', id: writer.id, records: lines(writer), ...more }));
  };
  const huge = 12 << 20;
  add(() => []);
  add(() => ['']);
  add(() => ['\0'.repeat(100_000)]);
  add(() => ['{}', '[]', 'null', '{"type":"user"}']);
  add((w) => [w.prompt('before'), w.attachment('file', huge), w.aiTitle('After a line of 12 MB')]);
  add((w) => [w.aiTitle('Before it'), w.prompt(`huge ${filler(huge)}`)]);
  add((w) => [
    w.prompt('a result of 12 MB'),
    w.toolUse({ id: 't1', name: 'Read', input: {} }),
    w.toolResult('t1', filler(huge)),
  ]);
  add((w) => [w.prompt('an answer of 12 MB'), w.text(filler(huge)), w.promptSnapshot(90_000)]);
  add((w) => [w.aiTitle('No newline at all')], { open: true });
  add((w) => [w.prompt('complete but open')], { open: true });
  // The title alone in the middle of a megabyte.
  add((w) => [
    w.prompt('Find me'),
    ...Array.from({ length: 7 }, () => w.promptSnapshot(75_000)),
    w.aiTitle('In the middle'),
    ...Array.from({ length: 7 }, () => w.promptSnapshot(75_000)),
    w.text('Found.'),
  ]);
  // One prompt, and then a working day of tool calls.
  add((w) => [
    w.prompt('The only prompt'),
    ...Array.from({ length: 600 }, (_, turn) => [
      w.toolUse({ id: `t${turn}`, name: 'Bash', input: { command: 'make' } }),
      w.toolResult(`t${turn}`, filler(900)),
    ]).flat(),
  ]);
  // A parallel call far before its sibling's result.
  add((w) => {
    const message = { id: 'msg_one' };
    const head = [w.prompt('Two at once'), w.toolUse({ id: 'a', name: 'Bash', input: { command: 'x' } }, message)];
    return [
      ...head,
      w.toolUse({ id: 'b', name: 'Bash', input: { command: 'y' } }, message),
      ...Array.from({ length: 6 }, () => w.promptSnapshot(80_000)),
      w.toolResult('b'),
    ];
  });
  // The summary's leaf is a record at the other end.
  add((w) => {
    const first = w.prompt('Old friend');
    const filling = Array.from({ length: 5 }, () => w.promptSnapshot(60_000));
    return [first, w.text('Yes.'), ...filling, w.summary('Summary of itself', String(first.uuid))];
  });
  add((w) => {
    const last = w.text('Yes.');
    return [
      w.summary('Summary before its leaf', String(last.uuid)),
      w.summary('Foreign', w.uuid()),
      w.prompt('Old'),
      last,
    ];
  });
  // Nothing was typed but a command: the note of the last prompt counts, the later one of two.
  add((w) => [w.lastPrompt('noted early'), w.command('/review'), w.text('Reviewed.'), w.lastPrompt('noted late')]);
  // The newest time is not at the end.
  add((w) => {
    const late = w.prompt('From another clock', { timestamp: new Date(now - 60_000).toISOString() });
    return [late, ...Array.from({ length: 10 }, () => w.promptSnapshot(80_000)), w.text('Earlier.')];
  });
  // The cwd that fits the folder is far from the end.
  add((w) => {
    const home = w.prompt('At home');
    w.cwd = '/home/u/elsewhere';
    return [home, ...Array.from({ length: 10 }, () => w.promptSnapshot(80_000)), w.text('Away.')];
  });
  // Superseded by the file before it; and one whose heir does not exist.
  const heir = basename(paths.at(-1) ?? '', '.jsonl');
  add((w) => [w.prompt('Moved away'), w.text('Bye.'), w.continuedIn(heir)]);
  add((w) => [w.prompt('Moved nowhere'), w.text('Bye.'), w.continuedIn(w.uuid())]);
  add((w) => [w.prompt('Came back'), w.continuedIn(heir), w.prompt('Back again')]);
  return paths;
}

const runs = 320;

describe.each(builds)('$name build against a whole-file reading', (build) => {
  test('generated transcripts, field by field', { timeout: 180_000 }, () => {
    using home = scratch();
    sessionsFolder(home.conf);
    const chance = random();
    const now = Date.now();
    const paths = corners(home, now);
    for (let count = 0; count < runs; count++) paths.push(write(home, randomTranscript(chance, now)));
    compare(build, home, paths);
  });

  test('transcripts that are written piece by piece, with a look at each piece', { timeout: 180_000 }, () => {
    using home = scratch();
    sessionsFolder(home.conf);
    const chance = random(runSeed + 2);
    const now = Date.now();
    const paths: string[] = [];
    for (const path of corners(home, now)) {
      if (statSync(path).size < 1 << 20) paths.push(path);
      else unlinkSync(path);
    }
    for (let count = 0; count < 160; count++) paths.push(write(home, randomTranscript(chance, now)));
    const rest = new Map<string, Buffer>(paths.map((path) => [path, readFileSync(path)]));
    for (const [path, bytes] of rest) rest.set(path, cutOff(path, bytes, chance));
    for (let look = 0; look < 3; look++) {
      compare(build, home, paths);
      for (const [path, bytes] of rest) {
        const part = look < 2 ? cutAt(bytes, chance) : bytes.length;
        appendFileSync(path, bytes.subarray(0, part));
        rested(path, 2 - look);
        rest.set(path, bytes.subarray(part));
      }
    }
    compare(build, home, paths);
  });

  test.each<[string, (w: Writer) => Rec[], (w: Writer) => Rec[]]>([
    [
      'entrypoint',
      (w) => [w.prompt('By an old version'), w.text('Yes.')],
      (w) => {
        w.entrypoint = 'sdk-cli';
        return [w.prompt('By a program'), w.text('Yes.')];
      },
    ],
    ['talk', (w) => [w.mode(), w.fileHistorySnapshot()], (w) => [w.prompt('Now'), w.text('Yes.')]],
    ['sub-agent', (w) => [w.mode()], (w) => [w.sidechain('do'), w.text('done', {}, { isSidechain: true })]],
    ['prompt', (w) => [w.command('/review'), w.lastPrompt('noted'), w.text('Yes.')], (w) => [w.prompt('Typed')]],
    ['opening command', (w) => [w.mode()], (w) => [w.command('/review', 'src'), w.text('Yes.')]],
    [
      'answer to a call of before',
      (w) => [w.toolUse({ id: 't', name: 'Bash', input: {} })],
      (w) => [w.toolResult('t')],
    ],
    ['heir', (w) => [w.prompt('x'), w.text('y')], (w) => [w.continuedIn(w.uuid()), w.prompt('z')]],
    ['fork', (w) => [w.prompt('x')], (w) => [w.text('y', {}, w.forkedFrom(w.uuid()))]],
    [
      'leaf of a summary of before',
      (w) => [w.summary('Of what comes', 'leaf'), w.prompt('x')],
      (w) => [w.text('y', {}, { uuid: 'leaf' })],
    ],
    [
      'summary of a leaf of before',
      (w) => [w.prompt('x', { uuid: 'leaf' }), w.text('y')],
      (w) => [w.summary('Of what came', 'leaf')],
    ],
    [
      'older time',
      (w) => [w.prompt('x'), w.text('y')],
      (w) => [w.text('z', {}, { timestamp: '2020-01-01T00:00:00Z' })],
    ],
    ['other directory', (w) => [w.prompt('x')], (w) => [w.prompt('y', { cwd: '/home/u/elsewhere' })]],
  ])('the first %s comes after the first look', (_, before, after) => {
    using home = scratch();
    sessionsFolder(home.conf);
    const w = new Writer({ cwd: '/home/u/grown', entrypoint: null });
    // What was written a moment ago may be looked at afresh each time; what rested for an hour is remembered.
    const mtime = Date.now() - 3_600_000;
    const path = transcript(home.conf, { cwd: '/home/u/grown', id: w.id, records: before(w), mtime });
    compare(build, home, [path]);
    appendFileSync(path, transcriptBytes({ records: after(w) }));
    compare(build, home, [path]);
  });

  test('transcripts that grow, shrink and are rewritten between runs', { timeout: 180_000 }, () => {
    using home = scratch();
    sessionsFolder(home.conf);
    const chance = random(runSeed + 1);
    const now = Date.now();
    const alive = new Map<string, Made>();
    for (let count = 0; count < 60; count++) {
      const made = randomTranscript(chance, now);
      alive.set(write(home, made), made);
    }
    compare(build, home, [...alive.keys()]);
    for (let round = 0; round < 4; round++) {
      for (const [path, made] of alive) change(chance, now, path, made, alive);
      compare(build, home, [...alive.keys()]);
    }
  });
});

/** A place to stop writing: mostly the end of a line, sometimes within one. */
function cutAt(bytes: Buffer, chance: Random): number {
  const any = chance.int(0, bytes.length);
  return chance.chance(0.3) ? any : bytes.lastIndexOf(10, any) + 1;
}

/** Truncates a whole transcript at such a place, and gives what is to follow. */
function cutOff(path: string, bytes: Buffer, chance: Random): Buffer {
  const part = cutAt(bytes, chance);
  truncateSync(path, part);
  rested(path, 3);
  return bytes.subarray(part);
}

/** Sets the mtime so that the file was last written some hours ago: facts of such a file may be remembered. */
function rested(path: string, hours: number): void {
  const then = Date.now() / 1000 - hours * 3600;
  utimesSync(path, then, then);
}

/** One thing that happens to a transcript between two looks at it. */
function change(chance: Random, now: number, path: string, made: Made, alive: Map<string, Made>): void {
  const before = statSync(path);
  const other = () => randomTranscript(chance, now);
  const kinds: [number, () => void][] = [
    [
      6,
      () => {
        const more = other();
        appendFileSync(path, transcriptBytes({ records: more.lines, ending: made.ending, open: more.open }));
      },
    ],
    [
      3,
      () => {
        const call = made.writer.callId();
        const use = made.writer.toolUse({ id: call, name: 'Bash', input: { command: 'make' } });
        appendFileSync(path, transcriptBytes({ records: ['', use], open: chance.chance(0.3) }));
        if (chance.chance(0.5)) appendFileSync(path, transcriptBytes({ records: ['', made.writer.toolResult(call)] }));
      },
    ],
    [2, () => truncateSync(path, chance.int(0, before.size))],
    // Longer than before, yet not a continuation of it.
    [2, () => writeFileSync(path, Buffer.concat([transcriptBytes({ records: other().lines }), readFileSync(path)]))],
    [2, () => writeFileSync(path, transcriptBytes({ records: other().lines }))],
    // The same number of bytes, other words.
    [
      2,
      () =>
        writeFileSync(
          path,
          readFileSync(path, 'latin1').replaceAll('Title ', 'Tutle ').replaceAll('Fix', 'Fax'),
          'latin1',
        ),
    ],
    [1, () => utimesSync(path, now / 1000, now / 1000)],
    [
      1,
      () => {
        unlinkSync(path);
        alive.delete(path);
      },
    ],
    [4, () => {}],
  ];
  chance.pick(kinds.flatMap(([weight, act]) => Array.from({ length: weight }, () => act)))();
}
