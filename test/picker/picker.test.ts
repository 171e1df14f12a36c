import { describe, expect, test } from 'vitest';
import type { Session } from '../../src/core/session.ts';
import {
  type Effect,
  layoutOf,
  markedIndex,
  opened,
  type PickerEvent,
  type PickerState,
  reduce,
} from '../../src/picker/state.ts';
import { idOf, now, session, sessions } from './sessions.ts';

const small = { columns: 80, rows: 12 };

function given(rows: Session[], size = small, filter = ''): PickerState {
  return told(opened(size, '/home/u', filter), rows);
}

function told(state: PickerState, rows: Session[], at = now): PickerState {
  return reduce(state, { is: 'sessions', sessions: rows, unread: 0, now: at }).state;
}

/** Presses keys, one after the other, and gives the last state and the effects in words. */
function press(state: PickerState, ...keys: string[]): { state: PickerState; effects: string[] } {
  const effects: string[] = [];
  let current = state;
  for (const key of keys) {
    const step = reduce(current, { is: 'key', key, now: now + 5000 });
    current = step.state;
    if (step.effect !== null) effects.push(inWords(step.effect));
  }
  return { state: current, effects };
}

function inWords(effect: Effect): string {
  if ('session' in effect) return `${effect.do} ${Number(effect.session.id.slice(-12))}`;
  return 'id' in effect ? `${effect.do} ${Number(effect.id.slice(-12))}` : effect.do;
}

const after = (state: PickerState, event: PickerEvent) => reduce(state, event).state;

describe('what keys do, with nine rows on the screen', () => {
  test.each<[string[], string[]]>([
    [['enter'], ['leave']],
    [['q'], ['leave']],
    [['ctrl+d'], ['leave']],
    [['escape'], ['leave']],
    [['ctrl+c'], ['cancel']],
    [['ctrl+z'], ['suspend']],
    [['ctrl+l'], ['redraw']],
    [['3'], ['resume 3']],
    [['9'], ['resume 9']],
    [['t', '3'], ['tmux 3']],
    [['d', '3'], ['archive 3']],
    [['f', '3'], ['fork 3']],
    [['a', '3'], ['attach 3']],
    [['n'], ['new']],
    [['0'], []],
    [['t', 'escape', '3'], ['resume 3']],
    [['t', 'f', '3'], ['fork 3']],
    [['t', 'n'], ['new']],
    [['j', 'enter'], ['resume 2']],
    [['down', 'down', 'enter'], ['resume 3']],
    [['down', 'up', 'enter'], ['resume 1']],
    [['up', 'enter'], ['resume 1']],
    [['r'], ['resume 1']],
    [['down', 'right'], ['resume 2']],
    [['down', 'd', 'enter'], ['archive 2']],
    [['d', 'down', 'enter'], ['archive 2']],
    [['t', 'enter'], ['tmux 1']],
    [['G', 'enter'], ['resume 9']],
    [['end', 'enter'], ['resume 9']],
    [['G', 'g', 'enter'], ['resume 1']],
    [['G', 'home', 'enter'], ['resume 1']],
    [['pagedown', 'enter'], ['resume 9']],
    [['G', 'pageup', 'enter'], ['resume 1']],
    [['x', 'é', 'left', 'delete'], []],
    [['u'], []],
    [['/', '3', 'enter'], ['resume 3']],
    [['/', 'q', 'escape', 'q'], ['leave']],
    [['/', '3', 'tab', '1'], ['resume 3']],
    [['/', 'x', 'x', 'enter'], []],
    [['/', 'ctrl+c'], ['cancel']],
    [['/', 'down', 'enter'], ['resume 2']],
    [['/', 'j'], []],
  ])('%j → %j', (keys, effects) => {
    expect(press(given(sessions(9)), ...keys).effects).toEqual(effects);
  });
});

describe('numbers', () => {
  const tall = { columns: 80, rows: 14 };

  test('with twelve rows on the screen, 1 can still become 10, 11 or 12; 2 can become nothing else', () => {
    const state = given(sessions(12), tall);
    expect(layoutOf(state).list).toBe(12);
    expect(press(state, '2').effects).toEqual(['resume 2']);
    expect(press(state, '1').effects).toEqual([]);
    expect(press(state, '1', '2').effects).toEqual(['resume 12']);
    expect(press(state, '1', 'enter').effects).toEqual(['resume 1']);
    expect(press(state, 't', '1', 'enter').effects).toEqual(['tmux 1']);
    expect(press(state, '1', 'escape', '2').effects).toEqual(['resume 2']);
    expect(press(state, '1', 'backspace', '2').effects).toEqual(['resume 2']);
    expect(press(state, '1', '5').effects).toEqual([]);
    expect(press(state, '1', '5').state.notice).toBe('there is no row 15 on the screen');
  });

  test('a number that has waited long enough is meant; one that has gone on meanwhile is not', () => {
    const { state } = press(given(sessions(12), tall), '1');
    expect(reduce(state, { is: 'patience', digits: '1', now }).effect).toMatchObject({ do: 'resume' });
    const { state: gone } = press(state, 'escape');
    expect(reduce(gone, { is: 'patience', digits: '1', now }).effect).toBeNull();
  });

  test('only what is on the screen can be meant', () => {
    const { state } = press(given(sessions(500)), 'end');
    expect(press(state, '1').effects).toEqual([]);
    expect(press(state, '1').state.notice).toBe('there is no row 1 on the screen');
    expect(press(state, '4', '9', '9').effects).toEqual(['resume 499']);
    expect(press(state, '4', '9').state.digits).toBe('49');
    expect(press(state, '4', '9', 'enter').state.notice).toBe('there is no row 49 on the screen');
  });

  test('rows do not change places under a number that is being typed', () => {
    const rows = sessions(12);
    const { state } = press(given(rows, tall), '1');
    const turned = told(state, rows.toReversed(), now + 10_000);
    expect(press(turned, '0').effects).toEqual(['resume 10']);
    expect(press(press(turned, 'escape').state, '2').effects).toEqual(['resume 2']);
    expect(press(told(press(turned, 'escape').state, rows.toReversed()), '2').effects).toEqual(['resume 11']);
  });

  test('just after rows have changed places, a number means what stood there', () => {
    const rows = sessions(9);
    const turned = told(given(rows), rows.toReversed(), now);
    const soon = reduce(turned, { is: 'key', key: '1', now: now + 300 });
    const late = reduce(turned, { is: 'key', key: '1', now: now + 900 });
    expect(inWords(soon.effect!)).toBe('resume 1');
    expect(inWords(late.effect!)).toBe('resume 9');
  });
});

