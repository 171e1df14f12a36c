// #runtime of the native build: what Bun itself does better than any library.

interface Bun {
  hash: { crc32(bytes: Uint8Array): number };
  stringWidth(text: string): number;
}

const bun = (globalThis as unknown as { Bun: Bun }).Bun;

/** CRC-32 of bytes, 0 to 2^32 - 1. (To load `node:zlib`, which has it too, takes Bun 1.4.5 11 ms of a greeting's 15.) */
export const crc32 = bun.hash.crc32;

/** The width of a text in cells. (string-width builds tables of ICU for 10 ms; the same but for some Indic marks.) */
export const stringWidth = bun.stringWidth;
