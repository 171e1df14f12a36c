import { saveBrief } from '../box/brief-file.ts';
import { type Box, type Source, withBox } from '../box/scan.ts';
import { sessionsOf, urgentSessions } from '../box/sessions.ts';
import { sinceLastVisit } from '../box/visits.ts';
import { count, inOrder, isListed } from '../core/order.ts';
import type { Session, TranscriptFile } from '../core/session.ts';
import { mark } from '../machine/trace.ts';
import { tally } from '../view/header.ts';
import { expiresSoon } from '../view/rows.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';
import { type Around, printRows } from './print-rows.ts';

/** `wt --greet`: the login summary. Silent, on every stream, when there is nothing to say. */
export function greet(world: World): Promise<number> {
  return withBox({ ...world, isHurried: true }, async (box) => {
    const { urgent, rows, around } = await greeting(world, box);
    if (around !== null) await printRows(world, rows, around);
    mark('greeting printed');
    saveBrief(world, count(urgent));
    return 0;
  });
}

/** What is urgent on the box, how much of it a greeting shows, and what around it; null where there is nothing to say. */
export interface Greeting {
  urgent: Session[];
  rows: Session[];
  around: Around | null;
}

/** The greeting of a box, as it stands now. */
export async function greeting(world: World, box: Box): Promise<Greeting> {
  const urgent = inOrder(urgentSessions(box), world.now);
  mark('sessions read');
  const rows = urgent.slice(0, greetRows(world));
  const last = [expiring(box), await boxes(world)].filter(Boolean);
  if (rows.length === 0 && last.length === 0) return { urgent, rows, around: null };
  const more = urgent.length - rows.length;
  const around = { counts: tally(urgent), since: sinceLastVisit(world, box, urgent), more, how: 'wt', last };
  return { urgent, rows, around };
}

/** How many sessions a greeting shows at most: `WT_GREET_ROWS`, or 8. */
export function greetRows(world: World): number {
  const rows = world.env.WT_GREET_ROWS ?? '';
  return /^\d{1,6}$/.test(rows) ? Number(rows) : 8;
}

/** What other boxes said last, where `WT_HOSTS_GREET` asks for it; none of them is asked while a login waits. */
async function boxes(world: World): Promise<string> {
  if (world.env.WT_HOSTS_GREET !== '1') return '';
  const { keptCounts } = await import('../hosts/kept.ts');
  const counts = keptCounts(world);
  return counts === '' ? '' : `wt hosts: ${counts}`;
}

const day = 86_400_000;
/** A login looks into so many transcripts at most to learn whether what will be deleted is a session. */
const mostExpiring = 20;

/** How many sessions their agent will delete soon, in a sentence; empty where there is none. */
function expiring(box: Box): string {
  let count = 0;
  let isMore = false;
  for (const source of box.sources) {
    const files = expiringFiles(box, source);
    isMore ||= files.length > mostExpiring;
    for (const file of files.slice(0, mostExpiring)) if (isSession(box, source, file)) count += 1;
  }
  if (count === 0) return '';
  const sessions = isMore ? `${count} or more sessions` : count === 1 ? '1 session' : `${count} sessions`;
  return `${sessions} will be deleted within 3 days: wt archive --expiring`;
}

/**
 * The transcripts that the next clean-ups will delete, those of a home that was not used for long among them; step by step
 * until there are more than a login looks into.
 */
function expiringFiles({ context }: Box, { agent, transcripts, running }: Source): TranscriptFile[] {
  const files: TranscriptFile[] = [];
  const keepsFor = agent.keepsFor?.(null) ?? null;
  // What can't be kept from it is no news at a login.
  if (keepsFor === null || agent.archiving.by === 'none') return files;
  const deadline = context.now - keepsFor;
  const steps: [from: number, to: number][] = [
    [deadline - day, deadline],
    [deadline, deadline + expiresSoon],
    [Number.NEGATIVE_INFINITY, deadline - day],
  ];
  for (const [from, to] of steps) {
    if (files.length > mostExpiring) break;
    files.push(...transcripts.modifiedBetween(from, to).filter((file) => !running.has(file.id)));
  }
  return files;
}

/** Whether a file makes a row of a list. What is known of it is not joined to a session again, for time. */
function isSession(box: Box, source: Source, file: TranscriptFile): boolean {
  const known = source.index.find(file);
  const facts = known?.isCurrent ? known.facts() : null;
  if (facts !== null && facts.continuedIn === null && !source.transcripts.twins.has(file.id)) {
    return facts.hasTalk && !facts.headless;
  }
  return [...sessionsOf(box, source, [file], 'tail')].some(isListed);
}

export const greetCommand: Command = {
  name: '--greet',
  summary: 'the login summary; silent when nothing is live or waiting',
  usage: '',
  flags: {},
  takes: 'nothing',
  run: greet,
};
