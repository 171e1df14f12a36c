import { isMeantBy } from './ids.ts';
import { isListed } from './order.ts';
import type { Session } from './session.ts';
import { clean } from './text.ts';

/** A text as it is compared: clean, in one normal form, whatever its case. */
export function folded(text: string): string {
  return clean(text).normalize('NFC').toLowerCase();
}

const haystacks = new WeakMap<Session, string>();

/** What a filter looks into: title, directory below `home`, branch, first and last prompt, folded; kept once it is made. */
export function haystackOf(session: Session, home: string): string {
  let text = haystacks.get(session);
  if (text === undefined) {
    const { title, cwd, branch, firstPrompt, lastPrompt } = session;
    text = [title.text, belowHome(cwd ?? '', home), branch ?? '', firstPrompt ?? '', lastPrompt ?? '']
      .map(folded)
      .join('\n');
    haystacks.set(session, text);
  }
  return text;
}

/** A path without the home folder in front, in which no word is found. */
export function belowHome(path: string, home: string): string {
  return home !== '' && (path === home || path.startsWith(`${home}/`)) ? path.slice(home.length) : path;
}

/** What the sessions of a list are searched in, at their places: who types looks into the same list again and again. */
const lists = new WeakMap<Session[], { texts: string[]; ids: string[] }>();

function textsOf(sessions: Session[], home: string): { texts: string[]; ids: string[] } {
  let list = lists.get(sessions);
  if (list === undefined || list.texts.length !== sessions.length) {
    list = {
      texts: sessions.map((session) => haystackOf(session, home)),
      ids: sessions.map((session) => session.id.toLowerCase()),
    };
    lists.set(sessions, list);
  }
  return list;
}

/** The words of a filter, folded. */
export function wordsIn(filter: string): string[] {
  return folded(filter).split(' ').filter(Boolean);
}

/** Begins a word that means sessions of an agent, or of one of its folders: `agent:codex`, `account:work`. */
const agentPrefix = 'agent:';
const accountPrefix = 'account:';

/** A word for the sessions of a folder, `account:work`. */
export function accountWord(account: string): string {
  return `${accountPrefix}${clean(account)}`;
}

/** Whether a folded word is such a one. */
export function isAccountWord(word: string): boolean {
  return word.startsWith(accountPrefix);
}

/**
 * Whether a folded word means that account of those listed: by the beginning of what it is called, or, where one is called
 * just so, by all of it.
 */
function meansAccount(word: string, account: string | null, listed: Set<string>): boolean {
  if (account === null || !isAccountWord(word)) return false;
  const [tag, said] = [folded(account), word.slice(accountPrefix.length)];
  return listed.has(said) ? tag === said : tag.startsWith(said);
}

/** Those of the sessions that are of the account that such a word means. */
export function ofAccount(sessions: Session[], word: string): Session[] {
  const listed = accountsOf(sessions);
  return sessions.filter(({ account }) => meansAccount(word, account, listed));
}

function accountsOf(sessions: Session[]): Set<string> {
  return new Set(sessions.flatMap(({ account }) => (account === null ? [] : [folded(account)])));
}

/**
 * The sessions that hold every word, in whatever case and normal form, or whose id it means: the one filter, of words on a
 * command line and in the picker. `agent:codex` is a word for all sessions of that agent, and so is `codex` alone where
 * there are those of others; so are `account:work` and `work` for those of a folder where the list is of several. `home` is the user's home folder, in which no word is found.
 */
export function matching(sessions: Session[], words: string, home: string): Session[] {
  const wanted = wordsIn(words);
  if (wanted.length === 0) return sessions;
  const { texts, ids } = textsOf(sessions, home);
  const hasOthers = sessions.some(({ agent }) => agent !== sessions[0]!.agent);
  const accounts = wanted.some(isAccountWord) ? accountsOf(sessions) : new Set<string>();
  const isAt = ({ agent, account }: Session, place: number, word: string) => {
    if (word.startsWith(agentPrefix) && agent.startsWith(word.slice(agentPrefix.length))) return true;
    if (account !== null && (word === folded(account) || meansAccount(word, account, accounts))) return true;
    return (hasOthers && word === agent) || texts[place]!.includes(word) || isMeantBy(ids[place]!, word);
  };
  return sessions.filter((session, place) => isListed(session) && wanted.every((word) => isAt(session, place, word)));
}
