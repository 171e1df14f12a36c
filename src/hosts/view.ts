import type { Counts } from '../core/order.ts';
import type { Session } from '../core/session.ts';
import { age, asciiOnly, cells, pad } from '../core/text.ts';
import { inShell } from '../core/words.ts';
import { steadyColumns, tagsOf } from '../view/columns.ts';
import { type Look, type Painter, paintWithin, same, signs } from '../view/look.ts';
import { painterOf, renderMore, renderRow } from '../view/rows.ts';
import type { Answer, HostState } from './answer.ts';

/** A box as it is shown: what came of asking it, or that it is being asked, and its last answer. */
export interface HostRow {
  label: string;
  state: HostState | 'asking';
  /** Why it did not answer, in words. */
  why: string;
  answer: Answer | null;
}

const widestLabel = 24;

/**
 * Boxes as lines, none wider than the terminal: one for each, and below it its sessions that are `shown`, numbered from 1,
 * for they are called by the name of the box and their number.
 */
export function renderHosts(hosts: readonly HostRow[], look: Look, shown: (answer: Answer) => Session[]): string[] {
  const nameOf = ({ label }: HostRow) => (look.utf8 ? label : asciiOnly(label));
  const width = Math.min(widestLabel, Math.max(0, ...hosts.map((host) => cells(nameOf(host)))));
  const lists = hosts.map(({ answer }) => (answer === null ? [] : shown(answer)));
  const longest = Math.max(1, ...lists.map((list) => list.length));
  const columns = steadyColumns(longest, look.columns, tagsOf(lists.flat()));
  const lines = hosts.flatMap((host, index) => [
    renderHost(host, pad(nameOf(host), width, signs(look.utf8).ellipsis), look),
    ...lists[index]!.flatMap((session, place) => renderRow(session, place + 1, columns, look)),
    ...moreOf(host, lists[index]!, look),
  ]);
  const first = hosts.find(({ state }, index) => state === 'answered' && lists[index]!.length > 0);
  return first === undefined ? lines : [...lines, hint(first, look)];
}

/** How one goes to a session that is listed. */
function hint({ label }: HostRow, look: Look): string {
  const line = `  to go there: ${inShell(['wt', `${label}:1`], look.utf8)}`;
  return paintWithin([line], [look.paint.dim], look.columns, signs(look.utf8).ellipsis);
}

/** The line of a box. */
function renderHost(host: HostRow, name: string, look: Look): string {
  const { state, why, answer } = host;
  const { bold, dim, red, yellow } = look.paint;
  const parts: [string, Painter][] = [
    ['  ', same],
    [name, bold],
    ['  ', same],
  ];
  if (state === 'answered') parts.push(...countsParts(answer!.counts, look));
  else {
    if (state === 'asking') parts.push(['asking', dim]);
    else parts.push([`${state === 'unreachable' ? 'unreachable: ' : ''}${why}`, state === 'newer' ? yellow : red]);
    if (answer !== null) {
      parts.push([`; ${age(look.now - answer.at)} ago: `, dim], ...countsParts(answer.counts, look));
    }
  }
  return paintWithin(
    parts.map(([text]) => text),
    parts.map(([, painter]) => painter),
    look.columns,
    signs(look.utf8).ellipsis,
  );
}

function countsParts(counts: Counts, look: Look): [string, Painter][] {
  const { paint } = look;
  const groups: [number, string, Painter][] = [
    [counts.needsYou, 'needs you', painterOf('needs', paint)],
    [counts.live - counts.needsYou, counts.needsYou > 0 ? 'other live' : 'live', painterOf('live', paint)],
    [counts.unknown, 'unknown', painterOf('unknown', paint)],
    [counts.waiting, 'waiting', painterOf('waiting', paint)],
  ];
  const parts = groups
    .filter(([count]) => count > 0)
    .map(([count, what, painter]): [string, Painter] => [`${count} ${what}`, painter]);
  if (parts.length === 0) return [['nothing live or waiting', paint.dim]];
  const dot: [string, Painter] = [` ${signs(look.utf8).dot} `, paint.dim];
  return parts.flatMap((part, place) => (place === 0 ? [part] : [dot, part]));
}

/** That there are more live sessions than those that were told of. */
function moreOf({ answer }: HostRow, shown: Session[], look: Look): string[] {
  const live = shown.filter(({ state }) => state === 'live').length;
  if (answer === null || live < shown.length || answer.counts.live <= live) return [];
  return [renderMore(answer.counts.live - live, '', look)];
}
