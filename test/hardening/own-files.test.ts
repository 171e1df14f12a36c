import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checksum } from '../../src/machine/checksum.ts';
import { readWorld } from '../../src/screen/read-world.ts';
import { type Holder, holder, registryRecord, transcript, Writer } from '../support/claude-home.ts';
import { FakeClaude } from '../support/fake-claude.ts';
import { jsonOf } from '../support/json-of.ts';
import { give, isRoot, ordinaryUser } from '../support/other-user.ts';
import { type Random, random, runSeed } from '../support/random.ts';
import { lacks } from '../support/tools.ts';
import { type Build, builds, type Scratch, scratch, wt } from '../support/wt.ts';

/** Lets five milliseconds pass. */
function breathe(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}

/** A home with a live session, some that wait, an old one, one that lies in two folders, and titles of every script. */
class Home {
  readonly scratch: Scratch = scratch();
  readonly ids: string[] = [];
  readonly #holder: Holder = holder();

  constructor(seed: number, sessions = 6) {
    const chance = random(seed);
    const titles = [
      'Fix the redirect',
      'Migriere die Übersicht',
      '日本語のタイトル',
      '👩‍👩‍👧 family',
      'नमस्ते दुनिया',
      'plain',
    ];
    for (const [n, title] of titles.slice(0, sessions).entries()) {
      const id = chance.uuid();
      const at = Date.now() - [60_000, 7_200_000, 3_600_000, 80_000_000, 200_000_000, 9_000_000][n]!;
      const cwd = join(this.scratch.home, n % 2 === 0 ? 'api' : 'notes');
      mkdirSync(cwd, { recursive: true });
      const writer = new Writer({ id, cwd, at, uuid: () => chance.uuid() });
      const records = [writer.prompt(`prompt of ${title}`), writer.text('Done.'), writer.aiTitle(title)];
      transcript(this.scratch.conf, { cwd, id, records, mtime: at + 5000 });
      if (n === 3) transcript(this.scratch.conf, { cwd: '/moved', id, records, mtime: at - 90_000 });
      this.ids.push(id);
    }
    for (const name of readdirSync(join(this.scratch.conf, 'projects'))) {
      // Listed folders are believed only when they have been at rest for some ticks of the clock.
      const { ctimeMs } = statSync(join(this.scratch.conf, 'projects', name));
      while (Date.now() - ctimeMs <= (ctimeMs % 1000 === 0 ? 2000 : 20)) breathe();
    }
    const status = { status: 'waiting', waitingFor: 'permission prompt' };
    registryRecord(this.scratch.conf, { pid: this.#holder.pid, sessionId: this.ids[0]!, ...status });
    writeFileSync(join(this.scratch.conf, 'sessions', `${this.#holder.pid}.${chance.hex(64)}.key`), 'secret', {
      mode: 0o600,
    });
    writeFileSync(join(this.scratch.conf, '.credentials.json'), '{"secret":1}', { mode: 0o600 });
    new FakeClaude(this.scratch);
  }

  get folders(): string[] {
    const { XDG_CACHE_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR } = this.scratch.env;
    return [XDG_CACHE_HOME!, XDG_STATE_HOME!, XDG_RUNTIME_DIR!].map((folder) => join(folder, 'wt'));
  }

  /** The files of wt's own that are there. */
  ownFiles(): string[] {
    return this.folders.flatMap((folder) =>
      existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [],
    );
  }

  clearOwn(): void {
    for (const folder of this.folders) rmSync(folder, { recursive: true, force: true });
  }

  end(): void {
    this.#holder[Symbol.dispose]();
    this.scratch[Symbol.dispose]();
  }
}

/** What is asked after the own files were harmed, without what time changes. */
function answersOf(build: Build, home: Scratch, wrap: string[] = []): { json: unknown; list: string } {
  const outer: Build = { name: build.name, argv: [...wrap, ...build.argv] as [string, ...string[]] };
  const [json, list] = [wt(outer, ['--json', '--all'], home), wt(outer, ['--list', '--all'], home)];
  for (const done of [json, list]) {
    expect(done.stderr).toBe('');
    expect(done.status).toBe(0);
  }
  return { json: JSON.parse(json.stdout).sessions, list: list.stdout.replaceAll(/\s+\d+[smhd]\d*h?\s/g, ' AGE ') };
}

/** What can happen to one byte. */
const harms: [string, (bytes: Buffer, at: number, chance: Random) => Buffer][] = [
  ['a flipped bit', (bytes, at, chance) => replaced(bytes, at, bytes[at]! ^ (1 << chance.int(0, 7)))],
  ['a newline', (bytes, at) => replaced(bytes, at, 0x0a)],
  ['a tab', (bytes, at) => replaced(bytes, at, 0x09)],
  ['a NUL', (bytes, at) => replaced(bytes, at, 0)],
  ['a byte less', (bytes, at) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])],
  [
    'a byte more',
    (bytes, at, chance) =>
      Buffer.concat([bytes.subarray(0, at), Buffer.from([chance.int(0, 255)]), bytes.subarray(at)]),
  ],
  ['an end', (bytes, at) => bytes.subarray(0, at)],
  ['36 bytes less', (bytes, at) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 36)])],
];

