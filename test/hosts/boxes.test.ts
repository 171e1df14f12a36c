import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Holder, holder, registryRecord, sessionsFolder } from '../support/claude-home.ts';
import { FakeClaude, id, session } from '../support/fake-claude.ts';
import { kill, Lab, type LabBox, whyNoBoxes } from '../support/netns.ts';
import { Screen } from '../support/screen.ts';
import { lacks } from '../support/tools.ts';
import { builds } from '../support/wt.ts';

// Real sshd's, each in a network namespace of its own, so that links can be cut.

const why = whyNoBoxes();
const native = builds[0]!;

interface Row {
  box: string;
  state: string;
  reason: string | null;
  answeredAt: string | null;
  sessions: { id: string; title: string; state: string }[] | null;
}

/** A list of one session, as wt has it. */
const canned = `printf '%s\\n' '${JSON.stringify({
  schema: 1,
  generatedAt: '2026-11-23T09:00:00.000Z',
  counts: { needsYou: 0, live: 1, waiting: 0, idle: 0, unknown: 0 },
  sessions: [{ id: id(7), agent: 'claude', title: 'Migrate', state: 'live', activity: 'working', cwd: '/srv/app' }],
})}'`;

/** A busy machine is no reason to fail: what is not about time has this long, in seconds. */
const patient = { WT_HOSTS_TIMEOUT: '40' };

