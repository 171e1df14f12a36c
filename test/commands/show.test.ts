import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { holder, registryRecord, sessionsFolder, transcript, Writer } from '../support/claude-home.ts';
import { Screen } from '../support/screen.ts';
import { lacks } from '../support/tools.ts';
import { builds, type Scratch, scratch, wt } from '../support/wt.ts';

const long = Array.from({ length: 60 }, (_, n) => `line ${n} of the answer`).join('\n');

/** A home with one session of a long conversation. */
function home(): Scratch & { id: string } {
  const box = scratch();
  sessionsFolder(box.conf);
  const w = new Writer({ cwd: box.home, at: Date.now() - 7_200_000 });
  const records = [
    w.prompt('the very first question'),
    w.text('an early answer'),
    ...Array.from({ length: 30 }, (_, n) => [w.prompt(`question ${n}`), w.text(`reply ${n}`)]).flat(),
    w.prompt(`the last question ${'with many words '.repeat(30)}and its end`),
    w.toolUse({ name: 'Bash', id: 'c', input: { command: 'npm test' } }),
    w.toolResult('c'),
    w.text(`${long}\nthe end of the answer`),
    w.aiTitle('A long talk'),
  ];
  transcript(box.conf, { cwd: box.home, id: w.id, records });
  return Object.assign(box, { id: w.id });
}

describe.each(builds)('wt show of the $name build', (build) => {
  test('off a terminal: what it is about, and the last exchange whole', () => {
    using box = home();
    const { stdout, status } = wt(build, ['show', 'long talk'], box);
    expect(status).toBe(0);
    expect(stdout).toContain('A long talk\n');
    expect(stdout.replace(/\n {2}/g, ' ')).toMatch(/\n> the last question (?:with many words )+and its end\n/);
    expect(stdout).toContain('line 59 of the answer\nthe end of the answer\n');
    expect(stdout).not.toContain('reply 29');
    expect(stdout).not.toContain('\x1b');
  });

  test('--color=always is heard off a terminal, too', () => {
    using box = home();
    expect(wt(build, ['show', 'long talk', '--color=always'], box).stdout).toContain('\x1b[1mA long talk\x1b[22m');
  });

  test('who was shown a session has seen it', () => {
    using box = home();
    const state = join(box.env.XDG_STATE_HOME!, 'wt');
    mkdirSync(state, { mode: 0o700 });
    writeFileSync(join(state, 'marks'), '{"since":1,"seen":{},"done":{}}\n', { mode: 0o600 });
    expect(wt(build, ['--list'], box).stdout).toMatch(/^ 1\) ✓ /m);
    wt(build, ['show', 'long talk'], box);
    expect(wt(build, ['--list'], box).stdout).toMatch(/^ 1\) ⧗ /m);
  });

  test.skipIf(lacks('tmux', 'less'))(
    'on a terminal the conversation in the pager, its end first, what is needed last',
    async () => {
      using box = home();
      using process = holder();
      const record = { pid: process.pid, sessionId: box.id, cwd: box.home };
      registryRecord(box.conf, { ...record, status: 'waiting', waitingFor: 'plan approval' });
      using screen = Screen.start(box, [...build.argv, 'show', box.id], { columns: 80, rows: 24 });
      const end = await screen.until('(END)');
      expect(end).toContain('the end of the answer');
      expect(end).toContain('! plan approval');
      screen.type('g');
      await screen.until('> the very first question');
      screen.type('q');
      expect(await screen.end()).toBe(0);
    },
  );

  test.skipIf(lacks('tmux'))('without a pager all of it', async () => {
    using box = home();
    box.env.PAGER = 'cat';
    using screen = Screen.start(box, [...build.argv, 'show', box.id], { columns: 80, rows: 24 });
    const text = await screen.until('the end of the answer');
    expect(text).toContain('> the very first question');
    expect(text).toContain('· Bash: npm test');
    expect(existsSync(join(box.home, '.lesshst'))).toBe(false);
  });
});
