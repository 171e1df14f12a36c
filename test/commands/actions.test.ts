import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { holder, registryRecord, sessionsFolder, transcript, until, Writer } from '../support/claude-home.ts';
import { FakeClaude, id, session } from '../support/fake-claude.ts';
import { Screen } from '../support/screen.ts';
import { lacks } from '../support/tools.ts';
import { tree } from '../support/tree.ts';
import { builds, type Scratch, scratch, wt } from '../support/wt.ts';

/** A home with a registry, a fake Claude and some dead sessions. */
function box(): Scratch & { claude: FakeClaude } {
  const home = scratch();
  sessionsFolder(home.conf);
  return { ...home, claude: new FakeClaude(home) };
}

describe.each(builds)('$name', (build) => {
  test.each([
    ['a newline and quotes', 'it\'s\na "dir" `touch x` $(touch x)'],
    ['a leading dash', '--help'],
    ['a format of tmux', '#(touch x)'],
    ['another script', '漢字 👩‍💻'],
  ])('resume goes to a directory with %s', (_, name) => {
    using home = box();
    const cwd = join(home.home, name);
    session(home, { id: id(1), cwd });
    const dry = wt(build, ['resume', id(1), '--dry-run'], home);
    expect(dry.stdout.split('\n')).toHaveLength(2);
    expect(home.claude.wasStarted).toBe(false);
    expect(wt(build, [id(1)], home).status).toBe(0);
    const direct = home.claude.seen();
    expect([direct.cwd, direct.argv]).toEqual([cwd, ['--resume', id(1)]]);
    // The line that was printed does the same.
    if (!lacks('bash')) {
      expect(spawnSync('bash', ['-c', dry.stdout], { env: home.env, cwd: '/' }).status).toBe(0);
      expect([home.claude.seen().cwd, home.claude.seen().argv]).toEqual([direct.cwd, direct.argv]);
    }
    expect(readdirSync(home.home)).not.toContain('x');
  });

  test('a number is the row as last printed, even when the order has changed since', () => {
    using home = box();
    for (const n of [1, 2, 3]) session(home, { id: id(n), at: Date.now() - n * 3_600_000 });
    const rows = wt(build, ['--list'], home, { env: { COLUMNS: '130' } }).stdout;
    expect(rows).toMatch(/ 1\) .*0001c0de.*\n 2\) .*0002c0de.*\n 3\) .*0003c0de/);
    session(home, { id: id(3), at: Date.now() - 60_000 });
    wt(build, ['2'], home);
    expect(home.claude.seen().argv).toEqual(['--resume', id(2)]);
    rmSync(session(home, { id: id(1) }));
    const gone = wt(build, ['1'], home);
    expect([gone.status, gone.stderr]).toEqual([
      1,
      'wt: row 1 was session 0001c0de, which is not there any more: wt --list\n',
    ]);
    using process = holder();
    registryRecord(home.conf, { pid: process.pid, sessionId: id(3) });
    const live = wt(build, ['3'], home);
    expect(live.stderr).toBe(
      `wt: 0003c0de (Fix the broken redirect): it is live in process ${process.pid} (no terminal); ` +
        'take it over: wt take 0003c0de; or work on a copy: wt fork 0003c0de\n',
    );
    expect(live.status).toBe(1);
  });

  test('ambiguous words print the matching rows, which then have numbers', () => {
    using home = box();
    session(home, { id: id(1), title: 'Fix the login', at: Date.now() - 3_600_000 });
    session(home, { id: id(2), title: 'Fix the logout' });
    session(home, { id: id(3), title: 'Something else' });
    const done = wt(build, ['fix', 'LOG'], home);
    expect(done.stdout).toMatch(/^ 1\) .*Fix the login\n 2\) .*Fix the logout\n$/);
    expect([done.status, done.stderr]).toEqual([1, 'wt: 2 sessions match fix LOG: say which, by number\n']);
    expect(wt(build, ['2'], home).status).toBe(0);
    expect(home.claude.seen().argv).toEqual(['--resume', id(2)]);
    const none = wt(build, ['no', 'such', 'thing'], home);
    expect([none.status, none.stderr]).toEqual([
      1,
      'wt: no session matches no such thing: wt --list shows what there is\n',
    ]);
  });

  test('fork works on a live session, in its directory', () => {
    using home = box();
    session(home, { id: id(1) });
    using process = holder();
    registryRecord(home.conf, { pid: process.pid, sessionId: id(1), cwd: join(home.home, 'api') });
    expect(wt(build, ['fork', id(1)], home).status).toBe(0);
    expect(home.claude.seen().argv).toEqual(['--resume', id(1), '--fork-session']);
    expect(home.claude.seen().cwd).toBe(join(home.home, 'api'));
  });

  test('unknown liveness is refused without a terminal, but for --force', () => {
    using home = box();
    session(home, { id: id(1) });
    registryRecord(home.conf, { pid: 7, sessionId: id(1), pidDomain: 'linux:elsewhere:pid:[1]', procStart: '1' });
    const done = wt(build, ['resume', id(1)], home);
    expect(done.stderr).toBe(
      "wt: it can't be told whether 0001c0de (Fix the broken redirect) is live: the record of its process 7 is another " +
        "machine's or container's; --force resumes it all the same\n",
    );
    expect(done.status).toBe(1);
    expect(wt(build, ['resume', id(1), '--force'], home).status).toBe(0);
    expect(home.claude.seen().argv).toEqual(['--resume', id(1)]);
  });

  test.skipIf(lacks('tmux'))('unknown liveness is asked about on a terminal', async () => {
    using home = box();
    session(home, { id: id(1) });
    registryRecord(home.conf, { pid: 7, sessionId: id(1), pidDomain: 'linux:elsewhere:pid:[1]', procStart: '1' });
    using no = Screen.start(home, [...build.argv, 'resume', id(1)]);
    await no.until('Resume it all the same? [y/N]');
    no.line('');
    expect(await no.end()).toBe(130);
    expect(home.claude.wasStarted).toBe(false);
    using yes = Screen.start(home, [...build.argv, 'resume', id(1)]);
    await yes.until('[y/N]');
    yes.line('y');
    expect(await yes.end()).toBe(0);
    expect(home.claude.wasStarted).toBe(true);
  });

  test('a directory that is gone, or is none, never starts Claude somewhere else', () => {
    using home = box();
    const cwd = join(home.home, 'gone', 'away');
    session(home, { id: id(1), cwd, missing: true });
    const gone = wt(build, ['resume', id(1)], home);
    expect(gone.stderr).toBe(
      `wt: the directory of 0001c0de, ${cwd}, is gone: make it again, or answer on a terminal to go on in ${home.home}\n`,
    );
    mkdirSync(join(home.home, 'gone'));
    writeFileSync(cwd, '');
    expect(wt(build, ['fork', id(1)], home).stderr).toContain(`${cwd}, is no directory: make it again`);
    expect(home.claude.wasStarted).toBe(false);
    const nowhere = session(home, { id: id(2), cwd: 'relative/dir', missing: true, folder: '-x' });
    expect(nowhere).toContain('-x');
    expect(wt(build, ['resume', id(2)], home).stderr).toContain('relative/dir, is unknown');
  });

  test.skipIf(lacks('tmux'))('a directory that is gone can be replaced on a terminal', async () => {
    using home = box();
    const cwd = join(home.home, 'projects', 'gone');
    mkdirSync(join(home.home, 'projects'));
    session(home, { id: id(1), cwd, missing: true });
    using screen = Screen.start(home, [...build.argv, 'resume', id(1)]);
    await screen.until('go on in which?');
    expect(screen.text()).toContain(`1) ${join(home.home, 'projects')}\n  2) ${home.home}`);
    screen.line('2');
    expect(await screen.end()).toBe(0);
    expect(home.claude.seen().cwd).toBe(home.home);
    using none = Screen.start(home, [...build.argv, 'resume', id(1)]);
    await none.until('go on in which?');
    none.line('');
    expect(await none.end()).toBe(130);
    session(home, { id: id(2), cwd: join(home.home, 'größe'), missing: true });
    using plain = Screen.start(home, [...build.argv, 'resume', id(2)], { env: { ...home.env, LC_ALL: 'C' } });
    expect(await plain.until('go on there?')).toContain('/gr??e, is gone');
  });

  test.skipIf(lacks('tmux')).each(['resume', 'resume -t', 'fork'])(
    '%s --dry-run asks nothing on a terminal',
    async (command) => {
      const verb = command.split(' ');
      using home = box();
      session(home, { id: id(1), cwd: join(home.home, 'gone'), missing: true });
      session(home, { id: id(2) });
      registryRecord(home.conf, { pid: 7, sessionId: id(2), pidDomain: 'linux:elsewhere:pid:[1]', procStart: '1' });
      using gone = Screen.start(home, [...build.argv, ...verb, id(1), '--dry-run'], { columns: 200 });
      await gone.until(`/gone, is gone: make it again, or answer without --dry-run to go on in ${home.home}`);
      expect(await gone.end()).toBe(1);
      if (verb[0] === 'resume') {
        using unknown = Screen.start(home, [...build.argv, ...verb, id(2), '--dry-run'], { columns: 200 });
        await unknown.until('--force resumes it all the same');
        expect(await unknown.end()).toBe(1);
      }
      expect(home.claude.wasStarted).toBe(false);
    },
  );

  test('new starts in a directory, and nowhere else', () => {
    using home = box();
    mkdirSync(join(home.home, '-x y'));
    expect(wt(build, ['new'], home).status).toBe(0);
    expect([home.claude.seen().argv, home.claude.seen().cwd]).toEqual([[], home.home]);
    expect(wt(build, ['new', './-x y'], home).status).toBe(0);
    expect(home.claude.seen().cwd).toBe(join(home.home, '-x y'));
    expect(wt(build, ['new', '--dry-run', '.'], home).stdout).toBe(`cd -- '${home.home}' && exec claude\n`);
    const missing = wt(build, ['new', 'nowhere'], home);
    expect([missing.status, missing.stderr]).toEqual([
      1,
      `wt: there is no directory ${join(home.home, 'nowhere')}, and no session is in one of that name: wt --list\n`,
    ]);
  });

  test('--dry-run writes nothing at all', () => {
    using home = box();
    session(home, { id: id(1), title: 'Alone' });
    const before = tree(home.home, { times: true });
    for (const args of [['resume', 'alone'], ['fork', id(1)], ['new'], ['archive', id(1)], ['restore']]) {
      if (args[0] !== 'restore') expect(wt(build, [...args, '--dry-run'], home).status).toBe(0);
    }
    expect(tree(home.home, { times: true })).toEqual(before);
  });

  test('ids that are none, and links to elsewhere, are nothing to act on', () => {
    using home = box();
    const folder = join(home.conf, 'projects', '-x');
    mkdirSync(folder, { recursive: true });
    const evil = ['--help', '$(touch x)', "a'b", '../../up', '00000000-0000-4000-8000-00000000000g'];
    const writer = new Writer({ id: id(1), cwd: home.home });
    for (const name of evil.filter((one) => !one.includes('/'))) {
      transcript(home.conf, {
        cwd: home.home,
        folder: '-x',
        id: name,
        records: [writer.prompt('hi'), writer.text('ho')],
      });
    }
    symlinkSync('/etc', join(folder, `${id(9)}.jsonl`));
    for (const name of [...evil, id(9)]) {
      for (const verb of ['resume', 'fork', 'attach', 'show', 'archive', 'restore']) {
        const done = wt(build, [verb, '--', name], home);
        expect(done.status, `${verb} ${name}`).toBe(1);
        expect(done.stderr, `${verb} ${name}`).toMatch(/^wt: no session .*\n$/);
      }
    }
    expect(home.claude.wasStarted).toBe(false);
  });

  test('show tells what a session is about', () => {
    using home = box();
    session(home, { id: id(1), title: 'Fix \x1b]0;evil\x07the redirect', branch: 'feature' });
    const done = wt(build, ['show', id(1)], home);
    expect(done.stdout).toMatch(
      /^Fix the redirect\n\/.*\/api\nwaiting · \d+h\d\d · feature\nlast: fix the redirect\nclaude: The redirect is fixed.\n+> fix the redirect\n+The redirect is fixed.\n$/,
    );
  });

  test.skipIf(lacks('tmux'))('show is paged where the terminal is too short, by $PAGER', async () => {
    using home = box();
    const cwd = join(home.home, 'api');
    const writer = new Writer({ id: id(1), cwd });
    const records = [writer.prompt('go'), writer.text('word '.repeat(700))];
    transcript(home.conf, { cwd, id: id(1), records });
    const env = { ...home.env, PAGER: 'sed "s/^/paged /" | head -n 3' };
    using paged = Screen.start(home, [...build.argv, 'show', id(1)], { env, rows: 12 });
    expect(await paged.end()).toBe(0);
    expect(paged.text()).toMatch(/^paged go\npaged .*\/api\npaged /);
    using broken = Screen.start(home, [...build.argv, 'show', id(1)], { env: { ...env, PAGER: '/no/such' }, rows: 12 });
    expect(await broken.end()).toBe(0);
    await until(() => broken.text().includes('word word'), 'the preview without a pager');
    expect(wt(build, ['show', id(1)], home, { env }).stdout).not.toContain('paged');
  });
});
