import { agentsOf } from '../agents/table.ts';
import { archivedSessions } from '../box/archive.ts';
import { withBox } from '../box/scan.ts';
import { allSessions, sessionsOf, unwrittenSessions } from '../box/sessions.ts';
import { directoriesOf } from '../core/directories.ts';
import { folded, matching } from '../core/filter.ts';
import { isMeantBy, shortId } from '../core/ids.ts';
import { inOrder, isListed } from '../core/order.ts';
import type { Session } from '../core/session.ts';
import { clean, cut } from '../core/text.ts';
import { readHosts } from '../hosts/file.ts';
import { print } from '../screen/output.ts';
import { operators } from '../search/query.ts';
import { directoryName, stateWord } from '../view/rows.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';
import { handedOn } from './remote.ts';

/** How many sessions are offered at most: what is further away is found by more letters. */
const mostOffered = 20;
/** How many transcripts are read at most to find so many that a command can act on. */
const mostRead = 300;
/** Cells of a description beside a candidate. */
const widest = 60;
const ellipsis = '...';

/** What can be typed, and what it is. */
type Candidate = [word: string, what: string];

/**
 * `wt complete WORD...`, for the completions of the shells: the words typed after `wt`, the last of them the one to be
 * completed. One candidate a line, a tab and what it is; `:directories` on a line of its own where the shell's directories
 * are meant too.
 */
async function complete(world: World, words: string[], commands: readonly Command[]): Promise<number> {
  const all = await candidatesFor(world, words.slice(0, -1), words.at(-1) ?? '', commands);
  // A word that this terminal can't show would be typed as something else.
  const candidates = all.filter(([word]) => world.screen.utf8 || /^[!-~]*$/.test(word));
  print(candidates.map(([word, what]) => (what === '' ? `${word}\n` : `${word}\t${what}\n`)).join(''));
  return 0;
}

async function candidatesFor(
  world: World,
  words: string[],
  typed: string,
  commands: readonly Command[],
): Promise<Candidate[]> {
  // What is behind `--` is the agent's.
  if (words.includes('--')) return [];
  const named = (word: string) => commands.find(({ name, aliases }) => name === word || aliases?.includes(word));
  const at = words.findIndex((word) => named(word) !== undefined || !word.startsWith('-'));
  const command = at < 0 ? undefined : named(words[at]!);
  if (at < 0) return first(world, words, typed, commands);
  const pick = commands[0]!;
  const own = command ?? pick;
  const before = words.slice(command === undefined ? at : at + 1);
  const flag = before.at(-1) === undefined ? undefined : own.flags[before.at(-1)!];
  if (flag?.value !== undefined)
    return beginning(
      valuesOf(flag.value).map((value): Candidate => [value, '']),
      typed,
    );
  if (typed.startsWith('-')) return beginning(flagsOf(own), typed);
  const refs = refsOf(own, before);
  if (own.takes === 'text') return operatorsFor(world, before, typed);
  if (own.offersWords !== undefined && refs.length === 0)
    return beginning(
      own.offersWords.map((word): Candidate => [word, '']),
      typed,
    );
  if (refs.length > 0 && own.takes === 'session') {
    const meant = matching(await fitting(world, own, [], typed), refs.join(' '), world.home);
    return offeredWords(meant, typed);
  }
  if (refs.length > 0 && !['sessions', 'archived', 'boxes'].includes(own.takes)) return [];
  switch (own.takes) {
    case 'session':
      if (refs.length > 0 || !handedOn.includes(own.name))
        return offered(await fitting(world, own, refs, typed), typed);
      return [...offered(await fitting(world, own, refs, typed), typed), ...boxes(world, typed)];
    case 'titled':
    case 'sessions':
      return offered(await fitting(world, own, refs, typed), typed);
    case 'archived':
      return offered(
        (await archivedSessions(world)).filter((session) => isOther(session, refs)),
        typed,
      );
    case 'directory':
      return [...(await projects(world, typed)), [':directories', '']];
    case 'boxes':
      return readHosts(world)
        .hosts.map(({ label, destination }): Candidate => [label, destination === label ? '' : destination])
        .filter(([label]) => label.startsWith(typed) && !before.includes(label));
    case 'words':
      return beginning(
        commands.map(({ name, summary }): Candidate => [name, summary]),
        typed,
      );
    default:
      return [];
  }
}

