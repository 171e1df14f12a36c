import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { builds } from '../support/wt.ts';
import { type Lab, openLab, processState, type Row, until } from './lab.ts';
import { closed, dead, live, prompted, says, turn } from './says.ts';

// What wt says when a session has no process, a killed one, a stopped one, two, or one without a terminal.

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterEach(() => lab?.closeTerminals());
afterAll(() => lab?.[Symbol.asyncDispose]());

test('two processes on one session are one row, and the one that needs you counts', async () => {
  const a = lab.open();
  const { sessionId: id } = await a.is('idle');
  await a.talk('hello twins');
  const b = lab.open(['--resume', id]);
  expect((await b.is('idle')).sessionId).toBe(id);
  await says(lab, id, () => ({ ...live(lab, a.pid, b.pid), ...turn.answered, activity: 'ready' }));
  await b.say('bash: touch twin');
  await b.is('waiting', 'permission prompt');
  await says(lab, id, () => ({
    ...live(lab, a.pid, b.pid),
    ...turn.asking,
    activity: 'needs-you',
    needs: 'approve Bash: touch twin',
  }));
  process.kill(b.pid, 'SIGKILL');
  await lab.gone(b.pid);
  // The first one hasn't noticed anything: it's at its prompt, and asks nothing.
  await says(lab, id, () => ({ ...live(lab, a.pid), ...turn.interrupted, activity: 'ready', needs: null }));
});

test('kill -9 while busy, then resumed', async () => {
  const a = lab.open();
  const { sessionId: id } = await a.is('idle');
  await a.say('hang');
  await a.is('busy');
  await lab.wrote(id, 'the prompt', (line) => line.type === 'user');
  process.kill(a.pid, 'SIGKILL');
  await lab.gone(a.pid);
  await says(lab, id, () => ({ ...dead(lab, id), ...prompted('hang'), ...turn.unanswered }));
  const b = lab.open(['--resume', id]);
  await b.is('idle');
  // The prompt is not sent again: nothing is pending.
  await says(lab, id, () => ({ ...live(lab, b.pid), ...prompted('hang'), ...turn.interrupted, activity: 'ready' }));
});

test('kill -9 while waiting', async () => {
  const a = lab.open();
  const { sessionId: id } = await a.is('idle');
  await a.say('bash: touch never');
  await a.is('waiting', 'permission prompt');
  await lab.wrote(id, 'the tool call', (line) => line.type === 'assistant');
  process.kill(a.pid, 'SIGKILL');
  await lab.gone(a.pid);
  await says(lab, id, () => ({ ...dead(lab, id), ...prompted('bash: touch never'), ...turn.asking }));
});

test('the terminal closed while busy', async () => {
  const a = lab.open();
  const { sessionId: id } = await a.is('idle');
  await a.say('slow: 600');
  await a.is('busy');
  await lab.wrote(id, 'the prompt', (line) => line.type === 'user');
  lab.tmux('kill-pane', '-t', a.pane);
  await lab.gone(a.pid);
  await says(lab, id, () => ({ ...dead(lab, id), ...prompted('slow: 600'), ...turn.unanswered }));
});

test('a zombie with a registry record is not live', async () => {
  // The parent never asks how its child ended.
  const parent = lab.window(['sh', '-c', 'claude -p "slow: 600" & exec sleep 3600']);
  const { sessionId: id, pid } = await parent.is('busy');
  await lab.wrote(id, 'the prompt', (line) => line.type === 'user');
  process.kill(pid, 'SIGKILL');
  await until('a zombie', () => processState(pid) === 'Z');
  expect(lab.records().map((record) => record.pid)).toContain(pid);
  await says(lab, id, () => ({ ...dead(lab, id), ...turn.unanswered, state: 'idle', headless: true }));
});

test('resumed from another directory', async () => {
  const elsewhere = lab.folder('elsewhere');
  const a = lab.open();
  const { sessionId: id } = await a.is('idle');
  await a.talk('hello here');
  await a.say('/exit');
  await lab.gone(a.pid);
  const b = lab.open(['--resume', id], { cwd: elsewhere });
  await b.is('idle');
  await b.talk('hello elsewhere');
  const facts = { ...prompted('hello elsewhere'), ...turn.answered };
  await says(lab, id, () => ({ ...live(lab, b.pid), ...facts, cwd: elsewhere, activity: 'ready' }));
  await b.say('/exit');
  await lab.gone(b.pid);
  // Where it can be resumed: the directory that names the transcript's folder.
  await says(lab, id, () => ({ ...closed(lab, id), ...facts, cwd: lab.project }));
});