function replaced(bytes: Buffer, at: number, byte: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = byte;
  return copy;
}

describe(`own files harmed at every byte (seed ${runSeed})`, () => {
  let home: Home;
  beforeAll(() => {
    home = new Home(runSeed + 30, 4);
  });
  afterAll(() => home.end());

  test.each(['listing-', 'recent-', 'all-'])(
    '%s: the answer is the one without it',
    async (name) => {
      const chance = random(runSeed + 31);
      const answer = () => jsonOf({ ...readWorld(home.scratch.env, 'never'), now });
      const now = Date.now();
      home.clearOwn();
      const expected = await answer();
      expect(JSON.parse(expected).sessions).toHaveLength(home.ids.length);
      expect(wt(builds[0]!, ['--list'], home.scratch).status).toBe(0);
      const path = home.ownFiles().find((one) => basename(one).startsWith(name))!;
      const whole = readFileSync(path);
      const wrong: string[] = [];
      for (let at = 0; at < whole.length; at++) {
        for (const [harm, spoil] of whole.length < 1000 ? harms : [chance.pick(harms)]) {
          writeFileSync(path, spoil(whole, at, chance), { mode: 0o600 });
          if (wrong.length < 20 && (await answer()) !== expected)
            wrong.push(`${harm} at byte ${at} of ${whole.length}`);
        }
      }
      expect(wrong).toEqual([]);
    },
    120_000,
  );

  describe.each(builds)('$name', (build) => {
    test('every file at every so many bytes, through the program', () => {
      const chance = random(runSeed + 32);
      home.clearOwn();
      const env = { WT_GREET_ROWS: '20' };
      const expected = answersOf(build, home.scratch);
      wt(build, ['--greet'], home.scratch, { env });
      const files = home.ownFiles();
      const names = files.map((path) => basename(path).replace(/-.*/, ''));
      expect(names).toEqual(expect.arrayContaining(['all', 'brief', 'listing', 'marks', 'recent', 'rows']));
      const wholes = new Map(files.map((path) => [path, readFileSync(path)]));
      const steps = build.name === 'native' ? 12 : 4;
      for (let step = 0; step < steps; step++) {
        for (const [path, whole] of wholes) {
          const [, spoil] = chance.pick(harms);
          writeFileSync(path, spoil(whole, chance.int(0, whole.length - 1), chance), { mode: 0o600 });
        }
        expect(answersOf(build, home.scratch), `step ${step}`).toEqual(expected);
        const greeting = wt(build, ['--greet'], home.scratch, { env });
        expect(greeting.stdout).toMatch(/^ {2}watchtower · 1 needs you · \d waiting\n/);
        expect(wt(build, ['--brief'], home.scratch).stdout).toMatch(/^!1 ⧗\d\n$/);
      }
    });

    test('a harmed list of printed rows never means another session', () => {
      const chance = random(runSeed + 33);
      expect(wt(build, ['--list'], home.scratch).status).toBe(0);
      const path = home.ownFiles().find((one) => basename(one).startsWith('rows-'))!;
      const whole = readFileSync(path);
      const second = whole.toString().split('\n')[1]!;
      for (let step = 0; step < (build.name === 'native' ? 40 : 10); step++) {
        const [, spoil] = chance.pick(harms.filter(([name]) => name !== '36 bytes less'));
        writeFileSync(path, spoil(whole, chance.int(0, whole.length - 1), chance), { mode: 0o600 });
        const done = wt(build, ['fork', '2', '--dry-run'], home.scratch);
        if (done.status === 0) expect(done.stdout).toContain(`'${second}'`);
        else expect(done.stderr).toMatch(/^wt: [^\n]*\n$/);
      }
    });
  });
});

