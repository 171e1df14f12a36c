// #runtime of the native build: what Bun itself does better than a library.
import libraryWidth from 'string-width';

interface Bun {
  hash: { crc32(bytes: Uint8Array): number };
  stringWidth(text: string): number;
}

const bun = (globalThis as unknown as { Bun: Bun }).Bun;

/** CRC-32 of bytes, 0 to 2^32 - 1. (To load `node:zlib`, which has it too, takes Bun 1.4.5 11 ms of a greeting's 15.) */
export const crc32 = bun.hash.crc32;

/** Where Bun 1.4.5 counts too few cells: marks that take room of their own, and what is not assigned. */
const uncertain = /[\p{M}\p{Cn}]/u;

/**
 * The width of a text in cells: by Bun, for the library builds tables for 10 ms at its first text; by the library where
 * the two differ.
 */
export function stringWidth(text: string): number {
  return uncertain.test(text) ? libraryWidth(text) : bun.stringWidth(text);
}
