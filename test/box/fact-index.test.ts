import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { agentsOf } from '../../src/agents/table.ts';
import { FactIndex, indexFiles } from '../../src/box/fact-index.ts';
import type { TranscriptFile } from '../../src/core/session.ts';
import { readWorld } from '../../src/screen/read-world.ts';
import { type Rec, sessionsFolder, slug, transcript, Writer } from '../support/claude-home.ts';
import { fileAt } from '../support/file-at.ts';
import { lacks, toolPath } from '../support/tools.ts';
import { builds, scratch } from '../support/wt.ts';

/** A home with transcripts of a day ago, its world, and the agent that reads them. */
function place(count = 3) {
  const home = scratch();
  const world = { ...readWorld(home.env, 'never'), now: Date.now() };
  const ids = Array.from({ length: count }, (_, n) => {
    const writer = new Writer({ at: world.now - (n + 24) * 3_600_000 });
    transcript(home.conf, {
      cwd: writer.cwd,
      id: writer.id,
      records: [writer.prompt(`prompt ${n}`), writer.text('t')],
    });
    return writer.id;
  });
  const [agent] = agentsOf(world);
  const files = ids.map((id) => fileAt(join(home.conf, 'projects', slug('/home/u/api'), `${id}.jsonl`)));
  const pathOf = (scope: string) => indexFiles(world, agent!).find(({ name }) => name === scope)!.path;
  return { ...home, world, agent: agent!, files, pathOf };
}

type Place = ReturnType<typeof place>;

/** Reads all files into an index and saves it; gives the index. */
function learned(at: Place, scope: 'recent' | 'all', files = at.files): FactIndex {
  const index = new FactIndex(at.world, at.agent, scope);
  for (const file of files) index.put(file, at.agent.read(file, 'full', null));
  index.save(() => at.files);
  return index;
}

/** The prompts that a fresh index knows of these files, and whether they are still all that the files say. */
function known(at: Place, scope: 'recent' | 'all', files = at.files): (string | null)[] {
  const index = new FactIndex(at.world, at.agent, scope);
  return files.map((file) => {
    const found = index.find(file);
    return found === null ? null : `${found.facts().lastPrompt}${found.isCurrent ? '' : ', before'}`;
  });
}

