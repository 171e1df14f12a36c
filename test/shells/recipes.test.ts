// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text is for shells
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { holder, registryRecord, until } from '../support/claude-home.ts';
import { FakeClaude, id, session } from '../support/fake-claude.ts';
import { Screen } from '../support/screen.ts';
import { startSshd } from '../support/sshd.ts';
import { lacks } from '../support/tools.ts';
import { builds, root, type Scratch, scratch } from '../support/wt.ts';
import { leaveBrief, shellHome } from './home.ts';

/** The recipes of the README, as they stand there. */
const recipes = {
  starship: 'export WT_PROMPT; eval "$(starship init bash)"',
  starshipToml: '[env_var.WT_PROMPT]\nformat = "([$env_value]($style) )"',
  p10k: "function prompt_wt() { p10k segment -c '$WT_PROMPT' -e -t '$WT_PROMPT' }",
  tmux: "run 'wt init tmux | tmux source -'",
  fzf: "wt --list | fzf --preview 'wt show --color=always {1}'",
  fzfGo: `wt "$(wt --list | fzf --preview 'wt show --color=always {1}')"`,
  ssh: 'RequestTTY yes\nRemoteCommand ~/.local/bin/wt',
  quiet: 'SetEnv LC_WT=0',
  ntfy: 'while sleep 60; do row=$(wt wait 2>/dev/null) && curl -sd "$row" ntfy.sh/TOPIC; done',
};

/** A home with wt in ~/.local/bin, which is on PATH. */
function homeWithWt(): Scratch {
  const home = scratch();
  const bin = join(home.home, '.local/bin');
  mkdirSync(bin);
  symlinkSync(builds[0]!.argv[0], join(bin, 'wt'));
  home.env.PATH = `${bin}:${home.env.PATH}`;
  return home;
}

describe.skipIf(lacks('fzf', 'tmux', 'bash'))('fzf', () => {
  it('previews the row that it stands on, and wt goes to the row that it gives back', async () => {
    using home = homeWithWt();
    const claude = new FakeClaude(home);
    session(home, { id: id(1), title: 'Fix the redirect', at: Date.now() - 7_200_000 });
    session(home, { id: id(2), title: 'Draft a post', at: Date.now() - 10_800_000 });
    using screen = Screen.start(home, ['bash', '--norc', '-i'], { columns: 160 });
    screen.line("PS1='READY> '");
    await screen.until(/^READY>$/m);
    screen.line(recipes.fzf);
    await screen.until(/ 2\) .*Draft a post/);
    screen.type('Draft');
    // The preview names the whole id, and what was said.
    await screen.until((text) => /│ .*Draft a post/.test(text) && text.includes('The redirect is fixed'));
    screen.press('Enter');
    await screen.until(/^ 2\) .*Draft a post.*\nREADY>$/m);
    screen.line(`clear; ${recipes.fzfGo}`);
    await screen.until(/ 2\) .*Draft a post/);
    screen.type('Fix');
    await screen.until((text) => /│ .*Fix the redirect/.test(text));
    screen.press('Enter');
    await until(() => claude.wasStarted, `claude: ${screen.text()}`, 15_000);
    expect(claude.seen().argv).toEqual(['--resume', id(1)]);
  });
});

describe.skipIf(lacks('sshd', 'ssh', 'tmux', 'bash'))('ssh config', () => {
  it('has a host that is the picker, and one that does not greet', async () => {
    using home = homeWithWt();
    const claude = new FakeClaude(home);
    renameSync(join(claude.folder, 'claude'), join(home.home, '.local/bin/claude'));
    session(home, { id: id(1), title: 'Fix the redirect' });
    using sshd = await startSshd(home, 'bash');
    const settings = ['Host picker', ...recipes.ssh.split('\n'), 'Host quiet', recipes.quiet, 'Host picker quiet'];
    writeFileSync(
      join(home.home, 'config'),
      `${settings.join('\n')}\n${readFileSync(sshd.config, 'utf8').replace('Host box', '')}`,
    );
    using screen = Screen.start(home, ['ssh', '-F', join(home.home, 'config'), 'picker']);
    await screen.until(/Fix the redirect/, 20_000);
    await screen.until(/\? keys/);
    screen.press('Enter');
    await until(() => claude.wasStarted, `claude: ${screen.text()}`, 20_000);
    expect(claude.seen().argv).toEqual(['--resume', id(1)]);
    using quiet = Screen.start(home, ['ssh', '-F', join(home.home, 'config'), 'quiet', 'echo "LC_WT=[$LC_WT]"']);
    await quiet.until('LC_WT=[0]', 20_000);
  });
});