describe('the marker', () => {
  test('stays on its session when rows come, go and change places', () => {
    const { state } = press(given(sessions(9)), 'down', 'down');
    expect(state.marked).toBe(idOf(3));
    const turned = told(state, [session(20), ...sessions(9).toReversed()]);
    expect(turned.marked).toBe(idOf(3));
    expect(markedIndex(turned)).toBe(7);
  });

  test('goes to the row that takes the place of a session that has gone', () => {
    const { state } = press(given(sessions(9)), 'down', 'down');
    const rows = sessions(9).filter((one) => one.id !== idOf(3));
    expect(told(state, rows).marked).toBe(idOf(4));
    expect(told(press(state, 'end').state, rows.slice(0, 5)).marked).toBe(idOf(6));
    expect(told(state, []).marked).toBeNull();
  });

  test('stays on its line of a scrolled screen when rows come above it', () => {
    const { state } = press(given(sessions(500)), ...Array.from({ length: 50 }, () => 'down'));
    const line = markedIndex(state) - state.top;
    const more = told(state, [session(900), session(901), ...sessions(500)]);
    expect(markedIndex(more) - more.top).toBe(line);
    expect(more.top).toBe(state.top + 2);
  });

  test('is on the screen whatever the size becomes', () => {
    const { state } = press(given(sessions(500)), 'end');
    for (const size of [
      { columns: 20, rows: 6 },
      { columns: 20, rows: 1 },
      { columns: 200, rows: 50 },
      { columns: 80, rows: 24 },
    ]) {
      const resized = after(state, { is: 'size', size });
      const { list } = layoutOf(resized);
      expect(markedIndex(resized)).toBe(499);
      expect(resized.top + list, `${size.columns}×${size.rows}`).toBe(500);
    }
  });
});

describe('the filter', () => {
  const rows = [
    session(1, { title: { text: 'Fix the Redirect', source: 'ai' } }),
    session(2, { cwd: '/home/u/work/notes-app' }),
    session(3, { branch: 'feature/Login' }),
    session(4, { title: { text: 'Größe prüfen', source: 'ai' } }),
  ];
  const left = (filter: string) => given(rows, small, filter).shown.map((one) => Number(one.id.slice(-12)));

  test.each<[string, number[]]>([
    ['redirect', [1]],
    ['REDIRECT fix', [1]],
    ['notes', [2]],
    ['work/notes', [2]],
    ['login', [3]],
    ['prompt of 3', [3]],
    ['first', []],
    ['home', []],
    ['größe', [4]],
    ['gro\u0308ße', [4]],
    ['redirect login', []],
    ['', [1, 2, 3, 4]],
    ['  ', [1, 2, 3, 4]],
    ['00000002', [2]],
    ['\x1b[31m', [1, 2, 3, 4]],
  ])('%j leaves %j', (filter, ids) => {
    expect(left(filter)).toEqual(ids);
  });

  test('is edited as a line is, and cleared', () => {
    const { state } = press(given(rows), '/', ...'fix the', 'ctrl+w', ...'red', 'backspace');
    expect(state.filter).toBe('fix re');
    expect(press(state, 'ctrl+u').state.filter).toBe('');
    expect(press(state, 'escape').state).toMatchObject({ filter: '', typing: false, marked: idOf(1) });
    expect(press(state, 'tab', 'escape').state).toMatchObject({ filter: '', typing: false });
    expect(press(state, 'tab', 'escape', 'escape').effects).toEqual(['leave']);
  });

  test('holds for sessions that come later', () => {
    const state = told(given(rows, small, 'redirect'), [...rows, session(5, { cwd: '/home/u/redirects' })]);
    expect(state.shown.map((one) => one.id)).toEqual([idOf(1), idOf(5)]);
  });
});

test('an archived session goes at once, and one undo brings it back', () => {
  const rows = sessions(9);
  const state = after(given(rows), { is: 'archived', session: rows[1]! });
  expect(state.shown.map((one) => one.id)).not.toContain(idOf(2));
  expect(state.notice).toBe('archived: Title 2');
  expect(press(state, 'u').effects).toEqual(['undo 2']);
  const back = after(state, { is: 'restored' });
  expect(press(back, 'u').state.notice).toBe('nothing was archived here');
});

test('a notice goes with the next key', () => {
  const state = after(given(sessions(3)), { is: 'notice', text: 'no' });
  expect(told(state, sessions(3)).notice).toBe('no');
  expect(press(state, 'down').state.notice).toBe('');
});

test('no key does harm where there are no rows', () => {
  const empty = given([]);
  for (const key of ['j', 'k', 'end', 'home', 'pagedown', '1', 'r', 't', 'd', 'u', '/', 'x']) {
    expect(press(empty, key).effects, key).toEqual([]);
  }
  expect(press(empty, 'r').state.notice).toBe('no session is marked');
  expect(press(empty, 'down', 'enter').effects).toEqual(['leave']);
});
