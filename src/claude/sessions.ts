import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Circumstances, isProgram, joinSession } from '../core/join.ts';
import { inOrder } from '../core/order.ts';
import type { PendingCall, Process, Session, TitleSource, Transcript } from '../core/session.ts';
import { parseSpan } from '../core/text.ts';
import { readSmallFile } from '../files/regular-file.ts';
import type { World } from '../world.ts';
import { type Discovery, discover, type TranscriptFile } from './discover.ts';
import { isSessionId } from './paths.ts';
import { type Registry, readRegistry } from './registry.ts';
import { type Depth, type Facts, readFacts } from './transcript.ts';

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
}

/** Looks at the registry and stats every transcript. */
export function survey(world: World): Survey {
  return surveyOf(world, readRegistry(world.conf), discover(world.conf));
}

/** What the registry and the files say together, at the world's now. */
export function surveyOf(world: World, registry: Registry, discovery: Discovery): Survey {
  const held = new Map<string, Process[]>();
  for (const process of registry.processes)
    held.set(process.sessionId, [...(held.get(process.sessionId) ?? []), process]);
  return {
    registry,
    discovery,
    held,
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
    facts = readFacts(file, depth);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') seen.skipped.add(file.path);
    return processes.length > 0 ? joinSession(file.id, null, processes, seen.circumstances) : null;
  }
  if (processes.length === 0 && (!facts.spoken || facts.subordinate || isSuperseded(seen, facts))) return null;
  const transcript = transcriptOf(file, facts);
  const asks = processes.some((process) => process.status === 'waiting');
  if (asks) transcript.pending = callOfSubagent(file) ?? transcript.pending;
  return joinSession(file.id, transcript, processes, seen.circumstances);
}

/** The sessions that run without a transcript: nothing was said in them yet. */
export function unwritten(seen: Survey): Session[] {
  const written = new Set(seen.discovery.files.map((file) => file.id));
  return [...seen.held]
    .filter(([id]) => !written.has(id))
    .map(([id, processes]) => joinSession(id, null, processes, seen.circumstances));
}

/** Every session of the box in order, headless ones too, and the paths of what could not be read. */
export async function readSessions(
  world: World,
  how: { facts: Depth },
): Promise<{ sessions: Session[]; skipped: string[] }> {
  const seen = survey(world);
  const sessions = unwritten(seen);
  for (const file of seen.discovery.files) {
    const session = judge(seen, file, how.facts);
    if (session !== null) sessions.push(session);
  }
  return { sessions: inOrder(sessions, world.now), skipped: [...seen.skipped] };
}

/**
 * The sessions that a greeting speaks of: those that a process holds, and those touched so lately that they can be
 * waiting or of unknown liveness. Everything else stays unread.
 */
export function pressingFiles(seen: Survey): TranscriptFile[] {
  const { now, waitingFor } = seen.circumstances;
  const since = now - Math.max(waitingFor, hour);
  return seen.discovery.files.filter((file) => file.touchedAt >= since || seen.held.has(file.id));
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
    cwd: facts.cwd,
    branch: facts.branch,
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
  try {
    const text = readSmallFile(join(companionFolder(file), 'custom-title.json'), 64 * 1024);
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

/** The tool call that a sub-agent waits with: the newest of `<id>/subagents/agent-*.jsonl` (Claude Code 2.1.330). */
function callOfSubagent(file: TranscriptFile): PendingCall | null {
  const folder = join(companionFolder(file), 'subagents');
  try {
    const newest = readdirSync(folder)
      .filter((name) => /^agent-.*\.jsonl$/.test(name))
      .map((name) => {
        const path = join(folder, name);
        const stat = statSync(path);
        return { ...file, path, bytes: stat.size, touchedAt: stat.mtimeMs };
      })
      .sort((a, b) => b.touchedAt - a.touchedAt)[0];
    // An older one than the session's own last word has been answered already.
    if (newest === undefined || newest.touchedAt < file.touchedAt) return null;
    return readFacts(newest, 'bounded').pending;
  } catch {
    return null;
  }
}
