import { type Counts, isFinished } from '../core/order.ts';
import type { Activity, Session } from '../core/session.ts';
import { age, asciiOnly, cells, clean, cut, pad } from '../core/text.ts';

/** How a part of a row is coloured; picocolors' formatters, or none. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
  magenta(text: string): string;
}

type Painter = (text: string) => string;

const same: Painter = (text) => text;

/** Leaves text as it is. */
export const unpainted: Paint = {
  bold: same,
  dim: same,
  red: same,
  green: same,
  yellow: same,
  cyan: same,
  magenta: same,
};

/** What the look of rows depends on, besides the sessions. */
export interface Look {
  /** Milliseconds since the epoch. */
  now: number;
  /** Cells in a line. */
  columns: number;
  utf8: boolean;
  paint: Paint;
}

/** One session as columns of clean text. */
export interface Row {
  tone: Tone;
  mark: string;
  state: string;
  age: string;
  directory: string;
  id: string;
  title: string;
  /** What it asks of you; empty where it asks nothing. */
  needs: string;
}

type Tone = 'needs' | 'live' | 'waiting' | 'finished' | 'idle' | 'unknown';

/** The mark of each tone in UTF-8, and in ASCII. */
const marks: Record<Tone, string> = {
  needs: '!!',
  live: '●*',
  waiting: '⧗~',
  finished: '✓+',
  idle: '·-',
  unknown: '??',
};

const words: Record<Activity, string> = {
  'needs-you': 'needs you',
  working: 'working',
  'in-turn': 'in turn',
  shell: 'shell',
  ready: 'ready',
  dialog: 'dialog',
  suspended: 'suspended',
  unknown: 'live',
};

/** The word for a session's state, as rows show it. */
export function stateWord(session: Session): string {
  return session.activity === null ? session.state : words[session.activity];
}

function toneOf(session: Session): Tone {
  if (session.activity === 'needs-you') return 'needs';
  if (isFinished(session) && session.state !== 'idle') return 'finished';
  return session.state === 'live' ? 'live' : session.state;
}

/** The mark of a tone, in UTF-8 or ASCII. */
function markOf(tone: Tone, utf8: boolean): string {
  return marks[tone][utf8 ? 0 : 1]!;
}

/** Ellipsis, separator and dash for a terminal with or without UTF-8. */
export function signs(utf8: boolean): { ellipsis: string; dot: string; dash: string } {
  return utf8 ? { ellipsis: '…', dot: '·', dash: '—' } : { ellipsis: '...', dot: '-', dash: '-' };
}

/** The columns of one session. */
export function rowOf(session: Session, look: Look): Row {
  const shown = (text: string) => (look.utf8 ? clean(text) : asciiOnly(clean(text)));
  const title = shown(session.title.text) || session.id;
  const needs = session.needs === null ? '' : shown(session.needs);
  const tone = toneOf(session);
  return {
    tone,
    mark: markOf(tone, look.utf8),
    state: stateWord(session),
    age: session.lastActivityAt === null ? '' : age(look.now - session.lastActivityAt),
    directory: shown(directoryName(session.cwd)),
    id: session.id.slice(0, 8),
    title,
    needs,
  };
}

/** The last part of a path: `/` for the root, empty for no path. */
export function directoryName(path: string | null): string {
  if (path === null) return '';
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end--;
  return end === 0 ? '/' : path.slice(path.lastIndexOf('/', end - 1) + 1, end);
}

const widestDirectory = 16;

/** Cells of the columns that rows share. */
export interface Widths {
  number: number;
  state: number;
  age: number;
  directory: number;
}

/** The rows of sessions as lines, numbered from `first`, aligned with each other, none wider than the terminal. */
export function renderRows(sessions: Session[], look: Look, first = 1): string[] {
  const rows: Row[] = [];
  const widths: Widths = { number: String(first + sessions.length - 1).length, state: 0, age: 0, directory: 0 };
  for (const session of sessions) {
    const row = rowOf(session, look);
    rows.push(row);
    widths.state = Math.max(widths.state, cells(row.state));
    widths.age = Math.max(widths.age, cells(row.age));
    widths.directory = Math.max(widths.directory, cells(row.directory));
  }
  if (widths.directory > widestDirectory) widths.directory = widestDirectory;
  const lines: string[] = [];
  for (const row of rows) lines.push(renderRow(row, first + lines.length, widths, look));
  return lines;
}

/** Widths that hold for the rows of any sessions: what scrolls past keeps its columns. */
export function steadyWidths(rows: number): Widths {
  return { number: String(rows).length, state: 9, age: 5, directory: widestDirectory };
}

