// #runtime of the native build: what Bun itself does better than a library.

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
