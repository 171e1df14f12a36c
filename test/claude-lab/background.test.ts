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
  expect(lab.run(lab.claude, ['--bg', '--permission-mode', 'manual', 'bash: touch bg']).status).toBe(0);
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
  await a.press('C-c', 'the end of the terminal', () => !lab.records().some((one) => one.pid === a.pid));
  await says(lab, parked, () => null);
  expect(lab.run(lab.claude, ['stop', id.slice(0, 8)]).status).toBe(0);
  await lab.gone(pid);
  await says(lab, parked, () => null);
  await says(lab, id, () => ({ ...dead(lab, id), ...prompted('slow: 300') }));
});
