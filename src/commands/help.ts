import { buildName } from '#runtime';
import { usageOf } from '../args.ts';
import { cells } from '../core/text.ts';
import { UsageError } from '../errors.ts';
import { print, write } from '../screen/output.ts';
import { version } from '../version.ts';
import type { Command, Group } from './command.ts';
import { manPage } from './man.ts';
import { anyFlags, introduction, sessionWords, variables } from './manual.ts';

/** No line of the help is wider, in cells. */
const widest = 80;

/** Text in lines of at most `width` cells, each behind the same indentation; no word is broken. */
export function wrapped(text: string, indent = '', width = widest): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').filter(Boolean)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && cells(indent) + cells(longer) > width) {
      lines.push(indent + line);
      line = word;
    } else line = longer;
  }
  if (line !== '') lines.push(indent + line);
  return lines;
}

/** Two columns: words, and what they mean, from the cell `column` on, or on the next line where a word is wider. */
function columns(pairs: readonly (readonly [string, string])[], column: number): string[] {
  const indent = ' '.repeat(column);
  return pairs.flatMap(([word, about]) => {
    const lines = wrapped(about, indent);
    const start = `  ${word}`;
    if (cells(start) + 2 > column) return [start, ...lines];
    return [start.padEnd(column) + (lines[0] ?? '').slice(column), ...lines.slice(1)].map((line) => line.trimEnd());
  });
}

/** The usage of a command without its flags, which are a matter of its own help. */
function shortUsage(command: Command): string {
  return usageOf(command).replace(/ \[--?[^\]]*\]/g, '');
}

/** The help text, made from the table of commands. */
export function helpText(groups: readonly Group[]): string {
  const sections = [
    ...groups.map(({ title, commands }) => [
      title,
      ...columns(
        commands.map((command) => [shortUsage(command), command.summary]),
        29,
      ),
    ]),
    sessionWords.flatMap((paragraph) => wrapped(paragraph)),
    columns(anyFlags, 21),
    ['Environment', ...columns(variables, 21)],
    ['All about a command: wt help COMMAND'],
  ];
  return `${introduction}\n\n${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** What `wt help <command>` says. */
export function helpOf(command: Command): string {
  const [first = '', ...others] = wrapped(usageOf(command), '       ');
  const flags = Object.entries(command.flags).map(([flag, { value, summary }]): [string, string] => [
    value === undefined ? flag : `${flag} ${value}`,
    summary,
  ]);
  if (command.passesOn) flags.push(['-- ARGS', 'handed to the agent as they are']);
  const words = command.aliases?.filter((alias) => alias !== command.name) ?? [];
  const parts = [
    [`usage: ${first.trimStart()}`, ...others],
    wrapped(command.summary),
    ...(command.details ?? []).map((paragraph) => wrapped(paragraph)),
    columns(flags, 21),
    words.length > 0 ? [`also: ${words.map((word) => `wt ${word}`).join(', ')}`] : [],
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** `wt help`, of these commands. */
export function helpCommand(groups: () => readonly Group[]): Command {
  return {
    name: 'help',
    aliases: ['--help', '-h'],
    summary: 'this text, or all about one command',
    usage: '[COMMAND] [--man]',
    flags: { '--man': { summary: 'the source of the man page wt(1)' } },
    takes: 'words',
    run(_, { words, flags }) {
      const [word] = words;
      const command = groups()
        .flatMap((group) => group.commands)
        .find(({ name, aliases }) => name === word || aliases?.includes(word ?? ''));
      if (word !== undefined && command === undefined)
        throw new UsageError(`there is no command ${word}`, 'wt help [COMMAND]');
      if (flags.has('--man')) write(manPage(groups(), version));
      else print(command === undefined ? helpText(groups()) : helpOf(command));
      return 0;
    },
  };
}

export const versionCommand: Command = {
  name: 'version',
  aliases: ['--version', '-V'],
  summary: 'which version and build this is',
  usage: '',
  flags: {},
  takes: 'nothing',
  run() {
    write(`wt ${version} (${buildName})\n`);
    return 0;
  },
};
