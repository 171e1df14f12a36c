import { type Paint, unpainted } from '../core/view.ts';
import type { World } from '../world.ts';

/** The colours of this screen. picocolors is loaded only where there are any, and is never asked to guess. */
export async function paintOf(world: World): Promise<Paint> {
  if (!world.screen.colour) return unpainted;
  const { default: picocolors } = await import('picocolors');
  return picocolors.createColors(true);
}
