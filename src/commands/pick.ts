import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import { Following } from '../claude/follow.ts';
import { inOrder } from '../core/order.ts';
import {
  type Effect,
  type InPlace,
  type Leaving,
  numbersOnScreen,
  opened,
  type PickerEvent,
  type PickerState,
  reduce,
} from '../core/picker.ts';
import { renderFooter, renderPicker, renderTop } from '../core/picker-view.ts';
import { asciiOnly, clean } from '../core/text.ts';
import { type Look, renderMore, renderRows } from '../core/view.ts';
import { lastGreetedAt } from '../edge/greeting-files.ts';
import { lineInput, readLine } from '../edge/line-input.ts';
import { ClosedPipe, say } from '../edge/output.ts';
import { rememberRows } from '../edge/printed-rows.ts';
import { looksLikeTerminal } from '../edge/read-world.ts';
import { Terminal } from '../edge/terminal.ts';
import { Cancelled, UserError } from '../errors.ts';
import type { World } from '../world.ts';
import { lookOf } from './rows.ts';

/** How long keys may have to wait for other work, in ms. */
const slice = 8;
/** What may be read before the first frame, in ms. */
const firstSlice = 60;
const lookEvery = 2000;
/** How long a number that can still grow waits for its next digit, in ms. */
const patience = 1000;
/** How long the marker rests on a row before its preview is read in full, in ms. */
const rest = 60;

/**
 * The picker, on a terminal: rows to choose from, by keys where the terminal can do that, else by lines. Opened by the
 * hook (WT_PICK=1), it leaves at once when something has been typed already: that is the shell's.
 */
export async function pick(world: World, { filter = '' }: { filter?: string } = {}): Promise<number> {
  if (world.env.TERM === 'dumb' || !looksLikeTerminal(0)) return pickByLines(world, filter);
  const events = new Mailbox<Happening>();
  const terminal = Terminal.open(world.env, () => events.put({ is: 'change' }));
  switch (terminal?.take(world.env.WT_PICK === '1')) {
    case 'typed':
      return 0;
    case 'taken':
      break;
    default:
      return pickByLines(world, filter);
  }
  const ending = new AbortController();
  try {
    return await pickByKeys(world, filter, terminal!, events, ending.signal);
  } catch (error) {
    if (error instanceof ClosedPipe) return 0;
    throw error;
  } finally {
    ending.abort();
    terminal!.giveBack();
  }
}

/** What the picker's loop is told, besides what its state is told. */
type Happening =
  | PickerEvent
  /** The screen's size may have changed, and nothing on it is certain. */
  | { is: 'change' }
  | { is: 'preview'; id: string }
  | { is: 'failure'; error: unknown };

async function pickByKeys(
  world: World,
  filter: string,
  terminal: Terminal,
  events: Mailbox<Happening>,
  ending: AbortSignal,
): Promise<number> {
  const look = await lookOf(world, lastGreetedAt(world));
  const following = await Following.begin(world);
  const news = (): PickerEvent => {
    const now = Date.now();
    return { is: 'sessions', sessions: inOrder(following.sessions(), now), unread: following.unread(), now };
  };
  const fail = (error: unknown) => events.put({ is: 'failure', error });
  const askKey = () => {
    terminal.nextKey().then((key) => events.put({ is: 'key', key, now: Date.now() }), fail);
  };
  const reading = following.read();
  advance(reading, firstSlice);
  let state = reduce(opened(terminal.size(), world.home, filter), news()).state;
  follow(following, reading, () => events.put(news()), ending).catch(fail);
  askKey();

  let previewed: string | null = null;
  let resting: NodeJS.Timeout | undefined;
  let waiting: NodeJS.Timeout | undefined;
  for (;;) {
    if (events.isEmpty()) {
      terminal.draw(renderPicker(state, { ...look, now: Date.now(), columns: state.size.columns }), state.size.columns);
      clearTimeout(resting);
      const { marked } = state;
      if (marked !== null && marked !== previewed)
        resting = setTimeout(() => events.put({ is: 'preview', id: marked }), rest);
    }
    const event = await events.next();
    switch (event.is) {
      case 'failure':
        throw event.error;
      case 'change':
        terminal.forget();
        state = reduce(state, { is: 'size', size: terminal.size() }).state;
        continue;
      case 'preview':
        previewed = event.id;
        if (following.preview(event.id) !== null) state = reduce(state, news()).state;
        continue;
    }
    const step = reduce(state, event);
    if (step.state.digits !== state.digits) {
      const { digits } = step.state;
      clearTimeout(waiting);
      if (digits !== '') waiting = setTimeout(() => events.put({ is: 'patience', digits, now: Date.now() }), patience);
    }
    state = step.state;
    if (step.effect !== null) {
      const done = await onScreen(world, step.effect, state, terminal);
      if (typeof done === 'number') return done;
      if (done !== null) state = reduce(state, done).state;
    }
    // Only now: what is typed after the last key is not the picker's.
    if (event.is === 'key') askKey();
  }
}

