import { isListed } from '../core/order.ts';
import type { Session, TranscriptFile } from '../core/session.ts';
import type { World } from '../world.ts';
import { type Box, isSameAgent, type Source, saveBox, scanBox } from './scan.ts';
import { copiesOf, readSession, unwrittenSessions, urgentFiles } from './sessions.ts';

/** The sessions of a box, read piece by piece and kept true for as long as somebody looks at them. */
export class Following {
  private readonly world: World;
  private box: Box;
  /** By agent and id; null where the transcript makes no row, nothing where it has not been read yet. */
  private readonly read = new Map<string, Session | null>();

  private constructor(world: World, box: Box) {
    this.world = world;
    this.box = box;
  }

  /** Looks at the registries and at the stat of every transcript, and reads none. */
  static async begin(world: World): Promise<Following> {
    return new Following(world, await scanBox({ ...world, isHurried: true }));
  }

  /** What is known of the box at this moment. */
  get current(): Box {
    return this.box;
  }

  /** What people are shown of what has been read, in no order. */
  sessions(): Session[] {
    const written = [...this.read.values()].filter((session) => session !== null);
    const unwritten = this.box.sources.flatMap((source) => [...unwrittenSessions(this.box, source)]);
    return [...unwritten, ...written].filter(isListed);
  }

  /** How many transcripts have not been read yet. */
  unread(): number {
    const all = this.box.sources.reduce((sum, { transcripts }) => sum + transcripts.count, 0);
    return Math.max(0, all - this.read.size);
  }

  /** Reads what a greeting speaks of. Pauses after each transcript. */
  *readUrgent(): Generator<void> {
    for (const source of this.box.sources) yield* this.readEach(source, urgentFiles(this.box, source));
  }

  /** Reads all that has not been read yet, newest first. Pauses after each transcript. */
  *readAll(): Generator<void> {
    for (const source of this.box.sources) yield* this.readEach(source, source.transcripts.newestFirst(this.world.now));
  }

  /**
   * Another look, at `now` (milliseconds since the epoch): registries and stats anew. What it gives reads what has changed,
   * and joins anew what a process holds or held, or what time alone can have changed. Pauses after each transcript.
   */
  async look(now: number): Promise<Generator<void>> {
    const before = this.box;
    this.box = await scanBox({ ...this.world, now }, 'recent', before);
    return this.readChanged(before);
  }

  private *readChanged(before: Box): Generator<void> {
    const there = new Set<string>();
    for (const source of this.box.sources) {
      const known = before.sources.find(({ agent }) => isSameAgent(agent, source.agent));
      const old = new Map(known?.transcripts.all().map((file) => [file.path, file]));
      for (const file of source.transcripts.all()) {
        const key = keyOf(source, file.id);
        there.add(key);
        const session = this.read.get(key);
        const stands = isSame(old.get(file.path), file) && (session === null || session?.state === 'idle');
        if (stands && !source.running.has(file.id)) continue;
        this.read.set(key, readSession(this.box, source, file.id, copiesOf(source, file), 'tail'));
        yield;
      }
    }
    for (const key of this.read.keys()) if (!there.has(key)) this.read.delete(key);
  }

  /** Saves what was learned; at the end, when nobody looks any more. */
  save(): void {
    saveBox(this.box, Date.now());
  }

  private *readEach(source: Source, files: Iterable<TranscriptFile>): Generator<void> {
    for (const file of files) {
      const key = keyOf(source, file.id);
      if (this.read.has(key)) continue;
      this.read.set(key, readSession(this.box, source, file.id, copiesOf(source, file), 'tail'));
      yield;
    }
  }
}

function keyOf({ agent }: Source, id: string): string {
  return `${agent.name} ${agent.configDir} ${id}`;
}

function isSame(before: TranscriptFile | undefined, now: TranscriptFile): boolean {
  return before?.bytes === now.bytes && before.modifiedAt === now.modifiedAt && before.inode === now.inode;
}
