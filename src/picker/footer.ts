import type { Session } from '../core/session.ts';
import { type Look, paintWithin, same, signs } from '../view/look.ts';
import { markedHit, markedOf, type PickerState, queryOf } from './state.ts';

/** What Enter does with a session, in a word. */
export function enterWord({ verb }: PickerState, session: Session): string {
  if (verb !== null) return verb;
  if (session.state === 'unknown') return 'resume?';
  const [process] = session.processes;
  if (session.state !== 'live' || process === undefined) return 'resume';
  if (process.attachWord !== null) return 'attach';
  return process.tmux === null ? 'go' : 'go to pane';
}

/** The keys that matter at this moment, and what they do; always how to see all of them. */
export function renderFooter(state: PickerState, look: Look): string {
  const { paint, columns } = look;
  const { ellipsis } = signs(look.utf8);
  if (state.help) return keysIn([['any key', 'back']], look, columns);
  if (state.renaming !== null)
    return keysIn(
      [
        ['Enter', 'rename'],
        ['Esc', 'leave it'],
      ],
      look,
      columns,
    );
  if (state.digits !== '') {
    const session = state.shown[Number(state.digits) - 1];
    const asked = `row ${state.digits} `;
    const word = session === undefined ? 'go' : enterWord(state, session);
    const hints = keysIn(
      [
        ['Enter', word],
        ['Esc', 'no'],
        ['0-9', 'more'],
      ],
      look,
      columns - asked.length,
    );
    return paintWithin([asked], [paint.bold], columns, ellipsis) + hints;
  }
  const help: Hint = [queryOf(state) === '' ? '?' : 'F1', 'keys'];
  return keysIn([...hintsFor(state, markedOf(state)), help], look, columns);
}

type Hint = [key: string, what: string];

/** The hints for a row, what matters most first. */
function hintsFor(state: PickerState, session: Session | null): Hint[] {
  const isSearching = state.searching !== null;
  const clear: Hint[] = isSearching ? [['Esc', 'titles']] : queryOf(state) === '' ? [] : [['Esc', 'clear']];
  const undo: Hint[] = state.archived === null ? [] : [['^Z', 'undo']];
  if (session === null) {
    const marks: Hint[] = state.shown.length > 0 ? [['Up/Down', 'mark a row']] : [];
    const leave: Hint[] = state.leaves && queryOf(state) === '' ? [['Enter', 'shell']] : [];
    const search: Hint[] = isSearching || queryOf(state) === '' ? [] : [['^S', 'search what was said']];
    return [...leave, ...marks, ...search, ...undo, ...clear, ['^N', 'new']];
  }
  // What is in the archive has to be restored before anything else is done with it.
  if (markedHit(state)?.isArchived) return [...undo, ...clear, ['^N', 'new'], ['Tab', 'preview']];
  const isLive = session.state === 'live';
  const closed: Hint[] = isLive ? [] : [['^X', 'archive']];
  const tmux: Hint[] = isLive ? [] : [['^T', 'tmux']];
  const done: Hint[] = session.state === 'waiting' ? [['^D', 'done']] : [];
  const enter = enterWord(state, session);
  const others: Hint[] = [...tmux, ['^F', 'fork'], ...closed, ...done, ['^N', 'new'], ['^R', 'rename']];
  return [['Enter', enter], ...undo, ...clear, ...others.filter(([, what]) => what !== enter), ['Tab', 'preview']];
}

/** Hints in their order, as many as fit; the first and the last one are kept longest. */
function keysIn(hints: Hint[], look: Look, columns: number): string {
  const kept = [...hints];
  const width = () => kept.reduce((sum, [key, what]) => sum + key.length + what.length + 3, -2);
  while (kept.length > 1 && width() > columns) kept.splice(Math.max(0, kept.length - 2), 1);
  const texts = kept.flatMap(([key, what], index) => [index === 0 ? '' : '  ', key, ` ${what}`]);
  const paints = kept.flatMap(() => [same, look.paint.bold, look.paint.dim]);
  return paintWithin(texts, paints, columns, signs(look.utf8).ellipsis);
}
