import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { builds } from '../support/wt.ts';
import { versions } from './install.ts';
import { answered, type Lab, openLab, type Row, until } from './lab.ts';
import { dead, live, says, turn } from './says.ts';

// A short tour through what matters most, with every version of Claude Code that people have: what it writes differs,
// what wt says of it does not. The other files go through everything, with the newest version.

/** How the versions differ in what they record. */
interface Ways {
  /** What a permission prompt and a question are called. */
  permission: string;
  question: string;
  /** Whether `claude -p` has a registry record, and the user's own panel a status of its own. */
  headless: boolean;
  panel: boolean;
}

const newer: Ways = { permission: 'permission prompt', question: 'input needed', headless: true, panel: true };
const ways: Record<(typeof versions)[number], Ways> = {
  '2.1.119': { permission: 'approve Bash', question: 'approve AskUserQuestion', headless: false, panel: false },
  '2.1.145': { ...newer, question: 'permission prompt', headless: false, panel: false },
  '2.1.197': { ...newer, question: 'permission prompt', headless: false },
  '2.1.330': newer,
  '2.1.332': newer,
};

describe.each(versions)('Claude Code %s', (version) => {
  const { permission, question, headless, panel } = ways[version];
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab({ version });
  });
  afterEach(() => lab?.closeTerminals());
  afterAll(() => lab?.[Symbol.asyncDispose]());

  test('ready, working, permission, question, its own panel', async () => {
    const a = lab.open();
    const record = await a.is('idle');
    const { sessionId: id } = record;
    expect(record.version).toBe(version);
    const now = (facts: Row) => () => ({ ...live(lab, a.pid), needs: null, ...facts });
    await says(lab, id, now({ activity: 'ready', transcript: null }));
    await a.talk('hello there');
    await says(lab, id, now({ activity: 'ready', ...turn.answered }));

    await a.say('hold');
    await a.is('busy');
    await lab.wrote(id, 'the prompt', (line) => line.type === 'user' && line.message.content === 'hold');
    await says(lab, id, now({ activity: 'working', ...turn.unanswered }));
    await until('its turn', () => lab.api.release());
    await a.is('idle');
    await says(lab, id, now({ activity: 'ready', ...turn.answered }));

    await a.say('bash: touch asked');
    await a.is('waiting', permission);
    await says(lab, id, now({ activity: 'needs-you', needs: 'approve Bash: touch asked', ...turn.asking }));
    await a.press('Escape', 'the rejection', () => a.record()?.status === 'idle');
    await says(lab, id, now({ activity: 'ready', ...turn.interrupted }));

    await a.say('ask: Which colour?');
    await a.is('waiting', question);
    await says(lab, id, now({ activity: 'needs-you', needs: 'asks: Which colour?', ...turn.asking }));
    await a.press('Enter', 'the next state', () => a.record()?.status !== 'waiting');
    await a.is('idle');
    await says(lab, id, now({ activity: 'ready', ...turn.answered }));

    await a.say('/resume');
    if (panel) await a.is('waiting', 'dialog open');
    await says(lab, id, now({ activity: panel ? 'dialog' : 'ready', ...turn.answered }));
  });

  test('a live session is not resumed', async () => {
    const a = lab.open();
    const { sessionId: id } = await a.is('idle');
    await a.talk('hello live');
    for (const build of builds) {
      const refused = lab.run(build.argv[0], [...build.argv.slice(1), 'resume', id]);
      expect([refused.status, refused.stdout], build.name).toEqual([1, '']);
      expect(refused.stderr, build.name).toMatch(/^wt: [^\n]+\n$/);
      expect(refused.stderr, build.name).toContain(id.slice(0, 8));
    }
    expect(lab.records().filter((one) => one.sessionId === id)).toHaveLength(1);
  });

  test('kill -9 while busy leaves a record that proves nothing, and what can be resumed', async () => {
    const a = lab.open();
    const { sessionId: id } = await a.is('idle');
    await a.say('hang');
    await a.is('busy');
    await lab.wrote(id, 'the prompt', (line) => line.type === 'user');
    process.kill(a.pid, 'SIGKILL');
    await lab.gone(a.pid);
    expect(lab.records().map((record) => record.pid)).toContain(a.pid);
    await says(lab, id, () => ({ ...dead(lab, id), ...turn.unanswered }));
    const b = lab.open(['--resume', id]);
    expect((await b.is('idle')).sessionId).toBe(id);
    await b.talk('hello again');
    await says(lab, id, () => ({ ...live(lab, b.pid), ...turn.answered, activity: 'ready' }));
  });

  test('-p is headless, while it runs and afterwards', async () => {
    const before = new Set(lab.sessions());
    const { pid, ended } = lab.print('hold');
    const own = () => lab.records().find((record) => record.pid === pid && record.status === 'busy');
    if (headless) {
      const { sessionId: id } = await until('the record of -p', own);
      await says(lab, id, () => ({ ...live(lab, pid), headless: true, activity: 'working' }));
    }
    await until('its turn', () => lab.api.release());
    expect(await ended).toBe(0);
    expect(own()).toBeUndefined();
    const id = await until('its transcript', () =>
      lab.sessions().find((one) => !before.has(one) && lab.lines(one).some((line) => line.type === 'user')),
    );
    await lab.wrote(id, 'the answer', answered);
    await says(lab, id, () => ({ ...dead(lab, id), ...turn.answered, headless: true, state: 'idle' }));
  });
});
