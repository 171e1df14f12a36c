import type { Entry, Part } from '../../core/conversation.ts';
import { string } from '../../core/json.ts';
import type { TranscriptFile } from '../../core/session.ts';
import { readPart } from '../part.ts';
import { type Call, type CopilotEvent, callsOf, eventOf } from './events.ts';

/**
 * The part of a conversation that ends before the byte `before` (null: the last one), where a line begins. Sub-agents'
 * talk and what tools gave are left out. Throws when the file can't be read.
 */
export function readConversation(file: TranscriptFile, before: number | null): Part {
  return readPart(file.path, before, (line) => {
    const event = eventOf(line.text());
    return event === null || event.isSubagents ? [] : entriesOf(event);
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
