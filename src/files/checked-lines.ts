import { crc32 } from '#system';
import { bytesOf } from '../system/bytes.ts';
import { readOwnFile, writeOwnFile } from './own-files.ts';

/**
 * Reads a file of wt's own that begins with a line saying what it is; gives the bytes behind that line, null when there
 * are none or it is another file. What it holds are lines that each carry a checksum, or what such lines vouch for.
 */
export function readHeaded(path: string, heading: string): Buffer | null {
  const bytes = readOwnFile(path);
  const end = bytes?.indexOf(newline) ?? -1;
  return bytes !== null && end >= 0 && bytes.toString('utf8', 0, end) === heading ? bytes.subarray(end + 1) : null;
}

/** Writes such a file; false where that can't be done. The heading is one line. */
export function writeHeaded(path: string, heading: string, parts: Uint8Array[]): boolean {
  const all: Uint8Array[] = [bytesOf(`${heading}\n`)];
  return writeOwnFile(path, all.concat(parts));
}

const newline = 10;
const space = 32;

/** A line that `unseal` will take, its end included. The content holds no newline. */
export function seal(content: string): Buffer {
  return bytesOf(`${checksum(bytesOf(content))} ${content}\n`);
}

/** The content of the line that begins at `from`, as UTF-8; null where one bit of it is not what it was. */
export function unseal(bytes: Buffer, from: number): Buffer | null {
  const start = bytes.indexOf(space, from) + 1;
  const content = bytes.subarray(start, endOfLine(bytes, from));
  return start > from && bytes.toString('latin1', from, start - 1) === checksum(content) ? content : null;
}

/** Where the line that begins at `from` ends, its newline not included. */
export function endOfLine(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(newline, from);
  return end < 0 ? bytes.length : end;
}

/** CRC-32 in base 36, seven letters, the same on every runtime: against accidents, not against people. */
export function checksum(bytes: Uint8Array): string {
  return crc32(bytes).toString(36).padStart(7, '0');
}
