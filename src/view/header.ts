import { isFinished } from '../core/order.ts';
import type { Session } from '../core/session.ts';
import { cells } from '../core/text.ts';
import { type Look, type Painter, signs } from './look.ts';
import { painterOf, type Tone } from './rows.ts';

/** What sessions are counted as in the header, in its order. Each session is counted once. */
const groups = [
  'needs you',
  'working',
  'shell',
  'ready',
  'dialog',
  'suspended',
  'live',
  'unknown',
  'finished',
  'failed',
  'cut off',
  'waiting',
] as const;

type Group = (typeof groups)[number];

/** How many sessions are in each group; those that nobody has to come back to are in none. */
export type Tally = ReadonlyMap<Group, number>;

/** What happened since the user's last visit at `at`, milliseconds since the epoch. */
export interface Since {
  at: number;
  finished: number;
  cutOff: number;
}

function groupOf(session: Session): Group | null {
  switch (session.activity) {
    case 'needs-you':
      return 'needs you';
    case 'in-turn':
      return 'working';
    case 'unknown':
      return 'live';
    case null:
      break;
    default:
      return session.activity;
  }
  if (session.state === 'idle') return null;
  if (session.state === 'unknown') return 'unknown';
  if (session.lastTurn?.how === 'failed') return 'failed';
  if (session.cutOff) return 'cut off';
  return isFinished(session) ? 'finished' : 'waiting';
}

/** Counts sessions for the header. */
export function tally(sessions: Iterable<Session>): Tally {
  const counts = new Map<Group, number>();
  for (const session of sessions) {
    const group = groupOf(session);
    if (group !== null) counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  return counts;
}

const tones: Record<Group, Tone> = {
  'needs you': 'needs',
  working: 'live',
  shell: 'live',
  ready: 'live',
  dialog: 'live',
  suspended: 'live',
  live: 'live',
  unknown: 'unknown',
  finished: 'finished',
  failed: 'stopped',
  'cut off': 'stopped',
  waiting: 'waiting',
};

/**
 * The line above the rows: what is on this box, and, on the right where there is room, what happened `since` the last
 * visit. Parts that do not fit are left out whole.
 */
export function renderHeader(counts: Tally, look: Look, since: Since | null = null): string {
  const parts = groups
    .filter((group) => counts.has(group))
    .map((group): Part => ({ text: `${counts.get(group)} ${group}`, paint: painterOf(tones[group], look.paint) }));
  const nothing: Part = { text: 'nothing live or waiting', paint: look.paint.dim };
  const left = joined('  watchtower', parts.length > 0 ? parts : [nothing], look, look.columns);
  const right = since === null ? '' : sinceInWords(since, look);
  const gap = look.columns - left.cells - cells(right);
  return right === '' || gap < 3 ? left.line : `${left.line}${' '.repeat(gap)}${look.paint.dim(right)}`;
}

interface Part {
  text: string;
  paint: Painter;
}

/** A line of parts with a dot between them, as many as fit. */
function joined(name: string, parts: Part[], look: Look, columns: number): { line: string; cells: number } {
  const { dot, ellipsis } = signs(look.utf8);
  const { bold, dim } = look.paint;
  if (cells(name) > columns) return { line: bold(name.slice(0, columns)), cells: columns };
  let line = bold(name);
  let used = cells(name);
  for (const [place, { text, paint }] of parts.entries()) {
    const isLast = place === parts.length - 1;
    const width = 3 + cells(text);
    if (used + width + (isLast ? 0 : 1 + cells(ellipsis)) > columns && !(isLast && used + width <= columns)) {
      if (used + 1 + cells(ellipsis) <= columns) {
        line += dim(` ${ellipsis}`);
        used += 1 + cells(ellipsis);
      }
      break;
    }
    line += ` ${dim(dot)} ${paint(text)}`;
    used += width;
  }
  return { line, cells: used };
}

function sinceInWords({ at, finished, cutOff }: Since, look: Look): string {
  const { dot } = signs(look.utf8);
  const time = timeInWords(at, look.now);
  const parts = [finished > 0 ? `${finished} finished` : '', cutOff > 0 ? `${cutOff} cut off` : ''].filter(Boolean);
  return parts.length === 0 ? '' : `since ${time}: ${parts.join(` ${dot} `)}`;
}

/** A moment as a person says it: `09:12` within a day, else `Nov 23`; local time. */
export function timeInWords(at: number, now: number): string {
  const date = new Date(at);
  if (now - at < 86_400_000) {
    return `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
  }
  return `${months[date.getMonth()]} ${date.getDate()}`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
