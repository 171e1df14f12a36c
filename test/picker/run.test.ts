import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type Holder,
  holder,
  registryRecord,
  sessionsFolder,
  transcript,
  until,
  Writer,
} from '../support/claude-home.ts';
import { Screen } from '../support/screen.ts';
import { lacks } from '../support/tools.ts';
import { type Build, builds, type Scratch, scratch } from '../support/wt.ts';

const hour = 3_600_000;

/** A home with sessions `Title 1` (the newest) to `Title <count>`, and a `claude` on PATH that says how it was called. */
function home(count: number): Scratch & { ids: string[]; paths: string[] } {
  const box = scratch();
  sessionsFolder(box.conf);
  const bin = join(box.home, 'bin');
  const work = join(box.home, 'work');
  mkdirSync(bin);
  mkdirSync(work);
  const claude = '#!/bin/sh\necho "claude $* in $(basename "$PWD")" >"$HOME/called"\nstty -a >"$HOME/during"\n';
  writeFileSync(join(bin, 'claude'), claude, { mode: 0o755 });
  box.env.PATH = `${bin}:${box.env.PATH}`;
  const ids: string[] = [];
  const paths: string[] = [];
  for (let n = 1; n <= count; n++) {
    const id = `a${n.toString(16).padStart(7, '0')}-0000-4000-8000-000000000000`;
    const branch = n === 2 ? 'feature/zebra' : 'main';
    const writer = new Writer({ id, cwd: work, branch, at: Date.now() - (47 + n) * hour });
    const records = [writer.prompt(`opening words ${n}`), writer.text(`answer of ${n}`), writer.aiTitle(`Title ${n}`)];
    ids.push(writer.id);
    paths.push(transcript(box.conf, { cwd: work, id: writer.id, records }));
  }
  return Object.assign(box, { ids, paths });
}

const quoted = (build: Build) => build.argv.map((word) => `'${word}'`).join(' ');

/** A shell in a terminal, in which wt was started; what stty said before is in the file `before`. */
async function shellWithPicker(
  build: Build,
  box: Scratch,
  options: { columns?: number; rows?: number; before?: string; command?: string; shows?: string | RegExp } = {},
): Promise<Screen> {
  const { columns = 90, rows = 30 } = options;
  const screen = Screen.start(box, ['bash', '--norc'], { env: { ...box.env, PS1: 'shell$ ' }, columns, rows });
  try {
    await screen.until('shell$');
    screen.line(
      `stty -a >before; ${options.before ?? ''}${quoted(build)} ${options.command ?? ''}; echo "status $?"; stty -a >after`,
    );
    await screen.until(options.shows ?? 'Title 1', 40_000);
    return screen;
  } catch (error) {
    screen[Symbol.dispose]();
    throw error;
  }
}

/** The terminal's settings and what is on it are as before wt. */
async function expectRestored(screen: Screen, box: Scratch, status: number): Promise<void> {
  const text = await screen.until(`status ${status}\n`);
  await until(() => settings(box, 'after') !== '', 'the shell goes on');
  await screen.until((shown) => shown.endsWith('shell$'));
  expect(settings(box, 'after')).toBe(settings(box, 'before'));
  expect(text).not.toContain('? keys');
  screen.line('echo typed and shown');
  await screen.until(/^typed and shown$/m);
}

