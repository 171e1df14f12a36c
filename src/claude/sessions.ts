import { dirname, join, readdirSync, statSync } from '#system';
import { type Circumstances, closedState, joinSession } from '../core/join.ts';
import { inOrder, isPressing, isShownToPeople } from '../core/order.ts';
import type {
  Activity,
  Outline,
  PendingCall,
  Process,
  Session,
  Standing,
  State,
  TitleSource,
  Transcript,
} from '../core/session.ts';
import { larger, parseSpan } from '../core/text.ts';
import { readSmallFile } from '../files/regular-file.ts';
import { mark } from '../system/trace.ts';
import type { World } from '../world.ts';
import { type Discovery, discover, type TranscriptFile } from './discover.ts';
import type { Known } from './fact-store.ts';
import { type Facts, isHeadless, makesRow, standingIn } from './facts.ts';
import { Index } from './index.ts';
import { isSessionId } from './paths.ts';
import { type Registry, readRegistry } from './registry.ts';
import { type Depth, readFacts } from './transcript.ts';

const hour = 3_600_000;
const day = 86_400_000;

/** What is on the box before any transcript is opened: the files, the proven processes, and the clock. */
export interface Survey {
  registry: Registry;
  discovery: Discovery;
  circumstances: Circumstances;
  /** The sessions that processes hold, and, where there are many of them, the same by their ids. */
  held: readonly Held[];
  heldById: ReadonlyMap<string, Held> | null;
  /** The paths of all that could not be read, so far. */
  skipped: Set<string>;
  /** What earlier runs have read. */
  index: Index;
}

/** A session with the processes that hold it, and its transcript; null where nothing was said in it yet. */
export interface Held {
  id: string;
  processes: Process[];
  file: TranscriptFile | null;
}

/** Whether a process is said to hold a session. */
export function isHeld(seen: Survey, id: string): boolean {
  return heldAs(seen, id) !== null;
}

function heldAs({ held, heldById }: Pick<Survey, 'held' | 'heldById'>, id: string): Held | null {
  if (heldById !== null) return heldById.get(id) ?? null;
  for (const one of held) if (one.id === id) return one;
  return null;
}

/** Sessions held by more processes than these are looked up by a map: to make it takes longer than to look at these few. */
const manyProcesses = 32;

/** What processes hold; no transcript is looked for yet. */
function heldBy(processes: Process[]): Pick<Survey, 'held' | 'heldById'> {
  const held: Held[] = [];
  const byId = processes.length > manyProcesses ? new Map<string, Held>() : null;
  const found = { held, heldById: byId };
  for (const process of processes) {
    const other = heldAs(found, process.sessionId);
    if (other !== null) {
      other.processes.push(process);
      continue;
    }
    const one = { id: process.sessionId, processes: [process], file: null };
    held.push(one);
    byId?.set(one.id, one);
  }
  return found;
}

/** Looks at the registry and stats every transcript. */
export function survey(world: World, index = new Index(world)): Survey {
  mark('index loaded');
  const registry = readRegistry(world.conf);
  mark('registry read, processes proven');
  const discovery = discover(world.conf, index.listing, world.now);
  mark('transcripts looked at');
  const holdings = heldBy(registry.processes);
  const circumstances = {
    now: world.now,
    waitingFor: waitingFor(world),
    registryPresent: registry.present,
    registryBlind: registry.blind,
  };
  // Most of them have just been written to.
  for (const file of discovery.latest(pressingSince(circumstances))) {
    const holding = heldAs(holdings, file.id);
    if (holding !== null) holding.file = file;
  }
  for (const one of holdings.held) one.file ??= discovery.find(one.id);
  const skipped = new Set<string>();
  for (const path of registry.skipped) skipped.add(path);
  for (const path of discovery.skipped) skipped.add(path);
  return {
    registry,
    discovery,
    held: holdings.held,
    heldById: holdings.heldById,
    index,
    skipped,
    circumstances,
  };
}

/** `WT_WAITING` in milliseconds; a day where it is unset or no span. */
export function waitingFor(world: World): number {
  const told = world.env.WT_WAITING;
  return (told ? parseSpan(told) : null) ?? day;
}

