import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { holder, registryRecord, until } from '../support/claude-home.ts';
import { id, session } from '../support/fake-claude.ts';
import { Screen } from '../support/screen.ts';
import { TmuxLogin } from '../support/tmux-login.ts';
import { lacks, toolPath } from '../support/tools.ts';
import { builds, scratch, wt } from '../support/wt.ts';

const [native, node] = builds;
/** What the popup's last line says. */
const popup = /any other key leaves/;
/** Whether a screen shows a pane's prompt, and no popup before it. */
const isFree = (shown: string) => /READY>/.test(shown) && !/[┌│]/.test(shown);
const execTmux = 'case $-:$TMUX in *i*:) exec tmux ;; esac';
const attachOrNew = 'case $-:$TMUX in *i*:) tmux attach || tmux new ;; esac';

// (sshd runs what a test gives it by a bash that reads .bashrc, too, but is not interactive.)

/** Whether wt looks at a client at this moment. */
function looks(): boolean {
  return spawnSync('pgrep', ['-f', 'wt tmux-greet /dev'], { encoding: 'utf8' }).status === 0;
}

/** Waits until tmux has told wt of a client, by what that leaves, and nothing of it runs any more. */
async function lookedAt(login: TmuxLogin): Promise<void> {
  await until(() => login.tmux('show', '-gv', '@told') !== '', 'the hook', 20_000);
  await until(() => !looks(), 'the end of wt', 20_000);
}

/** Another hook of the user's own, which tells that hooks have run. */
const told = "set-hook -g 'client-session-changed[90]' 'set -g @told 1'";

