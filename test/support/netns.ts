import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { lacks, toolPath } from './tools.ts';
import { type Build, type Scratch, scratch, wt } from './wt.ts';

/** Why there can be no boxes with links of their own here; null where there can. */
export function whyNoBoxes(): string | null {
  if (process.getuid?.() !== 0) return 'this needs root';
  if (lacks('ip', 'sshd', 'ssh', 'ssh-keygen', 'iptables')) return 'ip, iptables or OpenSSH is missing';
  const name = `wtprobe${process.pid}`;
  const made = spawnSync('ip', ['netns', 'add', name]).status === 0;
  const works = made && spawnSync('ip', ['netns', 'exec', name, 'true']).status === 0;
  if (made) spawnSync('ip', ['netns', 'del', name]);
  return works ? null : 'no network namespaces can be made here';
}

/** What a box does with the command that it is sent, as sh; `$command` is that, `exec`uted by a shell for a real one. */
const asSent = 'exec "$SHELL" -c "$command"';

/** How a box is to be. */
export interface BoxOptions {
  /** Its user's login shell. */
  shell?: string;
  /** What happens in place of the command: lines of sh; `$as_sent` is what usually does. */
  instead?: string;
  /** It accepts no key. */
  refuses?: boolean;
  /** It has no sshd. */
  deaf?: boolean;
  /** The build of wt in its `~/.local/bin`. */
  build?: Build;
  settings?: string[];
}

/** A box of the lab: a network namespace with one link, an sshd and a home of its own. */
export interface LabBox {
  name: string;
  address: string;
  home: Scratch;
  /** What it was sent, one command a line. */
  commands(): string[];
  /** Runs a program in its network. */
  run(...argv: string[]): void;
  /** Drops all that comes, or no more. */
  drop(isDropping: boolean): void;
}

/** What came of a program. */
export interface Ended {
  stdout: string;
  stderr: string;
  status: number | null;
}

let labs = 0;

/** Boxes and a client, each in a network namespace, all linked to the client; gone with `using`. */
export class Lab implements Disposable {
  /** The client's home. */
  readonly home: Scratch = scratch();
  readonly #name = `wtl${process.pid % 10000}x${++labs}`;
  readonly #boxes: LabBox[] = [];
  readonly #servers: ChildProcess[] = [];
  readonly #keys: string;
  readonly #config: string;

