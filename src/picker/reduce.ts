import { matching } from '../core/filter.ts';
import type { Session } from '../core/session.ts';
import { tagsOf } from '../view/columns.ts';
import { tally } from '../view/header.ts';
import { pasted } from './line-edit.ts';
import { confirm, paste, press } from './press.ts';
import {
  isUnmarked,
  layoutOf,
  markedHit,
  markedIndex,
  type PickerEvent,
  type PickerState,
  queryOf,
  type Step,
  scrolled,
  stay,
  type Talk,
} from './state.ts';

/** How long a number means the row that stood there before, in ms: nobody reads and types faster. */
const eyeToFinger = 600;

/** The state after an event, and what is to be done. */
export function reduce(state: PickerState, event: PickerEvent): Step {
  switch (event.is) {
    case 'key':
      return withSearch(state, press({ ...state, notice: '' }, event.key, event.now));
    case 'paste':
      return withSearch(state, stay(paste({ ...state, notice: '' }, pasted(event.text))));
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
      const next = without(pastMarked(state, event.session.key), event.session.key);
      return stay(scrolled({ ...next, archived: event.session, notice }));
    }
    case 'done':
      return stay(scrolled({ ...pastMarked(state, event.session.key), notice: `done: ${event.session.title.text}` }));
    case 'restored':
      return stay({ ...state, awaited: state.archived?.key ?? null, archived: null, notice: 'restored' });
    case 'found':
      return stay(withFound(state, event));
    case 'talk':
      return stay(withTalk(state, event.talk, event.part));
    case 'drawn':
      return stay(drawn(state, event));
  }
}

/** The preview has opened at its place, and is scrolled from there. */
function drawn(state: PickerState, { scroll, reach }: Extract<PickerEvent, { is: 'drawn' }>): PickerState {
  const talk = state.talk === null || state.talk.place == null ? state.talk : { ...state.talk, place: null };
  return { ...state, talk, reach, scroll };
}

/** While the query goes through what was said, another query is another search. */
function withSearch(before: PickerState, step: Step): Step {
  const { state, effect } = step;
  if (effect !== null || before.searching === null || state.searching === null) return step;
  const words = queryOf(state);
  return words === queryOf(before) ? step : { state, effect: { do: 'search', words } };
}

function withFound(
  state: PickerState,
  { words, hits, more, unread, wrong }: Extract<PickerEvent, { is: 'found' }>,
): PickerState {
  if (state.searching === null || state.digits !== '' || words !== queryOf(state)) return state;
  const isNew = state.searching.words !== words;
  const shown = hits.map(({ session }) => session);
  const isThere = !isNew && shown.some((session) => session.key === state.marked);
  const before = isNew ? 0 : Math.max(0, markedIndex(state));
  const marked = isThere ? state.marked : (shown[Math.min(before, shown.length - 1)]?.key ?? null);
  const searching = { hits, more, words, unread, wrong };
  const next = { ...state, searching, shown, marked, top: isNew ? 0 : state.top };
  const isSamePlace = marked === state.marked && markedHit(next)?.from === markedHit(state)?.from;
  return scrolled({ ...next, scroll: isSamePlace ? state.scroll : 0 });
}

/** The sessions that the query leaves. */
function shownOf({ searching, home }: PickerState, sessions: Session[], query: string): Session[] {
  if (searching === null) return matching(sessions, query, home);
  const byId = new Map(sessions.map((session) => [session.key, session]));
  return searching.hits.map(({ session }) => byId.get(session.key) ?? session);
}

/** New facts: the marker stays on its session and that session on its line, as far as there are lines. */
function withSessions(state: PickerState, sessions: Session[], unread: number, now: number): PickerState {
  const fresh = { ...state, sessions, unread, counts: tally(sessions), tags: tagsOf(sessions) };
  if (state.digits !== '') {
    // A number is being typed: rows keep their places until it is told.
    const byId = new Map(sessions.map((session) => [session.key, session]));
    return { ...fresh, shown: state.shown.map((session) => byId.get(session.key) ?? session) };
  }
  const shown = shownOf(state, sessions, queryOf(state));
  const before = markedIndex(state);
  const isThere = state.marked !== null && shown.some((session) => session.key === state.marked);
  const next = shown[Math.min(Math.max(before, 0), shown.length - 1)]?.key ?? null;
  const isBack = state.awaited !== null && shown.some((session) => session.key === state.awaited);
  const marked = isBack ? state.awaited : isThere || isUnmarked(state) ? state.marked : next;
  const placed = { ...fresh, shown, marked, awaited: isBack ? null : state.awaited };
  const shift = state.top > 0 && before >= 0 ? Math.max(0, markedIndex(placed)) - before : 0;
  const moved = scrolled({ ...placed, top: state.top + shift });
  const { list } = layoutOf(state);
  const samePlaces = state.shown
    .slice(state.top, state.top + list)
    .every((session, index) => shown[state.top + index]?.key === session.key);
  return samePlaces ? moved : { ...moved, earlier: { shown: state.shown, until: now + eyeToFinger } };
}

/** The marker stays at its place in the list when the session there is dealt with: it goes to the next one, if there is one. */
function pastMarked(state: PickerState, key: string): PickerState {
  const next = state.shown[markedIndex(state) + 1];
  return state.marked !== key || next === undefined ? state : { ...state, marked: next.key, scroll: 0 };
}

function without(state: PickerState, key: string): PickerState {
  const sessions = state.sessions.filter((session) => session.key !== key);
  return { ...withSessions(state, sessions, state.unread, 0), earlier: null };
}

function withTalk(state: PickerState, talk: Talk, part: 'end' | 'earlier'): PickerState {
  if (talk.key !== state.marked) return state;
  if (part === 'end') return { ...state, talk };
  if (state.talk?.key !== talk.key) return state;
  return { ...state, talk: { ...talk, entries: [...talk.entries, ...state.talk.entries] } };
}
