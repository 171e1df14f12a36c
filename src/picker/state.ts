import { matching } from '../core/filter.ts';
import type { Session } from '../core/session.ts';
import { clean } from '../core/text.ts';
import { wrap } from '../view/wrap.ts';
import { isTyped, type Key } from './keys.ts';

/** What can be done with a row. */
export type Verb = 'resume' | 'tmux' | 'archive' | 'fork' | 'attach';

/** Cells in a line, and lines. */
export interface Size {
  columns: number;
  rows: number;
}

/** Everything that the picker knows between two events. */
export interface PickerState {
  /** All sessions that can be picked, in order. */
  sessions: Session[];
  /** The user's home folder: no word of the filter is found in it. */
  home: string;
  /** Transcripts that have not been looked at yet. */
  unread: number;
  filter: string;
  /** The keys go into the filter. */
  typing: boolean;
  /** The sessions that the filter leaves: row 1 is the first of them. */
  shown: Session[];
  /** The id of the marked session; null where there is none. */
  marked: string | null;
  /** The user has moved the marker: Enter means the marked row from then on. */
  moved: boolean;
  /** The index of the first row on the screen. */
  top: number;
  /** A verb that waits for its row. */
  verb: Verb | null;
  /** Digits of a row number that can still grow. */
  digits: string;
  /** A sentence for the user, until the next key. */
  notice: string;
  /** The id of the session that was archived last, for undo. */
  archived: string | null;
  size: Size;
  /** Lines are only printed one after the other: no marker, no preview, all lines for rows. */
  roll: boolean;
  /** The rows as they stood before rows on the screen changed places, and until when (ms) a number means those. */
  earlier: { shown: Session[]; until: number } | null;
}

/** What happens to the picker. `now` is in milliseconds since the epoch. */
export type PickerEvent =
  | { is: 'key'; key: Key; now: number }
  /** Nothing followed these digits for a second. */
  | { is: 'patience'; digits: string; now: number }
  | { is: 'sessions'; sessions: Session[]; unread: number; now: number }
  | { is: 'size'; size: Size }
  | { is: 'notice'; text: string }
  | { is: 'archived'; session: Session }
  | { is: 'restored' };

/** What the picker wants done while it stays open. */
export type InPlace = { do: 'archive'; session: Session } | { do: 'undo'; id: string };

/** What ends the picker. */
export type Leaving = { do: Exclude<Verb, 'archive'>; session: Session } | { do: 'new' | 'leave' | 'cancel' };

/** What the picker wants done. */
export type Effect = InPlace | Leaving | { do: 'suspend' } | { do: 'redraw' };

export interface Step {
  state: PickerState;
  effect: Effect | null;
}

/** How long a number means the row that stood there before, in ms: nobody reads and types faster. */
const eyeToFinger = 600;

/** The picker before its first event. */
export function opened(size: Size, home: string, filter = '', roll = false): PickerState {
  return {
    sessions: [],
    home,
    unread: 0,
    filter,
    typing: false,
    shown: [],
    marked: null,
    moved: false,
    top: 0,
    verb: null,
    digits: '',
    notice: '',
    archived: null,
    size,
    roll,
    earlier: null,
  };
}

/** The state after an event, and what is to be done. */
export function reduce(state: PickerState, event: PickerEvent): Step {
  switch (event.is) {
    case 'key':
      return press({ ...state, notice: '' }, event.key, event.now);
    case 'patience':
      return event.digits === state.digits ? confirm(state, event.now) : stay(state);
    case 'sessions':
      return stay(withSessions(state, event.sessions, event.unread, event.now));
    case 'size':
      return stay(scrolled({ ...state, size: event.size }));
    case 'notice':
      return stay(scrolled({ ...state, notice: event.text }));
    case 'archived':
      return stay(
        scrolled({
          ...without(state, event.session.id),
          archived: event.session.id,
          notice: `archived: ${event.session.title.text}`,
        }),
      );
    case 'restored':
      return stay({ ...state, archived: null, notice: 'restored' });
  }
}

const stay = (state: PickerState): Step => ({ state, effect: null });

/** How the lines of the screen are shared out. */
export interface Layout {
  header: boolean;
  /** Lines for rows. */
  list: number;
  /** Cells of a row. */
  columns: number;
  /** The preview's size, and whether it is beside the rows or below them; null where there is no room. */
  preview: (Size & { beside: boolean }) | null;
  /** Lines for the notice; where there is but one line left for both, it takes the footer's. */
  notice: number;
  footer: boolean;
}

