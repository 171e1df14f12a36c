// npm run release [-- [--to FOLDER] TARGET...]: writes release/ (or that folder) anew, the same bytes for the same commit.
// Run by the Bun that package.json pins.
// Needs npm and tar; the network only where npm's cache lacks Bun's executables.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { manPage } from '../src/commands/man.ts';
import { groups } from '../src/commands/table.ts';
import { version } from '../src/version.ts';
import { fetchBase, run } from './bases.ts';
import { archiveFiles, readContents } from './contents.ts';
import { deb } from './deb.ts';
import { gzip } from './gzip.ts';
import { type Manifest, npmPackage } from './npm.ts';
import { tar } from './tar.ts';
import { targets } from './targets.ts';

const root = dirname(import.meta.dirname);

/** When all of it was made, in seconds since the epoch: what SOURCE_DATE_EPOCH says, or else when the last commit was. */
function dateOfRelease(): number {
  const told = process.env.SOURCE_DATE_EPOCH ?? run('git', ['log', '-1', '--format=%ct'], root).trim();
  if (!/^\d{1,10}$/.test(told)) throw new Error(`SOURCE_DATE_EPOCH is no number of seconds: ${told}`);
  return Number(told);
}

function write(release: string, name: string, content: Buffer): void {
  writeFileSync(join(release, name), content);
  console.log(`${(content.length / 1e6).toFixed(1).padStart(6)} MB  ${name}`);
}

function main(release: string, names: string[], scratch: string): void {
  const unknown = names.filter((name) => !targets.some((target) => target.name === name));
  if (unknown.length > 0)
    throw new Error(`unknown: ${unknown.join(' ')} (${targets.map(({ name }) => name).join(' ')})`);
  const seconds = dateOfRelease();
  const contents = readContents(root, version, manPage(groups, version));
  rmSync(release, { recursive: true, force: true });
  mkdirSync(release, { recursive: true });
  for (const { name, base, debian } of targets) {
    if (names.length > 0 && !names.includes(name)) continue;
    const folder = join(scratch, name);
    run('node', ['.native.mjs', name, fetchBase(root, base, folder), folder], root);
    const program = readFileSync(join(folder, 'wt'));
    write(release, `watchtower-${version}-${name}.tar.gz`, gzip(tar(archiveFiles(contents, name, program), seconds)));
    if (debian !== null)
      write(release, `watchtower_${version}_${debian}.deb`, deb(contents, debian, program, seconds, gzip));
    rmSync(folder, { recursive: true });
  }
  run('npm', ['run', '--silent', 'build:node'], root);
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  const nodeBuild = readFileSync(join(root, 'dist/wt.mjs'));
  write(release, `watchtower-${version}.tgz`, gzip(npmPackage(contents, manifest, nodeBuild, seconds)));
  const sums = readdirSync(release)
    .toSorted()
    .map(
      (name) =>
        `${createHash('sha256')
          .update(readFileSync(join(release, name)))
          .digest('hex')}  ${name}\n`,
    );
  write(release, 'SHA256SUMS', Buffer.from(sums.join('')));
}

const scratch = mkdtempSync(join(tmpdir(), 'wt-release-'));
try {
  const { values, positionals } = parseArgs({ options: { to: { type: 'string' } }, allowPositionals: true });
  main(resolve(values.to ?? join(root, 'release')), positionals, scratch);
} catch (error) {
  console.error(`release: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
