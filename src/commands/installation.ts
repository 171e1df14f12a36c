import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { realPath } from '../machine/real-path.ts';
import { readSmallFile } from '../machine/regular-file.ts';

/** The path of this very program. */
export function ownProgram(): string {
  return 'bun' in process.versions ? process.execPath : (process.argv[1] ?? '');
}

/** Where the hooks are installed beside this program, or lie in its checkout, release or npm package. */
export function hooksFolder(): string {
  const beside = dirname(realPath(ownProgram()));
  const folders = [join(beside, '..', 'share', 'wt', 'hooks'), join(beside, 'hooks'), join(beside, '..', 'hooks')];
  return folders.find((folder) => existsSync(join(folder, 'guard.sh'))) ?? folders[0]!;
}

/** The install.sh that lies beside the hooks: it wires and removes what is installed. Null where there is none. */
export function installerPath(): string | null {
  const path = join(hooksFolder(), '..', 'install.sh');
  return existsSync(path) ? path : null;
}

/** The install.sh to name in an advice. */
export function installerName(): string {
  return installerPath() ?? './install.sh';
}

/** What this program is part of. */
export type Origin = 'install.sh' | 'apt' | 'npm' | 'nothing';

/** Which tool installed this program; nothing where it runs from a checkout, or from a release that was only unpacked. */
export function installedBy(): Origin {
  const folder = dirname(hooksFolder());
  if (!/\/share\/wt$|\/lib\/node_modules\/watchtower$/.test(folder)) return 'nothing';
  const told = readWord(join(folder, 'installed-by'));
  return told === 'apt' || told === 'npm' ? told : 'install.sh';
}

/** The version of the hooks in a folder, as their installation noted it; null for those of before that was noted. */
export function versionOfHooks(folder: string): string | null {
  const version = readWord(join(folder, 'version'));
  return /^\d[\w.+-]{0,40}$/.test(version) ? version : null;
}

/** The text of a file that holds a word; empty where it can't be read or is none of ours. */
function readWord(path: string): string {
  try {
    return (readSmallFile(path, 100) ?? '').trim();
  } catch {
    return '';
  }
}
