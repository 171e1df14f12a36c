import { rememberRows } from '../box/printed-rows.ts';
import { Cancelled, UserError } from '../errors.ts';
import type { World } from '../world.ts';
import { type InPlace, type Leaving, numbersOnScreen, type PickerEvent, type PickerState } from './state.ts';

/** The actions after which the picker stays. */
export async function inPlace(world: World, effect: InPlace): Promise<PickerEvent> {
  const now = { ...world, now: Date.now() };
  try {
    if (effect.do === 'archive') {
      const { archive } = await import('../commands/archive.ts');
      await archive(now, { refs: [effect.session.id], dryRun: false });
      return { is: 'archived', session: effect.session };
    }
    const { restore } = await import('../commands/restore.ts');
    await restore(now, { refs: [effect.id], dryRun: false });
    return { is: 'restored' };
  } catch (error) {
    return refusal(error);
  }
}

/** The actions that end the picker, unless they are refused. The terminal is given back by then. */
export async function leaving(world: World, effect: Leaving): Promise<number | PickerEvent> {
  const now = { ...world, now: Date.now() };
  const dryRun = false;
  try {
    switch (effect.do) {
      case 'leave':
        return 0;
      case 'cancel':
        break;
      case 'new': {
        const { newSession } = await import('../commands/new.ts');
        return await newSession(now, { dir: null, tmux: false, dryRun });
      }
      case 'resume':
      case 'tmux': {
        const { resume } = await import('../commands/resume.ts');
        const tmux = effect.do === 'tmux';
        return await resume(now, { ref: [effect.session.id], tmux, dryRun, force: false });
      }
      case 'fork': {
        const { fork } = await import('../commands/fork.ts');
        return await fork(now, { ref: [effect.session.id], dryRun });
      }
      case 'attach': {
        const { attach } = await import('../commands/attach.ts');
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
export function remember(world: World, state: PickerState): void {
  const { last } = numbersOnScreen(state);
  rememberRows(
    world,
    state.shown.slice(0, last).map((session) => session.id),
  );
}
