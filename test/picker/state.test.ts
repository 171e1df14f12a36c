import { describe, expect, test } from 'vitest';
import type { Session } from '../../src/core/session.ts';
import { enterWord } from '../../src/picker/footer.ts';
import { reduce } from '../../src/picker/reduce.ts';
import {
  columnsOf,
  type Effect,
  layoutOf,
  markedIndex,
  numbersOnScreen,
  type Opening,
  opened,
  type PickerEvent,
  type PickerState,
  queryOf,
} from '../../src/picker/state.ts';
import { titleColumn } from '../../src/view/columns.ts';
import { idOf, live, now, processOf, session, sessions } from '../support/sessions.ts';

/** A picker on `list`, 80 by 24 unless told otherwise. */
function picker(list: Session[], more: Partial<Opening> = {}): PickerState {
  const state = opened({ size: { columns: 80, rows: 24 }, home: '/home/u', utf8: true, ...more });
  return reduce(state, { is: 'sessions', sessions: list, unread: 0, now }).state;
}

/** The state and the last effect after some keys; what is longer than a character is the name of a key. */
function press(state: PickerState, ...keys: string[]): { state: PickerState; effect: Effect | null } {
  let effect: Effect | null = null;
  for (const key of keys) {
    ({ state, effect } = reduce(state, { is: 'key', key, now }));
    if (effect !== null) break;
  }
  return { state, effect };
}

const tallScreen = { size: { columns: 80, rows: 50 } };

const told = (state: PickerState, ...events: PickerEvent[]): PickerState =>
  events.reduce((before, event) => reduce(before, event).state, state);

/** An effect in a word: what is done, and with which session. */
function said(effect: Effect | null): string {
  if (effect === null) return '';
  const on = 'session' in effect && effect.session !== null ? ` ${Number(effect.session.id.slice(-12))}` : '';
  return `${effect.do}${on}${'title' in effect ? ` ${effect.title}` : ''}${'words' in effect ? ` ${effect.words}` : ''}`;
}

const type = (text: string): string[] => Array.from(text);

describe('a key does', () => {
  test.each<[string[], string]>([
    [['enter'], 'enter 1'],
    [['down', 'enter'], 'enter 2'],
    [['ctrl+j', 'ctrl+j', 'ctrl+k', 'enter'], 'enter 2'],
    [['end', 'enter'], 'enter 9'],
    [['end', 'home', 'enter'], 'enter 1'],
    [['up', 'enter'], 'enter 1'],
    [['3'], 'enter 3'],
    [['down', 'ctrl+t'], 'tmux 2'],
    [['ctrl+f'], 'fork 1'],
    [['ctrl+x'], 'archive 1'],
    [['ctrl+d'], 'done 1'],
    [['down', 'ctrl+n'], 'new 2'],
    [['ctrl+s'], 'search '],
    [[...type('title 4'), 'ctrl+s'], 'search title 4'],
    [[...type('title 4'), 'enter'], 'enter 4'],
    [[...type('TITLE 4'), 'ctrl+f'], 'fork 4'],
    [['ctrl+r', 'ctrl+u', ...type('Other'), 'enter'], 'rename 1 Other'],
    [['ctrl+r', 'enter'], 'rename 1 Title 1'],
    [['ctrl+r', 'ctrl+u', 'enter'], ''],
    [['ctrl+r', 'escape', 'enter'], 'enter 1'],
    [['escape'], 'leave'],
    [['x', 'escape', 'escape'], 'leave'],
    [['ctrl+c'], 'cancel'],
    [['x', 'ctrl+c'], 'cancel'],
    [['?', 'ctrl+c'], 'cancel'],
    [['?', 'enter'], ''],
    [['?', 'enter', 'enter'], 'enter 1'],
    [['f1', 'escape', 'escape'], 'leave'],
    [['ctrl+l'], 'redraw'],
    [['ctrl+z'], ''],
    [['ctrl+g'], ''],
  ])('%j: %s', (keys, what) => {
    expect(said(press(picker(sessions(9)), ...keys).effect)).toBe(what);
  });
});

