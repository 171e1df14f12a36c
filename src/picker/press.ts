import { matching } from '../core/filter.ts';
import type { Session } from '../core/session.ts';
import { isTyped, type Key } from '../screen/keys.ts';
import { edit, emptyLine, insert, type Line, lineOf, pasted, textOf } from './line-edit.ts';
import {
  type Effect,
  isUnmarked,
  layoutOf,
  markedIndex,
  markedOf,
  numbersOnScreen,
  type PickerState,
  queryOf,
  type Step,
  scrolled,
  stay,
} from './state.ts';

/** The state with another query: the marker goes to its first row. */
function filtered(state: PickerState, query: Line): PickerState {
  const text = textOf(query);
  if (text === queryOf(state)) return { ...state, query };
  // What was found stays until more is known.
  if (state.searching !== null) return { ...state, query, digits: '', earlier: null };
  const shown = matching(state.sessions, text, state.home);
  const kept = text === '' && shown.some((session) => session.key === state.marked);
  const marked = kept ? state.marked : (shown[0]?.key ?? null);
  return scrolled({ ...state, query, shown, marked, top: 0, scroll: 0, digits: '', earlier: null });
}

/** The state after a text was pasted, into the title that is typed or else into the query. */
export function paste(state: PickerState, text: string): PickerState {
  if (state.renaming !== null) {
    return { ...state, renaming: { ...state.renaming, line: insert(state.renaming.line, text) } };
  }
  return filtered({ ...state, help: false }, insert(state.query, text));
}

/** The state after a key, and what is to be done. `now` is in milliseconds since the epoch. */
export function press(state: PickerState, key: Key, now: number): Step {
  if (key === 'ctrl+c') return { state, effect: { do: 'cancel' } };
  if (key === 'ctrl+l') return { state, effect: { do: 'redraw' } };
  if (state.help) return stay({ ...state, help: false });
  if (state.renaming !== null) return rename(state, state.renaming, key);
  const moved = move(state, key);
  if (moved !== null) return stay(moved);
  switch (key) {
    case 'enter':
      return enter(state, now);
    case 'escape':
      return back(state);
    case 'tab':
      return stay(scrolled({ ...state, scroll: 0, preview: nextPreview[state.preview] }));
    case 'shift+up':
      return scrollBack(state, 1);
    case 'shift+down':
      return scrollBack(state, -1);
    case 'f1':
      return stay({ ...state, help: true, digits: '' });
  }
  const action = act(state, key);
  if (action !== null) return action;
  if (queryOf(state) === '') {
    if (/^[0-9]$/.test(key)) return digit(state, key, now);
    if (key === '?' && state.digits === '') return stay({ ...state, help: true });
    if (key === 'backspace') return stay({ ...state, digits: state.digits.slice(0, -1) });
  }
  // A letter behind digits makes words of both.
  const line = state.digits !== '' && isTyped(key) ? lineOf(state.digits) : state.query;
  const edited = edit(line, key);
  return stay(edited === null ? state : filtered(state, edited));
}

const nextPreview = { on: 'wide', wide: 'off', off: 'on' } as const;

/** The marker moved by a key; null when the key moves nothing. */
function move(state: PickerState, key: Key): PickerState | null {
  const step = stepOf(key, Math.max(1, layoutOf(state).list - 1));
  if (step === null) return null;
  const last = state.shown.length - 1;
  const before = markedIndex(state);
  // From nowhere the first step down is onto the first row.
  const index = Math.max(0, Math.min(last, before < 0 && step > 0 ? 0 : before + step));
  const marked = state.shown[index]?.key ?? null;
  const scroll = marked === state.marked ? state.scroll : 0;
  return scrolled({ ...state, marked, scroll, digits: '', earlier: null });
}

function stepOf(key: Key, page: number): number | null {
  switch (key) {
    case 'up':
    case 'ctrl+k':
      return -1;
    case 'down':
    case 'ctrl+j':
      return 1;
    case 'pageup':
      return -page;
    case 'pagedown':
      return page;
    case 'home':
      return Number.NEGATIVE_INFINITY;
    case 'end':
      return Number.POSITIVE_INFINITY;
    default:
      return null;
  }
}

/** Scrolls the preview; at the beginning of what has been read, asks for more. */
function scrollBack(state: PickerState, direction: 1 | -1): Step {
  const { preview } = layoutOf(state);
  const step = Math.max(1, Math.floor((preview?.rows ?? 0) / 3));
  const scroll = Math.max(0, Math.min(state.reach, state.scroll + direction * step));
  const next = { ...state, scroll };
  const before = state.talk !== null && state.talk.key === state.marked ? state.talk.before : null;
  const isAtBeginning = direction === 1 && state.scroll + 2 * step >= state.reach;
  if (!isAtBeginning || before === null) return stay(next);
  return { state: next, effect: { do: 'read', key: state.talk!.key, before } };
}

