import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { npm } from '../support/npm.ts';

/**
 * The versions that the lab runs, each named exactly: on Node 20 npm would quietly take an older one that accepts it.
 * The last is the newest, with which every test runs. The others have something of their own: 2.1.119 is the first that
 * records a status, 2.1.145 says `permission prompt`, 2.1.197 is what npm takes on Node before 22.
 */
export const versions = ['2.1.119', '2.1.145', '2.1.197', '2.1.330', '2.1.332'] as const;

export type Version = (typeof versions)[number];

export const newest: Version = '2.1.332';

/** Where npm puts the native executable of this platform, below the folder of the install. */
function binary(folder: string): string {
  const musl = process.platform === 'linux' && existsSync('/etc/alpine-release') ? '-musl' : '';
  const name = `claude-code-${process.platform}-${process.arch}${musl}`;
  return join(folder, 'node_modules', '@anthropic-ai', name, 'claude');
}

/**
 * The path of a version's native executable, installed on first use into the user's cache
 * (`$XDG_CACHE_HOME/watchtower-test`), beside which nothing is ever half there: npm fills a folder of its own, and that
 * is renamed into place. Install scripts don't run. Throws with npm's last words when the install fails.
 */
export async function installClaude(version: Version = newest): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'watchtower-test');
  const home = join(cache, `claude-${version}`);
  if (existsSync(binary(home))) return binary(home);
  mkdirSync(cache, { recursive: true });
  const making = mkdtempSync(join(cache, `claude-${version}-`));
  try {
    await npm(making, [
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      `@anthropic-ai/claude-code@${version}`,
    ]);
    if (!existsSync(binary(making))) throw new Error(`npm installed Claude Code without ${binary(making)}`);
    rmSync(home, { recursive: true, force: true });
    renameSync(making, home);
  } catch (error) {
    // Another run may have been first: then its install is as good.
    if (!existsSync(binary(home))) throw error;
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return binary(home);
}
