import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sessionsFolder, transcript, Writer } from '../support/claude-home.ts';
import { FakeClaude } from '../support/fake-claude.ts';
import { builds, root, type Scratch, scratch, wt } from '../support/wt.ts';

// musl and glibc before 2.28 have no statx. This machine's library without a name in its table of symbols is such a one.

const [native] = builds.filter((build) => build.name === 'native') as [(typeof builds)[0]];

/** Where this machine's C library lies, as the loader says. */
function libraryPath(): string {
  const { stdout } = spawnSync('ldd', [native.argv[0]], { encoding: 'utf8' });
  return /libc\.so\.6 => (\S+)/.exec(stdout)![1]!;
}

/** A folder with a C library in which `symbol` can't be found; what is started with it in LD_LIBRARY_PATH uses that. */
function libraryWithout(symbol: string, home: Scratch): string {
  const bytes = readFileSync(libraryPath());
  const at = bytes.indexOf(`\0${symbol}\0`, 0, 'latin1');
  bytes.write('_', at + 1, 'latin1');
  const folder = join(home.home, `without-${symbol}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'libc.so.6'), bytes);
  return folder;
}

/** What looking a symbol up gives in a program of Bun's: `dlopen` returns an Error where it is missing. */
function lookedUp(symbol: string, env: Record<string, string>): string {
  const program = `
    const loaded = Bun.FFI.dlopen('libc.so.6', { ${symbol}: { args: [], returns: 'i32' } });
    console.log(loaded instanceof Error ? 'an Error' : typeof loaded.symbols.${symbol});`;
  const bun = join(root, 'node_modules/.bin/bun');
  return spawnSync(bun, ['-e', program], { encoding: 'utf8', env }).stdout.trim();
}

const id = '0a1b2c3d-0000-4000-8000-000000000001';

function fill(home: Scratch): void {
  sessionsFolder(home.conf);
  for (let n = 1; n <= 9; n++) {
    const writer = new Writer({ cwd: home.home, id: `${id.slice(0, -1)}${n}`, at: Date.now() - 9_015_000 });
    transcript(home.conf, {
      cwd: home.home,
      id: writer.id,
      records: [writer.prompt(`task ${n}`), writer.text('Done.', { stop_reason: 'end_turn' })],
    });
  }
}

describe.each(['statx', 'execv'])('a C library without %s', (symbol) => {
  test('makes the native build neither fall silent nor say anything else', () => {
    using home = scratch();
    fill(home);
    const env = { LD_LIBRARY_PATH: libraryWithout(symbol, home) };
    expect(lookedUp(symbol, home.env)).not.toBe('an Error');
    expect(lookedUp(symbol, { ...home.env, ...env })).toBe('an Error');
    for (const args of [
      ['--version'],
      ['--list', '--all'],
      ['--brief'],
      ['show', id.slice(0, -1)],
      ['nobody said so'],
    ]) {
      const usual = wt(native, args, home);
      const without = wt(native, args, home, { env });
      expect([without.status, without.stdout, without.stderr], args.join(' ')).toEqual([
        usual.status,
        usual.stdout,
        usual.stderr,
      ]);
      expect(without.stdout + without.stderr, args.join(' ')).not.toBe('');
    }
  });

  test('starts claude', () => {
    using home = scratch();
    fill(home);
    const claude = new FakeClaude(home);
    const env = { LD_LIBRARY_PATH: libraryWithout(symbol, home) };
    const ended = wt(native, ['resume', id], home, { env });
    // The other programs of this machine may miss the symbol, and say so.
    expect([ended.status, ended.stdout, ended.stderr.match(/^wt: .*/gm)]).toEqual([0, '', null]);
    expect(claude.seen().argv).toEqual(['--resume', id]);
  });
});
