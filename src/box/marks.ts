import { join } from 'node:path';
import { readOwnFile, writeOwnFile } from '../machine/own-files.ts';
import type { World } from '../world.ts';

/** What the user of this box has seen and has done with, by session id; times in milliseconds since the epoch. */
interface Kept {
  /** When wt was first used: what was finished before is not news. */
  since: number;
  seen: Record<string, number>;
  done: Record<string, number>;
}

/** Marks of sessions that nobody has touched for so long, in milliseconds, are forgotten. */
const longest = 90 * 86_400_000;
const largest = 4 << 20;

/** A mark that was set, or, where it is null, taken away. */
interface Change {
  of: 'seen' | 'done';
  id: string;
  at: number | null;
}

/** What the user has seen of sessions, and which of them are done with. */
export class Marks {
  private readonly path: string;
  private readonly now: number;
  private kept: Kept;
  private isNew: boolean;
  /** What was changed since it was read: several wt at once lose none of each other's. */
  private changes: Change[] = [];

  constructor(world: World) {
    this.path = join(world.folders.state, 'marks');
    this.now = world.now;
    const kept = parse(readOwnFile(this.path, largest));
    this.kept = kept ?? { since: world.now, seen: {}, done: {} };
    this.isNew = kept === null;
  }

  /** Takes over what others have written since, and keeps what was changed here. */
  reread(): void {
    const kept = parse(readOwnFile(this.path, largest));
    if (kept === null) return;
    for (const change of this.changes) apply(kept, change);
    this.kept = kept;
  }

  /** Until when what happened in a session is known to its user. A clock that was wrong at first use hides no news. */
  seenUntil(id: string): number {
    return Math.max(Math.min(this.kept.since, this.now), this.kept.seen[id] ?? 0);
  }

  /** When its user said that there is nothing to come back to; null where nobody did. */
  doneAt(id: string): number | null {
    return this.kept.done[id] ?? null;
  }

  /** Notes that the user has seen a session until `at`. */
  see(id: string, at: number): void {
    if (this.seenUntil(id) < at) this.change({ of: 'seen', id, at });
  }

  /** Notes that nothing in a session until `at` needs coming back to. */
  finish(id: string, at: number): void {
    this.change({ of: 'done', id, at });
    this.see(id, at);
  }

  /** Takes that back. */
  unfinish(id: string): void {
    this.change({ of: 'done', id, at: null });
  }

  private change(change: Change): void {
    apply(this.kept, change);
    this.changes.push(change);
  }

  /** Writes what is new; marks older than 90 days before `now` are left out. */
  save(now: number): void {
    if (!this.isNew && this.changes.length === 0) return;
    const kept = parse(readOwnFile(this.path, largest)) ?? this.kept;
    for (const change of this.changes) apply(kept, change);
    this.isNew = false;
    this.changes = [];
    const young = (marks: Record<string, number>) =>
      Object.fromEntries(Object.entries(marks).filter(([, at]) => now - at < longest));
    const { since, seen, done } = kept;
    writeOwnFile(this.path, `${JSON.stringify({ since, seen: young(seen), done: young(done) })}\n`);
  }
}

function apply(kept: Kept, { of, id, at }: Change): void {
  if (at === null) delete kept[of][id];
  else kept[of][id] = Math.max(at, kept[of][id] ?? 0);
}

function parse(bytes: Buffer | null): Kept | null {
  try {
    const json: unknown = JSON.parse(bytes?.toString() ?? '');
    const { since, seen, done } = json as Kept;
    return Number.isFinite(since) ? { since, seen: times(seen), done: times(done) } : null;
  } catch {
    return null;
  }
}

function times(marks: unknown): Record<string, number> {
  if (typeof marks !== 'object' || marks === null) return {};
  return Object.fromEntries(Object.entries(marks).filter(([, at]) => Number.isFinite(at)));
}
