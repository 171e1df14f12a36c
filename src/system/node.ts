import { openSync, readdirSync, renameSync } from 'node:fs';
import { type Library, quietly, type Shape } from './calls.ts';
import { withShapes } from './shapes.ts';

export {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readlinkSync,
  readSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
export { basename, dirname, join, resolve } from 'node:path';
export { readdirSync, renameSync, renameSync as replaceSync };

/** As `System` says. */
export function namesInSync(path: string, shapes: readonly Shape[]): string[] {
  return withShapes(readdirSync(path), shapes);
}

export const { openIfThere, processExists } = quietly(openSync);

/**
 * As `System` words it. In Node 20 (from 20.16 on) a collection of garbage waits for the compiler on another thread, and a
 * greeting waits five milliseconds; later versions gain nothing by it, and V8 complains about flags that it doesn't know.
 */
export function hurry(): void {
  optimise(false);
}

/** As `System` words it. */
export function takeTime(): void {
  optimise(true);
}

let optimises = true;

function optimise(on: boolean): void {
  if (optimises === on || !process.versions.v8.startsWith('11.')) return;
  process.getBuiltinModule?.('node:v8').setFlagsFromString(on ? '--opt' : '--no-opt');
  optimises = on;
}

/** Node calls no libraries. */
export const library: Library | null = null;
export const pointerTo: ((bytes: NodeJS.ArrayBufferView) => number) | null = null;
export const pathAt: ((path: string) => number) | null = null;
