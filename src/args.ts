import type { Call, Command, Flag } from './commands/command.ts';
import { inShell } from './core/words.ts';
import { UsageError } from './errors.ts';

/** What the user asked for: a command, what it is about, and what holds for any of them. */
export interface Request {
  command: Command;
  call: Call;
  colour: 'always' | 'never' | 'auto';
}

const anyUsage = 'wt [<session> | <command> ... | --list | --greet | --brief | --json | --help]';

/** A usage line of a command. */
export function usageOf({ name, usage }: Command): string {
  return `wt ${name === 'pick' ? '' : `${name} `}${usage}`.trimEnd();
}

/**
 * Reads the command line (without the program's own words) by the table of commands: a command's word at the first place,
 * or else a `<session>` for the first of them, or none at all. Throws UsageError where it makes no sense.
 */
export function parseArgs(argv: string[], commands: readonly Command[]): Request {
  const table = new Table(commands);
  const { own, behind } = atDashes(argv);
  const complete = table.named('complete');
  if (argv[0] === 'complete' && complete !== undefined)
    return { command: complete, call: { words: argv.slice(1), flags: new Map(), rest: [] }, colour: 'auto' };

  const { command, word, about } = commandOf(own, table);
  if (about !== undefined) return { command, call: { words: about, flags: new Map(), rest: [] }, colour: 'auto' };
  const call: Call & { flags: Map<string, string> } = { words: [], flags: new Map(), rest: [] };
  let colour: Request['colour'] = 'auto';
  for (let at = 0; at < own.length; at++) {
    const arg = own[at]!;
    if (at === word) continue;
    const [flag, attached] = split(arg);
    const mode = table.named(flag);
    if (!isOption(arg) || (command.takesMinus && isWord(arg, command, mode))) call.words.push(arg);
    else if (flag === '--color') colour = colourOf(attached ?? 'always');
    else if (command.flags[flag] !== undefined) {
      const { value } = command.flags[flag];
      if (attached !== null && value === undefined) throw new UsageError(`${flag} takes no value`, usageOf(command));
      const given = value === undefined ? '' : (attached ?? own[++at]);
      if (given === undefined) throw new UsageError(`${flag} needs a value`, usageOf(command));
      call.flags.set(flag, given);
    } else if (mode === command && attached !== null) throw new UsageError(`${flag} takes no value`, usageOf(command));
    else if (mode !== undefined && command.name === 'help') call.words.push(flag);
    else if (mode === undefined) throw strange(command, table, own, at, word);
    else if (mode !== command) throw new UsageError(`${flag} and ${command.name} at once`, anyUsage);
  }
  if (command.passesOn && (call.words.length > 0 || command.takes === 'directory')) call.rest.push(...behind);
  else {
    // A session whose words look like options stands behind a first `--`, and the agent's arguments behind a second one.
    const parts = command.passesOn ? atDashes(behind) : { own: behind, behind: [] };
    call.words.push(...parts.own);
    call.rest.push(...parts.behind);
  }
  check(command, call.words);
  return { command, call, colour };
}

/** The table of commands, as the command line is read by it. */
class Table {
  readonly commands: readonly Command[];

  constructor(commands: readonly Command[]) {
    this.commands = commands;
  }

  /** The command that a word, or a mode such as `--list`, is the name of. */
  named(word: string): Command | undefined {
    return this.commands.find(({ name, aliases }) => name === word || aliases?.includes(word));
  }

  /** A flag of any command. */
  flag(name: string): Flag | undefined {
    return this.commands.map(({ flags }) => flags[name]).find((flag) => flag !== undefined);
  }
}

/** The words before the first `--`, and those behind it. */
function atDashes(argv: string[]): { own: string[]; behind: string[] } {
  const end = argv.indexOf('--');
  return end < 0 ? { own: argv, behind: [] } : { own: argv.slice(0, end), behind: argv.slice(end + 1) };
}

