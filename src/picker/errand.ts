import { recommended } from '../core/ref.ts';
import type { Session } from '../core/session.ts';
import { Cancelled, UserError } from '../errors.ts';
import { ClosedPipe } from '../screen/output.ts';
import type { World } from '../world.ts';
import type { InPlace, Leaving, PickerEvent } from './state.ts';

/** What the picker was opened for, and what its keys do: the commands, told from outside. */
export interface Errand {
  /** The verb that Enter carries out, for the header and the footer; null: go there, whichever way is right. */
  verb: string | null;
  /** Words to begin with. */
  filter: string;
  /** After a greeting: no row is marked at first, and Enter leaves to the shell. */
  leaves: boolean;
  /** Enter: carries out what the picker was opened for. */
  enter(world: World, session: Session): Promise<number>;
  /** A command on sessions, by its name, with further words; `new` in that account. Throws UserError where it refuses. */
  run(world: World, verb: Verb, words: string[], account?: string | null): Promise<number>;
}

/** The commands that the picker has keys for. `tmux` is resume -t; `new` takes a directory. */
export type Verb = 'tmux' | 'fork' | 'new' | 'archive' | 'restore' | 'done' | 'rename';

/** Carries out what leaves the picker where it is, and tells it what came of it. */
export async function inPlace(world: World, errand: Errand, effect: InPlace): Promise<PickerEvent> {
  const { session } = effect;
  const now = { ...world, now: Date.now() };
  try {
    switch (effect.do) {
      case 'archive':
        if (session.transcript?.path.startsWith(`${world.folders.archive}/`))
          return { is: 'notice', text: `it is in the archive already: wt restore ${recommended(session)}` };
        await errand.run(now, 'archive', [session.key]);
        return { is: 'archived', session };
      case 'undo':
        await errand.run(now, 'restore', [session.key]);
        return { is: 'restored' };
      case 'done':
        await errand.run(now, 'done', [session.key]);
        return { is: 'done', session };
      case 'rename':
        await errand.run(now, 'rename', [session.key, effect.title]);
        return { is: 'notice', text: `renamed: ${effect.title}` };
    }
  } catch (error) {
    return refusal(error);
  }
}

/** Carries out what ends the picker, unless it is refused. The terminal is given back by then. */
export async function leaving(world: World, errand: Errand, effect: Leaving): Promise<number | PickerEvent> {
  const now = { ...world, now: Date.now() };
  try {
    switch (effect.do) {
      case 'leave':
        return 0;
      case 'cancel':
        break;
      case 'enter':
        return await errand.enter(now, effect.session);
      case 'new':
        return await errand.run(now, 'new', effect.session?.cwd ? [effect.session.cwd] : [], effect.session?.account);
      default:
        return await errand.run(now, effect.do, [effect.session.key]);
    }
  } catch (error) {
    return refusal(error);
  }
  throw new Cancelled();
}

/** An action's refusal as a sentence for the picker. Throws what is none. */
function refusal(error: unknown): PickerEvent {
  if (error instanceof ClosedPipe) throw error;
  if (error instanceof Cancelled) return { is: 'notice', text: '' };
  if (error instanceof UserError) return { is: 'notice', text: error.message };
  throw error;
}
