import { readdirSync, statSync } from 'node:fs';
import { isShownToPeople } from '../core/order.ts';
import type { Process, Session } from '../core/session.ts';
import type { World } from '../world.ts';
import { statTranscript, type TranscriptFile } from './discover.ts';
import { projectsFolder } from './paths.ts';
import { readRegistry } from './registry.ts';
import { judge, pressingFiles, type Survey, survey, surveyOf, unwritten } from './sessions.ts';

const hour = 3_600_000;

/** The sessions of a box, read piece by piece and kept true for as long as somebody looks at them. */
export class Following {
  readonly #world: World;
  #seen: Survey;
  /** By path; a file that stays the same is never read again. */
  readonly #files = new Map<string, TranscriptFile>();
  /** By id; null where the transcript makes no row, nothing where it has not been read yet. */
  readonly #judged = new Map<string, Session | null>();
  readonly #folders = new Map<string, number>();

  /** Looks at the registry and at the stat of every transcript, and reads none. */
  constructor(world: World) {
    this.#world = world;
    this.#seen = survey(world);
    for (const file of this.#seen.discovery.files) this.#files.set(file.path, file);
  }

  /** What people are shown of what has been read, in no order. */
  sessions(): Session[] {
    const read = [...this.#judged.values()].filter((session) => session !== null);
    return [...unwritten(this.#seen), ...read].filter(isShownToPeople);
  }

  /** How many transcripts have not been read yet. */
  unread(): number {
    return this.#seen.discovery.files.length - this.#judged.size;
  }

  /** The first reading: what a greeting speaks of, then all others, newest first. Pauses after each transcript. */
  *read(): Generator<void> {
    for (const files of [pressingFiles(this.#seen), this.#seen.discovery.files]) {
      for (const file of files) {
        if (this.#judged.has(file.id)) continue;
        this.#judge(file);
        yield;
      }
    }
  }

  /** One session again, with all that a preview shows; null when it has no transcript that can be read. */
  preview(id: string): Session | null {
    const file = this.#seen.discovery.files.find((one) => one.id === id);
    if (file === undefined) return null;
    const session = judge(this.#seen, file, 'preview');
    if (session !== null) this.#judged.set(id, session);
    return session;
  }

  /**
   * Another look, at `now` (ms since the epoch): the registry, the project folders that changed, the stat of each
   * transcript. Reads what has grown, and joins anew what another process holds. Pauses after each file.
   */
  *look(now: number): Generator<void> {
    const before = this.#seen;
    const registry = readRegistry(this.#world.conf);
    const changed = new Set<string>();
    yield* this.#list();
    for (const known of [...this.#files.values()]) {
      const file = again(known);
      if (file === null) this.#files.delete(known.path);
      else if (file.bytes !== known.bytes || file.touchedAt !== known.touchedAt || file.inode !== known.inode) {
        this.#files.set(file.path, file);
        changed.add(file.id);
      }
      yield;
    }
    const newest = new Map<string, TranscriptFile>();
    for (const file of this.#files.values()) {
      const other = newest.get(file.id);
      if (other === undefined || other.touchedAt < file.touchedAt) newest.set(file.id, file);
    }
    const files = [...newest.values()].sort((a, b) => b.touchedAt - a.touchedAt || (a.id < b.id ? -1 : 1));
    this.#seen = surveyOf({ ...this.#world, now }, registry, { files, skipped: before.discovery.skipped });
    for (const id of this.#judged.keys()) if (!newest.has(id)) this.#judged.delete(id);
    for (const file of files) {
      const held = alike(before.held.get(file.id), this.#seen.held.get(file.id));
      if (held && !changed.has(file.id) && !this.#isOld(file, before)) continue;
      this.#judge(file);
      yield;
    }
  }

  /** Whether time or the registry alone can have changed what a session is: waiting or unknown to idle, and back. */
  #isOld(file: TranscriptFile, before: Survey): boolean {
    const session = this.#judged.get(file.id);
    if (session === undefined) return true;
    const { now, waitingFor, registryPresent, registryBlind } = this.#seen.circumstances;
    const { circumstances } = before;
    const isLate = now - file.touchedAt < hour;
    if (session?.state === 'waiting') return now - (session.lastActivityAt ?? now) > waitingFor;
    if (session?.state === 'unknown' && session.processes.length === 0) return !isLate;
    return (
      isLate && (registryPresent !== circumstances.registryPresent || registryBlind !== circumstances.registryBlind)
    );
  }

  #judge(file: TranscriptFile): void {
    const session = judge(this.#seen, file, 'bounded');
    this.#judged.set(file.id, session);
  }

  /** Finds the transcripts that are new: a folder's mtime moves when a file in it comes or goes. */
  *#list(): Generator<void> {
    const root = projectsFolder(this.#world.conf);
    for (const folder of namesIn(root)) {
      const touchedAt = mtimeOf(`${root}/${folder}`);
      if (touchedAt === null || this.#folders.get(folder) === touchedAt) continue;
      this.#folders.set(folder, touchedAt);
      for (const name of namesIn(`${root}/${folder}`)) {
        const path = `${root}/${folder}/${name}`;
        if (this.#files.has(path)) continue;
        try {
          const file = statTranscript(root, folder, name);
          if (file !== null) this.#files.set(path, file);
        } catch {
          // It went again, or it can't be looked at.
        }
        yield;
      }
    }
  }
}

function again(known: TranscriptFile): TranscriptFile | null {
  try {
    const root = known.path.slice(0, -`/${known.folder}/${known.id}.jsonl`.length);
    return statTranscript(root, known.folder, `${known.id}.jsonl`);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : known;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function mtimeOf(folder: string): number | null {
  try {
    return statSync(folder).mtimeMs;
  } catch {
    return null;
  }
}

function alike(a: Process[] = [], b: Process[] = []): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
