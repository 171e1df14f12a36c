import { join } from 'node:path';
import { partsOfKey } from '../core/ids.ts';
import { readOwnFile, writeOwnFile } from '../machine/own-files.ts';
import type { World } from '../world.ts';

/**
 * What the user of this box has seen and has done with, by the keys of sessions; times in milliseconds since the epoch. A
 * key that is an id alone holds in every folder; where one folder alone is listed, one with a folder holds too.
 */
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
  key: string;
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
  private readonly byId = new WeakMap<Record<string, number>, ReadonlyMap<string, number>>();

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
  seenUntil(key: string): number {
    return Math.max(Math.min(this.kept.since, this.now), this.at('seen', key) ?? 0);
  }

  /** When its user said that there is nothing to come back to; null where nobody did. */
  doneAt(key: string): number | null {
    return this.at('done', key);
  }

  /** Notes that the user has seen a session until `at`. */
  see(key: string, at: number): void {
    if (this.seenUntil(key) < at) this.change({ of: 'seen', key, at });
  }

  /** Notes that nothing in a session until `at` needs coming back to. */
  finish(key: string, at: number): void {
    this.change({ of: 'done', key, at });
    this.see(key, at);
  }

  /** Takes that back. */
  unfinish(key: string): void {
    this.change({ of: 'done', key, at: null });
  }

  private at(of: 'seen' | 'done', key: string): number | null {
    const marks = this.kept[of];
    const { id, folder } = partsOfKey(key);
    const found = folder === null ? [marks[id], this.inFolders(of).get(id)] : [marks[id], marks[key]];
    const times = found.filter((at) => at !== undefined);
    return times.length === 0 ? null : Math.max(...times);
  }

  /** The latest mark of each id among those with a folder. */
  private inFolders(of: 'seen' | 'done'): ReadonlyMap<string, number> {
    const known = this.byId.get(this.kept[of]);
    if (known !== undefined) return known;
    const latest = new Map<string, number>();
    for (const [key, at] of Object.entries(this.kept[of])) {
      const { id, folder } = partsOfKey(key);
      if (folder !== null) latest.set(id, Math.max(at, latest.get(id) ?? 0));
    }
    this.byId.set(this.kept[of], latest);
    return latest;
  }

  private change(change: Change): void {
    apply(this.kept, change);
    this.byId.delete(this.kept[change.of]);
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

function apply(kept: Kept, { of, key, at }: Change): void {
  const marks = kept[of];
  if (at !== null) marks[key] = Math.max(at, marks[key] ?? 0);
  else for (const other of Object.keys(marks)) if (isHeldBy(other, key)) delete marks[other];
}

/** Whether a mark counts for the session of a key. */
function isHeldBy(mark: string, key: string): boolean {
  const [{ id, folder }, asked] = [partsOfKey(mark), partsOfKey(key)];
  return id === asked.id && (folder === null || asked.folder === null || folder === asked.folder);
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
