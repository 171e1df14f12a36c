import { below, type Contents, sharedFiles } from './contents.ts';
import { type Entry, tar } from './tar.ts';

/** What package.json of the checkout says that the package says too. */
export interface Manifest {
  name: string;
  version: string;
  description: string;
  license: string;
  engines: Record<string, string>;
}

/** The npm package, before it is compressed: the Node build, which has all that it needs in it, and what install.sh needs. */
export function npmPackage(contents: Contents, manifest: Manifest, program: Buffer, seconds: number): Buffer {
  const { name, version, description, license, engines } = manifest;
  const own = {
    name,
    version,
    description,
    license,
    type: 'module',
    engines,
    bin: { wt: 'dist/wt.mjs' },
    man: ['wt.1'],
  };
  const files: Entry[] = [
    { path: 'package.json', content: `${JSON.stringify(own, null, 2)}\n` },
    { path: 'dist/wt.mjs', content: program, isProgram: true },
    { path: 'wt.1', content: contents.manPage },
    ...sharedFiles(contents, 'npm'),
    ...contents.documents,
  ];
  return tar(below('package', files), seconds);
}
