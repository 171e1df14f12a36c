// Everything `npm test` does, from a clone with nothing installed to the closing count; `npm run test:slow`,
// `npm run test:claude` and `npm run test:agents` are the other parts of the suite.
// Plain JavaScript without imports from packages: it runs before they are there.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const parts = { '--slow': 'slow', '--claude': 'claude', '--agents': 'agents' };
const project = process.argv.map((arg) => parts[arg]).find(Boolean) ?? 'wt';
const rest = process.argv.slice(2).filter((arg) => !(arg in parts));
const bin = (name) => join(root, 'node_modules', '.bin', name);
const run = (command, args) => spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status === 0;

/**
 * True when node_modules lacks what package-lock.json names, or was made from an older one. What leaves the tools out
 * (NODE_ENV=production, omit=dev) leaves the same time stamp, so they are looked for.
 */
function dependenciesAreStale() {
  const made = join(root, 'node_modules', '.package-lock.json');
  const tools = ['biome', 'bun', 'rolldown', 'tsc', 'vitest'];
  if (tools.some((name) => !existsSync(bin(name)))) return true;
  return !existsSync(made) || statSync(made).mtimeMs < statSync(join(root, 'package-lock.json')).mtimeMs;
}

let passed = 0;
let failed = 0;
let skipped = 0;

function step(name, command, args) {
  console.log(`\n> ${name}`);
  if (run(command, args)) passed += 1;
  else {
    failed += 1;
    console.log(`FAILED: ${name}`);
  }
}

function tests() {
  const folder = mkdtempSync(join(tmpdir(), 'wt-report-'));
  const report = join(folder, 'report.json');
  console.log(`\n> tests (${project})`);
  const green = run(bin('vitest'), [
    'run',
    '--config',
    'test/vitest.config.ts',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...rest,
  ]);
  const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : { testResults: [] };
  rmSync(folder, { recursive: true });
  const cases = result.testResults.flatMap((file) => file.assertionResults);
  const count = (...states) => cases.filter((one) => states.includes(one.status)).length;
  passed += count('passed');
  skipped += count('pending', 'skipped', 'todo');
  failed += count('failed');
  // A file that can't even be loaded, or an error outside a test, has no case of its own.
  if (!green && count('failed') === 0) failed += 1;
  const named = { pending: 'skipped', skipped: 'skipped', todo: 'skipped', failed: 'FAILED' };
  for (const one of cases.filter((c) => c.status in named)) console.log(`${named[one.status]}: ${one.fullName}`);
}

if (dependenciesAreStale() && !run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'])) {
  console.log('\n0 passed, 1 failed, 0 skipped');
  process.exit(1);
}
step('build', 'npm', ['run', '--silent', 'build']);
if (project === 'wt') {
  step('type check', bin('tsc'), []);
  step('lint', bin('biome'), ['check', '--error-on-warnings', '.']);
}
tests();
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed > 0 ? 1 : 0);
