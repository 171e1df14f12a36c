import { archivedSession } from '../box/archive.ts';
import { type Box, isSameAgent, keyOf, type Source } from '../box/scan.ts';
import { copiesOf, readSession, successorOf } from '../box/sessions.ts';
import { findTranscripts, type Transcripts } from '../box/transcripts.ts';
import { folded } from '../core/filter.ts';
import type { Session, TranscriptFile } from '../core/session.ts';
import { withRegularFile } from '../machine/regular-file.ts';
import type { World } from '../world.ts';
import { type Archive, archivesOf } from './archives.ts';
import { addressAt, columnsOf, makeCatalogue, readingAt } from './catalogue.ts';
import { type Excerpt, excerptOf } from './excerpt.ts';
import { type Match, matchIn } from './match.ts';
import { Gathering, type Messages } from './messages.ts';
import { nearestWord } from './nearest.ts';
import type { Query, Term } from './query.ts';
import { gather, hasOnlyGrown, isSearchable, mayHold, notYet, type Searchable } from './reading.ts';
import { addressOf, type Place, type Shown, Store } from './store.ts';

/** What is read is saved after so many milliseconds of reading: who is killed has not read in vain. */
const saveEvery = 3000;

/** One agent's part of a search. */
interface Shelf {
  agent: Searchable;
  source: Source;
  store: Store;
  /** What lies in the archive, by the folders of it that are the agent's. */
  archives: Archive[];
}

/** A transcript in which it was said. */
export interface Found extends Match {
  shelf: Shelf;
  /** The id of its session, and the folder of the transcript, in the archive or not. */
  id: string;
  folder: string;
  isArchived: boolean;
}

/** Searches in what was said in the sessions of a box: by what is known of it from earlier, once the rest has been read. */
export class Search {
  private readonly world: World;
  private box: Box;
  private readonly shelves: Shelf[];
  /** What has to be read yet, newest mtime first. */
  private unread: { shelf: Shelf; place: Place }[] = [];
  private totalBytes = 0;

  /** Looks which transcripts are as they were when they were read. `box` has just been scanned. */
  constructor(world: World, box: Box) {
    this.world = world;
    this.box = box;
    this.shelves = box.sources.flatMap((source) => {
      const { agent } = source;
      if (!isSearchable(agent)) return [];
      return [{ agent, source, store: new Store(world, agent), archives: archivesOf(world, agent) }];
    });
    this.look(box);
  }

  /** How much has to be read yet: transcripts, and their bytes. */
  get left(): { transcripts: number; bytes: number } {
    return {
      transcripts: this.unread.length,
      bytes: this.unread.reduce((sum, { place }) => sum + place.file.bytes, 0),
    };
  }

  /** Another look, at a box that was scanned anew. */
  look(box: Box): void {
    this.box = box;
    this.unread = [];
    this.totalBytes = 0;
    for (const shelf of this.shelves) {
      const { agent } = shelf;
      shelf.source = box.sources.find((source) => isSameAgent(source.agent, agent)) ?? shelf.source;
      shelf.store.beginLook();
      this.lookAt(shelf, shelf.source.transcripts, false);
      for (const archive of shelf.archives) {
        archive.transcripts = findTranscripts(archive.layout, archive.listing, box.context.now, []);
        this.lookAt(shelf, archive.transcripts, true);
      }
    }
    this.unread.sort((a, b) => b.place.file.modifiedAt - a.place.file.modifiedAt);
  }

  /** Reads all that has to be read, newest mtime first. Pauses after each transcript, and within large ones. */
  *read(): Generator<void> {
    let saved = performance.now();
    while (this.unread.length > 0) {
      const { shelf, place } = this.unread[0]!;
      yield* this.readOne(shelf, place);
      // Another look may have been taken meanwhile.
      if (this.unread[0]?.place === place) this.unread.shift();
      if (performance.now() - saved > saveEvery) {
        if (this.save()) this.look(this.box);
        saved = performance.now();
      }
    }
  }

  /** The transcripts in which all of it was said, best first; of a session that lies in several folders one. */
  find(query: Query): Found[] {
    const found = new Map<string, Found>();
    for (const shelf of this.shelves) {
      if (!isAskedFor(shelf, query)) continue;
      for (const shown of shelf.store.all()) this.collect(found, shelf, shown, query);
    }
    return bestFirst(found.values());
  }

  /**
   * The same among tools' calls and results, too, of which nothing is kept: each transcript is read for it. Pauses between;
   * what was found goes into `found`, by session.
   */
  *readTools(query: Query, found: Map<string, Found>): Generator<void> {
    const words = query.terms.concat(query.without).map(({ text }) => text.split(' ')[0]!);
    for (const shelf of this.shelves) {
      if (!isAskedFor(shelf, query)) continue;
      for (const place of placesOf(shelf)) {
        const gathering = new Gathering();
        yield* this.skipping(
          gather(shelf.agent, place.file, gathering, (said) => mayHold(said, words)),
          place,
        );
        this.collect(found, shelf, alone(place, gathering.messages()), query);
      }
    }
  }

  /** The file that a match is in; null where it has gone. */
  fileOf({ shelf, id, folder, isArchived }: Found): TranscriptFile | null {
    const files = isArchived
      ? shelf.archives.flatMap(({ transcripts }) => transcripts.find(id))
      : shelf.source.transcripts.find(id);
    return files.find((file) => file.folder === folder) ?? null;
  }

