import { existsSync } from 'node:fs';
import type { Agent, Registry } from '../agents/agent.ts';
import type { Depth, Facts } from '../core/facts.ts';
import { partsOfKey } from '../core/ids.ts';
import { isUrgent } from '../core/order.ts';
import type { Process, Session, TranscriptFile } from '../core/session.ts';
import { inOrderOfNeed, joinSession } from '../core/state.ts';
import { type Box, keyOf, type Source } from './scan.ts';

const hour = 3_600_000;

/** The first session of that id or key, whichever agent's it is; null where there is none or it makes no row. */
export function findSession(box: Box, key: string, depth: Depth): Session | null {
  const [session] = findSessions(box, key, depth);
  return session ?? null;
}

/** The sessions that an id or a key means: of an id one for each folder of an agent that holds it, if that makes a row. */
export function* findSessions(box: Box, key: string, depth: Depth): Generator<Session> {
  const { id, folder } = partsOfKey(key);
  for (const source of box.sources) {
    if (folder !== null && folder !== source.folder) continue;
    const session = readSession(box, source, id, source.transcripts.find(id), depth);
    if (session !== null) yield session;
  }
}

/** Every session of the box, headless ones too, in no order; at full depth every fact is exact. */
export function* allSessions(box: Box, depth: Depth): Generator<Session> {
  for (const source of box.sources) {
    yield* unwrittenSessions(box, source);
    yield* sessionsOf(box, source, source.transcripts.all(), depth);
  }
}

/** What a greeting speaks of, in no order: nothing that was modified earlier is opened. */
export function* urgentSessions(box: Box): Generator<Session> {
  for (const source of box.sources) {
    yield* unwrittenSessions(box, source);
    for (const session of sessionsOf(box, source, urgentFiles(box, source), 'tail')) {
      if (isUrgent(session, box.context)) yield session;
    }
  }
}

/**
 * The transcripts of the sessions that a greeting speaks of: those that a process holds, and those modified so lately
 * that they can be waiting or of unknown liveness.
 */
export function urgentFiles({ context }: Pick<Box, 'context'>, { transcripts, running }: Source): TranscriptFile[] {
  const since = context.now - Math.max(context.waitingFor, hour);
  const files = transcripts.modifiedBetween(since, Number.POSITIVE_INFINITY);
  for (const id of running.keys()) {
    files.push(...transcripts.find(id).filter((file) => file.modifiedAt < since));
  }
  return files;
}

/** The sessions of these files, one for each id. */
export function* sessionsOf(
  box: Box,
  source: Source,
  files: Iterable<TranscriptFile>,
  depth: Depth,
): Generator<Session> {
  const done = new Set<string>();
  for (const file of files) {
    const copies = copiesOf(source, file);
    if (copies.length > 1 && done.has(file.id)) continue;
    done.add(file.id);
    const session = readSession(box, source, file.id, copies, depth);
    if (session !== null) yield session;
  }
}

/** A file with all others of its id. */
export function copiesOf({ transcripts }: Source, file: TranscriptFile): TranscriptFile[] {
  return transcripts.twins.has(file.id) ? transcripts.find(file.id) : [file];
}

/** The sessions that run without a transcript: nothing was said in them yet. */
export function* unwrittenSessions(box: Box, source: Source): Generator<Session> {
  for (const id of source.running.keys()) {
    if (source.transcripts.find(id).length > 0) continue;
    const session = readSession(box, source, id, [], 'tail');
    if (session !== null) yield session;
  }
}

interface ReadFile {
  file: TranscriptFile;
  facts: Facts;
}

/**
 * The session of an id: its transcripts `files`, as far as they have to be read, joined with its processes; null where it
 * makes no row.
 */
export function readSession(
  box: Box,
  source: Source,
  id: string,
  files: TranscriptFile[],
  depth: Depth,
): Session | null {
  const held = source.running.get(id) ?? [];
  const read = files.map((file) => ({ file, facts: readFacts(box, source, file, depth) }));
  const known = read.filter(({ facts }) => facts !== null) as ReadFile[];
  const [foremost] = known.sort(inOrderOfTalk);
  const file = foremost?.file ?? null;
  const own = foremost?.facts ?? null;
  if (own?.isPart) return null;
  if (held.length === 0 && (own === null || !own.hasTalk || isSuperseded(box, source, own))) return null;
  if (own === null && held.every(isNothing)) return null;
  const isMoved = !own?.hasTalk && held.some((process) => process.attachWord !== null);
  const before = isMoved ? predecessorOf(box, source, id, file) : null;
  const facts = before === null ? own : { ...before.facts, title: own?.title ?? before.facts.title, continuedIn: null };
  const processes = withActivity(source.agent, held, facts);
  const [process] = processes;
  const cwd = facts === null ? null : directoryOf(facts);
  const needsYou = process?.proof === 'alive' && process.activity === 'needs-you';
  return joinSession(
    {
      id,
      talkId: before?.file.id ?? id,
      key: keyOf(source.agent, id, source.folder),
      agent: source.agent.name,
      configDir: source.agent.configDir,
      account: source.agent.account ?? null,
      file,
      copies: known.slice(1).map((one) => one.file),
      facts,
      cwd,
      titleBeside: file === null ? null : (source.agent.titleBeside?.(file) ?? null),
      putAwayAt: processes.length > 0 || file === null ? null : (source.agent.putAwayAt?.(file) ?? null),
      leftAt: processes.length > 0 ? null : (source.agent.leftAt?.(id) ?? null),
      processes,
      needs: needsYou ? source.agent.needs(process, file, facts) : null,
      failure: processes.length > 0 ? null : (source.agent.failureOf?.(id) ?? null),
      keepsFor: processes.length > 0 ? null : keepsFor(source, cwd),
      isMoving: processes.length === 0 && own !== null && isMoving(box, own, file!),
      hasStray: processes.length === 0 && mayBeHeld(box, source, file, facts),
    },
    source.registry,
    box.context,
  );
}