/** What else can be wrong with the places of wt's own files. Each gives what must still be there afterwards. */
const places: [string, (home: Home, chance: Random) => (() => void) | undefined][] = [
  [
    'folders that are missing, with their parents',
    (home) => {
      for (const folder of home.folders) rmSync(dirname(folder), { recursive: true, force: true });
      return undefined;
    },
  ],
  [
    'folders that everybody may write to',
    (home) => {
      home.clearOwn();
      for (const folder of home.folders) {
        mkdirSync(folder, { recursive: true });
        chmodSync(folder, 0o777);
      }
      return () => {
        for (const folder of home.folders) expect(readdirSync(folder)).toEqual([]);
      };
    },
  ],
  [
    'files that everybody may write to',
    (home) => {
      for (const path of home.ownFiles()) chmodSync(path, 0o666);
      return undefined;
    },
  ],
  [
    'folders that are links elsewhere',
    (home) => {
      for (const folder of home.folders) {
        const other = `${folder}-elsewhere`;
        rmSync(other, { recursive: true, force: true });
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(other, { recursive: true, mode: 0o700 });
        mkdirSync(dirname(folder), { recursive: true });
        symlinkSync(other, folder);
      }
      return () => {
        for (const folder of home.folders) expect(readdirSync(`${folder}-elsewhere`)).toEqual([]);
      };
    },
  ],
  [
    'files that are links to what must not be touched',
    (home) => {
      const precious = join(home.scratch.home, 'precious');
      writeFileSync(precious, 'precious\n', { mode: 0o600 });
      for (const path of home.ownFiles()) {
        rmSync(path);
        symlinkSync(precious, path);
      }
      return () => expect(readFileSync(precious, 'utf8')).toBe('precious\n');
    },
  ],
  [
    'pipes, folders and devices in the place of files',
    (home, chance) => {
      for (const path of home.ownFiles()) {
        rmSync(path);
        const kind = chance.int(0, 2);
        if (kind === 0) execFileSync('mkfifo', [path]);
        else if (kind === 1) mkdirSync(path);
        else symlinkSync('/dev/zero', path);
      }
      return undefined;
    },
  ],
  [
    'files in the place of folders',
    (home) => {
      for (const folder of home.folders) {
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(dirname(folder), { recursive: true });
        writeFileSync(folder, 'a file\n');
      }
      return () => {
        for (const folder of home.folders) expect(readFileSync(folder, 'utf8')).toBe('a file\n');
      };
    },
  ],
  [
    'files of a gigabyte',
    (home) => {
      for (const path of home.ownFiles()) execFileSync('truncate', ['-s', '1G', path]);
      return undefined;
    },
  ],
];

describe.each(builds)('$name: places that are not as they should be', (build) => {
  let home: Home;
  let expected: ReturnType<typeof answersOf>;
  beforeAll(() => {
    home = new Home(runSeed + 34);
    expected = answersOf(build, home.scratch);
  });
  afterAll(() => home.end());

  const begin = () => {
    home.clearOwn();
    for (const args of [['--json', '--all'], ['--list'], ['--greet'], ['--brief']]) wt(build, args, home.scratch);
    expect(home.ownFiles().length).toBeGreaterThanOrEqual(6);
  };
  const stillAnswers = (wrap: string[] = []) => {
    expect(answersOf(build, home.scratch, wrap)).toEqual(expected);
    for (const args of [['--greet'], ['--brief']]) {
      const done = spawnSync(
        wrap[0] ?? build.argv[0],
        [...wrap.slice(1), ...(wrap.length > 0 ? build.argv : build.argv.slice(1)), ...args],
        {
          env: home.scratch.env,
          cwd: home.scratch.home,
          encoding: 'utf8',
          input: '',
        },
      );
      expect(done.stderr).toBe('');
      expect(done.status).toBe(0);
      expect(done.stdout).not.toBe('');
    }
  };

  test.each(places)('%s', (_, spoil) => {
    begin();
    const check = spoil(home, random(runSeed + 35));
    stillAnswers();
    check?.();
  });

  test.each([0, 1])('a full disk: nothing past %d blocks of any file can be written', (blocks) => {
    begin();
    const before = new Map(home.ownFiles().map((path) => [path, readFileSync(path)]));
    for (const path of before.keys()) if (!path.includes('rows-')) writeFileSync(path, 'x', { mode: 0o600 });
    const limited = ['/bin/sh', '-c', `ulimit -f ${blocks}; exec "$@"`, 'sh'];
    stillAnswers(limited);
    const debris = home.ownFiles().filter((path) => !before.has(path));
    expect(debris).toEqual([]);
  });

  const plants: [string, boolean, (path: string) => void][] = [
    ['writable by others', false, (path) => chmodSync(path, 0o666)],
    ["another user's", !isRoot, (path) => give(path, 65534)],
  ];
  for (const [whose, skip, plant] of plants) {
    test.skipIf(skip)(`a well-made lie in a file that is ${whose} is not believed`, () => {
      begin();
      const rows = home.ownFiles().find((path) => basename(path).startsWith('rows-'))!;
      const ids = readFileSync(rows, 'utf8').trimEnd().split('\n');
      const lie = (path: string, text: string | Buffer) => {
        writeFileSync(path, text, { mode: 0o600 });
        plant(path);
      };
      lie(rows, `${ids.toReversed().join('\n')}\n`);
      const row = wt(build, ['fork', '1', '--dry-run'], home.scratch);
      expect(row.stdout).not.toContain(ids.at(-1)!);
      for (const path of home.ownFiles().filter((one) => /^(?:recent|all)-/.test(basename(one)))) {
        const bytes = readFileSync(path);
        const [heading = '', , ...lines] = bytes.toString().split('\n');
        const json = lines.join('\n');
        expect(json).toContain('Fix the redirect');
        const lying = json.replaceAll('Fix the redirect', 'Tell a password!');
        lie(path, [heading, checksum(Buffer.from(lying)), lying].join('\n'));
      }
      stillAnswers();
    });
  }

  test.skipIf(!isRoot)('files and folders of another user', () => {
    begin();
    for (const folder of home.folders) give(folder, 65534);
    const before = home.ownFiles().map((path) => readFileSync(path, 'latin1'));
    stillAnswers();
    expect(home.ownFiles().map((path) => readFileSync(path, 'latin1'))).toEqual(before);
    for (const path of home.ownFiles()) expect(lstatSync(path).uid).toBe(65534);
    home.clearOwn();
  });
});

