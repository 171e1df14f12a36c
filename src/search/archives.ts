import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { FileLayout } from '../agents/agent.ts';
import { archiveRoots } from '../box/archive.ts';
import { listingPath } from '../box/fact-index.ts';
import { Listing } from '../box/listing.ts';
import { FoundTranscripts, type Transcripts } from '../box/transcripts.ts';
import type { World } from '../world.ts';
import type { Searchable } from './reading.ts';

/** A folder of the archive in which transcripts of an agent lie, as it is looked at. */
export interface Archive {
  layout: FileLayout;
  listing: Listing;
  transcripts: Transcripts;
}

/** The folders of the archive that are an agent's and there. */
export function archivesOf(world: World, agent: Searchable): Archive[] {
  const { transcripts } = agent;
  if ('find' in transcripts) return [];
  const roots = archiveRoots(world, agent).filter((root) => existsSync(root));
  return roots.map((root) => {
    const layout = { ...transcripts, levels: 1, root };
    const place = root === world.folders.archive ? '' : `-${basename(root)}`;
    const listing = new Listing(`${listingPath(world, agent)}-archive${place}`, layout);
    return { layout, listing, transcripts: new FoundTranscripts([]) };
  });
}