/** One row as a line, not wider than the terminal; a marked row begins with `>`. */
export function renderRow(row: Row, number: number, widths: Widths, look: Look, marked = false): string {
  const { ellipsis, dash } = signs(look.utf8);
  const { state, age: old, directory } = widths;
  // Columns go one by one where the terminal is narrow: the id first, then the directory, then the state word.
  const left = look.columns - (1 + widths.number + 2 + 2);
  const withId = left - (1 + state + 2 + old + 2 + directory + 2 + 8 + 2) >= 12;
  const withDirectory = left - (1 + state + 2 + old + 2 + directory + 2) >= 12;
  const withState = left - (1 + state + 2 + old + 2) >= 8;
  const { dim, bold } = look.paint;
  const colour = painterOf(row.tone, look.paint);
  const texts = [
    `${marked ? '>' : ' '}${String(number).padStart(widths.number)}) `,
    withState ? `${row.mark}  ${pad(row.state, state, ellipsis)}  ` : `${row.mark} `,
    `${pad(row.age, old, ellipsis, 'left')}  `,
    withDirectory ? `${pad(row.directory, directory, ellipsis)}  ` : '',
    withId ? `${row.id}  ` : '',
    row.title,
    row.needs === '' ? '' : ` ${dash} `,
    row.needs,
  ];
  const ofTitle = marked || row.tone === 'needs' ? bold : row.tone === 'idle' ? dim : same;
  const paints = [marked ? bold : dim, colour, dim, same, dim, ofTitle, dim, colour];
  return paintWithin(texts, paints, look.columns, ellipsis);
}

/** Joins texts, each painted by the painter at its place, the whole cut to `columns` cells. */
export function paintWithin(texts: string[], paints: Painter[], columns: number, ellipsis: string): string {
  let line = '';
  if (cells(texts.join('')) <= columns) {
    for (let at = 0; at < texts.length; at++) if (texts[at] !== '') line += paints[at]!(texts[at]!);
    return line;
  }
  const end = cells(ellipsis) <= columns ? ellipsis : '';
  let room = columns - cells(end);
  for (const [at, text] of texts.entries()) {
    if (text === '') continue;
    const part = cut(text, room, '');
    room -= cells(part);
    if (part !== text) return line + paints[at]!(part + end);
    line += paints[at]!(part);
  }
  return line;
}

function painterOf(tone: Tone, paint: Paint): Painter {
  switch (tone) {
    case 'needs':
      return paint.red;
    case 'live':
      return paint.green;
    case 'waiting':
      return paint.yellow;
    case 'finished':
      return paint.cyan;
    case 'idle':
      return paint.dim;
    case 'unknown':
      return paint.magenta;
  }
}

/** The line above the rows: what is on this box. */
export function renderHeader(counts: Counts, look: Look): string {
  const { ellipsis, dot } = signs(look.utf8);
  const { paint } = look;
  const texts: string[] = [];
  const paints: Painter[] = [];
  const add = (text: string, colour: Painter) => {
    texts.push(text);
    paints.push(colour);
  };
  const tell = (words: string, colour: Painter) => {
    add(' ', same);
    add(dot, paint.dim);
    add(` ${words}`, colour);
  };
  add('  watchtower', paint.bold);
  if (counts.needsYou > 0) tell(`${counts.needsYou} needs you`, paint.red);
  if (counts.live > 0) tell(`${counts.live} live`, paint.green);
  if (counts.waiting > 0) tell(`${counts.waiting} waiting`, paint.yellow);
  if (counts.unknown > 0) tell(`${counts.unknown} unknown`, paint.magenta);
  if (texts.length === 1) tell('nothing live or waiting', paint.dim);
  return paintWithin(texts, paints, look.columns, ellipsis);
}

/** The line below the rows: how many more there are, and how to see them. */
export function renderMore(more: number, how: string, look: Look): string {
  const { ellipsis } = signs(look.utf8);
  const { dim } = look.paint;
  const rest = ` and ${more} more${how === '' ? '' : `: ${how}`}`;
  return paintWithin(['  ', ellipsis, rest], [same, dim, dim], look.columns, ellipsis);
}

/** The prompt's line: `!1 ●2 ⧗3`, a zero left out; never any text from a session. */
export function renderBrief(counts: Counts, utf8: boolean, format: 'plain' | 'tmux' = 'plain'): string {
  const parts: [number, Tone, string][] = [
    [counts.needsYou, 'needs', 'red'],
    [counts.live - counts.needsYou, 'live', 'green'],
    [counts.waiting, 'waiting', 'yellow'],
  ];
  const texts: string[] = [];
  for (const [n, tone, colour] of parts) {
    if (n > 0) texts.push(`${format === 'tmux' ? `#[fg=${colour}]` : ''}${markOf(tone, utf8)}${n}`);
  }
  return texts.join(' ') + (format === 'tmux' && texts.length > 0 ? '#[default]' : '');
}
