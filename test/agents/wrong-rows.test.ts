import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { processStat } from '../support/claude-home.ts';
import { codexFolder, fakeCodex, lockFile, threadId, writeDaemonRecord } from '../support/codex-home.ts';
import { id } from '../support/fake-claude.ts';
import { allClosed, type Box, box, copilotFolder, ses, states } from '../support/four-agents.ts';
import { hostileText } from '../support/hostile.ts';
import { confuse, damage } from '../support/mutate.ts';
import { answer, databaseOf, opencodeSessions, prompt } from '../support/opencode-home.ts';
import { isRoot, ordinaryUser } from '../support/other-user.ts';
import { random, runSeed } from '../support/random.ts';
import { faultIn } from '../support/safe-output.ts';
import { hasFlock, idling, locking, renamed } from '../support/stand-in.ts';
import { report, rowOf } from '../support/told.ts';
import { type Build, builds, wt } from '../support/wt.ts';

// Whatever lies and runs on a box beside the sessions of Codex, Copilot, OpenCode and Gemini CLI: each row stays true, or is
// unknown for a reason.

/** Whether a namespace of processes is to be had here. */
const hasNamespaces = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0;

/** A pid that nobody has, for none is as large. */
const nobody = 2 ** 22 + 7;

describe.each(builds)('$name', (build) => {
  test(`locks and records that were left behind, with pids that are others' by now (seed ${runSeed})`, async () => {
    using home = box();
    const chance = random(runSeed);
    using other = await idling(home, 'sleep', { cwd: home.project });
    const own = processStat(process.pid)!.start;
    for (let round = 0; round < 4; round++) {
      const pids = [nobody, 1, process.pid, other.pid, 0, -1];
      for (const n of [1, 2, 3]) {
        lockFile(home, threadId(n));
        const folder = copilotFolder(home, n);
        for (const name of readdirSync(folder)) if (name.startsWith('inuse')) rmSync(join(folder, name));
        const pid = chance.pick(pids);
        for (const kind of ['hold', 'lock']) writeFileSync(join(folder, `inuse.${pid}.${kind}`), `${pid}`);
      }
      // The record of the server in the background: of a process that is no Codex, of another start, of another boot.
      const boot = chance.pick([undefined, '00000000-0000-0000-0000-000000000000']);
      writeDaemonRecord(home, chance.pick(pids), Number(chance.pick([own, `${own}0`, '7'])), boot);
      const noted = Object.fromEntries([1, 2, 3].map((n) => [id(n), { working: chance.chance(0.5) }]));
      writeFileSync(join(home.home, '.copilot', 'open-sessions-state.json'), JSON.stringify(noted));
      for (const n of [1, 2, 3])
        utimesSync(join(copilotFolder(home, n), 'events.jsonl'), home.at / 1000, home.at / 1000);
      expect(states(build, home)).toEqual(allClosed(build));
    }
  });

  test.runIf(hasFlock)('who holds what: the truth of each, or unknown', async () => {
    using home = box();
    const hold = (n: number) => {
      writeFileSync(join(copilotFolder(home, n), `inuse.${nobody}.hold`), '');
      return join(copilotFolder(home, n), `inuse.${nobody}.hold`);
    };
    using _codex = await fakeCodex(home, { locks: [lockFile(home, threadId(1))] });
    // A lock that is held by what is no Codex, no Copilot: renamed, or a backup.
    using _otherCodex = await fakeCodex(home, { locks: [lockFile(home, threadId(2))], name: 'backup' });
    using _copilot = await locking(home, 'copilot', hold(1));
    using _otherCopilot = await locking(home, 'backup', hold(2));
    // Copilots, and what is locked has the name of a hold, in another place.
    const apart = join(copilotFolder(home, 3), 'files');
    mkdirSync(apart);
    writeFileSync(join(apart, 'inuse.7.hold'), '');
    using _apart = await locking(home, 'copilot', join(apart, 'inuse.7.hold'), { cwd: '/' });
    const all = report(build, home);
    const state = (session: string) => rowOf(all, session)?.state;
    expect([1, 2, 3].map((n) => state(threadId(n)))).toEqual(['live', 'unknown', 'waiting']);
    expect([1, 2, 3].map((n) => state(id(n)))).toEqual(['live', 'unknown', 'waiting']);
    const resume = (session: string) => wt(build, ['resume', session], home).stderr;
    for (const session of [threadId(2), id(2)])
      expect(resume(session)).toMatch(/its lock is held: process \d+ took it/);
  });

  test.runIf(isRoot && hasFlock)("another user's processes that hold sessions: unknown, and why", async () => {
    using home = box();
    const hold = join(copilotFolder(home, 1), 'inuse.1.hold');
    writeFileSync(hold, '');
    using _copilot = await locking(home, 'copilot', hold);
    using _codex = await fakeCodex(home, { locks: [lockFile(home, threadId(1))] });
    const { wrap, builds: copies } = ordinaryUser(home);
    // One that has the database open, as OpenCode has it: SQLite keeps a lock on it.
    using database = await keepingOpen(home);
    const since = Date.now() / 1000 + 5;
    const copy = copies.find(({ name }) => name === build.name)!;
    const own: Build = { name: build.name, argv: [...wrap, ...copy.argv] as [string, ...string[]] };
    const two = (kind: string) => [kind, 'waiting 0', 'waiting 0'].toSorted();
    const sorted = () => Object.fromEntries(Object.entries(states(own, home)).map(([a, b]) => [a, b.toSorted()]));
    const { opencode, ...rest } = allClosed(build);
    expect(sorted()).toMatchObject({ ...rest, codex: two('unknown 1'), copilot: two('unknown 0') });
    expect(sorted().opencode).toEqual(opencode);
    if (build.name === 'node') return;
    // What was written since that one began may be its own.
    const messages = [prompt('newer', since * 1000), answer('ok', since * 1000)];
    opencodeSessions(home, { id: ses(2), directory: home.project, title: 'Newer', messages });
    expect(sorted().opencode).toEqual(two('unknown 0'));
    expect(wt(own, ['resume', ses(2)], home).stderr).toContain(
      `process ${database.pid} has its database open, and can't be looked into`,
    );
  });

  test.runIf(hasNamespaces && hasFlock)(
    'from inside of a container nobody can tell who holds a lock outside',
    async () => {
      using home = box();
      const hold = (n: number) => join(copilotFolder(home, n), 'inuse.7.hold');
      for (const n of [1, 2]) writeFileSync(hold(n), '');
      using _copilot = await locking(home, 'copilot', hold(1));
      using _codex = await fakeCodex(home, { locks: [lockFile(home, threadId(1))] });
      lockFile(home, threadId(2));
      const inside: Build = { name: build.name, argv: ['unshare', '--pid', '--fork', '--mount-proc', ...build.argv] };
      const recent = () => {
        const all = report(inside, home);
        return [1, 2, 3].map((n) => [rowOf(all, threadId(n))?.state, rowOf(all, id(n))?.state]);
      };
      // An hour after it was last written a session counts as closed all the same.
      expect(recent()).toEqual(Array(3).fill(['waiting', 'waiting']));
      for (const path of home.files) utimesSync(path, Date.now() / 1000 - 60, Date.now() / 1000 - 60);
      const unknown = ['unknown', 'unknown'];
      expect(recent()).toEqual([unknown, unknown, ['waiting', 'waiting']]);
      expect(wt(inside, ['resume', id(2)], home).stderr).toContain("whether somebody holds it can't be seen here");
    },
  );

  test(`torn transcripts, and such as hold anything (seed ${runSeed})`, () => {
    using home = box();
    const chance = random(runSeed + 1);
    const whole = home.files.map((path) => readFileSync(path));
    const known = new Set([1, 2, 3].flatMap((n) => [threadId(n), id(n), ses(n)]));
    for (let round = 0; round < 6; round++) {
      for (const [place, path] of home.files.entries()) {
        const bytes = chance.chance(0.5) ? damage(chance, whole[place]!) : confused(whole[place]!, round * 100 + place);
        writeFileSync(path, bytes);
        utimesSync(path, home.at / 1000, home.at / 1000);
      }
      const all = report(build, home);
      expect(all.skipped).toBe(0);
      for (const row of all.sessions) {
        expect(known.has(row.id) || row.agent === 'gemini').toBe(true);
        expect([row.processes, row.activity]).toEqual([[], null]);
        expect(['waiting', 'idle']).toContain(row.state);
      }
    }
  });

  test(`titles are text, whatever stands in them (seed ${runSeed})`, () => {
    const chance = random(runSeed + 3);
    using home = box((what) => `${hostileText(chance)} ${what}\u001b]0;owned\u0007\u202e$(touch pwned)\u009b2J`);
    const names = [1, 2, 3].map((n) => ({ id: threadId(n), thread_name: `\u001b[2J${hostileText(chance)}\u0007` }));
    writeFileSync(join(codexFolder(home), 'session_index.jsonl'), names.map((one) => JSON.stringify(one)).join('\n'));
    const rows = report(build, home).sessions;
    expect(rows).toHaveLength(build.name === 'native' ? 12 : 9);
    const some = rows.filter(({ id: one }) => one.endsWith('1')).map((row) => ['show', row.id]);
    for (const args of [['--list'], ['--greet'], ['--json', '--all'], ['doctor'], ['find', 'ok'], ...some]) {
      const { stdout, stderr } = wt(build, args, home, { env: { COLUMNS: '100' } });
      expect([args, faultIn(Buffer.from(stdout + stderr))]).toEqual([args, null]);
    }
    expect([home.home, home.project].some((folder) => existsSync(join(folder, 'pwned')))).toBe(false);
  });
});

