import { describe, expect, test } from 'vitest';
import type { Session } from '../../src/core/session.ts';
import { opened, type PickerState, reduce, type Size } from '../../src/picker/state.ts';
import { cellsOf, renderPicker } from '../../src/view/frame.ts';
import { type Look, type Paint, unpainted } from '../../src/view/rows.ts';
import { random } from '../support/random.ts';
import { now, session, sessions } from '../support/sessions.ts';

const live = session(1, {
  title: { text: 'Investigate nested o directories', source: 'ai' },
  state: 'live',
  activity: 'needs-you',
  needs: 'approve Bash: docker compose down',
  cwd: '/home/u/homelab',
});
const box = [
  live,
  session(2, { state: 'waiting', title: { text: '修复登录后的重定向循环 🚀', source: 'ai' }, cwd: '/home/u/日本語' }),
  ...sessions(14).slice(2),
];

function look(size: Size, more: Partial<Look> = {}): Look {
  return { now, columns: size.columns, utf8: true, paint: unpainted, ...more };
}

function stateOf(size: Size, rows: Session[], keys: string[] = [], filter = ''): PickerState {
  let state = opened(size, '/home/u', filter);
  state = reduce(state, { is: 'sessions', sessions: rows, unread: 0, now }).state;
  for (const key of keys) state = reduce(state, { is: 'key', key, now }).state;
  return state;
}

function screen(size: Size, keys: string[] = [], rows = box, utf8 = true): string {
  return `\n${renderPicker(stateOf(size, rows, keys), look(size, { utf8 })).join('\n')}\n`;
}

test('an ordinary screen: rows, below them the marked session, the keys at last', () => {
  expect(screen({ columns: 80, rows: 20 }, ['down'])).toMatchInlineSnapshot(`
    "
      watchtower · 1 needs you · 1 live · 1 waiting · 14 sessions
      1) !  needs you   1h00  homelab           00000001  Investigate nested o dire…
    > 2) ⧗  waiting     2h00  日本語            00000002  修复登录后的重定向循环 🚀
      3) ·  idle        3h00  api               00000003  Title 3
      4) ·  idle        4h00  api               00000004  Title 4
      5) ·  idle        5h00  api               00000005  Title 5
      6) ·  idle        6h00  api               00000006  Title 6
      7) ·  idle        7h00  api               00000007  Title 7
      8) ·  idle        8h00  api               00000008  Title 8
      9) ·  idle        9h00  api               00000009  Title 9
     10) ·  idle       10h00  api               0000000a  Title 10
    ────────────────────────────────────────────────────────────────────────────────
    修复登录后的重定向循环 🚀
    /home/u/日本語
    waiting · 2h00 · main
    first: first prompt of 2
    last: last prompt of 2
    claude: answer 2

    [#]resume [t#]tmux [d#]archive [f#]fork [a#]attach [n]ew [Enter]resume [q]uit
    "
  `);
});

test('a wide screen: the marked session beside the rows', () => {
  expect(screen({ columns: 120, rows: 10 })).toMatchInlineSnapshot(`
    "
      watchtower · 1 needs you · 1 live · 1 waiting · 14 sessions
    > 1) !  needs you   1h00  homelab           00000001  Investigate…  │ Investigate nested o directories
      2) ⧗  waiting     2h00  日本語            00000002  修复登录后的… │ /home/u/homelab
      3) ·  idle        3h00  api               00000003  Title 3       │ needs you · 1h00 · main
      4) ·  idle        4h00  api               00000004  Title 4       │ needs: approve Bash: docker compose down
      5) ·  idle        5h00  api               00000005  Title 5       │ first: first prompt of 1
      6) ·  idle        6h00  api               00000006  Title 6       │ last: last prompt of 1
      7) ·  idle        7h00  api               00000007  Title 7       │ claude: answer 1
      8) ·  idle        8h00  api               00000008  Title 8       │ 
    [#]resume [t#]tmux [d#]archive [f#]fork [a#]attach [n]ew [/]filter [Enter]shell [q]uit
    "
  `);
});

test('the smallest screen, with and without UTF-8', () => {
  expect(screen({ columns: 20, rows: 6 })).toMatchInlineSnapshot(`
    "
      watchtower · 1 ne…
    >1) !  1h00  Invest…
     2) ⧗  2h00  修复登…
     3) ·  3h00  Title 3
     4) ·  4h00  Title 4
    [Enter]shell [q]uit
    "
  `);
  expect(screen({ columns: 20, rows: 6 }, ['down'], box, false)).toMatchInlineSnapshot(`
    "
      watchtower - 1...
     1) !  1h00  Inve...
    >2) ~  2h00  ????...
     3) -  3h00  Title 3
     4) -  4h00  Title 4
    [Enter]resume [q]uit
    "
  `);
});

test('nothing to pick, nothing found', () => {
  expect(screen({ columns: 60, rows: 5 }, [], [])).toMatchInlineSnapshot(`
    "
      watchtower · nothing live or waiting · 0 sessions
     no sessions yet: [n]ew


    [n]ew [/]filter [Enter]shell [q]uit
    "
  `);
  expect(screen({ columns: 60, rows: 5 }, ['/', 'x', 'x'])).toMatchInlineSnapshot(`
    "
      watchtower · 1 needs you · 1 live · 1 waiting
     nothing matches


    /xx_ [Esc]clear [Up/Down]move [Tab]keys
    "
  `);
});

