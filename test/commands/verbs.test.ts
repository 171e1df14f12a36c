import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { holder, registryRecord, sessionsFolder, transcript, Writer } from '../support/claude-home.ts';
import { FakeClaude, id, session } from '../support/fake-claude.ts';
import { tree } from '../support/tree.ts';
import { builds, type Scratch, scratch, wt } from '../support/wt.ts';

function box(): Scratch & { claude: FakeClaude } {
  const home = scratch();
  sessionsFolder(home.conf);
  return Object.assign(home, { claude: new FakeClaude(home) });
}

const lines = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n');

describe.each(builds)('$name', (build) => {
  const states = (home: Scratch): Record<string, { state: string; title: string; seen: boolean }> =>
    Object.fromEntries(
      JSON.parse(wt(build, ['--json', '--all'], home).stdout).sessions.map((one: { id: string }) => [one.id, one]),
    );

  test('path prints the directory exactly, or why not', () => {
    using home = box();
    const odd = join(home.home, "it's  a\tdir\n漢字 \u202e");
    session(home, { id: id(1), cwd: odd });
    session(home, { id: id(2), cwd: join(home.home, 'gone'), missing: true });
    expect(wt(build, ['path', id(1)], home).stdout).toBe(`${odd}\n`);
    const moved = spawnSync('sh', ['-c', `cd "$("$1" path ${id(1)})" && pwd`, 'sh', build.argv.at(-1)!], {
      env: { ...home.env, PATH: `${dirname(process.execPath)}:${home.env.PATH}` },
      encoding: 'utf8',
    });
    expect(moved.stdout).toBe(`${odd}\n`);
    const gone = wt(build, ['path', id(2)], home);
    expect([gone.status, gone.stdout, gone.stderr]).toEqual([
      1,
      '',
      `wt: the directory of 0002c0de (Fix the broken redirect), ${home.home}/gone, is gone: make it again\n`,
    ]);
  });

  test('done is idle until something new is said', () => {
    using home = box();
    const at = Date.now() - 3_600_000;
    session(home, { id: id(1), at });
    session(home, { id: id(2), at });
    expect(states(home)[id(1)]!.state).toBe('waiting');
    const before = tree(home.home, { times: true });
    const dry = wt(build, ['done', '0001', '0002', '--dry-run'], home);
    expect(dry.stdout).toBe(`wt done ${id(1)} ${id(2)}\n`);
    expect(tree(home.home, { times: true })).toEqual(before);
    const none = wt(build, ['done', '0001', 'nowhere'], home);
    expect([none.status, states(home)[id(1)]!.state]).toEqual([1, 'waiting']);
    expect(wt(build, ['done', '0001', '0002', '0001'], home).stdout).toBe(
      'done: 0001c0de (Fix the broken redirect)\ndone: 0002c0de (Fix the broken redirect)\n',
    );
    expect([states(home)[id(1)]!.state, states(home)[id(2)]!.state]).toEqual(['idle', 'idle']);
    expect(wt(build, ['done', '--undo', '0002'], home).stdout).toContain('not done: 0002c0de');
    expect(states(home)[id(2)]!.state).toBe('waiting');
    // Something new is said.
    session(home, { id: id(1), at: Date.now() + 2000 });
    const path = join(home.conf, 'projects', join(home.home, 'api').replace(/[^a-zA-Z0-9]/g, '-'), `${id(1)}.jsonl`);
    utimesSync(path, new Date(Date.now() + 10_000), new Date(Date.now() + 10_000));
    expect(states(home)[id(1)]!.state).toBe('waiting');
  });

  test('done of a live session makes it seen', () => {
    using home = box();
    using held = holder();
    wt(build, ['--list'], home);
    const at = Date.now() + 1000;
    session(home, { id: id(1), at });
    registryRecord(home.conf, { pid: held.pid, sessionId: id(1) });
    expect(states(home)[id(1)]).toMatchObject({ state: 'live' });
    expect(wt(build, ['done', '0001'], home).stdout).toBe(
      'done: 0001c0de (Fix the broken redirect); it is live, and stays in the list until it is closed\n',
    );
    expect(states(home)[id(1)]).toMatchObject({ state: 'live', seen: true });
  });

  test('rename writes what Claude itself writes', () => {
    using home = box();
    const path = session(home, { id: id(1) });
    writeFileSync(path, readFileSync(path).subarray(0, -1));
    const mtime = new Date(Date.now() - 86_400_000);
    utimesSync(path, mtime, mtime);
    const before = lines(path);
    expect(wt(build, ['rename', '0001', 'A', 'new  \x1b[31m', '"title"', '漢字\n'], home).stdout).toBe(
      'renamed 0001c0de: A new "title" 漢字\n',
    );
    const title = 'A new "title" 漢字';
    const record = JSON.stringify({ type: 'custom-title', customTitle: title, sessionId: id(1) });
    expect(lines(path)).toEqual([...before, record]);
    expect(readFileSync(path, 'utf8').endsWith('\n')).toBe(true);
    const beside = join(dirname(path), id(1));
    expect(readFileSync(join(beside, 'custom-title.json'), 'utf8')).toBe(JSON.stringify({ customTitle: title }));
    expect([statSync(beside).mode & 0o777, statSync(join(beside, 'custom-title.json')).mode & 0o777]).toEqual([
      0o700, 0o600,
    ]);
    expect(Math.abs(statSync(path).mtimeMs - mtime.getTime())).toBeLessThan(2);
    expect(states(home)[id(1)]).toMatchObject({ title, titleSource: 'custom' });
    expect(wt(build, ['rename', title, 'Other'], home).stdout).toBe('renamed 0001c0de: Other\n');
    expect(wt(build, ['--list'], home).stdout).toContain('Other');
    expect(lines(path)).toHaveLength(before.length + 2);
  });

  test('a renamed session is not taken by the clean-up for its old time', () => {
    using home = box();
    const path = session(home, { id: id(1), at: Date.now() - 29 * 86_400_000 });
    const mtime = new Date(Date.now() - 29 * 86_400_000);
    utimesSync(path, mtime, mtime);
    expect(wt(build, ['rename', '0001', 'Kept'], home).stdout).toContain('counts as new');
    expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(60_000);
  });

  test('rename refuses what is live, unwritten, a link, or no title, and changes nothing then', () => {
    using home = box();
    using held = holder();
    const path = session(home, { id: id(1) });
    session(home, { id: id(2), cwd: join(home.home, 'web') });
    registryRecord(home.conf, { pid: held.pid, sessionId: id(1) });
    registryRecord(home.conf, { pid: 7, sessionId: id(2), pidDomain: 'linux:elsewhere:pid:[1]', procStart: '1' });
    const before = readFileSync(path);
    const live = wt(build, ['rename', '0001', 'X'], home);
    expect([live.status, live.stderr]).toEqual([
      1,
      expect.stringMatching(
        /^wt: can't rename 0001c0de .*: it is live in process \d+ \(.*\); type there: \/rename TITLE\n$/,
      ),
    ]);
    const unknown = wt(build, ['rename', '0002', 'X'], home);
    expect([unknown.status, unknown.stderr]).toEqual([1, expect.stringContaining('--force renames it all the same')]);
    expect(wt(build, ['rename', '0002', 'X', '--force'], home).stdout).toBe('renamed 0002c0de: X\n');
    for (const args of [['0001'], ['0001', ''], ['0001', ' \x1b[31m\u200b']]) {
      const none = wt(build, ['rename', ...args], home);
      expect([none.status, none.stderr]).toEqual([
        2,
        expect.stringMatching(/^wt: (?:which title\?|a title needs words)\n/),
      ]);
    }
    expect(readFileSync(path)).toEqual(before);
    const target = session(home, { id: id(4), cwd: join(home.home, 'other') });
    const folder = join(home.conf, 'projects', '-link');
    mkdirSync(folder);
    symlinkSync(target, join(folder, `${id(5)}.jsonl`));
    const kept = readFileSync(target);
    expect(wt(build, ['rename', id(5), 'X'], home).status).toBe(1);
    expect(readFileSync(target)).toEqual(kept);
  });

  test('rename --dry-run is a line that can be pasted', () => {
    using home = box();
    const path = session(home, { id: id(1) });
    const before = readFileSync(path);
    const line = wt(build, ['rename', '0001', '--dry-run', "it's", '$(touch x)'], home).stdout;
    expect(line).toBe(`wt rename ${id(1)} 'it'\\''s $(touch x)'\n`);
    expect(readFileSync(path)).toEqual(before);
  });

  test('new finds a project by its name', () => {
    using home = box();
    session(home, { id: id(1), cwd: join(home.home, 'work', 'Homelab') });
    session(home, { id: id(2), cwd: join(home.home, 'a', 'api') });
    session(home, { id: id(3), cwd: join(home.home, 'b', 'api') });
    session(home, { id: id(4), cwd: join(home.home, 'gone'), missing: true });
    session(home, { id: id(5), cwd: join(home.home, 'größe'.normalize('NFD')) });
    const cwd = (name: string) => {
      expect(wt(build, ['new', name], home).stderr).toBe('');
      return home.claude.seen().cwd;
    };
    expect(cwd('homelab')).toBe(join(home.home, 'work', 'Homelab'));
    expect(cwd('b/api')).toBe(join(home.home, 'b', 'api'));
    expect(cwd('größe')).toBe(join(home.home, 'größe'.normalize('NFD')));
    const several = wt(build, ['new', 'api'], home);
    expect([several.status, several.stderr]).toEqual([
      1,
      expect.stringMatching(/^wt: api may be \/.*\/[ab]\/api or \/.*\/[ab]\/api: name one by its path\n$/),
    ]);
    mkdirSync(join(home.home, 'api'));
    expect(cwd('api')).toBe(join(home.home, 'api'));
    for (const name of ['gone', 'nowhere', 'omelab']) {
      const none = wt(build, ['new', name], home);
      expect([none.status, none.stderr]).toEqual([
        1,
        `wt: there is no directory ${home.home}/${name}, and no session is in one of that name: wt --list\n`,
      ]);
    }
    writeFileSync(join(home.home, 'file'), '');
    expect(wt(build, ['new', 'file'], home).stderr).toContain('file is no directory: name a directory that is there');
  });

  test('new hands on what is behind --', () => {
    using home = box();
    mkdirSync(join(home.home, 'dir'));
    expect(wt(build, ['new', '--', '--resume', 'a b'], home).status).toBe(0);
    expect([home.claude.seen().cwd, home.claude.seen().argv]).toEqual([home.home, ['--resume', 'a b']]);
    expect(wt(build, ['new', 'dir', '--', '-p', '--dry-run'], home).status).toBe(0);
    expect([home.claude.seen().cwd, home.claude.seen().argv]).toEqual([join(home.home, 'dir'), ['-p', '--dry-run']]);
  });

  test('a session in the archive is said to be there, by id, prefix and words', () => {
    using home = box();
    session(home, { id: id(1), title: 'Alone among titles' });
    session(home, { id: id(2), title: 'Twin one' });
    session(home, { id: id(3), title: 'Twin two' });
    expect(wt(build, ['archive', id(1), id(2), id(3)], home).status).toBe(0);
    for (const ref of [[id(1)], ['0001c'], ['among', 'TITLES'], ['alone']]) {
      const there = wt(build, ['resume', ...ref], home);
      expect([there.status, there.stderr]).toEqual([
        1,
        'wt: session 0001c0de (Alone among titles) is in the archive: wt restore 0001c0de\n',
      ]);
    }
    expect(wt(build, ['show', 'twin'], home).stderr).toBe(
      'wt: 2 sessions in the archive match twin: wt restore twin lists them\n',
    );
    expect(wt(build, ['show', 'zebra'], home).stderr).toBe(
      'wt: no session matches zebra: wt --list shows what there is\n',
    );
    // What is not in the archive goes before.
    session(home, { id: id(4), title: 'Not so alone' });
    expect(wt(build, ['path', 'alone'], home).status).toBe(0);
    expect(wt(build, ['restore', '0001c0de'], home).stdout).toContain('restored 0001c0de');
  });

  test('one that was finished without a person is not finished for anybody', () => {
    using home = box();
    const writer = new Writer({ id: id(1), entrypoint: 'sdk-cli', at: Date.now() - 60_000 });
    transcript(home.conf, { cwd: writer.cwd, id: id(1), records: [writer.prompt('tick'), writer.text('tock')] });
    expect(wt(build, ['away', '--since', '1h'], home).stdout).toMatch(/^since .*: nothing happened\n$/);
  });

  test('away tells what happened since, in groups, and as data', () => {
    using home = box();
    using asks = holder();
    using works = holder();
    const [now, hour] = [Date.now(), 3_600_000];
    const one = (n: number, at: number, end: (writer: Writer) => object[]) => {
      const cwd = join(home.home, 'api');
      const writer = new Writer({ id: id(n), cwd, at });
      const path = transcript(home.conf, {
        cwd,
        id: id(n),
        records: [writer.prompt(`prompt ${n}`), ...(end(writer) as never[])],
      });
      utimesSync(path, new Date(writer.at), new Date(writer.at));
    };
    one(1, now - hour, (writer) => [writer.text('done')]);
    one(2, now - hour, (writer) => [writer.apiError('API Error: 529 Overloaded')]);
    one(3, now - hour, () => []);
    one(4, now - hour, (writer) => [writer.toolUse({ name: 'Bash', input: { command: 'make' } })]);
    one(5, now - 30 * hour, (writer) => [writer.text('long ago')]);
    one(6, now - hour, () => []);
    registryRecord(home.conf, { pid: asks.pid, sessionId: id(4), status: 'waiting', waitingFor: 'permission prompt' });
    registryRecord(home.conf, { pid: works.pid, sessionId: id(6), status: 'busy' });
    const said = wt(build, ['away', '--since', '2h'], home).stdout;
    const heads = said.split('\n').filter((line) => /^[a-z]/.test(line));
    expect(heads.slice(1)).toEqual(['needs you', 'finished', 'failed', 'cut off', 'started']);
    expect(heads[0]).toMatch(/^since (?:yesterday )?\d\d:\d\d \(2h00 ago\)$/);
    expect(said).toMatch(
      /1\) .*prompt 4[\s\S]*2\) .*prompt 1[\s\S]*3\) .*prompt 2[\s\S]*4\) .*prompt 3[\s\S]*5\) .*prompt 6/,
    );
    expect(said).not.toContain('prompt 5');
    const data = JSON.parse(wt(build, ['away', '--since', '2h', '--json'], home).stdout);
    expect(Object.keys(data)).toEqual(
      'schema generatedAt since needsYou finished failed cutOff started working'.split(' '),
    );
    expect(data.needsYou[0]).toMatchObject({ id: id(4), needs: 'approve Bash: make' });
    expect(data.failed.map((each: { id: string }) => each.id)).toEqual([id(2)]);
    // What its user said done is no news.
    expect(wt(build, ['done', id(1)], home).status).toBe(0);
    expect(JSON.parse(wt(build, ['away', '--since', '2h', '--json'], home).stdout).finished).toEqual([]);
    const wrong = wt(build, ['away', '--since', 'soon'], home);
    expect([wrong.status, wrong.stderr]).toEqual([
      2,
      'wt: --since takes a span (3h), a time (09:12) or a date (2026-11-28)\nusage: wt away [--since SPAN|DATE] [--json]\n',
    ]);
  });
});