/** Carries an effect out; a status ends the picker, an event goes into its state. */
async function onScreen(
  world: World,
  effect: Effect,
  state: PickerState,
  terminal: Terminal,
): Promise<number | PickerEvent | null> {
  switch (effect.do) {
    case 'suspend':
      await terminal.suspend();
      return null;
    case 'redraw':
      terminal.forget();
      return null;
    case 'archive':
    case 'undo': {
      const done = await inPlace(world, effect);
      terminal.forget();
      return done;
    }
  }
  terminal.giveBack();
  remember(world, state);
  const done = await leaving(world, effect);
  if (typeof done !== 'number') terminal.take();
  return done;
}

/** The actions after which the picker stays. */
async function inPlace(world: World, effect: InPlace): Promise<PickerEvent> {
  const now = { ...world, now: Date.now() };
  try {
    if (effect.do === 'archive') {
      const { archive } = await import('./archive.ts');
      await archive(now, { refs: [effect.session.id], dryRun: false });
      return { is: 'archived', session: effect.session };
    }
    const { restore } = await import('./restore.ts');
    await restore(now, { refs: [effect.id], dryRun: false });
    return { is: 'restored' };
  } catch (error) {
    return refusal(error);
  }
}

/** The actions that end the picker, unless they are refused. The terminal is given back by then. */
async function leaving(world: World, effect: Leaving): Promise<number | PickerEvent> {
  const now = { ...world, now: Date.now() };
  const dryRun = false;
  try {
    switch (effect.do) {
      case 'leave':
        return 0;
      case 'cancel':
        break;
      case 'new': {
        const { newSession } = await import('./new.ts');
        return await newSession(now, { dir: null, tmux: false, dryRun });
      }
      case 'resume':
      case 'tmux': {
        const { resume } = await import('./resume.ts');
        const tmux = effect.do === 'tmux';
        return await resume(now, { ref: [effect.session.id], tmux, dryRun, force: false });
      }
      case 'fork': {
        const { fork } = await import('./fork.ts');
        return await fork(now, { ref: [effect.session.id], dryRun });
      }
      case 'attach': {
        const { attach } = await import('./attach.ts');
        return await attach(now, { ref: [effect.session.id], dryRun });
      }
    }
  } catch (error) {
    return refusal(error);
  }
  throw new Cancelled();
}

/** An action's refusal as a sentence for the picker. Throws what is none. */
function refusal(error: unknown): PickerEvent {
  if (error instanceof Cancelled) return { is: 'notice', text: '' };
  if (error instanceof UserError) return { is: 'notice', text: error.message };
  throw error;
}

/** A number means what the eye has seen: the rows down to the last one on the screen. */
function remember(world: World, state: PickerState): void {
  const { last } = numbersOnScreen(state);
  rememberRows(
    world,
    state.shown.slice(0, last).map((session) => session.id),
  );
}

