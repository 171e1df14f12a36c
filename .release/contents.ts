import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from './tar.ts';

/** What goes into every package, whatever its layout. */
export interface Contents {
  version: string;
  /** All of hooks/, completions too, by their names there. */
  hooks: Entry[];
  installer: Buffer;
  manPage: string;
  /** README, licence and changelog. */
  documents: Entry[];
}

/** Reads what goes into every package from a checkout. */
export function readContents(root: string, version: string, manPage: string): Contents {
  const read = (path: string): Entry => ({ path, content: readFileSync(join(root, path)) });
  return {
    version,
    hooks: readdirSync(join(root, 'hooks')).map((name) => ({ ...read(`hooks/${name}`), path: name })),
    installer: readFileSync(join(root, 'install.sh')),
    manPage,
    documents: ['README.md', 'LICENSE', 'CHANGELOG.md'].map(read),
  };
}

/** Entries below a folder. */
export function below(folder: string, entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => ({ ...entry, path: `${folder}/${entry.path}` }));
}

/** What lies beside the hooks in an installation of some package manager: enough to wire and unwire a shell. */
export function sharedFiles({ hooks, installer }: Contents, installedBy: 'apt' | 'npm'): Entry[] {
  return [
    ...below('hooks', hooks),
    { path: 'install.sh', content: installer, isProgram: true },
    { path: 'installed-by', content: `${installedBy}\n` },
  ];
}

/** The files of the archive that is unpacked anywhere and installs itself. */
export function archiveFiles(contents: Contents, target: string, program: Buffer): Entry[] {
  const { version, hooks, installer, manPage, documents } = contents;
  return below(`watchtower-${version}-${target}`, [
    { path: 'wt', content: program, isProgram: true },
    { path: 'install.sh', content: installer, isProgram: true },
    { path: 'release', content: `${version} ${target}\n` },
    { path: 'wt.1', content: manPage },
    ...below('hooks', hooks),
    ...documents,
  ]);
}
