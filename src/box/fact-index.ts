import { join } from 'node:path';
import type { Agent } from '../agents/agent.ts';
import type { Facts } from '../core/facts.ts';
import type { TranscriptFile } from '../core/session.ts';
import { checksum } from '../machine/checksum.ts';
import { readOwnFile, writeOwnFile } from '../machine/own-files.ts';
import { version } from '../version.ts';
import type { World } from '../world.ts';
import { grainOf } from './listing.ts';

/** What is kept of one transcript: which file it was read from, how, and what its agent keeps of it. */
interface Entry {
  inode: number;
  /** Bytes. */
  size: number;
  /** The mtime that it was read with; null where it may have changed since without showing it. */
  modifiedAt: number | null;
  complete: boolean;
  kept: unknown;
}

/** What is known of a file, and whether that is still all it says. */
export interface Remembered {
  isCurrent: boolean;
  isComplete: boolean;
  kept: unknown;
  facts(): Facts;
}

/** How many transcripts the small index speaks of, or a quarter more: all that a login, a prompt or a list asks for. */
const mostRecent = 240;

/** Which index: of the transcripts that were modified last, or, for the thorough commands, of all. */
export type Scope = 'recent' | 'all';

/**
 * The facts of an agent's transcripts, kept from one run to the next as lines of JSON behind a checksum, of which only
 * those are parsed that somebody asks for. An entry is true for as
 * long as the file's inode, size and mtime are those that it was read with; of a file that has only grown it is the part
 * to go on from. Made anew wherever it is missing, damaged, of another version or another folder. Many may write at
 * once: the last one's file stands.
 */
export class FactIndex {
  private readonly world: World;
  private readonly agent: Agent;
  private readonly scope: Scope;
  /** The entries as lines of JSON, by their keys, and those that were asked for or are new. */
  private readonly lines: Map<string, string>;
  private readonly entries = new Map<string, Entry>();
  private changed = false;

  constructor(world: World, agent: Agent, scope: Scope) {
    this.world = world;
    this.agent = agent;
    this.scope = scope;
    this.lines = readLines(pathOf(world, agent, scope), headingOf(agent));
  }

  /** What is known of a file; null when that is nothing, or of another file. */
  find(file: TranscriptFile): Remembered | null {
    const entry = this.entry(keyOf(file));
    if (entry === null || entry.inode !== file.inode) return null;
    const { kept } = entry;
    return {
      isCurrent: entry.size === file.bytes && entry.modifiedAt === file.modifiedAt,
      isComplete: entry.complete,
      kept,
      facts: () => this.agent.recall(kept),
    };
  }

  /** Puts the facts of a file in, as they were read just now. */
  put(file: TranscriptFile, { size, complete, kept }: Facts): void {
    // Modified so lately, it may change without showing it: then its facts are no more than the part to go on from.
    const age = Math.abs(this.world.now - file.modifiedAt);
    const isSettled = size === file.bytes && age >= grainOf(file.modifiedAt);
    const key = keyOf(file);
    const modifiedAt = isSettled ? file.modifiedAt : null;
    const entry = { inode: file.inode, size, modifiedAt, complete, kept };
    this.entries.set(key, entry);
    this.lines.set(key, `${key}\t${JSON.stringify(entry)}`);
    this.changed = true;
  }

  /** How many entries there are, true ones or not. */
  get size(): number {
    return this.lines.size;
  }

  /**
   * Writes what is new. `files` are all transcripts that there are: entries of others are dropped, in the small index
   * those of the oldest ones too.
   */
  save(files: () => TranscriptFile[]): void {
    if (!this.changed) return;
    this.changed = false;
    if (this.scope === 'all') {
      const there = files();
      this.write('all', this.linesOf(there));
      this.write('recent', this.linesOf(newestOf(there)));
      return;
    }
    const isTooLong = this.size > mostRecent * 1.25;
    this.write('recent', isTooLong ? this.linesOf(newestOf(files())) : [...this.lines.values()]);
  }

  private entry(key: string): Entry | null {
    const known = this.entries.get(key);
    if (known !== undefined) return known;
    const line = this.lines.get(key);
    if (line === undefined) return null;
    const entry = JSON.parse(line.slice(key.length + 1)) as Entry;
    this.entries.set(key, entry);
    return entry;
  }

  private linesOf(files: TranscriptFile[]): string[] {
    return files.map((file) => this.lines.get(keyOf(file))).filter((line) => line !== undefined);
  }

  private write(scope: Scope, lines: string[]): void {
    const json = Buffer.from(lines.join('\n'));
    const head = Buffer.from(`${headingOf(this.agent)}\n${checksum(json)}\n`);
    writeOwnFile(pathOf(this.world, this.agent, scope), Buffer.concat([head, json]));
  }
}

/** Two transcripts may have one id, in two folders. As JSON, for a folder's name may hold anything. */
function keyOf({ folder, id }: TranscriptFile): string {
  return JSON.stringify(`${id} ${folder}`);
}

function newestOf(files: TranscriptFile[]): TranscriptFile[] {
  return files.toSorted((a, b) => b.modifiedAt - a.modifiedAt).slice(0, mostRecent);
}

/** Another wt may read more out of a transcript. */
function headingOf(agent: Agent): string {
  return `watchtower ${version} facts 13 ${JSON.stringify([agent.name, agent.configDir])}`;
}

/** The lines of an index by their keys, up to a tab; none where the file is missing, damaged or another one. */
function readLines(path: string, heading: string): Map<string, string> {
  const lines = new Map<string, string>();
  const bytes = readOwnFile(path, 256 << 20);
  const end = bytes?.indexOf('\n') ?? -1;
  if (bytes === null || bytes.toString('utf8', 0, end) !== heading) return lines;
  const from = bytes.indexOf('\n', end + 1) + 1;
  const json = bytes.subarray(from);
  if (json.length === 0 || bytes.toString('latin1', end + 1, from - 1) !== checksum(json)) return lines;
  for (const line of json.toString().split('\n')) lines.set(line.slice(0, line.indexOf('\t')), line);
  return lines;
}

function pathOf(world: World, agent: Agent, name: Scope | 'listing'): string {
  return join(world.folders.cache, `${name}-${agent.name}-${checksum(Buffer.from(agent.configDir))}`);
}

/** Where an agent's folders are kept as they were listed last. */
export function listingPath(world: World, agent: Agent): string {
  return pathOf(world, agent, 'listing');
}

/** The names and paths of what is kept of an agent. */
export function indexFiles(world: World, agent: Agent): { name: string; path: string }[] {
  return (['listing', 'recent', 'all'] as const).map((name) => ({ name, path: pathOf(world, agent, name) }));
}