/** Shares out the screen: rows first, then the footer, the header, and the preview where there is room to read it. */
export function layoutOf({ size, shown, notice, roll }: PickerState): Layout {
  const { columns, rows } = size;
  if (roll) return { header: true, list: rows, columns, preview: null, notice: 3, footer: true };
  const roomy = rows >= 10;
  const sentence = notice === '' ? 0 : roomy ? wrap(clean(notice), columns, 3, '').length : 1;
  const header = rows >= 4;
  const footer = rows >= 2 && (roomy || sentence === 0);
  const free = Math.max(1, rows - Number(header) - Number(footer) - sentence);
  const layout = { header, footer, notice: rows >= 2 ? sentence : 0, columns, list: free, preview: null };
  if (columns >= 120 && rows >= 8) {
    const beside = Math.min(72, Math.floor(columns * 0.42));
    return { ...layout, columns: columns - beside - 3, preview: { columns: beside, rows: free, beside: true } };
  }
  if (rows < 16) return layout;
  const below = Math.max(Math.ceil(free * 0.4), Math.min(free - shown.length, 14));
  return { ...layout, list: free - below, preview: { columns, rows: below - 1, beside: false } };
}

/** The index of the marked session in the rows; -1 where there is none. */
export function markedIndex(state: PickerState): number {
  return state.roll ? -1 : state.shown.findIndex((session) => session.id === state.marked);
}

/** Moves the window over the rows so that the marked one is in it and no line stays empty that could hold a row. */
function scrolled(state: PickerState): PickerState {
  const { list } = layoutOf(state);
  const index = markedIndex(state);
  const last = Math.max(0, state.shown.length - list);
  const top = Math.max(0, Math.min(state.top, last));
  if (index < 0) return { ...state, top };
  return { ...state, top: Math.min(Math.max(top, index - list + 1), index) };
}

/** New facts: the marker stays on its session and that session on its line, as far as there are lines. */
function withSessions(state: PickerState, sessions: Session[], unread: number, now: number): PickerState {
  const fresh = { ...state, sessions, unread };
  if (state.verb !== null || state.digits !== '') {
    // A number is being typed: rows keep their places until it is told.
    const byId = new Map(sessions.map((session) => [session.id, session]));
    return { ...fresh, shown: state.shown.map((session) => byId.get(session.id) ?? session) };
  }
  const shown = matching(sessions, state.filter, state.home);
  const before = markedIndex(state);
  const marked = shown.some((session) => session.id === state.marked)
    ? state.marked
    : (shown[Math.min(Math.max(before, 0), shown.length - 1)]?.id ?? null);
  const placed = { ...fresh, shown, marked };
  const shift = state.top > 0 && before >= 0 ? Math.max(0, markedIndex(placed)) - before : 0;
  const next = scrolled({ ...placed, top: state.top + shift });
  const { list } = layoutOf(state);
  const samePlaces = state.shown
    .slice(state.top, state.top + list)
    .every((session, index) => shown[state.top + index]?.id === session.id);
  return samePlaces ? next : { ...next, earlier: { shown: state.shown, until: now + eyeToFinger } };
}

function without(state: PickerState, id: string): PickerState {
  const sessions = state.sessions.filter((session) => session.id !== id);
  return { ...withSessions(state, sessions, state.unread, 0), earlier: null };
}

function filtered(state: PickerState, filter: string): PickerState {
  const shown = matching(state.sessions, filter, state.home);
  const kept = filter === '' && shown.some((session) => session.id === state.marked);
  const marked = kept ? state.marked : (shown[0]?.id ?? null);
  return scrolled({ ...state, filter, shown, marked, top: 0, earlier: null });
}

function press(state: PickerState, key: Key, now: number): Step {
  switch (key) {
    case 'ctrl+c':
      return { state, effect: { do: 'cancel' } };
    case 'ctrl+z':
      return { state, effect: { do: 'suspend' } };
    case 'ctrl+l':
      return { state, effect: { do: 'redraw' } };
  }
  const moved = move(state, key);
  if (moved !== null) return stay(moved);
  if (state.typing) return edit(state, key);
  if (key === 'enter') return enter(state, now);
  if (key === 'escape') return back(state);
  if (/^[0-9]$/.test(key)) return digit(state, key, now);
  if (key === 'backspace') return stay({ ...state, digits: state.digits.slice(0, -1) });
  return command(scrolled({ ...state, digits: '', verb: null }), key);
}