describe('where this user may not write', () => {
  test.each(['native', 'node'])('%s answers from a home that is read-only altogether', (name) => {
    const home = new Home(runSeed + 36);
    const user = ordinaryUser(home.scratch);
    const folders = home.folders.map((folder) => dirname(folder));
    try {
      for (const folder of [...folders, home.scratch.home]) chmodSync(folder, 0o500);
      const build = user.builds.find((one) => one.name === name)!;
      const { json, list } = answersOf(build, home.scratch, user.wrap);
      expect(json).toHaveLength(home.ids.length);
      expect(list).toContain('Fix the redirect');
      expect(home.ownFiles()).toEqual([]);
    } finally {
      for (const folder of [home.scratch.home, ...folders]) chmodSync(folder, 0o700);
      home.end();
    }
  });
});

/** Every entry below a folder: kind, mode, owner, size, mtime, inode, and what it holds. */
function treeOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => {
      const path = join(folder, name);
      const stat = lstatSync(path, { bigint: true });
      const held = stat.isFile() ? readFileSync(path, 'base64') : stat.isSymbolicLink() ? readlinkSync(path) : '';
      return [name, stat.mode, stat.uid, stat.size, stat.mtimeNs, stat.ctimeNs, stat.ino, held].join(' ');
    });
}

/** Every command that may run without changing anything of Claude's. */
const harmless = (home: Home) => [
  ['--list'],
  ['--list', '--all'],
  ['--greet'],
  ['--brief'],
  ['--json', '--all'],
  ['doctor'],
  ['show', home.ids[0]!],
  ['restore'],
  ['complete', 'resume', ''],
  ['resume', home.ids[0]!],
  ['resume', home.ids[1]!],
  ['fork', home.ids[1]!],
  ['archive', home.ids[1]!, '--dry-run'],
  ['nothing', 'matches'],
];

