import { once } from '../core/once.ts';
import { type Library, type Numbers, openUnlessMissing, takesSignal } from './calls.ts';

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
export function openIfThere(path: string, flags: number): number | null {
  return openUnlessMissing(openSync, path, flags);
}

export const processExists = takesSignal;

/** As `System` says. */
export function terminalColumns(): number {
  return process.stdout.columns ?? 0;
}

let hurries = false;

/** As `System` words it: Node takes no hint, but who hurries has no use for the working directory. */
export function hurry(): void {
  hurries = true;
}

/** As `System` words it. */
export function takeTime(): void {}

/** As `System` words it: Node takes no such hint. */
export function collect(): void {}

/** Node calls no libraries. */
export const library: Library | null = null;
export const pointerTo: ((bytes: NodeJS.ArrayBufferView) => number) | null = null;
export const pathAt: ((path: string) => number) | null = null;

/**
 * How to stat the files in a folder without an object for each, which takes half as long: by what lies below Node 20's
 * `statSync`. Who hurries goes into the folder, so that the way to it is gone once and not for each file. Null where there
 * is nothing better than `statSync`.
 */
export function numbersIn(folder: string): Numbers | null {
  const binding = fsBelow();
  if (binding === null) return null;
  const { stat } = binding;
  try {
    if (hurries) process.chdir(folder);
  } catch {
    return null;
  }
  const start = hurries ? '' : `${folder}/`;
  return (name) => stat(start + name, false, undefined, false);
}

interface Below {
  fs: { stat(path: string, big: false, request: undefined, throwsIfNoEntry: false): Float64Array | undefined };
  zlib: { crc32(bytes: Uint8Array, sum: number): number };
}

const fsBelow = once(() => below('fs'));
const zlibBelow = once(() => below('zlib'));

/** What lies below one of Node 20's modules; that line has ended, so it stays as it is from 20.16 to 20.20. */
function below<Name extends keyof Below>(name: Name): Below[Name] | null {
  if (builtIn === undefined || !process.version.startsWith('v20.')) return null;
  const { noDeprecation = false } = process;
  try {
    // Where somebody asked for it, Node would complain on standard error.
    process.noDeprecation = true;
    return (process as unknown as { binding(name: Name): Below[Name] }).binding(name);
  } catch {
    // --permission forbids it.
    return null;
  } finally {
    process.noDeprecation = noDeprecation;
  }
}

/** As `System` says: to load `node:zlib`, which has it too, takes longer than a login's bytes do. */
export function crc32(bytes: Uint8Array): number {
  return zlibBelow()?.crc32(bytes, 0) ?? crc32ByTable(bytes);
}

const table = once(() =>
  Int32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
    return rest;
  }),
);

function crc32ByTable(bytes: Uint8Array): number {
  const rests = table();
  let sum = -1;
  for (let i = 0; i < bytes.length; i++) sum = (sum >>> 8) ^ rests[(sum ^ bytes[i]!) & 0xff]!;
  return (sum ^ -1) >>> 0;
}
