import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Holder, holder, jobState, type Rec, registryRecord, transcript, Writer } from '../support/claude-home.ts';
import { FakeClaude } from '../support/fake-claude.ts';
import { hostileFlood, hostileName, hostileText, spoilt } from '../support/hostile.ts';
import { type Random, random, runSeed } from '../support/random.ts';
import { faultIn, tooWide, uncoloured } from '../support/safe-output.ts';
import { type Build, builds, type Scratch, scratch, wt } from '../support/wt.ts';

const sessions = 400;
const live = 24;

/** A screen that shows UTF-8, and the two kinds that don't. */
const screens: Record<string, string>[] = [{}, { LC_ALL: 'C' }, { TERM: 'linux' }];
const isPlain = (env: Record<string, string | undefined>) => env.LC_ALL === 'C' || env.TERM === 'linux';

/** A home in which every text that Claude or a repository could have written is hostile. */
class HostileHome {
  readonly scratch: Scratch = scratch();
  readonly ids: string[] = [];
  /** Of these the directory exists. */
  readonly entered: string[] = [];
  readonly #holders: Holder[] = [];
  readonly #chance: Random;

  constructor(seed: number) {
    this.#chance = random(seed);
    new FakeClaude(this.scratch);
    for (let n = 0; n < sessions; n++) this.#write(n);
    for (const id of this.ids.slice(0, live)) this.#hold(id);
    this.#archive(this.ids.slice(-40));
  }

  #write(n: number): void {
    const chance = this.#chance;
    const text = () => (n % 100 === 99 ? hostileFlood(chance, 1_000_000) : hostileText(chance));
    const id = chance.uuid();
    const exists = chance.chance(0.3);
    const cwd = exists ? join(this.scratch.home, 'dirs', hostileName(chance)) : `/${text()}/${text()}`;
    if (exists) {
      mkdirSync(cwd, { recursive: true });
      this.entered.push(id);
    }
    const at = Date.now() - chance.int(0, n < live ? 10_000 : 3 * 86_400_000);
    const writer = new Writer({ id, cwd, branch: text(), at, uuid: () => chance.uuid() });
    // Something is said, whatever the text is.
    const records: (Rec | Buffer)[] = [writer.prompt(text()), writer.text(`${text()}.`)];
    if (chance.chance(0.3)) records.push(writer.command(`/${text()}`, text()));
    if (chance.chance(0.5)) records.push(writer.prompt(text()));
    if (chance.chance(0.5)) records.push(writer.aiTitle(text()));
    if (chance.chance(0.2)) records.push(writer.customTitle(text()));
    if (chance.chance(0.2)) records.push(spoilt(chance, JSON.stringify(writer.aiTitle(`${text()}SPOIL${text()}`))));
    if (chance.chance(0.3)) records.push(spoilt(chance, JSON.stringify(writer.prompt(`${text()}SPOIL`))));
    if (n < live || chance.chance(0.2)) {
      const input = { command: text(), file_path: text(), questions: [{ question: text() }], plan: text() };
      records.push(writer.toolUse({ name: chance.pick(['Bash', 'AskUserQuestion', 'ExitPlanMode', text()]), input }));
    }
    transcript(this.scratch.conf, { cwd, id, records, folder: cwd.replaceAll(/[^a-zA-Z0-9]/g, '-').slice(0, 100) });
    this.ids.push(id);
  }

  #hold(id: string): void {
    const chance = this.#chance;
    const text = () => hostileText(chance);
    const held = holder();
    this.#holders.push(held);
    registryRecord(this.scratch.conf, {
      pid: held.pid,
      sessionId: id,
      cwd: `/${text()}/${text()}`,
      status: chance.pick(['waiting', 'waiting', 'busy', text()]),
      waitingFor: chance.pick(['permission prompt', 'input needed', 'dialog open', text(), text()]),
      kind: chance.pick(['interactive', 'bg', text()]),
      entrypoint: chance.pick(['cli', text()]),
      name: text(),
      nameSource: 'user',
      tmux: text(),
      version: text(),
      pidDomain: chance.chance(0.1) ? text() : undefined,
    });
    jobState(this.scratch.conf, id, { needs: text(), state: text() });
  }

  #archive(ids: string[]): void {
    const projects = join(this.scratch.conf, 'projects');
    for (const folder of readdirSync(projects)) {
      for (const name of readdirSync(join(projects, folder))) {
        if (!ids.some((id) => name.startsWith(id))) continue;
        const to = join(this.scratch.env.XDG_DATA_HOME!, 'wt', 'archive', folder);
        mkdirSync(to, { recursive: true, mode: 0o700 });
        renameSync(join(projects, folder, name), join(to, name));
      }
    }
  }

  end(): void {
    for (const held of this.#holders) held[Symbol.dispose]();
    this.scratch[Symbol.dispose]();
  }
}

