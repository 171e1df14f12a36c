import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { filler, type Rec, slug, transcriptBytes, Writer } from '../support/claude-home.ts';
import { prose } from '../support/prose.ts';
import { type Random, random } from '../support/random.ts';

/** What decides a home: two homes of the same options are the same, byte for byte and to the millisecond. */
export interface HomeOptions {
  seed: number;
  sessions: number;
  /** Milliseconds since the epoch: the ages in the home count back from here. */
  now: number;
  /** Bytes that one recent transcript is stretched to, if any. */
  giant?: number;
}

/** One transcript, before it is written. */
export interface Session {
  id: string;
  cwd: string;
  headless: boolean;
  /** Milliseconds since the epoch: the last real turn, and what the file system says. */
  last: number;
  mtime: number;
  /** The file's bytes: head, `repeat` times the middle, tail. Their lengths don't depend on `now`. */
  head: Buffer;
  middle: Buffer;
  repeat: number;
  tail: Buffer;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** How many of the sessions were touched within the last day. */
export function recentCount(sessions: number): number {
  return Math.min(50, Math.round(sessions / 10));
}

/** The session that `giant` stretches: a recent one that isn't live. */
export const giantIndex = 6;

const words =
  'api web infra homelab notes parser billing search gateway auth mobile docs ledger tracker studio atlas beacon'.split(
    ' ',
  );
const titles = [
  'Fix the broken redirect after login',
  'Investigate nested output directories',
  'Migrate the notes app to server components',
  'Add retries to the payment webhook',
  'Speed up the nightly import',
  'Write the release notes for 2.4',
  'Untangle the config loader',
];
const foreignTitles = [
  '修复登录后的重定向循环',
  'データベース移行を計画する 🚀',
  'Réparer l’export des données à Besançon',
  '배포 파이프라인 정리',
  'Größenänderung der Übersicht prüfen ✅',
];
const prompts = [
  'please look at the failing test in the parser and tell me what is wrong with it',
  'why does the build take four minutes on the small machine?',
  'add a flag that prints the plan and does nothing',
  'rename the module, then run everything again',
  'continue',
];
const foreignPrompts = ['このテストがなぜ失敗するのか調べて', 'pourquoi la requête est-elle aussi lente ? 🐌'];

/** The project folders' working directories: about one for 25 sessions. */
function directories(options: HomeOptions): string[] {
  const chance = random(options.seed ^ 0x5eed);
  const count = Math.max(1, Math.round(options.sessions / 25));
  return Array.from({ length: count }, (_, index) => {
    const name = `${chance.pick(words)}-${index}`;
    return chance.chance(0.3) ? `/home/u/work/${chance.pick(words)}/packages/${name}` : `/home/u/${name}`;
  });
}

/** A few folders hold most sessions: the square pulls the choice towards the first ones. */
function pickDirectory(chance: Random, from: readonly string[]): string {
  return from[Math.floor(chance.next() ** 2 * from.length)] ?? '/home/u';
}

/** Bytes: log-normal about the median, as sizes of real histories are. */
function drawSize(chance: Random, median: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - chance.next())) * Math.cos(2 * Math.PI * chance.next());
  return Math.min(2_000_000, Math.round(median * Math.exp(0.7 * normal)));
}

/** When session `index` was last spoken in, and its file last touched. */
function ages(chance: Random, options: HomeOptions, index: number, touched?: number): { last: number; mtime: number } {
  if (touched !== undefined) return { last: touched - 1000, mtime: touched };
  const recent = recentCount(options.sessions);
  if (index >= recent) {
    const last = options.now - 1.1 * day - Math.floor(chance.next() ** 1.5 * 44 * day);
    // Resuming touches a file without writing to it: the file system's time is only an upper bound.
    const lie = chance.chance(0.04) ? Math.floor(chance.next() * (options.now - 1.05 * day - last)) : 0;
    return { last, mtime: last + lie };
  }
  const mtime = options.now - Math.floor(2 * minute + (index / recent) ** 1.5 * 22 * hour + chance.next() * minute);
  const lie = index > giantIndex && chance.chance(0.06) ? chance.int(2, 20) * day : chance.int(0, 3000);
  return { last: mtime - lie, mtime };
}

