import type { Entry, Part } from '../../core/conversation.ts';
import type { TranscriptFile } from '../../core/session.ts';
import { type Line, readLinesBackward } from '../../machine/lines.ts';
import { withRegularFile } from '../../machine/regular-file.ts';
import { type Call, type Conversation, isConversation, parseLine, type Talk } from './record.ts';

/** A part is made of about so many bytes of the transcript. */
const partSize = 64 << 10;
/** Where nobody says anything for so many bytes, a part may be empty. */
const longestSilence = 4 << 20;

/**
 * The part of a conversation that ends before the byte `before` (null: the last one), where a line begins. Sub-agents'
 * talk, thinking, tools' results and what Claude Code tells itself are left out. Throws when the file can't be read.
 */
export function readConversation(file: TranscriptFile, before: number | null): Part {
  return withRegularFile(file.path, (open) => {
    const size = before === null ? open.size : Math.min(before, open.size);
    const pieces: Entry[][] = [];
    let begin = size;
    const take = (line: Line): boolean => {
      const entries = entriesOf(line);
      if (entries.length > 0) pieces.push(entries);
      begin = line.at;
      return true;
    };
    const enough = (read: number): boolean =>
      begin < size && (read >= longestSilence || (read >= partSize && pieces.length > 0));
    let ended = true;
    readLinesBackward({ fd: open.fd, size }, 0, { take }, (read) => {
      ended = !enough(read);
      return !ended;
    });
    return { entries: pieces.reverse().flat(), before: ended || begin === 0 ? null : begin };
  });
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
