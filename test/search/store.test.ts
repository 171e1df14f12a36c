import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { agentsOf } from '../../src/agents/table.ts';
import { scanBox } from '../../src/box/scan.ts';
import { readWorld } from '../../src/screen/read-world.ts';
import { parseQuery } from '../../src/search/query.ts';
import { Search } from '../../src/search/search.ts';
import { additionPath, saidPath } from '../../src/search/store.ts';
import { sessionsFolder, slug, transcript, transcriptBytes, Writer } from '../support/claude-home.ts';
import { random, runSeed } from '../support/random.ts';
import { builds, scratch } from '../support/wt.ts';

const words = ['walrus', 'otter', 'heron', 'gecko', 'ibex'];

/** A home with so many sessions, in each of which one of the words is said; and what a search finds in it. */
function place(count: number) {
  const home = scratch();
  sessionsFolder(home.conf);
  const world = () => ({ ...readWorld(home.env, 'never'), now: Date.now() });
  const made = Array.from({ length: count }, (_, n) => {
    const cwd = `/home/u/${n % 3}`;
    const w = new Writer({ cwd, at: Date.now() - (n + 1) * 3_600_000 });
    const word = words[n % words.length]!;
    const records = [w.prompt(`the ${word} ${n}`), w.text(`seen. ${'x'.repeat(300)}`)];
    return { w, word, path: transcript(home.conf, { cwd, id: w.id, records }) };
  });
  const wanted = new Map(words.map((word) => [word, made.filter((one) => one.word === word).map(({ w }) => w.id)]));
  const say = (n: number, word: string) => {
    const { w, path } = made[n]!;
    appendFileSync(path, transcriptBytes({ records: [w.prompt(`and the ${word}`)] }));
    if (!wanted.get(word)!.includes(w.id)) wanted.get(word)!.push(w.id);
  };
  const begin = async () => new Search(world(), await scanBox(world()));
  const [agent] = agentsOf(world());
  const base = saidPath(world(), agent!);
  return { ...home, world, made, wanted, say, begin, base, addition: additionPath(base) };
}

type At = ReturnType<typeof place>;

/** Reads what has to be read, as the command does; gives how many transcripts that were. */
async function readAll(search: Search, at: At): Promise<number> {
  const { transcripts } = search.left;
  for (const _ of search.read());
  search.find(parseQuery('walrus', [], 0));
  if (!search.isDamaged) return transcripts;
  search.look(await scanBox(at.world()));
  const { transcripts: again } = search.left;
  for (const _ of search.read());
  return transcripts + again;
}

/** What is found of each word, and what is wanted. */
function expectRight(search: Search, at: At, about: string): void {
  for (const word of words) {
    const found = search.find(parseQuery(word, [], Date.now())).map(({ id }) => id);
    expect(found.toSorted(), `${about}: ${word}`).toEqual(at.wanted.get(word)!.toSorted());
  }
}

/** A search, read, saved and right. */
async function searched(at: At, about = ''): Promise<number> {
  const search = await at.begin();
  const read = await readAll(search, at);
  search.save();
  expectRight(search, at, about);
  return read;
}

/** The transcripts are old enough for their mtimes to be believed. */
function settle(at: At): void {
  const old = Date.now() / 1000 - 60;
  for (const { path } of at.made) utimesSync(path, old, old);
}

