import { briefCommand } from './brief.ts';
import type { Command } from './command.ts';
import { greetCommand } from './greet.ts';
import { listCommand } from './list.ts';
import { refreshCommand } from './refresh.ts';

/** The commands that a login and a prompt wait for. */
export const loginCommands: readonly Command[] = [listCommand, greetCommand, briefCommand, refreshCommand];
