// #runtime of the Node build.

import { spawnSync } from 'node:child_process';
import * as zlib from 'node:zlib';
import type { Database } from './database.ts';

/** Which build this is, for people. */
export const buildName = `Node ${process.versions.node}`;

/** CRC-32 of bytes, 0 to 2^32 - 1. Node has it from 20.15 on. */
export const crc32: (bytes: Uint8Array) => number = 'crc32' in zlib ? (bytes) => zlib.crc32(bytes) : crc32ByTable;

/** The width of a text in cells. */
export { default as stringWidth } from 'string-width';

function crc32ByTable(bytes: Uint8Array): number {
  const table = Array.from({ length: 256 }, (_, byte) => {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
    return rest;
  });
  let sum = -1;
  for (const byte of bytes) sum = (sum >>> 8) ^ table[(sum ^ byte) & 0xff]!;
  return ~sum >>> 0;
}

/** Opens a database for reading; null in a build that can't: Node has SQLite only from 22.5 on, and wt runs on 20. */
export const openDatabase: ((path: string) => Database) | null = null;

/** What a program prints, within so many milliseconds; what it printed so far where it takes longer. */
export function outputOf([program = '', ...args]: string[], patience: number): string {
  const { stdout } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: patience,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return stdout ?? '';
}
