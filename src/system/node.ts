import { type Library, quietly, type Shape } from './calls.ts';
import { crc32 as ownCrc32 } from './crc32.ts';
import { plainPaths } from './plain-paths.ts';
import { withShapes } from './shapes.ts';

// Imported, `node:fs` is asked for every one of its exports, and loads its streams for that: 1.5 ms of a login (Node 20).
// Versions before 20.16 know no other way.
const builtIn = process.getBuiltinModule;
const fs = builtIn?.('node:fs') ?? (await import('node:fs')).default;
const path = builtIn?.('node:path') ?? (await import('node:path')).default;

export const {
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
  renameSync: replaceSync,
  statSync,
  unlinkSync,
  writeSync,
} = fs;
export const { basename, dirname, join, resolve } = plainPaths(() => path);

/** Node's own from 20.15 on. */
export const crc32 = builtIn?.('node:zlib').crc32 ?? ownCrc32;

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
  builtIn?.('node:v8').setFlagsFromString(on ? '--opt' : '--no-opt');
  optimises = on;
}

/** Node calls no libraries. */
export const library: Library | null = null;
export const pointerTo: ((bytes: NodeJS.ArrayBufferView) => number) | null = null;
export const pathAt: ((path: string) => number) | null = null;
