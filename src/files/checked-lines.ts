import { readOwnFile, writeOwnFile } from './own-files.ts';

/**
 * A file of wt's own made of lines that each carry a checksum, under a first line that says what it is. A line that
 * was damaged, however little, is as good as absent.
 */
export function readCheckedLines(path: string, heading: string): string[] {
  const text = readOwnFile(path)?.toString('utf8') ?? '';
  const first = text.indexOf('\n');
  if (first < 0 || text.slice(0, first) !== heading) return [];
  const lines = text.slice(first + 1).split('\n');
  lines.pop();
  return lines;
}

/** The content of one such line; null where its checksum does not hold. */
export function checkLine(line: string): string | null {
  const space = line.indexOf(' ');
  const content = line.slice(space + 1);
  return space > 0 && line.slice(0, space) === checksum(content) ? content : null;
}

/** A line that `checkLine` will take. The content holds no newline. */
export function sealLine(content: string): string {
  return `${checksum(content)} ${content}`;
}

/** Writes such a file; false where that can't be done. */
export function writeCheckedLines(path: string, heading: string, lines: Iterable<string>): boolean {
  let text = `${heading}\n`;
  for (const line of lines) text += `${line}\n`;
  return writeOwnFile(path, text);
}

/** 32 bits over the UTF-16 units, in base 36: against accidents, not against people. */
export function checksum(text: string): string {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return (sum >>> 0).toString(36);
}
