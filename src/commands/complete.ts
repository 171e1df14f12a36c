import { archivedSessions } from '../box/archive.ts';
import { sessionsOf, unwrittenSessions, withBox } from '../box/scan.ts';
import { inOrder, isListed } from '../core/order.ts';
import type { Session } from '../core/session.ts';
import { clean, cut } from '../core/text.ts';
import { print } from '../screen/output.ts';
import { directoryName } from '../view/rows.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';
import { commands } from './table.ts';

/** How many sessions are offered at most: what is further away is found by more letters of its id. */
const mostOffered = 20;
/** Cells of a title beside an id. */
const titleWidth = 60;
const ellipsis = '...';

/**
 * `wt complete WORD...`, for the completions of the shells: the words typed after `wt`, the last of them the one to be
 * completed. One candidate a line, a tab and what it is; `:directories` alone where the shell itself knows better.
 * `archived` gives the sessions in the archive, for the one command that takes them.
 */
export async function complete(world: World, command: { words: string[] }, archived: Sessions): Promise<number> {
  const words = command.words.slice(0, -1);
  const typed = command.words.at(-1) ?? '';
  const verb = words.find((word) => !word.startsWith('-'));
  const candidates = await (verb === undefined
    ? first(world, words, typed)
    : after(world, verb, words, typed, archived));
  print(candidates.map(([word, what]) => (what === '' ? `${word}\n` : `${word}\t${what}\n`)).join(''));
  return 0;
}

type Candidate = [word: string, what: string];
type Sessions = () => Promise<Session[]>;

async function first(world: World, words: string[], typed: string): Promise<Candidate[]> {
  const shown = commands.filter((command) => !command.internal);
  const modes = shown.filter((command) => command.name.startsWith('-'));
  const named = modes.filter((command) => words.includes(command.name));
  const flags = words.length === 0 ? modes.map((command) => command.name) : named.flatMap(flagsOf);
  if (typed.startsWith('-')) return beginning(flags, typed);
  if (words.length > 0) return [];
  const verbs = shown.filter((command) => !command.name.startsWith('-') && command.name.startsWith(typed));
  return [
    ...verbs.map(({ name, summary }): Candidate => [name, summary]),
    ...offered(await newest(world, typed), typed),
  ];
}

async function after(
  world: World,
  verb: string,
  words: string[],
  typed: string,
  archived: Sessions,
): Promise<Candidate[]> {
  const command = commands.find((one) => one.name === verb && !one.internal);
  if (command === undefined) return [];
  if (typed.startsWith('-')) return beginning(flagsOf(command), typed);
  const before = words.slice(words.indexOf(verb) + 1).filter((word) => !word.startsWith('-'));
  if (before.length > 0 && command.takes !== 'sessions' && command.takes !== 'archived') return [];
  const isNew = (session: Session) => !before.some((word) => session.id.startsWith(word));
  switch (command.takes) {
    case 'session':
    case 'sessions':
      return offered((await newest(world, typed)).filter(isNew), typed);
    case 'archived':
      return offered((await archived()).filter(isNew), typed);
    case 'directory':
      return [[':directories', '']];
    default:
      return [];
  }
}

/** The flags of a command as they can be typed, those with a choice of values with each of them. */
function flagsOf({ flags }: Command): string[] {
  return Object.entries(flags).flatMap(([flag, { value }]) =>
    value?.includes('|') ? value.split('|').map((one) => `${flag}=${one}`) : [flag],
  );
}

function beginning(words: string[], typed: string): Candidate[] {
  return words.filter((word) => word.startsWith(typed)).map((word) => [word, '']);
}

/** The sessions modified last whose id begins with what was typed, in the order of every list. */
function newest(world: World, typed: string): Promise<Session[]> {
  const fits = (id: string) => id.startsWith(typed.toLowerCase());
  return withBox(world, (box) => {
    const found: Session[] = [];
    for (const source of box.sources) {
      found.push(...[...unwrittenSessions(box, source)].filter((session) => fits(session.id)));
      const files = [...source.transcripts.newestFirst(world.now)].filter((file) => fits(file.id));
      const held = files.filter((file) => source.running.has(file.id));
      for (const session of sessionsOf(box, source, [...held, ...files], 'tail')) {
        if (found.length >= mostOffered) break;
        if (isListed(session) && !found.some((other) => other.id === session.id)) found.push(session);
      }
    }
    return inOrder(found, world.now);
  });
}

/** Sessions by as much of their ids as tells them apart, or as was typed, with directory and title. */
function offered(sessions: Session[], typed: string): Candidate[] {
  const short = (session: Session) => session.id.slice(0, Math.max(8, typed.length));
  return sessions
    .filter((session) => session.id.startsWith(typed.toLowerCase()))
    .map((session) => {
      const twins = sessions.filter((other) => short(other) === short(session)).length > 1;
      const about = clean(`${directoryName(session.cwd)}: ${session.title.text}`);
      return [twins ? session.id : short(session), cut(about, titleWidth, ellipsis)];
    });
}

export const completeCommand: Command = {
  name: 'complete',
  summary: "candidates for the shells' completion",
  usage: 'WORD...',
  flags: {},
  takes: 'words',
  internal: true,
  run: (world, { words }) => complete(world, { words }, () => archivedSessions(world)),
};
