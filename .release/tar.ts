/** A file, a symbolic link or a folder as it goes into an archive. */
export interface Entry {
  /** Its path there, without a slash at either end. */
  path: string;
  /** What is in a file, or where a link leads; a folder has neither. */
  content?: Buffer | string;
  linksTo?: string;
  isProgram?: boolean;
}

const blockSize = 512;

/**
 * An archive in ustar format (POSIX.1-1988): the entries by their names, with every folder that they lie in before them,
 * all of them root's and of this time (in seconds since the epoch). The same entries make the same bytes.
 * Throws where a path is longer than 99 bytes.
 */
export function tar(entries: readonly Entry[], seconds: number): Buffer {
  const folders = new Set(entries.flatMap(({ path }) => foldersAbove(path)));
  const all = [...[...folders].map((path): Entry => ({ path })), ...entries];
  all.sort((a, b) => (a.path < b.path ? -1 : 1));
  return Buffer.concat([...all.flatMap((entry) => blocksOf(entry, seconds)), Buffer.alloc(2 * blockSize)]);
}

function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

function blocksOf(entry: Entry, seconds: number): Buffer[] {
  const content = entry.content === undefined ? Buffer.alloc(0) : Buffer.from(entry.content);
  const padding = Buffer.alloc((blockSize - (content.length % blockSize)) % blockSize);
  return [headerOf(entry, content.length, seconds), content, padding];
}

function headerOf({ path, content, linksTo, isProgram }: Entry, size: number, seconds: number): Buffer {
  const isFolder = content === undefined && linksTo === undefined;
  const name = isFolder ? `${path}/` : path;
  if (Buffer.byteLength(name) > 99) throw new Error(`a path is too long for a tar archive: ${path}`);
  const header = Buffer.alloc(blockSize);
  const octal = (value: number, at: number, width: number) => {
    header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1');
  };
  header.write(name, 0);
  octal(linksTo !== undefined ? 0o777 : isFolder || isProgram ? 0o755 : 0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(seconds, 136, 12);
  // The checksum counts itself as spaces.
  header.write(`        ${linksTo !== undefined ? '2' : isFolder ? '5' : '0'}`, 148);
  if (linksTo !== undefined) header.write(linksTo, 157);
  header.write('ustar\x0000root', 257);
  header.write('root', 297);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
