import { agentsOf } from '../agents/table.ts';
import type { Session, TranscriptFile } from '../core/session.ts';
import { joinSession } from '../core/state.ts';
import { archivedFiles } from '../machine/moves.ts';
import type { World } from '../world.ts';

/** The files of the archive, newest mtime first. */
function filesOf(world: World): Promise<TranscriptFile[]> {
  const shapes = agentsOf(world).map(({ files }) => {
    const { pattern } = files.name;
    return new RegExp(`^${pattern}$`);
  });
  return archivedFiles(world.folders.archive, (id) => shapes.some((shape) => shape.test(`${id}.jsonl`)));
}

/** Whether a session of that id lies in the archive. */
export async function isArchivedId(world: World, id: string): Promise<boolean> {
  return (await filesOf(world)).some((file) => file.id === id);
}

/** The sessions in the archive, newest mtime first, one for each file. Nothing that lies there is left out. */
export async function archivedSessions(world: World): Promise<Session[]> {
  const [agent] = agentsOf(world);
  const files = await filesOf(world);
  return files.map((file) => {
    const facts = readOrNull(() => agent!.read(file, 'tail', null));
    const session = joinSession(
      {
        id: file.id,
        talkId: file.id,
        agent: agent!.name,
        configDir: agent!.configDir,
        file,
        copies: [],
        facts,
        cwd: facts?.directories.at(-1) ?? null,
        titleBeside: agent!.titleBeside(file),
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
  });
}

function readOrNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
