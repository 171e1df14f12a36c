import type { Entry } from '../core/conversation.ts';
import { matching } from '../core/filter.ts';
import type { Session } from '../core/session.ts';
import { isTyped, type Key } from '../screen/keys.ts';
import { type Tally, tally } from '../view/header.ts';
import { type Layout, layOut, type Size } from '../view/layout.ts';
import { type Columns, heightOf, steadyColumns, type Tags, tagsOf } from '../view/rows.ts';

// Long, for it is one reducer: what each key and each event makes of the picker is to be read in one place.
import { edit, emptyLine, insert, type Line, lineOf, pasted, textOf } from './line-edit.ts';

/** What was said in the session that is previewed, as far as it has been read. */
export interface Talk {
  id: string;
  entries: Entry[];
  /** The byte of the transcript before which there is more; null where there is none. */
  before: number | null;
}

/** What the picker was opened for, and on what. */
export interface Opening {
  size: Size;
  /** The user's home folder: no word of the filter is found in it. */
  home: string;
  utf8: boolean;
  /** The verb that Enter carries out on any row; null: go there, whichever way is right. */
  verb?: string | null;
  filter?: string;
  /** No row is marked at first, and Enter leaves. */
  leaves?: boolean;
  /** Lines are only printed one after the other: no marker, no preview, all lines for rows. */
  roll?: boolean;
}

/** Everything that the picker knows between two events. */
export interface PickerState extends Required<Omit<Opening, 'filter'>> {
  /** All sessions that can be picked, in order, and what is to be said of all of them. */
  sessions: Session[];
  counts: Tally;
  tags: Tags;
  /** Transcripts that have not been looked at yet. */
  unread: number;
  query: Line;
  /** The sessions that the query leaves: row 1 is the first of them. */
  shown: Session[];
  /** The id of the marked session; null where there is none. */
  marked: string | null;
  /** The index of the first row on the screen. */
  top: number;
  /** Digits of a row number that can still grow. */
  digits: string;
  /** A sentence for the user, until the next key. */
  notice: string;
  /** The keys are shown instead of the rows. */
  help: boolean;
  /** The session that gets another title, and the title as far as it is typed. */
  renaming: { session: Session; line: Line } | null;
  /** The session that was archived last, for undo. */
  archived: Session | null;
  /** The id of a session that is to be marked as soon as it is there: one that was just brought back. */
  awaited: string | null;
  preview: 'on' | 'wide' | 'off';
  talk: Talk | null;
  /** How many lines the preview is scrolled back from its end, and how many it can be. */
  scroll: number;
  reach: number;
  /** The rows as they stood before rows on the screen changed places, and until when (ms) a number means those. */
  earlier: { shown: Session[]; until: number } | null;
}

/** What happens to the picker. `now` is in milliseconds since the epoch. */
export type PickerEvent =
  | { is: 'key'; key: Key; now: number }
  | { is: 'paste'; text: string }
  /** Nothing followed these digits for a second. */
  | { is: 'patience'; digits: string; now: number }
  | { is: 'sessions'; sessions: Session[]; unread: number; now: number }
  | { is: 'size'; size: Size }
  | { is: 'notice'; text: string }
  | { is: 'archived'; session: Session }
  | { is: 'restored' }
  /** A part of what was said: the end of it, or what stands before the part that is there. */
  | { is: 'talk'; talk: Talk; part: 'end' | 'earlier' }
  /** So many lines can the preview be scrolled back, now that it is drawn. */
  | { is: 'drawn'; reach: number };

/** What is done with a session while the picker stays. */
export type InPlace =
  | { do: 'archive' | 'done' | 'undo'; session: Session }
  | { do: 'rename'; session: Session; title: string };

/** What ends the picker, unless it is refused. `new` without a session: in the current directory. */
export type Leaving =
  | { do: 'enter' | 'tmux' | 'fork'; session: Session }
  | { do: 'new'; session: Session | null }
  | { do: 'leave' | 'cancel' };

/** What the picker wants done. `read`: what was said before a byte of the transcript. */
export type Effect =
  | InPlace
  | Leaving
  | { do: 'search'; words: string }
  | { do: 'read'; id: string; before: number }
  | { do: 'redraw' };

