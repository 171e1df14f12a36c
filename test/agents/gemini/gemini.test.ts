import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { until } from '../../support/claude-home.ts';
import { GeminiWriter, geminiSession, uuid } from '../../support/gemini-home.ts';
import { Screen } from '../../support/screen.ts';
import { type Report, type Row, report, rowOf } from '../../support/told.ts';
import { builds, type Scratch, scratch, wt } from '../../support/wt.ts';

const hour = 3_600_000;
const hoursAgo = (n: number) => Date.now() - n * hour;

/** A script that node runs in the place of Gemini CLI, under the name of it. */
function program(home: Scratch): string {
  const folder = join(home.home, 'lib', '@google', 'gemini-cli', 'bundle');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'gemini.js'), 'setInterval(() => {}, 1000)');
  return join(folder, 'gemini.js');
}

function running(home: Scratch, cwd: string, ...args: string[]): { pid: number } & Disposable {
  const child = spawn(process.execPath, [program(home), ...args], { cwd, stdio: 'ignore' });
  return { pid: child.pid!, [Symbol.dispose]: () => child.kill('SIGKILL') };
}

describe.each(builds)('Gemini ($name)', (build) => {
  test('a session is listed with its facts', () => {
    using home = scratch();
    const w = new GeminiWriter(hoursAgo(1));
    const lines = [w.context(), w.prompt('fix the redirect'), w.set({}), w.answer('Fixed.'), w.set({})];
    const one = geminiSession(home, { n: 1, cwd: home.home, lines });
    const two = geminiSession(home, { n: 2, cwd: home.home, lines: [...lines, w.set({ summary: 'A redirect' })] });
    // A session that was resumed has a second file, in which nothing is said.
    geminiSession(home, { n: 3, cwd: home.home, lines: [w.context()] });
    const all = report(build, home);
    expect(all.sessions.map((each) => each.id).toSorted()).toEqual([one.id, two.id]);
    expect(rowOf(all, one.id)).toMatchObject({
      agent: 'gemini',
      title: 'fix the redirect',
      titleSource: 'first-prompt',
      state: 'waiting',
      lastTurn: { by: 'gemini', how: 'answered', pending: false },
      cwd: home.home,
      branch: null,
      firstPrompt: 'fix the redirect',
      lastAnswer: 'Fixed.',
    });
    expect(rowOf(all, two.id)).toMatchObject({ title: 'A redirect', titleSource: 'summary' });
    expect(report(build, home).sessions).toEqual(all.sessions);
  });

  test('what can be done with one', () => {
    using home = scratch();
    const w = new GeminiWriter(hoursAgo(1));
    const lines = [w.context(), w.prompt('go'), w.answer('ok')];
    const { id } = geminiSession(home, { n: 0xabc1, cwd: home.home, lines });
    const torn = geminiSession(home, { n: 0xabc2, cwd: home.home, lines, headless: true });
    writeFileSync(join(home.home, 'gemini'), '#!/bin/sh\n', { mode: 0o755 });
    home.env.PATH = `${home.home}:${home.env.PATH}`;
    const dry = (verb: string, ref: string) => wt(build, [verb, ref, '--dry-run'], home);
    const line = `cd -- '${home.home}' && exec gemini --resume '${uuid(0xabc1)}'\n`;
    expect(dry('resume', id).stdout).toBe(line);
    expect(dry('resume', id.slice(-8)).stdout).toBe(line);
    expect(dry('fork', id).stderr).toMatch(/can't fork/);
    expect(dry('archive', id).stderr).toMatch(/^wt: can't archive .*: Gemini CLI has no archive/);
    expect(dry('resume', torn.id).stderr).toMatch(/^wt: the first line of session 0000abc2 is gone/);
    const logs = [{ sessionId: uuid(7) }, null, { sessionId: uuid(0xabc2), message: 'go' }];
    writeFileSync(join(torn.path, '..', '..', 'logs.json'), JSON.stringify(logs));
    expect(dry('resume', torn.id).stdout).toContain(`--resume '${uuid(0xabc2)}'`);
    expect(wt(build, ['show', id], home).stdout).toMatch(/go[\s\S]*ok/);
  });

  test('one that a running gemini may show is unknown', async () => {
    using home = scratch();
    const project = join(home.home, 'project');
    const other = join(home.home, 'other');
    for (const folder of [project, other]) mkdirSync(folder);
    const w = new GeminiWriter(hoursAgo(2));
    const lines = [w.context(), w.prompt('go'), w.answer('ok')];
    const later = Date.now() + 5000;
    const old = geminiSession(home, { n: 1, cwd: project, lines, mtime: hoursAgo(2) });
    const written = geminiSession(home, { n: 2, cwd: project, lines, mtime: later });
    const named = geminiSession(home, { n: 3, cwd: project, lines, mtime: hoursAgo(2) });
    const elsewhere = geminiSession(home, { n: 4, cwd: other, lines, mtime: later });
    geminiSession(home, { n: 5, cwd: project, lines: [w.context()], mtime: later });
    using one = running(home, project, '--resume', uuid(3));
    const states = (all: Report) => [old, written, named, elsewhere].map(({ id }) => rowOf(all, id)?.state);
    await until(() => rowOf(report(build, home), written.id)?.state === 'unknown', 'an unknown session', 20_000);
    const all = report(build, home);
    expect(states(all)).toEqual(['waiting', 'unknown', 'unknown', 'waiting']);
    expect(all.sessions).toHaveLength(4);
    expect(wt(build, ['resume', written.id], home).stderr).toContain(`runs in its project as process ${one.pid}`);
  });

  test('where the title of its tmux pane says that it is in a turn, the one that was written since is proven', async () => {
    using home = scratch();
    const project = join(home.home, 'project');
    mkdirSync(project);
    const w = new GeminiWriter(Date.now());
    const { id } = geminiSession(home, {
      n: 1,
      cwd: project,
      lines: [w.context(), w.prompt('go'), w.answer('')],
      mtime: Date.now() + hour,
    });
    const [told, title] = [join(home.home, 'socket'), join(home.home, 'title')];
    const script = `while [ ! -s '${told}' ]; do sleep 0.05; done; export TMUX="$(cat '${told}'),1,0"; cd '${project}'
      '${process.execPath}' '${program(home)}' & while :; do printf '\\033]2;%s\\033\\\\' "$(cat '${title}')"; sleep 0.1; done`;
    writeFileSync(title, 'nothing yet');
    using screen = Screen.start(home, ['sh', '-c', script]);
    writeFileSync(told, screen.socketPath());
    const look = () => rowOf(report(build, home), id);
    // On a busy machine tmux may not answer in time, which tells nothing.
    const shows = async (text: string, what: Record<string, unknown>) => {
      writeFileSync(title, text);
      const fits = (row: Row | undefined) => Object.entries(what).every(([name, value]) => row?.[name] === value);
      await until(() => fits(look()), `${text}: ${JSON.stringify(what)}`, 60_000);
    };
    await shows('✋  Action Required (project)    ', { state: 'live', needs: 'asks: only its terminal shows what' });
    await shows('◇  Ready (project)', { state: 'unknown', activity: null });
    await shows('✦  Working… (project)', { state: 'live', activity: 'working' });
    await shows('✋  Action Required (elsewhere)', { state: 'unknown', activity: null });
    await shows('✋  Action Required (project)', { state: 'live', activity: 'needs-you' });
    geminiSession(home, { n: 2, cwd: project, lines: [w.prompt('another')], mtime: Date.now() + hour });
    await shows('✋  Action Required (project)', { state: 'unknown', activity: null });
  });

  test('what it will delete is told of each, and nothing is advised that would fail', () => {
    using home = scratch();
    const at = Math.floor(Date.now() / 1000) * 1000 - 29 * 24 * hour;
    const w = new GeminiWriter(at);
    const { id } = geminiSession(home, { n: 1, cwd: home.home, lines: [w.prompt('go'), w.answer('ok')], mtime: at });
    expect(rowOf(report(build, home), id)?.deletesAt).toBe(new Date(at + 30 * 24 * hour).toISOString());
    expect(wt(build, ['--greet'], home).stdout).toBe('');
    const run = wt(build, ['archive', '--expiring'], home);
    expect([run.status, run.stdout, run.stderr]).toEqual([0, 'nothing will be deleted within 3 days\n', '']);
    expect(wt(build, ['doctor'], home).stdout).toContain(
      '1 session will be deleted within 3 days, and wt archives none',
    );
  });

  test('sessions of older versions are counted, if not listed', () => {
    using home = scratch();
    const w = new GeminiWriter(hoursAgo(1));
    const { path } = geminiSession(home, { n: 1, cwd: home.home, lines: [w.prompt('go'), w.answer('ok')] });
    writeFileSync(path.replace('00000001.jsonl', '00000002.json'), '{"sessionId":"2","messages":[]}');
    expect(report(build, home).sessions).toHaveLength(1);
    expect(wt(build, ['doctor'], home).stdout).toContain('1 sessions of older versions (.json), which are not listed');
  });

  test('torn and hostile files make no wrong row', () => {
    using home = scratch();
    const w = new GeminiWriter(hoursAgo(1));
    const good = geminiSession(home, {
      n: 1,
      cwd: home.home,
      lines: [w.prompt('go'), w.answer('ok'), '{"id":"m9","ty'],
    });
    const vanished = geminiSession(home, { n: 2, cwd: home.home, lines: [w.prompt('gone'), w.answer('ok')] });
    geminiSession(home, { n: 3, cwd: home.home, lines: ['\0\0', '[]', 'null', '{"$set":7}', `${'['.repeat(5000)}`] });
    const red = geminiSession(home, { n: 4, cwd: home.home, lines: [w.prompt('\u001b[31mred')] });
    const chats = join(good.path, '..');
    mkdirSync(join(chats, 'session-2026-11-29T00-32-00000005.jsonl'));
    symlinkSync('/dev/zero', join(chats, 'session-2026-11-29T00-32-00000006.jsonl'));
    writeFileSync(join(chats, 'session-2026-11-29T00-32-0000007.jsonl'), JSON.stringify(w.prompt('short')));
    mkdirSync(join(chats, uuid(1)));
    writeFileSync(join(chats, uuid(1), 'session-2026-11-29T00-32-00000008.jsonl'), JSON.stringify(w.prompt('sub')));
    expect(
      report(build, home)
        .sessions.map((one) => one.id)
        .toSorted(),
    ).toEqual([good.id, vanished.id, red.id]);
    rmSync(vanished.path);
    const all = report(build, home);
    expect(all.sessions.map((one) => one.id).toSorted()).toEqual([good.id, red.id]);
    expect([rowOf(all, red.id)?.title, all.skipped]).toEqual(['red', 0]);
  });
});
