import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  customTitleFile,
  holder,
  type Rec,
  registryRecord,
  slug,
  transcript,
  Writer,
} from '../../support/claude-home.ts';
import { answered, report, rowOf, tracked, written } from '../../support/told.ts';
import { builds, wt } from '../../support/wt.ts';

describe.each(builds)('titles that are true ($name)', (build) => {
  test.each(['derived', 'auto', 'collision', 'peer', 'hook', undefined])('a %s name is no title', (nameSource) => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, answered);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, name: 'api-a2', nameSource });
    expect(rowOf(report(build, at), id)).toMatchObject({
      title: 'Fix the broken redirect',
      titleSource: 'last-prompt',
    });
  });

  test("the user's name is; it stands above an ai-title and below a custom title", () => {
    using at = tracked();
    using one = holder();
    using two = holder();
    const named = written(at, (w) => [...answered(w), w.aiTitle('A title by a model')]);
    const custom = written(at, (w) => [w.customTitle('Chosen'), ...answered(w), w.aiTitle('A title by a model')]);
    registryRecord(at.conf, { pid: one.pid, sessionId: named.id, name: 'My own name', nameSource: 'user' });
    registryRecord(at.conf, { pid: two.pid, sessionId: custom.id, name: 'My own name', nameSource: 'user' });
    const all = report(build, at);
    expect(rowOf(all, named.id)).toMatchObject({ title: 'My own name', titleSource: 'name' });
    expect(rowOf(all, custom.id)).toMatchObject({ title: 'Chosen', titleSource: 'custom' });
  });

  test('custom-title.json beside the transcript counts', () => {
    using at = tracked();
    const { id } = written(at, (w) => [...answered(w), w.aiTitle('A title by a model')]);
    customTitleFile(at.conf, slug('/home/u/api'), id, 'From beside');
    expect(rowOf(report(build, at), id)).toMatchObject({ title: 'From beside', titleSource: 'custom' });
  });

  test('a summary of another session is not trusted', () => {
    using at = tracked();
    const foreign = written(at, (w) => [
      w.summary('What another session did', w.uuid()),
      ...answered(w),
      w.summary('And a third', w.uuid()),
    ]);
    const own = written(at, (w) => {
      const lines = answered(w);
      return [w.summary('What this one did', String(lines[1]?.uuid)), ...lines, w.summary('Foreign', w.uuid())];
    });
    const all = report(build, at);
    expect(rowOf(all, foreign.id)).toMatchObject({ title: 'Fix the broken redirect', titleSource: 'last-prompt' });
    expect(rowOf(all, own.id)).toMatchObject({ title: 'What this one did', titleSource: 'summary' });
    const list = wt(build, ['--list'], at).stdout;
    expect(list).toContain('What this one did');
    expect(list).not.toContain('another session');
  });

  test('two sessions of one title, as after /clear, are two rows', () => {
    using at = tracked();
    const before = written(at, (w) => [w.customTitle('Same'), ...answered(w)]);
    const after = written(at, (w) => [w.customTitle('Same'), ...answered(w)]);
    const all = report(build, at);
    expect(rowOf(all, before.id)?.title).toBe('Same');
    expect(rowOf(all, after.id)?.title).toBe('Same');
  });

  test('each source in its place', () => {
    using at = tracked();
    const ai = written(at, (w) => [w.aiTitle('Early'), ...answered(w), w.aiTitle('Late'), w.lastPrompt('noted')]);
    const last = written(at, (w) => [...answered(w), w.prompt('And now this'), w.lastPrompt('Fix it')]);
    const noted = written(at, (w) => [w.command('/review', 'src'), w.text('Done.'), w.lastPrompt('noted words')]);
    const command = written(at, (w) => [w.command('/review', 'src'), w.meta('look at src'), w.text('Done.')]);
    const none = written(at, (w) => [w.meta(), w.text('Hello?')]);
    const all = report(build, at);
    expect(rowOf(all, ai.id)).toMatchObject({ title: 'Late', titleSource: 'ai' });
    expect(rowOf(all, last.id)).toMatchObject({ title: 'And now this', titleSource: 'last-prompt' });
    expect(rowOf(all, noted.id)).toMatchObject({ title: 'noted words', titleSource: 'last-prompt' });
    expect(rowOf(all, command.id)).toMatchObject({ title: '/review src', titleSource: 'command' });
    expect(rowOf(all, none.id)).toMatchObject({ titleSource: 'none' });
  });
});