export interface Step {
  state: PickerState;
  effect: Effect | null;
}

/** How long a number means the row that stood there before, in ms: nobody reads and types faster. */
const eyeToFinger = 600;

/** The picker before its first event. */
export function opened({ filter = '', verb = null, leaves = false, roll = false, ...rest }: Opening): PickerState {
  return {
    ...{ ...rest, verb, leaves, roll },
    ...{ sessions: [], counts: tally([]), tags: tagsOf([]), unread: 0, query: lineOf(filter), shown: [], marked: null },
    ...{ top: 0, digits: '', notice: '', help: false, renaming: null, archived: null, awaited: null },
    ...{ preview: 'on', talk: null, scroll: 0, reach: 0, earlier: null },
  };
}

/** The state after an event, and what is to be done. */
export function reduce(state: PickerState, event: PickerEvent): Step {
  switch (event.is) {
    case 'key':
      return press({ ...state, notice: '' }, event.key, event.now);
    case 'paste':
      return stay(paste({ ...state, notice: '' }, pasted(event.text)));
    case 'patience':
      return event.digits === state.digits ? confirm(state, event.now) : stay(state);
    case 'sessions':
      return stay(withSessions(state, event.sessions, event.unread, event.now));
    case 'size':
      return stay(scrolled({ ...state, size: event.size }));
    case 'notice':
      return stay(scrolled({ ...state, notice: event.text }));
    case 'archived': {
      const notice = `archived: ${event.session.title.text}`;
      return stay(scrolled({ ...without(state, event.session.id), archived: event.session, notice }));
    }
    case 'restored':
      return stay({ ...state, awaited: state.archived?.id ?? null, archived: null, notice: 'restored' });
    case 'talk':
      return stay(withTalk(state, event.talk, event.part));
    case 'drawn':
      return stay({ ...state, reach: event.reach, scroll: Math.min(state.scroll, event.reach) });
  }
}

const stay = (state: PickerState): Step => ({ state, effect: null });

/** How the lines of the screen are shared out. */
export function layoutOf(state: PickerState): Layout {
  const { size, shown, notice, roll, preview } = state;
  if (roll) {
    const { columns, rows } = size;
    return { header: true, query: false, list: rows, columns, preview: null, notice: 3, footer: true };
  }
  return layOut({ size, count: shown.length, notice, preview }, (columns) => columnsAt(state, columns));
}

/** The columns of the rows. */
export function columnsOf(state: PickerState): Columns {
  return columnsAt(state, layoutOf(state).columns);
}

function columnsAt({ shown, tags }: PickerState, columns: number): Columns {
  return steadyColumns(shown.length, columns, tags);
}

/** In a list of fewer lines a row has but one. */
const leastForNotes = 6;

/** How many lines a row may have. */
export function mostLines({ list }: Layout): number {
  return list < leastForNotes ? 1 : 4;
}

/** The index of the marked session in the rows; -1 where there is none. */
export function markedIndex(state: PickerState): number {
  return state.roll || state.marked === null ? -1 : state.shown.findIndex((session) => session.id === state.marked);
}

/** The marked session. */
export function markedOf(state: PickerState): Session | null {
  return state.shown[markedIndex(state)] ?? null;
}

/** The query as it filters. */
export function queryOf(state: PickerState): string {
  return textOf(state.query);
}

/** Lines of a row. */
function heights(state: PickerState): (index: number) => number {
  const layout = layoutOf(state);
  const columns = columnsOf(state);
  const look = { columns: layout.columns, utf8: state.utf8 };
  const most = mostLines(layout);
  return (index) => Math.min(most, heightOf(state.shown[index]!, columns, look));
}

/** Moves the window over the rows so that the marked one is in it and no line stays empty that could hold a row. */
function scrolled(state: PickerState): PickerState {
  const { list } = layoutOf(state);
  const height = heights(state);
  const { length } = state.shown;
  const index = markedIndex(state);
  let top = Math.max(0, Math.min(state.top, length - 1));
  if (index >= 0 && index < top) top = index;
  if (index >= 0) {
    // As many rows above the marked one as there is room for.
    let room = list - height(index);
    let first = index;
    while (first > top && room >= height(first - 1)) room -= height(--first);
    top = Math.max(top, first);
  }
  let room = list;
  for (let row = top; row < length && room > 0; row++) room -= height(row);
  while (top > 0 && room >= height(top - 1)) room -= height(--top);
  return top === state.top ? state : { ...state, top };
}

