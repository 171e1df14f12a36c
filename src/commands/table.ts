import { archiveCommand } from './archive.ts';
import { attachCommand } from './attach.ts';
import type { Command } from './command.ts';
import { completeCommand } from './complete.ts';
import { doctorCommand } from './doctor.ts';
import { forkCommand } from './fork.ts';
import { helpCommand, versionCommand } from './help.ts';
import { jsonCommand } from './json.ts';
import { loginCommands } from './login.ts';
import { newCommand } from './new.ts';
import { pickCommand } from './pick.ts';
import { restoreCommand } from './restore.ts';
import { resumeCommand } from './resume.ts';
import { showCommand } from './show.ts';

/** All commands, in the order of the help. */
export const commands: readonly Command[] = [
  pickCommand,
  resumeCommand,
  forkCommand,
  attachCommand,
  newCommand,
  showCommand,
  archiveCommand,
  restoreCommand,
  ...loginCommands,
  jsonCommand,
  doctorCommand,
  helpCommand,
  versionCommand,
  completeCommand,
];
