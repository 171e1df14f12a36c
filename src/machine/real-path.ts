import { realpathSync } from 'node:fs';

/** A path as the kernel shows it, with every link followed; the path itself where that can't be told. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