describe.each(builds)('directories from records, and broken lines ($name)', (build) => {
  test('the cwd is what the records say, not what the folder seems to say', () => {
    using at = tracked();
    const plain = written(at, answered, { cwd: '/home/u/my.project-x/a b' });
    expect(rowOf(report(build, at), plain.id)?.cwd).toBe('/home/u/my.project-x/a b');
  });

  test('of several, the last that fits the folder; else the last', () => {
    using at = tracked();
    const strayed = written(at, (w) => {
      const head = answered(w);
      w.cwd = '/home/u/api/src';
      return [...head, w.prompt('In a subfolder')];
    });
    const nowhere = new Writer({ cwd: '/home/u/one' });
    const lines = answered(nowhere);
    nowhere.cwd = '/home/u/two';
    lines.push(nowhere.prompt('Here now'));
    transcript(at.conf, { cwd: '', folder: '-renamed-by-hand', id: nowhere.id, records: lines });
    const all = report(build, at);
    expect(rowOf(all, strayed.id)?.cwd).toBe('/home/u/api');
    expect(rowOf(all, nowhere.id)?.cwd).toBe('/home/u/two');
  });

  test('a live session is where the registry says; a detached HEAD is no branch', () => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, answered, { branch: 'HEAD' });
    registryRecord(at.conf, { pid: process.pid, sessionId: id, cwd: '/home/u/moved' });
    expect(rowOf(report(build, at), id)).toMatchObject({ cwd: '/home/u/moved', branch: null });
  });

  test('torn lines and unknown types are passed over', () => {
    using at = tracked();
    const w = new Writer({ branch: 'fix' });
    const torn = JSON.stringify(w.text('never finished'));
    const records = [
      { type: 'from-the-future', user: { type: 'user', timestamp: '2040-01-01T00:00:00.000Z' } },
      w.prompt('Hold on'),
      torn.slice(0, 60),
      w.toolUse({ name: 'Bash', input: { command: 'ls' } }),
      { type: 'also-new', cwd: 7, gitBranch: null, sessionId: [] },
      { kind: 'no type at all' },
      torn.slice(0, -20),
    ];
    transcript(at.conf, { cwd: '/home/u/api', id: w.id, records, open: true });
    expect(rowOf(report(build, at), w.id)).toMatchObject({
      title: 'Hold on',
      branch: 'fix',
      lastTurn: { by: 'claude', how: 'asking', pending: true },
    });
  });

  test('files that vanish under the reader are passed over', () => {
    using at = tracked();
    const { id } = written(at, answered);
    const folder = join(at.conf, 'projects', slug('/home/u/api'));
    symlinkSync(join(folder, 'gone'), join(folder, `${new Writer().id}.jsonl`));
    symlinkSync(join(folder, 'gone'), join(at.conf, 'sessions', '4242.json'));
    expect(report(build, at).sessions.map((row) => row.id)).toEqual([id]);
  });

  test('a transcript that vanishes between two runs is gone from the answer', () => {
    using at = tracked();
    const { id } = written(at, answered);
    expect(report(build, at).sessions.map((row) => row.id)).toEqual([id]);
    unlinkSync(join(at.conf, 'projects', slug('/home/u/api'), `${id}.jsonl`));
    expect(report(build, at).sessions).toEqual([]);
  });

  test("a sub-agent's records at the head of a session's own file make it nobody else's", () => {
    using at = tracked();
    const { id } = written(at, (w) => [
      w.sidechain('Warmup'),
      w.text('Ready.', {}, { isSidechain: true }),
      ...answered(w),
    ]);
    expect(rowOf(report(build, at), id)).toMatchObject({ title: 'Fix the broken redirect', lastAnswer: 'Done.' });
  });

  test('sub-agents, sidechains, team members and files of other names are no rows', () => {
    using at = tracked();
    const { id } = written(at, answered);
    const folder = join(at.conf, 'projects', slug('/home/u/api'));
    const put = (name: string, lines: (w: Writer) => Rec[]) =>
      writeFileSync(
        join(folder, name),
        lines(new Writer())
          .map((line) => `${JSON.stringify(line)}\n`)
          .join(''),
      );
    put('agent-1a2b3c4d.jsonl', answered);
    put('notes.jsonl', answered);
    put(`${new Writer().id}.jsonl.bak`, answered);
    put(`${new Writer().id}.jsonl`, (w) => [
      w.mode(),
      w.sidechain('do this'),
      w.text('done', {}, { isSidechain: true }),
    ]);
    put(`${new Writer().id}.jsonl`, (w) => [
      w.prompt('do this', { teamName: 'red', agentName: 'one' }),
      w.text('done', {}, { teamName: 'red', agentName: 'one' }),
    ]);
    mkdirSync(join(folder, id, 'subagents'), { recursive: true });
    put(`${id}/subagents/agent-9f.jsonl`, answered);
    put(`${id}/subagents/${new Writer().id}.jsonl`, answered);
    expect(report(build, at).sessions.map((row) => row.id)).toEqual([id]);
  });
});
