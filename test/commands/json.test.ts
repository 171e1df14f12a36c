import { describe, expect, test } from 'vitest';
import { sessionsFolder } from '../support/claude-home.ts';
import { id, session } from '../support/fake-claude.ts';
import { builds, scratch, wt } from '../support/wt.ts';

describe.each(builds)('$name', (build) => {
  test('--json -n N gives the first N in order, and counts all', () => {
    using home = scratch();
    sessionsFolder(home.conf);
    for (const n of [1, 2, 3, 4]) session(home, { id: id(n), at: Date.now() - n * 3_600_000 - 90_000 });
    const json = (...args: string[]) => JSON.parse(wt(build, ['--json', ...args], home).stdout);
    const ids = (...args: string[]) => json(...args).sessions.map((one: { id: string }) => one.id);
    const all = ids();
    expect(all).toEqual([1, 2, 3, 4].map(id));
    for (const args of [['-n', '2'], ['-n2'], ['--all', '-n', '2']]) expect(ids(...args)).toEqual(all.slice(0, 2));
    expect(ids('-n', '0')).toEqual([]);
    expect(ids('-n', '9')).toEqual(all);
    expect(json('-n', '1').counts).toEqual(json().counts);
    expect(wt(build, ['--json', '-n', 'x'], home).status).toBe(2);
    for (const word of ['list', 'ls', 'status']) {
      expect(wt(build, [word], home).stdout).toBe(wt(build, ['--list'], home).stdout);
    }
  });
});
