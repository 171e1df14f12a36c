import { isShownToPeople } from '../core/order.ts';
import type { Session } from '../core/session.ts';
import type { World } from '../world.ts';
import type { TranscriptFile } from './discover.ts';
import { isHeld, judge, pressingFiles, type Survey, survey, unwritten } from './sessions.ts';

/** The sessions of a box, read piece by piece and kept true for as long as somebody looks at them. */
export class Following {
  private readonly world: World;
  private seen: Survey;
  /** By id; null where the transcript makes no row, nothing where it has not been read yet. */
  private readonly judged = new Map<string, Session | null>();
  /** The id of the session whose preview is looked at. */
  private previewed: string | null = null;

  private constructor(world: World, seen: Survey) {
    this.world = world;
    this.seen = seen;
  }

  /** Looks at the registry and at the stat of every transcript, and reads none. */
  static begin(world: World): Following {
    return new Following(world, survey(world));
  }

  /** What people are shown of what has been read, in no order. */
  sessions(): Session[] {
    const read = [...this.judged.values()].filter((session) => session !== null);
    return [...unwritten(this.seen), ...read].filter(isShownToPeople);
  }

  /** How many transcripts have not been read yet. */
  unread(): number {
    return this.seen.discovery.files.length - this.judged.size;
  }

  /** Reads what a greeting speaks of. Pauses after each transcript. */
  *readPressing(): Generator<void> {
    yield* this.readEach(pressingFiles(this.seen));
  }

  /** Reads all that has not been read yet, newest first. Pauses after each transcript. */
  *read(): Generator<void> {
    yield* this.readEach(this.seen.discovery.newestFirst(this.world.now));
  }

  private *readEach(files: Iterable<TranscriptFile>): Generator<void> {
    for (const file of files) {
      if (this.judged.has(file.id)) continue;
      this.judged.set(file.id, judge(this.seen, file, 'bounded'));
      yield;
    }
  }

  /**
   * One session again, with all that a preview shows, from now on until another is asked for; null when it has no
   * transcript that can be read.
   */
  preview(id: string): Session | null {
    this.previewed = id;
    const file = this.seen.discovery.find(id);
    if (file === null) return null;
    const session = judge(this.seen, file, 'preview');
    if (session !== null) this.judged.set(id, session);
    return session;
  }

  /**
   * Another look, at `now` (milliseconds since the epoch): registry and stats anew. Reads what has changed, and joins
   * anew what a process holds or held, or what time alone can have changed. Pauses after each transcript.
   */
  look(now: number): Generator<void> {
    const before = this.seen;
    this.seen = survey({ ...this.world, now }, before.index);
    return this.judgeAgain(before);
  }

  private *judgeAgain(before: Survey): Generator<void> {
    const old = new Map(before.discovery.files.map((file) => [file.id, file]));
    const files = new Map(this.seen.discovery.files.map((file) => [file.id, file]));
    for (const id of this.judged.keys()) if (!files.has(id)) this.judged.delete(id);
    for (const file of files.values()) {
      const session = this.judged.get(file.id);
      const stands = isSame(old.get(file.id), file) && (session === null || session?.state === 'idle');
      if (stands && !isHeld(this.seen, file.id)) continue;
      this.judged.set(file.id, judge(this.seen, file, file.id === this.previewed ? 'preview' : 'bounded'));
      yield;
    }
  }
}

function isSame(before: TranscriptFile | undefined, now: TranscriptFile): boolean {
  return before?.bytes === now.bytes && before.touchedAt === now.touchedAt && before.inode === now.inode;
}
