import { bytesOf } from './bytes.ts';
import type { Shape } from './calls.ts';

/** Of names, for each shape those that have it, in ASCII, every one followed by a NUL. */
export function withShapes(names: string[], shapes: readonly Shape[]): Buffer[] {
  return shapes.map(({ length, source }) => {
    const shape = new RegExp(`^${source}$`);
    return bytesOf(names.map((name) => (name.length === length && shape.test(name) ? `${name}\0` : '')).join(''));
  });
}
