import { describe, expect, test } from 'vitest';
import { readFacts } from '../../../src/agents/claude/transcript.ts';
import { filler, holder, registryRecord, transcript, Writer } from '../../support/claude-home.ts';
import { fileAt } from '../../support/file-at.ts';
import { answered, asking, report, rowOf, tracked, written } from '../../support/told.ts';
import { builds, scratch, wt } from '../../support/wt.ts';

describe.each(builds)('headless by entrypoint ($name)', (build) => {
  test.each(['sdk-cli', 'sdk-ts', 'sdk-py'])('a dead %s transcript never waits and needs --all', (entrypoint) => {
    using at = tracked();
    const { id } = written(at, answered, { entrypoint });
    const shown = written(at, answered, { entrypoint: 'cli' });
    const all = report(build, at);
    expect(rowOf(all, id)).toMatchObject({ headless: true, state: 'idle' });
    expect(rowOf(all, shown.id)).toMatchObject({ headless: false, state: 'waiting' });
    const some = report(build, at, ['--json']);
    expect(some.sessions.map((row) => row.id)).toEqual([shown.id]);
    expect(some.counts).toEqual(all.counts);
    const wide = { env: { COLUMNS: '130' } };
    expect(wt(build, ['--list'], at, wide).stdout).not.toContain(id.slice(0, 8));
    expect(wt(build, ['--list', '--all'], at, wide).stdout).toContain(id.slice(0, 8));
  });

  test('kind says nothing: a live -p is "interactive" and headless, and is listed', () => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, asking, { entrypoint: 'sdk-cli' });
    registryRecord(at.conf, {
      pid: process.pid,
      sessionId: id,
      kind: 'interactive',
      entrypoint: 'sdk-cli',
      status: 'busy',
    });
    const wanted = { headless: true, state: 'live', processes: [{ kind: 'interactive', entrypoint: 'sdk-cli' }] };
    expect(rowOf(report(build, at), id)).toMatchObject(wanted);
    expect(rowOf(report(build, at, ['--json']), id)).toMatchObject(wanted);
  });

  test('a live -p without a transcript is headless', () => {
    using at = tracked();
    using process = holder();
    const { id } = new Writer();
    registryRecord(at.conf, { pid: process.pid, sessionId: id, entrypoint: 'sdk-cli', status: 'busy' });
    expect(rowOf(report(build, at), id)).toMatchObject({ headless: true, state: 'live' });
  });

  test("a person's terminal on a -p session makes it theirs, before a word is said in it", () => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, answered, { entrypoint: 'sdk-cli' });
    registryRecord(at.conf, { pid: process.pid, sessionId: id, entrypoint: 'cli' });
    expect(rowOf(report(build, at), id)).toMatchObject({ headless: false, state: 'live' });
  });

  test('a background session is not headless', () => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, answered);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, kind: 'bg' });
    expect(rowOf(report(build, at), id)).toMatchObject({ headless: false, processes: [{ kind: 'bg' }] });
  });

  test('a -p session that was resumed by hand is a session like any other', () => {
    using at = tracked();
    const { id } = written(
      at,
      (w) => {
        const head = answered(w);
        w.entrypoint = 'cli';
        return [...head, w.prompt('Now in person')];
      },
      { entrypoint: 'sdk-cli' },
    );
    expect(rowOf(report(build, at, ['--json']), id)).toMatchObject({ headless: false, state: 'waiting' });
  });
});

test('whoever began a conversation is asked for where a program drove it last', () => {
  using home = scratch();
  const headless = (first: string | undefined, second: string, last: string) => {
    const writer = new Writer({ cwd: '/home/u/api', at: Date.now() - 5_000_000 });
    const records = [
      { ...writer.prompt('begin'), entrypoint: first },
      { ...writer.text(filler(100_000)), entrypoint: second },
      { ...writer.prompt('go on'), entrypoint: last },
      writer.aiTitle('Begin'),
    ];
    const path = transcript(home.conf, { cwd: '/home/u/api', id: writer.id, records });
    return (['tail', 'full'] as const).map((depth) => readFacts(fileAt(path), depth).headless);
  };
  const [no, yes] = [Array(2).fill(false), Array(2).fill(true)];
  expect(headless('cli', 'sdk-cli', 'sdk-cli')).toEqual(no);
  expect(headless('sdk-cli', 'sdk-cli', 'cli')).toEqual(no);
  expect(headless('sdk-cli', 'cli', 'sdk-cli')).toEqual(yes);
  expect(headless(undefined, 'sdk-cli', 'sdk-cli')).toEqual(yes);
  expect(headless(undefined, 'cli', 'sdk-cli')).toEqual(no);
});
