import { partBefore, talkOf, talkSince } from '../box/conversation.ts';
import { Following } from '../box/follow.ts';
import { Marks } from '../box/marks.ts';
import { rememberRows } from '../box/printed-rows.ts';
import { inOrder } from '../core/order.ts';
import type { Session } from '../core/session.ts';
import { looksLikeTerminal } from '../machine/terminals.ts';
import type { Input } from '../screen/keys.ts';
import { ClosedPipe } from '../screen/output.ts';
import { Terminal } from '../screen/terminal.ts';
import type { World } from '../world.ts';
import { type Errand, inPlace, leaving } from './errand.ts';
import { type PickerLook, renderPicker } from './frame.ts';
import { pickByLines } from './lines.ts';
import { lookOn } from './look.ts';
import { Mailbox } from './mailbox.ts';
import { reduce } from './reduce.ts';
import { SaidSearch } from './said.ts';
import {
  type Effect,
  layoutOf,
  markedHit,
  markedOf,
  numbersOnScreen,
  opened,
  type PickerEvent,
  type PickerState,
} from './state.ts';
import { advance, prepareFilter, Watch } from './watch.ts';

// Long, for it ties all that happens at a terminal, each in its time, to the one state.

/** What may be read before the first frame, in ms: what is urgent, then a screenful of the newest. */
const forUrgent = 150;
const forNewest = 10;
/** How long a number that can still grow waits for its next digit, in ms. */
const patience = 1000;
/** How long the marker rests on a row before its conversation is read, and before its user has seen it, in ms. */
const untilRead = 60;
const untilSeen = 2000;
/** The registry is ahead of the transcript: a call that is asked for is there so many ms later (2.1.330). */
const untilCall = 150;

/**
 * The picker, on a terminal: rows to choose from, by keys where the terminal can do that, else by lines. Opened by the
 * hook after a greeting, it leaves at once when something has been typed already: that is the shell's.
 */