describe('what is kept', () => {
  test.each(['recent', 'all'] as const)('%s: the facts of each file, from one run to the next', (scope) => {
    using at = place();
    learned(at, scope);
    expect(known(at, scope)).toEqual(['prompt 0', 'prompt 1', 'prompt 2']);
    expect(statSync(at.pathOf(scope)).mode & 0o777).toBe(0o600);
  });

  test('who knows all tells the small one too', () => {
    using at = place();
    learned(at, 'all');
    expect(known(at, 'recent')).toEqual(['prompt 0', 'prompt 1', 'prompt 2']);
  });

  test('a file that is another one now, grew, or was touched', () => {
    using at = place(1);
    learned(at, 'all');
    const [file] = at.files;
    const of = (change: Partial<TranscriptFile>) => known(at, 'all', [{ ...file!, ...change }])[0];
    expect(of({})).toBe('prompt 0');
    expect(of({ bytes: file!.bytes + 1 })).toBe('prompt 0, before');
    expect(of({ modifiedAt: file!.modifiedAt + 1 })).toBe('prompt 0, before');
    expect(of({ inode: file!.inode + 1 })).toBeNull();
    expect(of({ folder: '-elsewhere' })).toBeNull();
    expect(of({ id: 'other' })).toBeNull();
  });

  test('what was written a moment ago is no more than a beginning', () => {
    using at = place(1);
    at.files[0]!.modifiedAt = at.world.now - 5.5;
    learned(at, 'all');
    expect(known(at, 'all')).toEqual(['prompt 0, before']);
  });

  test('a file that was read while it grew is no more than a beginning', () => {
    using at = place(1);
    const [file] = at.files;
    learned(at, 'all', [{ ...file!, bytes: file!.bytes - 10 }]);
    expect(known(at, 'all', [{ ...file!, bytes: file!.bytes - 10 }])).toEqual(['prompt 0, before']);
  });

  test('what is gone is forgotten, the small one keeps the newest 240', () => {
    using at = place(2);
    const many = Array.from({ length: 320 }, (_, n) => ({
      ...at.files[0]!,
      id: `${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`,
      modifiedAt: at.world.now - n * 60_000 - 86_400_000,
    }));
    const facts = at.agent.read(at.files[0]!, 'full', null);
    const index = new FactIndex(at.world, at.agent, 'all');
    for (const file of [...many, at.files[1]!]) index.put(file, facts);
    index.save(() => many);
    expect(new FactIndex(at.world, at.agent, 'all').size).toBe(320);
    const recent = new FactIndex(at.world, at.agent, 'recent');
    expect(recent.size).toBe(240);
    expect(recent.find(many[0]!)).not.toBeNull();
    expect(recent.find(many[300]!)).toBeNull();
  });

  test('what has not changed is not written', () => {
    using at = place();
    const index = learned(at, 'all');
    const before = statSync(at.pathOf('all'), { bigint: true }).ino;
    index.save(() => at.files);
    new FactIndex(at.world, at.agent, 'all').save(() => at.files);
    expect(statSync(at.pathOf('all'), { bigint: true }).ino).toBe(before);
  });

  test.each<[string, (bytes: Buffer) => Buffer | string]>([
    ['empty', () => ''],
    ['of another version', (bytes) => bytes.toString().replace(/facts \d+/, 'facts 1')],
    ['of another folder', (bytes) => bytes.toString().replace('.claude', '.other_')],
    ['cut in its heading', (bytes) => bytes.subarray(0, 12)],
    ['cut in its checksum', (bytes) => bytes.subarray(0, bytes.indexOf(10) + 4)],
    ['cut in its entries', (bytes) => bytes.subarray(0, -20)],
    ['with a byte more', (bytes) => Buffer.concat([bytes, Buffer.from(' ')])],
    ['without newlines', (bytes) => bytes.toString().replaceAll('\n', ' ')],
    ['with another prompt', (bytes) => bytes.toString().replace('prompt 1', 'prompt 9')],
    ['NULs', (bytes) => Buffer.alloc(bytes.length)],
  ])('an index that is %s is made anew', (_, harm) => {
    using at = place();
    learned(at, 'all');
    writeFileSync(at.pathOf('all'), harm(readFileSync(at.pathOf('all'))), { mode: 0o600 });
    expect(known(at, 'all')).toEqual([null, null, null]);
    learned(at, 'all');
    expect(known(at, 'all')).toEqual(['prompt 0', 'prompt 1', 'prompt 2']);
  });

  test('of a folder that others may write to nothing is believed, and nothing is written there', () => {
    using at = place();
    learned(at, 'all');
    chmodSync(at.pathOf('all'), 0o666);
    expect(known(at, 'all')).toEqual([null, null, null]);
    const folder = at.world.folders.cache;
    rmSync(at.pathOf('all'));
    chmodSync(folder, 0o777);
    learned(at, 'all');
    expect(readdirSync(folder).filter((name) => name.startsWith('all-'))).toEqual([]);
    chmodSync(folder, 0o700);
  });

  test('many may write at once: the last one stands, whole', () => {
    using at = place();
    const writers = at.files.map((file) => {
      const index = new FactIndex(at.world, at.agent, 'recent');
      index.put(file, at.agent.read(file, 'full', null));
      return index;
    });
    for (const index of writers) index.save(() => at.files);
    expect(known(at, 'recent')).toEqual([null, null, 'prompt 2']);
    expect(readdirSync(at.world.folders.cache)).toHaveLength(1);
  });
});

describe.each(builds)('what is known ($name)', (build) => {
  const commands = ['--brief', '--greet', '--list', '--json'];

  test.skipIf(lacks('strace')).each(commands)('%s opens no transcript twice that has not changed', (command) => {
    using home = scratch();
    const now = Date.now();
    const made = (n: number, lines: (writer: Writer) => Rec[]) => {
      const writer = new Writer({ cwd: '/home/u/api', at: now - (n + 2) * 600_000 });
      const records = lines(writer);
      transcript(home.conf, { cwd: '/home/u/api', id: writer.id, records, mtime: now - (n + 1) * 600_000 });
      return writer.id;
    };
    sessionsFolder(home.conf);
    const heir = made(0, (w) => [w.prompt('Here I am'), w.text('Yes.')]);
    made(1, (w) => [w.prompt('Park me'), w.text('Working.'), w.continuedIn(heir)]);
    made(2, (w) => [w.prompt('Park me nowhere'), w.text('Working.'), w.continuedIn(w.uuid())]);
    made(3, (w) => [{ ...w.prompt('count'), entrypoint: 'sdk-cli' }]);
    made(4, (w) => [w.aiTitle('Nothing was said')]);
    made(5, (w) => [{ ...w.prompt('beside'), isSidechain: true }]);
    for (let n = 6; n < 40; n++) made(n, (w) => [w.prompt('Fix it'), w.text('Done.'), w.aiTitle(`Fix ${n}`)]);
    const opened = () => {
      const log = join(home.home, 'calls');
      const trace = ['-f', '-qq', '-e', 'trace=open,openat', '-o', log, ...build.argv, command];
      expect(spawnSync(toolPath('strace')!, trace, { env: home.env }).status).toBe(0);
      return readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line.includes('/projects/') && line.includes('.jsonl'));
    };
    expect(opened().length).toBeGreaterThan(8);
    expect(opened()).toEqual([]);
  });
});
