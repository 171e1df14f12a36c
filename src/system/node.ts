import { type Library, quietly, type Shape } from './calls.ts';
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
export const { basename, dirname, join, resolve } = path;

/** As `System` says. */
export function namesInSync(path: string, shapes: readonly Shape[]): string[] {
  return withShapes(readdirSync(path), shapes);
}

export const { openIfThere, processExists, terminalColumns } = quietly(openSync);

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

/** As `System` words it: Node takes no such hint. */
export function collect(): void {}

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

let table: Int32Array | undefined;

/** As `System` says: to load Node's own, in `node:zlib`, takes longer than a login's lines do. */
export function crc32(bytes: Uint8Array): number {
  table ??= Int32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
    return rest;
  });
  let sum = -1;
  for (let i = 0; i < bytes.length; i++) sum = (sum >>> 8) ^ table[(sum ^ bytes[i]!) & 0xff]!;
  return (sum ^ -1) >>> 0;
}
