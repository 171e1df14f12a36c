import { crc32 } from '#runtime';

/** CRC-32 in base 36, seven letters, the same on every runtime: against accidents, not against people. */
export function checksum(bytes: Uint8Array): string {
  return crc32(bytes).toString(36).padStart(7, '0');
}
