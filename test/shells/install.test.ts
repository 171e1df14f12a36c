// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text is for shells
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lacks } from '../support/tools.ts';
import { tree as treeOf } from '../support/tree.ts';
import { root, type Scratch, scratch } from '../support/wt.ts';
import { eventually, goodWt } from './home.ts';

const begin = '# >>> watchtower >>>';
const end = '# <<< watchtower <<<';
const fishFile = '.config/fish/conf.d/watchtower.fish';

/** A PATH without `script`: there no login can be tried, which saves the time of one in each test that isn't about it. */
const untried = scratch();
for (const folder of ['/usr/bin', '/bin']) {
  for (const name of readdirSync(folder))
    if (name !== 'script' && !existsSync(join(untried.home, name)))
      symlinkSync(join(folder, name), join(untried.home, name));
}
afterAll(() => untried[Symbol.dispose]());

let home: Scratch;
/** A checkout that needs neither npm nor a build: everything in it is current, and wt is a script. */
let checkout: string;

beforeEach(() => {
  home = scratch();
  checkout = join(home.home, '.checkout');
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(checkout, path)), { recursive: true });
    writeFileSync(join(checkout, path), text, { mode });
  };
  write('src/cli.ts', '');
  for (const name of ['package.json', 'package-lock.json', '.native.mjs', '.rolldown.mjs']) write(name, '{}');
  cpSync(join(root, 'hooks'), join(checkout, 'hooks'), { recursive: true });
  copyFileSync(join(root, 'install.sh'), join(checkout, 'install.sh'));
  const past = new Date(Date.now() - 60_000);
  for (const name of ['src/cli.ts', 'src', 'package.json', 'package-lock.json', '.native.mjs', '.rolldown.mjs'])
    utimesSync(join(checkout, name), past, past);
  write('node_modules/.package-lock.json', '{}');
  for (const tool of ['bun', 'rolldown']) write(`node_modules/.bin/${tool}`, '#!/bin/sh\necho 1.4.5\n', 0o755);
  write('dist/wt', goodWt, 0o755);
  write(
    'dist/wt.mjs',
    "#!/usr/bin/env node\nconsole.log(process.argv.includes('--greet') ? 'NODE-GREETING' : 'wt 0');\n",
    0o755,
  );
});

afterEach(() => home[Symbol.dispose]());

const at = (path: string) => join(home.home, path);
const rc = () => readFileSync(at('.bashrc'));

/** Runs the installer of the checkout with no terminal and nothing to read. */
function install(args: string[] = [], env: Record<string, string | undefined> = {}, shell = ['sh']) {
  const usual = { PATH: untried.home, ZDOTDIR: undefined, SHELL: '/bin/bash' };
  const whole: Record<string, string | undefined> = { ...home.env, ...usual, ...env };
  const { status, stdout, stderr } = spawnSync(
    shell[0] ?? 'sh',
    [...shell.slice(1), join(checkout, 'install.sh'), ...args],
    {
      env: Object.fromEntries(Object.entries(whole).filter((pair): pair is [string, string] => pair[1] !== undefined)),
      cwd: '/',
      input: '',
      encoding: 'utf8',
    },
  );
  return { status, out: stdout, err: stderr };
}

/** The files of the home, but the checkout, the caches and the fake wt's notes. */
const tree = () => treeOf(home.home, { except: ['.checkout', '.npm', '.cache', '.run', 'calls'] });

