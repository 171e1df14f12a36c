import { statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Environment } from '../../core/plan.ts';
import type { Process } from '../../core/session.ts';
import { checksum } from '../../machine/checksum.ts';
import { readSmallFile } from '../../machine/regular-file.ts';
import { variableOf } from '../../machine/terminals.ts';
import { claudeFolder, registryFolder } from './paths.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** One of the Claude homes in the list. */
export interface Account {
  configDir: string;
  /** One word that no other one of the list has. */
  tag: string;
  /** It is where a Claude looks that is told of no folder. */
  isDefault: boolean;
  /**
   * What CLAUDE_CONFIG_DIR is to be; null: not set, for where it is, `.claude.json` lies in the folder, and else beside
   * `~/.claude` (read in the bundle of 2.1.330).
   */
  variable: string | null;
}

/** What `WT_CONFIG_DIRS` comes to. */
export interface Accounts {
  /** The folders that count, in order. */
  accounts: Account[];
  /** Those of it that are one of these under another name, and those that are not there. */
  twice: string[];
  missing: string[];
  /** CLAUDE_CONFIG_DIR is none of them. */
  isElsewhere: boolean;
}

/** The folders that `WT_CONFIG_DIRS` names, absolute: none where it is not set. Relative ones lie below the current folder. */
export function foldersNamed(env: Env, home: string): string[] {
  const folders = (env.WT_CONFIG_DIRS ?? '')
    .split(':')
    .filter((entry) => entry !== '')
    .map((entry) => resolve(entry.replace(/^~(?=\/|$)/, () => home).normalize('NFC')));
  return [...new Set(folders)];
}

/** The Claude homes of a list, each looked at once. */
export function readAccounts(named: string[], env: Env, home: string): Accounts {
  const [twice, missing]: [string[], string[]] = [[], []];
  const folders = new Map<string, string>();
  for (const folder of named) {
    const place = placeOf(folder);
    if (place === null) missing.push(folder);
    else if (folders.has(place)) twice.push(folder);
    else folders.set(place, folder);
  }
  const usual = placeOf(join(home, '.claude'));
  const elsewhere = env.CLAUDE_CONFIG_DIR ? claudeFolder(env, home) : null;
  const told = elsewhere === null ? null : (placeOf(elsewhere) ?? elsewhere);
  const tags = tagsOf([...folders.values()], join(home, '.claude'));
  const accounts = Array.from(folders, ([place, configDir], at) => {
    const isDefault = place === usual;
    return { configDir, tag: tags[at]!, isDefault, variable: isDefault && place !== told ? null : configDir };
  });
  return { accounts, twice, missing, isElsewhere: told !== null && !folders.has(told) };
}

/** What a folder is, whatever it is called; null where there is none. One that can't be looked at is what it is called. */
function placeOf(folder: string): string | null {
  try {
    const stat = statSync(folder, { throwIfNoEntry: false, bigint: true });
    return stat?.isDirectory() ? `${stat.dev}:${stat.ino}` : null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? null : folder;
  }
}

/**
 * A word for each folder: `work` for `~/.claude-work`, `default` for `~/.claude`, `ann` for `/srv/ann/.claude`; where that
 * is another one's, with as much of the path in front as tells them apart.
 */
function tagsOf(folders: string[], usual: string): string[] {
  const parts = folders.map((folder) => {
    if (folder === usual) return ['default'];
    const names = folder.split('/').filter(Boolean);
    const own = nameOf(folder);
    return own === '' ? names.slice(0, -1) : [...names.slice(0, -1), own];
  });
  const longest = Math.max(...parts.map((names) => names.length));
  const tagAt = (at: number, depth: number) => parts[at]!.slice(-depth).join('/').replace(/\s/g, '-') || folders[at]!;
  return folders.map((_, at) => {
    for (let depth = 1; depth <= longest; depth++) {
      const tag = tagAt(at, depth);
      if (folders.every((_, other) => other === at || tagAt(other, depth).toLowerCase() !== tag.toLowerCase()))
        return tag;
    }
    return folders[at]!.replace(/\s/g, '-');
  });
}

/** What a folder's name says besides that it is Claude's: empty for `.claude`. */
function nameOf(folder: string): string {
  return basename(folder)
    .replace(/^\./, '')
    .replace(/^claude(?:[-_.]|$)/i, '');
}

