import { appendFileSync, chmodSync, existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sessionsFolder } from '../support/claude-home.ts';
import { FakeClaude, id, session } from '../support/fake-claude.ts';
import { lacks, toolPath } from '../support/tools.ts';
import { builds, root, type Scratch, scratch, wt } from '../support/wt.ts';

function program(path: string, script: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

/** A home in which the next ssh login is greeted. */
function box(): Scratch {
  const home = scratch();
  sessionsFolder(home.conf);
  new FakeClaude(home);
  // A busy machine is no fault of the installation.
  Object.assign(home.env, { SHELL: toolPath('bash') ?? '', WT_TIMEOUT: '60' });
  writeFileSync(join(home.home, '.profile'), '. ~/.bashrc\n');
  writeFileSync(join(home.home, '.bashrc'), `if [ -r x ]; then . '${root}/hooks/wt.bash'; fi\n`);
  return home;
}

describe.skipIf(lacks('bash')).each(builds)('$name: doctor', (build) => {
  const doctor = (home: Scratch, env: Record<string, string | undefined> = {}) => wt(build, ['doctor'], home, { env });
  const first = (text: string) => text.split('\n')[0];

  test('says first that all is well, then what it looked at, then times', () => {
    using home = box();
    const { status, stdout, stderr } = doctor(home);
    expect([stdout, stderr]).toEqual([expect.not.stringContaining('✗'), '']);
    expect(first(stdout)).toBe('all is well: the next ssh login will greet');
    expect(status).toBe(0);
    const heads = stdout.split('\n').filter((line) => /^[a-z]+$/.test(line));
    expect(heads).toEqual(['greeting', 'installation', 'claude', 'index', 'time']);
    expect(stdout).toMatch(/✓ claude: .*fake bin\/claude/);
    const ascii = doctor(home, { LANG: 'C', LC_ALL: 'C' }).stdout;
    expect(ascii).toMatch(/^ {2}\+ claude: /m);
    expect(ascii).toMatch(/^[ -~\n]*$/);
    const { verdict, well, willGreet, sections, time } = JSON.parse(wt(build, ['doctor', '--json'], home).stdout);
    expect([verdict, well, willGreet]).toEqual(['all is well: the next ssh login will greet', true, true]);
    expect(sections.map(({ name }: { name: string }) => name)).toEqual(heads.slice(0, -1));
    expect(time.length).toBeGreaterThan(2);
  });

  test.each<[string, (home: Scratch) => unknown, RegExp]>([
    ['WT_DISABLE', () => ({ WT_DISABLE: '1' }), /^will not greet: WT_DISABLE is set: unset it/],
    ['LC_WT', () => ({ LC_WT: '0' }), /^will not greet: LC_WT=0 was sent by the ssh client: take SetEnv/],
    ['no time', () => ({ WT_TIMEOUT: '0' }), /^will not greet: WT_TIMEOUT leaves it no time: give it more/],
    [
      'another shell',
      () => ({ SHELL: '/bin/sh' }),
      /^will not greet: the login shell is \/bin\/sh: the hooks need bash 4\.4/,
    ],
    [
      '~/.hushlogin',
      (home) => writeFileSync(join(home.home, '.hushlogin'), ''),
      /^will not greet: ~\/\.hushlogin asks for silence: remove it/,
    ],
    [
      'no line in the rc',
      (home) => writeFileSync(join(home.home, '.bashrc'), `# . '${root}/hooks/wt.bash'\n`),
      /^will not greet: \/.*\/\.bashrc does not read the hook: \/.*\/install\.sh --shell bash adds it$/,
    ],
    [
      'a profile without .bashrc',
      (home) => writeFileSync(join(home.home, '.bash_profile'), '# bashrc\n'),
      /^will not greet: \/.*\/\.bash_profile does not read ~\/\.bashrc: add this line/,
    ],
    [
      'a hook that is gone',
      (home) => writeFileSync(join(home.home, '.bashrc'), ". '/gone/share/wt/hooks/wt.bash'\n"),
      /^will not greet: \/gone\/share\/wt\/hooks\/wt\.bash, which .*\.bashrc names, is not there: \/.*\/install\.sh puts it back/,
    ],
  ])('says why not, and what to do: %s', (_, spoil, verdict) => {
    using home = box();
    const done = doctor(home, (spoil(home) ?? {}) as Record<string, string>);
    expect(first(done.stdout)).toMatch(verdict);
    expect(done.stdout).toContain('✗');
    expect(done.status).toBe(1);
  });

  test.skipIf(lacks('tmux', 'script')).each<[rc: string, conf: string, told: RegExp]>([
    [
      '[ -z "$TMUX" ] && exec tmux',
      '',
      /^will not greet: a login goes straight into tmux, where no shell greets \(.*exec tmux\): wt init tmux >> .*\/\.tmux\.conf$/,
    ],
    ['case $-:$TMUX in *i*:) tmux attach || tmux new;; esac', '', /^will not greet: a login goes straight into tmux/],
    ['if [ -z "$TMUX" ]; then exec tmux new -A -s main; fi', "set -g @watchtower '/wt'", /^all is well/],
    ['if [ "$NEVER" ]; then exec tmux; fi', '', /^all is well/],
    ["alias t='exec tmux'; # exec tmux", '', /^all is well/],
    ['tmux ls >/dev/null 2>&1', '', /^all is well/],
  ])('tries a login whose rc has %s', (rc, conf, told) => {
    using home = box();
    appendFileSync(join(home.home, '.bashrc'), `${rc}\n`);
    if (conf !== '') writeFileSync(join(home.home, '.tmux.conf'), `${conf}\n`);
    const { stdout } = doctor(home, { TMPDIR: home.home });
    expect(first(stdout)).toMatch(told);
    expect(/where the lines in .*\.tmux\.conf greet by a popup/.test(stdout)).toBe(conf !== '');
    expect(readdirSync(home.home).filter((name) => name.startsWith('wt-login-'))).toEqual([]);
  });

  test.skipIf(lacks('tmux', 'script', 'fish'))('tries a login of fish, too', () => {
    using home = box();
    const config = join(home.home, '.config/fish/config.fish');
    program(config, '');
    writeFileSync(config, 'status is-interactive; and not set -q TMUX; and exec tmux\n');
    const { stdout } = doctor(home, { SHELL: toolPath('fish') ?? '', TMPDIR: home.home });
    expect(stdout).toMatch(/✗ a login goes straight into tmux, where no shell greets \(.*config\.fish: status/);
  });

  test('where it was asked from says nothing about the next login', () => {
    using home = box();
    for (const env of [{ TMUX: '/tmp/x,1,0' }, { CLAUDECODE: '1' }, { WT_GREETED: '1' }, { TERM: 'dumb' }]) {
      const { status, stdout } = doctor(home, env);
      expect([status, first(stdout)]).toEqual([0, 'all is well: the next ssh login will greet']);
      expect(stdout).toContain('would not greet here: ');
    }
    const here = doctor(home, { SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' });
    expect(here.stdout).toContain('a login shell with the hook would greet here');
  });

  test('names what is wrong though it will greet', () => {
    using home = box();
    const prefix = join(home.home, 'other');
    program(join(prefix, 'bin', 'wt'), 'echo wt 9.9.9');
    mkdirSync(join(prefix, 'share', 'wt', 'hooks'), { recursive: true });
    writeFileSync(join(prefix, 'share', 'wt', 'hooks', 'wt.bash'), '');
    writeFileSync(join(home.home, '.bashrc'), `. '${prefix}/share/wt/hooks/wt.bash'\n`);
    const old = doctor(home);
    expect([old.status, first(old.stdout)]).toEqual([
      1,
      expect.stringMatching(
        /^the next ssh login will greet, but: the hook starts .*\/other\/bin\/wt of version 9\.9\.9, this is /,
      ),
    ]);
    const shadowed = doctor(home, { PATH: `${prefix}/bin:${home.env.PATH}` });
    expect(shadowed.stdout).toContain(`✗ another wt on PATH is the one that is started by its name: ${prefix}/bin/wt`);
    expect(first(shadowed.stdout)).toBe('the next ssh login will greet, but: 2 things are wrong');
  });

  test('says what is installed, and whether hook and program are of one version', () => {
    using home = box();
    expect(doctor(home).stdout).toMatch(/✓ hook and program are both of version \d/);
    expect(doctor(home).stdout).toContain('· not installed: it runs from where it was built or unpacked');
    const hooks = join(home.home, 'old', 'hooks');
    mkdirSync(hooks, { recursive: true });
    writeFileSync(join(hooks, 'wt.bash'), '');
    writeFileSync(join(home.home, '.bashrc'), `. '${hooks}/wt.bash'\n`);
    for (const [installed, told] of [
      [null, 'an older version'],
      ['0.0.1\n', 'version 0.0.1'],
      ['\u001b[31m\n', 'an older version'],
    ]) {
      if (installed !== null) writeFileSync(join(hooks, 'version'), installed!);
      const { status, stdout } = doctor(home);
      expect([status, first(stdout)]).toEqual([
        1,
        expect.stringMatching(
          `^the next ssh login will greet, but: .*/wt.bash is of ${told}, this program of .*install.sh again`,
        ),
      ]);
    }
  });

  test('says where claude was found, and what will be deleted', () => {
    using home = box();
    const path = session(home, { id: id(1), at: Date.now() - 29 * 86_400_000 });
    utimesSync(path, new Date(Date.now() - 28 * 86_400_000), new Date(Date.now() - 28 * 86_400_000));
    expect(doctor(home).stdout).toContain('· 1 session will be deleted within 3 days: wt archive --expiring');
    const bare = { PATH: '/usr/local/bin:/usr/bin:/bin' };
    expect(doctor(home, bare).stdout).toContain('✗ claude is not on PATH: install Claude Code');
    program(join(home.home, '.local', 'bin', 'claude'), 'exit 0');
    const found = doctor(home, bare);
    expect(found.stdout).toContain(`· claude: not on PATH, but here, and used: ${home.home}/.local/bin/claude`);
    expect(found.status).toBe(0);
  });
});

describe.skipIf(lacks('fish'))('doctor, where the login shell is fish', () => {
  const hook = join(root, 'hooks/wt.fish');
  const reads = `if test -r '${hook}'; source '${hook}'; end\n`;
  /** What doctor says in a home whose fish has these files under ~/.config/fish. */
  function doctor(files: Record<string, string>, env: Record<string, string> = {}) {
    using home = box();
    for (const [name, text] of Object.entries(files)) {
      const path = join(home.home, '.config/fish', name);
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, text);
    }
    const told = { SHELL: toolPath('fish') ?? '', ...env };
    const { status, stdout, stderr } = wt(builds[0]!, ['doctor'], home, { env: told });
    expect(stderr).toBe('');
    // A fish that only answers a question makes no folders.
    expect(existsSync(join(home.home, '.local/share/fish'))).toBe(false);
    return { status, stdout: stdout.replaceAll(home.home, '~') };
  }

  test.each(['conf.d/watchtower.fish', 'conf.d/mine.fish', 'config.fish'])('finds the hook in %s', (name) => {
    const { status, stdout } = doctor({ [name]: reads });
    expect(stdout).toMatch(/^all is well: the next ssh login will greet\n/);
    expect(stdout).toMatch(/^ {2}✓ login shell: \/\S+\/fish \(fish 3\.6 and later will do\)$/m);
    expect(stdout).toContain(`  ✓ wired in: ~/.config/fish/${name}\n`);
    expect(stdout).toMatch(/✓ hook and program are both of version \d/);
    expect(status).toBe(0);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['no file', {}, /^will not greet: ~\/\.config\/fish\/conf\.d\/watchtower\.fish does not read the hook: /],
    [
      'a comment, or the hook of another shell',
      { 'config.fish': `# ${reads}`, 'conf.d/bash.fish': reads.replaceAll('wt.fish', 'wt.bash') },
      /^will not greet: \S+\/watchtower\.fish does not read the hook: \/\S+\/install\.sh --shell fish adds it\n/,
    ],
    [
      'a file that fish does not read',
      { 'conf.d/watchtower.fish.bak': reads, 'functions/mine.fish': reads },
      /^will not greet: \S+\/watchtower\.fish does not read the hook/,
    ],
    [
      'a hook that is gone',
      { 'conf.d/watchtower.fish': "source '/gone/share/wt/hooks/wt.fish'\n" },
      /^will not greet: \/gone\/share\/wt\/hooks\/wt\.fish, which ~\/.*\/watchtower\.fish names, is not there: /,
    ],
  ])('says why not, and what to do: %s', (_, files, verdict) => {
    const { status, stdout } = doctor(files);
    expect(stdout).toMatch(verdict);
    expect(status).toBe(1);
  });

  test('looks where XDG_CONFIG_HOME says', () => {
    const { stdout } = doctor({ 'config.fish': reads }, { XDG_CONFIG_HOME: '/nowhere' });
    expect(stdout).toMatch(/^will not greet: \/nowhere\/fish\/conf\.d\/watchtower\.fish does not read the hook/);
  });

  test('tells a fish that is too old', () => {
    using old = scratch();
    const fish = join(old.home, 'fish');
    // What guard.fish says in one.
    program(fish, `printf %s "this is fish 3.5.1; wt's hook needs fish 3.6 or later"`);
    const { status, stdout } = doctor({ 'config.fish': reads }, { SHELL: fish });
    expect(stdout).toMatch(
      /^will not greet: this is fish 3\.5\.1; wt's hook needs fish 3\.6 or later: take another login shell, or a newer one\n/,
    );
    expect(status).toBe(1);
  });
});