/** A session in outline; the rest of it is read when somebody asks. */
export class Sighting implements Outline {
  readonly id: string;
  readonly state: State;
  readonly activity: Activity | null;
  readonly lastActivityAt: number | null;
  readonly touchedAt: number | null;
  readonly headless: boolean;
  /** The transcript of a closed session: the index knows all that is asked for, or no more was asked than where it stands. */
  readonly known: TranscriptFile | null;
  /** What was read already, where it can't be had from the index again: histories are long. */
  private readonly session: Session | null;

  constructor(
    id: string,
    { state, activity }: Pick<Outline, 'state' | 'activity'>,
    { lastActivityAt, touchedAt, headless }: Pick<Outline, 'lastActivityAt' | 'touchedAt' | 'headless'>,
    behind: TranscriptFile | Session,
  ) {
    this.id = id;
    this.state = state;
    this.activity = activity;
    this.lastActivityAt = lastActivityAt;
    this.touchedAt = touchedAt;
    this.headless = headless;
    const isSession = 'state' in behind;
    this.known = isSession ? null : behind;
    this.session = isSession ? behind : null;
  }

  /** A session that is told whole, in outline; where the index knows its transcript `file`, the rest is read again. */
  static of(session: Session, file: TranscriptFile | null = null): Sighting {
    return new Sighting(session.id, session, session, file ?? session);
  }

  /** What is behind the outline; null where the transcript has just become unreadable. */
  whole(seen: Survey): Session | null {
    return this.known === null ? this.session : judge(seen, this.known, 'bounded');
  }
}

/**
 * Sees a session as earlier runs have left it, else reads its transcript; null as `judge` gives it. One that a process
 * holds is not told by where it stands alone. What `rowOf` makes of a closed one that had to be read is kept for `keptRow`.
 */
export function sight(
  seen: Survey,
  file: TranscriptFile,
  depth: Depth,
  rowOf?: (session: Session) => string,
): Sighting | null {
  const known = seen.index.facts.find(file);
  const sighting = sightKnown(seen, file, depth, known);
  if (sighting !== undefined) return sighting;
  if (depth === 'standing' && !isHeld(seen, file.id)) {
    const facts = factsOrNull(seen, file, depth, known);
    if (facts === null || !isRow(seen, facts)) return null;
    return closed(seen, file, standingIn(facts, file.touchedAt));
  }
  const session = judge(seen, file, depth === 'standing' ? 'bounded' : depth, known);
  if (session === null) return null;
  const isKnown = session.processes.length === 0 && seen.index.facts.hasLearned(file.id, depth);
  // A title can lie in the companion folder, where no stat looks.
  if (isKnown && rowOf !== undefined && !file.hasCompanion) seen.index.facts.keepRow(file, rowOf(session));
  return Sighting.of(session, isKnown ? file : null);
}

/** As `sight`, where nothing has to be read for it; else undefined. */
function sightKnown(
  seen: Survey,
  file: TranscriptFile,
  depth: Depth,
  known: Known | null,
): Sighting | null | undefined {
  if (!known?.tells(depth) || known.isContinued || isHeld(seen, file.id)) return undefined;
  return known.makesRow ? closed(seen, file, known.standing) : null;
}

function closed(seen: Survey, file: TranscriptFile, standing: Standing): Sighting {
  const state = closedState(standing, seen.circumstances);
  return new Sighting(file.id, { state, activity: null }, standing, file);
}

/** What earlier runs have kept beside the facts of a closed session; null where it may no longer be true. */
export function keptRow(seen: Survey, { known }: Sighting): Buffer | null {
  return known === null || known.hasCompanion ? null : seen.index.facts.row(known);
}

/** Keeps the row of a closed session for those who come later, where `keptRow` had none. */
export function keepRow(seen: Survey, { known }: Sighting, row: string): void {
  if (known !== null && !known.hasCompanion) seen.index.facts.keepRow(known, row);
}

/**
 * Reads one transcript, where that is not `known` well enough, and joins it with its processes; null where it makes no
 * row or can't be read.
 */
export function judge(
  seen: Survey,
  file: TranscriptFile,
  depth: Depth,
  known: Known | null = seen.index.facts.find(file),
): Session | null {
  const processes = heldAs(seen, file.id)?.processes ?? [];
  const facts = factsOrNull(seen, file, depth, known);
  if (facts === null) {
    return processes.length > 0 ? joinSession(file.id, null, processes, seen.circumstances) : null;
  }
  if (processes.length === 0 && !isRow(seen, facts)) return null;
  const transcript = transcriptOf(file, facts);
  for (const process of processes) {
    if (process.status !== 'waiting') continue;
    transcript.pending = pendingCall(file, transcript.pending, process);
    break;
  }
  return joinSession(file.id, transcript, processes, seen.circumstances);
}

