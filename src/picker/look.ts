import { lookOf } from '../screen/look.ts';
import type { World } from '../world.ts';
import type { PickerLook } from './frame.ts';

/** The look of this screen. Where there are 256 colours the marked row is light on grey, else it is reversed. */
export async function lookOn(world: World): Promise<PickerLook> {
  const { TERM = '', COLORTERM = '' } = world.env;
  const isRich = world.screen.colour && (/256color|direct|kitty|alacritty|foot|ghostty/.test(TERM) || COLORTERM !== '');
  const marker = isRich
    ? { open: '\x1b[38;5;255;48;5;238m', close: '\x1b[39;49m' }
    : { open: '\x1b[7m', close: '\x1b[27m' };
  return { ...(await lookOf(world)), marker };
}
