import type { Session } from '../core/session.ts';
import type { World } from '../world.ts';

/** What a command says of itself, in its own file: help, parser, man page and completion are made from it. */
export interface Command {
  /** As it is typed: `resume`, or, of a summary, `--list`. */
  name: string;
  /** Other words for it. */
  aliases?: readonly string[];
  /** What it does, in a line of help. */
  summary: string;
  /** What follows its name: `<session> [-t] [-- ARGS]`. */
  usage: string;
  /** More about it, for `wt help <command>`: sentences, a paragraph each. */
  details?: readonly string[];
  /** Its flags besides `--color` and `--help`. */
  flags: Readonly<Record<string, Flag>>;
  /** What its words mean; completion offers that. `titled` is a session and words that are not its; `text` is anything. */
  takes: 'nothing' | 'session' | 'sessions' | 'archived' | 'titled' | 'directory' | 'words' | 'boxes' | 'text';
  /** The sessions that it can act on, of those that lists show: all, where it doesn't say. Completion offers these. */
  offers?(session: Session): boolean;
  /** The words that it takes, where these are few. */
  offersWords?: readonly string[];
  /** Its words may begin with a minus. It needs at least one. */
  takesMinus?: boolean;
  /** Words behind `--` are not its own: they go to the agent. */
  passesOn?: boolean;
  /** Not for people: no help, no completion. */
  internal?: boolean;
  /** Carries it out and gives the exit status. */
  run(world: World, call: Call): number | Promise<number>;
}

/** Commands that are for one purpose. */
export interface Group {
  /** As a heading of the help. */
  title: string;
  commands: readonly Command[];
}

/** A flag of a command. */
export interface Flag {
  /** What its value is called in help; without one it takes none. */
  value?: string;
  summary: string;
}

/** A command as it was called. */
export interface Call {
  words: string[];
  /** The flags that were given, with their values; empty ones where they take none. */
  flags: ReadonlyMap<string, string>;
  /** The words behind `--`, of commands that pass them on. */
  rest: string[];
}

/** The flag of every action. */
export const dryRun: Flag = { summary: 'print it as a shell line and do nothing' };

/** The flag of actions that can go on in tmux. */
export const inTmux: Flag = { summary: 'in a tmux window of its own' };
