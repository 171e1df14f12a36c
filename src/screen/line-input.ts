import { fstatSync, openSync, readSync } from 'node:fs';
import { looksLikeTerminal } from '../machine/terminals.ts';

/**
 * Where a person's line comes from when standard input may be no terminal: from it where it is one or something that
 * was given on purpose (a pipe, a file, a socket), else from the controlling terminal. Null where there is nobody.
 */
export function lineInput(): number | null {
  if (looksLikeTerminal(0) || isGiven(0)) return 0;
  try {
    return openSync('/dev/tty', 'r');
  } catch {
    return null;
  }
}

function isGiven(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isFIFO() || stat.isFile() || stat.isSocket();
  } catch {
    return false;
  }
}

const longestLine = 4096;

/** One line without its end, and not a byte beyond it; null where the input has ended. Waits for it. */
export function readLine(fd: number): string | null {
  const bytes: number[] = [];
  const byte = Buffer.alloc(1);
  for (;;) {
    const count = readByte(fd, byte);
    if (count === 0 && bytes.length === 0) return null;
    if (count === 0 || byte[0] === 0x0a) return Buffer.from(bytes).toString('utf8').replace(/\r$/, '');
    if (bytes.length < longestLine) bytes.push(byte[0]!);
  }
}

function readByte(fd: number, byte: Buffer): number {
  for (;;) {
    try {
      return readSync(fd, byte, 0, 1, null);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      else if (code !== 'EINTR') return 0;
    }
  }
}
