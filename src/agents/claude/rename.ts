import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { TranscriptFile } from '../../core/session.ts';
import { UserError } from '../../errors.ts';

/**
 * Gives a closed session a title as Claude Code's own picker does (seen with 2.1.330; 2.1.119 to 2.1.197 write the record
 * alone, and read it): a record at the end of the transcript, and `<id>/custom-title.json`. `keepTime` leaves the
 * transcript its mtime, by which Claude sorts and cleans up. Throws UserError where it can't be written; the transcript is
 * as it was then.
 */
export function renameSession(file: TranscriptFile, title: string, keepTime: boolean): void {
  const record = { type: 'custom-title', customTitle: title, sessionId: file.id };
  try {
    writeBeside(file, `${JSON.stringify({ customTitle: title })}`);
    append(file.path, `${JSON.stringify(record)}\n`, keepTime);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UserError(`the title can't be written beside ${file.path} (${code ?? message})`);
  }
}

/** The title in a folder beside the transcript, written beside its place and renamed into it. */
function writeBeside(file: TranscriptFile, text: string): void {
  const folder = join(dirname(file.path), file.id);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!lstatSync(folder).isDirectory()) throw new Error('its folder is a link');
  const path = join(folder, 'custom-title.json');
  const beside = `${path}.${process.pid}`;
  try {
    writeFileSync(beside, text, { mode: 0o600, flag: 'wx' });
    renameSync(beside, path);
  } catch (error) {
    try {
      unlinkSync(beside);
    } catch {
      // It was never made.
    }
    throw error;
  }
}

const newline = 10;

/** Appends a line to a transcript, behind a newline where it ends without one. */
function append(path: string, line: string, keepTime: boolean): void {
  const { O_RDWR, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
  const fd = openSync(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
  try {
    const before = fstatSync(fd);
    if (!before.isFile()) throw new Error('no regular file');
    const last = Buffer.alloc(1);
    const endsLine = before.size === 0 || (readSync(fd, last, 0, 1, before.size - 1) === 1 && last[0] === newline);
    const bytes = Buffer.from(endsLine ? line : `\n${line}`);
    const written = writeWhole(fd, bytes, before.size);
    // Who has written meanwhile has made it newer.
    const isOurs = fstatSync(fd).size === before.size + written;
    if (keepTime && isOurs) futimesSync(fd, before.atimeMs / 1000, before.mtimeMs / 1000);
  } finally {
    closeSync(fd);
  }
}

/** Writes all bytes to the end of a file of `size` bytes, or none of them: half a line would swallow the next record. */
function writeWhole(fd: number, bytes: Buffer, size: number): number {
  let done = 0;
  try {
    while (done < bytes.length) done += writeSync(fd, bytes, done);
  } catch (error) {
    if (done > 0 && fstatSync(fd).size === size + done) ftruncateSync(fd, size);
    throw error;
  }
  return done;
}
