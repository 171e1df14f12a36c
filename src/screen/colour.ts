import { type Paint, unpainted } from '../view/look.ts';
import type { World } from '../world.ts';

/** The colours of this screen. picocolors is loaded only where there are any, and is never asked to guess. */
export async function paintOf(world: World): Promise<Paint> {
  if (!world.screen.colour) return unpainted;
  // It asks the runtime for standard output, which loads streams (2.5 ms of a login), unless it is told before.
  const { FORCE_COLOR: told } = process.env;
  process.env.FORCE_COLOR = '1';
  const { default: picocolors } = await import('picocolors');
  if (told === undefined) delete process.env.FORCE_COLOR;
  else process.env.FORCE_COLOR = told;
  return picocolors.createColors(true);
}
