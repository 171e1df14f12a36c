import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

/** The full path of a program on PATH (or in the sbin folders), or null where this machine lacks it. */
export function toolPath(name: string): string | null {
  for (const folder of folders) {
    const path = join(folder, name);
    if (folder !== '' && existsSync(path)) return path;
  }
  return null;
}

/** True when any of the named programs is missing: for `describe.skipIf`, so that it's counted and named. */
export function lacks(...names: string[]): boolean {
  return names.some((name) => toolPath(name) === null);
}
