import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Rec, sessionsFolder, transcript, Writer } from '../support/claude-home.ts';
import { lacks, toolPath } from '../support/tools.ts';
import { builds, scratch } from '../support/wt.ts';

describe.each(builds)('what is known ($name)', (build) => {
  const commands = ['--brief', '--greet', '--list', '--json'];

  test.skipIf(lacks('strace')).each(commands)('%s opens no transcript twice that has not changed', (command) => {
    using home = scratch();
    const now = Date.now();
    const made = (n: number, lines: (writer: Writer) => Rec[]) => {
      const writer = new Writer({ cwd: '/home/u/api', at: now - (n + 2) * 600_000 });
      const records = lines(writer);
      transcript(home.conf, { cwd: '/home/u/api', id: writer.id, records, mtime: now - (n + 1) * 600_000 });
      return writer.id;
    };
    sessionsFolder(home.conf);
    const heir = made(0, (w) => [w.prompt('Here I am'), w.text('Yes.')]);
    made(1, (w) => [w.prompt('Park me'), w.text('Working.'), w.continuedIn(heir)]);
    made(2, (w) => [w.prompt('Park me nowhere'), w.text('Working.'), w.continuedIn(w.uuid())]);
    made(3, (w) => [{ ...w.prompt('count'), entrypoint: 'sdk-cli' }]);
    made(4, (w) => [w.aiTitle('Nothing was said')]);
    made(5, (w) => [{ ...w.prompt('beside'), isSidechain: true }]);
    for (let n = 6; n < 40; n++) made(n, (w) => [w.prompt('Fix it'), w.text('Done.'), w.aiTitle(`Fix ${n}`)]);
    const opened = () => {
      const log = join(home.home, 'calls');
      const trace = ['-f', '-qq', '-e', 'trace=open,openat', '-o', log, ...build.argv, command];
      expect(spawnSync(toolPath('strace')!, trace, { env: home.env }).status).toBe(0);
      return readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line.includes('/projects/') && line.includes('.jsonl'));
    };
    expect(opened().length).toBeGreaterThan(8);
    expect(opened()).toEqual([]);
  });
});
