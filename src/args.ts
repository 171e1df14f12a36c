import { UsageError } from './errors.ts';

/** What the user asked for: one verb and what it is about. */
export type Command =
  | { name: 'pick' }
  | { name: 'list'; all: boolean; rows: number | null }
  | { name: 'greet' }
  | { name: 'brief'; format: 'plain' | 'tmux' }
  | { name: 'json'; all: boolean }
  | { name: 'resume'; ref: string[]; tmux: boolean; force: boolean; dryRun: boolean }
  | { name: 'fork' | 'attach' | 'show'; ref: string[]; dryRun: boolean }
  | { name: 'new'; dir: string | null; tmux: boolean; dryRun: boolean }
  | { name: 'archive' | 'restore'; refs: string[]; dryRun: boolean }
  | { name: 'refresh' }
  | { name: 'doctor' }
  | { name: 'complete'; words: string[] }
  | { name: 'help' }
  | { name: 'version' };

/** A command, and what holds for any of them. */
export interface Request {
  command: Command;
  colour: 'always' | 'never' | 'auto';
}

/** The help text; the README shows it as it is. */
export const help = `wt - the Claude Code sessions on this box: which are live, which wait for you

  wt                     pick a session; not on a terminal: the same as --list
  wt <session>           the same as: wt resume <session>
  wt resume <session>    go on with it in its own directory (-t: in tmux; --force: of unknown liveness)
  wt fork <session>      go on with a copy of it
  wt attach <session>    go to the process that runs it: its tmux pane, or the background session
  wt new [dir]           start a new session there (-t: in tmux)
  wt show <session>      what it is about and what it waits for
  wt archive <session>.. move it out of Claude's folder, out of reach of the 30-day clean-up
  wt restore [<session>..]  move it back; without a session: list the archive
  wt --list              numbered rows, live ones first (-n N: at most N; --all: all, headless ones too)
  wt --greet             the login summary; silent when nothing is live or waiting
  wt --brief             one short line for a prompt (--format=tmux: in tmux's colours)
  wt --json              everything, for scripts (--all: headless sessions too)
  wt doctor              check installation, hook and speed
  wt --help, --version

  <session>   a row number as last printed on this terminal, an id or the beginning of one (4 characters or more),
              or words from its title, directory or branch
  --dry-run   with any action: print it as a shell line and do nothing
  --color=always|never|auto

  WT_DISABLE=1 (or LC_WT=0 sent by ssh)  no greeting, no prompt work      WT_PICK=1    the picker after the greeting
  WT_WAITING=1d    how long a session left mid-conversation waits         WT_GREET_ROWS=8    rows of the greeting
  WT_TIMEOUT=0.5   the most seconds that a login waits for the greeting
`;

const usage: Record<Command['name'], string> = {
  pick: 'wt [<session>]',
  list: 'wt --list [-n N] [--all]',
  greet: 'wt --greet',
  brief: 'wt --brief [--format=tmux]',
  json: 'wt --json [--all]',
  resume: 'wt resume <session> [-t] [--force] [--dry-run]',
  fork: 'wt fork <session> [--dry-run]',
  attach: 'wt attach <session> [--dry-run]',
  show: 'wt show <session>',
  new: 'wt new [dir] [-t] [--dry-run]',
  archive: 'wt archive <session>... [--dry-run]',
  restore: 'wt restore [<session>...] [--dry-run]',
  refresh: 'wt refresh',
  doctor: 'wt doctor',
  complete: 'wt complete <word>...',
  help: 'wt --help',
  version: 'wt --version',
};

const anyUsage = 'wt [<session> | <verb> ... | --list | --greet | --brief | --json | --help]';

const verbs = [
  'resume',
  'fork',
  'attach',
  'new',
  'show',
  'archive',
  'restore',
  'refresh',
  'doctor',
  'complete',
];
const modes: Record<string, Command['name']> = {
  '--list': 'list',
  '--greet': 'greet',
  '--brief': 'brief',
  '--json': 'json',
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '-V': 'version',
};

/** The flags that each command takes besides `--color`. */
const flagsOf: Partial<Record<Command['name'], string[]>> = {
    list: ['--all', '-n'],
    brief: ['--format'],
    json: ['--all'],
    resume: ['-t', '--force', '--dry-run'],
    fork: ['--dry-run'],
    attach: ['--dry-run'],
    show: ['--dry-run'],
    new: ['-t', '--dry-run'],
    archive: ['--dry-run'],
    restore: ['--dry-run'],
};

function takesValue(flag: string): boolean {
  return flag === '-n' || flag === '--format';
}