/** Whether `-this` is a word that a command takes with its minus: no flag of its own, no mode. */
function isWord(arg: string, { flags }: Command, mode: Command | undefined): boolean {
  const [flag, attached] = split(arg);
  if (flag === '-n' && attached !== null) return !/^\d+$/.test(attached);
  return !arg.startsWith('--') && flags[flag] === undefined && mode === undefined;
}

function isOption(arg: string): boolean {
  return arg.startsWith('-') && arg !== '-';
}

/**
 * Which command is called, and at which place its word stands; -1 where none does. A word that names one at the first
 * place stands above a mode, for `wt away --json` has a flag of that name. `--help` behind anything is the help `about`
 * that.
 */
function commandOf(own: string[], table: Table): { command: Command; word: number; about?: string[] } {
  let first = -1;
  const modes: Command[] = [];
  const flags = new Set<string>();
  for (let at = 0; at < own.length; at++) {
    const [flag, attached] = split(own[at]!);
    if (!isOption(own[at]!)) {
      if (first < 0) first = at;
      continue;
    }
    const mode = table.named(flag);
    if (mode !== undefined) modes.push(mode);
    flags.add(flag);
    if (mode === undefined && table.flag(flag)?.value !== undefined && attached === null) at += 1;
  }
  const verb = first < 0 ? undefined : table.named(own[first]!);
  const help = modes.find(({ name }) => name === 'help');
  if (help !== undefined && verb !== help) {
    const other = verb ?? modes.find((mode) => mode !== help);
    return { command: help, word: -1, about: other === undefined ? [] : [other.name] };
  }
  if (verb !== undefined) return { command: verb, word: first };
  if (modes.length > 0) return { command: modes[0]!, word: -1 };
  const list = table.named('--list');
  const isList = first < 0 && (flags.has('--all') || flags.has('-n')) && list !== undefined;
  return { command: isList ? list : table.commands[0]!, word: -1 };
}

/** What to say of an option that a command doesn't have: it may be meant for the agent. */
function strange(command: Command, table: Table, own: string[], at: number, word: number): UsageError {
  const flag = split(own[at]!)[0];
  const before = own.slice(0, at).filter((_, place) => place !== word);
  const isBare = command === table.commands[0] && before.every(isOption);
  const verb = isBare ? table.named('new') : command;
  if (verb?.passesOn) {
    const name = verb === table.commands[0] ? [] : [verb.name];
    const line = inShell(['wt', ...name, ...before, '--', ...own.slice(at)]);
    return new UsageError(`${flag} is not an option of wt; to hand it to the agent: ${line}`, usageOf(command));
  }
  const isKnown = table.flag(flag) !== undefined;
  return new UsageError(isKnown ? `${flag} does not go with this` : `unknown option ${own[at]}`, usageOf(command));
}

/** `--flag=value` and `-n5` in two. */
function split(arg: string): [string, string | null] {
  const equals = arg.indexOf('=');
  if (arg.startsWith('--')) return equals < 0 ? [arg, null] : [arg.slice(0, equals), arg.slice(equals + 1)];
  return arg.length > 2 && arg.startsWith('-n') ? ['-n', arg.slice(2)] : [arg, null];
}

function colourOf(when: string): Request['colour'] {
  if (when === 'always' || when === 'never' || when === 'auto') return when;
  throw new UsageError('--color takes always, never or auto', anyUsage);
}

/** Throws UsageError where a command was given words that it does not take, or none of those that it needs. */
function check(command: Command, words: string[]): void {
  if (command.usage.startsWith('<') && words.length === 0) throw new UsageError('which session?', usageOf(command));
  if (command.takesMinus && words.length === 0) throw new UsageError('which words?', usageOf(command));
  const most = command.takes === 'nothing' ? 0 : command.takes === 'directory' ? 1 : Number.POSITIVE_INFINITY;
  if (words.length > most) throw new UsageError(`unexpected argument ${words[most]}`, usageOf(command));
}
