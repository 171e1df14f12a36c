import { Following } from '../box/follow.ts';
import { inOrder } from '../core/order.ts';
import { clean } from '../core/text.ts';
import { lineInput, readLine } from '../screen/line-input.ts';
import { lookOf } from '../screen/look.ts';
import { print, write } from '../screen/output.ts';
import { renderFooter, renderTop } from '../view/frame.ts';
import type { Look } from '../view/look.ts';
import { renderMore, renderRows } from '../view/rows.ts';
import type { World } from '../world.ts';
import { inPlace, leaving, remember } from './actions.ts';
import { type Effect, opened, type PickerState, reduce } from './state.ts';
import { advance } from './watch.ts';

const linesOfRows = 20;
/** What may be read before the rows are printed, in ms. */
const longestReading = 1000;

/** The picker for terminals without single keys: prints the rows, reads a line with the same keys in it. */
export async function pickByLines(world: World, filter: string): Promise<number> {
  const input = lineInput();
  const look = await lookOf(world);
  const following = Following.begin(world);
  advance(following.readUrgent(), longestReading);
  advance(following.readAll(), longestReading);
  const told = (state: PickerState): PickerState => {
    const now = Date.now();
    const sessions = inOrder(following.sessions(), now);
    return reduce(state, { is: 'sessions', sessions, unread: following.unread(), now }).state;
  };
  let state = told(opened({ columns: look.columns, rows: linesOfRows }, world.home, filter, true));
  for (;;) {
    print(inLines(state, { ...look, now: Date.now() }));
    remember(world, state);
    const line = input === null ? null : readLine(input);
    if (line === null) {
      write('\n');
      return 0;
    }
    const keys = keysOfLine(line.trim());
    let effect: Effect | null = null;
    for (const key of keys ?? []) {
      if (key === 'enter' && line.trim() !== '' && state.digits === '') break;
      ({ state, effect } = reduce(state, { is: 'key', key, now: Date.now() }));
      if (effect !== null) break;
    }
    if (keys === null) state = reduce(state, { is: 'notice', text: 'type one of the keys below' }).state;
    if (effect === null || effect.do === 'suspend' || effect.do === 'redraw') continue;
    const done = await (effect.do === 'archive' || effect.do === 'undo'
      ? inPlace(world, effect)
      : leaving(world, effect));
    if (typeof done === 'number') return done;
    state = reduce(state, done).state;
    if (done.is === 'notice') continue;
    // The action has said itself what it did.
    advance(following.look(Date.now()), longestReading);
    state = told({ ...state, notice: '' });
  }
}

/** The keys that a line stands for: `t3`, `q`, `/words`, or nothing, which is Enter; null for anything else. */
function keysOfLine(line: string): string[] | null {
  if (line.startsWith('/')) return ['/', 'ctrl+u', ...line.slice(1), 'tab'];
  if (/^[tdfa]?[0-9]+$/.test(line)) return [...line, 'enter'];
  if (/^[qnu]$/.test(line)) return [line];
  return line === '' ? ['enter'] : null;
}

function inLines(state: PickerState, look: Look): string {
  const more = state.shown.length - Math.min(state.shown.length, linesOfRows) + state.unread;
  const lines = renderRows(state.shown.slice(0, linesOfRows), look);
  if (more > 0) lines.push(renderMore(more, '/words', look));
  return [
    renderTop(state, look),
    ...lines,
    ...(state.notice === '' ? [] : [clean(state.notice)]),
    renderFooter(state, look),
    '> ',
  ].join('\n');
}
