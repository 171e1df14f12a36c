import { spawnSync } from 'node:child_process';
import {
  type BigIntStats,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { holder, registryRecord, slug } from '../support/claude-home.ts';
import { id, session } from '../support/fake-claude.ts';
import { lacks, toolPath } from '../support/tools.ts';
import { tree as treeOf } from '../support/tree.ts';
import { type Build, builds, type Scratch, scratch, wt } from '../support/wt.ts';

const tree = (folder: string) => treeOf(folder, { times: true });

/** The parts of a tree that belong to a session. */
function ofSession(tree: Record<string, string>, id: string): Record<string, string> {
  return Object.fromEntries(Object.entries(tree).filter(([name]) => name.includes(id)));
}

/** A session with a companion folder of several depths, with times that are no whole milliseconds. */
function withCompanion(home: Scratch, n: number): { folder: string; id: string } {
  const transcript = session(home, { id: id(n) });
  const companion = transcript.slice(0, -'.jsonl'.length);
  mkdirSync(join(companion, 'subagents', 'empty'), { recursive: true });
  writeFileSync(join(companion, 'custom-title.json'), '{"customTitle":"A title of my own"}', { mode: 0o600 });
  writeFileSync(join(companion, 'subagents', 'agent-a1.jsonl'), 'x'.repeat(3_000_000));
  writeFileSync(join(companion, 'subagents', 'a name\nwith "odd" things'), '');
  symlinkSync('../custom-title.json', join(companion, 'subagents', 'link'));
  utimesSync(transcript, 1_700_000_000.123457, 1_700_000_000.123457);
  utimesSync(join(companion, 'subagents', 'agent-a1.jsonl'), 1_600_000_000.987654, 1_600_000_000.987654);
  utimesSync(join(companion, 'subagents'), 1_500_000_000.5, 1_500_000_000.5);
  utimesSync(companion, 1_500_000_000.25, 1_500_000_000.25);
  chmodSync(companion, 0o755);
  chmodSync(join(companion, 'subagents'), 0o2750);
  chmodSync(join(companion, 'subagents', 'empty'), 0o500);
  return { folder: basename(dirname(transcript)), id: id(n) };
}

/** A folder on another device than the temporary one; null where there is none. */
const elsewhere = ['/dev/shm', '/run', '/var/tmp'].find((folder) => {
  try {
    return statSync(folder).dev !== statSync(realpathSync(process.env.TMPDIR ?? '/tmp')).dev;
  } catch {
    return false;
  }
});

const devices: [string, boolean][] = [
  ['the same device', false],
  ['another device', true],
];

/** A scratch home whose archive is on this or another device. */
function homeFor(other: boolean): Scratch & { archive: string } {
  const home = scratch();
  // The times in here are old, and shall come back as they are.
  writeFileSync(join(home.conf, 'settings.json'), '{"cleanupPeriodDays":36500}');
  if (!other) return { ...home, archive: join(home.env.XDG_DATA_HOME!, 'wt', 'archive') };
  const data = mkdtempSync(join(elsewhere!, 'wt-data-'));
  home.env.XDG_DATA_HOME = data;
  return {
    ...home,
    archive: join(data, 'wt', 'archive'),
    [Symbol.dispose]: () => {
      rmSync(data, { recursive: true, force: true });
      home[Symbol.dispose]();
    },
  };
}

/** The files of a tree without its folders: name, time and content. */
function filesOf(folder: string): Record<string, string> {
  return Object.fromEntries(Object.entries(tree(folder)).filter(([name]) => !name.endsWith('/')));
}

/** The modes and times of the folders of a session. */
function foldersOf(folder: string, id: string): Record<string, string> {
  const names = [id, join(id, 'subagents'), join(id, 'subagents', 'empty')];
  const show = ({ mode, mtimeNs }: BigIntStats) => `${(mode & 0o7777n).toString(8)} ${mtimeNs / 1000n}`;
  return Object.fromEntries(names.map((name) => [name, show(statSync(join(folder, name), { bigint: true }))]));
}

/** Keeps the state of a home's sessions and archive; what it gives brings it back. */
function saved(home: Scratch & { archive: string }): () => void {
  const places = [join(home.conf, 'projects'), dirname(home.archive)];
  const copy = (from: string, to: string) => {
    rmSync(to, { recursive: true, force: true });
    if (existsSync(from)) expect(spawnSync('cp', ['-a', '--', from, to]).status).toBe(0);
  };
  for (const [index, place] of places.entries()) copy(place, join(home.home, `saved-${index}`));
  return () => {
    for (const [index, place] of places.entries()) copy(join(home.home, `saved-${index}`), place);
  };
}

/** The system calls that change something on a disk, on any machine that Linux runs on. */
const changing =
  '/^(link|linkat|unlink|unlinkat|rename|renameat|renameat2|mkdir|mkdirat|rmdir|symlink|symlinkat|openat|fsync|' +
  'write|pwrite64|writev|fchmod|chmod|fchmodat|fchmodat2|utimensat|ftruncate|sendfile|copy_file_range)$';

function straced(build: Build, args: string[], home: Scratch, options: string[]) {
  const out = join(home.home, 'trace');
  const done = spawnSync(
    toolPath('strace')!,
    ['-f', '-o', out, '-e', `trace=${changing}`, ...options, ...build.argv, ...args],
    { cwd: home.home, env: home.env, encoding: 'utf8', input: '', timeout: 20_000 },
  );
  return { ...done, trace: existsSync(out) ? readFileSync(out, 'latin1') : '' };
}

/** The system calls of a whole run that change something, from the first one that has to do with the move. */
function killPoints(build: Build, args: string[], home: Scratch & { archive: string }) {
  const { status, trace } = straced(build, args, home, []);
  expect(status).toBe(0);
  const lines = trace.split('\n').map((line) => /^(\d+) +(\w+)\((.*)$/.exec(line));
  const main = lines[0]?.[1];
  const nth = new Map<string, number>();
  const points: { call: string; nth: number }[] = [];
  for (const line of lines) {
    if (line === null || line[1] !== main) continue;
    const [, , call = '', rest = ''] = line;
    nth.set(call, (nth.get(call) ?? 0) + 1);
    // What wt keeps for itself is written before.
    const moves = points.length > 0 || (call !== 'openat' && /\/(?:projects|archive)\b/.test(rest));
    if (moves && (call !== 'openat' || rest.includes('O_CREAT'))) points.push({ call, nth: nth.get(call)! });
  }
  return points;
}

describe.each(builds)('$name', (build) => {
  describe.each(devices)('to %s', (_, other) => {
    const missing = other && elsewhere === undefined;

    test.skipIf(missing)('archive and restore leave every byte and every time as it was', () => {
      using home = homeFor(other);
      const one = withCompanion(home, 1);
      withCompanion(home, 2);
      session(home, { id: id(3) });
      const projects = join(home.conf, 'projects');
      const before = tree(projects);

      const gone = wt(build, ['archive', id(1), id(2).slice(0, 6)], home);
      expect(gone.stderr).toBe('');
      expect(gone.stdout).toBe('archived 0001c0de (A title of my own)\narchived 0002c0de (A title of my own)\n');
      expect(gone.status).toBe(0);
      expect(ofSession(tree(projects), id(1))).toEqual({});
      expect(ofSession(tree(home.archive), id(1))).toEqual(ofSession(before, id(1)));
      expect(statSync(home.archive).mode & 0o777).toBe(0o700);
      expect(wt(build, ['--json', '--all'], home).stdout).not.toContain(id(1));
      expect(wt(build, ['restore'], home).stdout).toMatch(/^ 1\) .*A title of my own\n 2\) .*\n$/);

      const back = wt(build, ['restore', '1', id(2)], home);
      expect(back.stdout).toBe('restored 0001c0de (A title of my own)\nrestored 0002c0de (A title of my own)\n');
      expect(ofSession(tree(projects), id(1))).toEqual(ofSession(before, id(1)));
      expect(ofSession(tree(projects), id(3))).toEqual(ofSession(before, id(3)));
      expect(tree(home.archive)).toEqual({});
      expect(readdirSync(join(projects, one.folder)).filter((name) => name.startsWith('.'))).toEqual([]);
    });

    test.skipIf(missing)('nothing is put over what exists and differs', () => {
      using home = homeFor(other);
      const { folder } = withCompanion(home, 1);
      const there = join(home.archive, folder, id(1), 'custom-title.json');
      mkdirSync(dirname(there), { recursive: true });
      writeFileSync(there, 'precious');
      const before = [tree(join(home.conf, 'projects')), tree(home.archive)];
      const done = wt(build, ['archive', id(1)], home);
      expect(done.stderr).toMatch(
        /^wt: \/.*\/custom-title.json exists and differs from \/.*: move one of them away\n$/,
      );
      expect(done.status).toBe(1);
      expect([tree(join(home.conf, 'projects')), tree(home.archive)]).toEqual(before);
    });
  });

  describe.each(devices)('to %s', (_, other) => {
    const missing = other && elsewhere === undefined;

    test.skipIf(missing || lacks('strace')).each(['archive', 'restore'] as const)(
      '%s may be killed at any system call that changes something',
      (verb) => {
        using home = homeFor(other);
        const { folder } = withCompanion(home, 1);
        mkdirSync(join(home.conf, 'sessions'));
        const whole = filesOf(join(home.conf, 'projects'));
        const folders = foldersOf(join(home.conf, 'projects', folder), id(1));
        if (verb === 'restore') expect(wt(build, ['archive', id(1)], home).status).toBe(0);
        else expect(wt(build, ['show', id(1)], home).status).toBe(0);
        const reset = saved(home);

        const points = killPoints(build, [verb, id(1)], home);
        expect(points.length).toBeGreaterThan(other ? 30 : 5);
        let kills = 0;
        for (const [index, point] of points.entries()) {
          reset();
          const killed = straced(build, [verb, id(1)], home, [
            '-e',
            `inject=${point.call}:signal=KILL:when=${point.nth}`,
          ]);
          const where = `${verb}, killed at ${point.call} ${point.nth}`;
          // How many files a runtime opens before is not quite the same each time: the last point may lie behind the end.
          if (killed.status === 0) continue;
          kills += 1;

          const [there, here] = [filesOf(join(home.conf, 'projects')), filesOf(home.archive)];
          for (const [name, content] of Object.entries(whole)) {
            expect([there[name], here[name]], `${where}: ${name}`).toContain(content);
          }
          const seen = wt(builds[0]!, ['--list'], home).stdout + wt(builds[0]!, ['restore'], home).stdout;
          expect(seen, where).toMatch(/A title of my own|Fix the broken redirect/);

          const again = index % 2 === 0 ? 'archive' : 'restore';
          const ended = wt(builds[0]!, [again, id(1)], home);
          expect([ended.stderr, ended.status], `${where}, then ${again}`).toEqual(['', 0]);
          const [left, right] = [filesOf(join(home.conf, 'projects')), filesOf(home.archive)];
          expect(again === 'archive' ? [left, right] : [right, left], `${where}, then ${again}`).toEqual([{}, whole]);
          expect(existsSync(join(home.archive, folder, id(1))), where).toBe(again === 'archive');
          const place = again === 'archive' ? home.archive : join(home.conf, 'projects');
          expect(foldersOf(join(place, folder), id(1)), `${where}, then ${again}`).toEqual(folders);
        }
        expect(kills).toBeGreaterThan(points.length * 0.9);
      },
      480_000,
    );
  });

  test('a live session is refused, and the others with it', () => {
    using home = homeFor(false);
    withCompanion(home, 1);
    session(home, { id: id(2) });
    using process = holder();
    registryRecord(home.conf, { pid: process.pid, sessionId: id(2) });
    const before = tree(join(home.conf, 'projects'));
    const done = wt(build, ['archive', id(1), id(2)], home);
    expect(done.stderr).toBe(
      `wt: can't archive 0002c0de (Fix the broken redirect): it is live in process ${process.pid} (no terminal); ` +
        'end it first\n',
    );
    expect(done.status).toBe(1);
    expect(tree(join(home.conf, 'projects'))).toEqual(before);
  });

  test('one whose liveness can not be told is refused', () => {
    using home = homeFor(false);
    session(home, { id: id(2) });
    registryRecord(home.conf, { pid: 99_999, sessionId: id(2), procStart: '1', pidDomain: 'linux:elsewhere' });
    const done = wt(build, ['archive', id(2)], home);
    expect(done.stderr).toContain("it may be live, for the record of its process 99999 is another machine's");
    expect(done.stderr).toContain('; --force archives it all the same');
    expect(done.status).toBe(1);
    expect(wt(build, ['archive', '--force', id(2)], home).stdout).toBe('archived 0002c0de (Fix the broken redirect)\n');
    expect(wt(build, ['--json', '--all'], home).stdout).not.toContain(id(2));
  });

  test('--dry-run prints moves that a shell can carry out, and writes nothing', () => {
    using home = homeFor(false);
    const { folder } = withCompanion(home, 1);
    const projects = join(home.conf, 'projects');
    const before = tree(home.home);
    const moved = ofSession(tree(projects), id(1));
    const done = wt(build, ['archive', '--dry-run', id(1)], home);
    expect(done.stdout.split('\n')).toHaveLength(2);
    expect(done.stdout).toContain(`mv -- '${projects}/${folder}/${id(1)}' '${home.archive}/${folder}/${id(1)}'`);
    expect(tree(home.home)).toEqual(before);
    expect(spawnSync('sh', ['-c', done.stdout]).status).toBe(0);
    expect([ofSession(tree(projects), id(1)), ofSession(tree(home.archive), id(1))]).toEqual([{}, moved]);
    const back = wt(build, ['restore', '--dry-run', id(1)], home);
    expect(spawnSync('sh', ['-c', back.stdout]).status).toBe(0);
    expect([ofSession(tree(projects), id(1)), ofSession(tree(home.archive), id(1))]).toEqual([moved, {}]);
  });

  test('what was done already is no failure, what was never there is one', () => {
    using home = homeFor(false);
    session(home, { id: id(1) });
    expect(wt(build, ['restore'], home).stdout).toBe('the archive is empty: wt archive <session> puts one there\n');
    expect(wt(build, ['restore', id(1)], home).stdout).toBe(
      '0001c0de (Fix the broken redirect) is not in the archive\n',
    );
    expect(wt(build, ['archive', id(1)], home).status).toBe(0);
    const again = wt(build, ['archive', id(1)], home);
    expect([again.status, again.stdout]).toEqual([0, '0001c0de (Fix the broken redirect) is in the archive already\n']);
    const resumed = wt(build, ['resume', id(1)], home);
    expect([resumed.status, resumed.stderr]).toEqual([
      1,
      'wt: session 0001c0de (Fix the broken redirect) is in the archive: wt restore 0001c0de\n',
    ]);
    expect(wt(build, ['restore', id(9)], home).status).toBe(1);
    expect(wt(build, ['archive', id(9)], home).status).toBe(1);
  });

  test('an archive that others may write to is not used', () => {
    using home = homeFor(false);
    session(home, { id: id(1) });
    mkdirSync(home.archive, { recursive: true });
    spawnSync('chmod', ['777', home.archive]);
    const done = wt(build, ['archive', id(1)], home);
    expect(done.stderr).toContain('can be written by others: chmod 700 it');
    expect(done.status).toBe(1);
    expect(existsSync(join(home.conf, 'projects', slug(join(home.home, 'api')), `${id(1)}.jsonl`))).toBe(true);
  });
});
