import { join } from 'node:path';
import type { Agent } from '../agents/agent.ts';
import type { Facts } from '../core/facts.ts';
import type { TranscriptFile } from '../core/session.ts';
import { checksum } from '../machine/checksum.ts';
import { readOwnFile, writeOwnFile } from '../machine/own-files.ts';
import { version } from '../version.ts';
import type { World } from '../world.ts';
import { grainOf } from './listing.ts';

/** What is kept of one transcript: which file it was read from, and what it says. */
interface Entry {
  folder: string;
  id: string;
  inode: number;
  /** The mtime that it was read with; null where it may have changed since without showing it. */
  modifiedAt: number | null;
  facts: Facts;
}

/** How many transcripts the small index speaks of, or a quarter more: all that a login, a prompt or a list asks for. */
const mostRecent = 240;

/** Which index: of the transcripts that were modified last, or, for the thorough commands, of all. */
export type Scope = 'recent' | 'all';

/**
 * The facts of an agent's transcripts, kept from one run to the next as lines of JSON behind one checksum. An entry is
 * true for as long as the file's inode, size and mtime are those that it was read with; of a file that has only grown it
 * is the part to go on from. Made anew wherever it is missing, damaged, of another version or another folder. Many may
 * write at once: the last one's file stands.
 */
export class FactIndex {
  private readonly world: World;
  private readonly agent: Agent;
  private readonly scope: Scope;
  /** The lines as they were read, what was read out of them, and what is new. */
  private readonly lines: Map<string, string>;
  private readonly parsed = new Map<string, Entry>();
  private readonly fresh = new Map<string, Entry>();
  private changed = false;

  constructor(world: World, agent: Agent, scope: Scope) {
    this.world = world;
    this.agent = agent;
    this.scope = scope;
    this.lines = linesIn(indexPath(world, agent, scope), headingOf(agent));
  }

  /** What is known of a file, and whether that is still all it says; null when that is nothing, or of another file. */
  find(file: TranscriptFile): { facts: Facts; isCurrent: boolean } | null {
    const entry = this.entry(keyOf(file));
    if (entry === null || entry.inode !== file.inode) return null;
    const { facts, modifiedAt } = entry;
    return { facts, isCurrent: facts.size === file.bytes && modifiedAt === file.modifiedAt };
  }

  /** Puts the facts of a file in, as they were read just now. */
  put(file: TranscriptFile, facts: Facts): void {
    // Modified so lately, it may change without showing it: then its facts are no more than the part to go on from.
    const age = Math.abs(this.world.now - file.modifiedAt);
    const isSettled = facts.size === file.bytes && age >= grainOf(file.modifiedAt);
    const { folder, id, inode } = file;
    this.fresh.set(keyOf(file), { folder, id, inode, modifiedAt: isSettled ? file.modifiedAt : null, facts });
    this.changed = true;
  }

  /** How many entries there are, true ones or not. */
  get size(): number {
    return new Set([...this.lines.keys(), ...this.fresh.keys()]).size;
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
      this.write('all', there);
      this.write('recent', newestOf(there));
      return;
    }
    this.write('recent', this.size > mostRecent * 1.25 ? newestOf(files()) : null);
  }

  /** Writes the entries of these files, or of all. */
  private write(scope: Scope, files: TranscriptFile[] | null): void {
    const lines: string[] = [];
    const keys = files?.map(keyOf) ?? new Set([...this.lines.keys(), ...this.fresh.keys()]);
    for (const key of keys) {
      const fresh = this.fresh.get(key);
      const line = fresh === undefined ? this.lines.get(key) : lineOf(fresh);
      if (line !== undefined) lines.push(line);
    }
    const text = Buffer.from(lines.join('\n'));
    const head = Buffer.from(`${headingOf(this.agent)}\n${checksum(text)}\n`);
    writeOwnFile(indexPath(this.world, this.agent, scope), Buffer.concat([head, text]));
  }

  private entry(key: string): Entry | null {
    const known = this.fresh.get(key) ?? this.parsed.get(key);
    if (known !== undefined) return known;
    const line = this.lines.get(key);
    if (line === undefined) return null;
    const entry = JSON.parse(line.slice(line.indexOf('\t') + 1)) as Entry;
    this.parsed.set(key, entry);
    return entry;
  }
}

/** Two transcripts may have one id, in two folders. */
function keyOf({ folder, id }: { folder: string; id: string }): string {
  return `${id} ${folder}`;
}

/** An entry as a line: its key as a JSON string, a tab, the entry. */
function lineOf(entry: Entry): string {
  return `${JSON.stringify(keyOf(entry))}\t${JSON.stringify(entry)}`;
}

function newestOf(files: TranscriptFile[]): TranscriptFile[] {
  return files.toSorted((a, b) => b.modifiedAt - a.modifiedAt).slice(0, mostRecent);
}

/** Another wt may read more out of a transcript. */
function headingOf(agent: Agent): string {
  return `watchtower ${version} facts 10 ${JSON.stringify([agent.name, agent.configDir])}`;
}

/** The lines of an index by their keys; none where the file is missing, damaged or another one. */
function linesIn(path: string, heading: string): Map<string, string> {
  const lines = new Map<string, string>();
  const bytes = readOwnFile(path, 256 << 20);
  const end = bytes?.indexOf('\n') ?? -1;
  if (bytes === null || bytes.toString('utf8', 0, end) !== heading) return lines;
  const from = bytes.indexOf('\n', end + 1) + 1;
  const text = bytes.subarray(from);
  if (bytes.toString('latin1', end + 1, from - 1) !== checksum(text) || text.length === 0) return lines;
  for (const line of text.toString().split('\n')) {
    lines.set(JSON.parse(line.slice(0, line.indexOf('\t'))), line);
  }
  return lines;
}

function indexPath(world: World, agent: Agent, scope: Scope): string {
  return join(world.folders.cache, `${scope}-${agentKey(agent)}`);
}

/** What tells one agent's files from another's among wt's own. */
export function agentKey(agent: Agent): string {
  return `${agent.name}-${checksum(Buffer.from(agent.configDir))}`;
}

/** The path of an agent's listing, and those of both indexes, with their names. */
export function indexFiles(world: World, agent: Agent): { name: string; path: string }[] {
  return ['listing', 'recent', 'all'].map((name) => ({
    name,
    path: join(world.folders.cache, `${name}-${agentKey(agent)}`),
  }));
}
