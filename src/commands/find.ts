import { setImmediate } from 'node:timers/promises';
import type { Agent } from '../agents/agent.ts';
import { agentsOf } from '../agents/table.ts';
import { archiveRow } from '../box/archive.ts';
import { type Box, withBox } from '../box/scan.ts';
import { clean, escapeInvisible } from '../core/text.ts';
import { inShell } from '../core/words.ts';
import { UsageError, UserError } from '../errors.ts';
import { looksLikeTerminal } from '../machine/terminals.ts';
import { mark } from '../machine/trace.ts';
import { printError, write } from '../screen/output.ts';
import { parseQuery, type Query, queryOfArguments } from '../search/query.ts';
import { type Hit, placeInTalk, placeLineOf, sessionsOfFound } from '../search/report.ts';
import { bestFirst, type Found, Search } from '../search/search.ts';
import { sessionJson } from '../view/json.ts';
import { same } from '../view/look.ts';
import { underlined } from '../view/matches.ts';
import { type PlaceLine, renderPlace } from '../view/place.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';
import { rowsFlag, rowsOf } from './list.ts';
import { printRows } from './print-rows.ts';

const usualRows = 10;
/** What takes no longer than so many milliseconds shows no progress; signals are heard so often. */
const patience = 100;
const slice = 50;

interface Wanted {
  /** As they were typed. */
  words: string[];
  rows: number;
  tools: boolean;
  json: boolean;
}

/** `wt find`: the sessions in which this was said, best first, each with the place. */
async function find(world: World, command: Wanted): Promise<number> {
  const text = queryOfArguments(command.words);
  const agents = agentsOf(world);
  const query = parseQuery(text, agents, world.now);
  const wanted = agents.find(({ name }) => name === query.agent);
  if (wanted !== undefined && wanted.said === undefined) throw new UserError(notSearched([wanted]));
  return withBox(world, (box) => findIn(world, box, query, text, command));
}

async function findIn(world: World, box: Box, query: Query, text: string, command: Wanted): Promise<number> {
  const search = new Search(world, box);
  mark('store looked at');
  try {
    const { found, isWhole } = await searchFor(search, box, query, command.tools);
    mark('searched');
    const first = firstHits(sessionsOfFound(search, found, query, world.home), Math.max(1, command.rows));
    const hits = first.slice(0, command.rows);
    const lines = hits.map((hit) => placeLineOf(search, hit, query));
    mark('sessions and places read');
    const unread = search.left.transcripts;
    if (command.json) write(asJson(world, hits, lines, unread));
    else if (first.length === 0) throw nothingFound(box, search, query, text, isWhole);
    else {
      const last = hits.at(-1);
      const more = found.length - (last === undefined ? 0 : found.indexOf(last.found) + 1);
      await printHits(world, box, search, hits, lines, more, [...(command.tools ? ['--tools'] : []), ...command.words]);
    }
    if (isWhole) return 0;
    const rest = unread > 0 ? `: ${unread} transcripts are not read yet; the next search goes on there` : '';
    printError(`wt: broken off${rest}\n`);
    return 130;
  } finally {
    search.save();
    mark('saved');
  }
}

/** Reads what has to be read and searches, until all is done or somebody breaks it off. */
async function searchFor(
  search: Search,
  box: Box,
  query: Query,
  tools: boolean,
): Promise<{ found: Found[]; isWhole: boolean }> {
  const { transcripts } = search.left;
  const progress = () =>
    `reading what was said: ${transcripts - search.left.transcripts} of ${transcripts} transcripts`;
  let isWhole = await work(search.read(), progress);
  let found = search.find(query);
  if (search.isDamaged && isWhole) {
    search.look(box);
    isWhole = await work(search.read(), progress);
    found = search.find(query);
  }
  if (!tools || !isWhole) return { found, isWhole };
  const all = new Map<string, Found>();
  isWhole = await work(
    search.readTools(query, all),
    () => `searching in calls and results: ${all.size} sessions so far`,
  );
  return { found: bestFirst(all.values()), isWhole };
}

function firstHits(all: Iterable<Hit>, most: number): Hit[] {
  const hits: Hit[] = [];
  for (const hit of all) {
    hits.push(hit);
    if (hits.length >= most) break;
  }
  return hits;
}

