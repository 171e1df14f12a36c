import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Marks } from '../../src/box/marks.ts';
import type { World } from '../../src/world.ts';
import { type Scratch, scratch } from '../support/wt.ts';

const now = Date.UTC(2026, 10, 23, 9);
const day = 86_400_000;

const folderOf = (home: Scratch) => join(home.env.XDG_STATE_HOME!, 'wt');
const file = (home: Scratch) => join(folderOf(home), 'marks');
const marks = (home: Scratch, at = now) => new Marks({ now: at, folders: { state: folderOf(home) } } as World);

/** Marks as they lie in the file. */
function put(home: Scratch, text: string): void {
  mkdirSync(folderOf(home), { recursive: true, mode: 0o700 });
  writeFileSync(file(home), text, { mode: 0o600 });
}

describe('what was seen', () => {
  test('is what had happened when wt was first used, and what was said to be seen', () => {
    using home = scratch();
    const first = marks(home);
    expect(first.seenUntil('a')).toBe(now);
    first.save(now);
    const later = marks(home, now + day);
    expect(later.seenUntil('a')).toBe(now);
    later.see('a', now + 5);
    later.see('a', now + 3);
    later.save(now + day);
    expect(marks(home, now + day).seenUntil('a')).toBe(now + 5);
    expect(marks(home, now + day).seenUntil('b')).toBe(now);
  });

  test('hides no news where the clock was wrong at first use', () => {
    using home = scratch();
    put(home, JSON.stringify({ since: now + 900 * day, seen: {}, done: {} }));
    expect(marks(home).seenUntil('a')).toBe(now);
  });

  test.each(['', '{', 'null', '[]', '7', '{"since":"x"}', '{"since":null,"seen":{}}', '\0\0'])(
    'is as at first use where the file holds %j',
    (text) => {
      using home = scratch();
      put(home, text);
      expect(marks(home).seenUntil('a')).toBe(now);
      expect(marks(home).doneAt('a')).toBeNull();
    },
  );

  test.each([{ seen: null, done: 3 }, { seen: { a: 'x' }, done: { a: null } }, {}])(
    'skips marks that are none: %j',
    (broken) => {
      using home = scratch();
      put(home, JSON.stringify({ since: now - day, ...broken }));
      expect(marks(home).seenUntil('a')).toBe(now - day);
      expect(marks(home).doneAt('a')).toBeNull();
    },
  );
});

describe('what is done with', () => {
  test('is seen too, and can be taken back', () => {
    using home = scratch();
    const one = marks(home);
    one.finish('a', now + 7);
    one.save(now);
    const two = marks(home);
    expect([two.doneAt('a'), two.seenUntil('a')]).toEqual([now + 7, now + 7]);
    two.unfinish('a');
    two.save(now);
    expect([marks(home).doneAt('a'), marks(home).seenUntil('a')]).toEqual([null, now + 7]);
  });

  test('loses nothing that another wt writes meanwhile', () => {
    using home = scratch();
    const [one, two] = [marks(home), marks(home)];
    one.finish('a', now);
    two.finish('b', now);
    one.save(now);
    two.save(now);
    one.reread();
    expect([one.doneAt('a'), one.doneAt('b'), marks(home).doneAt('b')]).toEqual([now, now, now]);
  });

  test('is forgotten after 90 days', () => {
    using home = scratch();
    const one = marks(home);
    one.finish('old', now - 91 * day);
    one.finish('young', now - 89 * day);
    one.save(now);
    expect(Object.keys(JSON.parse(readFileSync(file(home), 'utf8')).done)).toEqual(['young']);
  });
});

describe('a key with a folder', () => {
  test('is marked apart from the same id elsewhere; an id alone holds in every folder', () => {
    using home = scratch();
    marks(home).save(now);
    const several = marks(home, now + day);
    several.finish('a.in.one', now + 5);
    several.finish('b', now + 6);
    several.save(now + day);
    const later = marks(home, now + day);
    expect(['a.in.one', 'a.in.two', 'a', 'b', 'b.in.two'].map((key) => later.doneAt(key))).toEqual([
      now + 5,
      null,
      now + 5,
      now + 6,
      now + 6,
    ]);
    later.finish('a.in.two', now + 9);
    expect([later.doneAt('a'), later.seenUntil('a'), later.seenUntil('a.in.one')]).toEqual([now + 9, now + 9, now + 5]);
    later.unfinish('a.in.two');
    later.unfinish('b.in.two');
    later.save(now + day);
    const last = marks(home, now + day);
    expect(['a', 'a.in.one', 'a.in.two', 'b'].map((key) => last.doneAt(key))).toEqual([now + 5, now + 5, null, null]);
    last.unfinish('a');
    expect(last.doneAt('a.in.one')).toBeNull();
  });
});