/** The records of the last turn, in the proportions of the states that a session can be left in. */
function lastTurn(writer: Writer, chance: Random, prompt: string, live: boolean): Rec[] {
  const call = { id: writer.callId(), name: 'Bash', input: { command: 'docker compose down', description: 'Stop it' } };
  const draw = live ? 0.9 : chance.next();
  const said = writer.prompt(prompt);
  if (draw < 0.08) return [said];
  if (draw < 0.16) return [said, writer.interrupted()];
  if (draw < 0.2) return [said, writer.apiError()];
  if (draw < 0.24) return [said, writer.toolUse(call), writer.toolResult(call.id, filler(chance.int(200, 4000)))];
  if (draw < 0.88) return [said, writer.text(`Done. ${prose(chance, chance.int(80, 2500))}`), writer.turnDuration()];
  return [said, writer.text('I need to stop the containers first.'), writer.toolUse(call)];
}

/**
 * Session `index` of a home (0 is the one touched last), whole: nothing else decides it. An index at or above the
 * number of sessions gives one that could be added; `touched` (milliseconds) takes the place of the age drawn for it.
 */
export function session(options: HomeOptions, index: number, touched?: number): Session {
  const chance = random(Math.imul(options.seed + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  const recent = index < recentCount(options.sessions);
  const { last, mtime } = ages(chance, options, index, touched);
  const headless = index > giantIndex && chance.chance(1 / 12);
  const modern = recent || chance.chance(0.8);
  const writer = new Writer({
    id: chance.uuid(),
    cwd: pickDirectory(chance, directories(options)),
    branch: chance.pick(['main', 'main', 'fix/login', 'HEAD']),
    version: modern ? chance.pick(['2.1.330', '2.1.197']) : chance.pick(['2.0.76', '1.0.100']),
    ...(headless ? { entrypoint: 'sdk-cli' } : {}),
    at: last - chance.int(10, 300) * minute,
    step: 900,
    uuid: chance.uuid,
  });
  const large = writer.version === '2.1.330';
  const big = () => [
    writer.apiRequestShape(chance.int(50_000, 90_000)),
    writer.promptSnapshot(chance.int(50_000, 90_000)),
  ];
  const foreign = recent && chance.chance(0.2);
  const isForeign = foreign || index % 31 === 30;
  const prompt = chance.pick(foreign ? foreignPrompts : prompts);
  // The second of the greeting's rows always needs the width tables: a greeting without them would flatter us.
  const titled = modern && (index === 1 || (index !== 0 && chance.chance(0.27)));
  const title = chance.pick(index === 1 || foreign ? foreignTitles : titles);
  const named = titled ? [writer.aiTitle(title)] : [];

  const opening = [
    writer.mode(),
    ...named,
    writer.fileHistorySnapshot(),
    writer.prompt(`${chance.pick(prompts)} ${prose(chance, chance.int(20, 300))}`),
    ...(large ? big().slice(0, 1) : []),
    writer.text(prose(chance, chance.int(100, 1500), isForeign)),
  ];
  const bytes = (records: Rec[]) => transcriptBytes({ records });
  const head = bytes(opening);

  const step = () => {
    const id = writer.callId();
    const call = { id, name: 'Read', input: { file_path: `${writer.cwd}/src/${chance.pick(words)}.ts` } };
    const said = chance.chance(0.25) ? [writer.text(prose(chance, chance.int(80, 600), isForeign))] : [];
    return [...said, writer.toolUse(call), writer.toolResult(id, filler(chance.int(500, 20_000)))];
  };
  // The largest home keeps its heads and tails and is shorter between them, to stay off a full disk.
  const want = modern
    ? drawSize(chance, options.sessions > 5000 && !recent ? 70_000 : 165_000)
    : drawSize(chance, 40_000);
  const parts: Buffer[] = [];
  const stretched = index === giantIndex && options.giant !== undefined;
  for (let size = head.length; size < (stretched ? 300_000 : want - 20_000); size += parts.at(-1)?.length ?? 0) {
    parts.push(bytes(step()));
  }
  const middle = Buffer.concat(parts);

  writer.at = last - 1800;
  const turn = lastTurn(writer, chance, prompt, index === 0);
  const stamped = turn.filter((record) => record.type === 'user' || record.type === 'assistant');
  const newest = stamped.at(-1);
  if (newest !== undefined) newest.timestamp = new Date(last).toISOString();
  // In 10 of 35 real transcripts of 2.1.330 the last turn starts more than 64 KiB before the end.
  const buried = large && chance.chance(0.28) ? big().slice(0, chance.int(1, 2)) : [];
  const tail = bytes([...turn, ...buried, writer.lastPrompt(prompt), ...named, writer.mode(), writer.costState()]);
  const repeat = stretched ? Math.max(1, Math.round(((options.giant ?? 0) - head.length) / middle.length)) : 1;
  return { id: writer.id, cwd: writer.cwd, headless, last, mtime, head, middle, repeat, tail };
}

/** The path of a session's transcript below $CONF. */
export function transcriptPath(conf: string, one: Pick<Session, 'id' | 'cwd'>): string {
  return join(conf, 'projects', slug(one.cwd), `${one.id}.jsonl`);
}

/** Writes one transcript; of a giant that stands already only head and tail, where the dates are. Gives its bytes. */
export function writeSession(conf: string, one: Session): number {
  const path = transcriptPath(conf, one);
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  const size = one.head.length + one.middle.length * one.repeat + one.tail.length;
  const stands = one.repeat > 1 && existsSync(path) && statSync(path).size === size;
  const file = openSync(path, stands ? 'r+' : 'w', 0o600);
  try {
    writeSync(file, one.head, 0, one.head.length, 0);
    for (let at = 0; at < one.repeat && !stands; at++) {
      writeSync(file, one.middle, 0, one.middle.length, one.head.length + at * one.middle.length);
    }
    writeSync(file, one.tail, 0, one.tail.length, size - one.tail.length);
    ftruncateSync(file, size);
  } finally {
    closeSync(file);
  }
  utimesSync(path, one.mtime / 1000, one.mtime / 1000);
  return size;
}

/**
 * Makes the home's transcripts below `conf` (~/.claude), or, where an earlier run has made them, gives the recent ones
 * new dates and takes away what does not belong. The rest of a kept home only grows older.
 */
export function writeHome(conf: string, options: HomeOptions): void {
  const stamp = join(conf, 'made.json');
  const kept = existsSync(stamp);
  const count = kept ? recentCount(options.sessions) : options.sessions;
  for (let index = 0; index < count; index++) writeSession(conf, session(options, index));
  mkdirSync(join(conf, 'sessions'), { recursive: true, mode: 0o700 });
  for (const name of readdirSync(join(conf, 'sessions'))) rmSync(join(conf, 'sessions', name));
  if (!kept) writeFileSync(stamp, JSON.stringify({ seed: options.seed, sessions: options.sessions, now: options.now }));
}

/** A further turn, in bytes to append: what one exchange adds to a transcript. */
export function nextTurn(one: Pick<Session, 'id' | 'cwd'>, now: number, seed: number): Buffer {
  const chance = random(seed);
  const writer = new Writer({ id: one.id, cwd: one.cwd, at: now, step: 5, uuid: chance.uuid });
  const asked = writer.prompt(chance.pick(prompts));
  const answer = writer.text(`Done. ${filler(1200)}`);
  return transcriptBytes({ records: [asked, answer, writer.lastPrompt(chance.pick(prompts)), writer.mode()] });
}
