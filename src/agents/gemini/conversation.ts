import type { Entry, Part } from '../../core/conversation.ts';
import type { TranscriptFile } from '../../core/session.ts';
import { readLinesForward } from '../../machine/lines.ts';
import { withRegularFile } from '../../machine/regular-file.ts';
import { changesOn, isPrompt, type Message, Messages } from './records.ts';

/** Of a larger file, in bytes, the end is read. */
const most = 32 << 20;
/** A part has so many messages. */
const partSize = 40;

/**
 * The part of a conversation that ends before the message with the place `before` among all (null: the last one). What was
 * taken back or replaced is left out. Throws when the file can't be read.
 */
export function readConversation(file: TranscriptFile, before: number | null): Part {
  const messages = withRegularFile(file.path, (open) => {
    const all = new Messages();
    readLinesForward(open, Math.max(0, open.size - most), most, {
      take(line) {
        for (const change of changesOn(line.text())) all.take(change);
        return true;
      },
    });
    return all.all();
  });
  const end = Math.min(before ?? messages.length, messages.length);
  const from = Math.max(0, end - partSize);
  return { entries: messages.slice(from, end).flatMap(entriesOf), before: from === 0 ? null : from };
}

function entriesOf(message: Message): Entry[] {
  const { type, text, at, calls } = message;
  if (isPrompt(message)) return [{ who: 'you', kind: 'prompt', text, at }];
  if (type === 'error') return [{ who: 'agent', kind: 'failure', text, at }];
  if (type === 'info' && /^Request cancelled/.test(text))
    return [{ who: 'you', kind: 'interruption', text: 'interrupted', at }];
  if (type !== 'gemini') return [];
  const said: Entry[] = text === '' ? [] : [{ who: 'agent', kind: 'answer', text, at }];
  return calls.length === 0 ? said : [...said, { who: 'agent', kind: 'calls', text: calls.join('\n'), at }];
}
