import { join } from 'node:path';
import { checksum } from '../files/checked-lines.ts';
import type { World } from '../world.ts';
import type { TranscriptFile } from './discover.ts';
import { FactStore } from './fact-store.ts';
import { Listing } from './listing.ts';

/** How many transcripts the small store speaks of: all that a login, a prompt or a list asks for. */
const mostRecent = 300;

/**
 * What earlier runs have read, below wt's cache folder: which transcripts there are, the facts of the ones touched
 * last, and, in a store that only the thorough commands load, the facts of all. Made anew wherever it is missing,
 * damaged, of another version or of another $CONF. Many may write at once: the last one's file stands.
 */
export class Index {
  readonly listing: Listing;
  readonly facts: FactStore;
  readonly #recent: FactStore | null;

  constructor(world: World, which: 'recent' | 'all' = 'recent') {
    this.listing = new Listing(pathOf(world, 'listing'), world.conf);
    const recent = new FactStore(pathOf(world, 'recent'), world.conf);
    this.facts = which === 'recent' ? recent : new FactStore(pathOf(world, 'all'), world.conf);
    this.#recent = which === 'recent' ? null : recent;
  }

  /** The name and the path of each of its files. */
  static files(world: World): [name: string, path: string][] {
    return (['listing', 'recent', 'all'] as const).map((name) => [name, pathOf(world, name)]);
  }

  /** Writes what is new. `files` are all transcripts of the box; only the thorough store needs them. */
  save(files: TranscriptFile[]): void {
    this.listing.save();
    if (this.#recent === null) {
      this.facts.saveNewest(mostRecent);
      return;
    }
    this.facts.saveAll(files);
    const newest = files.toSorted((a, b) => b.touchedAt - a.touchedAt).slice(0, mostRecent);
    this.#recent.adopt(this.facts, newest);
    this.#recent.saveNewest(mostRecent);
  }
}

function pathOf(world: World, name: 'listing' | 'recent' | 'all'): string {
  return join(world.folders.cache, `${name}-${checksum(world.conf)}`);
}
