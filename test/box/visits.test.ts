import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sessionsFolder } from '../support/claude-home.ts';
import { id, session } from '../support/fake-claude.ts';
import { Screen } from '../support/screen.ts';
import { lacks } from '../support/tools.ts';
import { builds, type Scratch, scratch, wt } from '../support/wt.ts';

const file = (home: Scratch) => join(home.env.XDG_STATE_HOME!, 'wt', 'visits');
const kept = (home: Scratch): Record<string, { since: number | null; last: number }> =>
  JSON.parse(readFileSync(file(home), 'utf8'));

/** Makes every visit that is kept so much older, milliseconds. */
function age(home: Scratch, by: number): void {
  const older = Object.entries(kept(home)).map(([key, { since, last }]) => [
    key,
    { since: since === null ? null : since - by, last: last - by },
  ]);
  writeFileSync(file(home), JSON.stringify(Object.fromEntries(older)));
}

describe.skipIf(lacks('tmux')).each(builds)('$name: a visit', (build) => {
  const command = build.argv.map((word) => `'${word}'`).join(' ');
  const login = (home: Scratch, script: string) =>
    Screen.start(home, ['sh', '-c', `${script.replaceAll('wt ', `${command} `)}; exec sleep 600`]);

  test('greeting and away tell the same of what happened since the one before', async () => {
    using home = scratch();
    sessionsFolder(home.conf);
    session(home, { id: id(1), title: 'Before', at: Date.now() - 7_200_000 });
    {
      using first = login(home, 'wt --greet; wt away; echo end');
      const said = await first.until(/^end$/m);
      expect(first.text()).not.toContain('since 0: ');
      expect(String(said)).toContain('when you were here before is not known');
      expect(first.text().split('\n')[0]).not.toContain('since');
    }
    age(home, 3_600_000);
    session(home, { id: id(2), title: 'Meanwhile', at: Date.now() - 60_000 });
    using second = login(home, 'wt --greet; wt away; wt --greet; echo end');
    await second.until(/^end$/m);
    const lines = second.text().split('\n');
    const heads = lines.filter((line) => line.includes('watchtower'));
    expect(heads).toHaveLength(2);
    for (const head of heads) expect(head).toMatch(/since \d\d:\d\d: 1 finished$/);
    const time = /since (\d\d:\d\d):/.exec(heads[0]!)![1];
    expect(second.text()).toMatch(new RegExp(`^since (?:yesterday )?${time} \\(1h00 ago\\)$`, 'm'));
    expect(second.text()).toMatch(/^finished\n 1\) .*Meanwhile$/m);
  }, 60_000);

  test('goes on from prompt to prompt, and ends with half an hour without any', async () => {
    using home = scratch();
    sessionsFolder(home.conf);
    const script = join(home.home, 'login.sh');
    writeFileSync(script, `while read -r line; do ${command} refresh; echo "noted $line"; done`);
    using screen = Screen.start(home, ['sh', script]);
    const prompt = async (name: string) => {
      screen.line(name);
      await screen.until(`noted ${name}`);
      return Object.values(kept(home));
    };
    const [visit] = await prompt('first');
    expect(visit).toMatchObject({ since: null });
    age(home, 10 * 60_000);
    const [same] = await prompt('second');
    expect(same!.since).toBe(null);
    expect(same!.last).toBeGreaterThan(visit!.last);
    age(home, 40 * 60_000);
    const before = Object.values(kept(home))[0]!.last;
    expect(await prompt('third')).toEqual([{ since: before, last: expect.any(Number) }]);
  }, 60_000);

  test('is nothing without a terminal, and no file that is damaged is in the way', () => {
    using home = scratch();
    sessionsFolder(home.conf);
    session(home, { id: id(1) });
    wt(build, ['--greet'], home);
    wt(build, ['refresh'], home);
    expect(() => kept(home)).toThrow();
    for (const text of ['', 'x', '[]', 'null', '{"a":1}', '{"1-2-3":{"since":"x","last":9e99}}']) {
      writeFileSync(file(home), text, { mode: 0o600 });
      const { status, stdout, stderr } = wt(build, ['away'], home);
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toContain('when you were here before is not known');
      expect(wt(build, ['--greet'], home).status).toBe(0);
    }
  });
});
