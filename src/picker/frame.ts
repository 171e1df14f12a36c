import { wordsIn } from '../core/filter.ts';
import type { Session } from '../core/session.ts';
import { asciiOnly, cells, clean } from '../core/text.ts';
import { renderConversation } from '../view/conversation.ts';
import { renderHeader } from '../view/header.ts';
import type { Layout, Size } from '../view/layout.ts';
import { cellsOf, type Look, type Painter, paintWithin, same, signs } from '../view/look.ts';
import { underlined } from '../view/matches.ts';
import { renderPlace } from '../view/place.ts';
import { renderHead } from '../view/preview.ts';
import { noteColumn, renderRow } from '../view/rows.ts';
import { wrap } from '../view/wrap.ts';
import { enterWord, renderFooter } from './footer.ts';
import {
  columnsOf,
  layoutOf,
  markedIndex,
  mostLines,
  type PickerState,
  placeOf,
  queryOf,
  type Searching,
  type Talk,
} from './state.ts';

/** What the picker's look depends on besides that of rows: how a marked row, and the cursor, stand out. */
export interface PickerLook extends Look {
  marker: { open: string; close: string };
}

/** A screen of the picker. */
export interface Frame {
  /** As many lines as the screen has at most, none wider than it. */
  lines: string[];
  /** How many lines the preview is scrolled back, and how many it can be. */
  scroll: number;
  reach: number;
}

/** The picker as it is to be drawn. */
export function renderPicker(state: PickerState, look: PickerLook): Frame {
  const layout = layoutOf(state);
  const { ellipsis } = signs(look.utf8);
  const lines: string[] = [];
  if (layout.header) lines.push(renderTop(state, look));
  if (layout.query) lines.push(renderQuery(state, look, !layout.header));
  const middle = state.help
    ? { lines: renderHelp(state, look, layout), scroll: 0, reach: 0 }
    : renderMiddle(state, look, layout);
  lines.push(...middle.lines);
  const notice = wrap(shown(state.notice, look), look.columns, layout.notice, ellipsis);
  lines.push(...notice.map(look.paint.yellow));
  if (layout.footer) {
    const isTyping = !layout.query && queryOf(state) !== '';
    lines.push(isTyping ? renderQuery(state, look, false) : renderFooter(state, look));
  }
  return { ...middle, lines };
}

/** Rows and preview: as many lines as the layout gives both. */
function renderMiddle(state: PickerState, look: PickerLook, layout: Layout): Frame {
  const rows = renderList(state, { ...look, columns: layout.columns }, layout);
  const { preview } = layout;
  const lines: string[] = [];
  if (preview === null) {
    for (let i = 0; i < layout.list; i++) lines.push(rows[i] ?? '');
    return { lines, scroll: 0, reach: 0 };
  }
  const pane = renderPane(state, { ...look, columns: preview.columns }, preview);
  if (preview.beside) {
    const bar = look.paint.dim(look.utf8 ? ' │ ' : ' | ');
    for (let i = 0; i < layout.list; i++) {
      lines.push(`${fill(rows[i] ?? '', layout.columns)}${bar}${pane.lines[i] ?? ''}`);
    }
    return { ...pane, lines };
  }
  for (let i = 0; i < layout.list; i++) lines.push(rows[i] ?? '');
  lines.push(look.paint.dim((look.utf8 ? '─' : '-').repeat(look.columns)));
  for (let i = 0; i < preview.rows; i++) lines.push(pane.lines[i] ?? '');
  return { ...pane, lines };
}

function fill(line: string, columns: number): string {
  return line + ' '.repeat(Math.max(0, columns - cellsOf(line)));
}

function shown(text: string, look: Look): string {
  return look.utf8 ? clean(text) : asciiOnly(clean(text));
}

