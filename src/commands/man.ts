import { usageOf } from '../args.ts';
import type { Command, Group } from './command.ts';
import { anyFlags, introduction, sessionWords, variables } from './manual.ts';

/** The man page wt(1), as roff for man(7), made from the table of commands. */
export function manPage(groups: readonly Group[], version: string): string {
  const [, about = ''] = introduction.split(' - ');
  const lines = [
    `.TH WT 1 "" "wt ${version}" "User Commands"`,
    '.SH NAME',
    `wt \\- ${text(about)}`,
    '.SH SYNOPSIS',
    '.nf',
    ...groups.flatMap((group) => group.commands.map((command) => text(usageOf(command)))),
    '.fi',
    '.SH DESCRIPTION',
    ...sessionWords.flatMap((paragraph) => ['.PP', text(paragraph)]),
    ...groups.flatMap((group) => [`.SH ${text(group.title).toUpperCase()}`, ...group.commands.flatMap(commandLines)]),
    '.SH OPTIONS OF ANY COMMAND',
    ...anyFlags.flatMap(entry),
    '.SH ENVIRONMENT',
    ...variables.flatMap(entry),
    '.SH EXIT STATUS',
    ...exits.flatMap(entry),
  ];
  return `${lines.join('\n')}\n`;
}

const exits: readonly [string, string][] = [
  ['0', 'Done.'],
  ['1', "It can't be met; a sentence on standard error says what to do."],
  ['2', 'The command line makes no sense.'],
  ['130', 'Cancelled.'],
];

function commandLines(command: Command): string[] {
  const flags = Object.entries(command.flags).map(([flag, { value, summary }]): [string, string] => [
    value === undefined ? flag : `${flag} ${value}`,
    summary,
  ]);
  return [
    `.SS ${text(usageOf(command))}`,
    text(sentence(command.summary)),
    ...(command.details ?? []).flatMap((paragraph) => ['.PP', text(paragraph)]),
    ...flags.flatMap(entry),
  ];
}

function sentence(summary: string): string {
  return `${summary[0]!.toUpperCase()}${summary.slice(1)}.`;
}

function entry([word, about]: readonly [string, string]): string[] {
  return ['.TP', `.B ${text(word)}`, text(about)];
}

/** Text in which roff finds nothing to obey: no escape, no request at its beginning, hyphens as they are typed. */
function text(words: string): string {
  return words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/, '\\&');
}