  /** The session that a match is in, or that it went on in; null where that makes no row. */
  sessionOf(found: Found): Session | null {
    const file = this.fileOf(found);
    if (file === null) return null;
    const { source } = found.shelf;
    if (found.isArchived) return archivedSession(this.world, source.agent, file);
    const session = readSession(this.box, source, file.id, copiesOf(source, file), 'tail');
    return session ?? successorOf(this.box, keyOf(source.agent, file.id, source.folder));
  }

  /** The piece of the original text where it was said; null where that can't be read. */
  excerpt(found: Found, query: Query): Excerpt | null {
    const file = this.fileOf(found);
    if (file === null) return null;
    const { who, from } = found.spot;
    const texts: string[] = [];
    try {
      withRegularFile(file.path, (open) =>
        found.shelf.agent.said(open, from, 1, who === 'tool', (said) => {
          if (said.who === who) texts.push(said.text);
        }),
      );
    } catch {
      return null;
    }
    const excerpts = texts.map((text) => excerptOf(text, query.terms));
    return excerpts.find(({ hits }) => hits.length > 0) ?? excerpts[0] ?? null;
  }

  /** A word that was said and is like one that was not; null where there is none, or all of them were. */
  nearest(query: Query): { word: string; nearest: string } | null {
    for (const term of query.terms) {
      const stores = this.shelves.map(({ store }) => store);
      if (stores.some((store) => holds(store, term))) continue;
      const nearest = nearestWord(everything(stores), term);
      if (nearest !== null) return { word: term.text, nearest };
    }
    return null;
  }

  /** Whether what was kept turned out to be damaged: another look shows what has to be read again. */
  get isDamaged(): boolean {
    return this.shelves.some(({ store }) => store.isDamaged);
  }

  /** Writes what was read; true where another look has to be taken before the next search. */
  save(): boolean {
    if (this.world.dryRun) return false;
    let isNew = false;
    for (const shelf of this.shelves) {
      isNew = shelf.store.save(() => placesOf(shelf), this.totalBytes) || isNew;
      for (const { listing } of shelf.archives) listing.save();
    }
    return isNew;
  }

  private lookAt(shelf: Shelf, transcripts: Transcripts, isArchived: boolean): void {
    for (const folder of transcripts.folders()) {
      this.totalBytes += shelf.store.look(folder, isArchived, (place) =>
        this.unread.push({ shelf, place: { file: folder.fileAt(place), isArchived } }),
      );
    }
  }

  private collect(found: Map<string, Found>, shelf: Shelf, shown: Shown, query: Query): void {
    for (const match of matchIn(shown, query, this.box.context.now)) {
      const { name, folder, isArchived } = addressAt(match.entry);
      const id = idOf(shelf.agent, folder, name);
      const session = `${isArchived} ${shelf.agent.configDir} ${id}`;
      const other = found.get(session);
      if (other === undefined || other.score < match.score)
        found.set(session, { ...match, shelf, id, folder, isArchived });
    }
  }

  /** Reads what is new in a transcript, or all of it, and puts it into the store. Pauses between portions. */
  private *readOne(shelf: Shelf, place: Place): Generator<void> {
    const { store } = shelf;
    const known = store.find(addressOf(place));
    const gathering = new Gathering();
    let from = 0;
    if (known !== null && hasOnlyGrown(readingAt(known), place.file)) {
      const part = store.partOf(known);
      if (part !== null) {
        from = readingAt(known).end;
        gathering.keep(part, from);
      }
    }
    const read = yield* this.skipping(gather(shelf.agent, place.file, gathering, null, from), place);
    if (read !== null) store.put(addressOf(place), read, gathering.messages());
    else if (known !== null) known.catalogue.counts[known.number] = 0;
  }

  /** Notes what can't be read. */
  private *skipping<T>(reading: Generator<void, T>, { file }: Place): Generator<void, T | null> {
    try {
      return yield* reading;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.box.skipped.add(file.path);
      return null;
    }
  }
}

/** Whether a query is for the sessions of an agent, in this folder of it. */
function isAskedFor({ agent }: Shelf, query: Query): boolean {
  if (query.agent !== null && agent.name !== query.agent) return false;
  return query.account === null || (agent.account !== undefined && folded(agent.account) === query.account);
}

/** The id of the session in a file: see `Agent.said`. */
function idOf({ transcripts }: Searchable, folder: string, name: string): string {
  if ('find' in transcripts) return folder;
  return name.slice(transcripts.idFrom, transcripts.idFrom + transcripts.idLength);
}

/** What was found, best first; of equals the newest. */
export function bestFirst(found: Iterable<Found>): Found[] {
  return [...found].sort((a, b) => b.score - a.score || b.at - a.at || (a.id < b.id ? -1 : 1));
}

/** All transcripts of a shelf, in the order of their folders. */
function placesOf({ source, archives }: Shelf): Place[] {
  return [
    ...source.transcripts.all().map((file) => ({ file, isArchived: false })),
    ...archives.flatMap(({ transcripts }) => transcripts.all()).map((file) => ({ file, isArchived: true })),
  ];
}

/** The messages of one transcript, of which nothing is kept. */
function alone(place: Place, messages: Messages): Shown {
  const reading = { ...notYet(place.file), size: 0 };
  const catalogue = makeCatalogue(
    [addressOf(place)],
    columnsOf((column) => Float64Array.of(reading[column])),
    [0],
  );
  return { catalogue, from: 0, messages };
}

function* everything(stores: readonly Store[]): Generator<Shown> {
  for (const store of stores) yield* store.all();
}

function holds(store: Store, { bytes }: Term): boolean {
  for (const { messages } of store.all()) if (messages.text.includes(bytes)) return true;
  return false;
}