/** What may have become of OpenCode's database. */
const broken: Record<string, (path: string, chance: ReturnType<typeof random>) => void> = {
  empty: (path) => writeFileSync(path, ''),
  garbage: (path, chance) => writeFileSync(path, Buffer.from(chance.hex(20_000), 'hex')),
  'a folder': (path) => {
    rmSync(path);
    mkdirSync(path);
  },
  'a link to itself': (path) => {
    rmSync(path);
    symlinkSync(path, path);
  },
  'a device': (path) => {
    rmSync(path);
    symlinkSync('/dev/zero', path);
  },
  'a header alone': (path) => truncateSync(path, 100),
  torn: (path, chance) => truncateSync(path, chance.int(101, statSync(path).size - 1)),
  'half of its pages': (path) => truncateSync(path, Math.floor(statSync(path).size / 8192) * 4096),
  'another program’s': (path) => {
    for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true });
    writeFileSync(path, readFileSync('/proc/self/exe').subarray(0, 100_000));
  },
  'beside a torn -wal': (path, chance) => writeFileSync(`${path}-wal`, Buffer.from(chance.hex(9000), 'hex')),
  'beside a torn -shm': (path, chance) => writeFileSync(`${path}-shm`, Buffer.from(chance.hex(32_768), 'hex')),
  'beside a -wal that is a folder': (path) => {
    rmSync(`${path}-wal`, { force: true });
    mkdirSync(`${path}-wal`);
  },
  unreadable: (path) => chmodSync(path, 0),
};

