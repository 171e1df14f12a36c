// The native build: one executable, compiled by Bun from src/. Each flag with its reason.
import { spawnSync } from 'node:child_process';

const flags = [
  '--compile',
  // What only some commands need lies in chunks of its own and is loaded when they run: a tenth of a greeting.
  '--splitting',
  '--format=esm',
  '--minify',
  // Nothing is parsed at the start: a third of a greeting.
  '--bytecode',
  // A login is over before compiled code could pay: without this the compiler takes another third of it.
  '--compile-jit-policy=100',
  // A program that is started inside of repositories must not run what lies there.
  '--no-compile-autoload-dotenv',
  '--no-compile-autoload-bunfig',
];

const bun = ['build', 'src/cli.ts', ...flags, '--outfile', 'dist/wt'];
process.exit(spawnSync('bun', bun, { stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1);
