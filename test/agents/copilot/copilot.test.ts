import { mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { processStat } from '../../support/claude-home.ts';
import { CopilotWriter, copilotSession, say } from '../../support/copilot-home.ts';
import { id } from '../../support/fake-claude.ts';
import { hasFlock, idling, locking, opening, type StandIn } from '../../support/stand-in.ts';
import { type Report, report, rowOf } from '../../support/told.ts';
import { builds, type Scratch, scratch, wt } from '../../support/wt.ts';

const hour = 3_600_000;

/** A home with a Copilot's folder, and a writer of events that begin an hour ago. */
function box(): Scratch & { w: CopilotWriter } {
  return { ...scratch(), w: new CopilotWriter(Date.now() - hour) };
}

/** Writes an answered session and gives its folder. */
function answered(home: Scratch & { w: CopilotWriter }, n = 1): string {
  const { w } = home;
  const events = [...w.start(home.home), ...w.prompt('fix the redirect'), ...w.system(), ...w.answer('Fixed.')];
  return copilotSession(home, { id: id(n), cwd: home.home, events, workspace: { name: 'Fix it' } });
}

/** A Copilot that holds a session. */
function holding(home: Scratch, folder: string): Promise<StandIn> {
  const path = join(folder, 'inuse.4242.hold');
  writeFileSync(path, '');
  return locking(home, 'copilot', path);
}

/** What a session is whose lock was left behind within the hour: inside of a container somebody outside may hold it. */
const closedNow = readlinkSync('/proc/self/ns/pid') === 'pid:[4026531836]' ? 'waiting' : 'unknown';

const copilots = (all: Report) => all.sessions.filter((one) => one.agent === 'copilot');

describe.each(builds)('Copilot ($name)', (build) => {
  test('a session is listed with its facts', () => {
    using home = box();
    answered(home);
    const { w } = home;
    copilotSession(home, {
      id: id(2),
      cwd: home.home,
      events: [...w.start(home.home), ...w.prompt('headless'), ...w.system(true), ...w.answer('Done.')],
      workspace: { name: 'Mine', user_named: 'true', branch: 'other' },
    });
    copilotSession(home, { id: id(3), cwd: home.home });
    const all = report(build, home);
    expect(copilots(all).map((one) => one.id)).toEqual([id(1), id(2)]);
    expect(rowOf(all, id(1))).toMatchObject({
      agent: 'copilot',
      title: 'Fix it',
      titleSource: 'name',
      state: 'waiting',
      lastTurn: { by: 'copilot', how: 'answered', pending: false },
      cwd: home.home,
      branch: 'main',
      firstPrompt: 'fix the redirect',
      lastAnswer: 'Fixed.',
      headless: false,
      deletesAt: null,
    });
    expect(rowOf(all, id(2))).toMatchObject({ title: 'Mine', titleSource: 'custom', branch: 'other', headless: true });
    expect(report(build, home).sessions).toEqual(all.sessions);
  });

  test('what can be done with one', () => {
    using home = box();
    answered(home);
    const dry = (...args: string[]) => wt(build, [...args, id(1), '--dry-run'], home);
    writeFileSync(join(home.home, 'copilot'), '#!/bin/sh\n', { mode: 0o755 });
    home.env.PATH = `${home.home}:${home.env.PATH}`;
    expect(dry('resume').stdout).toBe(`cd -- '${home.home}' && exec copilot '--resume=${id(1)}'\n`);
    expect(dry('fork').stderr).toMatch(/can't fork/);
    expect(dry('archive').stderr).toMatch(/^wt: can't archive .*: Copilot has no archive/);
  });

  test.runIf(hasFlock)('it is live as long as a copilot holds its lock, and does what its events say', async () => {
    using home = box();
    const folder = answered(home);
    using other = await idling(home, 'copilot', { cwd: '/' });
    using held = await holding(home, folder);
    const look = () => rowOf(report(build, home), id(1));
    // What was said before it began is no turn of its own.
    expect(look()).toMatchObject({ state: 'live', activity: 'ready', needs: null });
    const w = new CopilotWriter(Date.now() + 1000);
    say(folder, [...w.prompt('remove it'), ...w.call('bash', { command: 'rm x' })]);
    expect(look()).toMatchObject({ state: 'live', activity: 'working' });
    say(folder, w.asks('rm x'));
    expect(look()).toMatchObject({ activity: 'needs-you', needs: 'approve shell: rm x' });
    expect(look()?.processes).toMatchObject([{ pid: held.pid }]);
    say(folder, [...w.granted(), ...w.done(), ...w.answer('Gone.')]);
    expect(look()).toMatchObject({ activity: 'ready', lastTurn: { how: 'answered' } });
    say(folder, [...w.prompt('again'), ...w.call('ask_user', { message: 'Sure?' })]);
    expect(look()).toMatchObject({ activity: 'needs-you', needs: 'asks: Sure?' });
    expect(wt(build, ['resume', id(1)], home).stderr).toContain(`it is live in process ${held.pid}`);
    // A lock that nobody holds, and a file that was left, prove nothing.
    await held.kill();
    await other.kill();
    expect(look()).toMatchObject({ state: closedNow, lastTurn: { how: 'asking' } });
  });

  test.runIf(hasFlock)('a live one without events is a row, and dead it is none', async () => {
    using home = box();
    const folder = copilotSession(home, { id: id(1), cwd: home.home });
    using held = await holding(home, folder);
    expect(rowOf(report(build, home), id(1))).toMatchObject({ state: 'live', activity: 'ready', cwd: home.home });
    await held.kill();
    expect(report(build, home).sessions).toEqual([]);
  });

  test('one that an idle copilot may have resumed is unknown', async () => {
    using home = box();
    // Ids of its own: a copilot of another run of this test is seen too.
    const first = 0x1000 + (process.pid % 0x8000);
    for (const n of [first, first + 1, first + 2]) answered(home, n);
    writeFileSync(
      join(home.home, '.copilot', 'open-sessions-state.json'),
      JSON.stringify({ [id(first + 1)]: {}, evil: {} }),
    );
    const args = [`--resume=${id(first)}`];
    // Who has nothing in the folder open is no Copilot, or works elsewhere, unless it was told to resume one from here.
    using stray = await idling(home, 'copilot', { args: [`--resume=${id(first + 2)}`] });
    const states = () => [0, 1, 2].map((n) => rowOf(report(build, home), id(first + n))?.state);
    expect(states()).toEqual(['waiting', 'waiting', 'unknown']);
    await stray.kill();
    const log = join(home.home, '.copilot', 'process.log');
    writeFileSync(log, '');
    using idle = await opening(home, 'copilot', log, { args });
    const all = report(build, home);
    const doubt = `a copilot that resumed a session and was told nothing yet runs as process ${idle.pid}`;
    for (const n of [first, first + 1]) expect(rowOf(all, id(n))).toMatchObject({ state: 'unknown', activity: null });
    expect(rowOf(all, id(first + 2))).toMatchObject({ state: 'waiting', processes: [] });
    expect(wt(build, ['resume', id(first)], home).stderr).toContain(doubt);
    await idle.kill();
    expect(rowOf(report(build, home), id(first))).toMatchObject({ state: 'waiting' });
  });

  test.runIf(hasFlock)(
    'locks of other folders prove nothing, and of other programs neither life nor death',
    async () => {
      using home = box();
      const folder = answered(home);
      const hold = join(folder, 'inuse.4242.hold');
      writeFileSync(hold, '');
      using other = await locking(home, 'vim', hold);
      const elsewhere = join(home.home, 'copy', 'session-state', id(1));
      mkdirSync(elsewhere, { recursive: true });
      writeFileSync(join(elsewhere, 'inuse.1.hold'), '');
      using copied = await locking(home, 'copilot', join(elsewhere, 'inuse.1.hold'));
      expect([processStat(other.pid), processStat(copied.pid)]).not.toContain(null);
      expect(rowOf(report(build, home), id(1))).toMatchObject({ state: 'unknown', processes: [] });
      await other.kill();
      expect(rowOf(report(build, home), id(1))).toMatchObject({ state: closedNow, processes: [] });
    },
  );

  test('torn and hostile folders make no wrong row', () => {
    using home = box();
    const { w } = home;
    const root = join(home.home, '.copilot', 'session-state');
    answered(home, 1);
    // Cut in the middle of its last line.
    const cut = answered(home, 2);
    say(cut, [...w.prompt('more'), `{"type":"assistant.message","data":{"content":"${'x'.repeat(100)}`]);
    truncateSync(join(cut, 'events.jsonl'), 22_900);
    copilotSession(home, { id: id(3), cwd: home.home, events: ['\0\0\0', '[]', '{"type":"user.message"}'] });
    copilotSession(home, { id: id(4), cwd: home.home, events: w.prompt('\u001b[31mred\u0007') });
    mkdirSync(join(root, id(5), 'events.jsonl'), { recursive: true });
    mkdirSync(join(root, id(6)), { recursive: true });
    symlinkSync('/dev/zero', join(root, id(6), 'events.jsonl'));
    writeFileSync(join(root, 'not-a-session'), '');
    const all = report(build, home);
    expect(all.sessions.map((one) => one.id).toSorted()).toEqual([id(1), id(2), id(4)]);
    expect(rowOf(all, id(4))?.title).toBe('red');
    expect(all.skipped).toBe(0);
  });

  test('a box without it is what it was, and one that was moved away too', () => {
    using home = box();
    answered(home);
    renameSync(join(home.home, '.copilot'), join(home.home, 'away'));
    expect(report(build, home).sessions).toEqual([]);
    expect(
      report(build, { ...home, env: { ...home.env, COPILOT_HOME: join(home.home, 'away') } }).sessions,
    ).toHaveLength(1);
    rmSync(join(home.home, 'away', 'session-state'), { recursive: true });
    writeFileSync(join(home.home, 'away', 'session-state'), '');
    const broken = report(build, { ...home, env: { ...home.env, COPILOT_HOME: join(home.home, 'away') } });
    expect([broken.sessions, broken.skipped]).toEqual([[], 0]);
  });
});