describe('the query', () => {
  test('letters filter at once by title, directory, branch and prompts; the first match is marked', () => {
    const list = [
      session(1),
      session(2, { cwd: '/home/u/homelab' }),
      session(3, { branch: 'feature/zebra' }),
      session(4, { lastPrompt: 'why is the build slow?' }),
    ];
    for (const [words, n] of [
      ['homelab', 2],
      ['zebra', 3],
      ['slow build', 4],
      ['title 4', 4],
    ] as const) {
      const { state } = press(picker(list), ...type(words));
      expect(state.shown.map(({ id }) => id)).toEqual([idOf(n)]);
      expect(state.marked).toBe(idOf(n));
    }
    expect(press(picker(list), ...type('nothing of it')).state.shown).toEqual([]);
    expect(press(picker(list), ...type('nothing of it'), 'enter').state.notice).toBe('no session is marked');
  });

  test('none of the letters does anything but filter', () => {
    for (const key of 'tdfanurqjkgG/y') {
      const { state, effect } = press(picker(sessions(3)), key);
      expect([queryOf(state), effect]).toEqual([key, null]);
    }
  });

  test.each<[string[], string]>([
    [[...type('abc'), 'backspace'], 'ab|'],
    [[...type('one two '), 'ctrl+w'], 'one |'],
    [[...type('one two'), 'ctrl+u'], '|'],
    [[...type('abc'), 'left', 'left', 'x'], 'ax|bc'],
    [[...type('abc'), 'ctrl+a', 'x'], 'x|abc'],
    [[...type('abc'), 'ctrl+a', 'right', 'delete'], 'a|c'],
    [[...type('abc'), 'ctrl+a', 'ctrl+e', 'd'], 'abcd|'],
    [[...type('a1'), '2'], 'a12|'],
    [[...type('why?')], 'why?|'],
    [['1', 'd'], '1d|'],
    [[...type('👩‍👧'), 'backspace'], '|'],
  ])('%j is edited to %j', (keys, line) => {
    const { state } = press(picker(sessions(14), tallScreen), ...keys);
    expect(`${state.query.before}|${state.query.after}`).toBe(line);
  });

  test('pasted text filters and never acts', () => {
    const state = told(picker(sessions(9)), { is: 'paste', text: 'title\x1b[31m 4\r\n\x03\x18' });
    expect([queryOf(state), state.shown.map(({ id }) => id)]).toEqual(['title 4', [idOf(4)]]);
    expect(queryOf(told(picker(sessions(9)), { is: 'paste', text: '3' }))).toBe('3');
    expect(queryOf(told(picker(sessions(9)), { is: 'paste', text: 'x'.repeat(100_000) })).length).toBe(400);
  });

  test('Escape clears it and keeps the marker on its session', () => {
    const { state } = press(picker(sessions(9)), ...type('title 4'), 'escape');
    expect([queryOf(state), state.shown.length, state.marked]).toEqual(['', 9, idOf(4)]);
  });
});

describe('a number', () => {
  test('that can still grow waits for more, for Enter, or for a second', () => {
    const one = press(picker(sessions(14), tallScreen), '1');
    expect([one.state.digits, one.effect]).toEqual(['1', null]);
    expect(said(press(one.state, '2').effect)).toBe('enter 12');
    expect(said(press(one.state, 'enter').effect)).toBe('enter 1');
    expect(said(reduce(one.state, { is: 'patience', digits: '1', now }).effect)).toBe('enter 1');
    expect(said(press(one.state, 'escape').effect)).toBe('');
    expect(press(one.state, 'backspace').state.digits).toBe('');
  });

  test('that is on no row of the screen does nothing', () => {
    for (const keys of [['0'], ['9', '9']]) {
      const { state, effect } = press(picker(sessions(5)), ...keys);
      expect([effect, state.digits]).toEqual([null, '']);
      expect(state.notice).toContain('there is no row');
    }
  });

  test('keeps rows in their places while it is typed, and for a moment after they moved', () => {
    const list = sessions(14);
    const moved = [live(14, 'needs-you'), ...list.slice(0, 13)];
    const typing = told(press(picker(list, tallScreen), '1').state, {
      is: 'sessions',
      sessions: moved,
      unread: 0,
      now,
    });
    expect(said(press(typing, 'enter').effect)).toBe('enter 1');
    const changed = told(picker(list, tallScreen), { is: 'sessions', sessions: moved, unread: 0, now });
    expect(said(reduce(changed, { is: 'key', key: '3', now: now + 100 }).effect)).toBe('enter 3');
    expect(said(reduce(changed, { is: 'key', key: '3', now: now + 5000 }).effect)).toBe('enter 2');
  });
});

describe('after a greeting', () => {
  const greeted = (n: number) => picker(sessions(n), { leaves: true });

  test('no row is marked, and Enter leaves', () => {
    expect(markedIndex(greeted(3))).toBe(-1);
    expect(said(press(greeted(3), 'enter').effect)).toBe('leave');
    const later = told(greeted(3), { is: 'sessions', sessions: sessions(4), unread: 0, now });
    expect(said(press(later, 'enter').effect)).toBe('leave');
  });

  test('who moves or types marks a row', () => {
    expect(said(press(greeted(3), 'down', 'enter').effect)).toBe('enter 1');
    expect(said(press(greeted(3), ...type('title 2'), 'enter').effect)).toBe('enter 2');
    expect(said(press(greeted(3), '2').effect)).toBe('enter 2');
  });

  test('what wants a marked row says so', () => {
    const { state, effect } = press(greeted(3), 'ctrl+x');
    expect([effect, state.notice]).toEqual([null, 'no session is marked']);
    expect(said(press(greeted(3), 'ctrl+n').effect)).toBe('new');
  });
});

