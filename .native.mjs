// The native build: one executable, compiled by Bun from src/. Each flag with its reason.
// usage: node .native.mjs [TARGET EXECUTABLE FOLDER]: for linux-x64, linux-arm64 or -musl of these, from Bun's executable for
// that, into FOLDER; without arguments for this machine, into dist/.
import { spawnSync } from 'node:child_process';

const isMusl = process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
const here = `${process.platform}-${process.arch}${isMusl ? '-musl' : ''}`;
const [target = here, executable, folder = 'dist'] = process.argv.slice(2);

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
  // What `wt --version` says.
  `--define=BUILD_TARGET="${target}"`,
];
if (executable !== undefined) flags.push(`--target=bun-${target}`, `--compile-executable-path=${executable}`);

// (The name of the output file is in the output: another name would give other bytes.)
const bun = ['build', 'src/cli.ts', ...flags, '--outfile', `${folder}/wt`];
process.exit(spawnSync('bun', bun, { stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1);
