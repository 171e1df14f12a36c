import { asciiOnly, cells, clean } from '../core/text.ts';
import { layoutOf, markedIndex, numbersOnScreen, type PickerState } from '../picker/state.ts';
import { renderHeader, tally } from './header.ts';
import { type Look, paintWithin, signs } from './look.ts';
import { renderPreview } from './preview.ts';
import { renderRow, steadyColumns, tagsOf } from './rows.ts';
import { wrap } from './wrap.ts';

const same = (text: string) => text;

/** The picker as lines: as many as the screen has at most, none wider than it. */
export function renderPicker(state: PickerState, look: Look): string[] {
  const layout = layoutOf(state);
  const { ellipsis } = signs(look.utf8);
  const shown = (text: string) => (look.utf8 ? clean(text) : asciiOnly(clean(text)));
  const rows = renderList(state, { ...look, columns: layout.columns }, layout.list);
  const lines: string[] = [];
  if (layout.header) lines.push(renderTop(state, look));
  if (layout.preview?.beside) {
    const beside = renderMarked(state, { ...look, columns: layout.preview.columns }, layout.preview.rows);
    const bar = look.paint.dim(look.utf8 ? ' │ ' : ' | ');
    for (let i = 0; i < layout.list; i++) lines.push(`${fill(rows[i] ?? '', layout.columns)}${bar}${beside[i] ?? ''}`);
  } else {
    for (let i = 0; i < layout.list; i++) lines.push(rows[i] ?? '');
    if (layout.preview !== null) {
      lines.push(look.paint.dim((look.utf8 ? '─' : '-').repeat(look.columns)));
      const below = renderMarked(state, look, layout.preview.rows);
      for (let i = 0; i < layout.preview.rows; i++) lines.push(below[i] ?? '');
    }
  }
  const notice = wrap(shown(state.notice), look.columns, layout.notice, ellipsis);
  lines.push(...notice.map(look.paint.yellow));
  if (layout.footer) lines.push(renderFooter(state, look));
  return lines;
}

/** Cells of a painted line. */
export function cellsOf(line: string): number {
  return cells(line.replace(/\x1b\[[0-9;]*m/g, ''));
}

function fill(line: string, columns: number): string {
  return line + ' '.repeat(Math.max(0, columns - cellsOf(line)));
}

function renderList(state: PickerState, look: Look, most: number): string[] {
  const { last } = numbersOnScreen(state);
  const columns = steadyColumns(last, look.columns, tagsOf(state.shown));
  const rows = state.shown
    .slice(state.top, state.top + most)
    .map((session, index) => renderRow(session, state.top + index + 1, columns, look)[0]!);
  if (rows.length > 0) return rows;
  const { ellipsis } = signs(look.utf8);
  const nothing =
    state.filter !== '' ? ' nothing matches' : state.unread > 0 ? ` reading${ellipsis}` : ' no sessions yet: [n]ew';
  return [paintWithin([nothing], [look.paint.dim], look.columns, ellipsis)];
}

function renderMarked(state: PickerState, look: Look, rows: number): string[] {
  const session = state.shown[markedIndex(state)];
  return session === undefined ? [] : renderPreview(session, look, rows);
}

/** The header: what is on this box, and how much of it is listed. */
export function renderTop(state: PickerState, look: Look): string {
  const { ellipsis, dot } = signs(look.utf8);
  const header = renderHeader(tally(state.sessions), look);
  const { length } = state.shown;
  const amount = state.filter === '' ? `${length}` : `${length} of ${state.sessions.length}`;
  const reading = state.unread > 0 ? `, ${state.unread} unread` : '';
  const room = look.columns - cellsOf(header);
  const tail = ` ${dot} ${amount} session${length === 1 && state.filter === '' ? '' : 's'}${reading}`;
  return cells(tail) <= room ? header + paintWithin([tail], [look.paint.dim], room, ellipsis) : header;
}

/** The keys that work at this moment, and what they do. */
export function renderFooter(state: PickerState, look: Look): string {
  const { ellipsis } = signs(look.utf8);
  const { paint, columns } = look;
  const filter = look.utf8 ? clean(state.filter) : asciiOnly(clean(state.filter));
  if (state.typing) {
    const typed = `/${tail(filter, Math.max(4, columns - 20), ellipsis)}`;
    const cursor = '_ ';
    const found = state.shown.length > 0 ? ['[Enter]resume'] : [];
    const hints = keys([...found, '[Esc]clear', '[Up/Down]move', '[Tab]keys'], columns - cells(typed + cursor));
    return paintWithin([typed, cursor, hints], [paint.bold, same, paint.dim], columns, ellipsis);
  }
  if (state.digits !== '') {
    const asked = `${state.verb ?? 'resume'} ${state.digits} `;
    const hints = keys(['[Enter]now', '[Esc]no', '[0-9]more'], columns - asked.length);
    return paintWithin([asked, hints], [paint.bold, paint.dim], columns, ellipsis);
  }
  if (state.verb !== null) {
    const asked = `${state.verb}: `;
    const hints = keys(['[#]row', '[Enter]marked row', '[Esc]no'], columns - asked.length);
    return paintWithin([asked, hints], [paint.bold, paint.dim], columns, ellipsis);
  }
  const found = filter === '' ? '' : `/${tail(filter, Math.floor(columns / 3), ellipsis)} `;
  const hints = keys(
    [
      ...(state.shown.length > 0 ? ['[#]resume', '[t#]tmux', '[d#]archive', '[f#]fork', '[a#]attach'] : []),
      '[n]ew',
      state.archived === null ? '' : '[u]ndo',
      filter === '' ? '[/]filter' : '[Esc]clear',
      state.moved ? '[Enter]resume' : '[Enter]shell',
      '[q]uit',
    ],
    columns - cells(found),
    ['[Enter]', '[u]', '[Esc]', '[q]', '[#]', '[n]', '[t#]', '[d#]', '[f#]', '[a#]', '[/]'],
  );
  return paintWithin([found, hints], [paint.bold, paint.dim], columns, ellipsis);
}

/** Hints in their order, as many as fit; the first ones of `foremost` (or else of themselves) are kept longest. */
function keys(hints: string[], columns: number, foremost: string[] = hints): string {
  const rank = (hint: string) => foremost.findIndex((start) => hint.startsWith(start));
  let kept = hints.filter(Boolean);
  while (kept.join(' ').length > columns && kept.length > 1) {
    const least = kept.reduce((a, b) => (rank(b) > rank(a) ? b : a));
    kept = kept.filter((hint) => hint !== least);
  }
  return kept.join(' ');
}

/** The end of a text that is being typed, in at most `columns` cells. */
function tail(text: string, columns: number, ellipsis: string): string {
  if (cells(text) <= columns) return text;
  let kept = Array.from(text);
  while (kept.length > 0 && cells(kept.join('')) > columns - cells(ellipsis)) kept = kept.slice(1);
  return ellipsis + kept.join('');
}
