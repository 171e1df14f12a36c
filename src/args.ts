import type { Call, Command } from './commands/command.ts';
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
 * Reads the command line (without the program's own words) by the table of commands: a command's word first, or else a
 * `<session>` for the first of them, or none at all. Throws UsageError where it makes no sense.
 */
export function parseArgs(argv: string[], commands: readonly Command[]): Request {
  const named = (word: string): Command | undefined =>
    commands.find(({ name, aliases }) => name === word || aliases?.includes(word));
  const request: Request = {
    command: commands[0]!,
    call: { words: [], flags: new Map(), rest: [] },
    colour: 'auto',
  };
  const { call } = request;
  const flags = new Map<string, string>();
  let isNamed = false;
  const complete = named('complete');
  if (argv[0] === 'complete' && complete) {
    return { ...request, command: complete, call: { ...call, words: argv.slice(1) } };
  }
  for (let at = 0; at < argv.length; at++) {
    const arg = argv[at]!;
    if (arg === '--') {
      (request.command.passesOn && call.words.length > 0 ? call.rest : call.words).push(...argv.slice(at + 1));
      break;
    }
    if (!arg.startsWith('-') || arg === '-') {
      const verb: Command | undefined = isNamed || call.words.length > 0 ? undefined : named(arg);
      if (verb === undefined) call.words.push(arg);
      else request.command = verb;
      isNamed ||= verb !== undefined;
      continue;
    }
    const [flag, attached] = split(arg);
    const mode = named(flag);
    if (flag === '--color') request.colour = colourOf(attached ?? 'always');
    else if (mode !== undefined) {
      if (attached !== null) throw new UsageError(`${flag} takes no value`, usageOf(mode));
      if (isNamed && request.command !== mode)
        throw new UsageError(`${flag} and ${request.command.name} at once`, anyUsage);
      request.command = mode;
      isNamed = true;
    } else {
      const known = commands.map((command) => command.flags[flag]).find((one) => one !== undefined);
      if (known === undefined) throw new UsageError(`unknown option ${arg}`, anyUsage);
      if (attached !== null && known.value === undefined) throw new UsageError(`${flag} takes no value`, anyUsage);
      const value = known.value === undefined ? '' : (attached ?? argv[++at]);
      if (value === undefined) throw new UsageError(`${flag} needs a value`, anyUsage);
      flags.set(flag, value);
    }
  }
  if (!isNamed && call.words.length === 0 && (flags.has('--all') || flags.has('-n')))
    request.command = named('--list')!;
  for (const flag of flags.keys()) {
    if (!(flag in request.command.flags))
      throw new UsageError(`${flag} does not go with this`, usageOf(request.command));
  }
  check(request.command, call.words);
  return { ...request, call: { ...call, flags } };
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
  const needsWords = command.usage.startsWith('<');
  if (needsWords && words.length === 0) throw new UsageError('which session?', usageOf(command));
  const most = command.takes === 'nothing' ? 0 : command.takes === 'directory' ? 1 : Number.POSITIVE_INFINITY;
  if (words.length > most) throw new UsageError(`unexpected argument ${words[most]}`, usageOf(command));
}
