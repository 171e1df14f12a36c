import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { expect, test } from 'vitest';
import type { TranscriptFile } from '../../src/claude/discover.ts';
import { makesRow, standingIn } from '../../src/claude/facts.ts';
import { type Depth, readFacts } from '../../src/claude/transcript.ts';
import { filler, transcript, Writer } from '../support/claude-home.ts';
import { random, runSeed } from '../support/random.ts';
import { randomTranscript } from '../support/random-transcript.ts';
import { scratch } from '../support/wt.ts';

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