describe.skipIf(lacks('sshd', 'ssh', 'tmux', 'bash'))('a login that goes straight into tmux', () => {
  it.each([
    ['exec tmux', execTmux, native!],
    ['attaching to what is there', attachOrNew, node!],
  ])('is greeted by a popup, by %s', async (_, rc, build) => {
    using login = await TmuxLogin.start(build, rc);
    session(login.home, { id: id(1), title: 'Fix the broken redirect' });
    using screen = login.login();
    const text = await screen.until(popup, 20_000);
    expect(text).toMatch(/watchtower · 1 (?:waiting|finished)/);
    expect(text).toMatch(/1\) .*Fix the broken redirect/);
    screen.press('Escape');
    await screen.until(isFree);
  });

  it('is greeted once per connection, however often it attaches, and at the next one again', async () => {
    using login = await TmuxLogin.start(native!, attachOrNew, { conf: told });
    session(login.home, { id: id(1) });
    using screen = login.login();
    await screen.until(popup, 20_000);
    screen.press('Enter');
    await screen.until(isFree);
    screen.press('C-b', 'd');
    await screen.until(/\[detached.*\n(?:.*\n)*READY>$/);
    login.tmux('set', '-gu', '@told');
    screen.line('tmux attach');
    await lookedAt(login);
    await screen.until((shown) => /\[0\] 0:bash/.test(shown) && !popup.test(shown));
    expect(popup.test(screen.text())).toBe(false);

    using next = login.login();
    await next.until(popup, 20_000);
    expect(popup.test(screen.text())).toBe(false);
    next.press('q');
    await next.until(isFree);
  });

  it('goes to the row whose digit is pressed, in a window of its own', async () => {
    using login = await TmuxLogin.start(native!, execTmux);
    session(login.home, { id: id(1), title: 'Fix #(touch pwned)', cwd: join(login.home.home, 'a b') });
    using screen = login.login();
    await screen.until(popup, 20_000);
    screen.press('1');
    await until(() => login.claude.wasStarted, 'claude', 20_000);
    const { cwd, argv, pid } = login.claude.seen();
    expect({ cwd, argv }).toEqual({ cwd: join(login.home.home, 'a b'), argv: ['--resume', id(1)] });
    await until(() => login.tmux('list-panes', '-a', '-F', '#{pane_pid}').split('\n').includes(String(pid)), 'a pane');
    expect(login.tmux('list-windows', '-F', '#{window_active} #{window_name}')).toContain('1 Fix #(touch pwned)');
    await screen.until((shown) => !/[┌│]/.test(shown));
    // The numbers that were shown are those of this login.
    expect(existsSync(join(login.home.home, 'pwned'))).toBe(false);
    screen.press('C-b', 'c');
    await screen.until(/READY>$/m);
    screen.line(`${native!.argv[0]} path 1`);
    await screen.until(new RegExp(`^${login.home.home}/a b$`, 'm'));
  });

  it('does so also where the server has a poor PATH, without tmux itself', async () => {
    const rc = execTmux.replace('tmux', 'env PATH="$HOME/poor" "$(command -v tmux)"');
    using login = await TmuxLogin.start(native!, rc);
    mkdirSync(join(login.home.home, 'poor'));
    for (const name of ['env', 'stty', 'sh', 'sleep', 'id', 'cat', 'ls', 'readlink', 'mv'])
      symlinkSync(toolPath(name) ?? '', join(login.home.home, 'poor', name));
    session(login.home, { id: id(1), title: 'Fix it' });
    mkdirSync(join(login.home.home, '.local/bin'));
    renameSync(join(login.claude.folder, 'claude'), join(login.home.home, '.local/bin/claude'));
    using screen = login.login();
    await screen.until(popup, 20_000);
    screen.press('1');
    await until(() => /1 Fix it/.test(login.tmux('list-windows', '-F', '#{window_active} #{window_name}')), 'window');
  });

  it('says what speaks against a row until it was read', async () => {
    using login = await TmuxLogin.start(native!, execTmux);
    using process = holder();
    session(login.home, { id: id(1) });
    registryRecord(login.home.conf, { pid: process.pid, sessionId: id(1), status: 'idle' });
    using screen = login.login();
    await screen.until(popup, 20_000);
    screen.press('1');
    await screen.until(/it is live in process/);
    expect(login.claude.wasStarted).toBe(false);
    screen.press('Enter');
    await screen.until((shown) => /READY>/.test(shown) && !/it is live/.test(shown));
  });

  it.each<[string, Parameters<TmuxLogin['login']>, string]>([
    ['there is nothing to say', [], 'none'],
    ['LC_WT=0 was sent', [[], { ssh: ['-o', 'SetEnv=LC_WT=0'] }], ''],
    ['WT_DISABLE is set', [['WT_DISABLE=1 tmux new']], ''],
    ['it was greeted before', [['WT_GREETED=1 tmux new']], ''],
    ['it is no ssh login', [['env -u SSH_CONNECTION tmux new']], ''],
    ['the terminal is small', [[], { columns: 45, rows: 30 }], ''],
    ['the terminal is low', [[], { columns: 90, rows: 10 }], ''],
    ['the client is read-only', [['tmux new -d; tmux attach -r']], ''],
  ])('sees no popup where %s', async (_, args, sessions) => {
    using login = await TmuxLogin.start(native!, execTmux, { conf: told });
    if (sessions === '') session(login.home, { id: id(1) });
    using screen = login.login(...args);
    await screen.until(/READY>/, 20_000);
    await lookedAt(login);
    expect(screen.text()).not.toMatch(popup);
    expect(login.tmux('list-windows', '-a', '-F', '#{window_name} #{pane_in_mode}')).toBe('bash 0');
  });

  it('draws nothing for a control client', async () => {
    using login = await TmuxLogin.start(native!, 'case $-:$TMUX in *i*:) exec tmux -C new ;; esac', { conf: told });
    session(login.home, { id: id(1) });
    using screen = login.login([], { columns: 200 });
    await screen.until('%session-changed', 20_000);
    await lookedAt(login);
    expect(screen.text()).not.toMatch(/watchtower|%message|%error/);
  });
});

describe.skipIf(lacks('sshd', 'ssh', 'tmux', 'bash'))('the picker on a key of tmux', () => {
  it('opens a window for what it resumes, and leaves nothing behind', async () => {
    using login = await TmuxLogin.start(native!, execTmux);
    session(login.home, { id: id(1), title: 'Fix it' });
    using screen = login.login();
    await screen.until(popup, 20_000);
    screen.press('Escape');
    await screen.until(isFree);
    screen.press('C-b', 'W');
    await screen.until(/\? keys/);
    screen.press('Enter');
    await until(() => login.claude.wasStarted, 'claude', 20_000);
    await until(() => /1 Fix it/.test(login.tmux('list-windows', '-F', '#{window_active} #{window_name}')), 'window');
    await screen.until((shown) => !/\? keys/.test(shown));
  });

  it('switches the client that it was opened on, and no other one, to the pane that holds a session', async () => {
    using login = await TmuxLogin.start(native!, '');
    session(login.home, { id: id(1), title: 'Fix it' });
    using first = login.login(['tmux new -s one']);
    await first.until(popup, 20_000);
    first.press('q');
    using second = login.login(['tmux attach -t one']);
    await second.until(popup, 20_000);
    second.press('q');
    const pane = login.tmux('new-session', '-d', '-P', '-F', '#{pane_pid}', '-s', 'two', 'sleep', '600');
    registryRecord(login.home.conf, { pid: Number(pane), sessionId: id(1), status: 'idle' });
    await first.until(isFree);
    await second.until(isFree);
    // The other client is the one used last.
    first.press('C-b', 'W');
    await first.until(/\? keys/);
    second.line('true');
    second.press('Enter');
    first.press('Enter');
    await first.until(/\[two\]/);
    expect(login.tmux('list-clients', '-F', '#{session_name}').split('\n').sort()).toEqual(['one', 'two']);
    expect(second.text()).toContain('[one]');
  });

  it('keeps what a popup of the user opens out of the popup, too', async () => {
    using login = await TmuxLogin.start(native!, '');
    session(login.home, { id: id(1), title: 'Fix it' });
    using screen = login.login(['WT_GREETED=1 tmux new']);
    await screen.until(/READY>/, 20_000);
    screen.line(`tmux display-popup -E '${native!.argv[0]} resume ${id(1)}'`);
    await until(() => login.claude.wasStarted, 'claude', 20_000);
    const pid = String(login.claude.seen().pid);
    await until(() => login.tmux('list-panes', '-a', '-F', '#{pane_pid}').split('\n').includes(pid), 'a pane');
  });
});

