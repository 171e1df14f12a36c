import { join } from '#system';
import { checksum } from '../files/checked-lines.ts';
import { bytesOf } from '../system/bytes.ts';
import type { World } from '../world.ts';
import type { Discovery } from './discover.ts';
import { FactStore } from './fact-store.ts';
import { Listing } from './listing.ts';

/** How many transcripts the small store speaks of, or a quarter more: all that a login, a prompt or a list asks for. */
const mostRecent = 240;

/**
 * What earlier runs have read, below wt's cache folder: which transcripts there are, the facts of the ones touched
 * last, and, in a store that only the thorough commands load, the facts of all. Made anew wherever it is missing,
 * damaged, of another version or of another $CONF. Many may write at once: the last one's file stands.
 */
export class Index {
  readonly listing: Listing;
  readonly facts: FactStore;
  private readonly world: World;
  private readonly which: 'recent' | 'all';

  constructor(world: World, which: 'recent' | 'all' = 'recent') {
    this.world = world;
    this.which = which;
    this.listing = new Listing(pathOf(world, 'listing'), world.conf);
    this.facts = new FactStore(pathOf(world, which), world.conf);
  }

  /** The name and the path of each of its files. */
  static files(world: World): [name: string, path: string][] {
    return (['listing', 'recent', 'all'] as const).map((name) => [name, pathOf(world, name)]);
  }

  /** Writes what is new. */
  save(discovery: Discovery): void {
    this.listing.save();
    if (!this.facts.changed) return;
    if (this.which === 'recent') {
      this.facts.saveNewest(mostRecent);
      return;
    }
    this.facts.copyTo(pathOf(this.world, 'recent'), discovery.newest(mostRecent));
    this.facts.saveAll(discovery.files);
  }
}

function pathOf(world: World, name: 'listing' | 'recent' | 'all'): string {
  return join(world.folders.cache, `${name}-${checksum(bytesOf(world.conf))}`);
}