function renderList(state: PickerState, look: PickerLook, layout: Layout): string[] {
  const columns = columnsOf(state);
  const found = wordsIn(queryOf(state));
  const most = mostLines(layout, state);
  const lines: string[] = [];
  for (let index = state.top; index < state.shown.length && lines.length < layout.list; index++) {
    const session = state.shown[index]!;
    const marked = session.key === state.marked ? look.marker : null;
    const place = most === 1 ? null : placeOf(state, index);
    lines.push(
      ...renderRow(session, index + 1, columns, look, { marked, found, most: place === null ? most : most - 1 }),
    );
    if (place !== null) lines.push(renderPlace(place, noteColumn(columns, look), look, underlined));
  }
  if (lines.length > 0) return lines.slice(0, layout.list);
  const { ellipsis } = signs(look.utf8);
  const nothing =
    state.searching !== null
      ? nothingFound(state.searching, queryOf(state), ellipsis)
      : queryOf(state) !== ''
        ? ' nothing matches'
        : state.unread > 0
          ? ` reading${ellipsis}`
          : ' no sessions yet: ^N new';
  return [paintWithin([nothing], [look.paint.dim], look.columns, ellipsis)];
}

function nothingFound({ words, unread, wrong }: Searching, query: string, ellipsis: string): string {
  if (query === '') return ' type what was said';
  if (words === query && wrong !== null) return ` ${wrong}`;
  return unread > 0 || words !== query ? ` searching${ellipsis}` : ' nothing was said that fits';
}

/** Of one text in the preview so many UTF-16 units are shown. */
const longestText = 20_000;

/** The preview of the marked session: what is needed first, then the conversation from its end. */
function renderPane(state: PickerState, look: Look, { rows }: Size): Frame {
  const session = state.shown[markedIndex(state)];
  if (session === undefined || rows <= 0) return { lines: [], scroll: 0, reach: 0 };
  const head = renderHead(session, look, rows < 8 ? Math.max(1, Math.ceil(rows / 2)) : Math.min(8, rows - 4));
  const read = state.talk?.key === session.key ? state.talk : null;
  const talk = renderConversation(read?.entries ?? factsOf(session), look, longestText);
  const room = rows - head.length - 1;
  if (room <= 0) return { lines: head.slice(0, rows), scroll: 0, reach: 0 };
  const reach = Math.max(0, talk.length - room);
  const at = lineOfPlace(read, look);
  const scroll = Math.max(0, Math.min(at === null ? state.scroll : talk.length - at - room, reach));
  const end = talk.length - scroll;
  const above = scroll > 0 ? `${look.utf8 ? '↓' : 'v'} ${scroll} more lines below` : '';
  const line = paintWithin([above], [look.paint.dim], look.columns, signs(look.utf8).ellipsis);
  return { lines: [...head, line, ...talk.slice(Math.max(0, end - room), end)], scroll, reach };
}

/** The line of a conversation at which its place begins; null where it has none, or that is not in it. */
function lineOfPlace(talk: Talk | null, look: Look): number | null {
  const at = talk?.place == null ? -1 : talk.entries.findIndex(({ from }) => from === talk.place);
  if (talk === null || at < 0) return null;
  const before = renderConversation(talk.entries.slice(0, at), look, longestText);
  return before.length + (at === 0 ? 0 : 1);
}

/** What is known of a conversation before its transcript was opened for it. */
function factsOf({ lastPrompt, lastAnswer }: Session): Parameters<typeof renderConversation>[0] {
  return [
    ...(lastPrompt === null ? [] : [{ who: 'you', kind: 'prompt', text: lastPrompt, at: null } as const]),
    ...(lastAnswer === null ? [] : [{ who: 'agent', kind: 'answer', text: lastAnswer, at: null } as const]),
  ];
}

/** The header: what the picker was opened for, or what is on this box. */
export function renderTop(state: PickerState, look: Look): string {
  if (state.verb === null) return renderHeader(state.counts, look);
  const { ellipsis } = signs(look.utf8);
  return paintWithin([`  ${state.verb} which?`], [look.paint.bold], look.columns, ellipsis);
}

/** How much is listed, of how much. */
export function amountOf(state: PickerState): string {
  const { length } = state.shown;
  if (state.searching !== null) {
    const { more, unread } = state.searching;
    return `${length}${more > 0 ? ` of ${length + more}` : ''} found${unread > 0 ? `, ${unread} to read` : ''}`;
  }
  const reading = state.unread > 0 ? `, ${state.unread} unread` : '';
  if (queryOf(state) !== '') return `${length} of ${state.sessions.length}${reading}`;
  return `${length} session${length === 1 ? '' : 's'}${reading}`;
}

