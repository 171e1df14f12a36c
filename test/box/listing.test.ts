import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { FileLayout } from '../../src/agents/agent.ts';
import { grainOf, Listing } from '../../src/box/listing.ts';
import { random, runSeed } from '../support/random.ts';
import { type Scratch, scratch } from '../support/wt.ts';

const id = (n: number) => `${n.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;

interface Place extends Scratch {
  layout: FileLayout;
  path: string;
}

/** A root with two folders: three transcripts, two of one id, one with a companion, and what is none. */
function place(): Place {
  const home = scratch();
  const root = join(home.conf, 'projects');
  for (const [folder, ns] of [
    ['-a', [1, 2]],
    ['-b', [2]],
  ] as const) {
    mkdirSync(join(root, folder), { recursive: true });
    for (const n of ns) writeFileSync(join(root, folder, `${id(n)}.jsonl`), 'x');
  }
  mkdirSync(join(root, '-a', id(1)));
  for (const name of ['notes.jsonl', `${id(3)}.jsonl.bak`, `x${id(3)}.jsonl`, `${id(3)}.JSONL`, 'größe'])
    writeFileSync(join(root, '-b', name), 'x');
  writeFileSync(join(root, 'a-file'), 'x');
  const pattern = '[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\\.jsonl';
  const layout = { root, levels: 1, name: { length: 42, pattern }, idFrom: 0, idLength: 36 };
  // Own files lie in a folder of their own, 0700.
  mkdirSync(join(home.home, 'own'), { mode: 0o700 });
  return { ...home, layout, path: join(home.home, 'own', 'listing') };
}

/** What a listing says, and what it could not look at. */
function told(at: Place, later = 60_000, listing = new Listing(at.path, at.layout)) {
  const skipped: string[] = [];
  const folders = listing
    .all(Date.now() + later, skipped)
    .map(({ name, names, companions }) => [
      name,
      names.toString('latin1').split('\0').slice(0, -1).toSorted(),
      companions,
    ]);
  const twins = [...listing.twins];
  listing.save();
  return { folders: folders.toSorted(), twins, skipped };
}

const whole = {
  folders: [
    ['-a', [`${id(1)}.jsonl`, `${id(2)}.jsonl`], expect.stringMatching(/^(?:\+-|-\+)$/)],
    ['-b', [`${id(2)}.jsonl`], ''],
  ],
  twins: [id(2)],
  skipped: [],
};

test('transcripts and nothing else, with companions and twins; the same from what was kept', () => {
  using at = place();
  expect(told(at)).toEqual(whole);
  expect(told(at)).toEqual(whole);
  expect(statSync(at.path).mode & 0o777).toBe(0o600);
});

test('what has not changed is neither listed nor written again', () => {
  using at = place();
  told(at);
  const before = statSync(at.path, { bigint: true });
  // A listing that is believed shows a file that was never there.
  const lie = readFileSync(at.path, 'latin1').replaceAll(id(1), id(9));
  writeFileSync(at.path, lie, 'latin1');
  expect(told(at).folders[0]?.[1]).toContain(`${id(9)}.jsonl`);
  expect(statSync(at.path, { bigint: true }).ino).toBe(before.ino);
});

test.each<[string, (at: Place) => void, (row: string[]) => string[]]>([
  [
    'comes',
    (at) => writeFileSync(join(at.layout.root, '-b', `${id(5)}.jsonl`), ''),
    (row) => [...row, `${id(5)}.jsonl`],
  ],
  ['goes', (at) => rmSync(join(at.layout.root, '-b', `${id(2)}.jsonl`)), () => []],
  [
    'is renamed',
    (at) => renameSync(join(at.layout.root, '-b', `${id(2)}.jsonl`), join(at.layout.root, '-b', `${id(6)}.jsonl`)),
    () => [`${id(6)}.jsonl`],
  ],
])('a transcript that %s is seen', (_, change, expected) => {
  using at = place();
  told(at);
  const { ctimeMs } = statSync(join(at.layout.root, '-b'));
  change(at);
  const tick = join(at.layout.root, '-b', 'tick');
  while (statSync(dirname(tick)).ctimeMs === ctimeMs) {
    writeFileSync(tick, '');
    rmSync(tick);
  }
  const row = told(at).folders.find(([name]) => name === '-b');
  expect(row?.[1]).toEqual(expected([`${id(2)}.jsonl`]));
});

test('a folder that comes, goes and is renamed is seen', () => {
  using at = place();
  told(at, 0);
  const names = () => told(at, 0).folders.map(([name]) => name);
  mkdirSync(join(at.layout.root, '-c'));
  expect(names()).toEqual(['-a', '-b', '-c']);
  renameSync(join(at.layout.root, '-c'), join(at.layout.root, '-d'));
  expect(names()).toEqual(['-a', '-b', '-d']);
  rmSync(join(at.layout.root, '-b'), { recursive: true });
  expect(names()).toEqual(['-a', '-d']);
});

test('a folder that changed a moment ago is not believed', () => {
  using at = place();
  told(at, 0);
  // Within one tick of the clock a second change may show the same time.
  const lie = readFileSync(at.path, 'latin1').replaceAll(id(1), id(9));
  writeFileSync(at.path, lie, 'latin1');
  expect(told(at, 0).folders[0]?.[1]).toEqual([`${id(1)}.jsonl`, `${id(2)}.jsonl`]);
});

test.each<[string, (bytes: Buffer) => Buffer]>([
  ['empty', () => Buffer.alloc(0)],
  ['of another version', (bytes) => Buffer.from(bytes.toString('latin1').replace('listing 1', 'listing 9'), 'latin1')],
  ['cut in its heading', (bytes) => bytes.subarray(0, 10)],
  ['without a newline', (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('\n', ' '), 'latin1')],
  ['cut in its head', (bytes) => bytes.subarray(0, bytes.lastIndexOf(10) - 5)],
  ['cut in its names', (bytes) => bytes.subarray(0, -10)],
  ['with bytes at its end', (bytes) => Buffer.concat([bytes, Buffer.from('more')])],
  [
    'with another number in its head',
    (bytes) => Buffer.from(bytes.toString('latin1').replace('"count":2', '"count":3'), 'latin1'),
  ],
  ['NULs', (bytes) => Buffer.alloc(bytes.length)],
  [
    'of another layout',
    (bytes) => Buffer.from(bytes.toString('latin1').replace('"idLength":36', '"idLength":35'), 'latin1'),
  ],
])('a kept listing that is %s is made anew', (_, harm) => {
  using at = place();
  told(at);
  writeFileSync(at.path, harm(readFileSync(at.path)), { mode: 0o600 });
  expect(told(at)).toEqual(whole);
});

test('a flipped byte anywhere never throws, and never hides a folder', () => {
  using at = place();
  told(at);
  const chance = random(runSeed ^ 0x1157);
  const good = readFileSync(at.path);
  for (let n = 0; n < good.length; n++) {
    const bytes = Buffer.from(good);
    bytes[n] = bytes[n]! ^ (1 << chance.int(0, 7));
    writeFileSync(at.path, bytes, { mode: 0o600 });
    const { folders } = told(at);
    expect(
      folders.map(([name]) => name),
      `byte ${n}`,
    ).toEqual(['-a', '-b']);
  }
});

test('what can not be listed is named, once', () => {
  using at = place();
  symlinkSync('loop', join(at.layout.root, 'loop'));
  expect(told(at).skipped).toEqual([join(at.layout.root, 'loop')]);
  expect(told(at).folders).toEqual(whole.folders);
});

test('no root is no folder', () => {
  using at = place();
  rmSync(at.layout.root, { recursive: true });
  expect(told(at)).toEqual({ folders: [], twins: [], skipped: [] });
});

test('many may write at once: each file is whole, and none is left beside it', () => {
  using at = place();
  const listings = Array.from({ length: 20 }, () => new Listing(at.path, at.layout));
  for (const listing of listings) listing.all(Date.now() + 60_000, []);
  for (const listing of listings) listing.save();
  expect(told(at)).toEqual(whole);
  expect(readdirSync(dirname(at.path))).toEqual(['listing']);
});

test.each([
  [1_700_000_000_000, 2000],
  [1_700_000_000_123.4, 20],
])('the grain of the clock that shows %d is %d ms', (time, grain) => {
  expect(grainOf(time)).toBe(grain);
});