/** The operators of a search. bash takes `by:y` for three words, and wants what stands in place of the last one. */
function operatorsFor(world: World, before: string[], typed: string): Candidate[] {
  const [name = '', colon = ''] = typed === ':' ? [before.at(-1), ':'] : before.slice(-2);
  const joined = colon === ':' ? name + ':' + (typed === ':' ? '' : typed) : typed;
  const all = operators(agentsOf(world));
  return beginning(all, joined).map(([word, what]) => [word.slice(joined.length - typed.length), what]);
}

/** At the first place: commands, modes, and the sessions that one can go to. */
async function first(world: World, words: string[], typed: string, commands: readonly Command[]): Promise<Candidate[]> {
  if (typed.startsWith('-')) {
    const modes = commands.filter(({ name }) => name.startsWith('-'));
    const aliases = commands.flatMap(({ aliases, summary }) =>
      (aliases ?? []).filter((alias) => alias.startsWith('--')).map((alias): Candidate => [alias, summary]),
    );
    const all = [...modes.map(({ name, summary }): Candidate => [name, summary]), ...aliases];
    return beginning(words.length === 0 ? [...all, ...flagsOf(commands[0]!)] : flagsOf(commands[0]!), typed);
  }
  if (words.length > 0) return [];
  const verbs = commands.filter(({ name }) => !name.startsWith('-'));
  const isCommand = (word: string) => commands.some(({ name, aliases }) => name === word || aliases?.includes(word));
  return [
    ...beginning(
      verbs.map(({ name, summary }): Candidate => [name, summary]),
      typed,
    ),
    ...offered(await fitting(world, commands[0]!, [], typed), typed).filter(([word]) => !isCommand(word)),
    ...boxes(world, typed),
  ];
}

/** The boxes that sessions can be on besides this one, as far as a shell takes their names as they are. None is asked. */
function boxes(world: World, typed: string): Candidate[] {
  if (typed === '') return [];
  const { hosts } = readHosts(world);
  const words = hosts.map(({ label }): Candidate => [`${label}:`, 'the sessions of this box']);
  return beginning(words, typed).filter(([word]) => /^[\w@.:%+/-]+$/.test(word));
}

/** The words of a command that are its own, without flags and their values. */
function refsOf({ flags }: Command, words: string[]): string[] {
  return words.filter((word, at) => !word.startsWith('-') && flags[words[at - 1] ?? '']?.value === undefined);
}

/** The flags of a command as they can be typed, those with a choice of values with each of them. */
function flagsOf({ flags, passesOn }: Command): Candidate[] {
  const own = Object.entries(flags).flatMap(([flag, { value, summary }]) =>
    value?.includes('|')
      ? valuesOf(value).map((one): Candidate => [`${flag}=${one}`, summary])
      : [[flag, summary] as Candidate],
  );
  return passesOn ? [...own, ['--', 'what follows goes to the agent']] : own;
}

function valuesOf(value: string): string[] {
  return value.includes('|') ? value.split('|') : [];
}

function beginning(candidates: Candidate[], typed: string): Candidate[] {
  return candidates
    .filter(([word]) => word.startsWith(typed))
    .map(([word, what]) => [word, cut(what, widest, ellipsis)]);
}

function isOther(session: Session, refs: string[]): boolean {
  return !refs.some((ref) => isMeantBy(session.id, ref.toLowerCase()));
}

