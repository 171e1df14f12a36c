import type { ExecPlan } from '../core/plan.ts';
import { clean } from '../core/text.ts';
import { UserError } from '../errors.ts';
import { type Host, hostInWord, readHosts } from '../hosts/file.ts';
import { printedHostRows } from '../hosts/printed.ts';
import { askedVariable, wtCommand } from '../hosts/remote.ts';
import { popupOf } from '../machine/popup.ts';
import { looksLikeTerminal } from '../machine/terminals.ts';
import type { World } from '../world.ts';
import type { Call, Command } from './command.ts';
import { listHost } from './hosts.ts';
import { execPlan, outOfPopup } from './start.ts';

/** The commands that another box can be told to carry out on one of its sessions. */
export const handedOn = ['pick', 'resume', 'fork', 'attach', 'take', 'show'];

/**
 * A command whose `<session>` is on another box (`nas:3`): there it is carried out, in wt's place; `nas:` alone is the list
 * of that box. Null where the first word names no box: it is a word like any other. Throws UserError for a command that is
 * for this box alone.
 */
export async function runOnHost(world: World, command: Command, call: Call): Promise<number | null> {
  const [word = '', ...others] = call.words;
  const takesSession = ['session', 'sessions', 'titled'].includes(command.takes);
  if (!takesSession || !word.includes(':') || world.env[askedVariable]) return null;
  const found = hostInWord(word, readHosts(world).hosts);
  if (found === null) return null;
  const { host, rest } = found;
  const words = [rest, ...others].filter((one) => one.trim() !== '');
  if (!handedOn.includes(command.name))
    throw new UserError(
      `wt ${command.name} is for the sessions of this box; ${handedOn.slice(1).join(', ')} and wt ${host.label}:3 go to ${host.label}`,
    );
  if (words.length === 0) {
    if (command.name === 'pick') return listHost(world, host);
    throw new UserError(`which session of ${host.label}? wt ${host.label}: lists them`);
  }
  const plan = planToGoThere(host, command, { ...call, words: [sessionOf(world, host, words)].flat() });
  const popup = command.name === 'show' ? null : popupOf(world.env);
  return execPlan(
    world,
    outOfPopup(world, popup, plan, `${host.label}: ${words.join(' ')}`),
    call.flags.has('--dry-run'),
  );
}

/** What the box is told: the id of a row that was printed here, else the words as they are. */
function sessionOf(world: World, { label }: Host, words: string[]): string[] {
  const [only] = words;
  if (words.length > 1 || !/^\d+$/.test(only!)) return words.map(clean);
  const printed = printedHostRows(world, label);
  const id = printed[Number(only) - 1];
  if (id !== undefined) return [id];
  if (only!.length >= 4) return words;
  const there = printed.length === 0 ? 'no rows' : printed.length === 1 ? '1 row' : `${printed.length} rows`;
  throw new UserError(`there is no row ${only}: ${there} of ${label} were last printed on this terminal: wt ${label}:`);
}

/**
 * The plan to have wt there do it: over a connection of its own, for a kept one may hang. A terminal is had there where
 * there is one here.
 */
function planToGoThere({ destination }: Host, { name, passesOn }: Command, { words, flags, rest }: Call): ExecPlan {
  const given = Array.from(flags).filter(([flag]) => flag !== '--dry-run');
  const own = [...(name === 'pick' ? [] : [name]), ...given.flatMap(([flag, value]) => [flag, value].filter(Boolean))];
  const behind = passesOn && rest.length > 0 ? ['--', ...rest] : [];
  const isTerminal = looksLikeTerminal(0) && looksLikeTerminal(1);
  const argv: [string, ...string[]] = ['ssh', isTerminal ? '-t' : '-T', '-oControlPath=none', '-oRemoteCommand=none'];
  argv.push('--', destination, wtCommand([...own, '--', ...words, ...behind]));
  return { do: 'exec', argv, cwd: null };
}