describe('new facts', () => {
  test('the marker stays on its session', () => {
    const { state } = press(picker(sessions(5)), 'down', 'down');
    const next = told(state, { is: 'sessions', sessions: [live(9, 'needs-you'), ...sessions(5)], unread: 0, now });
    expect([next.marked, markedIndex(next)]).toEqual([idOf(3), 3]);
  });

  test('where that is gone, the next one is marked', () => {
    const { state } = press(picker(sessions(5)), 'down', 'down');
    const rest = sessions(5).filter(({ id }) => id !== idOf(3));
    expect(told(state, { is: 'sessions', sessions: rest, unread: 0, now }).marked).toBe(idOf(4));
  });

  test('an archived session goes at once, and comes back marked', () => {
    const list = sessions(5);
    let state = press(picker(list), 'down').state;
    state = told(state, { is: 'archived', session: list[1]! });
    expect([state.marked, state.shown.length, state.notice]).toEqual([idOf(3), 4, 'archived: Title 2']);
    const undo = press(state, 'ctrl+z');
    expect(said(undo.effect)).toBe('undo 2');
    state = told(undo.state, { is: 'restored' }, { is: 'sessions', sessions: list, unread: 0, now });
    expect([state.marked, state.archived]).toEqual([idOf(2), null]);
  });
});

describe('what was dealt with leaves the marker at its place', () => {
  const marked = (state: PickerState) => [Number(state.marked?.slice(-12)), markedIndex(state)];

  test.each(['done', 'archived'] as const)('%s: the next row is marked, which comes to that place', (is) => {
    const list = sessions(5);
    let { state } = press(picker(list), 'down');
    state = told(state, { is, session: list[1]! });
    const moved = [...list.filter((one) => one !== list[1]), ...(is === 'done' ? [list[1]!] : [])];
    state = told(state, { is: 'sessions', sessions: moved, unread: 0, now });
    expect(marked(state)).toEqual([3, 1]);
    expect(said(press(state, 'enter').effect)).toBe('enter 3');
  });

  test.each(['done', 'archived'] as const)('%s: behind the last row there is none', (is) => {
    const list = sessions(5);
    const { state } = press(picker(list), 'end');
    expect(marked(told(state, { is, session: list[4]! }))).toEqual(is === 'done' ? [5, 4] : [4, 3]);
  });

  test.each(['done', 'archived'] as const)('%s: a marker that is elsewhere stays there', (is) => {
    const list = sessions(5);
    expect(marked(told(picker(list), { is, session: list[3]! }))).toEqual([1, 0]);
  });
});

describe('the window over the rows', () => {
  const tall = (n: number) => live(n, 'needs-you', { needs: 'approve Bash: '.repeat(12) });

  test('the marked row is on the screen with all its lines, whichever way it is moved', () => {
    const list = Array.from({ length: 60 }, (_, index) => (index % 7 === 0 ? tall(index + 1) : session(index + 1)));
    for (const rows of [3, 6, 9, 12, 24, 50]) {
      let state = picker(list, { size: { columns: 70, rows } });
      for (const key of [...Array(70).fill('down'), 'pageup', 'pageup', ...Array(70).fill('up'), 'end', 'pagedown']) {
        state = press(state, key).state;
        const { first, last } = numbersOnScreen(state);
        const number = markedIndex(state) + 1;
        expect(number >= first && number <= last, `${rows} rows, ${key}: ${first} ${number} ${last}`).toBe(true);
      }
      expect(numbersOnScreen(state).last).toBe(60);
    }
  });

  test('rows keep forty cells of title beside a preview', () => {
    for (let columns = 120; columns <= 300; columns += 7) {
      const state = picker(sessions(5), { size: { columns, rows: 30 } });
      const layout = layoutOf(state);
      expect(layout.preview?.beside).toBe(true);
      expect(layout.columns - titleColumn(columnsOf(state))).toBeGreaterThanOrEqual(40);
    }
  });

  test('Tab makes the preview wide, takes it away and brings it back', () => {
    const rows = [0, 1, 2, 3].map((times) => {
      const { state } = press(picker(sessions(40)), ...Array<string>(times).fill('tab'));
      return layoutOf(state).preview?.rows ?? 0;
    });
    expect(rows[1]).toBeGreaterThan(rows[0]!);
    expect(rows[2]).toBe(0);
    expect(rows[3]).toBe(rows[0]);
  });
});