/** The marker moved by a key; null when the key moves nothing. */
function move(state: PickerState, key: Key): PickerState | null {
  const step = stepOf(key, layoutOf(state).list, state.typing);
  if (step === null) return null;
  const last = state.shown.length - 1;
  const index = Math.max(0, Math.min(last, markedIndex(state) + step));
  const marked = state.shown[index]?.id ?? null;
  return scrolled({ ...state, marked, moved: marked !== null, digits: '', earlier: null });
}

function stepOf(key: Key, page: number, typing: boolean): number | null {
  switch (typing && isTyped(key) ? '' : key) {
    case 'up':
    case 'k':
      return -1;
    case 'down':
    case 'j':
      return 1;
    case 'pageup':
      return -page;
    case 'pagedown':
    case ' ':
      return page;
    case 'home':
    case 'g':
      return Number.NEGATIVE_INFINITY;
    case 'end':
    case 'G':
      return Number.POSITIVE_INFINITY;
    default:
      return null;
  }
}

function edit(state: PickerState, key: Key): Step {
  switch (key) {
    case 'escape':
      return stay({ ...filtered(state, ''), typing: false });
    case 'tab':
      return stay({ ...state, typing: false });
    case 'enter':
      return act(state, markedOf(state));
    case 'backspace':
      if (state.filter === '') return stay({ ...state, typing: false });
      return stay(filtered(state, Array.from(state.filter).slice(0, -1).join('')));
    case 'ctrl+u':
      return stay(filtered(state, ''));
    case 'ctrl+w':
      return stay(filtered(state, state.filter.replace(/\S+\s*$/, '')));
    default:
      return stay(isTyped(key) && state.filter.length < 200 ? filtered(state, state.filter + key) : state);
  }
}

function enter(state: PickerState, now: number): Step {
  if (state.digits !== '') return confirm(state, now);
  if (state.verb === null && !state.moved) return { state, effect: { do: 'leave' } };
  return act(state, markedOf(state));
}

function back(state: PickerState): Step {
  if (state.digits !== '' || state.verb !== null) return stay({ ...state, digits: '', verb: null });
  if (state.filter !== '') return stay(filtered(state, ''));
  return { state, effect: { do: 'leave' } };
}

const verbs: Record<string, Verb> = { t: 'tmux', d: 'archive', f: 'fork', a: 'attach' };

function command(state: PickerState, key: Key): Step {
  const verb = verbs[key];
  if (verb !== undefined) return stay({ ...state, verb });
  switch (key) {
    case 'r':
    case 'right':
      return act(state, markedOf(state));
    case 'n':
      return { state, effect: { do: 'new' } };
    case 'u':
      if (state.archived === null) return stay({ ...state, notice: 'nothing was archived here' });
      return { state, effect: { do: 'undo', id: state.archived } };
    case '/':
      return stay({ ...state, typing: true });
    case 'q':
    case 'ctrl+d':
      return { state, effect: { do: 'leave' } };
    default:
      return stay(state);
  }
}

const markedOf = (state: PickerState) => state.shown[markedIndex(state)];

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

/** The numbers of the first and the last row on the screen. */
export function numbersOnScreen(state: PickerState): { first: number; last: number } {
  return { first: state.top + 1, last: Math.min(state.shown.length, state.top + layoutOf(state).list) };
}

function confirm(state: PickerState, now: number): Step {
  const number = Number(state.digits);
  const { first, last } = numbersOnScreen(state);
  if (number < first || number > last) return stay(noRow(state, state.digits));
  const rows = state.earlier !== null && now < state.earlier.until ? state.earlier.shown : state.shown;
  return act(state, rows[number - 1]);
}

function noRow(state: PickerState, digits: string): PickerState {
  return scrolled({ ...state, digits: '', verb: null, notice: `there is no row ${digits} on the screen` });
}

function act(state: PickerState, session: Session | undefined): Step {
  const idle = { ...state, digits: '', verb: null };
  if (session === undefined) return stay({ ...idle, notice: 'no session is marked' });
  const verb = state.verb ?? 'resume';
  return { state: idle, effect: verb === 'archive' ? { do: verb, session } : { do: verb, session } };
}
