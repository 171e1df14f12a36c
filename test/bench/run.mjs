// `npm run bench`: starts the benchmark. It runs in Bun, because Node 20 can't run TypeScript and because Node's way
// of starting a process takes longer the more memory Node holds: 1 to 3 ms, on figures of 5 ms.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const bun = join(root, 'node_modules', '.bin', 'bun');

function must(made, what) {
  if (made.status !== 0) throw new Error(`${what} fails (run npm ci first)\n${made.stderr ?? made.error}`);
  return made.stdout;
}

if (!existsSync(join(root, 'dist', 'wt'))) {
  must(spawnSync('npm', ['run', 'build'], { cwd: root, encoding: 'utf8' }), 'npm run build');
}
// Homes are kept from run to run, under a name that changes with the code that makes them.
const bundled = spawnSync(bun, ['build', join(here, 'home.ts'), '--target=node', '--minify-whitespace'], {
  encoding: 'utf8',
});
const generator = createHash('sha256').update(must(bundled, 'bun build')).digest('hex').slice(0, 12);
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env; // this one alone adds 35 ms to every start of Node
const given = JSON.stringify({ root, generator, node: process.execPath });
const ran = spawnSync(bun, [join(here, 'main.ts'), given, ...process.argv.slice(2)], { stdio: 'inherit', env });
process.exitCode = ran.status ?? 1;
