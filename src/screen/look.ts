import type { Look } from '../view/look.ts';
import type { World } from '../world.ts';
import { paintOf } from './colour.ts';

/** The look of this screen. */
export async function lookOf(world: World): Promise<Look> {
  const { columns, utf8 } = world.screen;
  return { now: world.now, columns, utf8, paint: await paintOf(world) };
}
