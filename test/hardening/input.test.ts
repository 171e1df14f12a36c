import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  filler,
  holder,
  registryFile,
  registryRecord,
  sessionsFolder,
  slug,
  type TranscriptOptions,
  transcript,
  Writer,
} from '../support/claude-home.ts';
import { lacks } from '../support/tools.ts';
import { type Build, builds, type Scratch, scratch, wt } from '../support/wt.ts';

type Lines = TranscriptOptions['records'];

const cwd = '/home/u/api';
const says = [['--json', '--all'], ['--json'], ['--list', '--all'], ['--list'], ['--greet'], ['--brief']];

/** Writes one transcript of yesterday evening or so, and gives its writer. */
function session(home: Scratch, lines: (writer: Writer) => Lines, more: Partial<TranscriptOptions> = {}): Writer {
  const writer = new Writer({ cwd });
  transcript(home.conf, { cwd, id: writer.id, records: lines(writer), ...more });
  return writer;
}

const answered = (w: Writer) => [w.prompt('Fix the broken redirect'), w.text('Done.')];

/** Every way of saying works, exits 0 and is quiet on standard error; gives the answer of `--json --all`. */
function report(build: Build, home: Scratch): { sessions: Record<string, unknown>[]; skipped?: number } {
  for (const args of says) {
    const run = wt(build, args, home);
    expect(`${args.join(' ')}: ${run.status} ${run.signal} ${run.stderr}`).toBe(`${args.join(' ')}: 0 null `);
  }
  return JSON.parse(wt(build, ['--json', '--all'], home).stdout);
}

/** Words before a command that take away root's right to read everything; none for another user. */
const mortal = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : [];

