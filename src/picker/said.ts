import { setImmediate } from 'node:timers/promises';
import { agentsOf } from '../agents/table.ts';
import type { Box } from '../box/scan.ts';
import { UserError } from '../errors.ts';
import { parseQuery, type Query } from '../search/query.ts';
import { placeInTalk, placeLineOf, type Hit as SearchHit, sessionsOfFound } from '../search/report.ts';
import { type Found, Search } from '../search/search.ts';
import type { PlaceLine } from '../view/place.ts';
import type { World } from '../world.ts';
import type { Hit, PickerEvent } from './state.ts';
import { advance } from './watch.ts';

/** How long keys may have to wait for reading, and how often what was found meanwhile is told, in ms. */
const slice = 8;
const tellEvery = 300;
/** Nobody goes through more rows than these. */
const mostHits = 100;

/** The search behind the picker's query: reads between keys, and tells what is found as it is found, newest first. */
export class SaidSearch {
  private readonly world: World;
  private readonly tell: (event: PickerEvent) => void;
  private search: Search | null = null;
  private box: Box | null = null;
  /** Null while nobody searches. */
  private words: string | null = null;
  private isReading = false;
  /** The places that were shown, by transcript and byte, of this query. */
  private places = new Map<string, PlaceLine>();
  /** Called with what goes wrong while it reads. */
  failed: (error: unknown) => void = () => {};

  constructor(world: World, tell: (event: PickerEvent) => void) {
    this.world = world;
    this.tell = tell;
  }

  /** Searches for other words in the box as it is now; null: no more. */
  ask(words: string | null, box: Box): void {
    this.words = words;
    this.box = box;
    this.places = new Map();
    if (words === null) return;
    this.search ??= new Search(this.world, box);
    this.report();
    this.read().catch(this.failed);
  }

  /** The box was looked at again. */
  look(box: Box): void {
    if (this.words === null || this.search === null) return;
    this.box = box;
    this.search.look(box);
    this.report();
    this.read().catch(this.failed);
  }

  /** Searches no more, and saves what was read. */
  end(): void {
    this.words = null;
    this.search?.save();
  }

  private async read(): Promise<void> {
    if (this.isReading) return;
    this.isReading = true;
    try {
      const search = this.search!;
      if (search.left.transcripts === 0) return;
      const reading = search.read();
      let next = performance.now() + tellEvery;
      while (this.words !== null && !advance(reading, slice)) {
        await setImmediate();
        if (performance.now() < next) continue;
        this.report();
        next = performance.now() + tellEvery;
      }
      this.report();
    } finally {
      this.isReading = false;
    }
  }

  private report(): void {
    const { search, words } = this;
    if (search === null || words === null) return;
    const { transcripts } = search.left;
    const query = this.queryOf(words);
    if (typeof query === 'string') {
      this.tell({ is: 'found', words, hits: [], more: 0, unread: transcripts, wrong: query });
      return;
    }
    const found = search.find(query).toSorted((a, b) => b.at - a.at);
    const hits = this.hitsOf(search, found, query);
    const more = hits.length < mostHits ? 0 : found.length - hits.length;
    this.tell({ is: 'found', words, hits, more, unread: transcripts, wrong: null });
  }

  /** The query that words make; where they make none, why, in a sentence. */
  private queryOf(words: string): Query | string {
    try {
      return parseQuery(words, agentsOf(this.world), Date.now());
    } catch (error) {
      if (error instanceof UserError) return error.message;
      throw error;
    }
  }

  private hitsOf(search: Search, found: Found[], query: Query): Hit[] {
    const hits: Hit[] = [];
    for (const hit of sessionsOfFound(search, found, query, this.world.home)) {
      const { session, found: one } = hit;
      const from = this.box === null ? null : placeInTalk(this.box, search, hit);
      hits.push({ session, place: this.placeOf(search, hit, query), from, isArchived: one.isArchived });
      if (hits.length >= mostHits) break;
    }
    return hits;
  }

  private placeOf(search: Search, hit: SearchHit, query: Query): PlaceLine {
    const { folder, isArchived, spot } = hit.found;
    const key = `${isArchived} ${hit.session.key} ${spot.from} ${folder}`;
    const place = this.places.get(key) ?? placeLineOf(search, hit, query);
    this.places.set(key, place);
    return place;
  }
}