export async function pick(world: World, errand: Errand): Promise<number> {
  const { TERM = '' } = world.env;
  if (TERM === '' || TERM === 'dumb' || !looksLikeTerminal(0)) return pickByLines(world, errand);
  const events = new Mailbox<Happening>();
  const terminal = Terminal.open(world.env, () => events.put({ is: 'change' }));
  switch (terminal?.take(errand.leaves)) {
    case 'typed':
      return 0;
    case 'taken':
      break;
    default:
      return pickByLines(world, errand);
  }
  try {
    return await new Picker(world, errand, terminal!, events, await lookOn(world), await Following.begin(world)).run();
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
  /** The marker has rested on a row. */
  | { is: 'rested'; key: string; long: boolean }
  | { is: 'failure'; error: unknown };

/** The picker while it is open: its state, what it shows, and what goes on beside it. */
class Picker {
  private readonly world: World;
  private readonly errand: Errand;
  private readonly terminal: Terminal;
  private readonly events: Mailbox<Happening>;
  private readonly look: PickerLook;
  private readonly following: Following;
  private readonly watch: Watch;
  private readonly search: SaidSearch;
  private state: PickerState;
  private readonly timers = new Map<'read' | 'seen' | 'digits', NodeJS.Timeout>();
  /** The row, and the place in it, that the timers of rest are set for, and the state of the file that its conversation was read from. */
  private resting = '';
  private read = '';
  /** Sessions that were looked at again because their call was not there yet, with the time of their last change. */
  private readonly lookedAgain = new Map<string, number>();

  constructor(
    world: World,
    errand: Errand,
    terminal: Terminal,
    events: Mailbox<Happening>,
    look: PickerLook,
    following: Following,
  ) {
    this.world = world;
    this.errand = errand;
    this.terminal = terminal;
    this.events = events;
    this.look = look;
    this.following = following;
    this.watch = new Watch(this.following);
    this.search = new SaidSearch(world, (event) => events.put(event));
    const { verb, filter, leaves } = errand;
    const { home, screen } = world;
    this.state = opened({ size: terminal.firstSize(), home, utf8: screen.utf8, verb, filter, leaves });
  }

  /** Shows the picker until something ends it; gives the exit status. */
  async run(): Promise<number> {
    const { events, following, watch } = this;
    const fail = (error: unknown) => events.put({ is: 'failure', error });
    const reading = following.readAll();
    advance(following.readUrgent(), forUrgent);
    advance(reading, forNewest);
    this.take(this.news());
    const prepare = () => prepareFilter(following.sessions(), this.world.home);
    const tell = () => {
      events.put(this.news());
      this.search.look(following.current);
    };
    watch.run(reading, prepare, tell).catch(fail);
    this.search.failed = fail;
    const ask = () => {
      this.terminal.nextInput().then((input) => events.put(happening(input)), fail);
    };
    ask();
    try {
      for (;;) {
        if (events.isEmpty()) this.draw();
        const event = await events.next();
        const status = await this.handle(event);
        if (status !== null) return status;
        // Only now: what is typed after the last key is not the picker's.
        if (event.is === 'key' || event.is === 'paste') ask();
      }
    } finally {
      watch.end();
      this.search.end();
      for (const timer of this.timers.values()) clearTimeout(timer);
      following.save();
    }
  }

  /** Takes an event in; a status ends the picker. */
  private async handle(event: Happening): Promise<number | null> {
    switch (event.is) {
      case 'failure':
        throw event.error;
      case 'change':
        this.terminal.forget();
        this.take({ is: 'size', size: this.terminal.size() });
        return null;
      case 'rested':
        if (event.key === this.state.marked) this.rested(event.key, event.long);
        return null;
    }
    const { digits } = this.state;
    const effect = this.take(event);
    if (this.state.digits !== digits) this.waitForDigit(this.state.digits);
    if (effect === null) return null;
    const done = await this.carryOut(effect);
    if (typeof done === 'number') return done;
    if (done !== null) {
      this.take(done);
      this.watch.lookIn(0);
    }
    return null;
  }

  private take(event: PickerEvent): Effect | null {
    const { state, effect } = reduce(this.state, event);
    this.state = state;
    return effect;
  }

  private draw(): void {
    const { columns } = this.state.size;
    const { lines, scroll, reach } = renderPicker(this.state, { ...this.look, now: Date.now(), columns });
    this.terminal.draw(lines, columns);
    this.take({ is: 'drawn', scroll, reach });
    const marked = markedOf(this.state);
    const spot = `${marked?.key} ${markedHit(this.state)?.from}`;
    if (spot !== this.resting) this.rest(marked?.key ?? null, spot);
    // What is previewed goes on: its end is read anew, unless somebody reads further back.
    else if (marked !== null && this.read !== '' && this.state.scroll === 0 && this.read !== fileOf(marked)) {
      this.set('read', untilRead, { is: 'rested', key: marked.key, long: false });
    }
  }

  private rest(key: string | null, spot: string): void {
    this.resting = spot;
    this.read = '';
    this.clear('read');
    this.clear('seen');
    if (key === null) return;
    this.set('read', untilRead, { is: 'rested', key, long: false });
    this.set('seen', untilSeen, { is: 'rested', key, long: true });
  }

  /** The marker has rested on a row: its conversation is read, or, after a while, its user has seen it. */
  private rested(key: string, long: boolean): void {
    if (layoutOf(this.state).preview === null) return;
    if (!long) this.readTalk(key, null);
    else if (markedOf(this.state)?.seen === false) {
      const marks = new Marks(this.world);
      marks.see(key, Date.now());
      marks.save(Date.now());
      this.reloadMarks();
    }
  }

  /** What others have noted of sessions meanwhile, commands of this picker's among them. */
  private reloadMarks(): void {
    this.following.current.marks = new Marks(this.world);
    this.watch.lookIn(0);
  }

  private readTalk(key: string, before: number | null): void {
    const session = this.state.shown.find((one) => one.key === key);
    const talk = session === undefined ? null : talkOf(this.following.current, session);
    if (before === null && session !== undefined) this.read = fileOf(session);
    if (talk === null) return;
    const place = before === null && key === this.state.marked ? (markedHit(this.state)?.from ?? null) : null;
    const part = place === null ? partBefore(talk, before) : talkSince(talk, place);
    this.events.put({ is: 'talk', talk: { key, ...part, place }, part: before === null ? 'end' : 'earlier' });
  }

  private waitForDigit(digits: string): void {
    this.clear('digits');
    if (digits !== '') this.set('digits', patience, () => ({ is: 'patience', digits, now: Date.now() }));
  }

  private set(name: 'read' | 'seen' | 'digits', milliseconds: number, event: Happening | (() => Happening)): void {
    this.clear(name);
    const put = () => this.events.put(typeof event === 'function' ? event() : event);
    this.timers.set(name, setTimeout(put, milliseconds));
  }

  private clear(name: 'read' | 'seen' | 'digits'): void {
    clearTimeout(this.timers.get(name));
  }

  private news(): PickerEvent {
    const now = Date.now();
    const sessions = inOrder(this.following.sessions(), now);
    if (sessions.some((session) => this.lacksCall(session, now))) this.watch.lookIn(untilCall);
    return { is: 'sessions', sessions, unread: this.following.unread(), now };
  }

  /** Whether a session needs its user this very moment for a call that its transcript does not have yet. */
  private lacksCall({ key, activity, lastTurn, processes }: Session, now: number): boolean {
    const changedAt = processes[0]?.changedAt ?? null;
    if (activity !== 'needs-you' || lastTurn?.how === 'asking' || changedAt === null) return false;
    if (now - changedAt > untilSeen || this.lookedAgain.get(key) === changedAt) return false;
    this.lookedAgain.set(key, changedAt);
    return true;
  }

  /** Carries an effect out; a status ends the picker, an event goes into its state. */
  private async carryOut(effect: Effect): Promise<number | PickerEvent | null> {
    const { world, errand, terminal } = this;
    switch (effect.do) {
      case 'redraw':
        terminal.forget();
        return null;
      case 'read':
        this.readTalk(effect.key, effect.before);
        return null;
      case 'search':
        this.search.ask(effect.words, this.following.current);
        return null;
      case 'archive':
      case 'undo':
      case 'done':
      case 'rename': {
        const done = await inPlace(world, errand, effect);
        // The command may have said something, and asked.
        terminal.forget();
        this.reloadMarks();
        return done;
      }
    }
    await terminal.release();
    this.following.save();
    this.rememberRows();
    const done = await leaving(world, errand, effect);
    if (typeof done !== 'number') terminal.take();
    return done;
  }

  /** A number means what the eye has seen: the rows down to the last one on the screen. */
  private rememberRows(): void {
    const { last } = numbersOnScreen(this.state);
    const keys = this.state.shown.slice(0, last).map((session) => session.key);
    rememberRows(this.world, keys);
  }
}

function happening(input: Input): Happening {
  return input.is === 'key' ? { ...input, now: Date.now() } : input;
}

/** The state of a session's file. */
function fileOf({ transcript }: Session): string {
  return `${transcript?.path} ${transcript?.bytes} ${transcript?.modifiedAt}`;
}