describe('what is kept', () => {
  test('is read once, and what is new of it again', async () => {
    using at = place(12);
    expect(await searched(at)).toBe(12);
    expect(await searched(at)).toBe(0);
    expect(statSync(at.base).mode & 0o777).toBe(0o600);
    at.say(3, 'walrus');
    settle(at);
    const search = await at.begin();
    expect(search.left.transcripts).toBe(12);
    await readAll(search, at);
    search.save();
    expect(await searched(at)).toBe(0);
    const old = readFileSync(at.base);
    at.say(3, 'otter');
    utimesSync(at.made[3]!.path, 1e9, 1e9);
    expect(await searched(at)).toBe(1);
    expect(await searched(at)).toBe(0);
    expect(readFileSync(at.base).equals(old)).toBe(true);
    expect(statSync(at.addition).size).toBeGreaterThan(100);
  });

  test('replaced, shrunk, gone and come transcripts', async () => {
    using at = place(8);
    await searched(at);
    const [zero, one, two] = at.made as [(typeof at.made)[0], (typeof at.made)[0], (typeof at.made)[0]];
    const bytes = readFileSync(zero.path);
    writeFileSync(`${zero.path}.x`, bytes.toString().replace('walrus', 'sirwal'));
    renameSync(`${zero.path}.x`, zero.path);
    utimesSync(zero.path, 1e9, 1e9);
    at.wanted.set(
      'walrus',
      at.wanted.get('walrus')!.filter((id) => id !== zero.w.id),
    );
    writeFileSync(one.path, transcriptBytes({ records: [one.w.prompt('ibex')] }));
    at.wanted.set(
      'otter',
      at.wanted.get('otter')!.filter((id) => id !== one.w.id),
    );
    at.wanted.get('ibex')!.push(one.w.id);
    rmSync(two.path);
    at.wanted.set(
      'heron',
      at.wanted.get('heron')!.filter((id) => id !== two.w.id),
    );
    await searched(at, 'changed');
    await searched(at, 'again');
  });

  test('an unfinished last line is read when it is whole', async () => {
    using at = place(3);
    const { path, w } = at.made[0]!;
    const line = JSON.stringify(w.prompt('the gecko'));
    appendFileSync(path, line.slice(0, 60));
    await searched(at);
    appendFileSync(path, line.slice(60));
    at.wanted.get('gecko')!.push(w.id);
    await searched(at, 'without its end');
    appendFileSync(path, '\n');
    await searched(at, 'with it');
  });

  test('never more than 3 % of what it was made from, beyond the first 4 MB; what is left out is found all the same', async () => {
    using at = place(6);
    const cwd = '/home/u/0';
    for (let n = 0; n < 4; n++) {
      const w = new Writer({ cwd, at: Date.now() - (n + 30) * 3_600_000 });
      transcript(at.conf, { cwd, id: w.id, records: [w.text(`${'abc '.repeat(500_000)} ibex`)] });
      at.wanted.get('ibex')!.push(w.id);
    }
    await searched(at, 'first');
    expect(statSync(at.base).size).toBeLessThan(4 << 20);
    expect(await searched(at, 'second')).toBeGreaterThan(0);
    const { mtimeMs } = statSync(at.base);
    await searched(at, 'third');
    expect(statSync(at.base).mtimeMs).toBe(mtimeMs);
  });
});

