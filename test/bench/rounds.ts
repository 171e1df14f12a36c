import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Holder, holder, registryRecord } from '../support/claude-home.ts';
import { random } from '../support/random.ts';
import { toolPath } from '../support/tools.ts';
import { bounds, relations } from './bounds.ts';
import { giantIndex, type HomeOptions, nextTurn, session, transcriptPath, writeHome, writeSession } from './home.ts';
import { forget, mark, median, type Subject, settle, spread, time, usage } from './measure.ts';

/** One line of the result. */
export interface Row {
  name: string;
  /** The figure as it is read: milliseconds, MB, or a multiple. */
  figure: number;
  unit: 'ms' | 'MB' | '×';
  /** Multiples of `find` and of `node -e 0` in the same rounds; null where the row isn't a time. */
  find: number | null;
  node: number | null;
  limits: { find?: number; node?: number; most?: number };
  /** A peer's milliseconds in the same rounds, in the order of --vs. */
  peers: number[];
}

/** One block of the result. */
export interface Block {
  title: string;
  rows: Row[];
}

/** What the whole run is asked to do. */
export interface Plan {
  /** The commands that start the native build and the Node build. */
  native: [string, ...string[]];
  nodeBuild: [string, ...string[]];
  /** The Node whose start is a yardstick. */
  node: string;
  peers: readonly string[];
  /** Rounds of the cheap rows; the dearer ones take a part of it. */
  rounds: number;
  /** Names this run in the environment of all that it measures. */
  run: string;
  /** Where the homes are kept, and where this run's own cache folders are. */
  homes: string;
  scratch: string;
  say(text: string): void;
}

/** A home with its environment, live processes included. */
interface Place extends AsyncDisposable {
  conf: string;
  options: HomeOptions;
  /** wt's own folders (XDG): emptied before a first run. */
  own: string[];
  subject(argv: readonly [string, ...string[]]): Subject;
}

const verbs = { greet: ['--greet'], list: ['--list'], brief: ['--brief'], 'json --all': ['--json', '--all'] } as const;
const seed = 20261123;

/** True when a row is above a bound. */
export function missed(row: Row): boolean {
  const above = (figure: number | null, limit: number | undefined) => limit !== undefined && !((figure ?? 0) <= limit);
  return above(row.figure, row.limits.most) || above(row.find, row.limits.find) || above(row.node, row.limits.node);
}

/** Makes or renews a home, starts its live sessions and gives what runs in it. */
function open(plan: Plan, name: string, wanted: Pick<HomeOptions, 'sessions' | 'giant'>): Place {
  const home = join(plan.homes, name);
  const conf = join(home, '.claude');
  const options = { ...wanted, seed, now: Date.now() };
  writeHome(conf, options);
  const own = ['CACHE_HOME', 'STATE_HOME', 'DATA_HOME', 'CONFIG_HOME', 'RUNTIME_DIR'].map((kind) => {
    const folder = join(plan.scratch, name, kind);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  });
  const env: Record<string, string> = {
    HOME: home,
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    COLUMNS: '100',
    [mark]: plan.run,
  };
  for (const folder of own) env[`XDG_${folder.split('/').at(-1)}`] = folder;
  const holders = liveSessions(conf, options);
  return {
    conf,
    options,
    own,
    subject: (argv) => ({ argv, env, cwd: home }),
    [Symbol.asyncDispose]: async () => {
      for (const one of holders) await one.kill();
    },
  };
}

/** Five live sessions (one without a transcript) and two records that a killed process left. */
function liveSessions(conf: string, options: HomeOptions): Holder[] {
  const states = [{ status: 'waiting', waitingFor: 'permission prompt' }, { status: 'busy' }, { status: 'idle' }];
  const holders = [...states, { status: 'shell' }].map((state, index) => {
    const process = holder();
    const { id, cwd } = session(options, index);
    registryRecord(conf, { pid: process.pid, sessionId: id, cwd, statusUpdatedAt: options.now - 60_000, ...state });
    return process;
  });
  const fresh = holder();
  registryRecord(conf, { pid: fresh.pid, sessionId: '00000000-0000-4000-8000-000000000000' });
  for (const index of [7, 8]) {
    const { id, cwd } = session(options, index);
    registryRecord(conf, { pid: spawnSync('true').pid, sessionId: id, cwd, procStart: '1', status: 'busy' });
  }
  return [...holders, fresh];
}

