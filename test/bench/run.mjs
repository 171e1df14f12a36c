// `npm run bench`: bundles the benchmark (TypeScript, which Node 20 can't run by itself) and starts it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));

/** The text of a module and of all that it imports. */
function bundle(name) {
  const bun = join(root, 'node_modules', '.bin', 'bun');
  const made = spawnSync(bun, ['build', join(here, name), '--target=node', '--minify-whitespace'], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (made.status !== 0) throw new Error(`can't bundle ${name}; run npm ci first\n${made.stderr ?? made.error}`);
  return made.stdout;
}

if (!existsSync(join(root, 'dist', 'wt')) && spawnSync('npm', ['run', 'build'], { cwd: root }).status !== 0) {
  throw new Error('npm run build fails');
}
const folder = mkdtempSync(join(tmpdir(), 'wt-bench-code-'));
try {
  const file = join(folder, 'main.mjs');
  writeFileSync(file, bundle('main.ts'));
  // Homes are kept from run to run, under a name that changes with the code that makes them.
  const generator = createHash('sha256').update(bundle('home.ts')).digest('hex').slice(0, 12);
  const { main } = await import(pathToFileURL(file).href);
  process.exitCode = await main({ root, generator, args: process.argv.slice(2) });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