/** Null where the transcript can't be read, which is noted, or has gone. */
function factsOrNull(seen: Survey, file: TranscriptFile, depth: Depth, known: Known | null): Facts | null {
  try {
    return factsOf(seen, file, depth, known);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') seen.skipped.add(file.path);
    return null;
  }
}

function factsOf(seen: Survey, file: TranscriptFile, depth: Depth, known: Known | null): Facts {
  if (depth === 'preview') return readFacts(file, depth);
  const kept = known?.facts() ?? null;
  if (kept !== null && known?.tells(depth)) return kept;
  // What is known with its texts goes on with them.
  const further = depth === 'standing' && kept !== null ? 'bounded' : depth;
  const facts = readFacts(file, further, kept);
  // In which other session it went on is a text, and asked for at every look.
  if (further === 'standing' && facts.continuedIn !== null) return factsOf(seen, file, 'bounded', known);
  seen.index.facts.keep(file, facts, further, seen.circumstances.now);
  return facts;
}

/** The sessions that run without a transcript: nothing was said in them yet. */
export function unwritten(seen: Survey): Session[] {
  const sessions: Session[] = [];
  for (const { id, processes, file } of seen.held) {
    if (file === null) sessions.push(joinSession(id, null, processes, seen.circumstances));
  }
  return sessions;
}

/** Every session of the box in order, headless ones too. Nothing is saved yet. */
export function sightAll(seen: Survey, depth: Depth, rowOf?: (session: Session) => string): Sighting[] {
  const sightings = sightUnwritten(seen);
  for (const file of seen.discovery.files) {
    const sighting = sight(seen, file, depth, rowOf);
    if (sighting !== null) sightings.push(sighting);
  }
  return inOrder(sightings, seen.circumstances.now);
}

/**
 * What a greeting speaks of, in outline and in no order. So many as it has `rows` are read with their texts at once, where
 * they have to be read; of all others it is asked where they stand.
 */
export function sightPressing(seen: Survey, rows: number): Sighting[] {
  const sightings = sightUnwritten(seen);
  const changed: TranscriptFile[] = [];
  for (const file of pressingFiles(seen)) {
    const sighting = sightKnown(seen, file, 'standing', seen.index.facts.find(file));
    if (sighting === undefined) changed.push(file);
    else if (sighting !== null) sightings.push(sighting);
  }
  // What was touched last is likely to be shown.
  if (changed.length > rows) changed.sort((a, b) => b.touchedAt - a.touchedAt);
  for (let at = 0; at < changed.length; at++) {
    const sighting = sight(seen, changed[at]!, at < rows ? 'bounded' : 'standing');
    if (sighting !== null) sightings.push(sighting);
  }
  return sightings.filter((one) => isShownToPeople(one) && isPressing(one, seen.circumstances.now));
}

/** What `unwritten` gives, in outline. */
export function sightUnwritten(seen: Survey): Sighting[] {
  const sightings: Sighting[] = [];
  for (const session of unwritten(seen)) sightings.push(Sighting.of(session));
  return sightings;
}

/** Sessions that were touched before can neither be waiting nor of unknown liveness; milliseconds since the epoch. */
function pressingSince({ now, waitingFor }: Circumstances): number {
  return now - larger(waitingFor, hour);
}

/** What is behind outlines; those whose transcripts have just become unreadable are left out. */
export function wholes(seen: Survey, sightings: Sighting[]): Session[] {
  const sessions: Session[] = [];
  for (const one of sightings) {
    const session = one.whole(seen);
    if (session !== null) sessions.push(session);
  }
  return sessions;
}

/**
 * The transcripts of the sessions that a greeting speaks of: those that a process holds, and those touched so lately
 * that they can be waiting or of unknown liveness. Everything else stays unread.
 */
export function pressingFiles(seen: Survey): TranscriptFile[] {
  const since = pressingSince(seen.circumstances);
  const files = seen.discovery.latest(since).slice();
  for (const { file } of seen.held) if (file !== null && file.touchedAt < since) files.push(file);
  return files;
}

