import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processStat, type RegistryOptions, registryRecord, until } from './claude-home.ts';
import { id } from './fake-claude.ts';
import { Screen } from './screen.ts';
import type { Scratch } from './wt.ts';

/** What a holder does at SIGTERM: it removes its record and ends; or nothing. */
export const polite = 'trap "rm -f $RECORD; exit 143" TERM';
export const deaf = 'trap "" TERM';

/**
 * A terminal in which a `claude`, below a shell, holds the session 1, as its registry record says. It is a tmux pane,
 * which wt sees, unless the terminal belongs to a home `apart` from this one.
 */
export async function held(
  home: Scratch,
  trap = polite,
  fields: Partial<RegistryOptions> = {},
  apart: Scratch = home,
): Promise<Holder> {
  const folder = mkdtempSync(join(home.home, 'holder-'));
  const [program, ready] = [join(folder, 'claude'), join(folder, 'ready')];
  const record = `RECORD='${home.conf}'/sessions/$$.json`;
  writeFileSync(program, `#!/bin/bash\n${record}\n${trap}\necho $$ >'${ready}'\nwhile :; do sleep 0.05; done\n`);
  chmodSync(program, 0o755);
  const screen = Screen.start(apart, ['sh', '-c', '"$0" & wait; exec sleep 600', program]);
  await until(() => existsSync(ready) && readFileSync(ready, 'utf8').endsWith('\n'), 'the holder');
  const pid = Number(readFileSync(ready, 'utf8'));
  registryRecord(home.conf, { pid, sessionId: id(1), cwd: join(home.home, 'api'), ...fields });
  return {
    pid,
    screen,
    socket: screen.socketPath(),
    runs: () => /[RST]/.test(processStat(pid)?.state ?? 'X'),
    [Symbol.dispose]() {
      if (processStat(pid) !== null) process.kill(pid, 'SIGKILL');
      screen[Symbol.dispose]();
    },
  };
}

/** A process that holds a session, and its terminal. */
export interface Holder extends Disposable {
  pid: number;
  screen: Screen;
  /** The socket of its tmux server. */
  socket: string;
  runs(): boolean;
}
