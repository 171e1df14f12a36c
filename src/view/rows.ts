import { shortId } from '../core/ids.ts';
import { type Counts, isFinished } from '../core/order.ts';
import type { Activity, Session } from '../core/session.ts';
import { age, asciiOnly, cells, clean, cut, pad } from '../core/text.ts';
import { type Columns, fitted, type Tags, tagsOf, titleColumn } from './columns.ts';
import { type Look, type Paint, type Painter, paintWithin, same, signs, unpainted } from './look.ts';
import { markMatches } from './matches.ts';

// Long, for the columns of a row, their order of leaving and the row itself decide on each other.
import { wrap } from './wrap.ts';

export type Tone = 'needs' | 'live' | 'finished' | 'stopped' | 'waiting' | 'idle' | 'unknown';

/** The mark of each tone in UTF-8, and in ASCII. */
const marks: Record<Tone, string> = {
  needs: '!!',
  live: '●*',
  finished: '✓+',
  stopped: '✗x',
  waiting: '⧗~',
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
  if (session.activity !== null) return words[session.activity];
  if (session.state !== 'waiting') return session.state;
  if (hasFailed(session)) return 'failed';
  if (session.cutOff) return 'cut off';
  return isFinished(session) ? 'finished' : 'waiting';
}

/** Whether its last turn has failed, and nothing goes on in it since. */
function hasFailed({ lastTurn, activity }: Session): boolean {
  const isBusy = activity === 'working' || activity === 'needs-you' || activity === 'in-turn';
  return lastTurn?.how === 'failed' && !isBusy;
}

/** What a session is shown as. */
export function toneOf(session: Session): Tone {
  if (session.activity === 'needs-you') return 'needs';
  if (session.state === 'unknown') return 'unknown';
  if (session.isDone) return 'idle';
  if (session.cutOff || hasFailed(session)) return 'stopped';
  return isFinished(session) && session.state !== 'idle' ? 'finished' : session.state;
}

/** The mark of a tone, in UTF-8 or ASCII. */
function markOf(tone: Tone, utf8: boolean): string {
  return marks[tone][utf8 ? 0 : 1]!;
}

