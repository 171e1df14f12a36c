import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CopilotWriter, copilotSession } from '../support/copilot-home.ts';
import { id } from '../support/fake-claude.ts';
import { GeminiWriter, geminiSession } from '../support/gemini-home.ts';
import { answer, opencodeSessions, prompt } from '../support/opencode-home.ts';
import { isRoot, ordinaryUser } from '../support/other-user.ts';
import { hasFlock, idling, locking, type StandIn } from '../support/stand-in.ts';
import { report } from '../support/told.ts';
import { builds, type Scratch, scratch, wt } from '../support/wt.ts';

// Processes that bear an agent's name and are none, and those of other users, hold nothing.

const names = ['copilot', 'opencode', 'gemini', 'codex', 'claude'];
const hour = 3_600_000;

/** A home with a closed session of each of three agents, in one project. */
function box(): Scratch & { project: string } {
  const home = scratch();
  const project = join(home.home, 'project');
  mkdirSync(project);
  const at = Date.now() - hour;
  const [c, g] = [new CopilotWriter(at), new GeminiWriter(at)];
  const events = [...c.start(project), ...c.prompt('go'), ...c.answer('ok')];
  copilotSession(home, { id: id(1), cwd: project, events });
  const messages = [prompt('go', at), answer('ok', at)];
  opencodeSessions(home, { id: 'ses_ddb4730bcffefoqu7GXRaom001', directory: project, title: 'T', messages });
  geminiSession(home, { n: 1, cwd: project, lines: [g.prompt('go'), g.answer('ok')], mtime: at });
  return { ...home, project };
}

test('50 processes of those names are nobody', async () => {
  using home = box();
  const strangers: StandIn[] = [];
  try {
    for (let n = 0; n < 50; n++) strangers.push(await idling(home, names[n % names.length]!, { cwd: home.project }));
    for (const build of builds) {
      const rows = report(build, home).sessions.map(({ agent, state, processes }) => [agent, state, processes]);
      const agents = build.name === 'native' ? ['copilot', 'gemini', 'opencode'] : ['copilot', 'gemini'];
      expect(rows.toSorted()).toEqual(agents.map((agent) => [agent, 'waiting', []]));
    }
  } finally {
    for (const one of strangers) one[Symbol.dispose]();
  }
});

test.runIf(isRoot && hasFlock)("another user's processes are not looked into, and no error", async () => {
  using home = box();
  const folder = join(home.home, '.copilot', 'session-state', id(1));
  writeFileSync(join(folder, 'inuse.1.hold'), '');
  using held = await locking(home, 'copilot', join(folder, 'inuse.1.hold'), { cwd: '/' });
  using other = await idling(home, 'opencode', { cwd: '/' });
  expect([held.pid, other.pid].every(Boolean)).toBe(true);
  const { wrap, builds: own } = ordinaryUser(home);
  for (const build of own) {
    const run = wt(
      { name: build.name, argv: [...wrap, ...build.argv] as [string, ...string[]] },
      ['--json', '--all'],
      home,
    );
    expect(run.stderr).toBe('');
    const { sessions, skipped } = JSON.parse(run.stdout);
    expect(skipped).toBe(0);
    for (const one of sessions) expect([one.agent, one.state, one.processes]).toEqual([one.agent, 'waiting', []]);
    expect(sessions).toHaveLength(build.name === 'native' ? 3 : 2);
  }
});
