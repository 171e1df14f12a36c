import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Rec, type TranscriptOptions, transcript, Writer } from './claude-home.ts';
import type { Scratch } from './wt.ts';

/** What a started `claude` saw. */
export interface Seen {
  cwd: string;
  argv: string[];
  env: Record<string, string>;
  pid: number;
  parent: number;
  /** SigIgn and SigBlk of /proc/self/status, hexadecimal. */
  ignored: string;
  blocked: string;
  /** Soft and hard limit of open files. */
  openFiles: string;
  /** Descriptors and what they lead to, those of standard streams left out. */
  descriptors: Record<string, string>;
}

/** A `claude` on the PATH of a scratch home that writes down how it was started, and exits with `$CLAUDE_EXIT`. */
export class FakeClaude {
  readonly folder: string;
  readonly #record: string;

  constructor(home: Scratch, name = 'claude') {
    this.folder = join(home.home, 'fake bin');
    this.#record = join(home.home, `${name}-record`);
    mkdirSync(this.folder, { recursive: true });
    const script = `#!/bin/sh
# Of /proc/$$ only what a shell does not change for itself while it starts something; a child tells the rest.
record='${this.#record}'
ls -l /proc/self/fd >"$record.fds"
readlink -n /proc/$$/cwd >"$record.cwd"
printf '%s\\0' "$0" "$@" >"$record.argv"
cat /proc/$$/environ >"$record.env"
{ printf 'Pid: %s\\nPPid: %s\\n' "$$" "$PPID"; cat /proc/self/status /proc/self/limits; } >"$record.status"
mv "$record.status" "$record"
if [ -n "$CLAUDE_SIGNAL" ]; then kill -"$CLAUDE_SIGNAL" $$; fi
if [ -n "$CLAUDE_STAYS" ]; then exec sleep 600; fi
exit "\${CLAUDE_EXIT:-0}"
`;
    writeFileSync(join(this.folder, name), script);
    chmodSync(join(this.folder, name), 0o755);
    home.env.PATH = `${this.folder}:${home.env.PATH}`;
  }

  get wasStarted(): boolean {
    return existsSync(this.#record);
  }

  /** How it was started. Throws when it was not. */
  seen(): Seen {
    const read = (part: string) => readFileSync(`${this.#record}${part}`, 'utf8');
    const status = read('');
    const field = (name: string) => new RegExp(`^${name}:?\\s+(.*)$`, 'm').exec(status)?.[1] ?? '';
    const pairs = read('.env').split('\0').filter(Boolean);
    const fds = Array.from(
      read('.fds').matchAll(/ (\d+) -> (.*)$/gm),
      ([, fd, target]) => [fd!, target!] as const,
    ).filter(([fd, target]) => Number(fd) > 2 && !/^\/proc\/\d+\/fd$/.test(target));
    return {
      cwd: read('.cwd'),
      argv: read('.argv').split('\0').slice(1, -1),
      env: Object.fromEntries(
        pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
      ),
      pid: Number(field('Pid')),
      parent: Number(field('PPid')),
      ignored: field('SigIgn'),
      blocked: field('SigBlk'),
      openFiles: /^Max open files\s+(\S+\s+\S+)/m.exec(status)?.[1]?.replace(/\s+/, ' ') ?? '',
      descriptors: Object.fromEntries(fds),
    };
  }
}

/** Writes the transcript of an answered session in a directory, which is made unless `missing`; gives its path. */
export function session(
  home: Scratch,
  options: { id: string; cwd?: string; title?: string; branch?: string; at?: number; missing?: boolean } & Partial<
    Pick<TranscriptOptions, 'folder'>
  >,
): string {
  const cwd = options.cwd ?? join(home.home, 'api');
  if (!options.missing) mkdirSync(cwd, { recursive: true });
  const writer = new Writer({
    id: options.id,
    cwd,
    branch: options.branch ?? 'main',
    at: options.at ?? Date.now() - 7_200_000,
  });
  const records: Rec[] = [
    writer.prompt('fix the redirect'),
    writer.text('The redirect is fixed.'),
    writer.aiTitle(options.title ?? 'Fix the broken redirect'),
  ];
  return transcript(home.conf, {
    cwd,
    id: options.id,
    records,
    ...(options.folder === undefined ? {} : { folder: options.folder }),
  });
}

/** A session id that is easy to tell from others. */
export function id(n: number): string {
  const digits = n.toString(16).padStart(4, '0');
  return `${digits}c0de-0000-4000-8000-00000000${digits}`;
}
