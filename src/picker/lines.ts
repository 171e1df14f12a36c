import { Following } from '../box/follow.ts';
import { rememberRows } from '../box/printed-rows.ts';
import { inOrder } from '../core/order.ts';
import type { Session } from '../core/session.ts';
import { clean } from '../core/text.ts';
import { lineInput, readLine } from '../screen/line-input.ts';
import { lookOf } from '../screen/look.ts';
import { print, write } from '../screen/output.ts';
import type { Look } from '../view/look.ts';
import { renderMore, renderRows } from '../view/rows.ts';
import type { World } from '../world.ts';
import { type Errand, inPlace, leaving } from './errand.ts';
import { amountOf, renderTop } from './frame.ts';
import { lineOf } from './line-edit.ts';
import { reduce } from './reduce.ts';
import { type Effect, opened, type PickerEvent, type PickerState, queryOf } from './state.ts';
import { advance } from './watch.ts';

const linesOfRows = 20;
/** What may be read before the rows are printed, in ms. */
const longestReading = 1000;

/** The picker for terminals without single keys: prints numbered rows, and reads a line that says what to do with one. */
export async function pickByLines(world: World, errand: Errand): Promise<number> {
  const input = lineInput();
  const look = await lookOf(world);
  const following = await Following.begin(world);
  advance(following.readUrgent(), longestReading);
  advance(following.readAll(), longestReading);
  const told = (state: PickerState): PickerState => {
    const now = Date.now();
    const sessions = inOrder(following.sessions(), now);
    return reduce(state, { is: 'sessions', sessions, unread: following.unread(), now }).state;
  };
  const { verb, filter } = errand;
  const size = { columns: look.columns, rows: linesOfRows };
  let state = told(opened({ size, home: world.home, utf8: look.utf8, verb, filter, roll: true }));
  for (;;) {
    print(inLines(state, { ...look, now: Date.now() }));
    const listed = state.shown.slice(0, linesOfRows);
    rememberRows(
      world,
      listed.map((session) => session.key),
    );
    const line = input === null ? null : readLine(input)?.trim();
    if (line === null || line === undefined) write('\n');
    if (!line || line === 'q') return 0;
    const said = readLineFor(line, listed, state);
    if ('filter' in said) {
      state = told({ ...state, query: lineOf(said.filter), notice: '' });
      continue;
    }
    const done = 'is' in said ? said : await carryOut(world, errand, said);
    if (typeof done === 'number') return done;
    state = reduce(state, done).state;
    if ('is' in said || done.is === 'notice') continue;
    // The action has said itself what it did.
    advance(await following.look(Date.now()), longestReading);
    state = told({ ...state, notice: '' });
  }
}

async function carryOut(world: World, errand: Errand, effect: Effect): Promise<number | PickerEvent> {
  switch (effect.do) {
    case 'archive':
    case 'undo':
    case 'done':
    case 'rename':
      return inPlace(world, errand, effect);
    case 'read':
    case 'redraw':
    case 'search':
      return 0;
    default:
      return leaving(world, errand, effect);
  }
}

/** What a letter before a row's number does with that row. */
const letters = { '': 'enter', t: 'tmux', f: 'fork', x: 'archive', d: 'done', n: 'new', r: 'rename' } as const;

/** What a line says: something to do, words to filter by, or what is wrong with it. */
function readLineFor(line: string, rows: Session[], state: PickerState): Effect | { filter: string } | PickerEvent {
  if (line === 'n') return { do: 'new', session: null };
  if (line === 'z') {
    if (state.archived === null) return { is: 'notice', text: 'nothing was archived here' };
    return { do: 'undo', session: state.archived };
  }
  if (line.startsWith('/')) return { filter: line.slice(1) };
  const [, letter, number, title = ''] = /^([tfxdnr]?)([0-9]+)(?:\s+(.*))?$/.exec(line) ?? [];
  if (number === undefined || (title !== '' && letter !== 'r')) return { filter: line };
  const session = rows[Number(number) - 1];
  if (session === undefined) return { is: 'notice', text: `there is no row ${number} here` };
  const action = letters[letter as keyof typeof letters];
  if (action !== 'rename') return { do: action, session };
  return title === '' ? { is: 'notice', text: `r${number} and the title` } : { do: 'rename', session, title };
}

function inLines(state: PickerState, look: Look): string {
  const more = state.shown.length - Math.min(state.shown.length, linesOfRows) + state.unread;
  const lines = renderRows(state.shown.slice(0, linesOfRows), look);
  if (more > 0) lines.push(renderMore(more, 'words', look));
  if (state.shown.length === 0) lines.push(queryOf(state) === '' ? ' no sessions yet: n new' : ' nothing matches');
  const enter = state.verb ?? 'go';
  const undo = state.archived === null ? '' : 'z undo  ';
  const keys = `3 ${enter}  f3 fork  t3 tmux  x3 archive  d3 done  r3 TITLE  n new  ${undo}words filter, / all  Enter leaves`;
  const top = `${renderTop(state, look)}\n  ${amountOf(state)}`;
  return [top, ...lines, ...(state.notice === '' ? [] : [clean(state.notice)]), keys, '> '].join('\n');
}
