import type { Library } from './calls.ts';

export {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
export { basename, dirname, join, resolve } from 'node:path';

/** Node calls no libraries. */
export const library: Library | null = null;
export const pointerTo: ((bytes: Uint8Array) => number) | null = null;
