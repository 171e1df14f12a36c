import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { answered, type Lab, openLab, until } from './lab.ts';
import { closed, dead, live, prompted, says, turn } from './says.ts';

// What wt says of names, titles and copies: /rename, /clear, forks, /branch, /compact, worktrees, invented titles.

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterEach(() => lab?.closeTerminals());
afterAll(() => lab?.[Symbol.asyncDispose]());

const custom = (title: string) => ({ title, titleSource: 'custom' });

test('/rename, /clear, and back with /resume', async () => {
  const a = lab.open();
  const { sessionId: first } = await a.is('idle');
  await a.talk('hello roses');
  await a.say('/rename Roses and thorns');
  await until('the name', () => a.record()?.nameSource === 'user');
  await says(lab, first, () => ({
    ...live(lab, a.pid),
    ...custom('Roses and thorns'),
    ...turn.answered,
    activity: 'ready',
  }));
  await a.say('/clear');
  const second = await a.leaves(first);
  await a.is('idle');
  // The title goes to both.
  await says(lab, first, () => ({ ...dead(lab, first), ...custom('Roses and thorns'), ...turn.answered }));
  await says(lab, second, () => ({
    ...live(lab, a.pid),
    ...custom('Roses and thorns'),
    lastTurn: null,
    activity: 'ready',
  }));
  await a.talk('hello again');
  await says(lab, second, () => ({
    ...live(lab, a.pid),
    ...custom('Roses and thorns'),
    ...turn.answered,
    activity: 'ready',
  }));
});

test('a name from the command line', async () => {
  const a = lab.open(['-n', 'Moss']);
  const { sessionId: id } = await a.is('idle');
  await says(lab, id, () => ({
    ...live(lab, a.pid),
    title: 'Moss',
    titleSource: 'name',
    activity: 'ready',
    lastTurn: null,
  }));
});

test('a fork, before and after its first prompt', async () => {
  const a = lab.open();
  const { sessionId: parent } = await a.is('idle');
  await a.talk('hello parent');
  const b = lab.open(['--resume', parent, '--fork-session']);
  const { sessionId: child } = await b.is('idle');
  expect(child).not.toBe(parent);
  expect(lab.transcript(child)).toBeNull();
  await says(lab, child, () => ({
    ...live(lab, b.pid),
    activity: 'ready',
    transcript: null,
    title: child,
    titleSource: 'none',
  }));
  await b.talk('hello child');
  await says(lab, child, () => ({
    ...live(lab, b.pid),
    ...prompted('hello child'),
    ...turn.answered,
    activity: 'ready',
  }));
  await says(lab, parent, () => ({
    ...live(lab, a.pid),
    ...prompted('hello parent'),
    ...turn.answered,
    activity: 'ready',
  }));
});

test('/branch of a named session, then /compact', async () => {
  const a = lab.open();
  const { sessionId: trunk } = await a.is('idle');
  await a.talk('hello trunk');
  await a.say('/branch');
  const id = await a.leaves(trunk);
  await a.is('idle');
  const facts = { ...custom('hello trunk (Branch)'), forkedFrom: trunk, ...turn.answered };
  await says(lab, id, () => ({ ...live(lab, a.pid), ...facts, activity: 'ready' }));
  await says(lab, trunk, () => ({ ...dead(lab, trunk), ...prompted('hello trunk'), ...turn.answered }));
  await a.say('/compact');
  await lab.wrote(id, 'the summary', (line) => line.isCompactSummary === true);
  await lab.wrote(id, 'the end of /compact', (line) => JSON.stringify(line.message ?? '').includes('Compacted'));
  await a.is('idle');
  await says(lab, id, () => ({ ...live(lab, a.pid), ...facts, activity: 'ready' }));
});

test('a compacted session keeps its last prompt as its title', async () => {
  const a = lab.open();
  const { sessionId: id } = await a.is('idle');
  await a.talk('hello long talk');
  await a.say('/compact');
  await lab.wrote(id, 'the end of /compact', (line) => JSON.stringify(line.message ?? '').includes('Compacted'));
  await a.is('idle');
  const facts = { ...prompted('hello long talk'), ...turn.answered };
  await says(lab, id, () => ({ ...live(lab, a.pid), ...facts, activity: 'ready' }));
  await a.say('/exit');
  await lab.gone(a.pid);
  await says(lab, id, () => ({ ...closed(lab, id), ...facts }));
});

test('a worktree', async () => {
  const cwd = lab.folder('repository');
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['-c', 'user.name=lab', '-c', 'user.email=lab@localhost', 'commit', '-q', '--allow-empty', '-m', 'Begin'],
  ]) {
    expect(lab.run('git', args, cwd).status).toBe(0);
  }
  const a = lab.open(['--worktree', 'side'], { cwd });
  const { sessionId: id } = await a.is('idle');
  await a.talk('hello tree');
  await says(lab, id, () => ({
    ...live(lab, a.pid),
    ...prompted('hello tree'),
    ...turn.answered,
    cwd: `${cwd}/.claude/worktrees/side`,
    branch: 'worktree-side',
    activity: 'ready',
  }));
});

test('a title that Claude invents', async () => {
  await using other = await openLab({ titles: true });
  const a = other.open();
  const { sessionId: id } = await a.is('idle');
  await a.talk('hello title');
  await other.wrote(id, 'the title', (line) => line.type === 'ai-title');
  const facts = { title: 'Title of: hello title', titleSource: 'ai', ...turn.answered };
  await says(other, id, () => ({ ...live(other, a.pid), ...facts, activity: 'ready' }));
  await a.talk('hello later');
  await other.wrote(id, 'the answer', answered);
  await says(other, id, () => ({ ...live(other, a.pid), ...facts, activity: 'ready' }));
});