/** A file in the home; empty where there is none. */
function content(box: Scratch, name: string): string {
  const path = join(box.home, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

const settings = (box: Scratch, name: string) => content(box, name).replace(/rows \d+; columns \d+;/, '');

const called = (box: Scratch) => content(box, 'called').trim();

/** The pid of the wt that runs in this home. */
async function pidOf(build: Build, box: Scratch): Promise<number> {
  let found: string | undefined;
  await until(() => {
    found = readdirSync('/proc').find((name) => /^\d+$/.test(name) && isRunning(name, build, box));
    return found !== undefined;
  }, 'wt runs');
  return Number(found);
}

function isRunning(pid: string, build: Build, box: Scratch): boolean {
  try {
    const [command, environment] = ['cmdline', 'environ'].map((name) => readFileSync(`/proc/${pid}/${name}`, 'utf8'));
    return command === build.argv.map((word) => `${word}\0`).join('') && environment!.includes(`HOME=${box.home}\0`);
  } catch {
    return false;
  }
}

describe.skipIf(lacks('tmux', 'bash', 'stty')).each(builds)('the picker of the $name build', (build) => {
  test('Escape leaves to the shell', async () => {
    using box = home(3);
    using screen = await shellWithPicker(build, box);
    screen.press('Escape');
    await expectRestored(screen, box, 0);
    expect(called(box)).toBe('');
  });

  test('Ctrl-C leaves with 130', async () => {
    using box = home(3);
    using screen = await shellWithPicker(build, box);
    screen.press('C-c');
    await expectRestored(screen, box, 130);
  });

  test('Enter resumes the marked row, the first one at start', async () => {
    using box = home(3);
    using screen = await shellWithPicker(build, box);
    await screen.until(/^>1\)/m);
    screen.press('Enter');
    await expectRestored(screen, box, 0);
    expect(called(box)).toBe(`claude --resume ${box.ids[0]} in work`);
  });

  test('a digit resumes its row at once, in its directory, on a terminal that is as it was', async () => {
    using box = home(3);
    using screen = await shellWithPicker(build, box);
    screen.type('2');
    await expectRestored(screen, box, 0);
    expect(called(box)).toBe(`claude --resume ${box.ids[1]} in work`);
    expect(settings(box, 'during')).toBe(settings(box, 'before'));
  });

  test('with twelve rows, 1 waits for its second digit', async () => {
    using box = home(12);
    using screen = await shellWithPicker(build, box, { shows: 'Title 12' });
    screen.type('1');
    await screen.until('row 1 Enter resume');
    screen.type('1');
    await expectRestored(screen, box, 0);
    expect(called(box)).toBe(`claude --resume ${box.ids[10]} in work`);
  });

  test('with twelve rows, 1 alone is row 1 after a while', async () => {
    using box = home(12);
    using screen = await shellWithPicker(build, box, { shows: 'Title 12' });
    screen.type('1');
    await expectRestored(screen, box, 0);
    expect(called(box)).toBe(`claude --resume ${box.ids[0]} in work`);
  });

  test('what was found is shown where it was said', async () => {
    using box = home(2);
    const writer = new Writer({ cwd: box.home, at: Date.now() - hour });
    const filler = (n: number) => [writer.prompt(`filler ${n}`), writer.text(`line\n`.repeat(20))];
    const talk = Array.from({ length: 30 }, (_, n) => filler(n));
    const records = [...talk.slice(0, 20), [writer.prompt('the okapi question')], ...talk.slice(20)].flat();
    transcript(box.conf, { cwd: box.home, id: writer.id, records });
    using screen = await shellWithPicker(build, box, { shows: /filler 29/ });
    screen.press('C-s');
    screen.type('okapi');
    await screen.until(/^> the okapi question$/m);
    screen.press('Escape', 'Escape', 'Escape');
    await expectRestored(screen, box, 0);
  });

  test('Ctrl-S: the query goes through what was said, and back', async () => {
    using box = home(12);
    using screen = await shellWithPicker(build, box, { shows: 'Title 12' });
    screen.type('answer of 7');
    await screen.until('nothing matches');
    screen.press('C-s');
    await screen.until((text) => /^>1\) .*Title 7\n +claude: answer of 7$/m.test(text) && text.includes('1 found'));
    screen.press('BSpace', 'BSpace');
    const text = await screen.until((shown) => shown.includes('12 found') && shown.includes('answer of 5'));
    expect([...text.matchAll(/Title (\d+)\n +claude: answer of \1$/gm)].map(([, n]) => Number(n)).slice(0, 5)).toEqual([
      1, 2, 3, 4, 5,
    ]);
    screen.press('Down', 'Down');
    await screen.until(/^> ?3\) .*Title 3$/m);
    screen.press('Escape');
    await screen.until('nothing matches');
    screen.press('C-s');
    await screen.until(/^> ?1\) .*Title 1$/m);
    screen.press('Down', 'Enter');
    await expectRestored(screen, box, 0);
    expect(called(box)).toBe(`claude --resume ${box.ids[1]} in work`);
  });

  test('the marker moves, and Enter resumes what it stands on', async () => {
    using box = home(5);
    using screen = await shellWithPicker(build, box);
    screen.press('Down');
    await screen.until(/^>2\)/m);
    await screen.until((text) => text.includes('> opening words 2') && text.includes('answer of 2'));
    screen.press('C-j');
    await screen.until(/^>3\)/m);
    await screen.until('Enter resume');
    screen.press('Enter');
    await expectRestored(screen, box, 0);
    expect(called(box)).toBe(`claude --resume ${box.ids[2]} in work`);
  });

  test('Ctrl-F forks, Ctrl-N starts anew in the directory of the marked row', async () => {
    using box = home(3);
    using screen = await shellWithPicker(build, box);
    screen.press('Down', 'Down', 'C-f');
    await expectRestored(screen, box, 0);
    expect(called(box)).toBe(`claude --resume ${box.ids[2]} --fork-session in work`);
    screen.line(`${quoted(build)}; echo "again $?"`);
    await screen.until('? keys');
    screen.press('C-n');
    await screen.until('again 0');
    expect(called(box)).toMatch(/^claude {2}in work$/);
  });

  test('Ctrl-T opens it in tmux', async () => {
    using box = home(3);
    const claude = '#!/bin/sh\nclear\necho "claude $* in $(basename "$PWD")"\nexec sleep 600\n';
    writeFileSync(join(box.home, 'bin', 'claude'), claude);
    using screen = await shellWithPicker(build, box);
    try {
      screen.press('Down', 'C-t');
      await screen.until((text) => text.startsWith(`claude --resume ${box.ids[1]} in work\n`));
      screen.press('C-b', 'd');
      await expectRestored(screen, box, 0);
    } finally {
      spawnSync('tmux', ['kill-server'], { env: box.env });
    }
  });

  test('a verb whose words fit several is carried out on the picked one, with its flags', async () => {
    using box = home(12);
    using screen = await shellWithPicker(build, box, { command: 'fork title 1', shows: 'fork which?' });
    await screen.until((text) => text.includes('fork> title 1') && text.includes('4 of 12'));
    screen.press('Down', 'Enter');
    await expectRestored(screen, box, 0);
    expect(called(box)).toBe(`claude --resume ${box.ids[9]} --fork-session in work`);
  });

  test('letters and pasted text filter and never act', async () => {
    using box = home(3);
    using screen = await shellWithPicker(build, box);
    screen.type('notes');
    await screen.until('nothing matches');
    screen.press('Escape');
    await screen.until('3 sessions');
    screen.paste('2\rqn\x03\n');
    await screen.until('> 2 qn');
    screen.press('C-u', 'Escape');
    await expectRestored(screen, box, 0);
    expect(called(box)).toBe('');
  });

  test('a row that was looked at for two seconds counts as seen', async () => {
    using box = home(1);
    mkdirSync(join(box.env.XDG_STATE_HOME!, 'wt'), { mode: 0o700 });
    writeFileSync(join(box.env.XDG_STATE_HOME!, 'wt', 'marks'), '{"since":1,"seen":{},"done":{}}\n', { mode: 0o600 });
    const writer = new Writer({ cwd: box.home, at: Date.now() - hour });
    const records = [writer.prompt('hello'), writer.text('hi'), writer.aiTitle('Finished')];
    transcript(box.conf, { cwd: box.home, id: writer.id, records });
    using screen = await shellWithPicker(build, box, { shows: /^>1\) ✓ .*Finished$/m });
    await screen.until(/^>1\) ⧗ .*Finished$/m);
    screen.press('Escape');
    await expectRestored(screen, box, 0);
    screen.line(`${quoted(build)} --list`);
    await screen.until(/^ 1\) ⧗ .*Finished$/m);
  });

  test('the preview scrolls back to the beginning of a long conversation', async () => {
    using box = home(1);
    const writer = new Writer({ cwd: box.home, at: Date.now() - hour });
    const talk = Array.from({ length: 300 }, (_, n) => [
      writer.prompt(`question ${n}`),
      writer.text(`reply ${n} ${'x '.repeat(300)}`),
    ]);
    transcript(box.conf, { cwd: box.home, id: writer.id, records: [...talk.flat(), writer.aiTitle('Long talk')] });
    using screen = await shellWithPicker(build, box, { shows: /^>1\) .*Long talk$/m });
    await screen.until('reply 299');
    screen.press('Tab');
    for (let i = 0; i < 12; i++) screen.press(...Array<string>(100).fill('S-Up'));
    await screen.until('> question 0', 30_000);
    screen.press('Down', 'Escape');
    // Hundreds of keys may be waiting in front of these.
    await screen.until('status 0\n', 60_000);
    await expectRestored(screen, box, 0);
  });

  test('the filter narrows as it is typed; Escape brings all back', async () => {
    using box = home(12);
    using screen = await shellWithPicker(build, box, { shows: 'Title 12' });
    screen.type('zeb');
    await screen.until((text) => text.includes('> zeb') && text.includes('Title 2') && !text.includes('Title 12'));
    screen.press('Escape');
    await screen.until('Title 12');
    screen.type('opening 12');
    await screen.until(/^>1\) .*Title 12$/m);
    screen.press('Enter');
    await expectRestored(screen, box, 0);
    expect(called(box)).toBe(`claude --resume ${box.ids[11]} in work`);
  });

  test('an archived session goes, and undo brings it back; the picker stays', async () => {
    using box = home(3);
    using screen = await shellWithPicker(build, box);
    screen.press('Down', 'C-x');
    await screen.until((text) => text.includes('archived: Title 2') && !/\) .*Title 2$/m.test(text));
    expect(existsSync(box.paths[1]!)).toBe(false);
    await screen.until('^Z undo');
    screen.press('C-z');
    await screen.until(/^>2\) .*Title 2$/m);
    expect(existsSync(box.paths[1]!)).toBe(true);
    screen.press('Escape');
    await expectRestored(screen, box, 0);
  });

  test('a live session is not archived: the sentence says why, and the picker goes on', async () => {
    using box = home(3);
    using process = holder();
    registryRecord(box.conf, { pid: process.pid, sessionId: box.ids[0]!, cwd: box.home, status: 'busy' });
    using screen = await shellWithPicker(build, box);
    screen.press('Home', 'C-x');
    await screen.until(`can't archive ${box.ids[0]!.slice(0, 8)}`);
    expect(existsSync(box.paths[0]!)).toBe(true);
    screen.press('C-s');
    await screen.until(/^said>/m);
    screen.press('Escape');
    await screen.until((text) => !/^said>/m.test(text));
    screen.press('Escape');
    await expectRestored(screen, box, 0);
    expect(called(box)).toBe('');
  });

  test('live rows are kept true, and the marker stays on its session', async () => {
    using box = home(5);
    using process: Holder = holder();
    const record = (status: string, more = {}) =>
      registryRecord(box.conf, { pid: process.pid, sessionId: box.ids[3]!, cwd: box.home, status, ...more });
    using screen = await shellWithPicker(build, box);
    screen.press('Down');
    await screen.until(/^>2\) .*Title 2$/m);
    record('busy');
    await screen.until(/^ 1\) ● .*Title 4$/m);
    await screen.until(/^>3\) .*Title 2$/m);
    record('waiting', { waitingFor: 'permission prompt' });
    await screen.until(/^ 1\) ! .*Title 4/m);
    await process.kill();
    await screen.until(/^ 4\) · .*Title 4$/m);
    await screen.until(/^>2\) .*Title 2$/m);
    screen.press('Escape');
    await expectRestored(screen, box, 0);
  });

  test('a session that begins meanwhile appears', async () => {
    using box = home(2);
    using screen = await shellWithPicker(build, box);
    const writer = new Writer({ cwd: box.home });
    const records = [writer.prompt('hello'), writer.text('hi'), writer.aiTitle('Born just now')];
    transcript(box.conf, { cwd: box.home, id: writer.id, records });
    await screen.until(/^ 1\) .*Born just now$/m);
    screen.press('Escape');
    await expectRestored(screen, box, 0);
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends it and the terminal is as it was', async (signal, status) => {
    using box = home(3);
    using screen = await shellWithPicker(build, box);
    process.kill(await pidOf(build, box), signal);
    await expectRestored(screen, box, status);
  });

  test('stopped from outside it gives the terminal back, fg takes it again', async () => {
    using box = home(3);
    using screen = await shellWithPicker(build, box);
    process.kill(await pidOf(build, box), 'SIGTSTP');
    await screen.until('Stopped');
    screen.line('stty -a >stopped; echo "the shell has it"');
    await screen.until(/^the shell has it$/m);
    expect(settings(box, 'stopped')).toBe(settings(box, 'before'));
    screen.line('fg');
    await screen.until('? keys');
    screen.press('Down');
    await screen.until(/^>2\)/m);
    screen.press('Escape');
    await screen.until((text) => !text.includes('? keys') && text.endsWith('shell$'));
    screen.line('stty -a >finally');
    await until(() => settings(box, 'finally') !== '', 'the shell goes on');
    expect(settings(box, 'finally')).toBe(settings(box, 'before'));
  });

  test('its numbers stay good after it has closed, for what was on the screen', async () => {
    using box = home(12);
    using screen = await shellWithPicker(build, box, { shows: 'Title 12' });
    screen.type('title 1');
    await screen.until((text) => !text.includes('Title 2\n'));
    screen.press('Enter');
    await expectRestored(screen, box, 0);
    screen.line(`${quoted(build)} --dry-run resume 2`);
    await screen.until(`claude --resume '${box.ids[9]}'`);
    screen.line(`${quoted(build)} --dry-run resume 5`);
    await screen.until('there is no row 5');
  });

  test('words that fit several sessions open it filtered', async () => {
    using box = home(12);
    using screen = Screen.start(box, ['bash', '--norc'], { env: { ...box.env, PS1: 'shell$ ' }, columns: 90 });
    await screen.until('shell$');
    screen.line(`${quoted(build)} title 1; echo "status $?"`);
    await screen.until((text) => text.includes('4 of 12') && text.includes('> title 1'));
    screen.press('Down', 'Down', 'Enter');
    await screen.until('status 0');
    expect(called(box)).toBe(`claude --resume ${box.ids[10]} in work`);
  });

  test('what is typed behind the last key is the shell’s', async () => {
    using box = home(3);
    using screen = await shellWithPicker(build, box);
    screen.press('C-u', 'Enter');
    screen.type('echo not "eat"en\r');
    await screen.until(/^not eaten$/m);
  });

  test('opened by the hook, it leaves typed input alone, a line that has no end yet, too', async () => {
    using box = home(3);
    for (const typed of ['echo "for the"', 'echo "for the" shell\r']) {
      const screen = Screen.start(box, ['bash', '--norc'], { env: { ...box.env, PS1: 'shell$ ' } });
      await screen.until('shell$');
      screen.line(`until [ -e go ]; do sleep 0.05; done; ${quoted(build)} --pick; echo "status $?"`);
      await screen.until(/^shell\$ until/m);
      screen.type(typed);
      await screen.until(/echo "for the"( shell)?$/m);
      writeFileSync(join(box.home, 'go'), '');
      await screen.until(/status 0$/m);
      if (!typed.endsWith('\r')) screen.line(' shell');
      await screen.until(/^for the shell$/m);
      screen[Symbol.dispose]();
      spawnSync('rm', ['-f', join(box.home, 'go')]);
    }
    expect(called(box)).toBe('');
  });

  test('opened by the hook with nothing typed, it shows the rows, marks none, and Enter leaves', async () => {
    using box = home(3);
    using screen = await shellWithPicker(build, box, { command: '--pick' });
    const text = await screen.until('Enter shell');
    expect(text).not.toMatch(/^>\d/m);
    screen.press('Enter');
    await expectRestored(screen, box, 0);
  });

  test('opened by hand it marks the first row, whatever the hook is told by WT_PICK', async () => {
    using box = home(3);
    using screen = await shellWithPicker(build, box, { before: 'WT_PICK=1 ' });
    await screen.until(/^>1\)/m);
    screen.press('Escape');
    await expectRestored(screen, box, 0);
  });

  test('every size down to twenty columns and six rows', async () => {
    using box = home(12);
    using screen = await shellWithPicker(build, box, { shows: 'Title 12' });
    screen.press('End');
    await screen.until(/^>12\)/m);
    for (const [columns, rows] of [
      [20, 6],
      [150, 12],
      [40, 40],
      [20, 6],
    ] as const) {
      screen.resize(columns, rows);
      const text = await screen.until((shown) => fits(shown, columns, rows));
      expect(text).toMatch(/^>12\)/m);
    }
    screen.press('Home');
    await screen.until(/^> 1\)/m);
    screen.press('Escape');
    await expectRestored(screen, box, 0);
  });

  test('ten thousand sessions: the last one, the only match, the first one', async () => {
    using box = home(10_000);
    using screen = await shellWithPicker(build, box, { shows: /10000 sessions$/m });
    screen.press('End');
    await screen.until(/^>10000\) .*Title 10000\b/m);
    screen.press('PPage');
    await screen.until((text) => !/^>10000\)/m.test(text));
    screen.type('opening 7777');
    await screen.until(/^>1\) .*Title 7777\b/m);
    screen.press('Escape', 'Home');
    await screen.until(/^> {4}1\) .*Title 1$/m);
    screen.press('Escape');
    await expectRestored(screen, box, 0);
  }, 180_000);

  test('when the terminal goes, it goes too', async () => {
    using box = home(3);
    const screen = await shellWithPicker(build, box);
    const pid = await pidOf(build, box);
    screen[Symbol.dispose]();
    await until(() => !existsSync(`/proc/${pid}`), `process ${pid} has ended`);
  });
});

