import { closeSync, openSync } from 'node:fs';
import { Cancelled } from '../errors.ts';
import { looksLikeTerminal } from '../machine/terminals.ts';
import { readLine } from './line-input.ts';
import { printError } from './output.ts';

/** Whether somebody is there to be asked: standard input and standard error are terminals. */
export function canAsk(): boolean {
  return looksLikeTerminal(0) && looksLikeTerminal(2);
}

/** Asks on the terminal and gives the line typed, trimmed. Throws Cancelled at the end of input. */
export function ask(question: string): string {
  printError(question);
  const fd = openSync('/dev/tty', 'r');
  try {
    const line = readLine(fd);
    if (line === null) throw new Cancelled();
    return line.trim();
  } finally {
    closeSync(fd);
  }
}

/** Asks for a yes; anything else throws Cancelled. */
export function askForYes(question: string): void {
  if (!/^y(?:es)?$/i.test(ask(`${question} [y/N] `))) throw new Cancelled();
}
