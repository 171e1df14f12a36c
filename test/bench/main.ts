import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { sizes } from './bounds.ts';
import { forget } from './measure.ts';
import { asMarkdown, asText, type Circumstances } from './report.ts';
import { type Block, growth, measureGiant, measureSize, missed, type Plan } from './rounds.ts';

const help = `npm run bench -- [--quick] [--vs 'COMMAND']… [--markdown] [--sizes N,N…] [--rounds N] [--wt FILE]

Whole processes, in alternating rounds, medians; each against find and node -e 0 in the same rounds.
  --quick      200 and 2,000 sessions only, fewer rounds: under a minute once the homes are made
  --vs         a peer, run by sh in the same home (HOME, XDG_*); may be given several times
  --markdown   tables for the README
  --sizes      other sizes of home
  --rounds     rounds of the cheap rows (default 25, with --quick 15)
  --wt         another native build than dist/wt
Homes are kept in $WT_BENCH_HOMES, else in the temporary folder. Exit status 1: a bound is missed.`;

/** What run.mjs knows: the checkout, the version of the homes' generator, the Node that is the yardstick. */
interface Given {
  root: string;
  generator: string;
  node: string;
}

/** Runs the benchmark and prints it. Gives the exit status: 0, 1 when a bound is missed, 2 for a wrong option. */
async function main(given: Given, args: string[]): Promise<number> {
  let values: ReturnType<typeof options>;
  try {
    values = options(args);
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : error}`);
    return 2;
  }
  if (values.help) {
    console.log(help);
    return 0;
  }
  const quick = values.quick ?? false;
  const scratch = mkdtempSync(join(tmpdir(), 'wt-bench-own-'));
  const plan: Plan = {
    native: [resolve(values.wt ?? join(given.root, 'dist', 'wt'))],
    node: given.node,
    nodeBuild: [given.node, join(given.root, 'dist', 'wt.mjs')],
    peers: values.vs ?? [],
    rounds: Number(values.rounds ?? (quick ? 15 : 25)),
    run: `${process.pid}-${Date.now()}`,
    homes: homesFolder(given.generator),
    scratch,
    say: (text) => process.stderr.write(`… ${text}\n`),
  };
  const wanted = values.sizes?.split(',').map(Number) ?? [...(quick ? sizes.quick : sizes.full)];
  try {
    const around = circumstances(plan);
    const blocks: Block[] = [];
    for (const size of wanted) blocks.push(await measureSize(plan, size));
    const [smaller, larger] = blocks.slice(-2);
    const [from, to] = wanted.slice(-2);
    if (smaller && larger && from && to) blocks.push(growth(smaller, larger, from, to));
    blocks.push(await measureGiant(plan));
    console.log((values.markdown ? asMarkdown : asText)(blocks, around, plan.peers));
    const all = blocks.flatMap((block) => block.rows);
    const bad = all.filter(missed).length;
    const bounded = all.filter((row) => Object.keys(row.limits).length > 0).length;
    console.log(`\n${bounded - bad} bounds held, ${bad} missed`);
    return bad === 0 ? 0 : 1;
  } finally {
    await forget(plan.run, []);
    rmSync(scratch, { recursive: true, force: true });
  }
}

function options(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const known = {
    quick: flag,
    markdown: flag,
    help: flag,
    vs: { ...text, multiple: true },
    sizes: text,
    rounds: text,
    wt: text,
  };
  return parseArgs({ args, options: known as typeof known & { vs: { multiple: true } } }).values;
}

/** The folder of the homes that this generator makes; those of older ones are taken away. */
function homesFolder(generator: string): string {
  const all = process.env.WT_BENCH_HOMES ?? join(tmpdir(), `wt-bench-homes-${process.getuid?.() ?? 0}`);
  mkdirSync(all, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(all)) {
    if (/^[0-9a-f]{12}$/.test(name) && name !== generator) rmSync(join(all, name), { recursive: true });
  }
  return join(all, generator);
}

function circumstances(plan: Plan): Circumstances {
  const first = (command: string, ...args: string[]) => {
    return spawnSync(command, args, { encoding: 'utf8' }).stdout?.split('\n')[0]?.trim() ?? '?';
  };
  const busy = loadavg()[0] ?? 0;
  if (busy > 0.5) plan.say(`this machine is busy (load ${busy.toFixed(1)}): the figures will be too high`);
  if (!existsSync(plan.native[0])) throw new Error(`${plan.native[0]} is missing: npm run build`);
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus()[0]?.model ?? '?'}, ${cpus().length} cores, ${memory}, Linux ${release()}`,
    versions: `${first(plan.native[0], '--version')}, Node ${first(plan.node, '--version')}, ${first('find', '--version')}`,
  };
}

const [given = '{}', ...args] = process.argv.slice(2);
process.exitCode = await main(JSON.parse(given), args);
