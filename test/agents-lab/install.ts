import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { npm } from '../support/npm.ts';

/**
 * The path of a file of an npm package, installed on first use into the user's cache
 * (`$XDG_CACHE_HOME/watchtower-test/<name>`), where nothing is ever half there: npm fills a folder of its own, and that is
 * renamed into place. Install scripts don't run. `file` is given the folder of the install, and null where it is not
 * (whole). Throws with npm's last words when the install fails.
 */
export async function installed(
  name: string,
  packages: string[],
  file: (folder: string) => string | null,
): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'watchtower-test');
  const home = join(cache, name);
  const there = file(home);
  if (there !== null) return there;
  mkdirSync(cache, { recursive: true });
  const making = mkdtempSync(join(cache, `${name}-`));
  try {
    await npm(making, ['install', '--ignore-scripts', '--engine-strict=false', '--no-audit', '--no-fund', ...packages]);
    if (file(making) === null) throw new Error(`npm installed ${packages.join(' ')} without what was looked for`);
    rmSync(home, { recursive: true, force: true });
    renameSync(making, home);
  } catch (error) {
    // Another run may have been first: then its install is as good.
    if (file(home) === null) throw error;
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return file(home)!;
}

/** The native executable of a version of Codex: its build for this platform is a version of its own. */
export function installCodex(version: string): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  return installed(`codex-${version}`, [`@openai/codex@${version}-${platform}`], (folder) => {
    const vendor = join(folder, 'node_modules', '@openai', 'codex', 'vendor');
    if (!existsSync(vendor)) return null;
    // `bin/codex`, and in older ones `codex/codex`.
    const places = readdirSync(vendor).flatMap((triple) =>
      ['bin', 'codex'].map((one) => join(vendor, triple, one, 'codex')),
    );
    return places.find((path) => existsSync(path)) ?? null;
  });
}
