import { openSync } from 'node:fs';
import { type Library, quietly } from './calls.ts';

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

export const { openIfThere, processExists } = quietly(openSync);

/** Node calls no libraries. */
export const library: Library | null = null;
export const pointerTo: ((bytes: NodeJS.ArrayBufferView) => number) | null = null;
export const pathAt: ((path: string) => number) | null = null;
