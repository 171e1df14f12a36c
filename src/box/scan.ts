import type { Agent, Registry } from '../agents/agent.ts';
import { agentsOf } from '../agents/table.ts';
import { keyIn } from '../core/ids.ts';
import type { Process } from '../core/session.ts';
import { type Context, inOrderOfNeed } from '../core/state.ts';
import { parseSpan } from '../core/text.ts';
import { checksum } from '../machine/checksum.ts';
import { runningPrograms } from '../machine/proc.ts';
import { mark } from '../machine/trace.ts';
import type { World } from '../world.ts';
import { FactIndex, listingPath, type Scope } from './fact-index.ts';
import { Listing } from './listing.ts';
import { Marks } from './marks.ts';
import { askForTranscripts, findTranscripts, type Transcripts } from './transcripts.ts';

/** What one agent has on the box, before any transcript is opened. */
export interface Source {
  agent: Agent;
  /** What stands for its folder in keys; null where the list is of no other one of its agent. */
  folder: string | null;
  transcripts: Transcripts;
  registry: Registry;
  /** The processes that hold each session, by its id. */
  running: ReadonlyMap<string, Process[]>;
  index: FactIndex;
  /** Of an agent whose transcripts lie as a layout says; else null. */
  listing: Listing | null;
  /** How long the agent keeps what was said in a directory, in milliseconds, as far as it was asked; null: for ever. */
  keepsFor: Map<string | null, number | null>;
}

/** What is on the box: files, proven processes, and the clock. */
export interface Box {
  sources: Source[];
  context: Context;
  marks: Marks;
  /** The paths of all that could not be read, so far. */
  skipped: Set<string>;
}

/**
 * Looks at the box, hands it to `use`, and saves what was learned on the way: the one place that does. `scope` says
 * which index is worked with: that of the newest transcripts, or that of all.
 */
export async function withBox<T>(world: World, use: (box: Box) => T | Promise<T>, scope: Scope = 'recent'): Promise<T> {
  const box = await scanBox(world, scope);
  try {
    return await use(box);
  } finally {
    if (!world.dryRun) saveBox(box, world.now);
  }
}

/** How long processes may take to say what they do, in milliseconds: while a login waits, and else. */
const hurriedPatience = 50;
const usualPatience = 500;

/**
 * Looks at the processes, stats every transcript, and asks the processes that have to be asked what they do. What is known
 * is taken over from `before`, an earlier look.
 */
export async function scanBox(world: World, scope: Scope = 'recent', before: Box | null = null): Promise<Box> {
  const skipped = new Set<string>();
  const marks = before?.marks ?? new Marks(world);
  if (before !== null) marks.reread();
  const programs = runningPrograms();
  const sources: Source[] = [];
  for (const agent of agentsOf(world)) {
    const known = before?.sources.find((source) => isSameAgent(source.agent, agent)) ?? null;
    const registry = agent.processes(world.now, programs);
    mark('processes proven');
    if (agent.ask !== undefined && registry.processes.length > 0) {
      registry.processes = await agent.ask(registry.processes, world.isHurried ? hurriedPatience : usualPatience);
      mark('processes asked');
    }
    sources.push(scanAgent(world, agent, registry, scope, known, skipped));
  }
  const context = {
    now: world.now,
    waitingFor: waitingFor(world),
    seenUntil: (key: string) => marks.seenUntil(key),
    doneAt: (key: string) => marks.doneAt(key),
  };
  return { sources, context, marks, skipped };
}

/** What stands for an agent's folder in keys; null where the list is of no other one of its kind. */
function folderOf({ account, configDir }: Agent): string | null {
  return account === undefined ? null : checksum(Buffer.from(configDir));
}

/** What a session of an agent is known by; see Session. */
export function keyOf(agent: Agent, id: string, folder = folderOf(agent)): string {
  return folder === null ? id : keyIn(folder, id);
}

/** Whether two are the same agent with the same folder. */
export function isSameAgent(one: Pick<Agent, 'name' | 'configDir'>, other: Pick<Agent, 'name' | 'configDir'>): boolean {
  return one.name === other.name && one.configDir === other.configDir;
}

function scanAgent(
  world: World,
  agent: Agent,
  registry: Registry,
  scope: Scope,
  before: Source | null,
  skipped: Set<string>,
): Source {
  const index = before?.index ?? new FactIndex(world, agent, scope);
  mark('index loaded');
  const unread: string[] = [...registry.skipped];
  let listing: Listing | null = null;
  let transcripts: Transcripts;
  if ('find' in agent.transcripts) transcripts = askForTranscripts(agent.transcripts, unread);
  else {
    listing = before?.listing ?? new Listing(listingPath(world, agent), agent.transcripts);
    transcripts = findTranscripts(agent.transcripts, listing, world.now, unread);
  }
  mark('transcripts looked at');
  for (const path of unread) skipped.add(path);
  const running = new Map<string, Process[]>();
  for (const process of registry.processes) {
    running.set(process.sessionId, inOrderOfNeed([...(running.get(process.sessionId) ?? []), process]));
  }
  return { agent, folder: folderOf(agent), transcripts, registry, running, index, listing, keepsFor: new Map() };
}

/** Writes what was learned of a box. `now` is in milliseconds since the epoch. */
export function saveBox(box: Box, now: number): void {
  for (const { listing, index, transcripts } of box.sources) {
    listing?.save();
    index.save(() => transcripts.all());
  }
  box.marks.save(now);
}

/** `WT_WAITING` in milliseconds; a day where it is unset or no span. */
export function waitingFor({ env }: Pick<World, 'env'>): number {
  return (env.WT_WAITING ? parseSpan(env.WT_WAITING) : null) ?? 86_400_000;
}

/** How many transcripts there are. */
export function countTranscripts(box: Box): number {
  return box.sources.reduce((sum, { transcripts }) => sum + transcripts.count, 0);
}
