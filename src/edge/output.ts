import { writeSync } from 'node:fs';
import { UserError } from '../errors.ts';

/** Standard output or standard error has lost its reader: not an error of ours, the end of the work. */
export class ClosedPipe extends Error {}

/**
 * Writes the whole text to a descriptor, however often the other end makes us wait.
 * Throws ClosedPipe when nobody reads any more, UserError when the disk is full or the like; a descriptor that was never
 * open is passed over.
 */
export function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  let done = 0;
  while (done < bytes.length) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
      else if (code === 'EPIPE' || code === 'EIO') throw new ClosedPipe();
      else if (code === 'EBADF') return;
      else if (code !== 'EINTR') throw new UserError(`the output can't be written (${code})`);
    }
  }
}

/** Says something on standard output. */
export function say(text: string): void {
  if (text !== '') writeAll(1, text);
}

/** Says something on standard error. */
export function complain(text: string): void {
  writeAll(2, text);
}
