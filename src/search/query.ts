import type { Agent } from '../agents/agent.ts';
import { parseMoment } from '../core/away.ts';
import { folded } from '../core/filter.ts';
import { UserError } from '../errors.ts';
import { fold, isMetAnywhere } from './fold.ts';

/** A word or a phrase that is looked for, folded. */
export interface Term {
  text: string;
  bytes: Buffer;
  /** It is met in the middle of words, too. */
  anywhere: boolean;
}

/** What is looked for, and where. */
export interface Query {
  /** All of these were said in a session, and none of those. */
  terms: Term[];
  without: Term[];
  /** Parts of the session's directory. */
  directories: string[];
  /** Said at this moment or later, milliseconds since the epoch. */
  since: number | null;
  /** Who said it; null: anybody. */
  by: 'you' | 'agent' | null;
  /** The name of the agent, and of one of the folders that are listed of it, folded; null: any. */
  agent: string | null;
  account: string | null;
}

/** What a query knows of the agents in the list. */
type Listed = Pick<Agent, 'name' | 'account'>;

/** A minus, an operator, and a phrase in quotes or a word. */
const part = /(-?)(?:([a-z]+):)?(?:"([^"]*)(?:"|$)|(\S+))/giu;

/**
 * Reads a query: words, `"phrases"`, `-word`, `dir:x`, `since:2w` (or any other moment), `by:you`, `agent:x`, `account:x`; what looks like an operator and is
 * none of these is a word. `listed` are the agents that sessions are of. `now` is in milliseconds since the epoch.
 * Throws UserError where it makes no sense, or nothing is looked for.
 */
export function parseQuery(text: string, listed: readonly Listed[], now: number): Query {
  const query: Query = { terms: [], without: [], directories: [], since: null, by: null, agent: null, account: null };
  for (const [whole, minus, name = '', phrase, word] of text.replace(/[“”„]/g, '"').matchAll(part)) {
    const value = phrase ?? word ?? '';
    if (minus === '' && value !== '' && setOperator(query, name.toLowerCase(), value, listed, now)) continue;
    const said = name === '' ? value : whole.slice(minus!.length).replaceAll('"', '');
    const term = termOf(minus !== '' && said === '' ? '-' : said);
    if (term !== null) (minus !== '' && said !== '' ? query.without : query.terms).push(term);
  }
  if (query.terms.length === 0) throw refusal('find what? Name a word that was said');
  return query;
}

/** A query that makes no sense is a mistake in the command line. */
function refusal(sentence: string): UserError {
  return new UserError(sentence, 2);
}

/** A word or a phrase as a term; null where nothing of it can be found. */
function termOf(said: string): Term | null {
  const text = fold(said);
  return text === '' ? null : { text, bytes: Buffer.from(text), anywhere: isMetAnywhere(text) };
}

function setOperator(query: Query, name: string, value: string, listed: readonly Listed[], now: number): boolean {
  const agents = [...new Set(listed.map((agent) => agent.name))];
  switch (name) {
    case 'dir':
      query.directories.push(folded(value));
      return true;
    case 'since': {
      const at = parseMoment(value, now);
      if (at === null) throw refusal(`since:${value}: say since:2w, since:09:12, since:yesterday or since:2026-11-28`);
      if (at > now) throw refusal(`since:${value} lies ahead`);
      query.since = at;
      return true;
    }
    case 'by': {
      const who = value.toLowerCase();
      if (who !== 'you' && who !== 'agent' && !agents.includes(who))
        throw refusal(`by:${value}: say by:you or ${agents.map((agent) => `by:${agent}`).join(' or ')}`);
      query.by = who === 'you' ? 'you' : 'agent';
      if (agents.includes(who)) query.agent = who;
      return true;
    }
    case 'agent': {
      const name = value.toLowerCase();
      if (!agents.includes(name))
        throw refusal(`agent:${value}: say ${agents.map((agent) => `agent:${agent}`).join(' or ')}`);
      query.agent = name;
      return true;
    }
    case 'account': {
      const accounts = listed.flatMap(({ account }) => account ?? []);
      if (accounts.length === 0) return false;
      const name = folded(value);
      if (!accounts.some((account) => folded(account) === name))
        throw refusal(`account:${value}: say ${accounts.map((account) => `account:${account}`).join(' or ')}`);
      query.account = name;
      return true;
    }
    default:
      return false;
  }
}

/** The arguments of a command line as one query: one with a blank in it was quoted for the shell, and is a phrase. */
export function queryOfArguments(words: readonly string[]): string {
  return words
    .map((word) => {
      if (
        !/\s/.test(word.trim()) ||
        /["“”„]|(?:^|\s)(?:-\S|(?:dir|since|by|agent|account):\S)/i.test(word.replace(/^-/, ''))
      )
        return word;
      return word.startsWith('-') ? `-"${word.slice(1)}"` : `"${word}"`;
    })
    .join(' ');
}

/** What can stand in a query besides words, and what it means, for completion; `listed` as in `parseQuery`. */
export function operators(listed: readonly Listed[]): [operator: string, meaning: string][] {
  const agents = [...new Set(listed.map((agent) => agent.name))];
  const accounts = listed.flatMap(({ account }) => account ?? []);
  return [
    ['by:you', 'you said it'],
    ...agents.map((agent): [string, string] => [`by:${agent}`, `${agent} said it`]),
    ['since:today', 'said today'],
    ['since:yesterday', 'said yesterday or today'],
    ['since:3d', 'said within three days'],
    ['since:2w', 'said within two weeks'],
    ...agents.map((agent): [string, string] => [`agent:${agent}`, `in a session of ${agent}`]),
    ...accounts.map((account): [string, string] => [`account:${account}`, `in a session of ${account}`]),
  ];
}
