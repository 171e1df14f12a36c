import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { transcript, Writer } from '../support/claude-home.ts';
import { Screen } from '../support/screen.ts';
import { lacks } from '../support/tools.ts';
import { builds, type Scratch, scratch } from '../support/wt.ts';

/** A home with a session that waits, and a title wider than the terminals here. */
function populated(): Scratch {
  const home = scratch();
  const writer = new Writer({ cwd: join(home.home, 'repo'), at: Date.now() - 7_230_000 });
  const title = writer.aiTitle('wide'.repeat(60));
  transcript(home.conf, { cwd: writer.cwd, id: writer.id, records: [writer.prompt('p'), writer.text('t'), title] });
  return home;
}

describe.each(builds)('$name: a terminal', (build) => {
  test.skipIf(lacks('tmux')).each([50, 90, 180])(
    'of %i columns is filled and not passed, without COLUMNS',
    async (columns) => {
      using home = populated();
      using screen = Screen.start(home, [...build.argv, '--greet'], { columns });
      const shown = await screen.until((text) => text.includes('…'));
      const row = shown.split('\n').find((line) => line.includes('…'))!;
      expect([...row].length).toBe(columns);
    },
  );
});

// Bun's standard output, and picocolors asks for it, loads streams: 2.5 ms of a login. wt asks for it only where nobody
// tells how wide the terminal is; the hook tells it.
describe.skipIf(lacks('strace'))('native: a greeting opens no streams', () => {
  const native = builds.filter(({ name }) => name === 'native');
  const traced = (home: Scratch, words: string[]) => {
    const log = join(home.home, 'calls');
    const argv = ['strace', '-f', '-qq', '-e', 'trace=fcntl,ioctl', '-o', log, ...words];
    return { argv, calls: () => readFileSync(log, 'utf8') };
  };
  const streams = /fcntl\([12], F_DUPFD|F_GETFL/;

  test.skipIf(lacks('tmux')).each(native)('coloured, on a terminal', async ({ argv }) => {
    using home = populated();
    const run = traced(home, [...argv, '--greet']);
    using screen = Screen.start(home, run.argv, { env: { ...home.env, COLUMNS: '100' } });
    await screen.until((text) => text.includes('watchtower'));
    await screen.end();
    expect(run.calls()).toContain('fcntl(');
    expect(run.calls()).not.toMatch(streams);
  });

  test.each(native)('coloured, in a pipe, as the hook runs it', ({ argv }) => {
    using home = populated();
    const run = traced(home, [...argv, '--greet', '--color=always']);
    const [command = '', ...args] = run.argv;
    const done = spawnSync(command, args, { env: home.env, cwd: home.home, input: '', encoding: 'utf8' });
    expect(done.stdout).toContain('\x1b[');
    expect(run.calls()).not.toMatch(streams);
  });
});
