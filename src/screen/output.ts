import { writeSync } from 'node:fs';
import { asciiOnly } from '../core/text.ts';
import { UserError } from '../errors.ts';
import { showsUtf8 } from './read-world.ts';

/** Standard output or standard error has lost its reader: not an error of ours, the end of the work. */
export class ClosedPipe extends Error {}

/**
 * Writes the whole text, or UTF-8, to a descriptor, however often the other end makes us wait.
 * Throws ClosedPipe when nobody reads any more, UserError when the disk is full or the like; a descriptor that was never
 * open is passed over.
 */
export function writeAll(fd: number, text: string | Uint8Array): void {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
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

/** Writes to standard output exactly: data, and lines that were drawn for this screen. */
export function write(text: string | Uint8Array): void {
  if (text.length > 0) writeAll(1, text);
}

/** Tells people something on standard output, in what their screen can show. */
export function print(text: string): void {
  write(forPeople(text));
}

/** Tells people something on standard error, in what their screen can show. */
export function printError(text: string): void {
  writeAll(2, forPeople(text));
}

const utf8 = showsUtf8(process.env);

/** The one place where words lose what a screen without UTF-8 would garble. Line ends, tabs and colours stay. */
function forPeople(text: string): string {
  return utf8 ? text : text.replace(/[^\0-\x1f]+/g, (line) => asciiOnly(line));
}