describe.each(builds)('bad transcripts ($name)', (build) => {
  const torn = (w: Writer) => JSON.stringify(w.text('never written to the end')).slice(0, -30);
  const fix = { title: 'Fix the broken redirect', lastTurn: { by: 'claude', how: 'answered', pending: false }, cwd };

  test.each<[string, (w: Writer) => Lines, Partial<TranscriptOptions>]>([
    ['torn at its end', (w) => [...answered(w), torn(w)], { open: true }],
    ['torn in its middle', (w) => [torn(w), ...answered(w), torn(w), w.mode()], {}],
    ['of CRLF lines', (w) => answered(w), { ending: '\r\n' }],
    ['with blank lines', (w) => ['', '', ...answered(w), '', '   ', '\t', ''], {}],
    ['with a run of NULs at its end', (w) => [...answered(w), '\0'.repeat(200_000)], { open: true }],
    [
      'with a run of NULs in its middle',
      (w) => ['\0'.repeat(70_000), ...answered(w), '\0'.repeat(70_000), w.mode()],
      {},
    ],
    ['with bytes that are no UTF-8', (w) => [Buffer.from([0xff, 0xfe, 0x80]), ...answered(w), Buffer.from([0xc3])], {}],
    ['with a line of 12 MB at its end', (w) => [...answered(w), w.attachment('file', 12 << 20)], {}],
    [
      'with a line of 12 MB in its middle',
      (w) => [w.prompt('Fix the broken redirect'), w.attachment('file', 12 << 20), w.text('ok')],
      {},
    ],
    [
      'with a line of 12 MB that is no JSON',
      (w) => [...answered(w), `{"type":"user","message":${filler(12 << 20)}`],
      {},
    ],
    ['with 300,000 empty lines at its end', (w) => [...answered(w), ...Array.from({ length: 300_000 }, () => '')], {}],
    [
      'with a line nested 200,000 deep',
      (w) => [...answered(w), `{"type":"user","message":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
      {},
    ],
    ['of 40 MB', (w) => [...Array.from({ length: 500 }, () => w.promptSnapshot(80_000)), ...answered(w)], {}],
    [
      'with a key named __proto__',
      (w) => [...answered(w), '{"__proto__":{"type":"user"},"type":"mode","constructor":1}'],
      {},
    ],
  ])('a transcript %s', (_, lines, more) => {
    using home = scratch();
    sessionsFolder(home.conf);
    const other = session(home, answered);
    const { id } = session(home, lines, more);
    const { sessions } = report(build, home);
    expect(sessions.map((row) => row.id).toSorted()).toEqual([id, other.id].toSorted());
    expect(sessions.find((row) => row.id === id)).toMatchObject(fix);
    expect(wt(build, ['--list'], home, { env: { COLUMNS: '130' } }).stdout).toMatch(
      new RegExp(`waiting .*${id.slice(0, 8)} +Fix the broken redirect`),
    );
  });

  test.each<[string, Lines, Partial<TranscriptOptions>]>([
    ['empty', [], {}],
    ['one newline', [''], {}],
    ['NULs and nothing else', ['\0'.repeat(100_000)], { open: true }],
    ['half a record', ['{"type":"user","mess'], { open: true }],
    ['no JSON', ['hello', 'world'], {}],
    ['JSON of other kinds', ['null', '1', '"x"', '[]', '{}', 'true'], {}],
  ])('a transcript that is %s is no row', (_, lines, more) => {
    using home = scratch();
    sessionsFolder(home.conf);
    const other = session(home, answered);
    session(home, () => lines, more);
    expect(report(build, home).sessions.map((row) => row.id)).toEqual([other.id]);
  });

  test('a record whose fields have the wrong types', () => {
    using home = scratch();
    sessionsFolder(home.conf);
    const other = session(home, answered);
    session(home, (w) => [
      { type: 'user', message: null, timestamp: 7, cwd: {}, gitBranch: [], version: 3, entrypoint: 1, forkedFrom: 'x' },
      { type: 'user', message: { content: [null, 1, 'x', {}, { type: 'text', text: 5 }, { type: 'tool_result' }] } },
      { type: 'assistant', message: { content: { type: 'text' }, id: [], model: 4 }, uuid: 12 },
      { type: 'assistant', message: 'x', isApiErrorMessage: 'no' },
      { type: 'custom-title', customTitle: { a: 1 } },
      { type: 'ai-title' },
      { type: 'summary', summary: [], leafUuid: null },
      { type: 'last-prompt', lastPrompt: 9 },
      { type: 'continued-in', continuedInSessionId: {} },
      { type: ['user'], message: {} },
      w.mode(),
    ]);
    expect(report(build, home).sessions.map((row) => row.id)).toContain(other.id);
  });

  test('what is named like a transcript and is no file', () => {
    using home = scratch();
    sessionsFolder(home.conf);
    const { id } = session(home, answered);
    const folder = join(home.conf, 'projects', slug(cwd));
    mkdirSync(join(folder, `${new Writer().id}.jsonl`));
    expect(spawnSync('mkfifo', [join(folder, `${new Writer().id}.jsonl`)]).status).toBe(0);
    expect(spawnSync('mkfifo', [join(home.conf, 'sessions', '4243.json')]).status).toBe(0);
    mkdirSync(join(home.conf, 'sessions', '4244.json'));
    writeFileSync(join(home.conf, 'projects', 'stray-file'), 'x');
    expect(report(build, home).sessions.map((row) => row.id)).toEqual([id]);
  });
});

describe.each(builds)('what can not be read ($name)', (build) => {
  describe.skipIf(mortal.length > 0 && lacks('setpriv'))('as a user without special rights', () => {
    const asMortal: Build = { ...build, argv: [...mortal, ...build.argv] as unknown as Build['argv'] };

    test('unreadable files and folders are skipped and counted', () => {
      using home = scratch();
      sessionsFolder(home.conf);
      const { id } = session(home, answered);
      const secret = new Writer({ cwd });
      chmodSync(transcript(home.conf, { cwd, id: secret.id, records: answered(secret) }), 0);
      const folder = join(home.conf, 'projects', '-locked');
      mkdirSync(folder);
      writeFileSync(join(folder, `${new Writer().id}.jsonl`), '');
      chmodSync(folder, 0);
      try {
        const all = report(asMortal, home);
        expect(all.sessions.map((row) => row.id)).toEqual([id]);
        expect(all.skipped).toBe(2);
        const some = JSON.parse(wt(asMortal, ['--json'], home).stdout);
        expect(some.sessions.map((row: { id: string }) => row.id)).toEqual([id]);
      } finally {
        chmodSync(folder, 0o700);
      }
    });

    test('the whole of projects/ or sessions/ locked is no crash', () => {
      using home = scratch();
      const folder = sessionsFolder(home.conf);
      const { id } = session(home, answered);
      chmodSync(folder, 0);
      expect(report(asMortal, home).sessions.map((row) => row.id)).toEqual([id]);
      chmodSync(folder, 0o700);
      chmodSync(join(home.conf, 'projects'), 0);
      const all = report(asMortal, home);
      expect(all.sessions).toEqual([]);
      expect(all.skipped).toBe(1);
      chmodSync(join(home.conf, 'projects'), 0o700);
    });

    test('an unreadable registry record is no crash', () => {
      using home = scratch();
      using process = holder();
      const { id } = session(home, answered);
      chmodSync(registryRecord(home.conf, { pid: process.pid, sessionId: id }), 0);
      expect(report(asMortal, home).sessions.map((row) => row.id)).toEqual([id]);
    });
  });

  test('nothing is skipped where all is readable', () => {
    using home = scratch();
    session(home, answered);
    expect(report(build, home).skipped ?? 0).toBe(0);
  });

  test('a registry record of many megabytes, and one of a bad session id', () => {
    using home = scratch();
    using one = holder();
    using two = holder();
    const { id } = session(home, answered);
    registryFile(
      home.conf,
      one.pid,
      `{"pid":${one.pid},"x":"${filler(5 << 20)
        .replaceAll('"', '')
        .replaceAll('\n', '')}"}`,
    );
    registryRecord(home.conf, { pid: two.pid, sessionId: '../../etc/passwd', status: 'busy' });
    const { sessions } = report(build, home);
    expect(sessions.map((row) => row.id)).toContain(id);
  });
});

describe.each(builds)('no sessions ($name)', (build) => {
  const said = (dir: string) => `no Claude Code sessions under ${dir}; start one with: wt new\n`;

  test('a folder that can not be looked into', () => {
    using home = scratch();
    mkdirSync(join(home.conf, 'projects'));
    symlinkSync('loop', join(home.conf, 'projects', 'loop'));
    expect(report(build, home)).toMatchObject({ skipped: 1, sessions: [] });
    const { stdout, status } = wt(build, ['--list'], home);
    expect(stdout).toBe(`no Claude Code sessions under ${home.conf} that can be read; see what is not: wt doctor\n`);
    expect(status).toBe(0);
    expect(wt(build, ['doctor'], home).stdout).toContain(`can't be read: ${home.conf}/projects/loop`);
  });

  test.each<[string, (home: Scratch) => void]>([
    ['no $CONF', (home) => rmSync(home.conf, { recursive: true })],
    ['an empty $CONF', () => {}],
    ['an empty projects/', (home) => mkdirSync(join(home.conf, 'projects', '-home-u'), { recursive: true })],
    ['an empty sessions/', (home) => void sessionsFolder(home.conf)],
    ['projects that is a file', (home) => writeFileSync(join(home.conf, 'projects'), 'x')],
  ])('%s', (_, make) => {
    using home = scratch();
    make(home);
    const all = report(build, home);
    expect(all).toMatchObject({
      schema: 1,
      configDir: home.conf,
      counts: { needsYou: 0, live: 0, waiting: 0, idle: 0, unknown: 0 },
      sessions: [],
    });
    for (const args of [['--list'], ['--list', '--all'], []]) {
      const run = wt(build, args, home);
      expect(run.stdout).toBe(said(home.conf));
      expect(run.status).toBe(0);
    }
    expect(wt(build, ['--greet'], home).stdout).toBe('');
    expect(wt(build, ['--brief'], home).stdout).toMatch(/^\n?$/);
  });

  test('CLAUDE_CONFIG_DIR says where', () => {
    using home = scratch();
    session(home, answered);
    const elsewhere = join(home.home, 'elsewhere');
    const run = wt(build, ['--list'], home, { env: { CLAUDE_CONFIG_DIR: elsewhere } });
    expect(run.stdout).toBe(said(elsewhere));
    expect(run.status).toBe(0);
  });

  test('a $CONF that is a file', () => {
    using home = scratch();
    rmSync(home.conf, { recursive: true });
    writeFileSync(home.conf, 'x');
    expect(report(build, home).sessions).toEqual([]);
  });
});

describe.each(builds)('words it does not know ($name)', (build) => {
  test.each([
    ['--frobnicate'],
    ['--list', '--frob'],
    ['-x'],
    ['--json', '--frob'],
    ['--list', '-n', 'many'],
    ['--list', '-n'],
  ])('%s %s', (...args) => {
    using home = scratch();
    session(home, answered);
    const run = wt(build, args, home);
    expect(run.stdout).toBe('');
    expect(run.stderr).toMatch(/usage: wt/i);
    expect(run.status).toBe(2);
  });
});

describe.each(builds)('pipes ($name)', (build) => {
  /** A home whose answers are far larger than a pipe. */
  function large(): Scratch & { count: number } {
    const home = scratch();
    sessionsFolder(home.conf);
    const count = 700;
    for (let made = 0; made < count; made++) session(home, answered);
    return { ...home, count };
  }

  const shell = (home: Scratch, script: string) =>
    spawnSync('bash', ['-c', script, 'bash', ...build.argv], {
      cwd: home.home,
      env: home.env,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });

  test('a reader that goes away is no error', () => {
    using home = large();
    for (const args of ['--json --all', '--list --all', '--json']) {
      for (const reader of ['true', 'head -c 1 >/dev/null', 'sleep 0.2']) {
        const run = shell(home, `"$@" ${args} | ${reader}; echo "\${PIPESTATUS[0]}"`);
        expect(`${args} | ${reader}: ${run.stdout}${run.stderr}`).toBe(`${args} | ${reader}: 0\n`);
      }
    }
  });

  test('a slow reader gets all of it', () => {
    using home = large();
    const run = shell(home, '"$@" --json --all | (sleep 0.3; cat)');
    expect(run.stderr).toBe('');
    expect(run.stdout.length).toBeGreaterThan(4 * 65_536);
    expect(JSON.parse(run.stdout).sessions.length).toBe(home.count);
    const list = shell(home, '"$@" --list --all | (sleep 0.3; cat)');
    expect(list.stdout.split('\n').filter((line) => line.includes('Fix the broken redirect')).length).toBe(home.count);
  });
});

describe.each(builds)('text that would steer a terminal ($name)', (build) => {
  test('nothing raw in the JSON; directories and paths come back exact', () => {
    using home = scratch();
    sessionsFolder(home.conf);
    const nasty = '/home/u/a\u001b[31m\u202e\u200b\u0085\u2028\nb';
    const writer = new Writer({ cwd: nasty, branch: 'x\u001b]0;owned\u0007y' });
    const path = transcript(home.conf, {
      cwd: nasty,
      id: writer.id,
      records: [writer.prompt('Title \u001b]0;owned\u0007 \u202eevil\u200b \u009b31m'), writer.text('x')],
    });
    const run = wt(build, ['--json', '--all'], home);
    expect(run.stdout).not.toMatch(
      /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/,
    );
    const [row] = JSON.parse(run.stdout).sessions;
    expect(row).toMatchObject({ cwd: nasty, transcript: path });
    expect(`${row.title}${row.branch}`).not.toMatch(/[\0-\x1f\x7f-\x9f\u202e]/);
    const list = wt(build, ['--list'], home).stdout;
    expect(list).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202e\u200b]/);
  });
});