/** Does a work to its end, or until Ctrl-C; true when all is done. Shows progress on a terminal where it takes its time. */
async function work(steps: Generator<void>, progress: () => string): Promise<boolean> {
  const begun = performance.now();
  let isBroken = false;
  const stop = () => {
    isBroken = true;
  };
  const isShown = looksLikeTerminal(2);
  let isListening = false;
  let next = begun + patience;
  try {
    while (!isBroken) {
      if (steps.next().done) return true;
      if (performance.now() < next) continue;
      if (!isListening) process.on('SIGINT', stop);
      isListening = true;
      if (isShown) printError(`\r${progress()} (Ctrl-C: search what is read)\x1b[K`);
      await setImmediate();
      next = performance.now() + slice;
    }
    return false;
  } finally {
    if (isListening) process.off('SIGINT', stop);
    if (isListening && isShown) printError('\r\x1b[K');
  }
}

async function printHits(
  world: World,
  box: Box,
  search: Search,
  hits: Hit[],
  lines: PlaceLine[],
  more: number,
  words: string[],
): Promise<void> {
  const mark = world.screen.colour ? underlined : same;
  await printRows(
    world,
    hits.map(({ session }) => session),
    {
      below: (index, column, look) => [renderPlace(lines[index]!, column, look, mark)],
      names: hits.map(({ session, found }) => (found.isArchived ? archiveRow(session) : session.key)),
      places: hits.map((hit) => placeInTalk(box, search, hit)),
      more,
      how: clean(inShell(['wt', 'find', '-n', String(Math.max(1, hits.length) * 5), ...words])),
    },
  );
}

function nothingFound(box: Box, search: Search, query: Query, text: string, isWhole: boolean): UserError {
  const near = search.nearest(query);
  const hint = near === null ? '' : `; ${clean(near.word)} never was, ${clean(near.nearest)} was`;
  const others = box.sources.filter(({ agent, transcripts }) => agent.said === undefined && transcripts.count > 0);
  const left = query.agent !== null || others.length === 0 ? '' : `; ${notSearched(others.map(({ agent }) => agent))}`;
  return new UserError(`nothing was said${isWhole ? '' : ' so far'} that fits ${clean(text)}${hint}${left}`);
}

/** Agents into whose sessions nobody looks here, and what finds them instead. */
function notSearched(agents: readonly Agent[]): string {
  const titles = agents.map(({ title }) => title).join(' and ');
  return `what was said to ${titles} is not searched: type the words into the picker (wt), which knows titles and prompts`;
}

function asJson(world: World, hits: Hit[], lines: PlaceLine[], unread: number): string {
  const sessions = hits.map(({ session, found }, index) => ({
    ...sessionJson(session),
    archived: found.isArchived,
    place: {
      by: found.spot.who === 'agent' ? session.agent : found.spot.who,
      at: found.spot.at === null ? null : new Date(found.spot.at).toISOString(),
      byte: found.spot.from,
      text: lines[index]!.text,
      hits: lines[index]!.hits,
    },
  }));
  const report = { schema: 1, generatedAt: new Date(world.now).toISOString(), unread, sessions };
  return `${escapeInvisible(JSON.stringify(report))}\n`;
}

export const findCommand: Command = {
  name: 'find',
  summary: 'the sessions in which this was said, with the place',
  usage: 'WORDS... [-n N] [--tools] [--json]',
  details: [
    'All words, wherever in a session you or the agent said them; "a phrase" within one message; -word: never said. A word is met at its beginning, in Chinese, Japanese, Korean or Thai anywhere; case and accents do not matter.',
    "dir:x: in such a directory. since:2w, since:09:12, since:yesterday, since:2026-11-28: said since then. by:you, by:claude: who said it (with --tools, calls and results are the agent's). agent:x, account:x: whose sessions.",
    'Exit status 1 where nothing was said that fits, with --json 0 and an empty list; 2 where the query makes no sense.',
    'Sessions in the archive are found, too. wt 3 goes to the third one, wt show 3 opens its conversation at the place.',
  ],
  flags: {
    '-n': rowsFlag,
    '--tools': { summary: 'also in what tools were told and answered; slow' },
    '--json': { summary: 'as data' },
  },
  takes: 'text',
  takesMinus: true,
  run(world, { words, flags }) {
    if (words.length === 0) throw new UsageError('which words?', `wt find ${findCommand.usage}`);
    const rows = rowsOf(flags.get('-n'), `wt find ${findCommand.usage}`) ?? usualRows;
    return find(world, { words, rows, tools: flags.has('--tools'), json: flags.has('--json') });
  },
};
