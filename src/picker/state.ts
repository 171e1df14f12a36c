import type { Entry } from '../core/conversation.ts';
import type { Session } from '../core/session.ts';
import type { Key } from '../screen/keys.ts';
import { type Columns, steadyColumns, type Tags, tagsOf } from '../view/columns.ts';
import { type Tally, tally } from '../view/header.ts';
import { type Layout, layOut, type Size } from '../view/layout.ts';
import type { PlaceLine } from '../view/place.ts';
import { heightOf } from '../view/rows.ts';
import { type Line, lineOf, textOf } from './line-edit.ts';

/** What was said in the session that is previewed, as far as it has been read. */
export interface Talk {
  /** The session's. */
  key: string;
  entries: Entry[];
  /** The byte of the transcript before which there is more; null where there is none. */
  before: number | null;
  /** The byte of what the preview opens at, until it is drawn; null: at the end. */
  place?: number | null;
}

/** A session in which it was said what the query looks for, and the place. */
export interface Hit {
  session: Session;
  place: PlaceLine;
  /** The byte of the session's transcript at which it was said; null where that is in another file. */
  from: number | null;
  isArchived: boolean;
}

/** While the query goes through what was said. */
export interface Searching {
  /** What was found so far, newest first, and how many more there are. */
  hits: Hit[];
  more: number;
  /** The query that it was found for; and the transcripts that have not been read yet. */
  words: string;
  unread: number;
  /** Why the query makes no sense, in a sentence; null where it does. */
  wrong: string | null;
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
  /** The key of the marked session; null where there is none. */
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
  /** The key of a session that is to be marked as soon as it is there: one that was just brought back. */
  awaited: string | null;
  /** Null: the query filters the rows by what they say. */
  searching: Searching | null;
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
  | { is: 'done'; session: Session }
  | { is: 'restored' }
  /** What a search found so far: newest first, and as many `more`. */
  | ({ is: 'found' } & Searching)
  /** A part of what was said: the end of it, or what stands before the part that is there. */
  | { is: 'talk'; talk: Talk; part: 'end' | 'earlier' }
  /** So many lines the preview is scrolled back, and can be, now that it is drawn. */
  | { is: 'drawn'; scroll: number; reach: number };

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
  /** Null: no more. */
  | { do: 'search'; words: string | null }
  | { do: 'read'; key: string; before: number }
  | { do: 'redraw' };

export interface Step {
  state: PickerState;
  effect: Effect | null;
}

/** The picker before its first event. */
export function opened({ filter = '', verb = null, leaves = false, roll = false, ...rest }: Opening): PickerState {
  return {
    ...{ ...rest, verb, leaves, roll },
    ...{ sessions: [], counts: tally([]), tags: tagsOf([]), unread: 0, query: lineOf(filter), shown: [], marked: null },
    ...{ top: 0, digits: '', notice: '', help: false, renaming: null, archived: null, awaited: null },
    ...{ searching: null, preview: 'on', talk: null, scroll: 0, reach: 0, earlier: null },
  };
}

/** A step that only changes the state. */
export const stay = (state: PickerState): Step => ({ state, effect: null });

/** How the lines of the screen are shared out. */
export function layoutOf(state: PickerState): Layout {
  const { size, shown, notice, roll, preview, searching } = state;
  if (roll) {
    const { columns, rows } = size;
    return { header: true, query: false, list: rows, columns, preview: null, notice: 3, footer: true };
  }
  // What was found has the place in a line of its own.
  const count = searching === null ? shown.length : shown.length * 2;
  return layOut({ size, count, notice, preview }, (columns) => columnsAt(state, columns));
}

/** The columns of the rows. */
export function columnsOf(state: PickerState): Columns {
  return columnsAt(state, layoutOf(state).columns);
}

function columnsAt({ shown, tags }: PickerState, columns: number): Columns {
  return steadyColumns(shown.length, columns, tags);
}

const longestRow = 4;
/** In a list of fewer lines no row has more than its share. */
const leastForNotes = 6;

/** How many lines a row may have; in a small list those that all of its rows can have, if those are few. */
export function mostLines({ list }: Layout, { shown }: PickerState): number {
  const most = list < leastForNotes ? Math.floor(list / shown.length) : longestRow;
  return Math.max(1, Math.min(most, longestRow));
}

/** The index of the marked session in the rows; -1 where there is none. */
export function markedIndex(state: PickerState): number {
  return state.roll || state.marked === null ? -1 : state.shown.findIndex((session) => session.key === state.marked);
}

/** The marked session. */
export function markedOf(state: PickerState): Session | null {
  return state.shown[markedIndex(state)] ?? null;
}

/** The query as it filters. */
export function queryOf(state: PickerState): string {
  return textOf(state.query);
}

/** The place of what a search found, below a row; null where there is none. */
export function placeOf({ searching }: PickerState, index: number): PlaceLine | null {
  return searching?.hits[index]?.place ?? null;
}

/** What a search found in the marked session; null where none did. */
export function markedHit(state: PickerState): Hit | null {
  return state.searching?.hits[markedIndex(state)] ?? null;
}

/** Lines of a row. */
function heights(state: PickerState): (index: number) => number {
  const layout = layoutOf(state);
  const columns = columnsOf(state);
  const look = { columns: layout.columns, utf8: state.utf8 };
  const most = mostLines(layout, state);
  const below = state.searching === null || most === 1 ? 0 : 1;
  return (index) => Math.min(most - below, heightOf(state.shown[index]!, columns, look)) + below;
}

/** Moves the window over the rows so that the marked one is in it and no line stays empty that could hold a row. */
export function scrolled(state: PickerState): PickerState {
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

/** Whether no row is to be marked: nobody has moved the marker or typed yet. */
export function isUnmarked(state: PickerState): boolean {
  return state.leaves && state.marked === null && queryOf(state) === '';
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
