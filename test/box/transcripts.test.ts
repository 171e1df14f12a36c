import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FileLayout } from '../../src/agents/agent.ts';
import { Listing } from '../../src/box/listing.ts';
import { askForTranscripts, findTranscripts } from '../../src/box/transcripts.ts';
import { random } from '../support/random.ts';
import { fileOf } from '../support/sessions.ts';
import { scratch } from '../support/wt.ts';

const day = 86_400_000;
const now = Date.parse('2026-11-29T09:00:00.000Z');

test('transcripts that an agent finds itself are found as any others', () => {
  const { int } = random();
  const files = Array.from({ length: 200 }, (_, n) =>
    fileOf(n % 190, { path: `/x/${n}`, modifiedAt: now - int(0, 300 * day) }),
  );
  const skipped: string[] = [];
  const find = (unread: string[]) => {
    unread.push('/y');
    return files;
  };
  const transcripts = askForTranscripts({ find }, skipped);
  expect(skipped).toEqual(['/y']);
  expect(transcripts.count).toBe(200);
  expect(transcripts.all()).toEqual(files);
  expect([...transcripts.twins].sort()).toEqual([...new Set(files.slice(190).map(({ id }) => id))].sort());
  expect(transcripts.find(files[3]!.id)).toEqual([files[3], files[193]]);
  expect(transcripts.find('x')).toEqual([]);
  const [from, to] = [now - 100 * day, now - 10 * day];
  expect(transcripts.modifiedBetween(from, to)).toEqual(
    files.filter(({ modifiedAt }) => modifiedAt >= from && modifiedAt < to),
  );
  const times = [...transcripts.newestFirst(now)].map(({ modifiedAt }) => modifiedAt);
  expect(times).toEqual(files.map(({ modifiedAt }) => modifiedAt).sort((a, b) => b - a));
});

test('a layout of several levels: what comes and goes at any of them is seen', () => {
  using home = scratch();
  const root = join(home.home, 'days');
  const layout: FileLayout = { root, levels: 3, name: { length: 6, pattern: 'r-\\d\\.js' }, idFrom: 2, idLength: 1 };
  mkdirSync(join(home.home, 'own'), { mode: 0o700 });
  const look = () => {
    const listing = new Listing(join(home.home, 'own', 'listing'), layout);
    const skipped: string[] = [];
    const found = findTranscripts(layout, listing, Date.now() + 60_000, skipped);
    listing.save();
    expect(skipped).toEqual([]);
    return found
      .all()
      .map(({ id, folder, path }) => [id, folder, path.slice(root.length)])
      .sort();
  };
  const put = (folder: string, n: number) => {
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, folder, `r-${n}.js`), 'x');
  };
  expect(look()).toEqual([]);
  put('2026/11/29', 1);
  put('2026', 7);
  put('2026/11/29/deeper', 8);
  writeFileSync(join(root, '2026', '11', 'a file'), '');
  expect(look()).toEqual([['1', '2026/11/29', '/2026/11/29/r-1.js']]);
  put('2026/11/29', 2);
  put('2027/01/01', 3);
  expect(look().map(([id]) => id)).toEqual(['1', '2', '3']);
  expect(look().map(([id]) => id)).toEqual(['1', '2', '3']);
  rmSync(join(root, '2026', '11', '29', 'r-1.js'));
  rmSync(join(root, '2027'), { recursive: true });
  expect(look().map(([id]) => id)).toEqual(['2']);
});