describe('the preview', () => {
  const entry = { who: 'agent', kind: 'answer', text: 'said', at: null } as const;

  test('scrolls as far as it reaches, and asks for more at the beginning of what was read', () => {
    let state = picker(sessions(3));
    const talk = { key: idOf(1), entries: [entry], before: 4096 };
    state = told(state, { is: 'talk', talk, part: 'end' }, { is: 'drawn', scroll: 0, reach: 30 });
    const up = press(state, 'shift+up');
    expect(up.state.scroll).toBeGreaterThan(0);
    expect(up.effect).toBeNull();
    let more: Effect | null = null;
    for (let i = 0; i < 20 && more === null; i++) ({ state, effect: more } = press(state, 'shift+up'));
    expect(more).toEqual({ do: 'read', key: idOf(1), before: 4096 });
    const earlier = { key: idOf(1), entries: [entry, entry], before: null };
    state = told(state, { is: 'talk', talk: earlier, part: 'earlier' });
    expect([state.talk?.entries.length, state.talk?.before]).toEqual([3, null]);
    expect(press(state, 'shift+up').effect).toBeNull();
    expect(press(state, 'down').state.scroll).toBe(0);
  });

  test('what was said in another session than the marked one is not shown', () => {
    const state = told(picker(sessions(3)), {
      is: 'talk',
      talk: { key: idOf(2), entries: [entry], before: null },
      part: 'end',
    });
    expect(state.talk).toBeNull();
  });
});

test.each<[Partial<Session>, string | null, string]>([
  [{}, null, 'resume'],
  [{ state: 'unknown' }, null, 'resume?'],
  [{ state: 'live', activity: 'ready', processes: [processOf(idOf(1))] }, null, 'go'],
  [{ state: 'live', activity: 'ready', processes: [processOf(idOf(1), { tmux: 'main:@1.%3' })] }, null, 'go to pane'],
  [{ state: 'live', activity: 'ready', processes: [processOf(idOf(1), { attachWord: 'ab' })] }, null, 'attach'],
  [{ state: 'live', activity: 'ready', processes: [processOf(idOf(1))] }, 'fork', 'fork'],
])('Enter on %j, opened for %s, says %s', (more, verb, word) => {
  expect(enterWord(picker(sessions(1), { verb }), session(1, more))).toBe(word);
});

describe('while the query goes through what was said', () => {
  const hit = (n: number) => {
    const place = { label: 'you', text: `said in ${n}`, hits: [] };
    return { session: session(n), place, from: n, isArchived: false };
  };
  const found = (words: string, ...numbers: number[]): PickerEvent => {
    return { is: 'found', words, hits: numbers.map(hit), more: 0, unread: 3, wrong: null };
  };
  const shown = (state: PickerState) => state.shown.map(({ id }) => Number(id.slice(-12)));

  test('every change of it is another search, and what was found stays until then', () => {
    let { state } = press(picker(sessions(9)), ...type('ab'), 'ctrl+s');
    expect(shown(state)).toEqual([]);
    state = told(state, found('ab', 4, 2));
    expect([shown(state), state.marked]).toEqual([[4, 2], idOf(4)]);
    const next = press(state, 'c');
    expect([said(next.effect), shown(next.state)]).toEqual(['search abc', [4, 2]]);
    expect(shown(told(next.state, found('ab', 5)))).toEqual([4, 2]);
    expect(shown(told(next.state, found('abc', 2)))).toEqual([2]);
    expect(said(reduce(state, { is: 'paste', text: 'x' }).effect)).toBe('search abx');
  });

  test('the marker stays on its session as more is found, and looks anew change no row', () => {
    let { state } = press(picker(sessions(9)), 'a', 'ctrl+s');
    state = told(state, found('a', 4, 6));
    state = press(state, 'down').state;
    state = told(state, found('a', 1, 4, 5, 6));
    expect([state.marked, markedIndex(state)]).toEqual([idOf(6), 3]);
    state = told(state, { is: 'sessions', sessions: sessions(12), unread: 0, now });
    expect([shown(state), state.marked]).toEqual([[1, 4, 5, 6], idOf(6)]);
    expect(said(press(state, 'enter').effect)).toBe('enter 6');
  });

  test('Escape and Ctrl-S filter by titles again, with the same words', () => {
    for (const key of ['escape', 'ctrl+s']) {
      let { state } = press(picker(sessions(9)), ...type('title 3'), 'ctrl+s');
      state = told(state, found('title 3', 8));
      const back = press(state, key);
      expect(back.effect).toEqual({ do: 'search', words: null });
      expect([shown(back.state), queryOf(back.state)]).toEqual([[3], 'title 3']);
      expect(shown(told(back.state, found('title 3', 8)))).toEqual([3]);
    }
  });
});