/** The line in which the query is typed; `withTop`: until something is typed it says what the picker was opened for. */
function renderQuery(state: PickerState, look: PickerLook, withTop: boolean): string {
  const { paint, columns } = look;
  if (state.renaming !== null) {
    return typed('title: ', state.renaming.line.before, state.renaming.line.after, look);
  }
  const verb = state.searching === null ? (state.verb ?? '') : 'said';
  const prompt = `${verb}> `;
  if (withTop && queryOf(state) === '') return renderTop(state, look);
  const hint = state.shown.length === 0 || state.searching !== null ? '' : ' letters filter, digits go to a row';
  const line =
    queryOf(state) === ''
      ? paintWithin([prompt, ' ', hint], [paint.bold, onCursor, paint.dim], columns, '')
      : typed(prompt, state.query.before, state.query.after, look);
  const amount = amountOf(state);
  const gap = columns - cellsOf(line) - cells(amount);
  return gap < 2 ? line : `${line}${' '.repeat(gap)}${paint.dim(amount)}`;
}

const onCursor: Painter = (text) => `\x1b[7m${text}\x1b[27m`;

/** A line that is being typed, with its cursor; what is too long for the screen is left out on the left. */
function typed(prompt: string, before: string, after: string, look: PickerLook): string {
  const { ellipsis } = signs(look.utf8);
  const [left, right] = [shownTyped(before, look), shownTyped(after, look)];
  const room = Math.max(2, look.columns - cells(prompt) - 1);
  const begin = tail(left, room, ellipsis);
  const under = right === '' ? ' ' : Array.from(right)[0]!;
  const rest = right.slice(under.length);
  const texts = [prompt, begin, under, right === '' ? '' : rest];
  return paintWithin(texts, [look.paint.bold, same, onCursor, same], look.columns, ellipsis);
}

/** Typed text as it is shown: a space at its end counts. */
function shownTyped(text: string, look: Look): string {
  const space = /^ */.exec(text)![0];
  const end = text.trim() === '' ? '' : / *$/.exec(text)![0];
  return `${space}${shown(text, look)}${end}`;
}

/** The end of a text that is being typed, in at most `columns` cells. */
function tail(text: string, columns: number, ellipsis: string): string {
  if (cells(text) <= columns) return text;
  let kept = Array.from(text);
  while (kept.length > 0 && cells(kept.join('')) > columns - cells(ellipsis)) kept = kept.slice(1);
  return ellipsis + kept.join('');
}

/** All keys, in place of rows and preview. */
function renderHelp(state: PickerState, look: PickerLook, layout: Layout): string[] {
  const session = state.shown[markedIndex(state)] ?? null;
  const keys: [string, string][] = [
    ['letters', 'filter by title, directory, branch, prompts'],
    ['digits', 'go to that row'],
    ['Enter', session === null ? 'leave' : enterWord(state, session)],
    ['Up Down PgUp PgDn Home End, ^K ^J', 'move'],
    ['^T', 'resume in tmux'],
    ['^F', 'fork: go on with a copy'],
    ['^X', 'archive; ^Z brings it back'],
    ['^D', 'done: nothing to come back to'],
    ['^R', 'another title'],
    ['^N', 'a new session in its directory'],
    ['^S', state.searching === null ? 'search in what was said' : 'filter by titles again'],
    ['Tab', 'preview: wide, off, on'],
    ['Shift-Up Shift-Down', 'scroll the preview'],
    ['^W ^U ^A ^E Left Right', 'edit the filter'],
    ['Esc', 'clear the filter, then leave'],
    ['^C', 'leave'],
  ];
  const width = look.columns >= 60 ? Math.max(...keys.map(([key]) => key.length)) : 8;
  const lines = keys.map(([key, what]) =>
    paintWithin([`  ${key.padEnd(width)}  `, what], [look.paint.bold, same], look.columns, signs(look.utf8).ellipsis),
  );
  const room = layout.list + (layout.preview === null || layout.preview.beside ? 0 : layout.preview.rows + 1);
  return Array.from({ length: room }, (_, index) => lines[index] ?? '');
}
