import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { briefKey } from '../../src/box/brief-file.ts';
import { holder, registryRecord, sessionsFolder, until } from '../support/claude-home.ts';
import { FakeClaude, id, session } from '../support/fake-claude.ts';
import { builds, type Scratch, scratch, wt } from '../support/wt.ts';

interface Row {
  id: string;
  /** Where several folders are listed. */
  key: string;
  configDir: string;
  state: string;
  seen: boolean;
  transcript: string;
}

/** A home whose default folder holds the sessions 1 and 2, and `~/.claude-work` the sessions 3 and 2. */
function twoAccounts(): Scratch & { work: Scratch; dirs: Record<string, string> } {
  const home = scratch();
  const work = { ...home, conf: join(home.home, '.claude-work') };
  for (const conf of [home.conf, work.conf]) sessionsFolder(conf);
  session(home, { id: id(1), title: 'Fix the apples' });
  session(home, { id: id(2), title: 'Copied session', at: Date.now() - 8_000_000 });
  session(work, { id: id(3), title: 'Paint the beans', at: Date.now() - 9_000_000 });
  session(work, { id: id(2), title: 'Copied session', at: Date.now() - 10_000_000 });
  return { ...home, work, dirs: { WT_CONFIG_DIRS: '~/.claude:~/.claude-work' } };
}

