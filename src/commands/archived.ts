import { Discovery, type TranscriptFile } from '../claude/discover.ts';
import { Index } from '../claude/index.ts';
import { judge, type Survey, waitingFor } from '../claude/sessions.ts';
import { joinSession } from '../core/join.ts';
import type { Session, Transcript } from '../core/session.ts';
import { archivedFiles } from '../edge/archive.ts';
import type { World } from '../world.ts';

/** The sessions in the archive, newest mtime first. Nothing that lies there is left out. */
export async function archivedSessions(world: World): Promise<Session[]> {
  const seen: Survey = {
    registry: { present: true, processes: [], blind: false, skipped: [], unfamiliar: [] },
    discovery: new Discovery(world.folders.archive, [], []),
    held: [],
    heldById: null,
    skipped: new Set(),
    index: new Index(world),
    circumstances: { now: world.now, waitingFor: waitingFor(world), registryPresent: true, registryBlind: false },
  };
  const files = await archivedFiles(world.folders.archive);
  return files.map((file) => {
    const session = judge(seen, file, 'bounded') ?? joinSession(file.id, unread(file), [], seen.circumstances);
    // There nothing waits, and what a program wrote is listed too.
    return { ...session, state: 'idle', headless: false };
  });
}

/** A transcript of which no more is known than its place. */
function unread(file: TranscriptFile): Transcript {
  return {
    id: file.id,
    path: file.path,
    bytes: file.bytes,
    touchedAt: file.touchedAt,
    title: { text: file.id, source: 'none' },
    cwd: null,
    branch: null,
    lastActivityAt: null,
    lastTurn: null,
    pending: null,
    forkedFrom: null,
    headless: false,
    version: null,
    firstPrompt: null,
    lastPrompt: null,
    lastAnswer: null,
  };
}