/** The sessions modified last that a command can act on and that what was typed can mean, in the order of every list. */
function fitting(world: World, command: Command, refs: string[], typed: string): Promise<Session[]> {
  const fits = (session: Session) =>
    isListed(session) &&
    isOther(session, refs) &&
    (command.offers?.(session) ?? true) &&
    (idFor(session, typed) !== null || wordsOf(session, typed).length > 0);
  return withBox(world, (box) => {
    const found = new Map<string, Session>();
    for (const source of box.sources) {
      for (const session of unwrittenSessions(box, source)) if (fits(session)) found.set(session.key, session);
      const files = [...source.transcripts.newestFirst(world.now)];
      const held = files.filter((file) => source.running.has(file.id));
      let read = 0;
      for (const session of sessionsOf(box, source, [...held, ...files], 'tail')) {
        if (found.size >= mostOffered || ++read > mostRead) break;
        if (fits(session)) found.set(session.key, session);
      }
    }
    return inOrder(found.values(), world.now);
  });
}

/** The words of a title that begin with what was typed; none where nothing was. Only such as a shell takes as they are. */
function wordsOf(session: Session, typed: string): string[] {
  const wanted = folded(typed);
  if (wanted === '') return [];
  const words = clean(session.title.text).split(/[^\p{L}\p{N}_.-]+/u);
  return words.filter((word) => isTypeable(word) && folded(word).startsWith(wanted));
}

/** Whether a shell takes a word as it is, and a person can see all of it: some letters are blank (U+1160, U+3164). */
function isTypeable(word: string): boolean {
  return /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(word) && !/\p{Default_Ignorable_Code_Point}/u.test(word);
}

/**
 * Sessions by as much of their ids as tells them apart, or as was typed, with state, directory and title; and, where
 * something was typed that no id begins with, by the words of their titles that begin so.
 */
function offered(sessions: Session[], typed: string): Candidate[] {
  const byId = sessions.flatMap((session): Candidate[] => {
    const short = idFor(session, typed);
    if (short === null) return [];
    const twins = sessions.filter((other) => idFor(other, typed) === short).length > 1;
    return [[twins ? session.id : short, about(session)]];
  });
  return [...byId, ...offeredWords(sessions, typed)];
}

/** As much of an id as is shown of it, or more of its beginning where more was typed; null where that does not begin so. */
function idFor({ id }: Session, typed: string): string | null {
  const wanted = typed.toLowerCase();
  const short = shortId(id);
  if (short.startsWith(wanted)) return short;
  return id.startsWith(wanted) ? id.slice(0, Math.max(short.length, typed.length)) : null;
}

function offeredWords(sessions: Session[], typed: string): Candidate[] {
  const byWord = new Map<string, Session[]>();
  for (const session of sessions) {
    // The shells compare what was typed with what is offered letter by letter.
    const words = wordsOf(session, typed)
      .filter((word) => folded(word.slice(0, typed.length)) === folded(typed))
      .map((word) => typed + word.slice(typed.length));
    for (const word of new Set(words)) byWord.set(word, [...(byWord.get(word) ?? []), session]);
  }
  return Array.from(byWord, ([word, which]): Candidate => {
    return [word, which.length === 1 ? about(which[0]!) : `${which.length} sessions`];
  });
}

function about(session: Session): string {
  const title = clean(`${directoryName(session.cwd)}: ${session.title.text}`);
  return cut(session.state === 'live' ? `${title} (${stateWord(session)})` : title, widest, ellipsis);
}

/** The directories in which there are sessions, by name where one name is one directory. */
async function projects(world: World, typed: string): Promise<Candidate[]> {
  const directories = await withBox(world, (box) => directoriesOf(inOrder(allSessions(box, 'tail'), world.now)));
  const names = directories.map((path) => directoryName(path));
  return directories
    .map((path, at): Candidate => [names[at]!, cut(clean(path), widest, ellipsis)])
    .filter(([name], at) => isTypeable(name) && names.indexOf(name) === at)
    .filter(([name]) => name.startsWith(typed))
    .slice(0, mostOffered);
}

/** `wt complete`, of these commands. */
export function completeCommand(commands: readonly Command[]): Command {
  return {
    name: 'complete',
    summary: "candidates for the shells' completion",
    usage: 'WORD...',
    flags: {},
    takes: 'words',
    internal: true,
    run: (world, { words }) => complete(world, words, commands),
  };
}
