import { mkdirSync, rmSync, type Stats, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { statFiles } from '../../src/machine/stats.ts';

/** Fills a folder with files of all kinds and gives all that `statFiles` says of them otherwise than a plain stat. */
export function disagreements(folder: string): string[] {
  const names = Array.from({ length: 70 }, (_, n) => String(n).padStart(11, '0'));
  for (const [n, name] of names.entries()) make(n % 7, n, join(folder, name));
  const listed = Buffer.from(names.map((name) => `${name}\0`).join(''));
  const stats = statFiles(folder, listed, 12);
  const wrong = names.flatMap((name, place) => {
    const plain = statOf(join(folder, name));
    const kind = stats.missing.includes(place) ? 'missing' : stats.hidden.includes(place) ? 'hidden' : 'there';
    const facts =
      typeof plain === 'string'
        ? [kind === plain, !stats.isFile(place)]
        : [kind === 'there', stats.isFile(place) === plain.isFile()];
    if (typeof plain !== 'string' && plain.isFile()) {
      facts.push(stats.bytes(place) === plain.size, stats.modifiedAt(place) === plain.mtimeMs);
      facts.push(stats.inode(place) === plain.ino);
      for (const [from, to] of spans) {
        const isWithin = plain.mtimeMs >= from && plain.mtimeMs < to;
        facts.push(stats.modifiedBetween(from, to).includes(place) === isWithin);
      }
    }
    return facts.every(Boolean) ? [] : [`${name}: ${facts.join(' ')}`];
  });
  for (const other of ['nowhere', names[0]!]) {
    const none = statFiles(join(folder, other), listed, 12);
    if (none.missing.length + none.hidden.length !== names.length) wrong.push(`a folder that is ${other}`);
  }
  if (statFiles(folder, Buffer.alloc(0), 12).count !== 0) wrong.push('no names');
  return wrong;
}

const spans = [
  [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  [-1e11, 1e12],
  [1e12, 2e12],
  [4e12, 5e12],
] as const;

/** Nothing, a file (before 1970, now, after 2106), a folder, a link to one, to nothing, to itself, a file behind a link. */
function make(kind: number, n: number, path: string): void {
  const file = (at: string) => {
    writeFileSync(at, 'x'.repeat(n));
    utimesSync(at, n * 1e8 - 5e8 + 0.25, n * 1e8 - 5e8 + 0.25);
  };
  if (kind === 1) rmSync(path, { force: true });
  else if (kind === 2) mkdirSync(path);
  else if (kind === 3) symlinkSync('/nowhere', path);
  else if (kind === 4) symlinkSync(path, path);
  else if (kind === 5) {
    file(`${path}.far`);
    symlinkSync(`${path}.far`, path);
  } else file(path);
}

function statOf(path: string): Stats | 'missing' | 'hidden' {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? 'missing';
  } catch {
    return 'hidden';
  }
}

if ((import.meta as { main?: boolean }).main) console.log(JSON.stringify(disagreements(process.argv[2] ?? '')));
