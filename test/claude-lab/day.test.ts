import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Screen } from '../support/screen.ts';
import { type Sshd, startSshd } from '../support/sshd.ts';
import { lacks } from '../support/tools.ts';
import { builds, root } from '../support/wt.ts';
import { answered, type Lab, openLab, patience, processState, type RegistryRecord, until } from './lab.ts';

// A day with wt, as its user lives it: logins over a real sshd, the real Claude in them, connections that drop and
// freeze, and the way back into each session by a word of what was said.

describe.skipIf(lacks('ssh', 'sshd', 'ssh-keygen')).each(builds)('a day with the $name build', (build) => {
  let lab: Lab;
  let sshd: Sshd;
  let yesterday: string;
  const screens: Screen[] = [];

  beforeAll(async () => {
    lab = await openLab();
    for (const project of ['oven', 'garden', 'kitchen']) lab.folder(project);
    const words = build.argv.map((word) => `'${word}'`).join(' ');
    writeFileSync(join(lab.home.home, 'bin', 'wt'), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
    const own = { WT_TIMEOUT: '20', WT_CLAUDE_ARGS: '--permission-mode default', PS1: 'READY> ' };
    const variables = Object.entries({ ...lab.env, ...own });
    const exports = variables.map(([name, value]) => (name === 'TERM' ? '' : `export ${name}='${value}'\n`));
    const hook = `source '${join(root, 'hooks', 'wt.bash')}'\n`;
    writeFileSync(join(lab.home.home, '.bash_profile'), `${exports.join('')}${hook}`);
    sshd = await startSshd(lab.home, 'bash');
    yesterday = await saidYesterday('water the ferns');
  });
  afterAll(async () => {
    for (const screen of screens) screen[Symbol.dispose]();
    sshd?.[Symbol.dispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  /** A session of twenty hours ago, whose terminal was closed after Claude's answer. */
  async function saidYesterday(prompt: string): Promise<string> {
    const terminal = lab.open([prompt]);
    const { sessionId } = await until('its record', terminal.record, terminal.screen);
    await lab.wrote(sessionId, 'the answer', answered);
    await terminal.is('idle');
    process.kill(terminal.pid, 'SIGTERM');
    await lab.gone(terminal.pid);
    const file = lab.transcript(sessionId)!;
    const earlier = (text: string) => new Date(Date.parse(text) - 20 * 3_600_000).toISOString();
    const text = readFileSync(file, 'utf8').replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, earlier);
    writeFileSync(file, text);
    const then = Date.now() / 1000 - 20 * 3600;
    utimesSync(file, then, then);
    return sessionId;
  }

  /** Logs in over ssh from a terminal of 80 columns, and waits for the prompt. */
  async function login(): Promise<{ screen: Screen; client: number; greeting: string }> {
    const ssh = `echo "client $$"; exec ssh -F '${sshd.config}' box`;
    const screen = Screen.start(lab.home, ['sh', '-c', ssh], { columns: 80 });
    screens.push(screen);
    const greeting = await screen.until(/READY>$/, patience);
    return { screen, client: Number(/client (\d+)/.exec(greeting)?.[1]), greeting };
  }

  /** The one Claude in a project, once it has this status and is not one of those `besides`. */
  function claudeIn(project: string, status: string, besides: number[] = []): Promise<RegistryRecord> {
    const cwd = join(lab.home.home, project);
    return until(
      `a Claude that is ${status} in ${project}`,
      () => lab.records().find((one) => one.cwd === cwd && one.status === status && !besides.includes(one.pid)),
      () => `${JSON.stringify(lab.records())}\n${screens.at(-1)?.text()}`,
    );
  }

  /** Types a prompt into the Claude on a screen. */
  async function say(screen: Screen, prompt: string): Promise<void> {
    screen.type(prompt);
    await screen.until((text) => text.replace(/\s+/g, '').includes(prompt.replace(/\s+/g, '')), patience);
    screen.press('Enter');
  }

  /** Leaves the Claude on a screen for the shell that wt was started from. */
  async function leave(screen: Screen, pid: number): Promise<void> {
    await say(screen, '/exit');
    await lab.gone(pid);
    await screen.until(/READY>$/, patience);
  }

  /** Runs a command in the shell on a screen, and gives what it printed. */
  async function run(screen: Screen, line: string): Promise<string> {
    screen.line(`clear; ${line}; echo "status $?"`);
    const shown = await screen.until(/^status \d+\n+READY>$/m, patience);
    return shown.slice(shown.lastIndexOf(line) + line.length);
  }

  test('disconnected, come back, taken over, answered, forked, archived, undone, found', async () => {
    // In the morning: what is left of yesterday. A session in tmux, which outlives its login.
    const morning = await login();
    expect(morning.greeting).toMatch(/watchtower · 1 waiting/);
    expect(morning.greeting).toMatch(/^ *1\) ⧗ +2\dh\S* +project +water the ferns$/m);
    morning.screen.line('wt new oven -t');
    const oven = await claudeIn('oven', 'idle');
    await say(morning.screen, 'bash: touch baked');
    await claudeIn('oven', 'waiting');
    process.kill(morning.client, 'SIGKILL');

    // At noon: a session in the login itself, whose connection drops in mid-turn.
    const noon = await login();
    expect(noon.greeting).toMatch(/watchtower · 1 needs you · 1 waiting/);
    noon.screen.line('wt new garden');
    const garden = await claudeIn('garden', 'idle');
    await say(noon.screen, 'plant the roses');
    await until('its answer', () => lab.lines(garden.sessionId).some(answered));
    await claudeIn('garden', 'idle');
    await say(noon.screen, 'hang');
    await claudeIn('garden', 'busy');
    await lab.wrote(garden.sessionId, 'the prompt', (line) => line.message?.content === 'hang');
    process.kill(noon.client, 'SIGKILL');
    await lab.gone(garden.pid);

    // In the afternoon: the laptop sleeps, and its connection holds a session in mid-turn.
    const afternoon = await login();
    expect(afternoon.greeting).toMatch(/^ *\d+\) ✗ .*garden +hang$/m);
    afternoon.screen.line('wt new kitchen');
    const kitchen = await claudeIn('kitchen', 'idle');
    await say(afternoon.screen, 'stir the soup');
    await until('its answer', () => lab.lines(kitchen.sessionId).some(answered));
    await claudeIn('kitchen', 'idle');
    await say(afternoon.screen, 'hang');
    await claudeIn('kitchen', 'busy');
    await lab.wrote(kitchen.sessionId, 'the prompt', (line) => line.message?.content === 'hang');
    process.kill(afternoon.client, 'SIGSTOP');

    // In the evening, from elsewhere: what happened?
    const { screen, greeting } = await login();
    expect(greeting).toMatch(/watchtower · 1 needs you · 1 working · 1 cut off · 1 waiting/);
    expect(greeting).toMatch(/^ *1\) ! .*oven +bash: touch baked/m);
    expect(greeting).toContain('approve Bash: touch baked');
    expect(greeting).toMatch(/^ *2\) ● .*kitchen +hang$/m);
    expect(greeting).toMatch(/^ *3\) ✗ .*garden +hang$/m);
    expect(greeting).toMatch(/^ *4\) ⧗ .*project +water the ferns$/m);
    const away = await run(screen, 'wt away --since 1h');
    expect(away).toMatch(/needs you[\s\S]*oven[\s\S]*cut off[\s\S]*garden[\s\S]*started[\s\S]*kitchen/);
    expect(away).not.toContain('ferns');

    // What is asked is answered, in its tmux pane, and left there.
    screen.line('wt touch baked');
    await screen.until('Do you want to proceed?', patience);
    await until('the approval', () => {
      if (lab.records().some(({ pid, status }) => pid === oven.pid && status === 'waiting')) screen.press('Enter');
      return lab.run('test', ['-e', join(lab.home.home, 'oven', 'baked')]).status === 0;
    });
    await lab.wrote(oven.sessionId, 'the answer', answered);
    await claudeIn('oven', 'idle');
    screen.press('C-b', 'd');
    await screen.until(/READY>$/, patience);

    // What hangs in the sleeping laptop is taken over: said where it is and what it costs, asked, and gone on with.
    expect(await run(screen, 'wt resume kitchen')).toMatch(
      /ssh from 127\.0\.0\.1[\s\S]*wt take [0-9a-f]{8}[\s\S]*status 1/,
    );
    screen.line('clear; wt take kitchen');
    const question = await screen.until(/Take it over\? \[y\/N\]$/, patience);
    expect(question.replace(/\s+/g, ' ')).toMatch(
      new RegExp(`process ${kitchen.pid} \\(pts/\\d+, ssh from 127\\.0\\.0\\.1.*the turn in progress`),
    );
    expect(processState(kitchen.pid)).toMatch(/[RS]/);
    screen.line('y');
    const taken = await claudeIn('kitchen', 'idle', [kitchen.pid]);
    expect(taken.sessionId).toBe(kitchen.sessionId);
    expect(processState(kitchen.pid) ?? 'Z').toBe('Z');
    await say(screen, 'serve it');
    await screen.until('You said: serve it', patience);
    expect(JSON.stringify(lab.api.requests.at(-1)?.messages)).toContain('You said: stir the soup');
    await claudeIn('kitchen', 'idle', [kitchen.pid]);
    await leave(screen, taken.pid);

    // A copy of it goes another way.
    screen.line('wt fork serve it');
    const copy = await claudeIn('kitchen', 'idle', [kitchen.pid, taken.pid]);
    expect(copy.sessionId).not.toBe(kitchen.sessionId);
    await say(screen, 'freeze it');
    await screen.until('You said: freeze it', patience);
    await claudeIn('kitchen', 'idle', [kitchen.pid, taken.pid]);
    await leave(screen, copy.pid);
    const forked = lab.json(build).sessions.find((row: { id: string }) => row.id === copy.sessionId);
    expect(forked).toMatchObject({ title: 'freeze it', state: 'idle' });

    // Archived by mistake, and put back.
    const file = lab.transcript(garden.sessionId)!;
    const was = readFileSync(file, 'latin1');
    expect(await run(screen, 'wt archive garden')).toMatch(/status 0/);
    expect(lab.transcript(garden.sessionId)).toBeNull();
    expect(await run(screen, 'wt resume garden')).toMatch(/in the archive: wt restore [0-9a-f]{8}\nstatus 1/);
    expect(await run(screen, 'wt restore garden')).toMatch(/status 0/);
    expect(readFileSync(file, 'latin1')).toBe(was);
    screen.line('wt garden');
    const back = await claudeIn('garden', 'idle', [garden.pid]);
    expect(back.sessionId).toBe(garden.sessionId);
    await say(screen, 'cut the roses');
    await screen.until('You said: cut the roses', patience);
    await claudeIn('garden', 'idle', [garden.pid]);
    await leave(screen, back.pid);

    // Yesterday's session, by a word of its prompt.
    const found = await run(screen, 'wt ferns --dry-run');
    expect(found.replace(/\n/g, '')).toContain(`exec claude --resume '${yesterday}'`);
    expect(found).toMatch(/status 0/);
    screen.line('exit');
    process.kill(afternoon.client, 'SIGKILL');
  });
});
