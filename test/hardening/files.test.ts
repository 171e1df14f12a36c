import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRegistry } from '../../src/agents/claude/registry.ts';
import { withBox } from '../../src/box/scan.ts';
import { allSessions } from '../../src/box/sessions.ts';
import { readWorld } from '../../src/screen/read-world.ts';
import { unpainted } from '../../src/view/look.ts';
import { renderPreview } from '../../src/view/preview.ts';
import { renderRows } from '../../src/view/rows.ts';
import {
  jobState,
  processStat,
  registryFields,
  registryFile,
  sessionsFolder,
  transcript,
  transcriptBytes,
  Writer,
} from '../support/claude-home.ts';
import { jsonOf } from '../support/json-of.ts';
import { faultOfRun, measured } from '../support/measured.ts';
import { confuse, damage } from '../support/mutate.ts';
import { give, isRoot, ordinaryUser } from '../support/other-user.ts';
import { type Random, random, runSeed } from '../support/random.ts';
import { randomTranscript } from '../support/random-transcript.ts';
import { type Build, builds, type Scratch, scratch, wt } from '../support/wt.ts';

/** The id of file `n` of these tests. */
const idOf = (n: number) => `${n.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
const good = idOf(0xabcd);

/** One honest session, which every list must still show. */
function goodSession(home: Scratch): void {
  const writer = new Writer({ id: good, cwd: join(home.home, 'api'), at: Date.now() - 600_000 });
  const records = [writer.prompt('fix the redirect'), writer.text('Done.'), writer.aiTitle('The good one')];
  transcript(home.conf, { cwd: writer.cwd, id: good, records });
}

/** The folder for odd transcripts; made when it is not there. */
function project(home: Scratch): string {
  const folder = join(home.conf, 'projects', '-home-u-odd');
  mkdirSync(folder, { recursive: true });
  return folder;
}

const prompt = (text: string) => JSON.stringify(new Writer({ cwd: '/home/u/odd' }).prompt(text));

const commands = (id: string) => [['--list'], ['--greet'], ['--brief'], ['--json', '--all'], ['show', id], ['doctor']];

/** What these commands may end with but 0: `wt show` where nobody said anything, `wt doctor` where nothing is installed. */
const statuses: Record<string, number[]> = { show: [0, 1], doctor: [1] };

/** Every command's answer within its bounds, and the good session among those listed. */
async function answers(
  build: Build,
  home: Scratch,
  id: string,
  { wrap = [], asked = commands(id) }: { wrap?: string[]; asked?: string[][] } = {},
): Promise<void> {
  for (const args of asked) {
    const run = await measured(build, args, home, { wrap });
    const what = `wt ${args.join(' ')} about ${id}`;
    expect(faultOfRun(run, statuses[args[0]!] ?? [0]), what).toBeNull();
    if (args[0] !== 'show') expect(run.stderr, what).toBe('');
    if (args[0] === '--list') expect(run.stdout.toString(), what).toContain('The good one');
    if (args[0] === '--json') {
      const titles = JSON.parse(run.stdout.toString()).sessions.map((session: { title: string }) => session.title);
      expect(titles, what).toContain('The good one');
    }
  }
}

/** Writes `bytes` of one piece over and over. */
function flood(path: string, piece: string, times: number): void {
  const block = piece.repeat(Math.max(1, Math.floor(1_000_000 / piece.length)));
  const fd = openSync(path, 'w');
  for (let left = times * piece.length; left > 0; left -= block.length) writeSync(fd, block.slice(0, left));
  closeSync(fd);
}

/** A file of that many bytes that takes no room on the disk, with text at its ends. */
function sparse(path: string, bytes: number, head = '', tail = ''): void {
  const fd = openSync(path, 'w');
  writeSync(fd, head, 0);
  ftruncateSync(fd, bytes);
  if (tail !== '') writeSync(fd, tail, bytes);
  closeSync(fd);
}

const deep = '['.repeat(100_000) + ']'.repeat(100_000);

const giants: [string, (path: string) => void][] = [
  ['a line of 100 MB', (path) => flood(path, 'x', 100_000_000)],
  ['a prompt of 100 MB', (path) => flood(path, prompt('x'.repeat(1_000_000)).replace('\n', ''), 100)],
  ['a record of 100 MB', (path) => writeFileSync(path, `${prompt('x'.repeat(100_000_000))}\n${prompt('end')}\n`)],
  ['a million prompts', (path) => flood(path, `${prompt('hello')}\n`, 1_000_000)],
  ['a million empty records', (path) => flood(path, '{}\n', 1_000_000)],
  [
    'a million summaries of others',
    (path) => flood(path, `{"type":"summary","summary":"s","leafUuid":"${good}"}\n`, 1_000_000),
  ],
  ['a million titles', (path) => flood(path, '{"type":"ai-title","aiTitle":""}\n', 1_000_000)],
  ['50 million empty lines', (path) => flood(path, '\n', 50_000_000)],
  ['JSON 100,000 deep', (path) => writeFileSync(path, `${deep}\n{"type":"user","message":{"content":${deep}}}\n`)],
  ['unclosed JSON 1,000,000 deep', (path) => writeFileSync(path, '{"a":['.repeat(1_000_000))],
  ['10 GB of nothing', (path) => sparse(path, 10 * 2 ** 30)],
  [
    '10 GB of nothing between two prompts',
    (path) => sparse(path, 10 * 2 ** 30, `${prompt('a')}\n`, `\n${prompt('z')}\n`),
  ],
];

describe.each(builds)('$name: files as large as they get', (build) => {
  test.each(giants)(
    '%s',
    async (_, make) => {
      using home = scratch();
      goodSession(home);
      const path = join(project(home), `${idOf(1)}.jsonl`);
      make(path);
      await answers(build, home, idOf(1));
    },
    120_000,
  );
});

/** Makes a socket; its address may be 107 bytes long at most, so by a short name in its folder. */
const bindAndLeave = `
const [path] = process.argv.slice(1), folder = require('path').dirname(path);
process.chdir(folder);
require('net').createServer().listen('s', () => (require('fs').renameSync('s', path), process.exit()));`;

/** Puts something odd at a path, in many ways. */
const oddities: [string, (path: string) => void][] = [
  ['nothing', (path) => writeFileSync(path, '')],
  ['NULs', (path) => writeFileSync(path, Buffer.alloc(5000))],
  ['a byte order mark', (path) => writeFileSync(path, '\ufeff')],
  ['JSON that is no object', (path) => writeFileSync(path, 'null\n[]\n1\n"x"\ntrue\n')],
  ['deep JSON', (path) => writeFileSync(path, deep)],
  ['a sparse file', (path) => sparse(path, 2 ** 30)],
  ['a folder', (path) => mkdirSync(path)],
  ['a pipe', (path) => execFileSync('mkfifo', [path])],
  ['a socket', (path) => execFileSync(process.execPath, ['-e', bindAndLeave, path])],
  ['a link to itself', (path) => symlinkSync(path, path)],
  ['a link to nothing', (path) => symlinkSync('/nonexistent/x', path)],
  ['a link to an endless device', (path) => symlinkSync('/dev/zero', path)],
  ['a link to the terminal', (path) => symlinkSync('/dev/tty', path)],
  ['a link to a folder', (path) => symlinkSync('/', path)],
  ['a link to memory', (path) => symlinkSync('/proc/self/mem', path)],
  ['a link to an endless list', (path) => symlinkSync('/proc/self/task', path)],
];

/** Puts every oddity wherever Claude Code has a file, and gives the ids of those among the transcripts. */
function putEverywhere(home: Scratch): string[] {
  const ids: string[] = [];
  const registry = sessionsFolder(home.conf);
  for (const [index, [, make]] of oddities.entries()) {
    const id = idOf(index + 1);
    ids.push(id);
    make(join(project(home), `${id}.jsonl`));
    make(join(registry, `${900_000_000 + index}.json`));
    make(join(home.conf, 'projects', `-folder-${index}`));
    // And beside a session that is fine itself, waiting in a process that runs.
    const host = idOf(index + 100);
    const writer = new Writer({ id: host, cwd: '/home/u/odd' });
    transcript(home.conf, {
      cwd: writer.cwd,
      id: host,
      folder: '-home-u-odd',
      records: [writer.prompt('p'), writer.text('t')],
    });
    const beside = join(project(home), host);
    mkdirSync(join(beside, 'subagents'), { recursive: true });
    make(join(beside, 'custom-title.json'));
    make(join(beside, 'subagents', 'agent-1.jsonl'));
    const fields = registryFields({
      pid: process.pid,
      sessionId: host,
      kind: 'bg',
      status: 'waiting',
      waitingFor: 'permission prompt',
    });
    registryFile(home.conf, 800_000_000 + index, JSON.stringify(fields));
    const job = join(home.conf, 'jobs', host.slice(0, 8));
    mkdirSync(job, { recursive: true });
    make(join(job, 'state.json'));
    ids.push(host);
  }
  return ids;
}

describe.each(builds)('$name: what is no regular file', (build) => {
  test('anything anywhere: an answer, no hang, and the rest of the list', async () => {
    using home = scratch();
    goodSession(home);
    const ids = putEverywhere(home);
    await answers(build, home, ids[0]!);
    for (const id of ids) {
      const run = await measured(build, ['show', id], home);
      expect(faultOfRun(run, [0, 1]), id).toBeNull();
    }
  }, 120_000);

  test.each(['projects', 'sessions', 'jobs', '.'])(
    'in the place of the folder %s itself',
    async (name) => {
      for (const [, make] of oddities) {
        using home = scratch();
        if (name === '.') rmSync(home.conf, { recursive: true });
        else goodSession(home);
        const path = join(home.conf, name);
        rmSync(path, { recursive: true, force: true });
        make(name === '.' ? home.conf : path);
        const run = await measured(build, name === 'projects' ? ['--json', '--all'] : ['--list'], home);
        expect(faultOfRun(run), name).toBeNull();
        expect(run.stderr).toBe('');
      }
    },
    60_000,
  );
});

describe('files that this user may not read', () => {
  let home: Scratch;
  let user: ReturnType<typeof ordinaryUser>;
  beforeAll(() => {
    home = scratch();
    goodSession(home);
    const folder = project(home);
    for (const n of [1, 2]) writeFileSync(join(folder, `${idOf(n)}.jsonl`), `${prompt('secret')}\n`);
    mkdirSync(join(home.conf, 'projects', '-closed'));
    writeFileSync(join(home.conf, 'projects', '-closed', `${idOf(3)}.jsonl`), `${prompt('closed')}\n`);
    registryFile(home.conf, 900_000_001, '{}');
    user = ordinaryUser(home);
    for (const path of [join(folder, `${idOf(1)}.jsonl`), join(home.conf, 'projects', '-closed')]) chmodSync(path, 0);
    chmodSync(join(home.conf, 'sessions', '900000001.json'), 0);
    if (isRoot) {
      give(join(folder, `${idOf(2)}.jsonl`), 0);
      chmodSync(join(folder, `${idOf(2)}.jsonl`), 0o600);
    } else chmodSync(join(folder, `${idOf(2)}.jsonl`), 0);
  });
  afterAll(() => {
    if (!isRoot) chmodSync(join(home.conf, 'projects', '-closed'), 0o700);
    home[Symbol.dispose]();
  });

  test.each(['native', 'node'])(
    '%s counts them and goes on',
    async (name) => {
      const build = user.builds.find((one) => one.name === name)!;
      await answers(build, home, idOf(1), { wrap: user.wrap });
      const run = await measured(build, ['--json', '--all'], home, { wrap: user.wrap });
      expect(JSON.parse(run.stdout.toString()).skipped).toBe(4);
      const doctor = (await measured(build, ['doctor'], home, { wrap: user.wrap })).stdout.toString();
      for (const path of [`${idOf(1)}.jsonl`, `${idOf(2)}.jsonl`, '-closed', '900000001.json'])
        expect(doctor).toContain(path);
    },
    60_000,
  );
});

/** Changes files of a folder without end, in every way that a writer or a deleter does. */
const unrest = `
const fs = require('fs'), [folder, ...names] = process.argv.slice(1);
const whole = fs.readFileSync(folder + '/' + names[0]);
let n = 0;
console.log('started');
for (;;) {
  const path = folder + '/' + names[n++ % names.length];
  try {
    switch (Math.floor(Math.random() * 7)) {
      case 0: fs.unlinkSync(path); break;
      case 1: fs.writeFileSync(path, whole); break;
      case 2: fs.appendFileSync(path, whole.subarray(0, Math.random() * whole.length)); break;
      case 3: fs.truncateSync(path, Math.random() * whole.length); break;
      case 4: fs.writeFileSync(path + '.new', whole); fs.renameSync(path + '.new', path); break;
      case 5: { const fd = fs.openSync(path, 'r+'); fs.writeSync(fd, whole, 0, whole.length / 2, 0); fs.closeSync(fd); break; }
      case 6: fs.rmSync(path, { force: true }); fs.mkdirSync(path); fs.rmdirSync(path); break;
    }
    if (fs.statSync(path).size > 3e6) fs.truncateSync(path, 10);
  } catch {}
}`;

describe.each(builds)('$name: files that change while they are read', (build) => {
  test('come, go, grow, shrink and are written anew', async () => {
    using home = scratch();
    goodSession(home);
    const names = Array.from({ length: 12 }, (_, n) => `${idOf(n + 1)}.jsonl`);
    const chance = random(runSeed + 20);
    const made = randomTranscript(chance, Date.now());
    for (const name of names) writeFileSync(join(project(home), name), transcriptBytes({ records: made.lines }));
    const writer = spawn(process.execPath, ['-e', unrest, project(home), ...names], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await new Promise((resolve) => writer.stdout.once('data', resolve));
      for (let round = 0; round < 12; round++) await answers(build, home, idOf(1 + (round % 12)));
    } finally {
      await endOf(writer);
    }
    // And nothing wrong was learned: at rest the answer is the one without a cache.
    const known = JSON.parse(wt(build, ['--json', '--all'], home).stdout).sessions;
    rmSync(home.env.XDG_CACHE_HOME!, { recursive: true });
    expect(known).toEqual(JSON.parse(wt(build, ['--json', '--all'], home).stdout).sessions);
  }, 120_000);
});

function endOf(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGKILL');
  return ended;
}

describe(`mutated real shapes through the readers (seed ${runSeed})`, () => {
  /** Reads a whole home in both depths, renders it, and gives the JSON. */
  async function throughTheCore(home: Scratch): Promise<string> {
    const world = readWorld(home.env, 'never');
    const look = { now: world.now, columns: 80, utf8: true, paint: unpainted };
    const sessions = await withBox(world, (box) => [...allSessions(box, 'tail')]);
    renderRows(sessions, look);
    for (const session of sessions) renderPreview(session, look, 20);
    return jsonOf(world);
  }

  function mutatedTranscript(chance: Random, now: number): Buffer {
    const made = randomTranscript(chance, now);
    const records = chance.chance(0.5) ? made.lines.map((line) => confused(chance, line)) : made.lines;
    const bytes = transcriptBytes({ records, ending: made.ending });
    return chance.chance(0.6) ? damage(chance, bytes) : bytes;
  }

  const confused = <T>(chance: Random, line: T): T | string =>
    typeof line === 'string' || line instanceof Uint8Array ? line : JSON.stringify(confuse(chance, line, 0.03));

  test('40 transcripts, changed 30 times: never an exception, the cache never wrong', async () => {
    using home = scratch();
    const chance = random(runSeed + 21);
    const names = Array.from({ length: 40 }, (_, n) => join(project(home), `${idOf(n)}.jsonl`));
    const cold = { ...home, env: { ...home.env, XDG_CACHE_HOME: join(home.home, 'cold') } };
    for (let round = 0; round < 30; round++) {
      const now = Date.now();
      for (const path of names) {
        if (round > 0 && !chance.chance(0.3)) continue;
        const bytes = mutatedTranscript(chance, now);
        const grown = round > 0 && chance.chance(0.5);
        writeFileSync(path, bytes, { flag: grown ? 'a' : 'w' });
        const touched = now / 1000 - chance.int(10, 100_000) - round / 1000;
        utimesSync(path, touched, touched);
      }
      const warm = JSON.parse(await throughTheCore(home));
      rmSync(cold.env.XDG_CACHE_HOME, { recursive: true, force: true });
      const fresh = JSON.parse(await throughTheCore(cold));
      expect(warm.sessions, `round ${round}`).toEqual(fresh.sessions);
    }
  }, 120_000);

  test('2000 registry records: never an exception, nothing that is not proven', () => {
    using home = scratch();
    const chance = random(runSeed + 22);
    const own = processStat(process.pid)!.start;
    const folder = sessionsFolder(home.conf);
    for (let round = 0; round < 50; round++) {
      for (let n = 0; n < 40; n++) {
        const whole = registryFields({
          pid: process.pid,
          sessionId: chance.uuid(),
          status: chance.pick(['busy', 'idle', 'waiting', 'shell']),
          waitingFor: 'permission prompt',
          kind: chance.pick(['interactive', 'bg']),
          name: 'n',
          nameSource: 'user',
          tmux: 'main:@1.%3',
          startedAt: Date.now(),
        });
        const fields = chance.chance(0.5) ? confuse(chance, whole, 0.1) : whole;
        const bytes = Buffer.from(JSON.stringify(fields) ?? '');
        writeFileSync(join(folder, `${1000 + n}.json`), chance.chance(0.5) ? damage(chance, bytes) : bytes);
        if (chance.chance(0.1))
          jobState(
            home.conf,
            String(whole.sessionId),
            confuse(chance, { needs: 'x' }, 0.5) as object as Record<string, unknown>,
          );
      }
      for (const held of readRegistry(home.conf, Date.now()).processes) {
        if (held.proof !== 'alive') continue;
        expect(processStat(held.pid)?.start).toBeDefined();
        if (held.pid === process.pid) expect(processStat(held.pid)!.start).toBe(own);
        expect(held.sessionId).toMatch(/^[0-9a-f-]{36}$/i);
      }
    }
    expect(readdirSync(folder).length).toBe(40);
  }, 120_000);

  test('a thousand records that stay torn cost one wait', async () => {
    using home = scratch();
    goodSession(home);
    for (let n = 0; n < 1000; n++)
      registryFile(home.conf, 900_000_000 + n, n % 2 === 0 ? '' : `{"sessionId":"${idOf(n)}","st`);
    for (const build of builds) await answers(build, home, good, { asked: [['--list'], ['--brief']] });
  });

  test('600 whole homes of confused records through rows, previews and JSON', async () => {
    const chance = random(runSeed + 23);
    for (let round = 0; round < 15; round++) {
      using home = scratch();
      for (let n = 0; n < 40; n++) {
        writeFileSync(join(project(home), `${idOf(n)}.jsonl`), mutatedTranscript(chance, Date.now()));
        const fields = confuse(chance, registryFields({ pid: process.pid, sessionId: idOf(n) }), 0.1);
        registryFile(home.conf, 1000 + n, JSON.stringify(fields) ?? '');
      }
      const json = JSON.parse(await throughTheCore(home));
      expect(json.schema).toBe(1);
      for (const session of json.sessions) {
        expect(session.id).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
        expect(['live', 'waiting', 'idle', 'unknown']).toContain(session.state);
        for (const name of ['title', 'state', 'titleSource']) expect(typeof session[name], name).toBe('string');
        for (const name of ['cwd', 'branch', 'needs', 'waitingFor', 'forkedFrom', 'lastActivityAt'])
          expect(session[name] === null || typeof session[name] === 'string', name).toBe(true);
      }
    }
  }, 120_000);
});
