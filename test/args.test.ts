import { describe, expect, test } from 'vitest';
import { parseArgs } from '../src/args.ts';
import type { Command } from '../src/commands/command.ts';
import { commands } from '../src/commands/table.ts';
import { UsageError } from '../src/errors.ts';

const table: readonly Command[] = commands;

function parsed(line: string): string {
  const { command, call, colour } = parseArgs(line.split(' ').filter(Boolean), table);
  const flags = Array.from(call.flags, ([flag, value]) => (value === '' ? flag : `${flag}=${value}`));
  const parts = [command.name, ...call.words.map((word) => `<${word}>`), ...flags];
  if (call.rest.length > 0) parts.push('|', ...call.rest);
  if (colour !== 'auto') parts.push(colour);
  return parts.join(' ');
}

function failure(line: string): UsageError {
  try {
    parsed(line);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`${line} was understood`);
}

describe('a command line', () => {
  test.each([
    ['', 'pick'],
    ['3', 'pick <3>'],
    ['fix login', 'pick <fix> <login>'],
    ['resume 3', 'resume <3>'],
    ['resume 3 -t --force', 'resume <3> -t --force'],
    ['-t resume 3', 'resume <3> -t'],
    ['resume -t fix login', 'resume <fix> <login> -t'],
    ['-', 'pick <->'],
    // Words that are commands
    ['list', '--list'],
    ['ls', '--list'],
    ['status', '--list'],
    ['version', 'version'],
    ['help', 'help'],
    ['pick', 'pick'],
    ['resume status', 'resume <status>'],
    ['pick status', 'pick <status>'],
    ['fix status', 'pick <fix> <status>'],
    ['3 -- --model opus', 'pick <3> | --model opus'],
    ['take 3 --yes -- --model opus', 'take <3> --yes | --model opus'],
    ['-- status', 'pick <status>'],
    ['-- find', 'pick <find>'],
    ['show find', 'show <find>'],
    // Modes and their flags
    ['--list -n 5', '--list -n=5'],
    ['-n5', '--list -n=5'],
    ['-n 5 list', '--list -n=5'],
    ['ls --all -n 3', '--list --all -n=3'],
    ['--all', '--list --all'],
    ['--json --all -n 2', '--json --all -n=2'],
    ['--brief --format=tmux', '--brief --format=tmux'],
    ['--brief --format tmux', '--brief --format=tmux'],
    ['away --json', 'away --json'],
    ['away --since 3h', 'away --since=3h'],
    ['wait --for done 3', 'wait <3> --for=done'],
    ['--color', 'pick always'],
    ['--greet --color=never', '--greet never'],
    // Help
    ['--help', 'help'],
    ['-h', 'help'],
    ['help take', 'help <take>'],
    ['take --help', 'help <take>'],
    ['help --list', 'help <--list>'],
    ['resume --help', 'help <resume>'],
    ['resume 3 -t --help', 'help <resume>'],
    ['--help resume', 'help <resume>'],
    ['--list --help', 'help <--list>'],
    ['ls -h', 'help <--list>'],
    ['3 --help', 'help'],
    ['--version', 'version'],
    ['-V', 'version'],
    // What is the agent's
    ['resume 3 -- --model opus', 'resume <3> | --model opus'],
    ['fork 2 -- -p x', 'fork <2> | -p x'],
    ['resume 3 -- --help', 'resume <3> | --help'],
    ['resume 3 -- -- x', 'resume <3> | -- x'],
    ['resume 3 --', 'resume <3>'],
    ['resume -- -x', 'resume <-x>'],
    ['resume -- -x -- --model opus', 'resume <-x> | --model opus'],
    ['new -- --resume', 'new | --resume'],
    ['new dir -- -x y', 'new <dir> | -x y'],
    ['new dir -t -- -t', 'new <dir> -t | -t'],
    ['show -- -x -- y', 'show <-x> <--> <y>'],
    ['complete resume -- --x', 'complete <resume> <--> <--x>'],
  ])('%s', (line, expected) => {
    expect(parsed(line)).toBe(expected);
  });
});

describe('what makes no sense', () => {
  test.each([
    ['resume', 'which session?'],
    ['resume --', 'which session?'],
    ['list 3', 'unexpected argument 3'],
    ['new a b', 'unexpected argument b'],
    ['find', 'which words?'],
    ['find x --older', '--older does not go with this'],
    ['--list --json', '--json and --list at once'],
    ['resume 3 --list', '--list and resume at once'],
    ['--list=3', '--list takes no value'],
    ['resume 3 -t --all', '--all is not an option of wt; to hand it to the agent: wt resume 3 -t -- --all'],
    ['show 3 --all', '--all does not go with this'],
    ['show 3 --frobnicate', 'unknown option --frobnicate'],
    ['-n', '-n needs a value'],
    ['--brief --format', '--format needs a value'],
    ['resume 3 --dry-run=yes', '--dry-run takes no value'],
    ['--color=sometimes', '--color takes always, never or auto'],
    // Options of the agent's: each message is a command line that works.
    ['resume 3 --model opus', '--model is not an option of wt; to hand it to the agent: wt resume 3 -- --model opus'],
    [
      'resume 3 --model=opus x',
      '--model is not an option of wt; to hand it to the agent: wt resume 3 -- --model=opus x',
    ],
    ['fork 2 -p x', '-p is not an option of wt; to hand it to the agent: wt fork 2 -- -p x'],
    ['new --resume', '--resume is not an option of wt; to hand it to the agent: wt new -- --resume'],
    ['new -n name', '-n is not an option of wt; to hand it to the agent: wt new -- -n name'],
    ['3 --model opus', '--model is not an option of wt; to hand it to the agent: wt 3 -- --model opus'],
    ['--model opus', '--model is not an option of wt; to hand it to the agent: wt new -- --model opus'],
  ])('%s', (line, message) => {
    const error = failure(line);
    expect(error.message).toBe(message);
    expect(error.status).toBe(2);
    expect(error.usage).toMatch(/^wt/);
    const [, pasted] = /to hand it to the agent: wt (.*)$/.exec(message) ?? [];
    if (pasted !== undefined) expect(parsed(pasted)).toContain(' | ');
  });
});

test('every word that names a command is that command at the first place, and a word behind one', () => {
  for (const command of table) {
    for (const word of [command.name, ...(command.aliases ?? [])]) {
      if (word.startsWith('-') || command.name === 'complete') continue;
      const needs = command.usage.startsWith('<') || command.takesMinus ? ' x' : '';
      expect(parsed(word + needs)).toMatch(new RegExp(`^${command.name}`));
      expect(parsed(`resume ${word}`)).toBe(`resume <${word}>`);
      expect(parsed(`-- ${word}`)).toBe(`pick <${word}>`);
    }
  }
});
