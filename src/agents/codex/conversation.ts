import type { Entry, Part } from '../../core/conversation.ts';
import type { TranscriptFile } from '../../core/session.ts';
import type { Line } from '../../machine/lines.ts';
import { readPart } from '../part.ts';
import { mayTell, parseRecord } from './record.ts';

/**
 * The part of a conversation that ends before the byte `before` (null: the last one), where a line begins: prompts,
 * answers and calls, without what came of them. Throws when the file can't be read.
 */
export function readConversation(file: TranscriptFile, before: number | null): Part {
  return readPart(file.path, before, entriesOf);
}

function entriesOf(line: Line): Entry[] {
  const record = mayTell(line.start(300)) ? parseRecord(line.text()) : null;
  switch (record?.is) {
    case 'prompt':
      return record.text === '' ? [] : [{ who: 'you', kind: 'prompt', text: record.text, at: record.at }];
    case 'answer':
      return record.text === '' ? [] : [{ who: 'agent', kind: 'answer', text: record.text, at: record.at }];
    case 'call': {
      const { tool, about } = record.call;
      const text = `${tool}: ${about.replace(/\s*\n\s*/g, ' ').trim()}`;
      return [{ who: 'agent', kind: 'calls', text, at: record.at }];
    }
    case 'error':
      return [{ who: 'agent', kind: 'failure', text: record.reason, at: record.at }];
    case 'end':
      if (record.how === 'interrupted')
        return [{ who: 'you', kind: 'interruption', text: 'interrupted', at: record.at }];
      return record.how === 'failed'
        ? [{ who: 'agent', kind: 'failure', text: record.reason ?? 'failed', at: record.at }]
        : [];
    default:
      return [];
  }
}
