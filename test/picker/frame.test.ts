import picocolors from 'picocolors';
import { describe, expect, test } from 'vitest';
import type { Session } from '../../src/core/session.ts';
import { cells } from '../../src/core/text.ts';
import { type PickerLook, renderPicker } from '../../src/picker/frame.ts';
import { reduce } from '../../src/picker/reduce.ts';
import { type Opening, opened, type PickerEvent, type PickerState } from '../../src/picker/state.ts';
import { unpainted } from '../../src/view/look.ts';
import { idOf, live, now, session, sessions } from '../support/sessions.ts';

const plain = (columns: number, more: Partial<PickerLook> = {}): PickerLook => ({
  now,
  columns,
  utf8: true,
  paint: unpainted,
  marker: { open: '', close: '' },
  ...more,
});

function picker(list: Session[], columns: number, rows: number, more: Partial<Opening> = {}): PickerState {
  const state = opened({ size: { columns, rows }, home: '/home/u', utf8: true, ...more });
  return reduce(state, { is: 'sessions', sessions: list, unread: 0, now }).state;
}

const press = (state: PickerState, ...keys: string[]): PickerState =>
  keys.reduce((before, key) => reduce(before, { is: 'key', key, now }).state, state);

const lines = (state: PickerState, look = plain(state.size.columns)): string[] =>
  renderPicker(state, look).lines.map((line) => line.replace(/\x1b\[7m(.)\x1b\[27m/, '$1').trimEnd());

const list = [
  live(1, 'needs-you', { needs: 'approve Bash: docker compose down && docker volume prune -f --all', seen: true }),
  live(2, 'working'),
  session(3, { state: 'waiting', cutOff: true }),
  ...sessions(9).slice(3),
];

test('80 by 20: rows, below them what is needed and what was said', () => {
  expect(`\n${lines(picker(list, 80, 20)).join('\n')}\n`).toMatchInlineSnapshot(`
    "
      watchtower · 1 needs you · 1 working · 1 cut off
    >   letters filter, digits go to a row                                9 sessions
    >1) !   1h00  api           Title 1
                                approve Bash: docker compose down && docker volume
                                prune -f --all
     2) ●   2h00  api           Title 2
     3) ✗   3h00  api           Title 3
     4) ·   4h00  api           Title 4
     5) ·   5h00  api           Title 5
     6) ·   6h00  api           Title 6
     7) ·   7h00  api           Title 7
    ────────────────────────────────────────────────────────────────────────────────
    ! approve Bash: docker compose down && docker volume prune -f --all
    Title 1
    /home/u/api
    needs you · 1h00 · main · pid 4001


    answer 1
    Enter go  ^F fork  ^N new  ^R rename  Tab preview  ? keys
    "
  `);
});

test('120 by 12: the preview beside the rows', () => {
  expect(`\n${lines(press(picker(list, 120, 12), 'down')).join('\n')}\n`).toMatchInlineSnapshot(`
    "
      watchtower · 1 needs you · 1 working · 1 cut off
    >   letters filter, digits go to a row                                                                        9 sessions
     1) !   1h00  api          Title 1                                  │ Title 2
                               approve Bash: docker compose down &&     │ /home/u/api
                               docker volume prune -f --all             │ working · 2h00 · main · pid 4002
    >2) ●   2h00  api          Title 2                                  │
     3) ✗   3h00  api          Title 3                                  │ > last prompt of 2
     4) ·   4h00  api          Title 4                                  │
     5) ·   5h00  api          Title 5                                  │ answer 2
     6) ·   6h00  api          Title 6                                  │
     7) ·   7h00  api          Title 7                                  │
    Enter go  ^F fork  ^N new  ^R rename  Tab preview  ? keys
    "
  `);
});

test('20 by 6: rows', () => {
  expect(`\n${lines(picker(list, 20, 6)).join('\n')}\n`).toMatchInlineSnapshot(`
    "
      watchtower …
    >1) !  Title 1
     2) ●  Title 2
     3) ✗  Title 3
     4) ·  Title 4
    Enter go  ? keys
    "
  `);
});

test('opened for a verb, filtered', () => {
  expect(`\n${lines(picker(list, 60, 8, { verb: 'fork', filter: 'title 3' })).join('\n')}\n`).toMatchInlineSnapshot(`
    "
      fork which?
    fork> title 3                                         1 of 9
    >1) ✗   3h00  api       [4mTitle[24m [4m3[24m




    Enter fork  Esc clear  ^T tmux  ^X archive  ^D done  F1 keys
    "
  `);
});

test('after a greeting the footer says that Enter leaves to the shell', () => {
  expect(lines(picker(list, 80, 12, { leaves: true })).at(-1)).toBe('Enter shell  Up/Down mark a row  ^N new  ? keys');
});

test.each<[string, string[], string]>([
  ['a live row', [], 'Enter go  ^F fork  ^N new  ^R rename  Tab preview  ? keys'],
  ['a closed row', ['end'], 'Enter resume  ^T tmux  ^F fork  ^X archive  ^N new  ^R rename  Tab preview  ? keys'],
  [
    'a waiting row',
    ['down', 'down'],
    'Enter resume  ^T tmux  ^F fork  ^X archive  ^D done  ^N new  ^R rename  Tab preview  ? keys',
  ],
  ['a query', ['t'], 'Enter go  Esc clear  ^F fork  ^N new  ^R rename  Tab preview  F1 keys'],
  ['a title', ['ctrl+r'], 'Enter rename  Esc leave it'],
  ['the keys', ['?'], 'any key back'],
])('the footer for %s', (_, keys, footer) => {
  expect(lines(press(picker(list, 120, 12), ...keys)).at(-1)).toBe(footer);
});

test('a number that can still grow is shown', () => {
  expect(lines(press(picker(sessions(14), 80, 24), '1')).at(-1)).toBe('row 1 Enter resume  Esc no  0-9 more');
});

test('the matching part is underlined, the marked row stands on its background as wide as the list', () => {
  const look = plain(80, { marker: { open: '<', close: '>' } });
  const state = press(picker(sessions(3), 80, 10), ...'title 2');
  const row = renderPicker(state, look).lines.find((line) => line.includes('2h00'))!;
  expect(row).toContain('\x1b[4mTitle\x1b[24m');
  expect(row).toContain('\x1b[4m2\x1b[24m');
  expect(cells(row.replace(/\x1b\[[0-9;]*m|[<]|>$/g, ''))).toBe(80);
});

describe('whatever is shown', () => {
  const paint = picocolors.createColors(true);
  const hostile = 'データ \x1b[31m👩‍👩‍👧‍👦 \u202e移行 '.repeat(4);
  const entries = [
    { who: 'you', kind: 'prompt', text: `${hostile}\n\t${hostile}`, at: null },
    { who: 'agent', kind: 'calls', text: `Bash: ${hostile}`, at: null },
    { who: 'agent', kind: 'answer', text: 'x'.repeat(5000), at: null },
  ] as const;
  const rows = [
    live(1, 'needs-you', { needs: hostile, title: { text: hostile, source: 'ai' } }),
    session(2, { cwd: `/home/u/${hostile}`, deletesAt: now }),
    ...sessions(40).slice(2),
  ];

  test.each([
    ['rows', []],
    ['a query', [...'移行 t']],
    ['a long query', [...hostile]],
    ['the keys', ['?']],
    ['a title', ['ctrl+r']],
    ['a number', ['1']],
    ['a notice', ['ctrl+z']],
    ['a wide preview', ['tab']],
    ['no preview', ['tab', 'tab']],
  ] as [string, string[]][])('%s: no line is wider than the screen, and there are no more than it has', (_, keys) => {
    for (const [columns, height] of [
      [20, 6],
      [20, 1],
      [33, 2],
      [40, 9],
      [80, 24],
      [119, 16],
      [120, 8],
      [161, 30],
      [300, 100],
    ] as const) {
      let state = press(picker(rows, columns, height), ...keys);
      const talk = { key: idOf(1), entries: [...entries], before: null };
      state = reduce(state, { is: 'talk', talk, part: 'end' }).state;
      if (state.notice !== '') state = reduce(state, { is: 'notice', text: `${hostile} `.repeat(5) }).state;
      for (const utf8 of [true, false]) {
        const frame = renderPicker({ ...state, utf8 }, plain(columns, { utf8, paint }));
        expect(frame.lines.length, `${columns}x${height}`).toBeLessThanOrEqual(height);
        for (const line of frame.lines) {
          const bare = line.replace(/\x1b\[[0-9;]*m/g, '');
          expect(bare).not.toMatch(/[\x00-\x1f\x7f\u202e]/);
          expect(cells(bare), `${columns}x${height}: ${bare}`).toBeLessThanOrEqual(columns);
        }
      }
    }
  });
});

test('ten thousand sessions: a keystroke takes less than 16 ms of CPU', () => {
  const many = Array.from({ length: 10_000 }, (_, index) =>
    session(index + 1, {
      firstPrompt: 'look at the failing test '.repeat(10),
      lastPrompt: 'and run it again '.repeat(10),
    }),
  );
  let state = press(picker(many, 120, 40), 'x', 'backspace');
  const times: number[] = [];
  for (const key of [
    't',
    'e',
    's',
    't',
    ' ',
    '7',
    '7',
    'backspace',
    'backspace',
    'down',
    'down',
    'pagedown',
    'end',
    'up',
    'home',
  ]) {
    const before = process.cpuUsage();
    state = press(state, key);
    renderPicker(state, plain(120));
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  expect(times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]).toBeLessThan(16);
});

describe('while the query goes through what was said', () => {
  const hit = (n: number, isArchived = false) => ({
    ...{ session: session(n), from: n * 100, isArchived },
    place: { label: 'you', text: `said in ${n}`, hits: [] },
  });
  const searched = (rows: number, more: Partial<Extract<PickerEvent, { is: 'found' }>>) => {
    const state = press(picker(sessions(9), 80, rows), 'ctrl+s', 'x');
    return reduce(state, { is: 'found', words: 'x', hits: [], more: 0, unread: 0, wrong: null, ...more }).state;
  };

  test.each([1, 2, 3, 12])('each of %d hits has its place, on a screen of 24 lines', (count) => {
    const hits = Array.from({ length: count }, (_, n) => hit(n + 1));
    const shown = lines(searched(24, { hits })).join('\n');
    for (const n of [1, Math.min(count, 2)]) expect(shown).toContain(`you: said in ${n}\n`);
  });

  test('on a screen for rows alone there is but their place in the list', () => {
    expect(lines(searched(5, { hits: [hit(1), hit(2)] })).join('\n')).not.toContain('said in');
  });

  test('a query that makes no sense says why', () => {
    expect(lines(searched(24, { wrong: 'by:bob: say by:you' })).join('\n')).toContain('\n by:bob: say by:you\n');
    expect(lines(searched(24, {})).join('\n')).toContain('nothing was said that fits');
  });

  test('the footer names no key that refuses what is in the archive', () => {
    const footer = (isArchived: boolean) => lines(searched(24, { hits: [hit(1, isArchived)] })).at(-1);
    expect(footer(false)).toMatchInlineSnapshot(
      `"Enter resume  Esc titles  ^T tmux  ^F fork  ^X archive  ^N new  F1 keys"`,
    );
    expect(footer(true)).toMatchInlineSnapshot(`"Esc titles  ^N new  Tab preview  F1 keys"`);
  });

  test('the preview opens where it was said, once', () => {
    let state = searched(24, { hits: [hit(1), hit(2)] });
    const entries = Array.from({ length: 40 }, (_, n) => {
      return { who: 'you', kind: 'prompt', text: `message ${n}`, at: null, from: n * 10 } as const;
    });
    const talk = { key: idOf(1), entries, before: null, place: 100 };
    state = reduce(state, { is: 'talk', talk, part: 'end' }).state;
    const { scroll, reach } = renderPicker(state, plain(80));
    const first = () => lines(state).find((line) => line.startsWith('> '));
    expect(first()).toBe('> message 10');
    state = reduce(state, { is: 'drawn', scroll, reach }).state;
    expect(first()).toBe('> message 10');
    // The same place found by more words is no other place; another one is.
    const found = { is: 'found', more: 0, unread: 0, wrong: null } as const;
    state = reduce(press(state, 'y'), { ...found, words: 'xy', hits: [hit(1)] }).state;
    expect(first()).toBe('> message 10');
    expect(lines(press(state, 'shift+down'))).not.toContain('> message 10');
    state = reduce(press(state, 'z'), { ...found, words: 'xyz', hits: [{ ...hit(1), from: 7 }] }).state;
    expect(state.scroll).toBe(0);
  });
});