describe.skipIf(lacks('tmux'))('wt init tmux', () => {
  it('may stand twice in a tmux.conf, beside hooks and a status line of its owner', () => {
    using home = scratch();
    const lines = wt(native!, ['init', 'tmux'], home).stdout;
    const mine = "set -g status-right 'MINE'\nset-hook -g client-session-changed 'set -g @mine 1'\n";
    writeFileSync(join(home.home, '.tmux.conf'), mine + lines + lines);
    const tmux = (...args: string[]) => spawnSync('tmux', args, { env: home.env, encoding: 'utf8' });
    try {
      expect(tmux('new-session', '-d', 'sleep 600')).toMatchObject({ status: 0, stderr: '' });
      expect(tmux('show', '-gv', 'status-right').stdout).toBe('#(#{q:@watchtower} --brief --format=tmux) MINE\n');
      expect(tmux('show', '-gv', 'status-right-length').stdout).toBe('60\n');
      const hooks = tmux('show-hooks', '-g')
        .stdout.split('\n')
        .filter((line) => line.includes('session-changed['));
      expect(hooks.map((line) => line.slice(0, 27))).toEqual([
        'client-session-changed[0] s',
        'client-session-changed[87] ',
      ]);
      expect(tmux('list-keys', '-T', 'prefix', 'W').stdout).toContain('display-popup');
    } finally {
      tmux('kill-server');
    }
  });

  it('runs a program of any path, in the status line, on the key and for a client', async () => {
    using home = scratch();
    const folder = join(home.home, `it's a #(touch pwned) "$HOME" 100% {x} ~ [a] \`y\` #{pid}; 'é) \\`);
    mkdirSync(folder);
    const program = join(folder, 'wt');
    writeFileSync(
      program,
      `#!/bin/sh\nprintf '%s|' "$@" "$WT_POPUP" >>'${home.home}/calls'\n[ -n "$3" ] || echo WT"=RAN"\n`,
    );
    chmodSync(program, 0o755);
    const { tmuxLines } = await import('../../src/commands/init.ts');
    writeFileSync(join(home.home, '.tmux.conf'), tmuxLines(program));
    using screen = Screen.start(home, ['tmux', 'new']);
    const calls = () => (existsSync(join(home.home, 'calls')) ? readFileSync(join(home.home, 'calls'), 'utf8') : '');
    try {
      await screen.until('WT=RAN');
      await until(() => /tmux-greet\|\/dev\/pts\/\d+\|\|/.test(calls()), `the client: ${calls()}`);
      screen.press('C-b', 'W');
      await until(() => /(?:^|\|)\/dev\/pts\/\d+\|/.test(calls().replace(/tmux-greet\|[^|]*\|\|/g, '')), calls());
      expect(existsSync(join(home.home, 'pwned'))).toBe(false);
    } finally {
      spawnSync('tmux', ['kill-server'], { env: home.env });
    }
  });

  it('refuses a path that no line can hold, and names the installer for shells', async () => {
    const { tmuxLines } = await import('../../src/commands/init.ts');
    expect(() => tmuxLines('/a\nb/wt')).toThrow('control character');
    using home = scratch();
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { status, stdout, stderr } = wt(native!, ['init', shell], home);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain(`./install.sh --shell ${shell}`);
    }
    expect(wt(native!, ['init'], home).status).toBe(2);
    expect(wt(native!, ['init', 'tmux', 'x'], home).status).toBe(2);
  });
});
