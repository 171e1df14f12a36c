import { join } from 'node:path';
import { clean } from '../core/text.ts';
import { UserError } from '../errors.ts';
import { readSmallFile } from '../machine/regular-file.ts';
import type { World } from '../world.ts';

/** Another box: what it is called here, and what ssh is told. */
export interface Host {
  label: string;
  /** As ssh takes it: a name of ssh_config, `user@host`, `ssh://user@host:port`. */
  destination: string;
}

/** The boxes that the user has named, and what is wrong with what was written, each as a sentence. */
export interface Hosts {
  hosts: Host[];
  faults: string[];
  /** Where they are named: a path, or the variable. */
  from: string;
}

/** A file of more bytes, or more boxes, is somebody's mistake. */
const largestFile = 64 << 10;
const mostHosts = 100;
const longestName = 200;

/**
 * The boxes of `WT_HOSTS` (destinations with blanks or commas between them), where that is set, else those of
 * `$XDG_CONFIG_HOME/wt/hosts`: a destination a line, and a label behind it where it is to be called otherwise; `#` begins
 * a comment. No network is asked. Never throws.
 */
export function readHosts(world: Pick<World, 'env' | 'home'>): Hosts {
  const { env, home } = world;
  if (env.WT_HOSTS) {
    const lines = env.WT_HOSTS.split(/[\s,]+/).filter(Boolean);
    return hostsOf(lines, 'WT_HOSTS', () => 'WT_HOSTS');
  }
  const config = env.XDG_CONFIG_HOME?.startsWith('/') ? env.XDG_CONFIG_HOME : join(home, '.config');
  const path = join(config, 'wt', 'hosts');
  let text: string | null;
  try {
    text = readSmallFile(path, largestFile);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const faults = code === 'ENOENT' || code === 'ENOTDIR' ? [] : [`${clean(path)} can't be read`];
    return { hosts: [], faults, from: path };
  }
  if (text === null) return { hosts: [], faults: [`${clean(path)} is larger than ${largestFile} bytes`], from: path };
  return hostsOf(text.split('\n'), path, (number) => `line ${number} of ${clean(path)}`);
}

/** The boxes in these lines. */
function hostsOf(lines: string[], from: string, place: (number: number) => string): Hosts {
  const hosts: Host[] = [];
  const faults: string[] = [];
  for (const [index, line] of lines.entries()) {
    const words = line
      .replace(/(?:^|\s)#.*$/, '')
      .split(/\s+/)
      .filter(Boolean);
    if (words.length === 0) continue;
    if (hosts.length >= mostHosts || faults.length >= mostHosts) {
      faults.push(`${place(index + 1)} and what follows: there are more than ${mostHosts} boxes or mistakes`);
      break;
    }
    const [destination, label = destination] = words as [string, string?];
    const fault =
      faultOf(words) ?? (hosts.some((host) => host.label === label) ? `there is a box ${label} already` : null);
    if (fault === null) hosts.push({ label, destination });
    else faults.push(`${place(index + 1)}: ${clean(fault)}`);
  }
  return { hosts, faults, from };
}

/** What ssh or a shell behind it could take for more than a name (OpenSSH 9.6 refuses most of that itself). */
const notInNames = /['"`$\\;&<>|(){}!*?]/;

function faultOf(words: string[]): string | null {
  if (words.length > 2) return 'a destination and a label are all that a line may hold';
  for (const word of words) {
    if (word.length > longestName) return `a name of more than ${longestName} characters`;
    if (clean(word) !== word || /[\p{Cc}\p{Default_Ignorable_Code_Point}]/u.test(word))
      return `${word} holds characters that can't be seen`;
    if (notInNames.test(word)) return `${word} holds a character that no destination has`;
    if (/^(?:ssh:\/\/)?(?:[^@]*@)*-/i.test(word)) return `${word} looks like an option of ssh`;
  }
  return null;
}

/** A word that names a box and something in it: `nas:3`. */
export interface HostWord {
  host: Host;
  /** What stands behind the colon; empty where nothing does. */
  rest: string;
}

/**
 * The box that a word begins with, as its label and a colon; null where there is none of that name: then it is a word like
 * any other. Labels may hold colons themselves, so the longest one counts.
 */
export function hostInWord(word: string, hosts: readonly Host[]): HostWord | null {
  const fitting = hosts.filter(({ label }) => word.startsWith(`${label}:`));
  const host = fitting.sort((a, b) => b.label.length - a.label.length)[0];
  return host === undefined ? null : { host, rest: word.slice(host.label.length + 1) };
}

/**
 * The boxes that were named by the user, in the order of the file; all where none is. A colon behind a label is passed
 * over. Throws UserError for a box that there is not.
 */
export function namedHosts({ hosts, from }: Hosts, names: string[]): Host[] {
  const labels = hosts.map(({ label }) => label);
  const wanted = names.map((name) => (labels.includes(name) ? name : name.replace(/:$/, '')));
  const unknown = wanted.find((name) => !labels.includes(name));
  if (unknown !== undefined)
    throw new UserError(`there is no box ${clean(unknown)} in ${clean(from)}: ${labels.join(', ') || 'there is none'}`);
  return wanted.length === 0 ? hosts : hosts.filter(({ label }) => wanted.includes(label));
}
