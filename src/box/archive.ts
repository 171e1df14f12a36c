import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Agent } from '../agents/agent.ts';
import { agentsOf } from '../agents/table.ts';
import { matching } from '../core/filter.ts';
import { ofReading, readRef } from '../core/ref.ts';
import type { Session, TranscriptFile } from '../core/session.ts';
import { joinSession } from '../core/state.ts';
import { UserError } from '../errors.ts';
import { checksum } from '../machine/checksum.ts';
import type { World } from '../world.ts';
import { keyOf } from './scan.ts';

/** A transcript in the archive, and the agent whose it is. */
interface ArchivedFile {
  agent: Agent;
  file: TranscriptFile;
}

/** What was archived, newest mtime first: by wt, and by the agents themselves where they are told to. */
async function filesOf(world: World): Promise<ArchivedFile[]> {
  const agents = agentsOf(world);
  const found = await movedFiles(world, agents);
  for (const agent of agents) {
    if (agent.archiving.by !== 'command') continue;
    for (const file of agent.archiving.archived.find([])) found.push({ agent, file });
  }
  return found.sort((a, b) => b.file.modifiedAt - a.file.modifiedAt || (a.file.path < b.file.path ? -1 : 1));
}

/** The files in wt's own archive, `<root>/<folder>/<file>`: each is of the first agent of that root that has such names. */
async function movedFiles(world: World, agents: Agent[]): Promise<ArchivedFile[]> {
  const { default: fastGlob } = await import('fast-glob');
  const layouts = agents.flatMap((agent) => {
    const { transcripts } = agent;
    if ('find' in transcripts) return [];
    const pattern = new RegExp(`^${transcripts.name.pattern}$`);
    return archiveRoots(world, agent).map((root) => ({ agent, root, layout: transcripts, pattern }));
  });
  const roots = [...new Set(layouts.map(({ root }) => root))];
  return roots.flatMap((root) => {
    const those = layouts.filter((layout) => layout.root === root);
    const options = { cwd: root, dot: true, followSymbolicLinks: false, suppressErrors: true };
    return fastGlob.sync('*/*', options).flatMap((path) => {
      const [folder = '', name = ''] = path.split('/');
      const known = those.find(({ pattern }) => pattern.test(name));
      if (known === undefined) return [];
      const { idFrom, idLength } = known.layout;
      const file = statFile(name.slice(idFrom, idFrom + idLength), folder, join(root, path));
      return file === null ? [] : [{ agent: known.agent, file }];
    });
  });
}

/** The folders in which what wt has archived of an agent lies: what is archived goes into the first one. */
export function archiveRoots(world: World, { archiving }: Agent): string[] {
  return archiving.by === 'moving' ? archiving.folders.map((folder) => join(world.folders.archive, folder)) : [];
}

/** That of them which a transcript lies in, or, where it lies in none, would go into. */
export function archiveRootOf(world: World, agent: Agent, { path }: TranscriptFile): string {
  const roots = archiveRoots(world, agent);
  return roots.find((root) => dirname(dirname(path)) === root) ?? roots[0] ?? world.folders.archive;
}

function statFile(id: string, folder: string, path: string): TranscriptFile | null {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) return null;
  return { id, folder, path, bytes: stat.size, modifiedAt: stat.mtimeMs, inode: stat.ino, hasCompanion: true };
}

/** The sessions in the archive, newest mtime first, one for each file. Nothing that lies there is left out. */
export async function archivedSessions(world: World): Promise<Session[]> {
  const files = await filesOf(world);
  return files.map(({ agent, file }) => archivedSession(world, agent, file));
}

/** The session of one file in the archive. */
export function archivedSession(world: World, agent: Agent, file: TranscriptFile): Session {
  const facts = readOrNull(() => agent.read(file, 'tail', null));
  const session = joinSession(
    {
      id: file.id,
      talkId: file.id,
      key: keyOf(agent, file.id),
      agent: agent.name,
      configDir: agent.configDir,
      account: agent.account ?? null,
      file,
      copies: [],
      facts,
      cwd: facts?.directories.at(-1) ?? null,
      titleBeside: agent.titleBeside?.(file) ?? null,
      putAwayAt: null,
      leftAt: null,
      failure: null,
      processes: [],
      needs: null,
      keepsFor: null,
      isMoving: false,
      hasStray: false,
    },
    { present: true, blind: false },
    { now: world.now, waitingFor: 0, seenUntil: () => Number.POSITIVE_INFINITY, doneAt: () => null },
  );
  // There nothing waits, and what a program wrote is listed too.
  return { ...session, state: 'idle', cutOff: false, headless: false };
}

function readOrNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** What a printed row of the archive is remembered by: it means one file, for an id may lie there in several folders. */
export function archiveRow({ key, transcript }: Session): string {
  return `${key}.archived.${checksum(Buffer.from(transcript?.folder ?? ''))}`;
}

/** The key of the session that a printed row means, whether it was a row of the archive or not. */
export function keyOfRow(row: string): string {
  return row.replace(/\.archived\.[0-9a-z]{7}$/, '');
}

/**
 * Those of the sessions in the archive that a `<session>` means: by a row that was printed of the archive, that file alone;
 * by an id, the beginning of one, or words, all files that fit. None where there is no such row or session.
 */
export function archivedIn(sessions: Session[], ref: string[], printed: string[], home: string): Session[] {
  const names = sessions.flatMap((session) => [session.id, session.key, archiveRow(session)]);
  try {
    const reading = readRef(ref, printed, names);
    if (reading.words !== null) return matching(sessions, reading.words.join(' '), home);
    const meant = sessions.filter((session) =>
      [session.id, session.key, archiveRow(session)].some((name) => reading.ids.includes(name)),
    );
    return ofReading(meant, reading);
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}