/** Whether a transcript that no process holds stands for a session. */
function isRow(seen: Survey, facts: Facts): boolean {
  return makesRow(facts) && !isSuperseded(seen, facts.continuedIn);
}

function isSuperseded(seen: Survey, target: string | null): boolean {
  return target !== null && (isHeld(seen, target) || seen.discovery.find(target) !== null);
}

function transcriptOf(file: TranscriptFile, facts: Facts): Transcript {
  return {
    id: file.id,
    path: file.path,
    bytes: file.bytes,
    touchedAt: file.touchedAt,
    title: titleOf(file, facts),
    cwd: facts.ownCwd ?? facts.lastCwd,
    branch: facts.branch === '' || facts.branch === 'HEAD' ? null : facts.branch,
    lastActivityAt: facts.lastActivityAt,
    lastTurn: facts.lastTurn,
    pending: facts.pending,
    forkedFrom: isSessionId(facts.forkedFrom) ? facts.forkedFrom : null,
    headless: isHeadless(facts),
    version: facts.version,
    firstPrompt: facts.firstPrompt,
    lastPrompt: facts.lastPrompt,
    lastAnswer: facts.lastAnswer,
  };
}

function titleOf(file: TranscriptFile, facts: Facts): { text: string; source: TitleSource } {
  const titled = (text: string | null, source: TitleSource) => (text?.trim() ? { text, source } : null);
  return (
    titled(facts.customTitle, 'custom') ??
    titled(file.hasCompanion ? customTitleFile(file) : null, 'custom') ??
    titled(facts.aiTitle, 'ai') ??
    titled(facts.summary, 'summary') ??
    titled(facts.lastPrompt ?? facts.lastPromptRecord, 'last-prompt') ??
    titled(facts.firstPrompt, 'first-prompt') ??
    titled(facts.command, 'command') ?? { text: file.id, source: 'none' }
  );
}

/** `<id>/custom-title.json` beside a transcript, `{"customTitle": …}` (Claude Code 2.1.330). */
function customTitleFile(file: TranscriptFile): string | null {
  return orNull(() => {
    const text = readSmallFile(join(companionFolder(file), 'custom-title.json'), 64 * 1024);
    const title = (JSON.parse(text ?? 'null') as { customTitle?: unknown } | null)?.customTitle;
    return typeof title === 'string' && title.trim() !== '' ? title : null;
  });
}

/** The folder that belongs to a transcript: sub-agents' transcripts, its title, tool results. */
function companionFolder(file: TranscriptFile): string {
  return join(dirname(file.path), file.id);
}

/** More sub-agents than these are not asked what they wait for. */
const mostSubagents = 16;

/**
 * The call that a session waits with: its own or a sub-agent's (`<id>/subagents/agent-*.jsonl`, Claude Code 2.1.330),
 * whichever was written last before the registry said so. A sub-agent's running call has no result either.
 */
function pendingCall(file: TranscriptFile, own: PendingCall | null, asking: Process): PendingCall | null {
  const until = asking.changedAt ?? Number.POSITIVE_INFINITY;
  // Of two in one millisecond it is not the session's own: that may be the one which started the sub-agent.
  const calls = [...callsOfSubagents(file), own].filter((call) => call !== null);
  const before = calls.filter((call) => call.at !== null && call.at <= until);
  return before.sort((a, b) => b.at! - a.at!)[0] ?? own;
}

function callsOfSubagents(file: TranscriptFile): (PendingCall | null)[] {
  if (!file.hasCompanion) return [];
  const folder = join(companionFolder(file), 'subagents');
  const names = orNull(() => readdirSync(folder)) ?? [];
  return names
    .filter((name) => /^agent-.*\.jsonl$/.test(name))
    .flatMap((name) => orNull(() => subagentFile(file, join(folder, name))) ?? [])
    .sort((a, b) => b.touchedAt - a.touchedAt)
    .slice(0, mostSubagents)
    .map((agent) => orNull(() => readFacts(agent, 'bounded').pending));
}

function subagentFile(file: TranscriptFile, path: string): TranscriptFile {
  const stat = statSync(path);
  return { ...file, path, bytes: stat.size, touchedAt: stat.mtimeMs, subagent: true };
}

/** Null where a file has gone or can't be read: it says nothing then, and nothing of its neighbours. */
function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