test('the last line says what the keys do at this moment', () => {
  const size = { columns: 100, rows: 8 };
  const footer = (keys: string[], filter = '') =>
    renderPicker(stateOf({ ...size }, box, keys, filter), look(size)).at(-1);
  expect(footer([])).toBe('[#]resume [t#]tmux [d#]archive [f#]fork [a#]attach [n]ew [/]filter [Enter]shell [q]uit');
  expect(footer(['down'])).toBe(
    '[#]resume [t#]tmux [d#]archive [f#]fork [a#]attach [n]ew [/]filter [Enter]resume [q]uit',
  );
  expect(footer(['t'])).toBe('tmux: [#]row [Enter]marked row [Esc]no');
  expect(footer(['pagedown', 'pagedown', 'f', '1'])).toBe('fork 1 [Enter]now [Esc]no [0-9]more');
  expect(footer(['/', 'a', 'p', 'i'])).toBe('/api_ [Enter]resume [Esc]clear [Up/Down]move [Tab]keys');
  expect(footer([], 'api')).toBe(
    '/api [#]resume [t#]tmux [d#]archive [f#]fork [a#]attach [n]ew [Esc]clear [Enter]shell [q]uit',
  );
});

test('the contract’s own keys fit on eighty columns', () => {
  const size = { columns: 80, rows: 24 };
  expect(renderPicker(stateOf(size, box), look(size)).at(-1)).toBe(
    '[#]resume [t#]tmux [d#]archive [f#]fork [a#]attach [n]ew [Enter]shell [q]uit',
  );
});

test('a refusal is shown whole where there is room, and the rows make room for it', () => {
  const size = { columns: 40, rows: 10 };
  const text = "can't archive 00000001 (Investigate nested o directories): it is live in process 4242 (pts/3)";
  const state = reduce(stateOf(size, box), { is: 'notice', text }).state;
  expect(`\n${renderPicker(state, look(size)).join('\n')}\n`).toMatchInlineSnapshot(`
    "
      watchtower · 1 needs you · 1 live · 1…
    >1) !  needs you   1h00  Investigate ne…
     2) ⧗  waiting     2h00  修复登录后的重…
     3) ·  idle        3h00  Title 3
     4) ·  idle        4h00  Title 4
     5) ·  idle        5h00  Title 5
    can't archive 00000001 (Investigate
    nested o directories): it is live in
    process 4242 (pts/3)
    [#]resume [n]ew [Enter]shell [q]uit
    "
  `);
});

describe('whatever the text and the size', () => {
  const sequence = (name: string) => (text: string) => `\x1b[${name}m${text}\x1b[0m`;
  const paint = Object.fromEntries(Object.keys(unpainted).map((name) => [name, sequence('1')])) as unknown as Paint;
  const nasty = [
    ...[
      '\x1b[2J',
      '\x1b]0;owned\x07',
      '\x1b]8;;http://x\x1b\\',
      '\x1bP+q\x1b\\',
      '\x9b31m',
      '\u0085',
      '\r\n',
      '\t',
      '\0',
    ],
    ...['\u202e', '\u2066', '\u200b', '\u2060', '\ufeff', '\u2028', '\ud800', '\u0300'.repeat(40)],
    ...['登录', '👨‍👩‍👧‍👦', '🇩🇪', 'é', 'plain words', ' ', '%n', '$(id)', '`id`', 'x'.repeat(300)],
  ];
  const forbidden = /[\0-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u00ad]/u;

  test.each([20, 21, 33, 59, 60, 80, 99, 100, 141, 200])('%i columns: no line is wider, no text unclean', (columns) => {
    const chance = random();
    const mess = () => Array.from({ length: chance.int(0, 12) }, () => chance.pick(nasty)).join('');
    for (let round = 0; round < 60; round++) {
      const rows = Array.from({ length: chance.int(0, 30) }, (_, index) => {
        return session(index + 1, {
          title: { text: mess(), source: 'ai' },
          cwd: `/${mess()}/${mess()}`,
          branch: mess(),
          needs: chance.chance(0.3) ? mess() : null,
          state: chance.pick(['live', 'waiting', 'idle', 'unknown'] as const),
          firstPrompt: mess(),
          lastPrompt: mess(),
          lastAnswer: mess(),
        });
      });
      const size = { columns, rows: chance.int(1, 45) };
      const keys = chance.pick([[], ['down'], ['/', 'p', '登'], ['t'], ['end'], ['1']]);
      let state = stateOf(size, rows, keys, chance.chance(0.2) ? mess() : '');
      if (chance.chance(0.3)) state = reduce(state, { is: 'notice', text: mess() }).state;
      const utf8 = chance.chance(0.8);
      const lines = renderPicker(state, look(size, { utf8, paint: chance.chance(0.5) ? paint : unpainted }));
      expect(lines.length, `seed ${chance.seed}`).toBeLessThanOrEqual(size.rows);
      for (const line of lines) {
        const bare = line.replace(/\x1b\[[01]m/g, '');
        expect(bare, `seed ${chance.seed}`).not.toMatch(forbidden);
        expect(cellsOf(line), `seed ${chance.seed}: ${JSON.stringify(line)}`).toBeLessThanOrEqual(columns);
        if (!utf8) expect(bare, `seed ${chance.seed}`).toMatch(/^[ -~]*$/);
      }
    }
  });
});

test('ten thousand sessions: a frame is made of the rows on the screen alone', () => {
  const asked = new Set<string>();
  const many = sessions(10_000).map((one) => {
    const { title } = one;
    const get = () => {
      asked.add(one.id);
      return title;
    };
    return Object.defineProperty({ ...one }, 'title', { get });
  });
  const size = { columns: 80, rows: 24 };
  const state = stateOf(size, many, ['end']);
  asked.clear();
  renderPicker(state, look(size));
  expect(asked.size).toBeLessThanOrEqual(24);
});
