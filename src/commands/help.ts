import { usageOf } from '../args.ts';
import { UserError } from '../errors.ts';
import { print, write } from '../screen/output.ts';
import { version } from '../version.ts';
import type { Command } from './command.ts';
import { commands } from './table.ts';

const introduction = 'wt - the agent sessions on this box: which are live, which wait for you';

const session = `  <session>   a row number as last printed on this terminal, an id or the beginning of one (4 characters or more),
              or words from its title, directory, branch or prompts
`;

const environment = `  WT_DISABLE=1 (or LC_WT=0 sent by ssh)  no greeting, no prompt work      WT_PICK=1    the picker after the greeting
  WT_WAITING=1d    how long a session left mid-conversation waits         WT_GREET_ROWS=8    rows of the greeting
  WT_TIMEOUT=0.5   the most seconds that a login waits for the greeting
`;

/** The help text, made from the table of commands. */
export function helpText(): string {
  const shown = commands.filter((command) => !command.internal);
  const lines = shown.map((command) => `  ${usageOf(command).padEnd(40)}  ${command.summary}`);
  return `${introduction}\n\n${lines.join('\n')}\n\n${session}  --color=always|never|auto\n\n${environment}`;
}

/** What `wt help <command>` says. */
function helpOf(command: Command): string {
  const flags = Object.entries(command.flags).map(
    ([flag, { value, summary }]) => `  ${(value === undefined ? flag : `${flag} ${value}`).padEnd(18)}${summary}`,
  );
  const parts = [`usage: ${usageOf(command)}`, command.summary, ...(command.details ?? []), flags.join('\n')];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

export const helpCommand: Command = {
  name: 'help',
  aliases: ['--help', '-h'],
  summary: 'this text, or all about one command',
  usage: '[COMMAND]',
  flags: {},
  takes: 'words',
  run(_, { words }) {
    const [word] = words;
    const command = commands.find(({ name, aliases }) => name === word || aliases?.includes(word ?? ''));
    if (word !== undefined && command === undefined) throw new UserError(`there is no command ${word}: wt help`);
    print(command === undefined ? helpText() : helpOf(command));
    return 0;
  },
};

export const versionCommand: Command = {
  name: 'version',
  aliases: ['--version', '-V'],
  summary: 'which version this is',
  usage: '',
  flags: {},
  takes: 'nothing',
  run() {
    write(`wt ${version}\n`);
    return 0;
  },
};