/** Works for about so many ms; true when the work is done. */
function advance(work: Generator<void>, milliseconds: number): boolean {
  const until = performance.now() + milliseconds;
  do {
    if (work.next().done) return true;
  } while (performance.now() < until);
  return false;
}

/** Reads what is left to read, then looks again every two seconds, in slices between which keys come through. */
async function follow(
  following: Following,
  reading: Generator<void>,
  tell: () => void,
  ending: AbortSignal,
): Promise<void> {
  let told = performance.now();
  while (!ending.aborted && !advance(reading, slice)) {
    await setImmediate();
    if (performance.now() - told < 200) continue;
    tell();
    told = performance.now();
  }
  while (!ending.aborted) {
    tell();
    await delay(lookEvery, null, { signal: ending }).catch(() => {});
    const look = await following.look(Date.now());
    while (!ending.aborted && !advance(look, slice)) await setImmediate();
  }
}

/** Events in the order in which they came. */
class Mailbox<T> {
  #letters: T[] = [];
  #wake = () => {};

  put(letter: T): void {
    this.#letters.push(letter);
    this.#wake();
  }

  isEmpty(): boolean {
    return this.#letters.length === 0;
  }

  async next(): Promise<T> {
    if (this.isEmpty()) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#letters.shift()!;
  }
}

const linesOfRows = 20;
/** What may be read before the rows are printed, in ms. */
const longestReading = 1000;

/** The picker for terminals without single keys: prints the rows, reads a line with the same keys in it. */
async function pickByLines(world: World, filter: string): Promise<number> {
  const input = lineInput();
  const look = await lookOf(world, lastGreetedAt(world));
  const following = await Following.begin(world);
  advance(following.read(), longestReading);
  const reread = (state: PickerState): PickerState => {
    const now = Date.now();
    const sessions = inOrder(following.sessions(), now);
    return reduce(state, { is: 'sessions', sessions, unread: following.unread(), now }).state;
  };
  let state = reread(opened({ columns: look.columns, rows: linesOfRows }, world.home, filter, true));
  for (;;) {
    say(inLines(state, { ...look, now: Date.now() }));
    remember(world, state);
    const line = input === null ? null : readLine(input);
    if (line === null) {
      say('\n');
      return 0;
    }
    const keys = keysOfLine(line.trim());
    let effect: Effect | null = null;
    for (const key of keys ?? []) {
      if (key === 'enter' && line.trim() !== '' && state.digits === '') break;
      ({ state, effect } = reduce(state, { is: 'key', key, now: Date.now() }));
      if (effect !== null) break;
    }
    if (keys === null) state = reduce(state, { is: 'notice', text: 'type one of the keys below' }).state;
    if (effect === null || effect.do === 'suspend' || effect.do === 'redraw') continue;
    const done = await (effect.do === 'archive' || effect.do === 'undo'
      ? inPlace(world, effect)
      : leaving(world, effect));
    if (typeof done === 'number') return done;
    state = reduce(state, done).state;
  }
}

/** The keys that a line stands for: `t3`, `q`, `/words`, or nothing, which is Enter; null for anything else. */
function keysOfLine(line: string): string[] | null {
  if (line.startsWith('/')) return ['/', 'ctrl+u', ...line.slice(1), 'tab'];
  if (/^[tdfa]?[0-9]+$/.test(line)) return [...line, 'enter'];
  if (/^[qnu]$/.test(line)) return [line];
  return line === '' ? ['enter'] : null;
}

function inLines(state: PickerState, look: Look): string {
  const shown = (text: string) => (look.utf8 ? clean(text) : asciiOnly(clean(text)));
  const more = state.shown.length - Math.min(state.shown.length, linesOfRows) + state.unread;
  const lines = renderRows(state.shown.slice(0, linesOfRows), look);
  if (more > 0) lines.push(renderMore(more, '/words', look));
  return [
    renderTop(state, look),
    ...lines,
    ...(state.notice === '' ? [] : [shown(state.notice)]),
    renderFooter(state, look),
    '> ',
  ].join('\n');
}