/** New facts: the marker stays on its session and that session on its line, as far as there are lines. */
function withSessions(state: PickerState, sessions: Session[], unread: number, now: number): PickerState {
  const fresh = { ...state, sessions, unread, counts: tally(sessions), tags: tagsOf(sessions) };
  if (state.digits !== '') {
    // A number is being typed: rows keep their places until it is told.
    const byId = new Map(sessions.map((session) => [session.id, session]));
    return { ...fresh, shown: state.shown.map((session) => byId.get(session.id) ?? session) };
  }
  const shown = matching(sessions, queryOf(state), state.home);
  const before = markedIndex(state);
  const isThere = state.marked !== null && shown.some((session) => session.id === state.marked);
  const next = shown[Math.min(Math.max(before, 0), shown.length - 1)]?.id ?? null;
  const isBack = state.awaited !== null && shown.some((session) => session.id === state.awaited);
  const marked = isBack ? state.awaited : isThere || isUnmarked(state) ? state.marked : next;
  const placed = { ...fresh, shown, marked, awaited: isBack ? null : state.awaited };
  const shift = state.top > 0 && before >= 0 ? Math.max(0, markedIndex(placed)) - before : 0;
  const moved = scrolled({ ...placed, top: state.top + shift });
  const { list } = layoutOf(state);
  const samePlaces = state.shown
    .slice(state.top, state.top + list)
    .every((session, index) => shown[state.top + index]?.id === session.id);
  return samePlaces ? moved : { ...moved, earlier: { shown: state.shown, until: now + eyeToFinger } };
}

/** Whether no row is to be marked: nobody has moved the marker or typed yet. */
function isUnmarked(state: PickerState): boolean {
  return state.leaves && state.marked === null && queryOf(state) === '';
}

function without(state: PickerState, id: string): PickerState {
  const sessions = state.sessions.filter((session) => session.id !== id);
  return { ...withSessions(state, sessions, state.unread, 0), earlier: null };
}

function withTalk(state: PickerState, talk: Talk, part: 'end' | 'earlier'): PickerState {
  if (talk.id !== state.marked) return state;
  if (part === 'end') return { ...state, talk };
  if (state.talk?.id !== talk.id) return state;
  return { ...state, talk: { ...talk, entries: [...talk.entries, ...state.talk.entries] } };
}

function filtered(state: PickerState, query: Line): PickerState {
  const text = textOf(query);
  if (text === queryOf(state)) return { ...state, query };
  const shown = matching(state.sessions, text, state.home);
  const kept = text === '' && shown.some((session) => session.id === state.marked);
  const marked = kept ? state.marked : (shown[0]?.id ?? null);
  return scrolled({ ...state, query, shown, marked, top: 0, scroll: 0, digits: '', earlier: null });
}

function paste(state: PickerState, text: string): PickerState {
  if (state.renaming !== null) {
    return { ...state, renaming: { ...state.renaming, line: insert(state.renaming.line, text) } };
  }
  return filtered({ ...state, help: false }, insert(state.query, text));
}

function press(state: PickerState, key: Key, now: number): Step {
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
  const marked = state.shown[index]?.id ?? null;
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
  const before = state.talk !== null && state.talk.id === state.marked ? state.talk.before : null;
  const isAtBeginning = direction === 1 && state.scroll + 2 * step >= state.reach;
  if (!isAtBeginning || before === null) return stay(next);
  return { state: next, effect: { do: 'read', id: state.talk!.id, before } };
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
      return { state, effect: { do: 'search', words: queryOf(state) } };
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

/** The numbers of the first and the last row on the screen. */
export function numbersOnScreen(state: PickerState): { first: number; last: number } {
  const { shown, top } = state;
  let room = layoutOf(state).list;
  if (state.roll) return { first: top + 1, last: Math.min(shown.length, top + room) };
  const height = heights(state);
  let last = top;
  while (last < shown.length && room > 0) room -= height(last++);
  return { first: top + 1, last };
}

function confirm(state: PickerState, now: number): Step {
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
