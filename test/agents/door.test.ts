import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { parseArgs } from '../../src/args.ts';
import { commands } from '../../src/commands/table.ts';
import { UserError } from '../../src/errors.ts';
import { readWorld } from '../../src/screen/read-world.ts';
import { holder, processStat } from '../support/claude-home.ts';
import { answered, type Report, rowOf, tracked, written } from '../support/told.ts';
import type { Scratch } from '../support/wt.ts';

// A second agent, made up: its folder is test/support/tally, and a line in the table is all that it takes.
vi.mock('../../src/agents/table.ts', async (original) => {
  const table = await original<typeof import('../../src/agents/table.ts')>();
  const { tally } = await import('../support/tally/tally.ts');
  return {
    ...table,
    agentsOf: (world: Parameters<typeof table.agentsOf>[0]) => [
      ...table.agentsOf(world),
      tally(join(world.home, 'tally')),
    ],
  };
});

let said = '';
vi.mock('../../src/screen/output.ts', async (original) => {
  const say = (text: string | Uint8Array) => {
    said += String(text);
  };
  return { ...(await original<object>()), write: say, print: say, printError: say };
});
beforeEach(() => {
  said = '';
});

/** A home with one session of Claude's and two of tally's. */
function box(): Scratch & { claude: string } {
  const home = tracked();
  const claude = written(home, answered, { at: Date.now() - 7_200_000 }).id;
  const logs = join(home.home, 'tally', 'logs', '2026-11');
  mkdirSync(logs, { recursive: true });
  const at = new Date(Date.now() - 3_600_000).toISOString();
  const run = (id: string, text: string) =>
    writeFileSync(join(logs, `run-${id}.txt`), `in: ${home.home}\nat: ${at}\n${text}\n`);
  run('00000001', 'title: Count the sheep\nyou: how many\ntally: forty');
  run('00000002', 'title: Count the stars\nyou: and these');
  run('00000003', 'title: Nobody spoke');
  writeFileSync(join(logs, 'notes.txt'), 'no run');
  writeFileSync(join(home.home, 'tally', 'running'), '');
  return { ...home, claude };
}

/** Runs a command in this process. */
async function wt(home: Scratch, ...words: string[]): Promise<number> {
  const { command, call } = parseArgs(words, commands);
  return command.run({ ...readWorld(home.env, 'never'), dryRun: call.flags.has('--dry-run') }, call);
}

async function json(home: Scratch): Promise<Report> {
  said = '';
  expect(await wt(home, '--json', '--all')).toBe(0);
  return JSON.parse(said);
}

/** What a command refuses with. */
async function refusal(home: Scratch, ...words: string[]): Promise<string> {
  const error = await wt(home, ...words).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

test('its sessions stand in every list, beside the others', async () => {
  using home = box();
  const all = await json(home);
  expect(all.sessions.map((one) => one.id)).toEqual(['00000002', '00000001', home.claude]);
  expect(rowOf(all, '00000001')).toMatchObject({
    agent: 'tally',
    title: 'Count the sheep',
    state: 'waiting',
    lastTurn: { by: 'tally', how: 'answered', pending: false },
    cutOff: false,
    cwd: home.home,
    firstPrompt: 'how many',
    lastAnswer: 'forty',
    deletesAt: null,
  });
  expect(rowOf(all, '00000002')).toMatchObject({ lastTurn: { by: 'you', how: 'unanswered' }, cutOff: true });
  expect(rowOf(all, home.claude)).toMatchObject({ agent: 'claude', lastTurn: { by: 'claude' } });
  // And again from what was kept of it.
  expect((await json(home)).sessions).toEqual(all.sessions);
  said = '';
  await wt(home, '--list');
  expect(said).toMatch(/Count the stars\n.*Count the sheep\n.*Fix the broken redirect\n/);
});

test('it is live, and needs somebody, as its own registry says', async () => {
  using home = box();
  using one = holder();
  using two = holder();
  const lines = [
    `${one.pid} ${processStat(one.pid)?.start} 00000001 asks wool`,
    `${two.pid} ${processStat(two.pid)?.start} 00000002 counts`,
    `${two.pid} 1 00000003 counts`,
  ];
  writeFileSync(join(home.home, 'tally', 'running'), lines.join('\n'));
  const all = await json(home);
  expect(rowOf(all, '00000001')).toMatchObject({ state: 'live', activity: 'needs-you', needs: 'a number for wool' });
  expect(rowOf(all, '00000002')).toMatchObject({ state: 'live', activity: 'working', needs: null });
  expect(all.counts).toMatchObject({ live: 2, needsYou: 1, waiting: 1 });
  said = '';
  await wt(home, '--greet');
  expect(said).toMatch(/1 needs you · 1 working · 1 waiting\n 1\) ! .*tally +Count the sheep — a number for wool\n/);
  expect(await refusal(home, 'resume', '00000001')).toContain(`it is live in process ${one.pid}`);
});

test('it is resumed by its own words, in its own directory', async () => {
  using home = box();
  expect(await wt(home, 'resume', '00000001', '--dry-run')).toBe(0);
  expect(said).toBe(
    `cd -- '${home.home}' && TALLY_HOME='${join(home.home, 'tally')}' exec tally count on '00000001'\n`,
  );
  expect(await refusal(home, 'fork', '00000001')).toContain("tally can't fork a session");
  said = '';
  expect(await wt(home, 'resume', 'sheep', '--dry-run')).toBe(0);
  expect(said).toContain("exec tally count on '00000001'");
});

test('what it does not let be moved is not moved', async () => {
  using home = box();
  for (const more of [[], ['--dry-run']])
    expect(await refusal(home, 'archive', '00000001', ...more)).toBe(
      "can't archive 00000001 (Count the sheep): tally keeps its runs in one ledger",
    );
  expect(said).toBe('');
  expect((await json(home)).sessions).toHaveLength(3);
});

test('what was said to any agent is found, and by whom', async () => {
  const home = box();
  said = '';
  expect(await wt(home, 'find', 'many', 'by:you')).toBe(0);
  expect(said).toMatch(/Count the sheep\n +you: how many\n/);
  said = '';
  expect(await wt(home, 'find', 'forty', 'by:tally', '--json')).toBe(0);
  expect(JSON.parse(said).sessions).toMatchObject([
    { agent: 'tally', id: '00000001', place: { by: 'tally', text: 'forty' } },
  ]);
  await expect(wt(home, 'find', 'forty', 'agent:claude')).rejects.toThrow('nothing was said that fits');
});
