import type { Entry, Part } from '../../core/conversation.ts';
import { string } from '../../core/json.ts';
import type { TranscriptFile } from '../../core/session.ts';
import { type Line, readLinesBackward } from '../../machine/lines.ts';
import { withRegularFile } from '../../machine/regular-file.ts';
import { type Call, type CopilotEvent, callsOf, eventOf } from './events.ts';

/** A part is made of about so many bytes of the events; where nobody says anything for so many, it may be empty. */
const partSize = 64 << 10;
const longestSilence = 4 << 20;

/**
 * The part of a conversation that ends before the byte `before` (null: the last one), where a line begins. Sub-agents'
 * talk and what tools gave are left out. Throws when the file can't be read.
 */
export function readConversation(file: TranscriptFile, before: number | null): Part {
  return withRegularFile(file.path, (open) => {
    const size = before === null ? open.size : Math.min(before, open.size);
    const pieces: Entry[][] = [];
    let begin = size;
    const take = (line: Line): boolean => {
      const event = eventOf(line.text());
      const entries = event === null || event.isSubagents ? [] : entriesOf(event);
      if (entries.length > 0) pieces.push(entries);
      begin = line.at;
      return true;
    };
    let ended = true;
    readLinesBackward({ fd: open.fd, size }, 0, { take }, (read) => {
      ended = begin >= size || (read < longestSilence && (read < partSize || pieces.length === 0));
      return !ended;
    });
    return { entries: pieces.reverse().flat(), before: ended || begin === 0 ? null : begin };
  });
}

function entriesOf(event: CopilotEvent): Entry[] {
  const { type, data, at } = event;
  const text = string(data.content) ?? '';
  switch (type) {
    case 'user.message':
      return text === '' ? [] : [{ who: 'you', kind: 'prompt', text, at }];
    case 'assistant.message': {
      const calls = callsOf(event);
      const said: Entry[] = text === '' ? [] : [{ who: 'agent', kind: 'answer', text, at }];
      return calls.length === 0 ? said : [...said, { who: 'agent', kind: 'calls', text: callLines(calls), at }];
    }
    case 'session.error':
      return [{ who: 'agent', kind: 'failure', text: string(data.message) ?? 'failed', at }];
    case 'abort':
      return [{ who: 'you', kind: 'interruption', text: 'interrupted', at }];
    default:
      return [];
  }
}

function callLines(calls: Call[]): string {
  return calls
    .map(({ tool, about }) => {
      const line = about.replace(/\s*\n\s*/g, ' ').trim();
      return line === '' ? tool : `${tool}: ${line}`;
    })
    .join('\n');
}
