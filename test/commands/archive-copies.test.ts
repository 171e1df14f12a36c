import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { holder, registryRecord, sessionsFolder } from '../support/claude-home.ts';
import { id, session } from '../support/fake-claude.ts';
import { tree } from '../support/tree.ts';
import { type Build, builds, type Scratch, scratch, wt } from '../support/wt.ts';

const day = 86_400_000;

function box(): Scratch & { projects: string; archive: string } {
  const home = scratch();
  sessionsFolder(home.conf);
  return { ...home, projects: join(home.conf, 'projects'), archive: join(home.env.XDG_DATA_HOME!, 'wt', 'archive') };
}

/** The names of all files below a folder. */
function files(folder: string): string[] {
  return existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .sort()
    : [];
}

function modifiedDaysAgo(path: string, days: number): void {
  utimesSync(path, (Date.now() - days * day) / 1000, (Date.now() - days * day) / 1000);
}

describe.each(builds)('$name', (build: Build) => {
  // One id in several folders: together, or one after the other; back by its id, or row by row, in any order.
  const ways = [
    { apart: false, back: [[id(1)]] },
    { apart: false, back: [['1'], ['2']] },
    { apart: false, back: [['2'], ['1']] },
    { apart: false, back: [['1', '2']] },
    { apart: false, back: [['broken', 'redirect']] },
    { apart: true, back: [['0001c']] },
    { apart: true, back: [['2'], ['1']] },
  ];
  test.each(ways)('copies of a session are archived and restored: $apart $back', ({ apart, back }) => {
    using home = box();
    const first = session(home, { id: id(1), folder: '-a', at: Date.now() - 7_200_000 });
    if (apart) expect(wt(build, ['archive', id(1)], home).status).toBe(0);
    session(home, { id: id(1), folder: '-b', at: Date.now() - 3_600_000, title: 'Fix the broken redirect again' });
    session(home, { id: id(2) });
    const before = tree(home.projects);
    const done = wt(build, ['archive', id(1)], home);
    expect([done.stderr, done.status]).toEqual(['', 0]);
    expect(done.stdout).toBe(`archived 0001c0de (Fix the broken redirect again)${apart ? '' : ', 2 copies'}\n`);
    expect(wt(build, ['--json', '--all'], home).stdout).not.toContain(id(1));
    expect(existsSync(first)).toBe(false);
    const rows = wt(build, ['restore'], home).stdout;
    expect(rows.match(/^ *\d+\) .*Fix the broken redirect/gm)).toHaveLength(2);
    for (const [index, refs] of back.entries()) {
      const words = refs[0] === 'broken' ? [refs.join(' ')] : refs;
      const restored = wt(build, ['restore', ...words], home);
      expect([restored.stderr, restored.status]).toEqual(['', 0]);
      const left = files(home.archive).length;
      expect(left).toBe(back.length === 1 ? 0 : 1 - index);
    }
    if (!apart) expect(tree(home.projects)).toEqual(before);
    expect(files(home.projects).filter((name) => name.includes(id(1)))).toHaveLength(2);
  });

  test('a row of the archive means that file, whatever else bears its id', () => {
    using home = box();
    session(home, { id: id(1), folder: '-a' });
    wt(build, ['archive', id(1)], home);
    session(home, { id: id(1), folder: '-b', title: 'Another one' });
    wt(build, ['restore'], home);
    const shown = wt(build, ['show', '1'], home).stdout;
    expect(shown).toContain('Fix the broken redirect');
    expect(shown).not.toContain('Another one');
    expect(wt(build, ['restore', '1'], home).status).toBe(0);
    expect(files(home.projects)).toEqual([`-a/${id(1)}.jsonl`, `-b/${id(1)}.jsonl`]);
    const again = wt(build, ['restore', '1'], home);
    expect([again.status, again.stdout]).toEqual([0, expect.stringContaining('is not in the archive')]);
  });

  test('what lies in the archive is found by its id, its beginning and words, and said to be there', () => {
    using home = box();
    session(home, { id: id(1), title: 'Nginx größe' });
    session(home, { id: id(2), title: 'Nginx small' });
    session(home, { id: id(3) });
    wt(build, ['archive', id(1), id(2)], home);
    for (const ref of [[id(1)], ['0001c'], ['nginx', 'gro\u0308ße']]) {
      for (const verb of [['resume'], []]) {
        const done = wt(build, [...verb, ...ref], home);
        expect([done.status, done.stderr]).toEqual([
          1,
          'wt: session 0001c0de (Nginx größe) is in the archive: wt restore 0001c0de\n',
        ]);
      }
    }
    const several = wt(build, ['resume', 'nginx'], home);
    expect([several.status, several.stderr]).toEqual([
      1,
      'wt: 2 sessions in the archive match nginx: wt restore nginx lists them\n',
    ]);
    const listed = wt(build, ['restore', 'nginx'], home);
    expect([listed.status, listed.stderr]).toEqual([
      1,
      'wt: 2 sessions in the archive match nginx: say which, by number\n',
    ]);
    expect(wt(build, ['restore', '1'], home).status).toBe(0);
    wt(build, ['archive', id(3)], home);
    expect(wt(build, ['restore'], home).status).toBe(0);
    const row = wt(build, ['resume', '1'], home);
    expect(row.stderr).toMatch(/is in the archive: wt restore 000/);
  });

  test.each([
    ['30 days, 45 old', 45, undefined, true],
    ['30 days, 29.5 old', 29.5, undefined, true],
    ['30 days, 28 old', 28, undefined, false],
    ['10 days, 12 old', 12, '{"cleanupPeriodDays":10}', true],
    ['100 days, 45 old', 45, '{"cleanupPeriodDays":100}', false],
    ['no clean-up at all', 4500, '{"cleanupPeriodDays":0}', false],
  ])('a restored session outlives the next clean-up: %s', (_, days, settings, isRenewed) => {
    using home = box();
    if (settings !== undefined) writeFileSync(join(home.conf, 'settings.json'), settings);
    const path = session(home, { id: id(1), at: Date.now() - 2 * days * day });
    const companion = path.slice(0, -'.jsonl'.length);
    mkdirSync(companion);
    writeFileSync(join(companion, 'notes'), 'x');
    modifiedDaysAgo(path, days);
    const old = statSync(path).mtimeMs;
    expect(wt(build, ['archive', id(1)], home).status).toBe(0);
    const line = wt(build, ['restore', id(1), '--dry-run'], home).stdout;
    expect(line.includes('touch -- ')).toBe(isRenewed);
    const before = Date.now();
    const done = wt(build, ['restore', id(1)], home);
    expect(done.stdout).toBe(
      `restored 0001c0de (Fix the broken redirect)${isRenewed ? '; it counts as changed now, for claude would delete it as old' : ''}\n`,
    );
    const { mtimeMs } = statSync(path);
    if (isRenewed) expect(mtimeMs).toBeGreaterThan(before - 1000);
    else expect(mtimeMs).toBeCloseTo(old, 0);
    expect(files(home.archive)).toEqual([]);
  });

  test('--expiring and --older take what fits, and leave what is held', () => {
    using home = box();
    const ages: [number, number][] = [
      [1, 26.5],
      [2, 27.5],
      [3, 40],
      [4, 28],
      [5, 2],
    ];
    for (const [n, days] of ages) modifiedDaysAgo(session(home, { id: id(n), at: Date.now() - days * day }), days);
    using process = holder();
    registryRecord(home.conf, { pid: process.pid, sessionId: id(4) });
    const dry = wt(build, ['archive', '--expiring', '--dry-run'], home);
    expect(dry.stdout.match(/mv -- /g)).toHaveLength(2);
    expect(files(home.archive)).toEqual([]);
    const done = wt(build, ['archive', '--expiring'], home);
    expect(done.stdout.split('\n').sort()).toEqual([
      '',
      'archived 0002c0de (Fix the broken redirect)',
      'archived 0003c0de (Fix the broken redirect)',
    ]);
    expect(done.stderr).toBe(
      `wt: left where it is: can't archive 0004c0de (Fix the broken redirect): it is live in process ${process.pid} ` +
        '(no terminal); end it first\n',
    );
    expect(done.status).toBe(0);
    expect(wt(build, ['archive', '--older', '20d'], home).stdout).toBe('archived 0001c0de (Fix the broken redirect)\n');
    expect(wt(build, ['archive', '--older', '60d'], home).stdout).toBe('nothing is that old\n');
    const wrong = [['--older', 'soon'], ['--older', '3d', '--expiring'], ['--expiring', id(5)], []];
    for (const words of wrong) expect(wt(build, ['archive', ...words], home).status, words.join(' ')).toBe(2);
  });
});
