import {
  appendFileSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import {
  customTitleFile,
  type Holder,
  holder,
  registryRecord,
  sessionsFolder,
  transcript,
  transcriptBytes,
  Writer,
} from '../support/claude-home.ts';
import { type Random, random, runSeed } from '../support/random.ts';
import { randomTranscript } from '../support/random-transcript.ts';
import { type Build, builds, type Scratch, scratch, wt } from '../support/wt.ts';

// What wt keeps from one run to the next must never be seen: after every change, of files or of folders, at whatever
// speed they follow each other, a run that knows the earlier state says what a run of the other build says that knows
// nothing.

/** A home that is changed step by step, and the sessions that run in it. */
class Walk implements Disposable {
  readonly #chance: Random;
  readonly #home: Scratch;
  readonly #projects: string;
  readonly #holders: Holder[] = [];
  /** What was done, for the message of a mismatch. */
  readonly done: string[] = [];

  constructor(home: Scratch, chance: Random) {
    this.#home = home;
    this.#chance = chance;
    this.#projects = join(home.conf, 'projects');
    mkdirSync(this.#projects, { recursive: true });
    if (chance.chance(0.8)) sessionsFolder(home.conf);
    for (let count = chance.int(2, 40); count > 0; count--) this.#appear();
  }

  [Symbol.dispose](): void {
    for (const one of this.#holders) one[Symbol.dispose]();
  }

  /** Does one thing that people, Claude Code or other programs do to these files. */
  step(): void {
    const often = [this.#appear, this.#grow, this.#grow, this.#companion];
    const rarely = [
      this.#shrink,
      this.#vanish,
      this.#move,
      this.#double,
      this.#folder,
      this.#time,
      this.#live,
      this.#odd,
    ];
    const steps = [...often, ...often, ...rarely, this.#swap, this.#rewrite];
    try {
      this.done.push(this.#chance.pick(steps).call(this) ?? 'nothing');
    } catch (error) {
      // What links and doubles lead to is not always what it was taken for.
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      this.done.push(code);
    }
  }

  #folders(): string[] {
    return readdirSync(this.#projects).map((name) => join(this.#projects, name));
  }

  #files(): string[] {
    const inFolder = (folder: string) => readdirSync(folder).map((name) => join(folder, name));
    return this.#folders()
      .filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory())
      .flatMap(inFolder)
      .filter((path) => /[0-9a-f]{12}\.jsonl$/.test(path) && statSync(path, { throwIfNoEntry: false })?.isFile());
  }

  #one(): string | null {
    const files = this.#files();
    return files.length === 0 ? null : this.#chance.pick(files);
  }

  #appear(): string {
    const made = randomTranscript(this.#chance, Date.now());
    // Most lie together: what a folder holds is read at once.
    const folder = this.#chance.chance(0.7) ? '-home-u-api' : made.folder;
    const path = transcript(this.#home.conf, { ...made, folder, records: made.lines });
    if (this.#chance.chance(0.5)) customTitleFile(this.#home.conf, folder, made.id, `Beside ${this.#chance.hex(3)}`);
    if (this.#chance.chance(0.3)) this.#touch(path, this.#chance.int(0, 7_000_000));
    return `appear ${path}`;
  }

  #grow(): string | undefined {
    const path = this.#one();
    if (path === null || this.done.slice(-3).includes(`rewrite ${path}`)) return;
    const writer = new Writer({ cwd: '/home/u/api', at: Date.now() - this.#chance.int(0, 100_000) });
    const say = this.#chance.pick([
      () => [writer.prompt(`more ${this.#chance.hex(4)}`), writer.text('Yes.')],
      () => [writer.aiTitle(`title ${this.#chance.hex(4)}`)],
      () => [writer.customTitle(`chosen ${this.#chance.hex(4)}`)],
      () => [writer.prompt('and'), writer.toolUse({ name: 'Bash', input: { command: 'make' } })],
      () => [writer.promptSnapshot(this.#chance.int(1, 90_000))],
    ])();
    const bytes = transcriptBytes({ records: say });
    appendFileSync(path, this.#chance.chance(0.15) ? bytes.subarray(0, this.#chance.int(1, bytes.length)) : bytes);
    return `grow ${path}`;
  }

  #companion(): string | undefined {
    const path = this.#one();
    if (path === null) return;
    const beside = path.replace(/\.jsonl$/, '');
    if (this.#chance.chance(0.3)) rmSync(beside, { recursive: true, force: true });
    else if (!statSync(beside, { throwIfNoEntry: false })?.isFile()) {
      const title = this.#chance.pick(['Beside', `Beside ${this.#chance.hex(3)}`, ' ']);
      customTitleFile(this.#home.conf, basename(dirname(path)), basename(beside), title);
    }
    return `companion ${path}`;
  }

  #shrink(): string | undefined {
    const path = this.#one();
    if (path === null) return;
    truncateSync(path, this.#chance.int(0, statSync(path).size));
    return `shrink ${path}`;
  }

  #vanish(): string | undefined {
    const path = this.#one();
    if (path === null) return;
    rmSync(path);
    return `vanish ${path}`;
  }

  /** Into another folder, as an archive or a hand does, with its times. */
  #move(): string | undefined {
    const path = this.#one();
    const folder = this.#otherFolder();
    if (path === null || folder === null) return;
    const to = join(folder, basename(path));
    renameSync(path, to);
    return `move ${path} to ${to}`;
  }

  #double(): string | undefined {
    const path = this.#one();
    const folder = this.#otherFolder();
    if (path === null || folder === null) return;
    const to = join(folder, basename(path));
    if (statSync(to, { throwIfNoEntry: false }) !== undefined) return;
    if (this.#chance.chance(0.5)) linkSync(path, to);
    else {
      copyFileSync(path, to);
      this.#touch(to, this.#chance.int(0, 7_000_000));
    }
    return `double ${path} as ${to}`;
  }

  #otherFolder(): string | null {
    if (this.#chance.chance(0.3))
      mkdirSync(join(this.#projects, `-other-${this.#chance.int(0, 3)}`), { recursive: true });
    const folders = this.#folders().filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory());
    return folders.length === 0 ? null : this.#chance.pick(folders);
  }

  /** A whole project folder gets another name, goes, or becomes a link. */
  #folder(): string | undefined {
    const folders = this.#folders();
    if (folders.length === 0) return;
    const path = this.#chance.pick(folders);
    const other = join(this.#projects, `-renamed-${this.#chance.hex(2)}`);
    const what = this.#chance.int(0, 3);
    if (what === 0 && this.#chance.chance(0.3)) rmSync(path, { recursive: true, force: true });
    else if (what === 1) symlinkSync(this.#chance.pick([path, 'nowhere', '.']), other);
    else if (what === 2) mkdirSync(other);
    else renameSync(path, other);
    return `folder ${what} ${path} ${other}`;
  }

  #time(): string | undefined {
    const path = this.#one();
    if (path === null) return;
    this.#touch(path, this.#chance.pick([0, 1000, 3_000_000, 4_000_000, 90_000_000, -5_000_000, 3e11, 1.7e12]));
    return `time ${path}`;
  }

  #touch(path: string, age: number): void {
    const time = (Date.now() - age) / 1000;
    utimesSync(path, time, time);
  }

  #live(): string | undefined {
    const path = this.#one();
    if (path === null) return;
    const running = this.#holders.length < 3 ? holder() : this.#chance.pick(this.#holders);
    if (!this.#holders.includes(running)) this.#holders.push(running);
    const sessionId = basename(path, '.jsonl');
    const status = this.#chance.pick(['busy', 'idle', 'waiting']);
    registryRecord(this.#home.conf, {
      pid: running.pid,
      sessionId: this.#chance.chance(0.9) ? sessionId : this.#chance.uuid(),
      status,
      ...(status === 'waiting' && { waitingFor: 'permission prompt' }),
      ...(this.#chance.chance(0.2) && { procStart: '1' }),
    });
    return `live ${sessionId} ${status}`;
  }

  /** What is no transcript, but bears its name. */
  #odd(): string | undefined {
    const folder = this.#otherFolder();
    if (folder === null) return;
    const id = this.#chance.uuid();
    const path = join(folder, this.#chance.pick([`${id}.jsonl`, id, `${id}.jsonl.bak`, `agent-${id}.jsonl`, `x${id}`]));
    const make = [() => mkdirSync(path), () => writeFileSync(path, '{}\n'), () => symlinkSync('nowhere', path)];
    this.#chance.pick(make)();
    return `odd ${path}`;
  }

  /** Two transcripts change names: each is another file under a known name. */
  #swap(): string | undefined {
    const [one, other] = [this.#one(), this.#one()];
    if (one === null || other === null || one === other) return;
    renameSync(one, `${one}.x`);
    renameSync(other, one);
    renameSync(`${one}.x`, other);
    return `swap ${one} ${other}`;
  }

  /**
   * Other words of the same length, at once or in a new file. Who changes in place what lies far before the end of a file
   * that grows as well is not found out: nothing but the end is compared, and no program does so.
   */
  #rewrite(): string | undefined {
    const path = this.#one();
    if (path === null) return;
    const text = readFileSync(path, 'latin1').replaceAll('Fix the', 'Mix the').replaceAll('"user"', '"usex"');
    const isNew = this.#chance.chance(0.5) || this.done.slice(-3).some((step) => step.includes(path));
    writeFileSync(isNew ? `${path}.new` : path, text, 'latin1');
    if (isNew) renameSync(`${path}.new`, path);
    return `rewrite ${path}`;
  }
}

/** All commands of a login, behind one that reads everything; and those that read no further than each must. */
const thorough = [['--json', '--all'], ['--greet'], ['--list', '--all'], ['--brief'], ['--list']];
const hasty = [['--brief'], ['--greet'], ['--list']];

/** What commands say, without the time of day and the ages that change while one looks. */
function sayings(build: Build, home: Scratch, cache: string, commands = thorough): string[] {
  const env = { XDG_CACHE_HOME: cache, COLUMNS: '100' };
  return commands.map((args) => {
    const { stdout, stderr, status } = wt(build, args, home, { env });
    return `${args.join(' ')}: ${status} ${stderr}${stdout.replace(/"generatedAt":"[^"]*",| +\d+[smhd]\d*(?= )/g, '')}`;
  });
}

const walks = Number(process.env.WT_WALKS ?? 4);

test.each(Array.from({ length: walks }, (_, walk) => walk))('walk %i', { timeout: 600_000 }, (number) => {
  using home = scratch();
  const chance = random(runSeed + number);
  using walk = new Walk(home, chance);
  const [kept, fresh] = ['kept', 'fresh'].map((name) => join(home.home, name)) as [string, string];
  mkdirSync(kept, { mode: 0o700 });
  for (let step = 0; step < 25; step++) {
    // Both builds keep the same files, and read everything with means of their own.
    const [knowing, other] = chance.shuffle(builds) as [Build, Build];
    const unknowing = () => {
      rmSync(fresh, { recursive: true, force: true });
      mkdirSync(fresh, { mode: 0o700 });
      return sayings(other, home, fresh);
    };
    let [warm, cold] = [sayings(knowing, home, kept), unknowing()];
    // An hour may have passed between the two, but not twice.
    if (!isDeepStrictEqual(warm, cold)) [cold, warm] = [unknowing(), sayings(knowing, home, kept)];
    const where = `WT_SEED=${runSeed}, walk ${number}, step ${step}, ${knowing.name} build with what was kept`;
    expect(warm, `${where}: ${walk.done.slice(-6).join('; ')}`).toEqual(cold);
    for (let count = chance.int(1, 3); count > 0; count--) walk.step();
  }
});

test('what one command has read of a session is enough for no other one that asks for more', {
  timeout: 600_000,
}, () => {
  using home = scratch();
  const chance = random(runSeed ^ 0x4a57e);
  using walk = new Walk(home, chance);
  const caches = Array.from({ length: 4 }, (_, n) => join(home.home, `cache${n}`));
  for (let step = 0; step < 12; step++) {
    for (const cache of caches) {
      rmSync(cache, { recursive: true, force: true });
      mkdirSync(cache, { mode: 0o700 });
    }
    const [one, other] = chance.shuffle(builds) as [Build, Build];
    const say = () => ({
      alone: hasty.flatMap((command, n) => sayings(one, home, caches[n]!, [command])),
      together: sayings(one, home, caches[3]!, hasty),
      again: sayings(other, home, caches[3]!, hasty),
    });
    let said = say();
    // An hour may have passed between two of them, but not twice.
    if (!isDeepStrictEqual(said.alone, said.together) || !isDeepStrictEqual(said.alone, said.again)) said = say();
    const where = `WT_SEED=${runSeed}, step ${step}: ${walk.done.slice(-6).join('; ')}`;
    expect(said.together, where).toEqual(said.alone);
    expect(said.again, where).toEqual(said.alone);
    for (let count = chance.int(1, 3); count > 0; count--) walk.step();
  }
});