describe(`hostile text through the programs (seed ${runSeed})`, () => {
  let home: HostileHome;
  beforeAll(() => {
    home = new HostileHome(runSeed + 10);
  });
  afterAll(() => home.end());

  /** Runs wt and gives its lines, after everything that must hold of any output was held against them. */
  function lines(
    build: Build,
    args: string[],
    options: { env?: Record<string, string | undefined>; statuses?: number[]; columns?: number; allowed?: string } = {},
  ): string[] {
    const env = { ...(options.columns === undefined ? {} : { COLUMNS: `${options.columns}` }), ...options.env };
    const done = wt(build, args, home.scratch, { env });
    const what = `wt ${args.join(' ')}`;
    if (isPlain(env)) expect(args.includes('--json') ? '' : done.stdout + done.stderr, what).toMatch(/^[\0-\x7f]*$/);
    const [out, err] = [uncoloured(Buffer.from(done.stdout)), uncoloured(Buffer.from(done.stderr))];
    expect(options.statuses ?? [0], `${what}: ${done.stderr}`).toContain(done.status);
    expect(faultIn(out, options.allowed), what).toBeNull();
    expect(faultIn(err), what).toBeNull();
    expect(done.stderr, what).not.toMatch(/unexpected|\bat .*:\d+:\d+/);
    expect(existsSync(join(home.scratch.home, 'was-run')), what).toBe(false);
    const found = out.toString('utf8').split('\n').slice(0, -1);
    if (options.columns !== undefined) expect(tooWide(found, options.columns), what).toBeNull();
    return found;
  }

  describe.each(builds)('$name', (build) => {
    test.each(build.name === 'native' ? [20, 40, 80, 200] : [20, 200])(
      'lists, greetings and the archive at %d cells',
      (columns) => {
        for (const env of screens) {
          expect(lines(build, ['--list', '--all', '--color=always'], { env, columns }).length).toBeGreaterThan(300);
          const greeting = lines(build, ['--greet'], { env: { ...env, WT_GREET_ROWS: '500' }, columns });
          expect(greeting.length).toBeGreaterThan(live);
          expect(lines(build, ['restore'], { env, columns }).length).toBeGreaterThanOrEqual(40);
          lines(build, ['--brief'], { env, columns });
        }
      },
    );

    test('JSON', () => {
      const [json = ''] = lines(build, ['--json', '--all']);
      const told: { id: string }[] = JSON.parse(json).sessions;
      const expected = home.ids.slice(0, -40).toSorted();
      expect(told.map((session) => session.id).toSorted()).toEqual(expected);
      const [plain = ''] = lines(build, ['--json', '--all'], { env: { LC_ALL: 'C' } });
      expect(JSON.parse(plain).sessions).toEqual(told);
      expect(plain).toMatch(/[^\0-\x7f]/);
    });

    test('previews', () => {
      const chance = random(runSeed + 11);
      for (let n = 0; n < 25; n++) {
        const columns = chance.pick([20, 40, 80, 200]);
        const env = chance.pick(screens);
        const id = chance.pick(home.ids.slice(0, -40));
        expect(lines(build, ['show', id], { env, columns }).length).toBeGreaterThan(0);
      }
    });

    test('candidates of completion: a word, a tab and what it is', () => {
      for (const words of [[''], ['resume', ''], ['restore', ''], ['archive', home.ids[0]!.slice(0, 2)], ['new', '']]) {
        for (const env of screens) {
          for (const line of lines(build, ['complete', ...words], { env, allowed: '\t' })) {
            // What is inserted means nothing to a shell, and can be seen.
            const [word, ...rest] = line.split('\t') as [string, ...string[]];
            expect(word).toMatch(/^(?:[\p{L}\p{N}_.-]+|:directories)$/u);
            expect(word).not.toMatch(/\p{Default_Ignorable_Code_Point}/u);
            expect(rest.length).toBeLessThanOrEqual(1);
          }
        }
      }
    });

    test('doctor, in a folder with a hostile name too', () => {
      for (const env of screens) {
        lines(build, ['doctor'], { env, statuses: [1] });
        const CLAUDE_CONFIG_DIR = join(home.scratch.home, 'größe\x1b[31m日本');
        lines(build, ['doctor'], { env: { ...env, CLAUDE_CONFIG_DIR }, statuses: [1] });
      }
      const CLAUDE_CONFIG_DIR = join(home.scratch.home, 'conf\x1b[31m\u202e\nx');
      for (const args of [['doctor'], ['--list'], ['--greet'], ['--json'], ['restore']])
        lines(build, args, {
          env: { CLAUDE_CONFIG_DIR, WT_GREETED: '\x1b[31m', TERM_PROGRAM: '\x1b]0;x\x07' },
          statuses: [args[0] === 'doctor' ? 1 : 0],
        });
    });

    test('what an action would do, and why it would not', () => {
      const chance = random(runSeed + 12);
      for (const verb of ['resume', 'fork', 'attach', 'archive', 'restore']) {
        for (let n = 0; n < 6; n++) {
          const id = chance.pick(n % 2 === 0 ? home.entered : home.ids);
          lines(build, [verb, id, '--dry-run'], { env: screens[n % 3]!, statuses: [0, 1] });
        }
      }
      for (const env of screens) lines(build, ['new', '--dry-run', hostileName(chance)], { env, statuses: [0, 1] });
    });

    test('what was moved, and moved back', () => {
      for (const [n, env] of screens.entries()) {
        const ids = home.ids.slice(live + 10 * n, live + 10 * n + 3);
        for (const verb of ['archive', 'restore']) expect(lines(build, [verb, ...ids], { env })).toHaveLength(3);
      }
    });

    test('what the user types is not given back raw either', () => {
      const chance = random(runSeed + 13);
      for (let n = 0; n < 12; n++) {
        const word = hostileText(chance).toWellFormed().replaceAll('\0', '');
        const verb = chance.pick([[], ['resume'], ['show'], ['new', '--dry-run'], ['restore'], ['--list'], ['-n']]);
        const dryRun = verb.includes('--dry-run') ? [] : ['--dry-run'];
        const env = screens[n % 3]!;
        lines(build, [...verb, word, ...dryRun], { env, statuses: [0, 1, 2] });
        lines(build, [`--${word}`], { env, statuses: [0, 1, 2] });
      }
    });
  });
});
