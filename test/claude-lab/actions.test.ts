import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Screen } from '../support/screen.ts';
import { type Build, builds, root } from '../support/wt.ts';
import { answered, type Lab, openLab, patience, type RegistryRecord, type Terminal, until } from './lab.ts';

// What wt does with sessions of the real Claude Code: resume, fork, attach, archive, restore, new, and the picker and
// the greeting that lead there.

let lab: Lab;

describe.each(builds)('$name', (build) => {
  /** Whether wt becomes Claude: Node can since 22.15; before that it waits for it. */
  const becomes = build.name === 'native' || 'execve' in process;
  const run = (...args: string[]) => {
    const done = lab.run(build.argv[0], [...build.argv.slice(1), ...args]);
    if (done.error !== undefined) throw done.error;
    return done;
  };

  beforeAll(async () => {
    lab = await openLab();
    // `wt` on the lab's PATH, for what is typed into shells and for the hook.
    const words = build.argv.map((word) => `'${word}'`).join(' ');
    writeFileSync(join(lab.home.home, 'bin', 'wt'), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());
  afterEach(() => {
    const open = lab.records().filter((one) => one.kind === 'interactive' && isClaude(one.pid));
    return end(...open.map((one) => one.pid));
  });

  /** The Claude in a terminal that wt was started in, as that terminal's own process, must be in the place of wt. */
  function tookOver(record: RegistryRecord, terminal: Terminal): void {
    expect(isClaude(record.pid)).toBe(true);
    if (becomes) expect(record.pid).toBe(terminal.pid);
    else expect(childrenOf(terminal.pid)).toEqual([record.pid]);
    expect(processesOf(build).filter((pid) => becomes || pid !== terminal.pid)).toEqual([]);
  }

  test('a number as it was last printed on the terminal continues that session in its directory', async () => {
    const cwd = lab.folder("it's $(touch pwned) here");
    const id = await ended('hello once', cwd);
    await ended('hello other');
    const [shell, other] = await Promise.all([shellThatLists(), shellThatLists()]);
    const number = await numberOf('hello once', shell.screen);
    // A newer session pushes the rows down: no number means the same in a list that is made now.
    const newer = lab.open();
    await newer.is('idle');
    expect(await numberOf('hello once', () => run('--list').stdout)).toBe(number + 1);

    const before = transcripts();
    await shell.say(`exec wt ${number}`);
    const record = await holder(id);
    expect(record.cwd).toBe(cwd);
    tookOver(record, shell);
    await shell.talk('hello again');
    const prompts = lab.lines(id).filter((line) => line.type === 'user');
    expect(prompts.map((line) => [line.message.content, line.cwd])).toEqual([
      ['hello once', cwd],
      ['hello again', cwd],
    ]);
    // The history was sent along, and nothing was written elsewhere.
    expect(JSON.stringify(lab.api.requests.at(-1)?.messages)).toContain('You said: hello once');
    expect(transcripts()).toEqual(before);
    expect(readdirSync(cwd)).not.toContain('pwned');

    // On the other terminal the same number still means that session, which is live now.
    await other.say(`wt resume ${number}`);
    await until(
      'a refusal',
      () => flat(other).includes(flat(`${id.slice(0, 8)} (hello again): ${live(record.pid, shell.pane)}`)),
      other.screen,
    );
    expect(lab.records().filter((one) => one.sessionId === id)).toHaveLength(1);
  });

  test("a signal to what the shell started reaches Claude, and Claude's exit status the shell", async () => {
    const id = await ended('hello status');
    const shell = await lab.openShell(`wt resume ${id.slice(0, 8)}; echo "status $?"`);
    const { pid } = await holder(id);
    const [started] = childrenOf(shell.pid);
    expect(started === pid).toBe(becomes);
    process.kill(started!, 'SIGTERM');
    await until('the status', () => /^status 143$/m.test(shell.screen()), shell.screen);
  });

  test('a live session is refused, and forked under a new id', async () => {
    const a = lab.open();
    const { sessionId: id } = await a.is('idle');
    await a.talk('hello live');
    const refused = run('resume', 'hello', 'live');
    expect([refused.status, refused.stdout, refused.stderr]).toEqual([
      1,
      '',
      `wt: can't resume ${id.slice(0, 8)} (hello live): ${live(a.pid, a.pane)}; ` +
        `go there: wt attach ${id.slice(0, 8)}; or take it over: wt take ${id.slice(0, 8)}; ` +
        `or work on a copy: wt fork ${id.slice(0, 8)}\n`,
    ]);
    expect(lab.records().filter((one) => one.sessionId === id)).toHaveLength(1);

    const fork = lab.window([...build.argv, 'fork', id.slice(0, 8)], { cwd: lab.home.home });
    const copy = await fork.is('idle');
    expect(copy.sessionId).not.toBe(id);
    expect(copy.cwd).toBe(lab.project);
    tookOver(copy, fork);
    await fork.talk('hello fork');
    expect(promptsOf(copy.sessionId)).toEqual(['hello live', 'hello fork']);
    expect(promptsOf(id)).toEqual(['hello live']);
  });

  test('-t opens a window in tmux, and a session of tmux outside of it', async () => {
    const id = await ended('hello window');
    lab.window([...build.argv, 'resume', id, '-t'], { cwd: lab.home.home });
    const inside = await holder(id);
    expect(inside.cwd).toBe(lab.project);
    expect(panes()).toContain(`${inside.pid} hello window`);
    expect(processesOf(build)).toEqual([]);
    await end(inside.pid);

    const sessions = lab.tmux('list-sessions', '-F', '#{session_name}');
    using screen = Screen.start(lab.home, [...build.argv, id, '-t'], { env: lab.env });
    const outside = await holder(id);
    await screen.until('You said: hello window', patience);
    expect(panes()).toContain(`${outside.pid} hello window`);
    const made = lab.tmux('list-sessions', '-F', '#{session_name}').split('\n').at(-1);
    expect(sessions.split('\n')).not.toContain(made);
    expect(clients()).toEqual([expect.stringMatching(new RegExp(`^${made} %`))]);
    await end(outside.pid);
    await until('the end of its session', () => lab.tmux('list-sessions', '-F', '#{session_name}') === sessions);
  });

  test('attach lands in the pane that holds Claude, from outside of tmux and from another session of it', async () => {
    // Claude below a shell, in a window whose other pane is the active one.
    const a = await lab.openShell('claude');
    const { sessionId: id, pid } = await a.is('idle');
    await a.talk('hello pane');
    const home = lab.tmux('display-message', '-p', '-t', a.pane, '#{session_name}');
    const beside = lab.tmux('split-window', '-P', '-F', '#{pane_id}', '-t', a.pane, '--', 'cat');
    lab.tmux('select-window', '-t', `${home}:0`);
    using screen = Screen.start(lab.home, [...build.argv, 'attach', id.slice(0, 8)], { env: lab.env });
    await screen.until('You said: hello pane', patience);
    expect(clients()).toEqual([`${home} ${a.pane}`]);
    expect(processesOf(build)).toHaveLength(becomes ? 0 : 1);

    const shell = ['bash', '--norc', '--noprofile', '-i'];
    const elsewhere = lab.tmux('new-session', '-d', '-P', '-F', '#{pane_id}', '-s', 'elsewhere', '--', ...shell);
    lab.tmux('select-pane', '-t', beside);
    lab.tmux('select-window', '-t', `${home}:0`);
    lab.tmux('switch-client', '-c', lab.tmux('list-clients', '-F', '#{client_tty}'), '-t', 'elsewhere');
    expect(clients()).toEqual([`elsewhere ${elsewhere}`]);
    await screen.until((text) => !text.includes('hello pane'), patience);
    screen.line('wt attach hello pane');
    await screen.until('You said: hello pane', patience);
    expect(clients()).toEqual([`${home} ${a.pane}`]);
    // What is typed now is Claude's.
    screen.line('hello from afar');
    await lab.wrote(id, 'the prompt', (line) => line.message?.content === 'hello from afar');
    await a.is('idle');
    expect(a.record()?.pid).toBe(pid);
    lab.tmux('kill-session', '-t', '=elsewhere');
  });

  test.each(['attach', ''])('wt %s of a background session goes to it by Claude', async (verb) => {
    const prompt = `hello background${verb}`;
    const before = new Set(lab.records().map((record) => record.sessionId));
    expect(lab.run(lab.claude, ['--bg', prompt]).status).toBe(0);
    const { sessionId: id, pid } = await until('the background session', () =>
      lab
        .records()
        .find((one) => one.kind === 'bg' && !one.spare && one.status === 'idle' && !before.has(one.sessionId)),
    );
    const terminal = lab.window([...build.argv, ...(verb === '' ? [] : [verb]), id], { cwd: lab.home.home });
    await until('its conversation', () => terminal.screen().includes(`You said: ${prompt}`), terminal.screen);
    await terminal.say('hello from the front');
    await until('the second answer', () => lab.lines(id).filter(answered).length === 2, terminal.screen);
    expect(promptsOf(id)).toEqual([prompt, 'hello from the front']);
    expect(lab.records().filter((one) => one.sessionId === id)).toEqual([expect.objectContaining({ pid, kind: 'bg' })]);
    const refused = run('archive', id);
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringContaining(`it is live in process ${pid} (in the background)`),
    ]);
    expect(lab.transcript(id)).not.toBeNull();
    expect(lab.run(lab.claude, ['stop', id.slice(0, 8)]).status).toBe(0);
    await lab.gone(pid);
  });

  test('a live session is not archived, a dead one is, and found by Claude again when it was restored', async () => {
    const a = lab.open(['hello archive']);
    const { sessionId: id } = await a.is('idle');
    await lab.wrote(id, 'the answer', answered);
    const refused = run('archive', id);
    expect([refused.status, refused.stdout, refused.stderr]).toEqual([
      1,
      '',
      `wt: can't archive ${id.slice(0, 8)} (hello archive): ${live(a.pid, a.pane)}; ` +
        `end it first; or go there: wt attach ${id.slice(0, 8)}\n`,
    ]);
    await end(a.pid);
    const file = lab.transcript(id) ?? '';
    const was = [readFileSync(file, 'latin1'), statSync(file).mtimeMs];

    const archived = run('archive', id);
    expect([archived.status, archived.stderr]).toEqual([0, '']);
    expect(lab.transcript(id)).toBeNull();
    const missed = lab.run(lab.claude, ['-p', 'hello?', '--resume', id]);
    expect([missed.status, missed.stderr]).toEqual([1, expect.stringContaining('No conversation found')]);
    expect(run('resume', id).stderr).toBe(
      `wt: session ${id.slice(0, 8)} (hello archive) is in the archive: wt restore ${id.slice(0, 8)}\n`,
    );
    expect(run('restore').stdout).toContain('hello archive');

    const restored = run('restore', id);
    expect([restored.status, restored.stderr]).toEqual([0, '']);
    expect(lab.transcript(id)).toBe(file);
    expect([readFileSync(file, 'latin1'), statSync(file).mtimeMs]).toEqual(was);
    const again = lab.open(['--resume', id]);
    expect((await again.is('idle')).sessionId).toBe(id);
    await again.talk('hello from the archive');
    expect(promptsOf(id)).toEqual(['hello archive', 'hello from the archive']);
  });

  test('new starts Claude in the directory', async () => {
    const cwd = lab.folder('fresh one');
    const terminal = lab.window([...build.argv, 'new', 'fresh one'], { cwd: lab.home.home });
    const record = await terminal.is('idle');
    expect(record.cwd).toBe(cwd);
    tookOver(record, terminal);
  });

  test('a digit in the picker goes to that row, and Enter continues its session', async () => {
    const cwd = lab.folder('picked');
    const id = await ended('hello pick', cwd);
    await ended('hello not me');
    const terminal = lab.window(build.argv, { cwd: lab.home.home });
    const number = await numberOf('hello pick', terminal.screen);
    expect(number).toBeGreaterThan(1);
    terminal.keys(String(number), 'Enter');
    const record = await holder(id);
    expect(record.cwd).toBe(cwd);
    tookOver(record, terminal);
    await until('the conversation', () => terminal.screen().includes('You said: hello pick'), terminal.screen);
    // The keys are Claude's own again.
    await terminal.talk('hello picked');
    expect(promptsOf(id)).toEqual(['hello pick', 'hello picked']);
  });

  test('the greeting of a login tells of both kinds, and its numbers hold', async () => {
    const id = await ended('hello goodbye');
    const asking = lab.open(['bash: touch greeted']);
    const { sessionId: asks } = await asking.is('waiting');
    const rc = join(lab.home.home, '.bashrc');
    writeFileSync(rc, `PS1='READY> '\nsource '${join(root, 'hooks', 'wt.bash')}'\n`);
    using screen = Screen.start(lab.home, ['bash', '--rcfile', rc, '-i'], {
      columns: 120,
      env: { ...lab.env, SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22', SHLVL: '0', WT_TIMEOUT: '10' },
    });
    const greeting = await screen.until(/READY>$/, patience);
    expect(greeting).toMatch(/watchtower · 1 needs you · \d+ finished/);
    expect(greeting).toMatch(new RegExp(`^ *1\\) ! +needs you .* ${asks.slice(0, 8)} +bash: touch greeted`, 'm'));
    expect(greeting).toMatch(new RegExp(`^ *\\d+\\) ✓ +finished .* ${id.slice(0, 8)} +hello goodbye`, 'm'));
    const number = await numberOf('hello goodbye', () => greeting);
    screen.line(`exec wt ${number}`);
    await screen.until('You said: hello goodbye', patience);
    const { pid } = await holder(id);
    expect(isClaude(pid)).toBe(true);
  });
});

/** A session in which one thing was said and answered and whose Claude has ended. */
async function ended(prompt: string, cwd = lab.project): Promise<string> {
  const terminal = lab.open([prompt], { cwd });
  const { sessionId } = await until('its record', terminal.record, terminal.screen);
  await lab.wrote(sessionId, 'the answer', answered);
  await terminal.is('idle');
  await end(terminal.pid);
  return sessionId;
}

/** Ends processes and waits until they are gone. */
async function end(...pids: number[]): Promise<void> {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGHUP');
    } catch {
      // It has ended.
    }
  }
  for (const pid of pids) await lab.gone(pid);
}

