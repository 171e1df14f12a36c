// #runtime of the native build: what Bun itself does better than a library.

import type { Database } from './database.ts';

/** What the build was made for, as its file names say it: `linux-x64-musl`; defined by the build. */
declare const BUILD_TARGET: string | undefined;

/** Which build this is, for people. */
export const buildName = `native ${typeof BUILD_TARGET === 'string' ? BUILD_TARGET : 'source'}, Bun ${process.versions.bun}`;

interface Bun {
  hash: { crc32(bytes: Uint8Array): number };
  stringWidth(text: string): number;
}

const bun = (globalThis as unknown as { Bun: Bun }).Bun;

/** CRC-32 of bytes, 0 to 2^32 - 1. (To load `node:zlib`, which has it too, takes Bun 1.4.5 11 ms of a greeting's 15.) */
export const crc32 = bun.hash.crc32;

/** Where Bun 1.4.5 counts too few cells: marks and jamo that take room of their own, what is not assigned, three letters. */
const uncertain = /[\p{M}\p{Cn}\u0980\u0c80\u0d3a\u1160-\u11ff\ud7b0-\ud7ff]/u;

/**
 * The width of a text in cells: by Bun; where the two differ by the library, which is loaded then only, for its tables
 * take a third of a greeting (Bun 1.4.5).
 */
export function stringWidth(text: string): number {
  if (!uncertain.test(text)) return bun.stringWidth(text);
  const library = require('string-width') as { default(text: string): number };
  return library.default(text);
}

/** A module of the runtime's own, loaded when it is first asked for: a login rarely does. */
const load = (import.meta as unknown as { require(name: string): unknown }).require;

type ChildProcess = typeof import('node:child_process');

/**
 * What a program prints, within so many milliseconds; what it printed so far where it takes longer. (To load
 * `node:child_process` takes Bun 1.4.5 a fifth of a greeting.)
 */
export function outputOf([program = '', ...args]: string[], patience: number): string {
  const { spawnSync } = load('node:child_process') as ChildProcess;
  const { stdout } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: patience,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return stdout ?? '';
}

interface Sqlite {
  Database: new (
    path: string,
    options: { readonly: true },
  ) => {
    query(sql: string): { all(...values: unknown[]): Record<string, unknown>[] };
    run(sql: string): void;
    close(): void;
  };
}

/** Opens a database for reading; null in a build that can't. */
export const openDatabase: ((path: string) => Database) | null = (path) => {
  const { Database } = load('bun:sqlite') as Sqlite;
  const database = new Database(path, { readonly: true });
  database.run('PRAGMA busy_timeout = 50');
  return {
    rows: (query, ...values) => database.query(query).all(...values),
    close: () => database.close(),
  };
};