/** The painter of a tone. */
export function painterOf(tone: Tone, paint: Paint): Painter {
  switch (tone) {
    case 'needs':
    case 'stopped':
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

/** What a row says besides its title: what the session needs, or why its turn failed; empty where it says nothing. */
export function noteOf(session: Session): string {
  if (session.activity === 'needs-you') return clean(session.needs ?? '');
  if (!hasFailed(session)) return '';
  const reason = clean(session.lastTurn?.reason ?? '');
  return reason === '' ? 'failed' : `failed: ${reason}`;
}

const hour = 3_600_000;
const day = 24 * hour;
/** A session that is deleted within so many milliseconds says so. */
export const expiresSoon: number = 3 * day;

/** How long a session that will be deleted soon is still there, as `⌛2d` or `<2d`; empty for any other. */
export function expiryOf(session: Session, { now, utf8 }: Look): string {
  if (session.deletesAt === null || session.deletesAt - now > expiresSoon) return '';
  const left = Math.max(0, session.deletesAt - now);
  return `${utf8 ? '⌛' : '<'}${left >= day ? `${Math.floor(left / day)}d` : `${Math.floor(left / hour)}h`}`;
}

/** The last part of a path: `/` for the root, empty for no path. */
export function directoryName(path: string | null): string {
  if (path === null) return '';
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end--;
  return end === 0 ? '/' : path.slice(path.lastIndexOf('/', end - 1) + 1, end);
}

/** What tells sessions of several agents, or of several folders of one, from each other; empty where nothing has to. */
export function tagOf(session: Session, tags: Tags): string {
  if (!tags.several) return '';
  return tags.folders.has(session.agent) ? (session.account ?? session.agent) : session.agent;
}

/**
 * The rows of sessions as lines, numbered from `first`, aligned with each other, none wider than the terminal; below each
 * of them what `below` gives for it, at the cell of the title that it is told.
 */
export function renderRows(
  sessions: Session[],
  look: Look,
  first = 1,
  below: (index: number, column: number) => string[] = () => [],
): string[] {
  const wanted: Columns = {
    ...{ number: String(first + sessions.length - 1).length, state: 0, age: 0, directory: 0, id: 8, tag: 0 },
    tags: tagsOf(sessions),
  };
  for (const session of sessions) {
    wanted.state = Math.max(wanted.state, stateWord(session).length);
    wanted.age = Math.max(wanted.age, ageOf(session, look).length);
    wanted.directory = Math.max(wanted.directory, cells(shown(directoryName(session.cwd), look)));
    wanted.tag = Math.max(wanted.tag, cells(shown(tagOf(session, wanted.tags), look)));
  }
  const columns = fitted(wanted, look.columns);
  return sessions.flatMap((session, index) => [
    ...renderRow(session, first + index, columns, look),
    ...below(index, noteColumn(columns, look)),
  ]);
}

/** Where a note below a row begins, in cells: where the title's column leaves too little room, further left. */
export function noteColumn(columns: Columns, look: Pick<Look, 'columns'>): number {
  return Math.min(titleColumn(columns), Math.max(4, look.columns - 20));
}

function ageOf({ lastActivityAt }: Session, { now }: Look): string {
  return lastActivityAt === null ? '' : age(now - lastActivityAt);
}

function shown(text: string, { utf8 }: Look): string {
  return utf8 ? clean(text) : asciiOnly(clean(text));
}

/** How a row stands out in the picker. */
export interface Emphasis {
  /** The marked row begins with `>` and stands on a background; `open` and `close` are written round each part of it. */
  marked: { open: string; close: string } | null;
  /** The words that were searched for, folded. */
  found: string[];
  /** So many lines at the most; what a row needs is left to the preview where there is but one. */
  most: number;
}

const plain: Emphasis = { marked: null, found: [], most: 4 };
const mostNoteLines = 3;

/**
 * One session as lines, none wider than the terminal: one, and below it, where it doesn't fit behind the title, what the
 * session needs.
 */
export function renderRow(
  session: Session,
  number: number,
  columns: Columns,
  look: Look,
  { marked, found, most }: Emphasis = plain,
): string[] {
  const { ellipsis, dash } = signs(look.utf8);
  const { dim, bold } = look.paint;
  const tone = toneOf(session);
  const colour = marked !== null && tone === 'idle' ? same : painterOf(tone, look.paint);
  const faint = marked === null ? dim : same;
  const ofTitle = marked !== null || tone === 'needs' ? bold : tone === 'idle' ? dim : same;

  const note = look.utf8 ? noteOf(session) : asciiOnly(noteOf(session));
  const expiry = expiryOf(session, look);
  const column = titleColumn(columns);
  const room = Math.max(1, look.columns - column - (expiry === '' ? 0 : cells(expiry) + 1));
  const whole = shown(session.title.text, look) || session.id;
  const fits = note !== '' && cells(whole) + 3 + cells(note) <= room;
  const title = cut(whole, room, ellipsis);

  const parts: [string, Painter][] = [
    [`${marked === null ? ' ' : '>'}${String(number).padStart(columns.number)}) `, marked === null ? dim : bold],
    [markOf(tone, look.utf8), colour],
    [columns.state === 0 ? '  ' : ` ${pad(stateWord(session), columns.state, ellipsis)}  `, colour],
  ];
  if (columns.age > 0) parts.push([`${pad(ageOf(session, look), columns.age, ellipsis, 'left')}  `, faint]);
  if (columns.directory > 0) {
    const name = pad(shown(directoryName(session.cwd), look), columns.directory, ellipsis);
    parts.push(...markMatches(name, found, same), ['  ', same]);
  }
  if (columns.id > 0) parts.push([`${shortId(session.id).padEnd(8)}  `, faint]);
  if (columns.tag > 0) {
    parts.push([`${pad(shown(tagOf(session, columns.tags), look), columns.tag, ellipsis)}  `, faint]);
  }
  parts.push(...markMatches(title, found, ofTitle));
  if (fits) parts.push([` ${dash} `, faint], [note, colour]);
  if (expiry !== '') parts.push([' ', same], [expiry, marked === null ? look.paint.yellow : same]);
  const lines = [painted(parts, look, marked)];
  if (note === '' || fits || most <= 1) return lines;

  const indent = noteColumn(columns, look);
  for (const line of wrap(note, Math.max(1, look.columns - indent), Math.min(mostNoteLines, most - 1), ellipsis)) {
    lines.push(
      painted(
        [
          [' '.repeat(indent), same],
          [line, colour],
        ],
        look,
        marked,
      ),
    );
  }
  return lines;
}

/** How many lines `renderRow` makes of a session. */
export function heightOf(session: Session, columns: Columns, look: Pick<Look, 'columns' | 'utf8'>): number {
  if (noteOf(session) === '') return 1;
  return renderRow(session, 1, columns, { ...look, now: 0, paint: unpainted }).length;
}

function painted(parts: [string, Painter][], look: Look, marked: Emphasis['marked']): string {
  const { ellipsis } = signs(look.utf8);
  const texts = parts.map(([text]) => text);
  if (marked === null) {
    return paintWithin(
      texts,
      parts.map(([, painter]) => painter),
      look.columns,
      ellipsis,
    );
  }
  const on = parts.map(
    ([, painter]): Painter =>
      (text) =>
        `${marked.open}${painter(text)}`,
  );
  const rest = ' '.repeat(Math.max(0, look.columns - cells(texts.join(''))));
  return (
    paintWithin([...texts, rest], [...on, (text) => `${marked.open}${text}`], look.columns, ellipsis) + marked.close
  );
}

/** The line below the rows: how many more there are, and how to see them. */
export function renderMore(more: number, how: string, look: Look): string {
  const { ellipsis } = signs(look.utf8);
  const { dim } = look.paint;
  const rest = ` and ${more} more${how === '' ? '' : `: ${how}`}`;
  return paintWithin(['  ', '...', rest], [same, dim, dim], look.columns, ellipsis);
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