/** An interactive shell in tmux in which the sessions are listed. */
function shellThatLists(): Promise<Terminal> {
  return lab.openShell('wt --list', { cwd: lab.home.home });
}

/** The number of the row with this title on a screen, once it's there. */
function numberOf(title: string, screen: () => string): Promise<number> {
  const row = new RegExp(`^[ >]*(\\d+)\\) .*\\b${title}\\b`, 'm');
  return until(`a row of ${title}`, () => Number(row.exec(screen())?.[1]), screen);
}

/** The one process that holds a session, as soon as it is at its prompt. */
function holder(id: string): Promise<RegistryRecord> {
  return until(
    `a process at the prompt of ${id}`,
    () => lab.records().find((one) => one.sessionId === id && one.status === 'idle'),
    () => JSON.stringify(lab.records()),
  );
}

/** What a refusal says of a process in a tmux pane. */
function live(pid: number, pane: string): string {
  const name = lab.tmux('display-message', '-p', '-t', pane, '#{session_name}:#{window_index}.#{pane_index}');
  return `it is live in process ${pid} (tmux pane ${name}, ${pane})`;
}

/** What each client of the lab's tmux server looks at: its session and pane. */
function clients(): string[] {
  return lab.tmux('list-clients', '-F', '#{session_name} #{pane_id}').split('\n');
}

/** The process and the window's name of each pane of the lab's tmux server. */
function panes(): string[] {
  return lab.tmux('list-panes', '-a', '-F', '#{pane_pid} #{window_name}').split('\n');
}

/** A screen, or a text that may be wrapped on it, without blanks. */
function flat(shown: Terminal | string): string {
  return (typeof shown === 'string' ? shown : shown.screen()).replace(/\s+/g, '');
}

/** What was typed in a session. */
function promptsOf(id: string): string[] {
  return lab
    .lines(id)
    .filter((line) => line.type === 'user' && typeof line.message.content === 'string')
    .map((line) => line.message.content);
}

/** Every transcript of the lab. */
function transcripts(): string[] {
  return readdirSync(join(lab.home.conf, 'projects'), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.jsonl'))
    .sort();
}

/** Whether the program of a process is the lab's Claude. */
function isClaude(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`) === realpathSync(lab.claude);
  } catch {
    return false;
  }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number);
}

/** The processes of the lab that run a build of wt, as their command lines tell. */
function processesOf(build: Build): number[] {
  const program = build.argv.at(-1)!;
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        const ours = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`HOME=${lab.home.home}`);
        return ours && readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').slice(0, 2).includes(program);
      } catch {
        return false;
      }
    });
}
