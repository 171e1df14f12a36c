import type { Entry, Part } from '../../core/conversation.ts';
import type { TranscriptFile } from '../../core/session.ts';
import type { Line } from '../../machine/lines.ts';
import { readPart } from '../part.ts';
import { type Call, type Conversation, isConversation, parseLine, type Talk } from './record.ts';

/**
 * The part of a conversation that ends before the byte `before` (null: the last one), where a line begins. Sub-agents'
 * talk, thinking, tools' results and what Claude Code tells itself are left out. Throws when the file can't be read.
 */
export function readConversation(file: TranscriptFile, before: number | null): Part {
  return readPart(file.path, before, entriesOf);
}

/** What a line can hold that people said begins with one of these, or is worth no look. */
const talking = /"type"\s*:\s*"(?:user|assistant|attachment)"/;

function entriesOf(line: Line): Entry[] {
  const text = line.text();
  if (!talking.test(text)) return [];
  return parseLine(text)
    .filter(isConversation)
    .flatMap((record) => entriesOfRecord(record))
    .map((entry) => ({ ...entry, from: line.at }));
}

function entriesOfRecord({ talk, command, at }: Conversation): Entry[] {
  if (talk !== null) return entriesOfTalk(talk, at);
  return command === null ? [] : [{ who: 'you', kind: 'note', text: command, at }];
}

function entriesOfTalk(talk: Talk, at: number | null): Entry[] {
  switch (talk.is) {
    case 'prompt':
      return [{ who: 'you', kind: 'prompt', text: talk.text, at }];
    case 'answer':
      return [{ who: 'agent', kind: 'answer', text: talk.text, at }];
    case 'calls': {
      const calls: Entry = { who: 'agent', kind: 'calls', text: talk.calls.map(callLine).join('\n'), at };
      return talk.said ? [{ who: 'agent', kind: 'answer', text: talk.said, at }, calls] : [calls];
    }
    case 'failure':
      return [{ who: 'agent', kind: 'failure', text: talk.text.trim() || (talk.reason ?? 'failed'), at }];
    case 'interruption':
      return [{ who: 'you', kind: 'interruption', text: 'interrupted', at }];
    case 'results':
      return [];
  }
}

function callLine({ tool, about }: Call): string {
  const line = about.replace(/\s*\n\s*/g, ' ').trim();
  return line === '' ? tool : `${tool}: ${line}`;
}