describe.each(builds)('$name: what it leaves behind', (build) => {
  test("Claude's folder as it was; own folders 0700, own files 0600, whatever the umask", () => {
    const home = new Home(runSeed + 37);
    try {
      const before = treeOf(home.scratch.conf);
      for (const args of harmless(home)) {
        const words = ['-c', 'umask 0; exec "$@"', 'sh', ...build.argv, ...args];
        expect(
          spawnSync('/bin/sh', words, { env: home.scratch.env, cwd: home.scratch.home, input: '' }).status,
        ).not.toBeNull();
      }
      expect(treeOf(home.scratch.conf)).toEqual(before);
      expect(home.ownFiles().length).toBeGreaterThanOrEqual(6);
      for (const folder of home.folders) expect(lstatSync(folder).mode & 0o7777, folder).toBe(0o700);
      for (const path of home.ownFiles()) expect(lstatSync(path).mode & 0o7777, path).toBe(0o600);
    } finally {
      home.end();
    }
  });

  test.skipIf(lacks('strace'))(
    "keys and credentials are never opened, nothing of Claude's for writing",
    () => {
      const home = new Home(runSeed + 38);
      try {
        const log = join(home.scratch.home, 'opened');
        for (const args of harmless(home)) {
          const words = [
            '-f',
            '-qq',
            '-s',
            '4096',
            '-o',
            log,
            '-A',
            '-e',
            'trace=open,openat,openat2,creat,readlink,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,link,linkat,symlink,symlinkat',
            ...build.argv,
            ...args,
          ];
          spawnSync('strace', words, { env: home.scratch.env, cwd: home.scratch.home, input: '' });
        }
        const opened = readFileSync(log, 'utf8').split('\n');
        expect(opened.some((line) => line.includes(`${home.ids[0]}.jsonl`))).toBe(true);
        expect(opened.filter((line) => line.includes('.key') || line.includes('.credentials'))).toEqual([]);
        const ofClaude = opened.filter((line) => line.includes(home.scratch.conf));
        expect(ofClaude.length).toBeGreaterThan(10);
        expect(
          ofClaude.filter((line) =>
            /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|^\d+ +(?:creat|rename|unlink|mkdir|link|symlink)/.test(line),
          ),
        ).toEqual([]);
      } finally {
        home.end();
      }
    },
    60_000,
  );
});

describe('200 at once on a cold cache', () => {
  test('right answers, no debris', async () => {
    const home = new Home(runSeed + 39);
    try {
      const [native, node] = builds;
      const expected = answersOf(native!, home.scratch);
      home.clearOwn();
      const run = (build: Build, args: string[]) =>
        new Promise<{ status: number | null; out: string; err: string }>((resolve) => {
          const child = spawn(build.argv[0], [...build.argv.slice(1), ...args], {
            env: home.scratch.env,
            cwd: home.scratch.home,
            stdio: ['ignore', 'pipe', 'pipe'],
          });
          let [out, err] = ['', ''];
          child.stdout.on('data', (chunk) => (out += String(chunk)));
          child.stderr.on('data', (chunk) => (err += String(chunk)));
          child.once('close', (status) => resolve({ status, out, err }));
        });
      const asked = [['--json', '--all'], ['--greet'], ['--brief'], ['--list', '--all']];
      const all = await Promise.all(
        Array.from({ length: 200 }, async (_, n) => ({
          args: asked[n % 4]!,
          ...(await run(n % 10 === 9 ? node! : native!, asked[n % 4]!)),
        })),
      );
      for (const { args, status, out, err } of all) {
        expect(err).toBe('');
        expect(status).toBe(0);
        if (args[0] === '--json') expect(JSON.parse(out).sessions).toEqual(expected.json);
        if (args[0] === '--brief') expect(out).toMatch(/^!1 ⧗\d\n$/);
        if (args[0] === '--list') expect(out.replaceAll(/\s+\d+[smhd]\d*h?\s/g, ' AGE ')).toBe(expected.list);
        if (args[0] === '--greet') expect(out).toMatch(/^ {2}watchtower · 1 needs you · \d waiting\n/);
      }
      expect(
        home
          .ownFiles()
          .filter(
            (path) => !/^(?:(?:listing|recent|all|rows)-[\w-]+|brief-[\w.-]+|marks|visits)$/.test(basename(path)),
          ),
      ).toEqual([]);
      expect(answersOf(native!, home.scratch)).toEqual(expected);
      expect(answersOf(node!, home.scratch)).toEqual(expected);
    } finally {
      home.end();
    }
  }, 120_000);

  test('what a killed one left is swept by a later one', () => {
    const home = new Home(runSeed + 40);
    try {
      // A folder that has only just been made is not believed yet.
      const listing = () => home.ownFiles().find((one) => basename(one).startsWith('listing-'));
      for (const end = Date.now() + 10_000; listing() === undefined && Date.now() < end; ) {
        wt(builds[0]!, ['--list'], home.scratch);
      }
      const path = listing() ?? '';
      const old = (Date.now() - 3_600_000).toString(36);
      const [mine, theirs] = [`${path}.4242.${old}`, `${path}.notes`];
      renameSync(path, mine);
      writeFileSync(theirs, 'not of this kind', { mode: 0o600 });
      const young = `${path}.4243.${Date.now().toString(36)}`;
      writeFileSync(young, 'being written', { mode: 0o600 });
      wt(builds[0]!, ['--list'], home.scratch);
      expect([path, mine, theirs, young].map((one) => existsSync(one))).toEqual([true, false, true, true]);
    } finally {
      home.end();
    }
  });
});