/** A figure of a wrong answer is worth nothing: looks at what wt says about the home. */
function check(plan: Plan, place: Place): void {
  const { env, cwd } = place.subject(plan.native);
  const [command, ...first] = plan.native;
  const ask = (...args: string[]) => {
    return spawnSync(command, [...first, ...args], { env, cwd, encoding: 'utf8', maxBuffer: 1 << 28 }).stdout;
  };
  const json = JSON.parse(ask(...verbs['json --all']));
  const wanted = place.options.sessions + 1;
  if (json.sessions.length !== wanted) throw new Error(`wt --json --all: ${json.sessions.length} rows, not ${wanted}`);
  if (json.counts.live !== 5) throw new Error(`wt --json --all: ${json.counts.live} live sessions, not 5`);
  const greeting = ask('--greet');
  if (!/1 needs you .*1 working/.test(greeting)) throw new Error(`wt --greet misses live sessions:\n${greeting}`);
}

type Times = Record<string, number[]>;

/**
 * Runs the subjects in turn, round by round, slow ones fewer times. The order is another one each round, for a
 * process runs a tenth slower after a large one than after itself.
 */
async function alternate(
  plan: Plan,
  subjects: Record<string, Subject>,
  rounds: number,
  before: (name: string) => Promise<void>,
): Promise<Times> {
  const names = Object.keys(subjects);
  const times: Times = Object.fromEntries(names.map((name) => [name, []]));
  const chance = random(seed);
  for (let round = 0; round < rounds; round++) {
    for (const name of chance.shuffle(names)) {
      const subject = subjects[name];
      const taken = times[name];
      if (subject === undefined || taken === undefined || isDear(plan, taken)) continue;
      await before(name);
      taken.push(time(subject));
      await settle(plan.run);
    }
  }
  return times;
}

/** True when the runs so far (milliseconds) must do: a slow command would take minutes, and needs fewer. */
function isDear(plan: Plan, taken: readonly number[]): boolean {
  return taken.length >= 3 && taken.reduce((sum, one) => sum + one, 0) > plan.rounds * 60;
}

/** The two yardsticks. */
function yardsticks(plan: Plan, place: Place): { find: Subject; node: Subject } {
  const find = toolPath('find');
  if (find === null) throw new Error('find (GNU findutils) is missing');
  return {
    find: place.subject([find, join(place.conf, 'projects'), '-name', '*.jsonl', '-printf', '%s']),
    node: place.subject([plan.node, '-e', '0']),
  };
}

function wtSubjects(plan: Plan, place: Place): Record<string, Subject> {
  return Object.fromEntries(
    Object.entries(verbs).map(([name, args]) => [name, place.subject([...plan.native, ...args])]),
  );
}

function peerSubjects(plan: Plan, place: Place): Record<string, Subject> {
  return Object.fromEntries(plan.peers.map((peer) => [`vs ${peer}`, place.subject(['sh', '-c', `exec ${peer}`])]));
}

/** A row of a time, against the yardsticks of the same rounds. */
function timeRow(plan: Plan, size: number, name: string, of: string, times: Times): Row {
  const ms = median(times[of] ?? []);
  return {
    name,
    figure: ms,
    unit: 'ms',
    find: ms / median(times.find ?? []),
    node: ms / median(times.node ?? []),
    limits: bounds[size]?.[name] ?? {},
    peers: plan.peers.map((peer) => median(times[`vs ${peer}`] ?? [])),
  };
}

/** A row that is no time of its own. */
function amountRow(name: string, figure: number, unit: Row['unit'], most: number | undefined): Row {
  return { name, figure, unit, find: null, node: null, limits: most === undefined ? {} : { most }, peers: [] };
}

/** Everything is read once and every index is made: from here on nothing is new. */
async function warm(plan: Plan, place: Place): Promise<void> {
  for (let again = 0; again < 2; again++) {
    for (const subject of Object.values({ ...wtSubjects(plan, place), ...yardsticks(plan, place) })) {
      time(subject);
      await settle(plan.run);
    }
  }
}

const nothing = async () => {};

