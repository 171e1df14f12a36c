import { chmodSync, constants, copyFileSync, lchownSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Build, builds, root, type Scratch } from './wt.ts';

export const isRoot = process.getuid?.() === 0;

const nobody = 65534;

/**
 * What makes wt run as a user for whom permissions hold: itself where the tests don't run as root, else nobody, who
 * then owns the scratch home. `wrap` stands before the command; the builds are copies that this user can reach.
 */
export function ordinaryUser(home: Scratch): { wrap: string[]; builds: Build[] } {
  if (!isRoot) return { wrap: [], builds };
  const folder = join(home.home, 'programs');
  mkdirSync(folder);
  const copy = (from: string, name: string) => {
    copyFileSync(from, join(folder, name), constants.COPYFILE_FICLONE);
    chmodSync(join(folder, name), 0o755);
    return join(folder, name);
  };
  const native = copy(join(root, 'dist/wt'), 'wt');
  const [node, bundle] = [copy(process.execPath, 'node'), copy(join(root, 'dist/wt.mjs'), 'wt.mjs')];
  give(home.home, nobody);
  return {
    wrap: ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'],
    builds: [
      { name: 'native', argv: [native] },
      { name: 'node', argv: [node, bundle] },
    ],
  };
}

/** Gives a file, or a folder with all that is in it, to another user. */
export function give(path: string, user: number): void {
  lchownSync(path, user, user);
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) give(join(path, name), user);
}
