import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { toolPath } from './tools.ts';
import type { Scratch } from './wt.ts';

/** What sshd would do with a login shell, done by a forced command: so any user can try any shell in any home. */
const loginShell = `#!/bin/bash
command=\${SSH_ORIGINAL_COMMAND-}
unset SSH_ORIGINAL_COMMAND SHLVL _
export SHELL=SHELL_PATH
cd
if [ -n "$command" ]; then exec "$SHELL" -c "$command"; fi
exec -a "-\${SHELL##*/}" "$SHELL"
`;

/** An sshd on 127.0.0.1 that logs the user of the test into a scratch home. */
export interface Sshd extends Disposable {
  port: number;
  /** The client's settings file; its one host is called `box`. */
  config: string;
}

/**
 * Starts an sshd with its own keys on a free port, for one home and one shell.
 * It accepts LANG and LC_* from the client, as Debian's does. Throws with its log when it doesn't come up.
 */
export async function startSshd(home: Scratch, shell: string): Promise<Sshd> {
  const folder = join(home.home, '.sshd');
  mkdirSync(folder, { mode: 0o700 });
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  for (const key of ['host', 'user']) {
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)]);
  }
  const login = file('login', loginShell.replace('SHELL_PATH', toolPath(shell) ?? shell));
  chmodSync(login, 0o700);
  // Only root's sshd asks for its folder; a container that never ran the service lacks it.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });

  const port = await freePort();
  const settings = file(
    'sshd_config',
    [
      'ListenAddress 127.0.0.1',
      `Port ${port}`,
      `HostKey ${join(folder, 'host')}`,
      `AuthorizedKeysFile ${join(folder, 'user.pub')}`,
      'PidFile none',
      'UsePAM no',
      'StrictModes no',
      'PermitRootLogin yes',
      'PasswordAuthentication no',
      'PrintMotd no',
      'PrintLastLog no',
      'AcceptEnv LANG LC_*',
      `SetEnv HOME=${home.home}`,
      `ForceCommand ${login}`,
      'Subsystem sftp /usr/lib/openssh/sftp-server',
      '',
    ].join('\n'),
  );
  const log = file('log', '');
  const server: ChildProcess = spawn(toolPath('sshd') ?? 'sshd', ['-D', '-e', '-f', settings], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  server.stderr?.on('data', (data) => existsSync(log) && appendFileSync(log, data));
  for (const end = Date.now() + 10_000; !(await listens(port)); await pause(20)) {
    if (server.exitCode !== null || Date.now() > end)
      throw new Error(`sshd didn't start: ${readFileSync(log, 'utf8')}`);
  }

  const config = file(
    'config',
    [
      'Host box',
      '  HostName 127.0.0.1',
      `  Port ${port}`,
      `  User ${userInfo().username}`,
      `  IdentityFile ${join(folder, 'user')}`,
      '  IdentitiesOnly yes',
      '  StrictHostKeyChecking no',
      `  UserKnownHostsFile ${join(folder, 'known_hosts')}`,
      '  LogLevel ERROR',
      '  SendEnv LANG LC_*',
      '',
    ].join('\n'),
  );
  return {
    port,
    config,
    [Symbol.dispose]: () => {
      server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