function enter(state: PickerState, now: number): Step {
  if (state.digits !== '') return confirm(state, now);
  const session = markedOf(state);
  if (session !== null) return { state, effect: { do: 'enter', session } };
  if (isUnmarked(state)) return { state, effect: { do: 'leave' } };
  return stay(scrolled({ ...state, notice: 'no session is marked' }));
}

function back(state: PickerState): Step {
  if (state.digits !== '') return stay({ ...state, digits: '' });
  if (state.searching !== null) return searchOrNot(state);
  if (queryOf(state) !== '') return stay(filtered(state, emptyLine));
  return { state, effect: { do: 'leave' } };
}

/** What a key does besides moving and filtering; null for a key that does nothing. */
function act(before: PickerState, key: Key): Step | null {
  const state = before.digits === '' ? before : { ...before, digits: '' };
  const session = markedOf(state);
  const withMarked = (effect: (session: Session) => Effect): Step =>
    session === null
      ? stay(scrolled({ ...state, notice: 'no session is marked' }))
      : { state, effect: effect(session) };
  switch (key) {
    case 'ctrl+t':
      return withMarked((one) => ({ do: 'tmux', session: one }));
    case 'ctrl+f':
      return withMarked((one) => ({ do: 'fork', session: one }));
    case 'ctrl+x':
      return withMarked((one) => ({ do: 'archive', session: one }));
    case 'ctrl+d':
      return withMarked((one) => ({ do: 'done', session: one }));
    case 'ctrl+n':
      return { state, effect: { do: 'new', session } };
    case 'ctrl+s':
      return searchOrNot(state);
    case 'ctrl+r':
      if (session === null) return withMarked((one) => ({ do: 'enter', session: one }));
      return stay({ ...state, renaming: { session, line: lineOf(pasted(session.title.text)) } });
    case 'ctrl+z':
      if (state.archived === null) return stay(scrolled({ ...state, notice: 'nothing was archived here' }));
      return { state, effect: { do: 'undo', session: state.archived } };
    default:
      return null;
  }
}

/** Lets the query go through what was said; or, when it does, filter the rows again. */
function searchOrNot(state: PickerState): Step {
  const words = queryOf(state);
  if (state.searching === null) {
    const searching = { hits: [], more: 0, words: '', unread: 0, wrong: null };
    const next = { ...state, searching, shown: [], marked: null, top: 0, scroll: 0, earlier: null };
    return { state: next, effect: { do: 'search', words } };
  }
  const shown = matching(state.sessions, words, state.home);
  const isThere = shown.some((session) => session.key === state.marked);
  const marked = isThere ? state.marked : (shown[0]?.key ?? null);
  const next = scrolled({ ...state, searching: null, shown, marked, top: 0, scroll: 0, earlier: null });
  return { state: next, effect: { do: 'search', words: null } };
}

function rename(state: PickerState, { session, line }: NonNullable<PickerState['renaming']>, key: Key): Step {
  if (key === 'escape') return stay({ ...state, renaming: null });
  const title = textOf(line).trim();
  if (key === 'enter') {
    return { state: { ...state, renaming: null }, effect: title === '' ? null : { do: 'rename', session, title } };
  }
  const edited = edit(line, key);
  return stay(edited === null ? state : { ...state, renaming: { session, line: edited } });
}

/** One more digit: acts at once when the number can mean only one of the rows on the screen; a line has an end. */
function digit(state: PickerState, key: Key, now: number): Step {
  const digits = state.digits + key;
  const number = Number(digits);
  const { first, last } = numbersOnScreen(state);
  const isOne = number >= first && number <= last && number > 0;
  let more = state.roll;
  for (let low = number * 10, high = low + 9; number > 0 && low <= last; low *= 10, high = high * 10 + 9) {
    more ||= high >= first;
  }
  if (more) return stay({ ...state, digits });
  if (isOne) return confirm({ ...state, digits }, now);
  return stay(noRow(state, digits));
}

/** Goes to the row whose number has been typed. `now` is in milliseconds since the epoch. */
export function confirm(state: PickerState, now: number): Step {
  const number = Number(state.digits);
  const { first, last } = numbersOnScreen(state);
  if (number < first || number > last) return stay(noRow(state, state.digits));
  const rows = state.earlier !== null && now < state.earlier.until ? state.earlier.shown : state.shown;
  const session = rows[number - 1];
  const next = { ...state, digits: '' };
  return session === undefined ? stay(noRow(state, state.digits)) : { state: next, effect: { do: 'enter', session } };
}

function noRow(state: PickerState, digits: string): PickerState {
  return scrolled({ ...state, digits: '', notice: `there is no row ${digits} on the screen` });
}
