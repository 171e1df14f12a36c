import { Following } from '../box/follow.ts';
import { inOrder } from '../core/order.ts';
import { lookOf } from '../screen/look.ts';
import { ClosedPipe } from '../screen/output.ts';
import { looksLikeTerminal } from '../screen/read-world.ts';
import { Terminal } from '../screen/terminal.ts';
import { renderPicker } from '../view/frame.ts';
import type { World } from '../world.ts';
import { inPlace, leaving, remember } from './actions.ts';
import { pickByLines } from './lines.ts';
import { type Effect, opened, type PickerEvent, type PickerState, reduce } from './state.ts';
import { advance, Watch } from './watch.ts';

/** What may be read before the first frame, in ms: what presses, then a screenful of the newest. */
const forPressing = 150;
const forNewest = 15;
/** How long a number that can still grow waits for its next digit, in ms. */
const patience = 1000;
/** How long the marker rests on a row before its preview is read in full, in ms. */
const rest = 60;

/**
 * The picker, on a terminal: rows to choose from, by keys where the terminal can do that, else by lines. Opened by the
 * hook (WT_PICK=1), it leaves at once when something has been typed already: that is the shell's.
 */
export async function pick(world: World, { filter = '' }: { filter?: string } = {}): Promise<number> {
  const { TERM = '' } = world.env;
  if (TERM === '' || TERM === 'dumb' || !looksLikeTerminal(0)) return pickByLines(world, filter);
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
  try {
    return await pickByKeys(world, filter, terminal!, events);
  } catch (error) {
    if (error instanceof ClosedPipe) return 0;
    throw error;
  } finally {
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
): Promise<number> {
  const look = await lookOf(world);
  const following = Following.begin(world);
  const watch = new Watch(following);
  const news = (): PickerEvent => {
    const now = Date.now();
    return { is: 'sessions', sessions: inOrder(following.sessions(), now), unread: following.unread(), now };
  };
  const fail = (error: unknown) => events.put({ is: 'failure', error });
  const askKey = () => {
    terminal.nextKey().then((key) => events.put({ is: 'key', key, now: Date.now() }), fail);
  };
  const reading = following.readAll();
  advance(following.readUrgent(), forPressing);
  advance(reading, forNewest);
  let state = reduce(opened(terminal.size(), world.home, filter), news()).state;
  watch.run(reading, () => events.put(news())).catch(fail);
  askKey();

  let previewed: string | null = null;
  let resting: NodeJS.Timeout | undefined;
  let waiting: NodeJS.Timeout | undefined;
  try {
    for (;;) {
      if (events.isEmpty()) {
        const { columns } = state.size;
        terminal.draw(renderPicker(state, { ...look, now: Date.now(), columns }), columns);
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
          continue;
      }
      const step = reduce(state, event);
      const { digits } = step.state;
      if (digits !== state.digits) clearTimeout(waiting);
      if (digits !== state.digits && digits !== '')
        waiting = setTimeout(() => events.put({ is: 'patience', digits, now: Date.now() }), patience);
      state = step.state;
      if (step.effect !== null) {
        const done = await carryOut(world, step.effect, state, terminal);
        if (typeof done === 'number') return done;
        if (done !== null) state = reduce(state, done).state;
        if (done !== null) watch.lookNow();
      }
      // Only now: what is typed after the last key is not the picker's.
      if (event.is === 'key') askKey();
    }
  } finally {
    watch.end();
    clearTimeout(resting);
    clearTimeout(waiting);
  }
}

/** Carries an effect out; a status ends the picker, an event goes into its state. */
async function carryOut(
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
  await terminal.release();
  remember(world, state);
  const done = await leaving(world, effect);
  if (typeof done !== 'number') terminal.take();
  return done;
}

/** Events in the order in which they came. */
class Mailbox<T> {
  private letters: T[] = [];
  private wake = () => {};

  put(letter: T): void {
    this.letters.push(letter);
    this.wake();
  }

  isEmpty(): boolean {
    return this.letters.length === 0;
  }

  async next(): Promise<T> {
    if (this.isEmpty()) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.letters.shift()!;
  }
}