// The native build alone reads databases.
test.each(Object.keys(broken))('a database that is %s', (kind) => {
  using home = box();
  const native = builds[0]!;
  broken[kind]!(databaseOf(home), random(runSeed + 2));
  const all = report(native, home);
  for (const row of all.sessions) expect([row.agent, row.state, row.processes]).toEqual([row.agent, 'waiting', []]);
  const others = all.sessions.filter(({ agent }) => agent !== 'opencode');
  const known = [1, 2, 3].map(ses);
  expect(others).toHaveLength(9);
  expect(all.sessions.filter((row) => !others.includes(row) && !known.includes(row.id))).toEqual([]);
  const greeting = wt(native, ['--greet'], home);
  expect([greeting.status, greeting.stderr]).toEqual([0, '']);
});

/** Lines of which some values are others, or are gone. */
function confused(bytes: Buffer, seed: number): string {
  const chance = random(runSeed + seed);
  const lines = bytes.toString().split('\n').filter(Boolean);
  return lines.map((line) => `${JSON.stringify(confuse(chance, JSON.parse(line), 0.05))}\n`).join('');
}

/** A process of this user's under OpenCode's name that has the database open. */
async function keepingOpen(home: Box): Promise<{ pid: number } & Disposable> {
  const path = databaseOf(home);
  const script = `import { Database } from 'bun:sqlite';
    const database = new Database('${path}');
    database.query('SELECT count(*) FROM session').all();
    console.log('open');
    setInterval(() => database.filename, 1000);`;
  const bun = renamed(home, join(process.cwd(), 'node_modules', '.bin', 'bun'), 'opencode');
  const child = spawn(bun, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return { pid: child.pid!, [Symbol.dispose]: () => void child.kill('SIGKILL') };
}
