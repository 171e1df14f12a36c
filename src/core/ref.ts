import { UserError } from '../errors.ts';
import { accountWord, folded, isAccountWord, matching, ofAccount } from './filter.ts';
import { isMeantBy, partsOfKey, shortId } from './ids.ts';
import { quote } from './plan.ts';
import type { Session } from './session.ts';
import { clean } from './text.ts';

/** Several sessions fit: the command shows them as rows (or, on a terminal, in the picker) and exits 1. */
export class SeveralMatches extends UserError {
  readonly sessions: Session[];
  /** What was said, as a filter for the picker. */
  readonly words: string;
  constructor(message: string, sessions: Session[], words: string) {
    super(message);
    this.sessions = sessions;
    this.words = words;
  }
}

/** The session that was named by a row or an id is not there (any more). */
export class NotThere extends UserError {
  readonly id: string;
  constructor(message: string, id: string) {
    super(message);
    this.id = id;
  }
}

/** What a `<ref>` says before any title is known: some ids, of one account or of any, or words to be looked for. */
export type Reading = { ids: string[]; words: null; account: string | null } | { ids: null; words: string[] };

/** The sessions of the ids of a reading that are of its account. */
export function ofReading(sessions: Session[], { account }: { account: string | null }): Session[] {
  return account === null ? sessions : ofAccount(sessions, account);
}

/** How a session is named in a command that is recommended, as a shell reads it: another account may hold its id too. */
export function recommended({ id, account }: Session): string {
  return account === null ? shortId(id) : quote(`${accountWord(account)} ${shortId(id)}`);
}

const fullId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The number of the row that a `<ref>` names: `3`, or `3)` as it was printed, with the rest of that row behind it or not;
 * null where it names none. So what a filter gives back of a list may be handed on as it is.
 */
export function rowNumber(ref: string[]): number | null {
  const [first = '', ...others] = wordsIn(ref);
  const [, digits, bracket] = /^(\d{1,9})(\)?)$/.exec(first) ?? [];
  return digits === undefined || (bracket === '' && others.length > 0) ? null : Number(digits);
}

function wordsIn(ref: string[]): string[] {
  return ref.flatMap((word) => word.split(/\s+/)).filter((word) => word !== '');
}

/**
 * Reads a `<ref>`, in this order: the number of a row as last printed on this terminal or in this login, a full id, the beginning of an
 * id (4 characters or more) or what is shown of it, a key, an id with `account:work` beside it, else words. `printed` are the ids of the rows last printed, `ids` those of all sessions, and their keys.
 * A row that was printed never stands for another session: throws NotThere when its session is gone or no
 * session has the id, UserError when there was no such row.
 */
export function readRef(ref: string[], printed: string[], ids: Iterable<string>): Reading {
  const words = wordsIn(ref);
  const account = words.map(folded).find(isAccountWord);
  if (account !== undefined && words.length === 2) {
    const part = words.map((word) => word.toLowerCase()).find((word) => !isAccountWord(folded(word))) ?? '';
    const meant = [...new Set(ids)].filter((id) => isIdMeantBy(id, part));
    return meant.length > 0 ? { ids: meant, words: null, account } : { ids: null, words };
  }
  const row = rowNumber(ref);
  const only = words.length === 1 ? words[0]! : row === null ? null : String(row);
  if (words.length === 0) throw new UserError('which session? Name a row number, an id or words: wt --list shows them');
  if (only === null) return { ids: null, words };
  const known = new Set(ids);
  if (row !== null) {
    const id = printed[row - 1];
    if (id !== undefined) {
      if (known.has(id)) return { ids: [id], words: null, account: null };
      throw new NotThere(
        `row ${row} was session ${shortId(partsOfKey(id).id)}, which is not there any more: wt --list`,
        id,
      );
    }
    if (!/^\d{4}/.test(only)) throw new UserError(noSuchRow(row, printed.length));
  }
  const wanted = only.toLowerCase();
  if (fullId.test(only)) {
    if (known.has(wanted)) return { ids: [wanted], words: null, account: null };
    if (known.has(only)) return { ids: [only], words: null, account: null };
    throw new NotThere(`no session has the id ${only}: wt --list shows what there is`, wanted);
  }
  const { folder } = partsOfKey(only);
  const meant = [...known].filter((id) => (folder === null ? isIdMeantBy(id, wanted) : id === only));
  if (meant.length > 0) return { ids: meant, words: null, account: null };
  return { ids: null, words };
}

function isIdMeantBy(key: string, part: string): boolean {
  return partsOfKey(key).folder === null && isMeantBy(key, part);
}

function noSuchRow(number: number, rows: number): string {
  if (rows === 0) return `no rows were printed on this terminal yet, so there is no row ${number}: wt --list`;
  return `there is no row ${number}: ${rows === 1 ? '1 row was' : `${rows} rows were`} last printed here; wt --list`;
}

/** The one session of those found. Throws UserError for none, SeveralMatches for several. */
export function theOnly(found: Session[], ref: string[]): Session {
  const [first, ...others] = found;
  const said = clean(ref.join(' '));
  if (first === undefined) throw new UserError(`no session matches ${said}: wt --list shows what there is`);
  if (others.length > 0)
    throw new SeveralMatches(
      `${found.length} sessions match ${said}: say which, by number${orAccount(found)}`,
      found,
      said,
    );
  return first;
}

/** Another way to say which, where they are one id in several folders. */
function orAccount(found: Session[]): string {
  const [first] = found as [Session];
  if (first.account === null || found.some(({ id }) => id !== first.id)) return '';
  return ` or by account: ${recommended(first)}`;
}

/** The session that a `<ref>` means among `sessions`; see readRef, matching and theOnly, also for what is thrown. */
export function resolveRef(ref: string[], printed: string[], sessions: Session[], home = ''): Session {
  const reading = readRef(
    ref,
    printed,
    sessions.map((session) => session.id),
  );
  const found =
    reading.words === null
      ? ofReading(
          sessions.filter((session) => reading.ids.includes(session.id)),
          reading,
        )
      : matching(sessions, reading.words.join(' '), home);
  return theOnly(found, ref);
}
