import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { builds } from '../support/wt.ts';
import { type Lab, openLab, processState, type Terminal, until } from './lab.ts';
import { live, says, turn } from './says.ts';

// `wt take`: the process that holds a session is ended politely, and the session goes on here.

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterEach(() => lab?.closeTerminals());
afterAll(() => lab?.[Symbol.asyncDispose]());

describe.each(builds)('$name', (build) => {
  const words = build.argv.map((word) => `'${word}'`).join(' ');
  const take = (...args: string[]) => lab.run(build.argv[0], [...build.argv.slice(1), 'take', ...args]);
  const runs = (pid: number) => /^[^ZX]/.test(processState(pid) ?? 'X');

  async function start(): Promise<Terminal & { id: string }> {
    const terminal = lab.open();
    const { sessionId } = await terminal.is('idle');
    await terminal.talk('hello there');
    return { ...terminal, id: sessionId };
  }

  /** Takes the session over in a new terminal, and waits until a Claude that is not `pid` is at its prompt there. */
  async function taken(id: string, pid: number): Promise<Terminal> {
    const here = await lab.openShell(`${words} take ${id} --yes`, { cwd: lab.home.home });
    const record = await until(
      'another process that holds it',
      () => lab.records().find((one) => one.sessionId === id && one.pid !== pid && one.status === 'idle'),
      here.screen,
    );
    expect(runs(pid)).toBe(false);
    expect(record.cwd).toBe(lab.project);
    expect(lab.records().filter((one) => one.sessionId === id)).toHaveLength(1);
    return here;
  }

  test('a session at its prompt goes on here, in its directory', async () => {
    const a = await start();
    const here = await taken(a.id, a.pid);
    await here.talk('hello from here');
    const { pid } = (await here.is('idle')) ?? {};
    await says(lab, a.id, () => ({ ...live(lab, pid), ...turn.answered, activity: 'ready' }));
    expect(JSON.stringify(lab.api.requests.at(-1)?.messages)).toContain('You said: hello there');
  });

  test('a turn in progress is lost, what was said is not', async () => {
    const a = await start();
    await a.say('slow: 600');
    await a.is('busy');
    await lab.wrote(a.id, 'the prompt', (line) => line.type === 'user' && line.message.content === 'slow: 600');
    const here = await taken(a.id, a.pid);
    await until('the prompt', () => here.screen().includes('slow: 600'), here.screen);
    await here.talk('hello from here');
  });

  test('a permission that was asked for is not asked for again', async () => {
    const a = await start();
    await a.say('bash: touch never');
    await a.is('waiting', 'permission prompt');
    const here = await taken(a.id, a.pid);
    await here.talk('hello from here');
    expect(lab.run('test', ['-e', 'never']).status).toBe(1);
  });

  test('where nobody can be asked, nothing is ended', async () => {
    const a = await start();
    const refused = take(a.id);
    expect([refused.status, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toMatch(/^wt: [^\n]*--yes/);
    expect(a.record()).toMatchObject({ pid: a.pid, status: 'idle' });
  });

  test('--dry-run ends nothing', async () => {
    const a = await start();
    expect(take(a.id, '--yes', '--dry-run').status).toBe(0);
    expect(a.record()).toMatchObject({ pid: a.pid, status: 'idle' });
  });

  // Neither SIGTERM nor SIGTERM with SIGCONT ends a Claude that its shell has suspended: it stops again at once.
  test('a suspended one does not end: said, and nothing started', async () => {
    const a = await lab.openShell('claude');
    const { sessionId: id, pid } = await a.is('idle');
    await a.talk('hello');
    await a.press('C-z', 'the stop', () => processState(pid) === 'T');
    const refused = take(id, '--yes');
    expect([refused.status, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toMatch(/^wt: [^\n]+\n$/);
    expect(processState(pid)).toBe('T');
    expect(lab.records().filter((one) => one.sessionId === id)).toHaveLength(1);
  });
});