describe.skipIf(lacks('bash', 'curl'))('ntfy', () => {
  it('is told the row of what needs you', async () => {
    using home = homeWithWt();
    using process = holder();
    session(home, { id: id(1), title: '@Fix & "redirect"' });
    registryRecord(home.conf, {
      pid: process.pid,
      sessionId: id(1),
      status: 'waiting',
      waitingFor: 'permission prompt',
    });
    const told: string[] = [];
    const server = createServer((request, response) => {
      let text = `${request.method} ${request.url}\n`;
      request.on('data', (data) => {
        text += data;
      });
      request.on('end', () => {
        told.push(text);
        response.end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const line = recipes.ntfy
      .replace('ntfy.sh', `127.0.0.1:${(server.address() as AddressInfo).port}`)
      .replace('sleep 60', 'sleep 0.1');
    const loop = spawn('bash', ['-c', line], { env: home.env, stdio: 'ignore', detached: true });
    try {
      await until(() => told.length > 1, 'two posts', 20_000);
    } finally {
      if (loop.pid !== undefined) globalThis.process.kill(-loop.pid);
      server.close();
    }
    expect(told[0]).toMatch(/^POST \/TOPIC\n[ 1)]+ ! .*@Fix & "redirect"/);
  });
});

/** The part of starship's own lines for bash that counts here (1.22), and its module, for machines without it. */
const standIn = `#!/bin/sh
case $1 in
init) cat <<'END'
starship_precmd() {
  if [[ -n "\${STARSHIP_PROMPT_COMMAND-}" ]]; then eval "$STARSHIP_PROMPT_COMMAND"; fi
  PS1="$(starship prompt)"
}
STARSHIP_PROMPT_COMMAND="$PROMPT_COMMAND"
PROMPT_COMMAND="starship_precmd"
END
;;
*) printf '%sSTAR> ' "\${WT_PROMPT:+$WT_PROMPT }" ;;
esac
`;

describe.skipIf(lacks('tmux', 'bash'))('starship', () => {
  it('shows the brief of this very prompt, and nothing where there is none', async () => {
    using home = shellHome('#!/bin/sh\n');
    const bin = join(home.home, '.local/bin');
    if (lacks('starship')) writeFileSync(join(bin, 'starship'), standIn, { mode: 0o755 });
    const config = join(home.home, 'starship.toml');
    writeFileSync(config, `add_newline = false\nformat = "\${env_var.WT_PROMPT}STAR> "\n${recipes.starshipToml}\n`);
    home.rc('bash', '', `PATH=${bin}:${process.env.PATH}; export STARSHIP_CONFIG=${config}\n${recipes.starship}`);
    leaveBrief(home, '!1 *2\n');
    using screen = Screen.start(home, ['bash', '-i'], { env: home.env });
    await screen.until(/^!1 ●2 STAR>$/m);
    leaveBrief(home, '!3\n');
    screen.line('');
    await screen.until(/^!3 STAR>$/m);
    leaveBrief(home, '\n');
    screen.line('clear');
    await screen.until(/^STAR>$/m);
    screen.line('exit');
    await screen.end();
  });
});

describe.skipIf(lacks('zsh', 'tmux'))('powerlevel10k', () => {
  it('is given a segment that shows the brief while there is one', async () => {
    using home = shellHome('#!/bin/sh\n');
    // What its manual says of these flags (p10k help segment): -c hides what expands to nothing, -e expands -t.
    const standIn = 'p10k() { [[ "$1$2$4$5" == segment-c-e-t && -n ${(e)3} ]] && print -r -- "segment=[${(e)6}]" }';
    home.rc('zsh', '', `${standIn}\n${recipes.p10k}\nprecmd_functions+=(prompt_wt)`);
    leaveBrief(home, '!1 *2\n');
    using screen = Screen.start(home, ['zsh', '-i'], { env: home.env });
    await screen.until('segment=[!1 ●2]\n');
    leaveBrief(home, '\n');
    screen.line('clear');
    await screen.until(/^READY>$/);
    screen.line('exit');
    await screen.end();
  });
});

describe.skipIf(lacks('tmux'))('tmux', () => {
  it('asks wt for its lines at each start', async () => {
    using home = homeWithWt();
    session(home, { id: id(1) });
    appendFileSync(join(home.home, '.tmux.conf'), `${recipes.tmux}\n`);
    using screen = Screen.start(home, ['tmux', 'new', '-s', 'main']);
    try {
      await screen.until(/⧗1 "/, 20_000);
      screen.press('C-b', 'W');
      await screen.until(/\? keys/, 20_000);
    } finally {
      spawn('tmux', ['kill-server'], { env: home.env });
    }
  });
});

it('stands in the README as it was tried', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  expect(readme.includes(recipes.p10k)).toBe(true);
});