describe.each(builds)('the $name build', (build) => {
  /** Runs wt and gives what it prints, and what it says with its status where that is not 0. */
  const run = (home: Scratch, args: string[], env: Record<string, string | undefined> = {}) => {
    const { stdout, stderr, status } = wt(build, args, home, { env });
    return `${stdout}${stderr}${status === 0 ? '' : `(${status})\n`}`;
  };
  const rowsOf = (home: Scratch, env: Record<string, string | undefined>): Row[] =>
    (JSON.parse(run(home, ['--json'], env)) as { sessions: Row[] }).sessions;
  const shown = (text: string) => text.replaceAll(/(?<=⧗) +\S+ +/g, ' AGE ');

  test('lists the sessions of all, each with its tag, and one copied twice', () => {
    using home = twoAccounts();
    expect(shown(run(home, ['--list'], home.dirs))).toMatchInlineSnapshot(`
      "  watchtower · 4 waiting
       1) ⧗ AGE api  default  Fix the apples
       2) ⧗ AGE api  default  Copied session
       3) ⧗ AGE api  work     Paint the beans
       4) ⧗ AGE api  work     Copied session
      "
    `);
    expect(shown(run(home, ['--list'], { WT_CONFIG_DIRS: '~/.claude-work' }))).not.toContain('work ');
    expect(rowsOf(home, home.dirs).map((row) => [row.id, row.configDir])).toEqual([
      [id(1), home.conf],
      [id(2), home.conf],
      [id(3), home.work.conf],
      [id(2), home.work.conf],
    ]);
    for (const { key, configDir } of rowsOf(home, home.dirs)) {
      const line = run(home, ['resume', key, '--dry-run'], home.dirs);
      expect(line).toContain('--resume');
      expect(line.includes(home.work.conf)).toBe(configDir === home.work.conf);
    }
    expect(run(home, ['--greet'], home.dirs)).toContain('4 waiting');
    expect(run(home, ['--brief'], home.dirs)).toBe('⧗4\n');
    expect(run(home, ['away', '--since', '1d'], home.dirs)).toMatch(/default[\s\S]*work/);
  });

  test('resumes each with its own folder', () => {
    using home = twoAccounts();
    const claude = new FakeClaude(home);
    const line = (ref: string[], env = {}) => run(home, ['resume', ...ref, '--dry-run'], { ...home.dirs, ...env });
    const enter = `cd -- '${home.home}/api' && `;
    const work = `CLAUDE_CONFIG_DIR='${home.work.conf}' `;
    expect(line([id(1)])).toBe(`${enter}exec claude --resume '${id(1)}'\n`);
    expect(line([id(3)])).toBe(`${enter}${work}exec claude --resume '${id(3)}'\n`);
    const told = { CLAUDE_CONFIG_DIR: home.work.conf };
    expect(line([id(1)], told)).toBe(`${enter}exec env -u CLAUDE_CONFIG_DIR claude --resume '${id(1)}'\n`);
    expect(line([id(1)], { CLAUDE_CONFIG_DIR: home.conf })).toContain(`CLAUDE_CONFIG_DIR='${home.conf}' exec claude`);
    expect(line([id(3), '-t'])).toContain(`'CLAUDE_CONFIG_DIR=${home.work.conf}'`);
    // A tmux server has an environment of its own.
    expect(line([id(1), '-t'])).toContain('-- env -u CLAUDE_CONFIG_DIR ');
    for (const [ref, env, seen] of [
      [id(1), told, undefined],
      [id(3), {}, home.work.conf],
      [id(3), { CLAUDE_CONFIG_DIR: '/nowhere' }, home.work.conf],
    ] as const) {
      expect(run(home, ['resume', ref], { ...home.dirs, ...env })).toBe('');
      expect(claude.seen().env.CLAUDE_CONFIG_DIR).toBe(seen);
      expect(claude.seen().argv).toEqual(['--resume', ref]);
    }
  });

  test('a session that lies in both is not guessed, and its account names it', () => {
    using home = twoAccounts();
    const both = run(home, ['resume', id(2), '--dry-run'], home.dirs);
    expect(shown(both)).toMatch(
      /default {2}Copied session\n.*work {5}Copied session\n.*2 sessions match.*or by account: 'account:default 0002c0de'/,
    );
    expect(run(home, ['resume', 'work', id(2), '--dry-run'], home.dirs)).toContain(home.work.conf);
    expect(run(home, ['resume', 'account:def', id(2), '--dry-run'], home.dirs)).not.toContain('CLAUDE_CONFIG_DIR');
    for (const verb of ['fork', 'path', 'show'])
      expect(run(home, [verb, 'work', id(2), ...(verb === 'fork' ? ['--dry-run'] : [])], home.dirs)).not.toContain(
        'match',
      );
    expect(run(home, ['resume', 'account:x', 'apples'], home.dirs)).toContain('no session matches');
  });

  test('a command that is recommended for a session that lies in both works', () => {
    using home = twoAccounts();
    using process = holder();
    registryRecord(home.conf, { pid: process.pid, sessionId: id(2), cwd: home.home });
    // Words that stand in the titles and prompts of others: an id with its account is not looked for there.
    session(home, { id: id(4), title: `Look at account:default ${id(2)}` });
    for (const verb of ['resume', 'attach', 'archive']) {
      const refusal = run(home, [verb, `account:default ${id(2).slice(0, 8)}`], home.dirs);
      const [, word, ref] = /wt (take|fork|attach) '(.*?)'/.exec(refusal) ?? [];
      if (verb === 'archive') expect(refusal).toContain('end it first');
      else expect(run(home, [word!, ref!, '--dry-run'], home.dirs)).not.toMatch(/match|\([12]\)/);
    }
    expect(run(home, ['attach', 'account:work', id(2)], home.dirs)).toContain("wt resume 'account:work 0002c0de'");
    expect(run(home, ['take', 'account:work', id(2)], home.dirs)).toContain("wt resume 'account:work 0002c0de'");
    run(home, ['archive', `account:work ${id(2)}`], home.dirs);
    const archived = run(home, ['resume', 'account:work', id(2)], home.dirs);
    expect(archived).toContain("wt restore 'account:work 0002c0de'");
    expect(run(home, ['restore', 'account:work 0002c0de'], home.dirs)).toContain('restored');
  });

  test('marks, title and archive are those of one account', () => {
    using home = twoAccounts();
    const states = (env: Record<string, string | undefined>) =>
      rowsOf(home, env).map(
        (row) => `${row.configDir === home.conf ? 'default' : 'work'} ${row.id.slice(0, 4)} ${row.state}`,
      );
    run(home, ['done', `work ${id(2)}`], home.dirs);
    expect(states(home.dirs).toSorted()).toEqual([
      'default 0001 waiting',
      'default 0002 waiting',
      'work 0002 idle',
      'work 0003 waiting',
    ]);
    // The same person with one folder alone.
    expect(states({ CLAUDE_CONFIG_DIR: home.work.conf }).toSorted()).toEqual(['work 0002 idle', 'work 0003 waiting']);
    run(home, ['done', '--undo', id(2)], { CLAUDE_CONFIG_DIR: home.work.conf });
    expect(states(home.dirs)).not.toContain('work 0002 idle');
    run(home, ['rename', `work ${id(2)}`, 'Another title'], home.dirs);
    expect(run(home, ['--list'], home.dirs)).toMatch(/default {2}Copied session[\s\S]*work {5}Another title/);
  });

  test('what is archived comes back where it was, from both accounts', () => {
    using home = twoAccounts();
    const files = rowsOf(home, home.dirs).map((row) => row.transcript);
    const bytes = files.map((path) => readFileSync(path, 'utf8'));
    expect(
      run(home, ['archive', `default ${id(2)}`, `work ${id(2)}`, id(3)], home.dirs).match(/^archived/gm),
    ).toHaveLength(3);
    expect(files.map((path) => existsSync(path))).toEqual([true, false, false, false]);
    expect(run(home, ['find', 'redirect', 'account:work'], home.dirs).match(/in the archive/g)).toHaveLength(2);
    expect(shown(run(home, ['restore'], home.dirs))).toMatch(/default {2}Copied[\s\S]*work {5}Paint/);
    expect(run(home, ['restore', id(2)], home.dirs)).toContain('2 sessions in the archive match');
    expect(run(home, ['resume', id(3)], home.dirs)).toContain('is in the archive: wt restore');
    // From one folder alone, too.
    expect(run(home, ['restore', id(3)], { CLAUDE_CONFIG_DIR: home.work.conf })).toContain('restored');
    expect(run(home, ['restore', `work ${id(2)}`, `default ${id(2)}`], home.dirs).match(/^restored/gm)).toHaveLength(2);
    expect(files.map((path) => readFileSync(path, 'utf8'))).toEqual(bytes);
    // As ever: alone, the archive is the one that it always was.
    run(home, ['archive', id(1)]);
    expect(existsSync(join(home.env.XDG_DATA_HOME!, 'wt/archive', dirname(files[0]!).split('/').at(-1)!))).toBe(true);
    expect(run(home, ['restore', id(1)], { WT_CONFIG_DIRS: '~/.claude-work:~/.claude' })).toContain('restored');
    expect(existsSync(files[0]!)).toBe(true);
  });

  test('finds in all of them, and by account', () => {
    using home = twoAccounts();
    const titles = (...words: string[]) =>
      run(home, ['find', ...words], home.dirs).match(/Fix the apples|Paint the beans/g);
    expect(titles('redirect')?.toSorted()).toEqual(['Fix the apples', 'Paint the beans']);
    expect(titles('redirect', 'account:work')).toEqual(['Paint the beans']);
    expect(run(home, ['find', 'redirect', 'account:home'], home.dirs)).toContain('say account:default or account:work');
  });

  test('live ones are those of the account whose registry holds them, and wait waits for them', () => {
    using home = twoAccounts();
    using process = holder();
    registryRecord(home.work.conf, {
      pid: process.pid,
      sessionId: id(3),
      status: 'waiting',
      waitingFor: 'permission prompt',
    });
    registryRecord(home.work.conf, {
      pid: process.pid,
      sessionId: id(3),
      cwd: join(home.home, 'api'),
      status: 'waiting',
    });
    expect(rowsOf(home, home.dirs).filter((row) => row.state === 'live')).toMatchObject([{ id: id(3) }]);
    expect(run(home, ['--brief'], home.dirs)).toMatch(/^!1 /);
    expect(run(home, ['wait', id(3)], home.dirs)).toContain('Paint the beans');
    expect(run(home, ['archive', id(3)], home.dirs)).toContain("can't archive");
    expect(run(home, ['resume', id(3)], home.dirs)).toContain('it is live');
    expect(run(home, ['--brief'])).not.toContain('!');
  });

  test('a home that was copied while a session ran has no part in its process', async () => {
    using home = twoAccounts();
    const path = { PATH: process.env.PATH };
    const live = () =>
      rowsOf(home, home.dirs)
        .filter((row) => row.state === 'live')
        .map((row) => (row.configDir === home.conf ? 'default' : 'work'));
    for (const [env, expected] of [
      [{ HOME: home.home }, ['default']],
      [{ HOME: home.home, CLAUDE_CONFIG_DIR: home.work.conf }, ['work']],
      // What can't be told apart is live in both: nothing is resumed twice.
      [{ HOME: home.home, CLAUDE_CONFIG_DIR: '/elsewhere' }, ['default', 'work']],
      [{ HOME: home.home, CLAUDE_CONFIG_DIR: '.claude' }, ['default', 'work']],
      [{}, ['default', 'work']],
    ] as const) {
      using one = holder({ ...path, ...env });
      // Its environment is its own once it runs its program.
      await until(() => readFileSync(`/proc/${one.pid}/comm`, 'utf8') === 'sleep\n', 'sleep');
      for (const conf of [home.conf, home.work.conf]) registryRecord(conf, { pid: one.pid, sessionId: id(2) });
      expect(live().toSorted()).toEqual(expected);
      if (expected.length === 1) {
        const other = expected[0] === 'work' ? 'default' : 'work';
        expect(run(home, ['take', other, id(2), '--yes'], home.dirs)).toContain('no process holds');
        expect(run(home, ['archive', `${other} ${id(2)}`, '--dry-run'], home.dirs)).toContain('mv --');
      }
      await one.kill();
    }
  });

  test('new begins in the named account', () => {
    using home = twoAccounts();
    const line = (args: string[], env = {}) => run(home, ['new', '--dry-run', ...args], { ...home.dirs, ...env });
    expect(line([])).not.toContain('CLAUDE_CONFIG_DIR');
    expect(line(['--account', 'work'])).toContain(`CLAUDE_CONFIG_DIR='${home.work.conf}' exec`);
    expect(line([], { CLAUDE_CONFIG_DIR: home.work.conf })).toContain(`CLAUDE_CONFIG_DIR='${home.work.conf}' exec`);
    expect(line(['--account', 'none'])).toContain('there is no account none: default, work');
    expect(run(home, ['new', '--account', 'work', '--dry-run'])).toContain('WT_CONFIG_DIRS=a:b lists several');
  });

  test('doctor names what the list is of, and what is not there', () => {
    using home = twoAccounts();
    symlinkSync('.claude-work', join(home.home, 'link'));
    const dirs = '~/.claude:~/none:~/.claude-work:~/link';
    const said = run(home, ['doctor'], { WT_CONFIG_DIRS: dirs });
    expect(said).toContain(`WT_CONFIG_DIRS: default is ${home.conf}, work is ${home.work.conf}`);
    expect(said).toContain(`WT_CONFIG_DIRS names ${home.home}/none, which is not there`);
    expect(said).toContain(`${home.home}/link is another name of one of these`);
    expect(said).toMatch(/^claude work$/m);
    expect(run(home, ['--list'], { WT_CONFIG_DIRS: dirs }).match(/^ *\d\)/gm)).toHaveLength(4);
  });

  test('torn, empty and strange folders are no trouble for the others', () => {
    using home = twoAccounts();
    const at = (name: string) => join(home.home, name);
    mkdirSync(at('empty'));
    writeFileSync(at('file'), '');
    mkdirSync(join(at('torn'), 'projects'), { recursive: true });
    writeFileSync(join(at('torn'), 'sessions'), 'no folder');
    cpSync(join(home.conf, 'projects'), join(at('torn'), 'projects'), { recursive: true });
    for (const path of readdirSync(join(at('torn'), 'projects'), { recursive: true, encoding: 'utf8' }))
      if (path.endsWith('.jsonl')) writeFileSync(join(at('torn'), 'projects', path), '{"type":"user","mess');
    symlinkSync('loop', at('loop'));
    const dirs = ['empty', 'file', 'torn', 'loop', '.claude', '.claude-work', '.claude-work/../.claude', 'line\nbreak'];
    const env = { WT_CONFIG_DIRS: dirs.map((name) => `~/${name}`).join(':') };
    expect(rowsOf(home, env)).toHaveLength(4);
    expect(run(home, ['--greet'], env)).toContain('4 waiting');
    expect(run(home, ['doctor'], env)).toContain('which is not there');
    expect(run(home, ['--list'], { WT_CONFIG_DIRS: '~/none:~/neither' })).toContain(
      `no Claude Code sessions under ${at('none')}`,
    );
  });

  test('what is kept of a folder serves it alone and with others', () => {
    using home = twoAccounts();
    const cache = join(home.env.XDG_CACHE_HOME!, 'wt');
    const kept = () =>
      Object.fromEntries(readdirSync(cache).map((name) => [name, readFileSync(join(cache, name), 'latin1')]));
    run(home, ['--json'], home.dirs);
    run(home, ['find', 'redirect'], home.dirs);
    const before = kept();
    for (const env of [{}, { CLAUDE_CONFIG_DIR: home.work.conf }, home.dirs]) {
      run(home, ['--json'], env);
      run(home, ['find', 'redirect'], env);
      run(home, ['--greet'], env);
    }
    expect(kept()).toEqual(before);
  });

  test('the brief is left where a shell with the same variables looks', () => {
    using home = twoAccounts();
    const file = (folder: string) => join(home.env.XDG_RUNTIME_DIR!, 'wt', `brief-${briefKey(hostname(), folder)}`);
    for (const [dirs, folder] of [
      ['~/.claude:~/.claude-work', `${home.home}:~/.claude:~/.claude-work`],
      [`:${home.conf}:~/.claude-work`, `${home.home}::${home.conf}:~/.claude-work`],
    ] as const) {
      run(home, ['--brief'], { WT_CONFIG_DIRS: dirs });
      expect(readFileSync(file(folder), 'utf8')).toBe(`${hostname()}:${folder}\n~4\n`);
    }
    run(home, ['--brief'], { WT_CONFIG_DIRS: '::' });
    expect(readFileSync(file(home.conf), 'utf8')).toBe(`${hostname()}:${home.conf}\n~2\n`);
    const count = readdirSync(join(home.env.XDG_RUNTIME_DIR!, 'wt')).length;
    for (const dirs of ['.claude:.claude-work', '~/.claude:.claude-work', '~you/x:~/.claude'])
      run(home, ['--brief'], { WT_CONFIG_DIRS: dirs });
    expect(readdirSync(join(home.env.XDG_RUNTIME_DIR!, 'wt'))).toHaveLength(count);
  });
});
