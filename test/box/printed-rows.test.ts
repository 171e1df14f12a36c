import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sessionsFolder, until } from '../support/claude-home.ts';
import { id, session } from '../support/fake-claude.ts';
import { Screen } from '../support/screen.ts';
import { lacks } from '../support/tools.ts';
import { builds, type Scratch, scratch } from '../support/wt.ts';

function box(): Scratch {
  const home = scratch();
  sessionsFolder(home.conf);
  session(home, { id: id(1), title: 'First', at: Date.now() - 3_600_000, cwd: join(home.home, 'one') });
  session(home, { id: id(2), title: 'Second', at: Date.now() - 7_200_000, cwd: join(home.home, 'two') });
  return home;
}

describe.each(builds)('$name: a number is of the rows', (build) => {
  const wt = build.argv.map((word) => `'${word}'`).join(' ');

  test.skipIf(lacks('tmux'))(
    'of this terminal, or else of the one that looks at this tmux pane',
    async () => {
      using home = box();
      // The login's shell prints rows, then goes into a tmux of its own, whose pane was made by nobody in particular.
      const inner = join(home.home, 'inner.sh');
      writeFileSync(inner, `${wt} path 2; ${wt} -n 1 --list >/dev/null; ${wt} path 2; ${wt} path 1; exec sleep 600\n`);
      const outer = join(home.home, 'outer.sh');
      const start = `env -u TMUX -u TMUX_PANE tmux -L inner-${process.pid} -f /dev/null new-session`;
      writeFileSync(
        outer,
        `${wt} --list >/dev/null; ${start} -d "sleep 600"; ${start} "sh '${inner}'"; exec sleep 600\n`,
      );
      const env = { ...home.env, SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22' };
      try {
        using screen = Screen.start(home, ['sh', outer], { env });
        await screen.until('there is no row 2: 1 row was last printed here');
        await screen.until(/one$/m);
        expect(screen.text()).toMatch(/two\nwt: there is no row 2: 1 row was last printed here; wt --list\n.*one/);
      } finally {
        spawnSync('tmux', ['-L', `inner-${process.pid}`, 'kill-server'], { env: home.env });
      }
    },
    60_000,
  );

  test.skipIf(lacks('tmux', 'script'))(
    'of the terminal that this one was opened from',
    async () => {
      using home = box();
      const outer = join(home.home, 'outer.sh');
      writeFileSync(outer, `${wt} --list >/dev/null; script -qc "${wt} path 2" /dev/null; exec sleep 600\n`);
      using screen = Screen.start(home, ['sh', outer]);
      await screen.until(/two$/m);
    },
    60_000,
  );

  test.skipIf(lacks('tmux'))(
    'and never of a login that is over, nor of another one',
    async () => {
      using home = box();
      const env = { ...home.env, SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22' };
      {
        using screen = Screen.start(home, ['sh', '-c', `${wt} --list; ${wt} path 2`], { env });
        await screen.until('two');
        await screen.end();
      }
      expect(
        readdirSync(join(home.env.XDG_RUNTIME_DIR!, 'wt')).filter((name) => name.startsWith('rows-')),
      ).toHaveLength(1);
      using again = Screen.start(home, ['sh', '-c', `${wt} path 2; exec sleep 600`], { env });
      await again.until('no rows were printed on this terminal yet');
      // A login that lives on, by another connection: not this one's either.
      using other = Screen.start(home, ['sh', '-c', `${wt} --list; exec sleep 600`], {
        env: { ...env, SSH_CONNECTION: '192.0.2.9 50009 192.0.2.2 22' },
      });
      await other.until('Second');
      using third = Screen.start(home, ['sh', '-c', `${wt} path 2; exec sleep 600`], { env });
      await third.until('no rows were printed on this terminal yet');
      // By the same connection, it is: what screen or zellij runs has no other tie to it.
      using same = Screen.start(home, ['sh', '-c', `${wt} path 2; exec sleep 600`], {
        env: { ...env, SSH_CONNECTION: '192.0.2.9 50009 192.0.2.2 22' },
      });
      await same.until('/two');
      await until(() => !same.text().includes('no rows'), 'the row');
    },
    60_000,
  );
});