function isKnown(flag: string): boolean {
  return flag in modes || flag === '--color' || Object.values(flagsOf).some((flags) => flags.includes(flag));
}

/** Reads the command line (without the program's own words). Throws UsageError where it makes no sense. */
export function parseArgs(argv: string[]): Request {
  let colour: Request['colour'] = 'auto';
  let mode: Command['name'] | null = null;
  const flags = new Map<string, string>();
  const words: string[] = [];
  if (argv[0] === 'complete') return { command: { name: 'complete', words: argv.slice(1) }, colour };
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i]!;
    if (arg === '--') {
      words.push(...argv.slice(i + 1));
      break;
    }
    if (!arg.startsWith('-') || arg === '-') {
      words.push(arg);
      continue;
    }
    const [flag, attached] = split(arg);
    const wanted = modes[flag];
    if (!isKnown(flag)) throw new UsageError(`unknown option ${arg}`, anyUsage);
    if (attached !== null && !takesValue(flag) && flag !== '--color')
      throw new UsageError(`${flag} takes no value`, anyUsage);
    if (flag === '--color') colour = colourOf(attached ?? 'always');
    else if (wanted === undefined) flags.set(flag, attached ?? (takesValue(flag) ? valueAfter(flag, argv[++i]) : ''));
    else if (wanted === 'help' || wanted === 'version') return { command: { name: wanted }, colour };
    else if (mode !== null && mode !== wanted) throw new UsageError(`${flag} and another summary at once`, anyUsage);
    else mode = wanted;
  }
  return { command: commandOf(mode, words, flags), colour };
}

/** `--flag=value` and `-n5` in two. */
function split(arg: string): [string, string | null] {
  const equals = arg.indexOf('=');
  if (arg.startsWith('--')) return equals < 0 ? [arg, null] : [arg.slice(0, equals), arg.slice(equals + 1)];
  return arg.length > 2 && arg.startsWith('-n') ? ['-n', arg.slice(2)] : [arg, null];
}

function valueAfter(flag: string, value: string | undefined): string {
  if (value === undefined) throw new UsageError(`${flag} needs a value`, anyUsage);
  return value;
}

function colourOf(when: string): Request['colour'] {
  if (when === 'always' || when === 'never' || when === 'auto') return when;
  throw new UsageError('--color takes always, never or auto', anyUsage);
}

function commandOf(mode: Command['name'] | null, words: string[], flags: Map<string, string>): Command {
  const first = words[0];
  const verb = mode === null && first !== undefined && verbs.includes(first) ? (first as Command['name']) : null;
  const rest = verb === null ? words : words.slice(1);
  const name = mode ?? verb ?? (words.length > 0 ? 'resume' : flags.has('--all') || flags.has('-n') ? 'list' : 'pick');
  for (const flag of flags.keys()) {
    if (!flagsOf[name]?.includes(flag)) throw new UsageError(`${flag} does not go with this`, usage[name]);
  }
  const dryRun = flags.has('--dry-run');
  const tmux = flags.has('-t');
  const bare = () => {
    if (rest.length > 0) throw new UsageError(`unexpected argument ${rest[0]}`, usage[name]);
  };
  const needed = () => {
    if (rest.length === 0) throw new UsageError('which session?', usage[name]);
    return rest;
  };
  switch (name) {
    case 'resume':
      return { name, ref: needed(), tmux, force: flags.has('--force'), dryRun };
    case 'fork':
    case 'attach':
    case 'show':
      return { name, ref: needed(), dryRun };
    case 'archive':
      return { name, refs: needed(), dryRun };
    case 'restore':
      return { name, refs: rest, dryRun };
    case 'new':
      if (rest.length > 1) throw new UsageError('one directory at most', usage.new);
      return { name, dir: rest[0] ?? null, tmux, dryRun };
    case 'list':
      bare();
      return { name, all: flags.has('--all'), rows: rowsOf(flags.get('-n')) };
    case 'json':
      bare();
      return { name, all: flags.has('--all') };
    case 'brief':
      bare();
      return { name, format: formatOf(flags.get('--format')) };
    case 'pick':
    case 'greet':
    case 'refresh':
    case 'doctor':
      bare();
      return { name };
    case 'help':
    case 'version':
      return { name };
    case 'complete':
      return { name, words: rest };
  }
}

function rowsOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError('-n takes a number of rows', usage.list);
  return Number(text);
}

function formatOf(text: string | undefined): 'plain' | 'tmux' {
  if (text === undefined || text === 'plain' || text === 'tmux') return text ?? 'plain';
  throw new UsageError('--format takes plain or tmux', usage.brief);
}
