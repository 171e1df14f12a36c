import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { builds } from '../support/wt.ts';
import { type Lab, openLab, type RegistryRecord, type Row, until } from './lab.ts';
import { dead, live, prompted, says, turn } from './says.ts';

// What wt says of sessions that Claude's daemon keeps, without a terminal.

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterEach(() => lab?.closeTerminals());
afterAll(() => lab?.[Symbol.asyncDispose]());

/** Waits for the record of a background session with this status. */
function background(status: string, not: string[] = []): Promise<RegistryRecord> {
  return until(
    `a background session that is ${status}`,
    () =>
      lab
        .records()
        .find((one) => one.kind === 'bg' && !one.spare && one.status === status && !not.includes(one.sessionId)),
    () => JSON.stringify(lab.records()),
  );
}

test('--bg waits for a permission, and is stopped', async () => {
  expect(lab.run(lab.claude, ['--bg', '--permission-mode', 'default', 'bash: touch bg']).status).toBe(0);
  const { sessionId: id, pid } = await background('waiting');
  await lab.wrote(id, 'the tool call', (line) => line.type === 'assistant');
  await says(lab, id, () => ({
    ...live(lab, pid),
    ...turn.asking,
    activity: 'needs-you',
    needs: 'approve Bash: touch bg',
  }));
  expect(lab.run(lab.claude, ['stop', id.slice(0, 8)]).status).toBe(0);
  await lab.gone(pid);
  await says(lab, id, () => ({ ...dead(lab, id), ...turn.asking }));
});

test('a working session that is parked to the background is one row under its new id', async () => {
  const a = lab.open();
  const { sessionId: parked } = await a.is('idle');
  await a.talk('hello park');
  await a.say('slow: 300');
  await until('the first words', () => a.screen().includes('word word'), a.screen);
  a.keys('Left');
  const { sessionId: id, pid } = await background('busy');
  await until('the parked record', () => lab.records().some((one) => one.pid === a.pid && one.parkedJobId));
  await lab.wrote(parked, 'where it went on', (line) => line.type === 'continued-in');
  await says(lab, parked, () => null);
  await says(lab, id, () => ({ ...live(lab, pid), ...prompted('slow: 300'), ...turn.unanswered, activity: 'working' }));
  // Neither the parked record nor a spare process is a row.
  for (const build of builds) {
    expect(lab.json(build).sessions.filter((row: Row) => row.state === 'live')).toHaveLength(1);
  }
  await a.pressTwice('C-c', 'the end of the terminal', () => !lab.records().some((one) => one.pid === a.pid));
  await says(lab, parked, () => null);
  expect(lab.run(lab.claude, ['stop', id.slice(0, 8)]).status).toBe(0);
  await lab.gone(pid);
  await says(lab, parked, () => null);
  await says(lab, id, () => ({ ...dead(lab, id), ...prompted('slow: 300') }));
});

test('/bg of an answered session is one row; when it is stopped, what was said is the session again', async () => {
  const a = lab.open();
  const { sessionId: first } = await a.is('idle');
  await a.talk('hello bg');
  await a.say('/bg');
  const { sessionId: id, pid, jobId } = await background('idle');
  await lab.gone(a.pid);
  await says(lab, id, () => ({ id, state: 'live', activity: 'ready', title: 'hello bg', ...turn.answered }));
  await says(lab, first, () => null);
  expect(lab.run(lab.claude, ['stop', jobId ?? '']).status).toBe(0);
  await lab.gone(pid);
  await says(lab, id, () => null);
  // For ten seconds it may still be on its way into the background.
  await says(lab, first, () => ({ ...dead(lab, first), ...prompted('hello bg'), ...turn.answered }), 15_000);
});

test('after /clear it is gone to by the id of its job, which stays', async () => {
  expect(lab.run(lab.claude, ['--bg', 'hello clear']).status).toBe(0);
  const { sessionId: first, pid, jobId = '' } = await background('idle');
  const front = lab.window([lab.claude, 'attach', jobId]);
  await until('its conversation', () => front.screen().includes('You said: hello clear'), front.screen);
  await front.say('/clear');
  const now = () => lab.records().find((one) => one.pid === pid)?.sessionId ?? first;
  const id = await until('another session', () => now() !== first && now());
  for (const build of builds) {
    const { stdout } = lab.run(build.argv[0], [...build.argv.slice(1), 'attach', id, '--dry-run']);
    expect(stdout, build.name).toMatch(new RegExp(`claude attach '?${jobId}'?\n$`));
  }
  expect(lab.run(lab.claude, ['stop', jobId]).status).toBe(0);
  await lab.gone(pid);
});

test('an answer that asks something needs its user, though its process is at the prompt', async () => {
  expect(lab.run(lab.claude, ['--bg', 'Shall I go on?']).status).toBe(0);
  const { sessionId: id, pid, jobId = '' } = await background('idle');
  const state = join(lab.home.conf, 'jobs', jobId, 'state.json');
  await until('what Claude makes of it', () => JSON.parse(readFileSync(state, 'utf8')).tempo === 'blocked');
  const needs = 'You said: Shall I go on?';
  await says(lab, id, () => ({ ...live(lab, pid), ...turn.answered, activity: 'needs-you', needs }));
  expect(lab.run(lab.claude, ['stop', jobId]).status).toBe(0);
  await lab.gone(pid);
});