/** What of an agent follows from which Claude homes are listed. */
export interface ClaudePlace {
  configDir: string;
  account?: string | undefined;
  /** Whether a process that a record there speaks of holds its session in another folder, of which this one is a copy. */
  isCopied?: (process: Pick<Process, 'pid' | 'sessionId'>) => boolean;
  environment: Environment;
  /** See Archiving. */
  archiveFolders: string[];
}

/**
 * The Claude homes of the list: those of `WT_CONFIG_DIRS` that are there, else `$CLAUDE_CONFIG_DIR` or `~/.claude`. One at
 * least, whether it is there or not.
 */
export function claudePlaces(env: Env, home: string): ClaudePlace[] {
  const named = foldersNamed(env, home);
  if (named.length === 0) return [usualPlace(env, home)];
  const { accounts } = readAccounts(named, env, home);
  if (accounts.length === 0) return [placeAlone(named[0]!, named[0]!, home)];
  if (named.length === 1) return accounts.map(({ configDir, variable }) => placeAlone(configDir, variable, home));
  return accounts.map((account) => ({
    isCopied: ({ pid, sessionId }) => isCopied(pid, sessionId, account.configDir, accounts),
    configDir: account.configDir,
    account: account.tag,
    environment: { CLAUDE_CONFIG_DIR: account.variable },
    archiveFolders: archiveFolders(account, accounts),
  }));
}

/**
 * Whether the record of a process lies in a folder only because that was copied while the process ran: another one holds
 * the same record, and is the one that the process was started with.
 */
function isCopied(pid: number, sessionId: string, configDir: string, accounts: Account[]): boolean {
  const others = accounts.filter(
    (other) => other.configDir !== configDir && hasRecord(other.configDir, pid, sessionId),
  );
  if (others.length === 0) return false;
  // Without a HOME its environment can't be read.
  const ownHome = variableOf(pid, 'HOME');
  if (ownHome === null) return false;
  const told = variableOf(pid, 'CLAUDE_CONFIG_DIR') || undefined;
  // A relative one lies below where it was started, which nothing tells.
  if (told !== undefined && !told.startsWith('/')) return false;
  const own = placeOf(claudeFolder({ CLAUDE_CONFIG_DIR: told }, ownHome));
  return own !== null && own !== placeOf(configDir) && others.some((other) => placeOf(other.configDir) === own);
}

function hasRecord(configDir: string, pid: number, sessionId: string): boolean {
  try {
    return readSmallFile(join(registryFolder(configDir), `${pid}.json`), 1 << 18)?.includes(sessionId) ?? false;
  } catch {
    return false;
  }
}

/** The Claude home in which a new session is begun: the one that the environment names, else the first of the list. */
export function placeOfNew(env: Env, home: string): ClaudePlace {
  const places = claudePlaces(env, home);
  if (!env.CLAUDE_CONFIG_DIR) return places[0]!;
  const usual = usualPlace(env, home);
  return places.find(({ configDir }) => configDir === usual.configDir) ?? usual;
}

function usualPlace(env: Env, home: string): ClaudePlace {
  const configDir = claudeFolder(env, home);
  const archiveFolders = archiveFoldersAlone(configDir, home);
  return { configDir, environment: env.CLAUDE_CONFIG_DIR ? { CLAUDE_CONFIG_DIR: configDir } : {}, archiveFolders };
}

function placeAlone(configDir: string, variable: string | null, home: string): ClaudePlace {
  const archiveFolders = archiveFoldersAlone(configDir, home);
  return { configDir, environment: { CLAUDE_CONFIG_DIR: variable }, archiveFolders };
}

/**
 * Where in wt's archive the transcripts of a folder lie, below it: those of the default one as ever, those of others in a
 * folder of their own, for two accounts work in one directory. Who archived from a folder alone put them where the
 * default one's are: these are the default one's, or, without it, the first one's.
 */
function archiveFolders({ configDir, isDefault }: Account, accounts: Account[]): string[] {
  if (isDefault) return [''];
  const own = ownArchive(configDir);
  const isHeir = accounts[0]?.configDir === configDir && !accounts.some((account) => account.isDefault);
  return isHeir ? [own, ''] : [own];
}

/** Where they lie when the folder is listed alone. */
function archiveFoldersAlone(configDir: string, home: string): string[] {
  return configDir === join(home, '.claude') ? [''] : ['', ownArchive(configDir)];
}

function ownArchive(configDir: string): string {
  const name = `${basename(dirname(configDir))}-${basename(configDir)}`.replace(/[^\w.-]+/g, '-').slice(-40);
  return `@${name}-${checksum(Buffer.from(configDir))}`;
}