/** Processes with what the transcript tells of what they do, in order of need again. */
function withActivity({ activityOf }: Agent, processes: Process[], facts: Facts | null): Process[] {
  if (activityOf === undefined || processes.length === 0) return processes;
  const known = processes.map((process) =>
    process.proof === 'alive' ? { ...process, activity: activityOf(process, facts) } : process,
  );
  return inOrderOfNeed(known);
}

/** Whether a process without a transcript is no session: a picker left open, or a record of elsewhere that never goes. */
function isNothing({ isUnused, proof, startTime }: Process): boolean {
  return isUnused || (proof === 'unknown' && startTime !== null);
}

function keepsFor({ agent, keepsFor }: Source, cwd: string | null): number | null {
  const known = keepsFor.get(cwd);
  if (known !== undefined) return known;
  const span = agent.keepsFor?.(cwd) ?? null;
  keepsFor.set(cwd, span);
  return span;
}

/** Of one id's files the one with the newest talk stands for it; of whole copies always the same one. */
function inOrderOfTalk(one: ReadFile, other: ReadFile): number {
  const byTalk = newestTalk(other) - newestTalk(one) || other.file.modifiedAt - one.file.modifiedAt;
  return byTalk || (one.file.path < other.file.path ? -1 : 1);
}

function newestTalk({ facts }: ReadFile): number {
  return facts.hasTalk ? (facts.lastActivityAt ?? 0) : Number.NEGATIVE_INFINITY;
}

/** Null where the transcript can't be read, which is noted, or has gone. */
function readFacts(box: Box, source: Source, file: TranscriptFile, depth: Depth): Facts | null {
  const known = source.index.find(file);
  if (known?.isCurrent && (depth === 'tail' || known.isComplete)) return known.facts();
  try {
    const facts = source.agent.read(file, depth, known?.kept ?? null);
    source.index.put(file, facts);
    return facts;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') box.skipped.add(file.path);
    return null;
  }
}

/** The directory that a session goes on in: the best that is there. */
function directoryOf({ directories }: Facts): string | null {
  if (directories.length > 1) return directories.find((path) => existsSync(path)) ?? directories.at(-1)!;
  return directories[0] ?? null;
}

/** Whether a session has gone on in another one: where that holds talk, or a process holds it. */
function isSuperseded(box: Box, source: Source, { continuedIn }: Facts): boolean {
  if (continuedIn === null) return false;
  if (source.running.has(continuedIn)) return true;
  return source.transcripts.find(continuedIn).some((file) => readFacts(box, source, file, 'tail')?.hasTalk);
}

/** How long a session may take to move into the background, in milliseconds (0.6 to 4 s with Claude Code 2.1.332). */
const longestMove = 10_000;

function isMoving(box: Box, { continuedIn }: Facts, file: TranscriptFile): boolean {
  return continuedIn !== null && box.context.now - file.modifiedAt < longestMove;
}

/** So many of the newest transcripts are looked through for the one that a session without talk went on from. */
const mostPredecessors = 50;

/** The transcript that holds the talk of a background session in which nothing was said yet: the one it went on from. */
function predecessorOf(box: Box, source: Source, id: string, file: TranscriptFile | null): ReadFile | null {
  let looked = 0;
  for (const other of source.transcripts.newestFirst(box.context.now)) {
    if (looked++ >= mostPredecessors) return null;
    if (other.id === id || (file !== null && other.folder !== file.folder)) continue;
    const facts = readFacts(box, source, other, 'tail');
    if (facts?.continuedIn === id) return { file: other, facts };
  }
  return null;
}

/**
 * Whether a session may be held by a process that nothing ties to it: its agent says so; one stands in its directory and
 * began before it was left; or one stands there whose record can't be read.
 */
function mayBeHeld(box: Box, source: Source, file: TranscriptFile | null, facts: Facts | null): boolean {
  if (facts === null || file === null) return false;
  if ((source.registry.doubtOf?.(file) ?? null) !== null) return true;
  const { registry, agent } = source;
  if (!facts.untracked && !registry.blind) return false;
  const there = (agent.strays?.(registryOfAll(box, source)) ?? []).filter(({ cwd }) => facts.directories.includes(cwd));
  if (there.some(({ pid }) => registry.unreadable?.has(pid))) return true;
  const { untracked, lastActivityAt } = facts;
  return untracked && lastActivityAt !== null && there.some(({ startedAt }) => startedAt <= lastActivityAt);
}

/** The registry of a source with the processes of all folders of its agent: who has a record in one of them is no stray. */
function registryOfAll(box: Box, source: Source): Registry {
  if (source.folder === null) return source.registry;
  const others = box.sources.filter(({ agent }) => agent.name === source.agent.name);
  return { ...source.registry, processes: others.flatMap(({ registry }) => registry.processes) };
}

/** The session that the superseded one of an id or a key has gone on in; null where it has not. */
export function successorOf(box: Box, key: string): Session | null {
  const { id, folder } = partsOfKey(key);
  for (const source of box.sources) {
    if (folder !== null && folder !== source.folder) continue;
    for (const file of source.transcripts.find(id)) {
      const next = readFacts(box, source, file, 'tail')?.continuedIn ?? null;
      if (next !== null && next !== id) return findSession(box, keyOf(source.agent, next, source.folder), 'tail');
    }
  }
  return null;
}