describe('what is damaged is made anew', () => {
  const chance = random(runSeed);
  const flip = (path: string, at: number) => {
    const bytes = readFileSync(path);
    bytes[at]! ^= 1 << chance.int(0, 7);
    writeFileSync(path, bytes, { mode: 0o600 });
  };

  test('a byte anywhere, in either file', async () => {
    using at = place(10);
    await searched(at);
    at.say(2, 'walrus');
    utimesSync(at.made[2]!.path, 1e9, 1e9);
    await searched(at);
    for (const name of ['base', 'addition'] as const) {
      const path = at[name];
      const size = statSync(path).size;
      // Heading, lengths and checksum, columns, names, folders, pieces and their texts: all lie within reach of the step.
      for (let byte = 0; byte < size; byte += chance.int(1, Math.ceil(size / 60))) {
        copyFileSync(at.base, `${at.base}.kept`);
        copyFileSync(at.addition, `${at.addition}.kept`);
        flip(path, byte);
        const about = `byte ${byte} of ${size} of the ${name}, seed ${runSeed}`;
        expect(await searched(at, about), about).toBeGreaterThan(0);
        expect(await searched(at, about), about).toBe(0);
        renameSync(`${at.base}.kept`, at.base);
        renameSync(`${at.addition}.kept`, at.addition);
      }
    }
  });

  test.each<[string, (path: string, at: At) => void]>([
    ['cut', (path) => writeFileSync(path, readFileSync(path).subarray(0, chance.int(1, statSync(path).size - 1)))],
    ['empty', (path) => writeFileSync(path, '')],
    ['longer', (path) => appendFileSync(path, 'x')],
    ['foreign', (path) => writeFileSync(path, 'watchtower 9.9.9 said 1 []\n0000000001 0000000001 0000000 \nxx')],
    [
      'of huge lengths',
      (path) => writeFileSync(path, readFileSync(path, 'latin1').replace(/\n\d{10}/, '\n9999999999'), 'latin1'),
    ],
    ['writable by others', (path) => chmodSync(path, 0o666)],
    [
      'a folder',
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
    [
      'a link',
      (path) => {
        renameSync(path, `${path}.x`);
        symlinkSync(`${path}.x`, path);
      },
    ],
    ['the other file', (path, at) => copyFileSync(path === at.base ? at.addition : at.base, path)],
    ['gone', (path) => rmSync(path)],
  ])('%s', async (_, spoil) => {
    for (const name of ['base', 'addition'] as const) {
      using at = place(6);
      await searched(at);
      at.say(2, 'walrus');
      utimesSync(at.made[2]!.path, 1e9, 1e9);
      await searched(at);
      spoil(at[name], at);
      await searched(at, `once (${name})`);
      await searched(at, `twice (${name})`);
    }
  });
});

test('many writers, whichever comes when', async () => {
  const chance = random(runSeed);
  using at = place(10);
  const open: Search[] = [];
  for (let round = 0; round < 60; round++) {
    switch (chance.int(0, 3)) {
      case 0:
        at.say(chance.int(0, 9), chance.pick(words));
        break;
      case 1: {
        const search = await at.begin();
        await readAll(search, at);
        open.push(search);
        break;
      }
      case 2:
        open.splice(chance.int(0, open.length), 1)[0]?.save();
        break;
      default:
        await searched(at, `round ${round}, seed ${runSeed}`);
    }
  }
  for (const search of open) search.save();
  await searched(at, 'at last');
});

describe.each(builds)('processes of the $name build', (build) => {
  const find = (at: At, word: string) =>
    spawnSync(build.argv[0], [...build.argv.slice(1), 'find', word, '--json', '-n', '99'], {
      env: at.env,
      encoding: 'utf8',
    });
  const idsOf = (out: string) => (JSON.parse(out).sessions as { id: string }[]).map(({ id }) => id).toSorted();

  test('five at once, and killed at any moment', async () => {
    using at = place(40);
    const run = () => {
      const child = spawn(build.argv[0], [...build.argv.slice(1), 'find', 'otter', '--json', '-n', '99'], {
        env: at.env,
      });
      let out = '';
      child.stdout.on('data', (chunk) => (out += chunk));
      return { child, done: new Promise<string>((resolve) => child.on('close', () => resolve(out))) };
    };
    for (const out of await Promise.all(Array.from({ length: 5 }, () => run().done))) {
      expect(idsOf(out)).toEqual(at.wanted.get('otter')!.toSorted());
    }
    for (let n = 0; n < 8; n++) {
      at.say(n, 'otter');
      const { child, done } = run();
      await pause(n * 12);
      child.kill('SIGKILL');
      await done;
    }
    expect(idsOf(find(at, 'otter').stdout)).toEqual(at.wanted.get('otter')!.toSorted());
    await searched(at, 'after the killing');
  });

  test('a full disk and a home that is read-only: what was said is found all the same', () => {
    using at = place(5);
    const limited = [
      '/bin/sh',
      '-c',
      'ulimit -f 0; trap "" XFSZ; exec "$@"',
      'sh',
      ...build.argv,
      'find',
      'heron',
      '--json',
    ];
    for (let again = 0; again < 2; again++) {
      // Its answer goes through a pipe, which no limit of files is for.
      const { stdout, stderr } = spawnSync(limited[0]!, limited.slice(1), { env: at.env, encoding: 'utf8' });
      expect([stderr, idsOf(stdout)]).toEqual(['', at.wanted.get('heron')!.toSorted()]);
      expect(existsSync(at.base)).toBe(false);
    }
    expect(readdirSync(join(at.base, '..')).filter((name) => name.startsWith('said'))).toEqual([]);
  });
});

test('no greeting, brief or list reads or writes the store', () => {
  using at = place(3);
  const [native] = builds;
  for (const mode of ['--greet', '--brief', '--list']) {
    spawnSync(native!.argv[0], [...native!.argv.slice(1), mode], { env: at.env });
    expect(existsSync(at.base), mode).toBe(false);
  }
  expect(slug('/home/u/0')).toBe('-home-u-0');
});