/** A PATH whose first folder has these scripts. */
function stubs(scripts: Record<string, string>): { PATH: string } {
  mkdirSync(at('stubs'), { recursive: true });
  for (const [name, script] of Object.entries(scripts))
    writeFileSync(join(at('stubs'), name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { PATH: `${at('stubs')}:${untried.home}` };
}

/** The same where the next login is tried. */
const installTried = (args: string[] = [], env: Record<string, string | undefined> = {}) =>
  install(args, { PATH: home.env.PATH, ...env });

/** A PATH with what a shell script needs, but not these programs. */
function without(...names: string[]): { PATH: string } {
  mkdirSync(at('few'));
  for (const folder of ['/usr/bin', '/bin']) {
    for (const name of readdirSync(folder)) {
      if (!names.includes(name) && !existsSync(at(`few/${name}`))) symlinkSync(join(folder, name), at(`few/${name}`));
    }
  }
  return { PATH: at('few') };
}

/** Names of a home that a shell could stumble over. */
const awkwardNames: [name: string, folder: string][] = [
  ['with spaces', 'a b  c'],
  ['with quotes', `it's "quoted"`],
  ['with a line break', 'a\nb'],
  ['with a command', '$(touch bad)`touch bad`;touch bad'],
  ['with a backslash and globs', 'a\\b*[x]'],
  ['with a dash', '-n'],
  ['with backslashes at its end', 'a\\\\\\'],
];

describe('an install', () => {
  it.each(
    [
      ['sh'],
      ['sh', '-eu'],
      ['dash'],
      ['bash'],
      ['bash', '--posix', '-eu'],
      ['bash', '-euo', 'pipefail'],
      ['busybox', 'sh'],
    ]
      .filter(([name]) => !lacks(name ?? ''))
      .map((words) => [words]),
  )('by %j puts wt, the hooks and one block in place, and names each', (shell) => {
    copyFileSync('/etc/skel/.bashrc', at('.bashrc'));
    copyFileSync('/etc/skel/.profile', at('.profile'));
    const before = rc().toString('latin1');
    const { status, out, err } = install([], { PATH: home.env.PATH }, shell);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    const hook = at('.local/share/wt/hooks/wt.bash');
    expect(rc().toString('latin1').slice(before.length)).toBe(
      `\n${begin}\n# Greets at an SSH login with the Claude Code sessions of this box. Removed by: wt uninstall\nif [ -r '${hook}' ]; then . '${hook}'; fi\n${end}\n`,
    );
    expect(rc().toString('latin1').startsWith(before)).toBe(true);
    const hooks = readdirSync(join(root, 'hooks'));
    for (const path of ['.local/bin/wt', '.bashrc', ...hooks.map((name) => `.local/share/wt/hooks/${name}`)])
      expect(out).toContain(`${at(path)}\n`);
    expect(readFileSync(hook, 'utf8')).toBe(readFileSync(join(root, 'hooks/wt.bash'), 'utf8'));
    expect(statSync(at('.local/bin/wt')).mode & 0o777).toBe(0o755);
    expect(out).toMatch(/What the next login will show:\n\nWT-GREETING/);
    expect(Object.keys(tree()).filter((path) => /\.new\.|\.wt-rc/.test(path))).toEqual([]);
  });

  it('changes nothing the second time, and renews the block in place', () => {
    writeFileSync(at('.bashrc'), 'before\n');
    install();
    writeFileSync(at('.bashrc'), `${rc()}after\n`);
    const first = tree();
    const mtime = statSync(at('.bashrc')).mtimeMs;
    expect(install().status).toBe(0);
    expect(tree()).toEqual(first);
    expect(statSync(at('.bashrc')).mtimeMs).toBe(mtime);
    expect(install(['--pick']).status).toBe(0);
    expect(rc().toString()).toMatch(
      /^before\n\n# >>> watchtower >>>\n[\s\S]*\nWT_PICK=1\nif [\s\S]*\n# <<< watchtower <<<\nafter\n$/,
    );
    const picking = tree();
    expect(install().status).toBe(0);
    expect(tree()).toEqual(picking);
    expect(install(['--no-pick']).status).toBe(0);
    expect(tree()).toEqual(first);
  });

  it('replaces a wt that runs without disturbing it', () => {
    install();
    const old = statSync(at('.local/bin/wt')).ino;
    writeFileSync(join(checkout, 'dist/wt'), `${goodWt}# newer\n`);
    expect(install().status).toBe(0);
    expect(statSync(at('.local/bin/wt')).ino).not.toBe(old);
  });

  it.each(awkwardNames)('works in a home %s', (_, name) => {
    const HOME = at(name);
    mkdirSync(HOME);
    const { status, err } = install(['--shell', 'all'], { HOME });
    expect({ status, err }).toEqual({ status: 0, err: '' });
    for (const shell of ['bash', 'zsh'].filter((name) => !lacks(name))) {
      const run = spawnSync(shell, ['-i'], {
        env: { HOME, TERM: 'xterm', PATH: home.env.PATH ?? '' },
        cwd: home.home,
        input: 'printf "bin=%s=" "$__wt_bin"\n',
        encoding: 'utf8',
      });
      expect(run.stdout).toContain(`bin=${HOME}/.local/bin/wt=`);
    }
    expect(install(['--uninstall'], { HOME }).status).toBe(0);
    expect(readdirSync(HOME).filter((file) => file.endsWith('rc'))).toEqual([]);
    expect(existsSync(at('bad'))).toBe(false);
  });

  it.skipIf(lacks('fish')).each(awkwardNames)('makes a file that fish reads in a home %s', (_, name) => {
    const HOME = at(name);
    mkdirSync(HOME);
    const env = { HOME, XDG_CONFIG_HOME: undefined, XDG_DATA_HOME: undefined };
    const { status, err } = install(['--shell', 'fish'], env);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    const ask = 'printf "<%s>" (string collect -- $__wt_folder)';
    const run = spawnSync('fish', ['-i', '-c', ask], {
      env: { HOME, TERM: 'xterm', PATH: home.env.PATH ?? '' },
      cwd: home.home,
      encoding: 'utf8',
    });
    expect(run.stdout).toBe(`<${HOME}/.local/share/wt/hooks>`);
    expect(install(['--uninstall'], env).status).toBe(0);
    expect(existsSync(join(HOME, fishFile))).toBe(false);
    expect(existsSync(at('bad'))).toBe(false);
  });

  it('takes another prefix, relative ones too, and says what is not on PATH', () => {
    const { status, out } = install(['--prefix', `${home.home.slice(1)}/my prefix/`]);
    expect(status).toBe(0);
    expect(existsSync(at('my prefix/bin/wt'))).toBe(true);
    expect(rc().toString()).toContain(`'${at('my prefix/share/wt/hooks/wt.bash')}'`);
    expect(out).toContain(`${at('my prefix/bin')} is not on PATH`);
    expect(
      install(['--prefix', at('my prefix')], { PATH: `${at('my prefix/bin')}:${home.env.PATH}` }).out,
    ).not.toContain('on PATH');
  });

  const greeting = () => spawnSync(at('.local/bin/wt'), ['--greet'], { env: home.env, encoding: 'utf8' }).stdout;

  it('installs the Node build when told to or when Bun does not run, and the native one again', () => {
    expect(install(['--node']).out).toMatch(/the node build/);
    expect(greeting()).toBe('NODE-GREETING\n');
    expect(readlinkSync(at('.local/bin/wt'))).toBe('../share/wt/wt.mjs');
    expect(install().out).toMatch(/the native build/);
    expect(greeting()).toMatch(/^WT-GREETING/);
    expect(lstatSync(at('.local/bin/wt')).isSymbolicLink()).toBe(false);
    expect(existsSync(at('.local/share/wt/wt.mjs'))).toBe(false);
    writeFileSync(join(checkout, 'node_modules/.bin/bun'), '#!/bin/sh\nexit 132\n');
    expect(install().out).toMatch(/Bun does not run here/);
    expect(greeting()).toBe('NODE-GREETING\n');
    writeFileSync(join(checkout, 'node_modules/.bin/bun'), '#!/bin/sh\n');
    writeFileSync(join(checkout, 'dist/wt'), '#!/bin/sh\nexit 132\n');
    expect(install().out).toMatch(/The native build does not run here/);
    expect(greeting()).toBe('NODE-GREETING\n');
    install(['--uninstall']);
    expect(
      Object.keys(tree()).filter((path) => path.startsWith('.local/bin') || path.startsWith('.local/share/wt')),
    ).toEqual([]);
  });

  it('leaves rc files alone with --no-modify-rc and says what to source', () => {
    writeFileSync(at('.bashrc'), 'mine\n');
    const { status, out } = install(['--no-modify-rc']);
    expect(status).toBe(0);
    expect(rc().toString()).toBe('mine\n');
    expect(out).toContain(at('.local/share/wt/hooks/wt.bash'));
  });

  it('refuses to overwrite another program called wt', () => {
    mkdirSync(at('.local/bin'), { recursive: true });
    writeFileSync(at('.local/bin/wt'), 'something else', { mode: 0o755 });
    const before = tree();
    const { status, err } = install();
    expect(status).toBe(1);
    expect(err).toContain('is another program');
    expect(tree()).toEqual(before);
  });
});

describe('what the next login will show', () => {
  const profile = () => copyFileSync('/etc/skel/.profile', at('.profile'));

  it('is the greeting, and for a box without sessions what to do next', () => {
    profile();
    expect(installTried().out).toMatch(/What the next login will show:\n\nWT-GREETING .*\n$/);
    const wt = (script: string) => writeFileSync(join(checkout, 'dist/wt'), `#!/bin/sh\n${script}\n`);
    wt('[ "$1" != --list ] || echo "no Claude Code sessions under /x; start one with: wt new"');
    expect(installTried().out).toMatch(
      /will show nothing yet: no Claude Code sessions under \/x; start one with: wt new\n$/,
    );
    wt('[ "$1" != --list ] || echo "1) idle"');
    expect(installTried().out).toMatch(/will show nothing: no session runs or waits for you now\. All of them: wt\n$/);
    wt('[ "$1" != --greet ] || exit 3');
    expect(installTried().out).toMatch(/won't greet\. In a trial of it: wt failed at this login\.\n$/);
  });

  const leaves = "won't greet: in a trial, it didn't come as far as the watchtower lines in ";
  it.each<[name: string, files: Record<string, string>, said: string, args?: string[], env?: Record<string, string>]>([
    ['dash', {}, "won't greet: its shell is /usr/bin/dash.", [], { SHELL: '/usr/bin/dash' }],
    ['--no-modify-rc', {}, ".bashrc doesn't read the hook that is installed here.", ['--no-modify-rc']],
    [
      'no login file',
      { '.profile': '' },
      "won't read ~/.bashrc.\nTo be greeted, put this line into ~/.bash_profile:\n",
    ],
    ['.hushlogin', { '.hushlogin': '' }, 'In a trial of it: ~/.hushlogin asks for silence.'],
    ['WT_DISABLE', { '.bashrc': 'export WT_DISABLE=1\n' }, leaves],
    ['WT_DISABLE below', { '.profile': '. ~/.bashrc; WT_DISABLE=1\n' }, 'In a trial of it: WT_DISABLE is set.'],
    ['return', { '.bashrc': 'return\n' }, leaves],
    ['exit', { '.bashrc': 'exit\n' }, leaves],
    ['an exec of another shell', { '.bashrc': 'exec dash -i\n' }, leaves],
    ['a question', { '.bashrc': 'read -r -p "Agent? " answer; read -r answer; read -r answer\n' }, leaves],
    [
      'an exec of tmux',
      { '.bashrc': '[ -n "$TMUX" ] || ! [ -t 1 ] || exec tmux -f /dev/null\n' },
      'goes straight into tmux, where no shell greets.\nA popup greets there (tmux 3.2 and later) once',
    ],
    [
      'an exec of tmux below, which greets',
      {
        '.profile': '. ~/.bashrc; [ -n "$TMUX" ] || ! [ -t 1 ] || exec tmux -f /dev/null\n',
        '.tmux.conf': 'set -g @watchtower x\n',
      },
      '.tmux.conf greet there, by a popup.',
    ],
  ])('is said truly where it is nothing: %s', async (_, files, said, args = [], env = {}) => {
    if (lacks('tmux')) return;
    profile();
    for (const [name, text] of Object.entries(files)) writeFileSync(at(name), text);
    if (files['.profile'] === '') rmSync(at('.profile'));
    const { status, out, err } = installTried(args, env);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toContain(said);
    expect(out).not.toContain('What the next login will show');
    // Nothing of the trial stays, in no history either.
    expect(existsSync(at('.bash_history'))).toBe(false);
    const left = () => spawnSync('pgrep', ['-f', `HOME=${home.home}`], { encoding: 'utf8' }).stdout;
    await eventually(() => left() === '', left);
  });

  it('is not said where a login can not be tried', () => {
    profile();
    expect(install().out).not.toMatch(/next login will show|won't greet/);
  });

  it.each<[name: string, files: Record<string, string>, offered: string]>([
    ['a plain .bash_profile', { '.bash_profile': 'export A=1\n' }, '    if [ -r ~/.bashrc ]; then . ~/.bashrc; fi\n'],
    [
      'one that .bashrc reads',
      { '.bash_profile': 'export A=1\n', '.bashrc': '. ~/.bash_profile\n' },
      "hooks/wt.bash'; fi\n",
    ],
    [
      'one that .bashrc reads by way of another',
      {
        '.bash_profile': 'export A=1\n',
        '.bashrc': '. ~/.bash_aliases\n',
        '.bash_aliases': 'for f in profile; do . ~/.bash_$f; done\n',
      },
      "hooks/wt.bash'; fi\n",
    ],
    [
      'a .profile that .bashrc reads',
      { '.profile': 'export A=1\n', '.bashrc': '. ~/.profile\n' },
      "hooks/wt.bash'; fi\n",
    ],
  ])(
    'can be mended by the line that is offered: %s',
    (_, files, offered) => {
      for (const [name, text] of Object.entries(files)) writeFileSync(at(name), text);
      const { out } = installTried();
      const [, file, line] = /To be greeted, put this line into ~\/(.*):\n {4}(.*\n)/.exec(out) ?? [];
      expect(`    ${line}`).toContain(offered.trimStart());
      writeFileSync(at(file!), `${existsSync(at(file!)) ? readFileSync(at(file!), 'utf8') : ''}${line}`);
      expect(installTried().out).toMatch(/What the next login will show:\n\nWT-GREETING/);
    },
    90_000,
  );
});

describe('another wt', () => {
  it('is named wherever on PATH it is', () => {
    for (const [folder, mode] of [
      ['first', 0o755],
      ['last', 0o755],
      ['text', 0o644],
    ] as const) {
      mkdirSync(at(folder));
      writeFileSync(at(`${folder}/wt`), '#!/bin/sh\n', { mode });
    }
    mkdirSync(at('folder/wt'), { recursive: true });
    const PATH = [at('first'), at('folder'), at('.local/bin'), at('text'), untried.home, at('last')].join(':');
    const { out } = install([], { PATH });
    expect(out.match(/^Another program.*/gm)).toEqual([
      `Another program called wt is on PATH and comes first: ${at('first/wt')}`,
      `Another program called wt is on PATH: ${at('last/wt')}`,
    ]);
  });
});

describe('bytes', () => {
  const long = `alias long='${'x'.repeat(100_000)}'\n`;
  it.each<[name: string, content: Buffer | null]>([
    ['an ordinary file', Buffer.from('alias a=b\n')],
    ['no file', null],
    ['an empty file', Buffer.from('')],
    ['a single line break', Buffer.from('\n')],
    ['empty lines at the end', Buffer.from('a\n\n\n')],
    ['no line break at the end', Buffer.from('alias a=b')],
    ['a backslash at the end', Buffer.from('echo one \\')],
    ['a backslash and a line break at the end', Buffer.from('echo one \\\n')],
    ['CRLF', Buffer.from('# one\r\n# two\r\n')],
    ['CRLF without the last line break', Buffer.from('# one\r\n# two')],
    ['a CR at the end', Buffer.from('# one\r')],
    ['Latin-1', Buffer.from('# caf\xe9\n', 'latin1')],
    ['bytes of every value', Buffer.from([...Array(256).keys()])],
    ['zero bytes at the end', Buffer.from('# a\0\0')],
    ['a long line', Buffer.from(long)],
  ])('come back after --uninstall: %s', (_, content) => {
    if (content) writeFileSync(at('.bashrc'), content);
    const before = tree();
    expect(install().status).toBe(0);
    expect(install(['--pick']).status).toBe(0);
    expect(
      rc()
        .toString('latin1')
        .startsWith(content?.toString('latin1') ?? ''),
    ).toBe(true);
    const { status, out } = install(['--uninstall']);
    expect(status).toBe(0);
    expect(out).toContain(at('.bashrc'));
    expect(tree()).toEqual(before);
  });

  it('keep the block apart from an unfinished last line', () => {
    writeFileSync(at('.bashrc'), 'echo ONE \\');
    install();
    expect(
      spawnSync('bash', ['-c', '. ~/.bashrc; echo "status $?"'], {
        env: home.env,
        stdio: ['ignore', 'pipe', 'pipe'],
        encoding: 'utf8',
      }),
    ).toMatchObject({
      stdout: 'ONE\nstatus 0\n',
      stderr: '',
    });
  });

  it.each([
    ['with a last line break', 'mine\n', 'mine\nadded\n'],
    ['without', 'mine', 'mine\nadded\n'],
    ['of a file that install.sh made', null, 'added\n'],
  ])('keep what was added below the block: %s', (_, content, expected) => {
    if (content !== null) writeFileSync(at('.bashrc'), content);
    install();
    writeFileSync(at('.bashrc'), `${rc()}added\n`);
    install(['--uninstall']);
    expect(rc().toString()).toBe(expected);
  });

  it('come back from a file that an editor turned into CRLF', () => {
    writeFileSync(at('.bashrc'), '# one\n');
    install();
    writeFileSync(at('.bashrc'), rc().toString().replaceAll('\n', '\r\n'));
    expect(install(['--uninstall']).status).toBe(0);
    expect(rc().toString()).toBe('# one\r\n');
  });
});

describe('an rc file', () => {
  it.each<[name: string, target: string, link: string]>([
    ['absolute', 'dot/bashrc', '/dot/bashrc'],
    ['relative', 'dot/bashrc', 'dot/bashrc'],
    ['relative, from beside', 'dot files/rc', './dot files/../dot files/rc'],
  ])('behind a symbolic link is changed where it lies: %s', (_, target, link) => {
    mkdirSync(dirname(at(target)));
    writeFileSync(at(target), 'mine\n', { mode: 0o640 });
    symlinkSync(link.startsWith('/') ? at(link) : link, at('.bashrc'));
    const before = tree();
    install();
    expect(lstatSync(at('.bashrc')).isSymbolicLink()).toBe(true);
    expect(readFileSync(at(target), 'utf8')).toContain(begin);
    expect(statSync(at(target)).mode & 0o777).toBe(0o640);
    install(['--uninstall']);
    expect(tree()).toMatchObject(before);
  });

  it('behind a chain of links, one of them dangling, is made and removed again', () => {
    mkdirSync(at('dot'));
    symlinkSync('dot/middle', at('.bashrc'));
    symlinkSync('../real', at('dot/middle'));
    expect(install().status).toBe(0);
    expect(readFileSync(at('real'), 'utf8')).toContain(begin);
    install(['--uninstall']);
    expect(existsSync(at('real'))).toBe(false);
    expect(readlinkSync(at('.bashrc'))).toBe('dot/middle');
  });

  it('behind a circle of links is refused', () => {
    symlinkSync('.b', at('.bashrc'));
    symlinkSync('.bashrc', at('.b'));
    expect(install()).toMatchObject({ status: 1, err: expect.stringContaining('leads nowhere') });
  });

  it.runIf(process.getuid?.() === 0)('keeps its owner', () => {
    writeFileSync(at('.bashrc'), 'mine\n');
    chownSync(at('.bashrc'), 65534, 65534);
    install();
    expect(statSync(at('.bashrc')).uid).toBe(65534);
  });

  it('keeps its hard link', () => {
    writeFileSync(at('.bashrc'), 'mine\n');
    linkSync(at('.bashrc'), at('other'));
    install();
    expect(readFileSync(at('other'))).toEqual(rc());
    expect(rc().toString()).toContain(begin);
  });

  it('that no rename can replace is written in place', () => {
    writeFileSync(at('.bashrc'), 'mine\n');
    const inode = statSync(at('.bashrc')).ino;
    const path = stubs({
      mv: `case "$*" in *wt-rc*) echo 'Device or resource busy' >&2; exit 1;; esac; exec /bin/mv "$@"`,
    });
    expect(install([], path)).toMatchObject({ status: 0, err: '' });
    expect(rc().toString()).toContain(begin);
    expect(statSync(at('.bashrc')).ino).toBe(inode);
    expect(install(['--uninstall'], path).status).toBe(0);
    expect(rc().toString()).toBe('mine\n');
  });

  it('stays whole when the disk is full', () => {
    writeFileSync(at('.bashrc'), 'mine\n');
    const { status, err } = install([], stubs({ cp: `case "$*" in *bashrc*) exit 1;; esac; exec /bin/cp "$@"` }));
    expect(status).toBe(1);
    expect(err).toContain(begin);
    expect(rc().toString()).toBe('mine\n');
    expect(Object.keys(tree()).filter((path) => path.includes('.wt-rc'))).toEqual([]);
  });

  it.each<[name: string, make: () => void]>([
    ['is read-only', () => writeFileSync(at('.bashrc'), 'mine\n', { mode: 0o444 })],
    [
      'is a link to a read-only one',
      () => {
        writeFileSync(at('store'), 'mine\n', { mode: 0o444 });
        symlinkSync('store', at('.bashrc'));
      },
    ],
    ['is a folder', () => mkdirSync(at('.bashrc'))],
    ['is a device', () => symlinkSync('/dev/null', at('.bashrc'))],
    ['would be in a missing folder', () => symlinkSync('nowhere/bashrc', at('.bashrc'))],
  ])('that %s: the block is printed, nothing is changed', (_, make) => {
    make();
    const before = tree();
    const { status, out, err } = install();
    expect(status).toBe(1);
    expect(err).toContain("can't be written, and nothing was changed");
    expect(err).toContain(`${begin}\n`);
    expect(err).toContain(`. '${at('.local/share/wt/hooks/wt.bash')}'; fi\n${end}`);
    expect(out).not.toContain('next login');
    expect(tree()).toEqual(before);
  });

  const good = `${begin}\nx\n${end}\n`;
  it.each([
    ['no end', `a\n${begin}\nb\n`, 'line 2 has no end'],
    ['no begin', `a\n${end}\nb\n`, 'line 2 ends a watchtower block that nothing begins'],
    ['two blocks', `${good}a\n${good}`, 'more than one watchtower block'],
    ['two begins', `${begin}\n${good}`, 'more than one watchtower block'],
    ['the end first', `${end}\n${begin}\n`, 'ends in line 1 before it begins in line 2'],
  ])('with damaged markers is left: %s', (_, content, why) => {
    writeFileSync(at('.bashrc'), content);
    const before = tree();
    for (const args of [[], ['--uninstall'], ['--dry-run'], ['--modify-rc']]) {
      expect(install(args)).toMatchObject({ status: 1, err: expect.stringContaining(why) });
      expect(tree()).toEqual(before);
    }
  });

  it.each<[name: string, edit: (text: string) => string]>([
    ['was deleted', () => 'mine\n'],
    ['was commented out', (text) => text.replaceAll(/^(?=# >>>|#|if|# <<<)/gm, '# ')],
    ['was commented out without blanks', (text) => text.replaceAll(/^(?=# >>>|#|if|# <<<)/gm, '#')],
    ['was commented out inside', (text) => text.replace(/^if/m, '# if')],
    ['was emptied', (text) => text.replace(/^if.*\n/m, '')],
  ])('whose block %s stays so, until --modify-rc or --uninstall', (_, edit) => {
    writeFileSync(at('.bashrc'), 'mine\n');
    install();
    const edited = edit(rc().toString());
    const active = () =>
      rc()
        .toString()
        .match(/^if \[ -r/gm)?.length ?? 0;
    for (const again of [['--modify-rc'], ['--uninstall']]) {
      writeFileSync(at('.bashrc'), edited);
      for (const args of [[], ['--pick']]) {
        expect(install(args)).toMatchObject({ status: 0, out: expect.stringContaining(`left ${at('.bashrc')} alone`) });
        expect(rc().toString()).toBe(edited);
      }
      install(again);
      if (again[0] === '--uninstall' && !edited.includes('# # >>>') && !edited.includes('## >>>')) install();
      if (!edited.includes('# # >>>') && !edited.includes('## >>>')) expect(active()).toBe(1);
    }
  });

  it('with a commented-out block from another box is left, too', () => {
    writeFileSync(at('.bashrc'), `# ${begin}\n# ${end}\n`);
    expect(install().out).toContain('alone');
    expect(rc().toString()).toBe(`# ${begin}\n# ${end}\n`);
    install(['--modify-rc']);
    expect(rc().toString()).toMatch(/^if \[ -r/m);
  });
});

describe('the file of fish', () => {
  const fish = (args: string[] = [], env: Record<string, string | undefined> = {}) =>
    install(args, { SHELL: '/usr/bin/fish', ...env });
  const text = () => readFileSync(at(fishFile), 'utf8');
  const replaceFolder = (make: (path: string) => void) => {
    rmSync(dirname(at(fishFile)), { recursive: true });
    make(dirname(at(fishFile)));
  };
  const folders = () => readdirSync(at('.config'), { recursive: true, encoding: 'utf8' }).toSorted();

  it('only sources the hook, is renewed in place, and goes with the folders that were made for it', () => {
    const { status, out, err } = fish();
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toContain(`made ${at('.config/fish/conf.d')}\n`);
    expect(out).toContain(`made ${at(fishFile)}\n`);
    const hook = at('.local/share/wt/hooks/wt.fish');
    expect(text()).toContain(`\nif test -r '${hook}'; source '${hook}'; end\n${end}\n`);
    const first = tree();
    expect(fish().status).toBe(0);
    expect(tree()).toEqual(first);
    expect(fish(['--pick']).status).toBe(0);
    expect(text()).toContain('\nset -g WT_PICK 1\nif test');
    const picking = tree();
    expect(fish().status).toBe(0);
    expect(tree()).toEqual(picking);
    expect(fish(['--no-pick']).status).toBe(0);
    expect(tree()).toEqual(first);
    expect(fish(['--uninstall', '--dry-run']).out).toContain(`would remove ${at('.config/fish')} if nothing else`);
    expect(tree()).toEqual(first);
    expect(fish(['--uninstall']).status).toBe(0);
    expect(folders()).toEqual([]);
    expect(existsSync(at('.config'))).toBe(true);
  });

  it.each([
    ['folders that were there', ['fish', 'fish/conf.d']],
    ['a folder with something of the user', ['fish', 'fish/functions']],
  ])('leaves %s', (_, names) => {
    for (const name of names) mkdirSync(at(join('.config', name)));
    fish();
    fish(['--uninstall']);
    expect(folders()).toEqual(names);
  });

  it('keeps what the user adds to it', () => {
    fish();
    writeFileSync(at(fishFile), `${text()}set -g mine 1\n`);
    fish(['--uninstall']);
    expect(text()).toBe('set -g mine 1\n');
  });

  it('stays deleted or commented out until --modify-rc or --uninstall', () => {
    fish();
    for (const again of ['--modify-rc', '--uninstall']) {
      rmSync(at(fishFile));
      expect(fish()).toMatchObject({ status: 0, out: expect.stringContaining(`left ${at(fishFile)} alone`) });
      expect(existsSync(at(fishFile))).toBe(false);
      fish([again]);
      if (again === '--uninstall') fish();
      expect(text()).toContain('\nif test -r');
    }
    writeFileSync(at(fishFile), text().replace(/^if/m, '# if'));
    expect(fish().out).toContain('alone');
    expect(text()).not.toMatch(/^if test/m);
  });

  it('is written through links, and removed without them', () => {
    mkdirSync(at('dots/conf.d'), { recursive: true });
    mkdirSync(at('.config/fish'));
    symlinkSync('../../dots/conf.d', at('.config/fish/conf.d'));
    symlinkSync('../wt.fish', at('dots/conf.d/watchtower.fish'));
    fish();
    expect(readFileSync(at('dots/wt.fish'), 'utf8')).toContain(begin);
    fish(['--uninstall']);
    expect(existsSync(at('dots/wt.fish'))).toBe(false);
    expect(lstatSync(at('.config/fish/conf.d')).isSymbolicLink()).toBe(true);
    expect(lstatSync(at('dots/conf.d/watchtower.fish')).isSymbolicLink()).toBe(true);
  });

  it.each<[name: string, make: () => void]>([
    ['it is read-only', () => writeFileSync(at(fishFile), 'set -g mine 1\n', { mode: 0o444 })],
    ['it is a folder', () => mkdirSync(at(fishFile))],
    ['conf.d is a file', () => replaceFolder((path) => writeFileSync(path, ''))],
    ['conf.d leads nowhere', () => replaceFolder((path) => symlinkSync('nowhere', path))],
  ])('is printed, and nothing changed, where %s', (_, make) => {
    mkdirSync(dirname(at(fishFile)), { recursive: true });
    make();
    const before = tree();
    const { status, out, err } = fish();
    expect(status).toBe(1);
    expect(err).toContain("can't be written, and nothing was changed");
    expect(err).toContain(`; source '${at('.local/share/wt/hooks/wt.fish')}'; end\n${end}`);
    expect(out).not.toContain('next login');
    expect(tree()).toEqual(before);
  });

  it('of one prefix is left by another', () => {
    fish();
    const wired = text();
    expect(fish(['--prefix', at('two')]).out).toContain('it reads the hook of another prefix');
    expect(fish(['--uninstall', '--prefix', at('two')]).out).toContain('it reads the hook of another prefix');
    expect(text()).toBe(wired);
    fish(['--prefix', at('two'), '--modify-rc']);
    expect(text()).toContain(`'${at('two')}/share`);
  });

  it('is named, and no folder made, by --dry-run', () => {
    const before = tree();
    expect(fish(['--dry-run']).out).toContain(`would make ${at(fishFile)}\n`);
    expect(tree()).toEqual(before);
    expect(folders()).toEqual([]);
  });

  it.skipIf(lacks('fish')).each<[name: string, config: string, said: string]>([
    ['plain', '', 'What the next login will show:\n\nWT-GREETING'],
    ['.hushlogin', 'true', 'In a trial of it: ~/.hushlogin asks for silence.'],
    ['WT_DISABLE', 'set -g WT_DISABLE 1', 'in a trial, it came to no prompt with the hook'],
    ['a question', 'read a; read b; read c; read d', 'in a trial, it came to no prompt with the hook'],
    ['exec', 'exec dash -i', 'in a trial, it came to no prompt with the hook'],
  ])('is tried in a login: %s', (_, config, said) => {
    mkdirSync(at('.config/fish'));
    writeFileSync(at('.config/fish/config.fish'), `${config}\n`);
    if (config === 'true') writeFileSync(at('.hushlogin'), '');
    const { status, out, err } = installTried([], { SHELL: '/usr/bin/fish' });
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toContain(said);
    expect(existsSync(at('.local/share/fish'))).toBe(false);
  });
});

describe('the shell', () => {
  it.each([
    [{ SHELL: '/usr/bin/zsh' }, [], ['.zshrc']],
    [{ SHELL: '/bin/bash', BASH_VERSION: '5' }, [], ['.bashrc']],
    [{ SHELL: '/usr/bin/zsh' }, ['--shell', 'bash'], ['.bashrc']],
    [{ SHELL: '/usr/bin/fish' }, ['--shell=zsh'], ['.zshrc']],
    [{ SHELL: '/usr/bin/fish' }, ['--shell', 'all'], ['.bashrc', '.zshrc', fishFile]],
    [{ SHELL: '/bin/bash' }, ['--shell', 'both'], ['.bashrc', '.zshrc', fishFile]],
    [{ SHELL: '/usr/bin/fish' }, [], [fishFile]],
    [{ SHELL: '/bin/bash' }, ['--shell', 'fish'], [fishFile]],
    [{ SHELL: '/bin/sh' }, [], []],
    [{ SHELL: '/bin/zsh', ZDOTDIR: 'ZDOT' }, [], ['zdot/.zshrc']],
  ])('%j with %j wires %j', (env, args, files) => {
    mkdirSync(at('zdot'));
    const { status, out } = install(args, { ...env, ...('ZDOTDIR' in env ? { ZDOTDIR: at('zdot') } : {}) });
    expect(status).toBe(0);
    const wired = () => Object.keys(tree()).filter((path) => path.endsWith('rc') || path === fishFile);
    expect(wired()).toEqual(files);
    if (!/bash|zsh|fish/.test(env.SHELL)) expect(out).toContain(`${env.SHELL}, can't be wired`);
    install(['--uninstall'], 'ZDOTDIR' in env ? { ZDOTDIR: undefined } : {});
    expect(wired()).toEqual([]);
  });

  it.skipIf(lacks('zsh')).each<[name: string, zshenv: string, folder: string]>([
    ['export ZDOTDIR', 'export ZDOTDIR=~/.config/zsh\n', '.config/zsh'],
    ['a default', ': ${ZDOTDIR:=~/.config/zsh}\n', '.config/zsh'],
    ['in a file that it reads', '. ~/.config/env\n', '.config/zsh'],
    ['with a blank and a line break', "ZDOTDIR=$HOME/$'z s\\nh'\n", 'z s\nh'],
    ['with words on every stream', 'echo noise; echo noise >&2; ZDOTDIR=~/.config/zsh\n', '.config/zsh'],
    ['not at all', '', ''],
  ])('zsh is asked where its rc file is: %s', (_, zshenv, folder) => {
    mkdirSync(at('.config/zsh'), { recursive: true });
    mkdirSync(at(folder), { recursive: true });
    writeFileSync(at('.config/env'), 'ZDOTDIR=~/.config/zsh\n');
    writeFileSync(at('.zshenv'), zshenv);
    const { status, err } = install([], { SHELL: '/bin/zsh' });
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(readFileSync(at(join(folder, '.zshrc')), 'utf8')).toContain(begin);
    install(['--uninstall'], { SHELL: '/bin/zsh' });
    expect(existsSync(at(join(folder, '.zshrc')))).toBe(false);
  });

  it.skipIf(lacks('zsh'))('zsh is named where it does not answer', () => {
    writeFileSync(at('.zshenv'), 'exit 3\n');
    const { status, out } = install(['--shell', 'all'], { SHELL: '/bin/zsh' });
    expect(status).toBe(0);
    expect(out).toContain("zsh is not wired: it doesn't say where its .zshrc is");
    expect(existsSync(at('.zshrc'))).toBe(false);
    expect(rc().toString()).toContain(begin);
  });

  it.each<[shell: string, version: string, said: string]>([
    ['bash', '4.3.48(1)-release', "won't greet: this is bash 4.3.48(1)-release; wt's hook needs bash 4.4 or later."],
    ['zsh', '5.5.1', "won't greet: this is zsh 5.5.1; wt's hook needs zsh 5.6 or later."],
  ])('is named with what the hook needs when it is too old: %s %s', (shell, version, said) => {
    if (lacks(shell)) return;
    const old = join(at('stubs'), shell);
    // The real one, which takes itself for an older one.
    stubs({
      [shell]: `if [ "$1" = -f ]; then shift; fi\n[ "$1" = -c ] || exit 1\nscript=$2; shift 2\nexec /bin/${shell} -c "${shell.toUpperCase()}_VERSION='${version}'; $script" "$@"`,
    });
    expect(install([], { SHELL: old }).out).toContain(`${old} ${said}`);
    expect(install([], { SHELL: `/bin/${shell}` }).out).not.toContain("won't greet: this is");
  });

  it.each<[name: string, files: Record<string, string>, named: string | null]>([
    ["Debian's .profile", { '.profile': readFileSync('/etc/skel/.profile', 'utf8') }, null],
    ['a .bash_profile that sources it', { '.bash_profile': '[[ -f ~/.bashrc ]] && source ~/.bashrc\n' }, null],
    ['one in a loop', { '.bash_profile': 'for f in ~/.path ~/.bashrc; do . "$f"; done\n' }, null],
    ['one by way of .profile', { '.bash_profile': '. ~/.profile\n', '.profile': '. ~/.bashrc\n' }, null],
    ["one that doesn't", { '.bash_profile': 'export A=1\n', '.profile': '. ~/.bashrc\n' }, '.bash_profile'],
    ['one that only names it', { '.bash_profile': "alias e='vi ~/.bashrc'\n# . ~/.bashrc\n" }, '.bash_profile'],
    ['a .bash_login', { '.bash_login': 'export A=1\n', '.profile': '. ~/.bashrc\n' }, '.bash_login'],
    ['none at all', {}, 'there is no ~/.bash_profile'],
  ])("bash's login files are looked at: %s", (_, files, named) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(at(name), text);
    const { status, out } = installTried();
    expect(status).toBe(0);
    if (named === null) {
      expect(out).not.toContain('greeted');
    } else {
      expect(out).toContain(named.startsWith('.') ? `${at(named)} does not read ~/.bashrc` : named);
      expect(out).toContain('    if [ -r ~/.bashrc ]; then . ~/.bashrc; fi\n');
    }
    for (const [name, text] of Object.entries(files)) expect(readFileSync(at(name), 'utf8')).toBe(text);
  });
});

describe('the build tools', () => {
  it.each([
    ['NODE_ENV=production', { NODE_ENV: 'production' }],
    ['omit=dev', { npm_config_omit: 'dev' }],
    ['nothing', {}],
  ])('are fetched where only the time stamp is there, under %s', (_, env) => {
    for (const tool of ['bun', 'rolldown']) {
      const path = join(checkout, 'node_modules/.bin', tool);
      const made = `printf '#!/bin/sh\\necho 1.4.5\\n' >'${path}'; chmod 755 '${path}'`;
      const npm = stubs({ npm: `echo "$*" >>'${at('calls')}'; case "$*" in 'ci --include=dev'*) ${made};; esac` });
      rmSync(path);
      expect(install([], { ...env, ...npm }).status).toBe(0);
      expect(readFileSync(at('calls'), 'utf8')).toMatch(/^ci --include=dev /);
      expect(existsSync(path)).toBe(true);
    }
  });
});

describe('a build', () => {
  it.each<[changed: string, runs: string, args: string[]]>([
    ['src/cli.ts', 'build:native', []],
    ['.native.mjs', 'build:native', []],
    ['package.json', 'build:native', []],
    ['src/cli.ts', 'build:node', ['--node']],
    ['.rolldown.mjs', 'build:node', ['--node']],
    ['package.json', 'build:node', ['--node']],
  ])('is made anew after a change of %s: %s', (changed, runs, args) => {
    const npm = stubs({ npm: `echo "$*" >>'${at('built')}'; touch '${checkout}/dist/wt' '${checkout}/dist/wt.mjs'` });
    expect(install(args, npm).status).toBe(0);
    expect(existsSync(at('built'))).toBe(false);
    const past = new Date(Date.now() - 60_000);
    const older = new Date(Date.now() - 120_000);
    for (const name of ['dist/wt', 'dist/wt.mjs']) utimesSync(join(checkout, name), older, older);
    for (const name of ['src/cli.ts', 'src', 'package.json', 'package-lock.json', '.native.mjs', '.rolldown.mjs'])
      if (name !== changed) utimesSync(join(checkout, name), new Date(0), new Date(0));
    utimesSync(join(checkout, changed), past, past);
    for (const _ of ['first', 'second']) expect(install(args, npm).status).toBe(0);
    expect(readFileSync(at('built'), 'utf8')).toBe(`run --logs-max=0 ${runs}\n`);
  });
});

describe('before anything is changed', () => {
  it.each<[name: string, args: string[], status: number]>([
    ['an unknown option', ['--wrong'], 2],
    ['a word', ['wrong'], 2],
    ['an unknown shell', ['--shell', 'ksh'], 2],
    ['no shell', ['--shell'], 2],
    ['an empty prefix', ['--prefix', ''], 2],
    ['--help', ['--help'], 0],
  ])('the words are checked: %s', (_, args, status) => {
    const before = tree();
    const result = install(args);
    expect(result.status).toBe(status);
    expect(result[status ? 'err' : 'out']).toContain('usage: ./install.sh [--shell bash|zsh|fish|all]');
    expect(tree()).toEqual(before);
  });

  it.each<[name: string, env: () => Record<string, string | undefined>, why: string]>([
    ['no node', () => without('node', 'nodejs'), 'no node on PATH'],
    ['an old node', () => stubs({ node: 'echo 18.19.1' }), 'this is 18.19.1'],
    ['a broken node', () => stubs({ node: 'exit 1' }), 'node does not run'],
    [
      'no npm',
      () => ({ PATH: `${stubs({ node: 'echo 20.1.0' }).PATH.split(':')[0]}:${without('npm', 'node').PATH}` }),
      'npm is needed',
    ],
    ['no HOME', () => ({ HOME: undefined }), 'HOME is not set'],
    ['a HOME that is not there', () => ({ HOME: '/nowhere/home' }), 'is no folder'],
    ["sudo with another user's HOME", () => ({ SUDO_USER: 'somebody' }), 'without sudo'],
    [
      'no TMPDIR',
      () => ({ TMPDIR: '/nowhere/tmp' }),
      'no folder can be made below /nowhere/tmp (TMPDIR names another)',
    ],
    [
      'no network',
      () => {
        rmSync(join(checkout, 'node_modules/.package-lock.json'));
        return stubs({ npm: 'echo ENOTFOUND >&2; exit 1' });
      },
      'could not fetch',
    ],
    [
      'a build that fails',
      () => {
        rmSync(join(checkout, 'dist/wt'));
        return stubs({ npm: 'exit 1' });
      },
      'the build failed',
    ],
  ])('the machine is checked: %s', (_, env, why) => {
    writeFileSync(at('.bashrc'), 'mine\n');
    const made = env();
    const before = tree();
    const { status, err } = install([], made);
    expect(status).toBe(1);
    expect(err).toContain(why);
    expect(tree()).toEqual(before);
  });

  it.runIf(process.getuid?.() === 0)('a HOME of another owner is refused', () => {
    mkdirSync(at('theirs'));
    chownSync(at('theirs'), 65534, 65534);
    expect(install([], { HOME: at('theirs') })).toMatchObject({
      status: 1,
      err: expect.stringContaining('belongs to another user'),
    });
    expect(readdirSync(at('theirs'))).toEqual([]);
  });

  it('--dry-run names every change and makes none', () => {
    writeFileSync(at('.bashrc'), 'mine\n');
    const before = tree();
    const { status, out } = install(['--dry-run', '--pick']);
    expect(status).toBe(0);
    for (const path of ['.local/bin/wt', '.local/share/wt/hooks/wt.bash', '.local/share/wt/hooks/wt.zsh', '.bashrc'])
      expect(out).toContain(at(path));
    expect(out).toContain('    WT_PICK=1\n');
    expect(tree()).toEqual(before);
    install();
    const installed = tree();
    const undo = install(['--dry-run', '--uninstall']);
    expect(undo.status).toBe(0);
    for (const path of ['.local/bin/wt', '.local/share/wt/hooks', '.bashrc']) expect(undo.out).toContain(at(path));
    expect(tree()).toEqual(installed);
  });
});

describe('--uninstall', () => {
  it('keeps the archive', () => {
    install();
    mkdirSync(at('.local/share/wt/archive'), { recursive: true });
    writeFileSync(at('.local/share/wt/archive/one.jsonl'), '{}');
    expect(install(['--uninstall']).status).toBe(0);
    expect(Object.keys(tree()).filter((path) => path.startsWith('.local'))).toEqual([
      '.local/share/wt/archive/one.jsonl',
    ]);
  });

  it('says nothing of an archive that is not there or is empty', () => {
    install();
    mkdirSync(at('.local/share/wt/archive'), { recursive: true });
    expect(install(['--uninstall']).out).not.toContain('archive');
    expect(existsSync(at('.local/share/wt'))).toBe(false);
  });

  it('removes all that wt ever wrote', () => {
    install();
    for (const [folder, files] of [
      ['.cache/wt', ['brief', 'brief-box--home', 'facts', 'index.3', 'rows-1234']],
      ['.run/wt', ['brief-box--home', 'rows-pts-3']],
      ['.local/state/wt', ['greeted', 'seen']],
    ] as const)
      for (const file of files) {
        mkdirSync(at(folder), { recursive: true });
        writeFileSync(at(join(folder, file)), '');
      }
    const before = treeOf(home.home, { except: ['.checkout', '.npm'] });
    expect(install(['--uninstall', '--dry-run']).status).toBe(0);
    expect(treeOf(home.home, { except: ['.checkout', '.npm'] })).toEqual(before);
    expect(install(['--uninstall']).status).toBe(0);
    for (const folder of ['.cache/wt', '.run/wt', '.local/state/wt', '.local/share/wt'])
      expect(existsSync(at(folder))).toBe(false);
    for (const folder of ['.cache', '.run', '.local/state', '.local/share']) expect(existsSync(at(folder))).toBe(true);
  });

  it.each<[name: string, takes: string, leaves: string]>([
    ['the one that is wired', '.local', 'two'],
    ['the other one', 'two', '.local'],
  ])('of one prefix of two leaves what the other has: %s', (_, takes, leaves) => {
    const prefix = (name: string) => ['--prefix', at(name)];
    writeFileSync(at('.bashrc'), 'mine\n');
    install();
    const second = install(prefix('two'));
    expect(second.out).toContain(`left ${at('.bashrc')} alone: it reads the hook of another prefix`);
    mkdirSync(at('.cache/wt'), { recursive: true });
    const wired = rc().toString();
    expect(wired).toContain(at('.local/share'));
    const files = (name: string) => Object.entries(tree()).filter(([path]) => path.startsWith(`${name}/`));
    const kept = files(leaves);
    const { status, out } = install(['--uninstall', ...prefix(takes)]);
    expect(status).toBe(0);
    expect(files(leaves)).toEqual(kept);
    expect(existsSync(at(`${takes}/bin/wt`))).toBe(false);
    expect(rc().toString()).toBe(takes === '.local' ? 'mine\n' : wired);
    if (takes === 'two') {
      expect(out).toContain(`left ${at('.bashrc')} alone: it reads the hook of another prefix, ${at('.local')}`);
      expect(existsSync(at('.cache/wt'))).toBe(true);
    }
    // The wiring can be taken over, and is when what it was for is gone.
    install([...prefix('three'), '--modify-rc']);
    expect(rc().toString()).toContain(`'${at('three')}/share`);
    rmSync(at('three'), { recursive: true });
    install(prefix(leaves));
    expect(rc().toString()).toContain(`'${at(leaves)}/share`);
  });

  it('needs neither node nor npm, and says so when nothing is installed', () => {
    expect(install(['--uninstall'], without('node', 'npm'))).toMatchObject({
      status: 0,
      out: expect.stringContaining('not installed'),
    });
  });

  it('leaves everything when an rc file that holds the block is read-only', () => {
    writeFileSync(at('.bashrc'), 'mine\n');
    install();
    chmodSync(at('.bashrc'), 0o444);
    const before = tree();
    expect(install(['--uninstall'])).toMatchObject({ status: 1, err: expect.stringContaining("can't be written") });
    expect(tree()).toEqual(before);
  });
});

describe('the texts', () => {
  it.skipIf(lacks('shellcheck'))('please shellcheck', () => {
    for (const args of [
      ['-s', 'sh', 'install.sh'],
      ['-s', 'sh', 'hooks/guard.sh', 'hooks/bounded.sh'],
      ['-s', 'bash', 'hooks/wt.bash', 'hooks/prompt.bash', 'hooks/completion.bash'],
    ]) {
      expect(spawnSync('shellcheck', ['-x', ...args], { cwd: root, encoding: 'utf8' })).toMatchObject({
        status: 0,
        stdout: '',
      });
    }
  });

  it.skipIf(lacks('zsh'))('are valid zsh', () => {
    for (const hook of ['wt.zsh', 'prompt.zsh', 'completion.zsh', 'guard.sh']) {
      const { status, stderr } = spawnSync('zsh', ['-n', `hooks/${hook}`], { cwd: root, encoding: 'utf8' });
      expect({ hook, status, stderr }).toEqual({ hook, status: 0, stderr: '' });
    }
  });

  it.skipIf(lacks('fish'))('are valid fish', () => {
    for (const hook of ['wt.fish', 'guard.fish', 'prompt.fish', 'completion.fish']) {
      const { status, stderr } = spawnSync('fish', ['--no-execute', `hooks/${hook}`], { cwd: root, encoding: 'utf8' });
      expect({ hook, status, stderr }).toEqual({ hook, status: 0, stderr: '' });
    }
  });

  it('end in main, so that half an installer does nothing', () => {
    expect(readFileSync(join(root, 'install.sh'), 'utf8')).toMatch(/\nmain "\$@"\n$/);
  });

  it.each(['bash', 'zsh'])('of the %s hook name all that they define __wt_ or WT_', (shell) => {
    const text = readFileSync(join(root, `hooks/prompt.${shell}`), 'utf8');
    const functions = [...text.matchAll(/^(\w+)\(\)/gm)].map(([, name]) => name ?? '');
    expect(functions.length).toBeGreaterThan(5);
    expect(functions.filter((name) => !name.startsWith('__wt_'))).toEqual([]);
  });

  it('of the fish hook name all that they define __wt_ or WT_', () => {
    const texts = ['wt', 'guard', 'prompt', 'completion'].map((name) =>
      readFileSync(join(root, `hooks/${name}.fish`), 'utf8'),
    );
    const names = [...texts.join('\n').matchAll(/^ *(?:function|(?:set|read) -gx?) (\w+)/gm)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !/^(__wt|WT)_/.test(name))).toEqual([]);
  });
});
