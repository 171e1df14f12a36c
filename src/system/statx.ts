/**
 * `struct statx` (linux/stat.h), the same on every architecture: 256 bytes, of which the first half and the device
 * behind it hold all that is wanted here. Places in it, in words: u32, the low half of u64, and the mode, a u16.
 */
export const statx = {
  bytes: 256,
  uid: 20 / 4,
  /** The low half of the word. */
  mode: 28 / 4,
  inode: 32 / 4,
  size: 40 / 4,
  changed: 96 / 4,
  touched: 112 / 4,
  major: 128 / 4,
  minor: 132 / 4,
} as const;

/** STATX_TYPE, MODE, UID, MTIME, CTIME, INO, SIZE: what is asked for. */
export const statxWanted = 0x1 | 0x2 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200;

/** AT_EMPTY_PATH: the record of an open file itself. */
export const emptyPath = 0x1000;

const typeBits = 0o170000;
const types = { file: 0o100000, folder: 0o040000, characters: 0o020000 } as const;

/** Whether a mode is that of a regular file, a folder or a character device. */
export function isOfType(mode: number, type: keyof typeof types): boolean {
  return (mode & typeBits) === types[type];
}

/** The mode in a record that begins at a word. */
export function modeAt(words: Uint32Array, record: number): number {
  return words[record + statx.mode]! & 0xffff;
}

/** The i64 at a word, as a number: times before the epoch have all high bits set. */
export function longAt(words: Uint32Array, word: number): number {
  return (words[word + 1]! | 0) * 2 ** 32 + words[word]!;
}

/** The time at a word, an i64 of seconds and a u32 of nanoseconds, in milliseconds: the runtime's `mtimeMs` exactly. */
export function timeAt(words: Uint32Array, word: number): number {
  return longAt(words, word) * 1000 + words[word + 2]! / 1e6;
}