/** All rows of one size of home. */
export async function measureSize(plan: Plan, size: number): Promise<Block> {
  plan.say(`home of ${size} sessions`);
  await using place = open(plan, String(size), { sessions: size });
  const wt = wtSubjects(plan, place);
  const sticks = yardsticks(plan, place);
  const peers = peerSubjects(plan, place);
  check(plan, place);
  await warm(plan, place);

  plan.say(`${size}: warm`);
  const nodeBuild = { 'node build': place.subject([...plan.nodeBuild, '--greet']) };
  const subjects = { ...wt, ...sticks, ...nodeBuild, ...peers };
  const warmed = await alternate(plan, subjects, plan.rounds, nothing);
  const rows = Object.keys(verbs).map((name) => timeRow(plan, size, `${name} warm`, name, warmed));
  const above = median(warmed['node build'] ?? []) - median(warmed.node ?? []);
  rows.push(timeRow(plan, size, 'greet warm, Node build', 'node build', warmed));
  rows.push(amountRow('  … above node -e 0', above, 'ms', undefined));

  plan.say(`${size}: memory and bytes, warm`);
  const peak: Record<string, number> = { greet: 0, 'json --all': 0 };
  const firstPeak: Record<string, number> = { ...peak };
  let firstRead = 0;
  const look = async (name: string, of: Record<string, number>) => {
    const { peak: most, read } = await usage(wt[name] as Subject);
    of[name] = Math.max(of[name] ?? 0, most);
    return read;
  };
  for (const name of Object.keys(peak)) {
    for (let again = 0; again < 3; again++) {
      await look(name, peak);
      await settle(plan.run);
    }
  }

  rows.push(...(await changes(plan, place, size)));
  // Once more: the index has seen files grow, come and go, and the live processes must have lasted.
  check(plan, place);

  plan.say(`${size}: first run ever`);
  const { greet, list } = wt as { greet: Subject; list: Subject };
  const first = await alternate(plan, { greet, list, ...sticks, ...peers }, Math.ceil(plan.rounds * 0.6), (name) =>
    name in sticks ? nothing() : forget(plan.run, place.own),
  );
  rows.splice(4, 0, timeRow(plan, size, 'greet first run ever', 'greet', first));
  rows.splice(5, 0, timeRow(plan, size, 'list first run ever', 'list', first));
  for (const name of ['greet', 'greet', 'greet', 'json --all']) {
    await forget(plan.run, place.own);
    const read = await look(name, firstPeak);
    if (name === 'greet') firstRead = Math.max(firstRead, read);
  }
  await forget(plan.run, place.own);
  for (const [name, figure] of [
    ['greet first run: MB read', firstRead],
    ['greet peak MB', Math.max(peak.greet ?? 0, firstPeak.greet ?? 0)],
    ['json --all peak MB', peak['json --all'] ?? 0],
    ['json --all first run: peak MB', firstPeak['json --all'] ?? 0],
  ] as const) {
    rows.push(amountRow(name, figure, 'MB', bounds[size]?.[name]?.most));
  }
  rows.push(...(await searches(plan, place, size, sticks)));
  const bytes = totalBytes(join(place.conf, 'projects'));
  const yard = (name: string) => {
    const taken = warmed[name] ?? [];
    return `${median(taken).toFixed(1)} ms ± ${Math.round(100 * spread(taken))} %`;
  };
  const title = `${size} sessions, ${Math.round(bytes / 1e6)} MB (find ${yard('find')}, node -e 0 ${yard('node')})`;
  return { title, rows };
}

/** What a search costs: a later one, one after a transcript grew, the first ever, and their memory. */
async function searches(plan: Plan, place: Place, size: number, sticks: Record<string, Subject>): Promise<Row[]> {
  plan.say(`${size}: searches`);
  const find = place.subject([...plan.native, 'find', 'kubernetes']);
  const peaks = { later: 0, first: 0 };
  for (let again = 0; again < 3; again++) {
    await forget(plan.run, place.own);
    peaks.first = Math.max(peaks.first, (await usage(find)).peak);
    peaks.later = Math.max(peaks.later, (await usage(find)).peak);
  }
  const warmed = await alternate(plan, { said: find, ...sticks }, plan.rounds, nothing);
  const rows = [timeRow(plan, size, 'find warm', 'said', warmed)];
  const grown = session(place.options, 5);
  let turns = 1000;
  const grow: Change = async (conf) => {
    turns += 1;
    const path = transcriptPath(conf, grown);
    mkdirSync(join(path, '..'), { recursive: true });
    appendFileSync(path, nextTurn(grown, Date.now(), turns));
  };
  rows.push(...(await pairs(plan, place, size, 'one grew', grow, relations.searched, { find })));
  writeSession(place.conf, grown);
  const first = await alternate(plan, { said: find, ...sticks }, Math.ceil(plan.rounds * 0.4), (name) =>
    name in sticks ? nothing() : forget(plan.run, place.own),
  );
  rows.push(timeRow(plan, size, 'find first run ever', 'said', first));
  await forget(plan.run, place.own);
  const limits = bounds[size];
  return [
    ...rows,
    amountRow('find peak MB', peaks.later, 'MB', limits?.['find peak MB']?.most),
    amountRow('find first run: peak MB', peaks.first, 'MB', limits?.['find first run: peak MB']?.most),
  ];
}

