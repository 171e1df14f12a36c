import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  lutimesSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holder, registryRecord, transcript, Writer } from '../support/claude-home.ts';
import { Screen } from '../support/screen.ts';
import { type Sshd, startSshd } from '../support/sshd.ts';
import { lacks, toolPath } from '../support/tools.ts';
import { builds, root, type Scratch, scratch } from '../support/wt.ts';
import { count, shells } from './home.ts';

/** A checkout whose builds are this one's, and current, so that install.sh has nothing to fetch or build. */
function currentCheckout(home: Scratch): string {
  const checkout = join(home.home, '.checkout');
  const past = new Date(Date.now() - 3_600_000);
  mkdirSync(join(checkout, 'dist'), { recursive: true });
  cpSync(join(root, 'hooks'), join(checkout, 'hooks'), { recursive: true });
  copyFileSync(join(root, 'install.sh'), join(checkout, 'install.sh'));
  symlinkSync(join(root, 'src'), join(checkout, 'src'));
  lutimesSync(join(checkout, 'src'), past, past);
  for (const name of ['package.json', 'package-lock.json', '.native.mjs', '.rolldown.mjs']) {
    copyFileSync(join(root, name), join(checkout, name));
    utimesSync(join(checkout, name), past, past);
  }
  mkdirSync(join(checkout, 'node_modules'));
  symlinkSync(join(root, 'node_modules/.bin'), join(checkout, 'node_modules/.bin'));
  writeFileSync(join(checkout, 'node_modules/.package-lock.json'), '');
  for (const name of ['wt', 'wt.mjs']) symlinkSync(join(root, 'dist', name), join(checkout, 'dist', name));
  return checkout;
}

describe.each(builds)('the $name build', (build) => {
  describe.skipIf(lacks('sshd', 'ssh', 'tmux')).each(shells)('installed for %s', (shell) => {
    describe.skipIf(lacks(shell))('over a real sshd', () => {
      let home: Scratch;
      let sshd: Sshd;

      beforeAll(async () => {
        home = scratch();
        // (The time-out is for a loaded machine.)
        for (const name of ['.bashrc', '.profile']) copyFileSync(`/etc/skel/${name}`, join(home.home, name));
        appendFileSync(join(home.home, '.bashrc'), 'WT_TIMEOUT=10\n');
        writeFileSync(join(home.home, '.zshrc'), "WT_TIMEOUT=10\nunsetopt prompt_sp\nPROMPT='%n@%m:%~%# '\n");
        mkdirSync(join(home.home, '.config/fish'), { recursive: true });
        mkdirSync(join(home.home, '.local/share/fish/generated_completions'), { recursive: true });
        writeFileSync(
          join(home.home, '.config/fish/config.fish'),
          "set -g WT_TIMEOUT 10\nset -g fish_greeting\nset -g fish_autosuggestion_enabled 0\nfunction fish_prompt; echo -n (prompt_pwd)'# '; end\n",
        );
        const installed = spawnSync(
          'sh',
          [join(currentCheckout(home), 'install.sh'), '--shell', shell, ...(build.name === 'node' ? ['--node'] : [])],
          {
            env: { HOME: home.home, PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', SHELL: toolPath(shell) ?? '' },
            input: '',
            encoding: 'utf8',
          },
        );
        expect(installed).toMatchObject({ status: 0, stderr: '' });
        expect(installed.stdout).toContain('no Claude Code sessions under');
        sshd = await startSshd(home, shell);
      });
      afterAll(() => {
        sshd?.[Symbol.dispose]();
        home?.[Symbol.dispose]();
      });

      const prompt = /[#$%] ?$/;
      /** Logs in, types the lines, and gives the whole screen after logout. */
      async function login(...lines: string[]): Promise<string> {
        using screen = Screen.start(home, ['ssh', '-F', sshd.config, 'box'], { columns: 130 });
        await screen.until(prompt);
        for (const line of lines) {
          screen.line(line);
          const shown = line.slice(0, 12);
          await screen.until((text) => prompt.test(text) && text.includes(shown) && !text.endsWith(line));
        }
        screen.line('exit');
        await screen.end();
        return screen.text();
      }

      it('is silent while there is no session', async () => {
        expect(await login()).toMatch(/^[^\n]*[#$%] exit(\n|$)/);
      });

      it('greets with a live session, leaves its brief for the prompt and its numbers for wt', async () => {
        using claude = holder();
        const project = join(home.home, 'homelab');
        mkdirSync(project, { recursive: true });
        const writer = new Writer({ cwd: project, at: Date.now() - 16_000 });
        transcript(home.conf, {
          cwd: project,
          id: writer.id,
          records: [writer.prompt('Investigate nested o directories')],
        });
        registryRecord(home.conf, {
          pid: claude.pid,
          sessionId: writer.id,
          cwd: project,
          status: 'waiting',
          waitingFor: 'permission prompt',
        });
        const text = await login(
          'echo "prompt=[$WT_PROMPT]"',
          `~/.local/bin/wt resume 1 --dry-run; echo "status=${shell === 'fish' ? '$status' : '$?'}"`,
        );
        expect(text).toMatch(/^ *watchtower · 1 needs you\n/);
        expect(text).toContain(`  homelab  ${writer.id.slice(0, 8)}  Investigate nested o directories`);
        expect(text).toMatch(/^prompt=\[!1\]$/m);
        expect(text).toMatch(new RegExp(`^wt: .*${claude.pid}`, 'm'));
        expect(text).toContain('status=1');
        expect(count(text, 'watchtower ·')).toBe(1);

        rmSync(join(home.conf, 'sessions'), { recursive: true });
      });
    });
  });
});