test('another session resumed in the same process', async () => {
  const a = lab.open();
  const { sessionId: first } = await a.is('idle');
  await a.talk('hello first');
  await a.say('/exit');
  await lab.gone(a.pid);
  const b = lab.open();
  const { sessionId: second } = await b.is('idle');
  await b.talk('hello second');
  await b.say(`/resume ${first}`);
  expect(await b.leaves(second)).toBe(first);
  await b.is('idle');
  const facts = (name: string) => ({ ...prompted(`hello ${name}`), ...turn.answered });
  await says(lab, first, () => ({ ...live(lab, b.pid), ...facts('first'), activity: 'ready' }));
  await says(lab, second, () => ({ ...dead(lab, second), ...facts('second') }));
});

test('Ctrl+Z while busy, and back', async () => {
  const a = await lab.openShell('claude --permission-mode manual');
  const { sessionId: id, pid } = await a.is('idle');
  await a.say('slow: 600');
  await a.is('busy');
  await until('the first words', () => a.screen().includes('word word'), a.screen);
  await a.press('C-z', 'the stop', () => processState(pid) === 'T');
  expect(a.record()?.status).toBe('busy');
  await says(lab, id, () => ({ ...live(lab, pid), ...turn.unanswered, activity: 'suspended' }));
  await a.say('fg');
  await until('the process to run', () => processState(pid) !== 'T');
  await says(lab, id, () => ({ ...live(lab, pid), ...turn.unanswered, activity: 'working' }));
});

test('Ctrl+Z at the prompt', async () => {
  const a = await lab.openShell('claude --permission-mode manual');
  const { sessionId: id, pid } = await a.is('idle');
  await a.talk('hello');
  await a.press('C-z', 'the stop', () => processState(pid) === 'T');
  await says(lab, id, () => ({ ...live(lab, pid), ...turn.answered, activity: 'suspended' }));
});

test('-p: headless by its entrypoint, listed without --all only while it lives', async () => {
  const listed = (id: string) =>
    builds.map((build) => lab.json(build, []).sessions.filter((row: Row) => row.id === id).length);
  const { pid, ended } = lab.print('hold');
  const { sessionId: id } = await until('the record of -p', () =>
    lab.records().find((record) => record.pid === pid && record.status === 'busy'),
  );
  await says(lab, id, () => ({ ...live(lab, pid), headless: true, activity: 'working' }));
  expect(listed(id)).toEqual([1, 1]);
  await until('its turn', () => lab.api.release());
  expect(await ended).toBe(0);
  const facts = { ...prompted('hold'), ...turn.answered, headless: true, state: 'idle' };
  await says(lab, id, () => ({ ...dead(lab, id), ...facts }));
  expect(listed(id)).toEqual([0, 0]);
});

test('-p, gone on with in a terminal, is no longer headless', async () => {
  const { pid, ended } = lab.print('hello print');
  const { sessionId: id } = await until('the record of -p', () => lab.records().find((record) => record.pid === pid));
  expect(await ended).toBe(0);
  const a = lab.open(['--resume', id]);
  await a.is('idle');
  await a.talk('hello terminal');
  const facts = { ...prompted('hello terminal'), ...turn.answered, headless: false };
  await says(lab, id, () => ({ ...live(lab, a.pid), ...facts, activity: 'ready' }));
  await a.say('/exit');
  await lab.gone(a.pid);
  await says(lab, id, () => ({ ...closed(lab, id), ...facts }));
});

test('-p without persistence is a row only while it runs', async () => {
  const { pid, ended } = lab.print('hold', ['--no-session-persistence']);
  const { sessionId: id } = await until('the record of -p', () =>
    lab.records().find((record) => record.pid === pid && record.status === 'busy'),
  );
  await says(lab, id, () => ({ ...live(lab, pid), transcript: null, headless: true, activity: 'working' }));
  await until('its turn', () => lab.api.release());
  expect(await ended).toBe(0);
  await says(lab, id, () => null);
});