  constructor() {
    this.#keys = join(this.home.home, 'keys');
    mkdirSync(this.#keys, { mode: 0o700 });
    for (const key of ['host', 'user', 'other'])
      spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(this.#keys, key)]);
    mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    ip('netns', 'add', this.#client);
    ip('-n', this.#client, 'link', 'set', 'lo', 'up');
    // ssh takes the home of its user from the system, so wt is given an ssh that has its settings from here.
    const bin = join(this.home.home, 'bin');
    mkdirSync(bin);
    this.#config = join(this.home.home, 'ssh_config');
    writeFileSync(this.#config, '');
    writeFileSync(join(bin, 'ssh'), `#!/bin/sh\nexec ${toolPath('ssh')} -F '${this.#config}' "$@"\n`, { mode: 0o755 });
    this.home.env.PATH = `${bin}:${this.home.env.PATH}`;
  }

  get #client(): string {
    return `${this.#name}c`;
  }

  /** Adds a box. */
  async add(name: string, options: BoxOptions = {}): Promise<LabBox> {
    const number = this.#boxes.length + 1;
    const space = `${this.#name}b${number}`;
    const address = `10.231.${number}.2`;
    ip('netns', 'add', space);
    const [near, far] = [`${this.#name}v${number}`, 'eth0'];
    ip('link', 'add', near, 'netns', this.#client, 'type', 'veth', 'peer', 'name', far, 'netns', space);
    ip('-n', this.#client, 'addr', 'add', `10.231.${number}.1/30`, 'dev', near);
    ip('-n', this.#client, 'link', 'set', near, 'up');
    ip('-n', space, 'addr', 'add', `${address}/30`, 'dev', far);
    ip('-n', space, 'link', 'set', far, 'up');
    const home = scratch();
    const run = (...argv: string[]) => {
      const { status, stderr } = spawnSync('ip', ['netns', 'exec', space, ...argv], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
    };
    const log = join(home.home, 'commands');
    const box: LabBox = {
      ...{ name, address, home, run },
      commands: () => (existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : []),
      drop: (isDropping) => run('iptables', '-w', isDropping ? '-A' : '-D', 'INPUT', '-i', far, '-j', 'DROP'),
    };
    this.#boxes.push(box);
    if (options.build !== undefined) install(home, options.build);
    if (options.deaf !== true) await this.#serve(box, space, options, log);
    writeFileSync(
      this.#config,
      this.#boxes
        .map((one) => `Host ${one.name}\n  HostName ${one.address}\n`)
        .concat(
          `Host *\n  User root\n  IdentityFile ${this.#keys}/user\n  IdentitiesOnly yes\n`,
          `  UserKnownHostsFile ${this.#keys}/known_hosts\n  StrictHostKeyChecking yes\n  KexAlgorithms curve25519-sha256\n`,
        )
        .join(''),
    );
    const known = this.#boxes.map((one) => `${one.address} ${readFileSync(`${this.#keys}/host.pub`, 'utf8')}`);
    writeFileSync(`${this.#keys}/known_hosts`, known.join(''));
    return box;
  }

  async #serve(box: LabBox, space: string, options: BoxOptions, log: string): Promise<void> {
    const { home } = box;
    const login = join(home.home, '.login');
    const env = Object.entries(home.env).map(([name, value]) => `${name}='${value}'; export ${name}`);
    writeFileSync(
      login,
      `#!/bin/sh
command=\${SSH_ORIGINAL_COMMAND-}
unset SSH_ORIGINAL_COMMAND
printf '%s\\n' "$command" >>'${log}'
${env.join('\n')}
SHELL='${options.shell ?? '/bin/bash'}'; export SHELL
cd
as_sent='${asSent}'
${options.instead ?? 'eval "$as_sent"'}
`,
    );
    chmodSync(login, 0o700);
    const settings = join(home.home, '.sshd_config');
    writeFileSync(
      settings,
      [
        `ListenAddress ${box.address}`,
        `HostKey ${this.#keys}/host`,
        `AuthorizedKeysFile ${this.#keys}/${options.refuses ? 'other' : 'user'}.pub`,
        'PidFile none',
        'UsePAM no',
        'StrictModes no',
        'PermitRootLogin yes',
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        'PrintMotd no',
        'PrintLastLog no',
        `ForceCommand ${login}`,
        ...(options.settings ?? []),
        '',
      ].join('\n'),
    );
    const argv = ['netns', 'exec', space, toolPath('sshd') ?? 'sshd', '-D', '-e', '-f', settings];
    const server = spawn('ip', argv, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#servers.push(server);
    let said = '';
    server.stderr.on('data', (data) => {
      said += String(data);
    });
    for (const end = Date.now() + 10_000; !said.includes('listening'); await pause(10))
      if (server.exitCode !== null || Date.now() > end) throw new Error(`sshd didn't start: ${said}`);
  }

  /** Names boxes in the client's file, as they are called. */
  name(...lines: string[]): void {
    const folder = join(this.home.env.XDG_CONFIG_HOME!, 'wt');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'hosts'), lines.map((line) => `${line}\n`).join(''));
  }

  /** Words before a build's own that run it in the client's network. */
  within(build: Build): Build {
    return { ...build, argv: ['ip', 'netns', 'exec', this.#client, ...build.argv] };
  }

  /** Runs wt in the client's network. */
  wt(build: Build, args: string[], options: Parameters<typeof wt>[3] = {}): ReturnType<typeof wt> {
    return wt(this.within(build), args, this.home, options);
  }

  /** Starts wt in the client's network, with what it says at its end. */
  start(build: Build, args: string[], env: Record<string, string>): Promise<Ended> {
    const [program, ...before] = this.within(build).argv;
    const child = spawn(program!, [...before, ...args], {
      env: { ...this.home.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended: Ended = { stdout: '', stderr: '', status: null };
    child.stdout.on('data', (data) => {
      ended.stdout += String(data);
    });
    child.stderr.on('data', (data) => {
      ended.stderr += String(data);
    });
    return new Promise((resolve) => child.once('close', (status) => resolve({ ...ended, status })));
  }

  /** The host keys that the client knows. */
  get knownHosts(): string {
    return join(this.#keys, 'known_hosts');
  }

  /** The sockets of connections that are kept. */
  sockets(): string[] {
    const folder = join(this.home.env.XDG_RUNTIME_DIR!, 'wt', 'ssh');
    return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  }

  /** The processes in the client's network whose program is ssh. */
  clients(): number[] {
    const { stdout } = spawnSync('ip', ['netns', 'pids', this.#client], { encoding: 'utf8' });
    return stdout
      .split('\n')
      .filter(Boolean)
      .map(Number)
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/comm`, 'utf8') === 'ssh\n';
        } catch {
          return false;
        }
      });
  }

  [Symbol.dispose](): void {
    for (const pid of this.clients()) kill(pid, 'SIGKILL');
    for (const server of this.#servers) server.kill('SIGTERM');
    this.#boxes.forEach((box, index) => {
      ip('netns', 'del', `${this.#name}b${index + 1}`);
      box.home[Symbol.dispose]();
    });
    ip('netns', 'del', this.#client);
    this.home[Symbol.dispose]();
  }
}

/** Sends a signal to a process, if it is still there. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone.
  }
}

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
}

/** A build of wt in a home's `~/.local/bin`. */
function install({ home }: Scratch, { argv }: Build): void {
  const folder = join(home, '.local', 'bin');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'wt'), `#!/bin/sh\nexec ${argv.map((word) => `'${word}'`).join(' ')} "$@"\n`, {
    mode: 0o755,
  });
}
