import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** A regular file held open for reading: never a pipe, a device or a folder, so that no read can hang. */
export interface OpenFile {
  fd: number;
  /** Bytes, when it was opened. */
  size: number;
}

/** Opens a regular file, hands it to `use`, and closes it. Throws what opening throws, or when it is no regular file. */
export function withRegularFile<T>(path: string, use: (file: OpenFile) => T): T {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new Error('not a regular file');
    return use({ fd, size: stat.size });
  } finally {
    closeSync(fd);
  }
}

/** Reads up to `length` bytes at `position` (both in bytes), fewer where the file ends first, `into` memory if given. */
export function readAt(file: OpenFile, position: number, length: number, into?: Buffer): Buffer {
  const bytes = into ?? Buffer.allocUnsafe(length);
  const wanted = Math.min(length, bytes.length);
  let done = 0;
  while (done < wanted) {
    const count = readSync(file.fd, bytes, done, wanted - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

/** A whole small file as text; null when it is larger than `most` bytes. Throws when it can't be read. */
export function readSmallFile(path: string, most: number): string | null {
  return withRegularFile(path, (file) => (file.size > most ? null : readAt(file, 0, file.size).toString('utf8')));
}
