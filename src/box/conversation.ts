import type { Agent } from '../agents/agent.ts';
import { type Entry, lastExchange, type Part } from '../core/conversation.ts';
import type { Session, TranscriptFile } from '../core/session.ts';
import type { Box } from './scan.ts';

/** A session's transcript and who can read it. */
export interface Talk {
  agent: Agent;
  file: TranscriptFile;
}

/** Where the talk of a session lies; null where nothing was written yet. */
export function talkOf(box: Box, session: Session): Talk | null {
  const source = box.sources.find(({ agent }) => agent.name === session.agent && agent.configDir === session.configDir);
  if (source === undefined) return null;
  const elsewhere = session.talkId === session.id ? undefined : source.transcripts.find(session.talkId)[0];
  const file = elsewhere ?? session.transcript;
  return file === null ? null : { agent: source.agent, file };
}

/**
 * The part of the talk before a byte of its transcript (null: the last part). A file that can't be read (any more) says
 * nothing.
 */
export function partBefore({ agent, file }: Talk, before: number | null): Part {
  try {
    return agent.conversation(file, before);
  } catch {
    return { entries: [], before: null };
  }
}

/** All that was said, in order. */
export function wholeTalk(talk: Talk): Entry[] {
  const parts: Entry[][] = [];
  let part = partBefore(talk, null);
  parts.push(part.entries);
  while (part.before !== null) {
    part = partBefore(talk, part.before);
    parts.push(part.entries);
  }
  return parts.reverse().flat();
}

/** So many parts, of some 64 KB each, are looked through for the last exchange: who never got an answer may ask for ever. */
const mostParts = 128;

/** The end of the talk, with its last prompt and its last answer, as far as they are not too far apart. */
export function endOfTalk(talk: Talk): Entry[] {
  return endUntil(talk, ({ entries }) => lastExchange(entries).length >= 2).entries;
}

/** The end of the talk, back to a byte of its transcript, unless that is too far away. */
export function talkSince(talk: Talk, place: number): Part {
  return endUntil(talk, ({ before }) => before !== null && before <= place);
}

/** The end of the talk, read further back until it is enough, or begins, or `mostParts` of it are read. */
function endUntil(talk: Talk, isEnough: (end: Part) => boolean): Part {
  let end = partBefore(talk, null);
  for (let parts = 1; parts < mostParts && end.before !== null && !isEnough(end); parts++) {
    const part = partBefore(talk, end.before);
    end = { entries: [...part.entries, ...end.entries], before: part.before };
  }
  return end;
}
