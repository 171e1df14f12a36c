import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Lock {
  packages: Record<string, { version: string; integrity: string } | undefined>;
}

/**
 * Fetches Bun's executable for a target into `folder` and gives its path: from npm's cache or its registry, of the version
 * and with the checksum that package-lock.json names. Throws where that can't be had.
 */
export function fetchBase(root: string, base: string, folder: string): string {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
  const locked = lock.packages[`node_modules/${base}`];
  if (locked === undefined) throw new Error(`package-lock.json does not name ${base}`);
  mkdirSync(folder, { recursive: true });
  const [packed] = JSON.parse(
    run('npm', ['pack', `${base}@${locked.version}`, '--json', '--prefer-offline', '--pack-destination', folder]),
  ) as { filename: string }[];
  const archive = join(folder, packed!.filename.replace('@', '').replace('/', '-'));
  const sum = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (sum !== locked.integrity) throw new Error(`${base} is not what package-lock.json names: ${sum}`);
  run('tar', ['-xzf', archive, '-C', folder, 'package/bin/bun']);
  return join(folder, 'package/bin/bun');
}

/** Runs a program to its end and gives what it printed; throws where it is missing or fails. */
export function run(program: string, args: string[], cwd?: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (error !== undefined) throw new Error(`${program} is needed for a release: ${error.message}`);
  if (status !== 0) throw new Error(`${program} ${args[0]} failed: ${stderr || stdout}`);
  return stdout;
}
