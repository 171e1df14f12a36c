import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Screen } from '../support/screen.ts';
import { startSshd } from '../support/sshd.ts';
import { lacks } from '../support/tools.ts';
import { builds } from '../support/wt.ts';
import { answered, type Lab, openLab, processState, type RegistryRecord, type Terminal, until } from './lab.ts';

// Where a session of the real Claude Code is taken over from: a pane below a shell, an ssh connection that hangs.
// What is lost is what was announced, and the transcript is whole.

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterEach(() => lab?.closeTerminals());
afterAll(() => lab?.[Symbol.asyncDispose]());

const sent = (id: string, text: string) => lab.lines(id).filter((line) => line.message?.content === text).length;

/** Every line is whole, and the last one has its end. */
function isWhole(id: string): void {
  const text = readFileSync(lab.transcript(id)!, 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.split('\n').slice(0, -1)) JSON.parse(line);
}

describe.each(builds)('$name', (build) => {
  const run = (...args: string[]) => lab.run(build.argv[0], [...build.argv.slice(1), ...args]);

  /** Takes a session over in a new terminal; the process that held it is gone then, and another one holds it. */
  async function taken(id: string, before: number): Promise<Terminal> {
    const terminal = lab.window([...build.argv, 'take', '--yes', id], { cwd: lab.home.home });
    await until(
      'another holder',
      () => lab.records().some((one) => one.sessionId === id && one.pid !== before && one.status !== undefined),
      terminal.screen,
    );
    expect(processState(before) ?? 'Z').toMatch(/[ZX]/);
    expect(lab.records().filter((one) => one.sessionId === id)).toHaveLength(1);
    isWhole(id);
    return terminal;
  }

  /** A Claude at its prompt that has answered once. */
  async function ready(line = 'hello one'): Promise<{ a: Terminal; record: RegistryRecord }> {
    const a = lab.open();
    await a.is('idle');
    return { a, record: await a.talk(line) };
  }

  async function goesOn(terminal: Terminal, id: string, line: string): Promise<void> {
    await terminal.is('idle');
    await terminal.talk(line);
    expect(JSON.stringify(lab.api.requests.at(-1)?.messages)).toContain('You said: hello one');
    isWhole(id);
    expect(sent(id, line)).toBe(1);
  }

  test('in a turn: the turn is lost, and nothing else', async () => {
    const { a, record } = await ready();
    const id = record.sessionId;
    await a.say('slow: 300');
    await a.is('busy');
    expect(run('take', id).stderr).toContain('loses the turn in progress');
    const b = await taken(id, record.pid);
    expect(sent(id, 'slow: 300')).toBe(1);
    await goesOn(b, id, 'hello two');
    expect(sent(id, 'slow: 300')).toBe(1);
  });

  test('while it asks: the question is not asked again', async () => {
    const { a, record } = await ready();
    const id = record.sessionId;
    const file = join(lab.project, `asked-${build.name}`);
    await a.say(`bash: touch ${file}`);
    await a.is('waiting');
    expect(run('take', id).stderr).toContain('loses the question that waits: it is not asked again');
    const b = await taken(id, record.pid);
    await b.is('idle');
    await goesOn(b, id, 'hello two');
    expect(existsSync(file)).toBe(false);
  });

  test('with a command in its background: that is ended', async () => {
    const { a, record } = await ready();
    const id = record.sessionId;
    const pidFile = join(lab.project, `background-${build.name}`);
    await a.say(`background: echo $$ >${pidFile}; exec sleep 600`);
    await until('the command, or a question', () => existsSync(pidFile) || a.record()?.status === 'waiting');
    if (!existsSync(pidFile)) await a.press('Enter', 'the command', () => existsSync(pidFile));
    await a.is('shell');
    expect(run('take', id).stderr).toContain('loses the command that runs in its background');
    const command = Number(readFileSync(pidFile, 'utf8'));
    const b = await taken(id, record.pid);
    await lab.gone(command);
    await goesOn(b, id, 'hello two');
  });

  test('in a pane, below a shell: the shell stays', async () => {
    const a = await lab.openShell('claude --permission-mode manual');
    const { sessionId: id, pid } = await a.is('idle');
    await a.talk('hello one');
    expect(run('take', id).stderr).toMatch(/\(tmux pane .*\); ending it loses what was typed there and not sent; /);
    const b = await taken(id, pid);
    await until('the shell', () => /[$#]\s*$/.test(a.screen().trimEnd()), a.screen);
    await goesOn(b, id, 'hello two');
  });

  test.skipIf(lacks('ssh', 'sshd', 'ssh-keygen'))('behind an ssh connection that hangs', async () => {
    using sshd = await startSshd(lab.home, 'bash');
    const start = join(lab.home.home, 'start');
    const settings = Object.entries(lab.env).map(([name, value]) => `export ${name}='${value}'\n`);
    writeFileSync(start, `${settings.join('')}cd '${lab.project}'\nexec '${lab.claude}' --permission-mode manual\n`);
    const known = new Set(lab.records().map((one) => one.pid));
    const ssh = ['ssh', '-tt', '-F', sshd.config, 'box', `sh ${start}`];
    using client = Screen.start(lab.home, ['sh', '-c', 'exec 3<&0; "$@" <&3 & echo "$!" >client; wait', 'sh', ...ssh], {
      env: { ...lab.env, PATH: process.env.PATH ?? '' },
    });
    const record = await until(
      'a Claude behind ssh',
      () => lab.records().find((one) => !known.has(one.pid) && one.status === 'idle'),
      () => client.text(),
    );
    const id = record.sessionId;
    client.line('hello one');
    await until(
      'the answer',
      () => lab.lines(id).some(answered),
      () => client.text(),
    );
    await until('its prompt', () => lab.records().some((one) => one.pid === record.pid && one.status === 'idle'));
    const frozen = Number(readFileSync(join(lab.home.home, 'client'), 'utf8'));
    process.kill(frozen, 'SIGSTOP');
    try {
      const asked = run('take', id);
      expect(asked.stderr).toMatch(/\(pts\/\d+, ssh from 127\.0\.0\.1, idle for \d+s\)/);
      const gone = run(id);
      expect(gone.stderr).toMatch(
        /ssh from 127\.0\.0\.1, idle for .*; take it over: wt take .*; or work on a copy: wt fork/,
      );
      const b = await taken(id, record.pid);
      await goesOn(b, id, 'hello two');
    } finally {
      process.kill(frozen, 'SIGCONT');
    }
  });
});
