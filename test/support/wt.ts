import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout under test. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A build of wt: the words that start it. */
export interface Build {
  name: 'native' | 'node';
  argv: [string, ...string[]];
}

/** Both builds, for `describe.each(builds)`. */
export const builds: Build[] = [
  { name: 'native', argv: [join(root, 'dist/wt')] },
  { name: 'node', argv: [process.execPath, join(root, 'dist/wt.mjs')] },
];

/** A scratch home with every folder that wt or a shell may look at. */
export interface Scratch extends Disposable {
  home: string;
  /** Claude's own folder in it ($CONF). */
  conf: string;
  /** The whole environment for `env -i`: nothing of the developer's own is in it. */
  env: Record<string, string>;
}

/** Makes a scratch home below the temporary folder; `using home = scratch()` removes it again. */
export function scratch(): Scratch {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'wt-home-')));
  const folder = (name: string) => {
    mkdirSync(join(home, name), { recursive: true, mode: 0o700 });
    return join(home, name);
  };
  return {
    home,
    conf: folder('.claude'),
    env: {
      HOME: home,
      PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
      LANG: 'C.UTF-8',
      TERM: 'xterm-256color',
      ZDOTDIR: home,
      XDG_CACHE_HOME: folder('.cache'),
      XDG_STATE_HOME: folder('.local/state'),
      XDG_DATA_HOME: folder('.local/share'),
      XDG_CONFIG_HOME: folder('.config'),
      XDG_RUNTIME_DIR: folder('.run'),
      TMUX_TMPDIR: folder('.tmux'),
    },
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** Runs a build to its end, standard input empty, in the scratch home unless `cwd` says otherwise. */
export function wt(
  build: Build,
  args: string[],
  home: Scratch,
  options: { env?: Record<string, string | undefined>; cwd?: string; input?: string | Buffer; timeout?: number } = {},
): SpawnSyncReturns<string> {
  const env = Object.fromEntries(
    Object.entries({ ...home.env, ...options.env }).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  return spawnSync(build.argv[0], [...build.argv.slice(1), ...args], {
    cwd: options.cwd ?? home.home,
    env,
    input: options.input ?? '',
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    timeout: options.timeout ?? 30_000,
  });
}
