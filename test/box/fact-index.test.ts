import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makesRow, standingIn } from '../../src/agents/claude/facts.ts';
import { type Depth, readFacts } from '../../src/agents/claude/transcript.ts';
import type { TranscriptFile } from '../../src/box/transcripts.ts';
import { filler, type Rec, sessionsFolder, transcript, Writer } from '../support/claude-home.ts';
import { random, runSeed } from '../support/random.ts';
import { randomTranscript } from '../support/random-transcript.ts';
import { lacks, toolPath } from '../support/tools.ts';
import { builds, scratch } from '../support/wt.ts';

/** What a session's place in a list depends on, as a reading to that depth tells it. */
function placeOf(path: string, depth: Depth) {
  const stat = statSync(path);
  const file: TranscriptFile = {
    id: basename(path, '.jsonl'),
    folder: basename(dirname(path)),
    path,
    bytes: stat.size,
    touchedAt: stat.mtimeMs,
    inode: stat.ino,
    hasCompanion: false,
  };
  const facts = readFacts(file, depth);
  const { lastActivityAt, ...standing } = standingIn(facts, file.touchedAt);
  return { lastActivityAt, standing, row: makesRow(facts), continuedIn: facts.continuedIn };
}

test('a session stands where it does, whether its texts are read or not', () => {
  using home = scratch();
  const chance = random(runSeed ^ 0x57a4d);
  for (let n = 0; n < 1500; n++) {
    const made = randomTranscript(chance, Date.now());
    const path = transcript(home.conf, { ...made, records: made.lines });
    const { lastActivityAt, ...place } = placeOf(path, 'standing');
    const { lastActivityAt: told, ...withTexts } = placeOf(path, 'bounded');
    const again = `WT_SEED=${runSeed}, transcript ${n}`;
    expect(place, again).toEqual(withTexts);
    // A record far from the end may bear a later time, and who looks for texts may come across it.
    if (statSync(path).size <= 64 << 10) expect(lastActivityAt, again).toBe(told);
    else expect(lastActivityAt ?? 0, again).toBeLessThanOrEqual(placeOf(path, 'complete').lastActivityAt ?? 0);
  }
});

test('whoever began a conversation is asked for where a program drove it last', () => {
  using home = scratch();
  const headless = (first: string | undefined, second: string, last: string) => {
    const writer = new Writer({ cwd: '/home/u/api', at: Date.now() - 5_000_000 });
    const records = [
      { ...writer.prompt('begin'), entrypoint: first },
      { ...writer.text(filler(100_000)), entrypoint: second },
      { ...writer.prompt('go on'), entrypoint: last },
      writer.aiTitle('Begin'),
    ];
    const path = transcript(home.conf, { cwd: '/home/u/api', id: writer.id, records });
    return (['standing', 'bounded', 'complete'] as const).map((depth) => placeOf(path, depth).standing.headless);
  };
  const [no, yes] = [Array(3).fill(false), Array(3).fill(true)];
  expect(headless('cli', 'sdk-cli', 'sdk-cli')).toEqual(no);
  expect(headless('sdk-cli', 'sdk-cli', 'cli')).toEqual(no);
  expect(headless('sdk-cli', 'cli', 'sdk-cli')).toEqual(yes);
  expect(headless(undefined, 'sdk-cli', 'sdk-cli')).toEqual(yes);
  expect(headless(undefined, 'cli', 'sdk-cli')).toEqual(no);
});

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
        .filter((line) => line.includes('.jsonl'));
    };
    expect(opened().length).toBeGreaterThan(8);
    expect(opened()).toEqual([]);
  });
});