/** Whether a screen is drawn for that size: the keys on its last line, nothing wrapped. */
function fits(shown: string, columns: number, rows: number): boolean {
  const lines = shown.split('\n').slice(-rows);
  return lines.length === rows && /keys$/.test(lines.at(-1)!) && lines.every((line) => [...line].length <= columns);
}

describe.skipIf(lacks('tmux')).each(builds)('the picker by lines, of the $name build', (build) => {
  const start = (box: Scratch, terminal = 'dumb') =>
    Screen.start(box, ['sh', '-c', `${quoted(build)}; echo "status $?"; exec cat`], {
      env: { ...box.env, TERM: terminal },
    });

  test.each(['dumb', ''])('with TERM=%s a number and Enter resume', async (terminal) => {
    using box = home(12);
    using screen = start(box, terminal);
    const text = await screen.until(/^> $|^>$/m);
    expect(text).toMatch(/^ {2}1\) · .*Title 1$/m);
    expect(text).not.toContain('\x1b');
    screen.line('2');
    await screen.until(/^(> )?status 0$/m);
    expect(called(box)).toBe(`claude --resume ${box.ids[1]} in work`);
  });

  test('a letter before a number says what to do, words filter', async () => {
    using box = home(12);
    using screen = start(box);
    await screen.until(/^>$/m);
    screen.line('99');
    await screen.until('there is no row 99');
    screen.line('zebra');
    await screen.until(/^ 1\) .*Title 2$/m);
    screen.line('x1');
    await screen.until(`archived ${box.ids[1]!.slice(0, 8)}`);
    expect(existsSync(box.paths[1]!)).toBe(false);
    screen.line('z');
    await screen.until(`restored ${box.ids[1]!.slice(0, 8)}`);
    expect(existsSync(box.paths[1]!)).toBe(true);
    screen.line('/');
    await screen.until((text) => text.split('\n> /\n')[1]?.includes('Title 12') === true);
    screen.line('f12');
    await screen.until(/^(> )?status 0$/m);
    expect(called(box)).toBe(`claude --resume ${box.ids[11]} --fork-session in work`);
  });

  test.each(['', 'q'])('the line %j leaves', async (line) => {
    using box = home(2);
    using screen = start(box);
    await screen.until(/^>$/m);
    screen.line(line);
    await screen.until(/^(> )?status 0$/m);
    expect(called(box)).toBe('');
  });

  test('the end of the input leaves', async () => {
    using box = home(2);
    using screen = start(box);
    await screen.until(/^>$/m);
    screen.press('C-d');
    await screen.until(/^(> )?status 0$/m);
  });
});