describe.skipIf(why !== null)(`boxes in network namespaces${why === null ? '' : ` (left out: ${why})`}`, () => {
  let lab: Lab;
  let held: Holder;
  let good: LabBox;
  let cheap: LabBox;

  beforeAll(async () => {
    held = holder();
    lab = new Lab();
    good = await lab.add('good', { build: native, shell: lacks('fish') ? '/bin/sh' : '/usr/bin/fish' });
    sessionsFolder(good.home.conf);
    session(good.home, { id: id(1), title: 'Fix: the $(touch pwned) \u202eredirect' });
    session(good.home, { id: id(2), title: 'Draft a post' });
    registryRecord(good.home.conf, { pid: held.pid, sessionId: id(1) });
    cheap = await lab.add('cheap', { instead: canned, settings: ['MaxSessions 2'] });
    const shell = lacks('tcsh') ? '/bin/sh' : '/usr/bin/tcsh';
    await lab.add('talks', {
      build: native,
      shell,
      instead: 'echo "Hi!"; echo "{no"; printf "no end"; eval "$as_sent"',
    });
    await lab.add('refuses', { refuses: true });
    await lab.add('deaf', { deaf: true });
    await lab.add('bare');
    await lab.add('newer', { instead: `echo '{"schema":2,"boxes":[]}'` });
    await lab.add('garbage', { instead: 'head -c 5000 /dev/urandom; exit 3' });
    await lab.add('flood', { instead: 'yes "{\\"schema\\":1" | head -c 100000000' });
    await lab.add('lists', { build: native, instead: 'WT_HOSTS=good ~/.local/bin/wt hosts --json; eval "$as_sent"' });
  });
  afterAll(() => {
    held?.[Symbol.dispose]();
    lab?.[Symbol.dispose]();
  });
  beforeEach(() => {
    for (const pid of lab.clients()) kill(pid, 'SIGKILL');
    for (const folder of ['.cache/wt', '.run/wt'])
      rmSync(join(lab.home.home, folder), { recursive: true, force: true });
  });

  /** The boxes of `wt hosts --json` by name, its exit status, and how long it took in seconds. */
  function ask(names: string[], env: Record<string, string> = {}, build = native) {
    const began = performance.now();
    const { stdout, stderr, status } = lab.wt(build, ['hosts', '--json', ...names], { env, timeout: 80_000 });
    expect(stderr).toBe('');
    const rows: Row[] = JSON.parse(stdout).boxes;
    const byName = new Map(rows.map((row) => [row.box, row]));
    return { of: (name: string) => byName.get(name)!, rows, status, took: (performance.now() - began) / 1000 };
  }

  test.each(builds)('$name: each box has its state, and silence is never no sessions', (build) => {
    lab.name('good', 'talks', 'refuses', 'deaf', 'bare', 'newer', 'garbage', 'flood', 'nowhere.invalid', 'good twice');
    const { of, status } = ask([], patient, build);
    expect(status).toBe(1);
    expect(of('good')).toMatchObject({
      state: 'answered',
      reason: null,
      sessions: [
        { id: id(1), title: 'Fix: the $(touch pwned) redirect', state: 'live' },
        { id: id(2), title: 'Draft a post' },
      ],
    });
    expect(of('twice').sessions).toEqual(of('good').sessions);
    expect(of('talks')).toMatchObject({ state: 'answered', sessions: [] });
    const silent = Object.fromEntries(
      ['refuses', 'deaf', 'bare', 'newer', 'garbage', 'flood', 'nowhere.invalid'].map((name) => {
        const { state, reason, sessions, answeredAt } = of(name);
        expect([sessions, answeredAt]).toEqual([null, null]);
        return [name, `${state}: ${reason}`];
      }),
    );
    expect(silent).toEqual({
      refuses: 'key-refused: it refuses the key',
      deaf: 'unreachable: connection refused',
      bare: 'no-wt: there is no wt on its PATH or in ~/.local/bin',
      newer: 'newer: its wt is newer than this one: update wt here',
      garbage: 'not-understood: what it answered is no list of sessions: is its wt this program?',
      flood: 'not-understood: its answer is too long to be a list of sessions',
      'nowhere.invalid': 'unreachable: its name is not known',
    });
  });

  test('as rows; a refused key is not tried again until it is asked for, and a box that was asked lists no boxes', () => {
    lab.name('cheap', 'refuses');
    const first = lab.wt(native, ['hosts'], { env: patient });
    expect([first.stderr, first.status]).toEqual(['', 1]);
    expect(first.stdout).toMatch(/^ {2}cheap {4}1 live\n 1\) ● .* app .*Migrate\n {2}refuses {2}it refuses the key\n/);
    expect(ask([], patient).of('refuses').reason).toMatch(
      /^it refused the key \d+s ago, to try again: wt hosts refuses$/,
    );
    expect(ask(['refuses'], patient).of('refuses').reason).toBe('it refuses the key');
    expect(ask(['cheap'], patient).status).toBe(0);
    lab.name('lists');
    expect(ask([], patient).of('lists')).toMatchObject({ state: 'answered' });
    const nested = lab.wt(native, ['hosts'], { env: { WT_HOSTS_ASKED: '1' } });
    expect([nested.status, nested.stdout]).toEqual([1, '']);
  });

  test('an unknown host key is said, and taken by nobody', () => {
    lab.name('cheap', 'stranger');
    const known = readFileSync(lab.knownHosts, 'utf8');
    writeFileSync(lab.knownHosts, '');
    try {
      expect(ask(['cheap'], patient).of('cheap').reason).toBe('its host key is not known here: connect with ssh once');
      expect(readFileSync(lab.knownHosts, 'utf8')).toBe('');
    } finally {
      writeFileSync(lab.knownHosts, known);
    }
  });

  test('a connection is kept for a minute, its socket for this user alone, and more than it can take is no noise', async () => {
    lab.name('cheap');
    expect(ask([], patient).status).toBe(0);
    const [socket] = lab.sockets();
    expect(lstatSync(socket!).mode & 0o777).toBe(0o600);
    expect(lstatSync(join(socket!, '..')).mode & 0o777).toBe(0o700);
    const many = await Promise.all(Array.from({ length: 5 }, () => lab.start(native, ['hosts', '--json'], patient)));
    for (const { stdout, stderr, status } of many) {
      expect([stderr, status]).toEqual(['', 0]);
      expect(JSON.parse(stdout).boxes[0].state).toBe('answered');
    }
  });

  test('a master that was killed leaves its socket, and nobody minds', () => {
    lab.name('cheap');
    expect(ask([], patient).status).toBe(0);
    for (const pid of lab.clients()) kill(pid, 'SIGKILL');
    expect(lab.sockets()).toHaveLength(1);
    expect(ask([], patient).status).toBe(0);
  });

  test('a master that hangs is waited for once, and gone then', () => {
    lab.name('cheap');
    expect(ask([], patient).status).toBe(0);
    const masters = lab.clients();
    for (const pid of masters) kill(pid, 'SIGSTOP');
    const { of, took } = ask([], { WT_HOSTS_TIMEOUT: '20' });
    expect(of('cheap'), JSON.stringify([took, of('cheap')])).toMatchObject({ state: 'answered' });
    expect(took).toBeGreaterThan(19.9);
    expect(took).toBeLessThan(41);
    expect(lab.sockets()).toEqual([]);
    expect(ask([], patient).took).toBeLessThan(8);
  });

  test('a link that was cut, behind a live master and without one: in bounded time, with the last answer', () => {
    lab.name('cheap');
    expect(ask([], patient).status).toBe(0);
    cheap.drop(true);
    try {
      const behind = ask([]);
      expect(behind.of('cheap')).toMatchObject({ state: 'unreachable', sessions: [{ id: id(7) }] });
      expect(behind.took).toBeLessThan(12);
      const without = ask([]);
      expect(without.of('cheap')).toMatchObject({
        state: 'unreachable',
        reason: 'no answer in time',
        answeredAt: behind.of('cheap').answeredAt,
      });
      expect(without.took).toBeLessThan(8);
      const { stdout } = lab.wt(native, ['hosts']);
      expect(stdout).toMatch(/^ {2}cheap {2}unreachable: no answer in time; \d+s ago: 1 live\n 1\) ●.*Migrate\n/);
    } finally {
      cheap.drop(false);
    }
    expect(ask([], patient).of('cheap').state).toBe('answered');
  });

  test('no login, list, prompt, completion or doctor asks a box', () => {
    lab.name('cheap', 'good');
    expect(ask(['cheap'], patient).status).toBe(0);
    const before = [cheap, good].map((box) => box.commands().length);
    for (const pid of lab.clients()) kill(pid, 'SIGKILL');
    const said = (args: string[], env: Record<string, string> = {}) => lab.wt(native, args, { env }).stdout;
    expect(said(['--greet'])).toBe('');
    expect(said(['--greet'], { WT_HOSTS_GREET: '1' })).toMatch(/\n {2}wt hosts: cheap ●1 \(\d+s ago\)\n$/);
    for (const args of [['--brief'], ['--list'], ['--json']]) expect(said(args)).not.toContain('cheap');
    expect(said(['complete', 'ch'])).toContain('cheap:\t');
    expect(said(['complete', 'resume', 'ch'])).toContain('cheap:\t');
    expect(said(['complete', 'hosts', ''])).toBe('cheap\ngood\n');
    expect(said(['doctor'])).toMatch(/\nboxes\n .*2 boxes: .*\n .*cheap: answered, \d+s ago\n .*good: not asked yet\n/);
    expect([cheap, good].map((box) => box.commands().length)).toEqual(before);
  });

  test('on a terminal: at once what is known, then each answer in its place', async () => {
    lab.name('cheap', 'good');
    expect(ask(['cheap'], patient).status).toBe(0);
    good.drop(true);
    using screen = Screen.start(lab.home, lab.within(native).argv.concat('hosts'), {
      env: { ...lab.home.env, ...patient },
    });
    try {
      const first = await screen.until('good   asking', 60_000);
      expect(first).toMatch(/^ {2}cheap {2}(?:asking; \d+s ago: )?1 live$/m);
    } finally {
      good.drop(false);
    }
    const last = await screen.until('to go there: wt cheap:1', 60_000);
    await screen.until((text) => !text.includes('asking'), 60_000);
    expect(last.match(/cheap /g)).toHaveLength(1);
    expect(await screen.until('Fix: the', 60_000)).toMatch(
      /^ {2}cheap {2}1 live\n 1\) .*Migrate\n {2}good {3}1 live · 1 waiting\n/,
    );
  });

  test('goes to the row that was seen there, and hands words on without a shell', async () => {
    lab.name('good', 'cheap elsewhere:2');
    const claude = new FakeClaude(good.home);
    symlinkSync(join(claude.folder, 'claude'), join(good.home.home, '.local', 'bin', 'claude'));
    const env = { ...lab.home.env, ...patient, PS1: 'here$ ' };
    using screen = Screen.start(
      lab.home,
      lab.within({ name: 'native', argv: ['bash', '--norc', '--noprofile', '-i'] }).argv,
      { env },
    );
    await screen.until('here$');
    const wt = native.argv[0];
    screen.line(`${wt} good:1`);
    await screen.until('there is no row 1: no rows of good were last printed on this terminal: wt good:');
    screen.line(`${wt} good:`);
    await screen.until(/2\) .*Draft a post[\s\S]*here\$$/, 60_000);
    screen.line(`clear; ${wt} good:2 --dry-run; echo status $?`);
    const dry = await screen.until('status 0');
    expect(dry).toMatch(/exec ssh -t '-oControlPath=none' '-oRemoteCommand=none' -- good 'sh -c /);
    expect(dry).toContain(id(2));
    screen.line(`clear; ${wt} good:3; ${wt} done good:1; ${wt} resume good:`);
    const refused = await screen.until('which session of good?');
    expect(refused).toContain('there is no row 3: 2 rows of good were last printed');
    expect(refused).toContain('wt done is for the sessions of this box');
    screen.line(`clear; ${wt} resume good:2 -- --model 'it'\\''s $(touch pwned)'; echo ended $?`);
    await screen.until(/ended \d/, 60_000);
    expect(claude.seen().argv).toEqual(['--resume', id(2), '--model', "it's $(touch pwned)"]);
    screen.line(`clear; ${wt} 'good:; touch pwned; $(touch pwned) \`touch pwned\`' "'"; echo ended $?`);
    expect(await screen.until(/ended \d/, 60_000)).toContain('no session matches');
    screen.line(`clear; ${wt} show good:draft | cat; echo ended $?`);
    expect(await screen.until(/ended \d/, 60_000)).toContain('Draft a post');
    for (const { home } of [good, lab]) expect(readdirSync(home.home)).not.toContain('pwned');
    expect(existsSync('pwned')).toBe(false);
    // A colon alone makes no box.
    screen.line(`clear; ${wt} Good:2; ${wt} fix: login; echo ended $?`);
    const words = await screen.until(/ended \d/);
    expect(words).toContain('no session matches Good:2');
    expect(words).toContain('no session matches fix: login');
  });

  test('Ctrl-C ends all that was started', async () => {
    lab.name('good');
    good.drop(true);
    try {
      using screen = Screen.start(lab.home, lab.within(native).argv.concat('hosts'), {
        env: { ...lab.home.env, ...patient },
      });
      await screen.until('asking', 30_000);
      await screen.until(() => lab.clients().length > 0, 30_000);
      screen.press('C-c');
      await screen.until(() => lab.clients().length === 0, 30_000);
    } finally {
      good.drop(false);
    }
  });
});
