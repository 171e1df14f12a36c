import { archiveCommand } from './archive.ts';
import { attachCommand } from './attach.ts';
import { awayCommand } from './away.ts';
import { briefCommand } from './brief.ts';
import type { Command, Group } from './command.ts';
import { completeCommand } from './complete.ts';
import { doctorCommand } from './doctor.ts';
import { doneCommand } from './done.ts';
import { findCommand } from './find.ts';
import { forkCommand } from './fork.ts';
import { greetCommand } from './greet.ts';
import { helpCommand, versionCommand } from './help.ts';
import { hostsCommand } from './hosts.ts';
import { initCommand } from './init.ts';
import { jsonCommand } from './json.ts';
import { listCommand } from './list.ts';
import { newCommand } from './new.ts';
import { pathCommand } from './path.ts';
import { pickAfterGreetingCommand, pickCommand } from './pick.ts';
import { refreshCommand } from './refresh.ts';
import { renameCommand } from './rename.ts';
import { restoreCommand } from './restore.ts';
import { resumeCommand } from './resume.ts';
import { showCommand } from './show.ts';
import { takeCommand } from './take.ts';
import { tmuxGreetCommand, tmuxGreetingCommand } from './tmux-greeting.ts';
import { uninstallCommand } from './uninstall.ts';
import { waitCommand } from './wait.ts';

/** All commands by their purpose, in the order of the help; the first one is what `wt` alone means. */
export const groups: readonly Group[] = [
  {
    title: 'Go into a session',
    commands: [pickCommand(() => commands), resumeCommand, forkCommand, attachCommand, takeCommand, newCommand],
  },
  {
    title: 'Look',
    commands: [listCommand, findCommand, showCommand, awayCommand, waitCommand, pathCommand, hostsCommand],
  },
  {
    title: 'Put in order',
    commands: [doneCommand, renameCommand, archiveCommand, restoreCommand],
  },
  {
    title: 'For the shell and for scripts',
    commands: [greetCommand, briefCommand, jsonCommand, initCommand],
  },
  {
    title: 'About wt',
    commands: [doctorCommand, uninstallCommand, helpCommand(() => groups), versionCommand],
  },
];

const shown = groups.flatMap((group) => group.commands);

/** All commands, those that are not for people at the end. */
export const commands: readonly Command[] = [
  ...shown,
  pickAfterGreetingCommand(() => commands),
  refreshCommand,
  tmuxGreetCommand,
  tmuxGreetingCommand,
  completeCommand(shown),
];