function totalBytes(projects: string): number {
  let sum = 0;
  for (const name of readdirSync(projects, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.jsonl')) sum += statSync(join(projects, name)).size;
  }
  return sum;
}

/** What a change costs the first command after it, against the same command with nothing new. */
async function changes(plan: Plan, place: Place, size: number): Promise<Row[]> {
  const grown = session(place.options, 5);
  let turns = 0;
  const grow: Change = async (conf) => {
    turns += 1;
    const path = transcriptPath(conf, grown);
    mkdirSync(join(path, '..'), { recursive: true });
    appendFileSync(path, nextTurn(grown, Date.now(), turns));
  };
  const rows = await pairs(plan, place, size, 'one grew', grow, relations.changed);
  writeSession(place.conf, grown);

  const added = new Map<string, string[]>();
  const remove = (conf: string) => {
    for (const path of added.get(conf) ?? []) rmSync(path);
    added.delete(conf);
  };
  let next = place.options.sessions;
  const appear =
    (fresh: boolean): Change =>
    async (conf, subject) => {
      if (added.has(conf)) {
        remove(conf);
        time(subject);
        await settle(plan.run);
      }
      const paths: string[] = [];
      for (let count = 0; count < 50; count++) {
        const one = session(place.options, next, fresh ? Date.now() - count * 60_000 - 1000 : undefined);
        writeSession(conf, one);
        paths.push(transcriptPath(conf, one));
        next += 1;
      }
      added.set(conf, paths);
    };
  rows.push(...(await pairs(plan, place, size, '50 old ones appeared', appear(false))));
  rows.push(...(await pairs(plan, place, size, '50 of the last hour appeared', appear(true))));
  remove(place.conf);
  return rows;
}

/** Changes a home; the second argument is the command that will be timed next. */
type Change = (conf: string, subject: Subject) => Promise<void>;

/**
 * For each command, round by round: change the home and time it; make the same change outside the home and time it.
 * Writing files cools the processor's caches down for whatever runs next, so both must run after it.
 */
async function pairs(
  plan: Plan,
  place: Place,
  size: number,
  what: string,
  change: Change,
  bound?: number,
  subjects = wtSubjects(plan, place),
): Promise<Row[]> {
  plan.say(`${size}: ${what}`);
  const outside = join(plan.scratch, 'outside');
  const rows: Row[] = [];
  const times = Object.fromEntries(Object.keys(subjects).map((name) => [name, { changed: [], same: [] } as Times]));
  for (let round = 0; round < Math.ceil(plan.rounds * 0.4); round++) {
    for (const [name, subject] of Object.entries(subjects)) {
      if (isDear(plan, times[name]?.same ?? [])) continue;
      for (const [kind, conf] of [
        ['changed', place.conf],
        ['same', outside],
      ] as const) {
        await change(conf, subject);
        times[name]?.[kind]?.push(time(subject));
        await settle(plan.run);
      }
    }
  }
  for (const [name, { changed = [], same = [] }] of Object.entries(times)) {
    // In a small home a change is a large part of it: there the figure is shown and not judged.
    const most = bounds[size] === undefined ? undefined : bound;
    rows.push(amountRow(`${name}: ${what}`, median(changed) / median(same), '×', most));
  }
  return rows;
}

/** A home with one transcript of 500 MB against the same home with one of 500 KB. */
export async function measureGiant(plan: Plan): Promise<Block> {
  plan.say('homes with a transcript of 500 KB and of 500 MB');
  await using small = open(plan, 'giant-500KB', { sessions: 200, giant: 500e3 });
  await using large = open(plan, 'giant-500MB', { sessions: 200, giant: 500e6 });
  for (const place of [small, large]) await warm(plan, place);
  const rounds = Math.ceil(plan.rounds * 0.6);
  const rows: Row[] = [];
  const compare = async (name: string, verb: string, before: (place: Place) => Promise<void>) => {
    const subjects = Object.fromEntries(
      [small, large].map((place, at) => [String(at), wtSubjects(plan, place)[verb] as Subject]),
    );
    const times = await alternate(plan, subjects, rounds, (at) => before(at === '0' ? small : large));
    const figure = median(times['1'] ?? []) / median(times['0'] ?? []);
    rows.push(amountRow(`${name}: 500 MB over 500 KB`, figure, '×', relations.giant));
  };
  for (const verb of Object.keys(verbs)) await compare(`${verb} warm`, verb, nothing);
  for (const verb of ['greet', 'list']) {
    await compare(`${verb} first run ever`, verb, (place) => forget(plan.run, place.own));
  }
  const title = `one transcript of 500 MB (session ${giantIndex + 1} of 200) against one of 500 KB`;
  return { title, rows };
}

/** How warm cost grows from one size to the next, over how `find` grows. */
export function growth(smaller: Block, larger: Block, from: number, to: number): Block {
  const rows = Object.keys(verbs).map((verb) => {
    const of = (block: Block) => block.rows.find((row) => row.name === `${verb} warm`)?.find ?? Number.NaN;
    return amountRow(`${verb} warm`, of(larger) / of(smaller), '×', undefined);
  });
  return { title: `growth from ${from} to ${to} sessions over find's growth`, rows };
}
