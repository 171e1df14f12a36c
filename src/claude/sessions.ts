import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Circumstances, isProgram, joinSession } from '../core/join.ts';
import { inOrder } from '../core/order.ts';
import type { PendingCall, Process, Session, TitleSource, Transcript } from '../core/session.ts';
import { parseSpan } from '../core/text.ts';
import { readSmallFile } from '../files/regular-file.ts';
import { mark } from '../trace.ts';
import type { World } from '../world.ts';
import { type Discovery, discover, type TranscriptFile } from './discover.ts';
import type { Facts } from './facts.ts';
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
  /** The processes of each session, by its id. */
  held: Map<string, Process[]>;
  /** The paths of all that could not be read, so far. */
  skipped: Set<string>;
  /** What earlier runs have read. */
  index: Index;
}

/** Looks at the registry and stats every transcript. */
export async function survey(world: World, index = new Index(world)): Promise<Survey> {
  mark('index loaded');
  const registry = readRegistry(world.conf);
  mark('registry read, processes proven');
  const discovery = await discover(world.conf, index.listing, world.now);
  mark(`${discovery.files.length} transcripts found`);
  const held = new Map<string, Process[]>();
  for (const process of registry.processes) {
    held.set(process.sessionId, [...(held.get(process.sessionId) ?? []), process]);
  }
  return {
    registry,
    discovery,
    held,
    index,
    skipped: new Set([...registry.skipped, ...discovery.skipped]),
    circumstances: {
      now: world.now,
      waitingFor: waitingFor(world),
      registryPresent: registry.present,
      registryBlind: registry.blind,
    },
  };
}

/** `WT_WAITING` in milliseconds; a day where it is unset or no span. */
export function waitingFor(world: World): number {
  return parseSpan(world.env.WT_WAITING ?? '') ?? day;
}

/** Reads one transcript and joins it with its processes; null where it makes no row or can't be read. */
export function judge(seen: Survey, file: TranscriptFile, depth: Depth): Session | null {
  const processes = seen.held.get(file.id) ?? [];
  let facts: Facts;
  try {
    facts = factsOf(seen, file, depth);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') seen.skipped.add(file.path);
    return processes.length > 0 ? joinSession(file.id, null, processes, seen.circumstances) : null;
  }
  if (processes.length === 0 && (!facts.spoken || facts.subordinate || isSuperseded(seen, facts))) return null;
  const transcript = transcriptOf(file, facts);
  const asking = processes.find((process) => process.status === 'waiting');
  if (asking !== undefined) transcript.pending = pendingCall(file, transcript.pending, asking);
  return joinSession(file.id, transcript, processes, seen.circumstances);
}

function factsOf(seen: Survey, file: TranscriptFile, depth: Depth): Facts {
  const store = seen.index.facts;
  const known = depth === 'preview' ? null : store.find(file);
  if (known?.same && (depth === 'bounded' || known.facts.complete)) return known.facts;
  const facts = readFacts(file, depth, known?.facts);
  if (depth !== 'preview') store.keep(file, facts, seen.circumstances.now);
  return facts;
}

/** The sessions that run without a transcript: nothing was said in them yet. */
export function unwritten(seen: Survey): Session[] {
  const { listing } = seen.index;
  const isWritten = (id: string) => listing.holds(id) && !seen.discovery.unusable.has(id);
  return [...seen.held]
    .filter(([id]) => !isWritten(id))
    .map(([id, processes]) => joinSession(id, null, processes, seen.circumstances));
}

/** Every session of the box in order, headless ones too, and the paths of what could not be read. */
export async function readSessions(
  world: World,
  how: { facts: Depth },
): Promise<{ sessions: Session[]; skipped: string[] }> {
  const seen = await survey(world, new Index(world, 'all'));
  const sessions = unwritten(seen);
  for (const file of seen.discovery.files) {
    const session = judge(seen, file, how.facts);
    if (session !== null) sessions.push(session);
  }
  seen.index.save(seen.discovery.files);
  return { sessions: inOrder(sessions, world.now), skipped: [...seen.skipped] };
}

/**
 * The sessions that a greeting speaks of: those that a process holds, and those touched so lately that they can be
 * waiting or of unknown liveness. Everything else stays unread.
 */
export function pressingFiles(seen: Survey): TranscriptFile[] {
  const { now, waitingFor } = seen.circumstances;
  const since = now - Math.max(waitingFor, hour);
  const isOld = (file: TranscriptFile) => file.touchedAt < since;
  const late = seen.discovery.files.filter((file) => file.touchedAt >= since);
  const quiet = new Set(seen.held.keys());
  for (const file of late) quiet.delete(file.id);
  // A live session is touched lately, almost always: then nobody needs to look through all the others.
  return quiet.size === 0
    ? late
    : [...late, ...seen.discovery.files.filter((file) => isOld(file) && quiet.has(file.id))];
}

function isSuperseded(seen: Survey, facts: Facts): boolean {
  const target = facts.continuedIn;
  return target !== null && (seen.held.has(target) || seen.discovery.files.some((file) => file.id === target));
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
    headless: isProgram(facts.firstEntrypoint) && isProgram(facts.lastEntrypoint),
    version: facts.version,
    firstPrompt: facts.firstPrompt,
    lastPrompt: facts.lastPrompt,
    lastAnswer: facts.lastAnswer,
  };
}

function titleOf(file: TranscriptFile, facts: Facts): { text: string; source: TitleSource } {
  const choices: [string | null, TitleSource][] = [
    [facts.customTitle ?? customTitleFile(file), 'custom'],
    [facts.aiTitle, 'ai'],
    [facts.summary, 'summary'],
    [facts.lastPrompt ?? facts.lastPromptRecord, 'last-prompt'],
    [facts.firstPrompt, 'first-prompt'],
    [facts.command, 'command'],
  ];
  const found = choices.find(([text]) => text !== null && text.trim() !== '');
  return found === undefined ? { text: file.id, source: 'none' } : { text: found[0]!, source: found[1] };
}

/** `<id>/custom-title.json` beside a transcript, `{"customTitle": …}` (Claude Code 2.1.330). */
function customTitleFile(file: TranscriptFile): string | null {
  const path = join(companionFolder(file), 'custom-title.json');
  if (!existsSync(path)) return null;
  try {
    const text = readSmallFile(path, 64 * 1024);
    const title = (JSON.parse(text ?? 'null') as { customTitle?: unknown } | null)?.customTitle;
    return typeof title === 'string' && title.trim() !== '' ? title : null;
  } catch {
    return null;
  }
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
  const calls = [own, ...callsOfSubagents(file)].filter((call) => call !== null);
  const before = calls.filter((call) => call.at !== null && call.at <= until);
  return before.sort((a, b) => b.at! - a.at!)[0] ?? own;
}

function callsOfSubagents(file: TranscriptFile): (PendingCall | null)[] {
  const folder = join(companionFolder(file), 'subagents');
  try {
    return readdirSync(folder)
      .filter((name) => /^agent-.*\.jsonl$/.test(name))
      .map((name) => {
        const path = join(folder, name);
        const stat = statSync(path);
        return { ...file, path, bytes: stat.size, touchedAt: stat.mtimeMs, subagent: true as const };
      })
      .sort((a, b) => b.touchedAt - a.touchedAt)
      .slice(0, mostSubagents)
      .map((agent) => readFacts(agent, 'bounded').pending);
  } catch {
    return [];
  }
}
