import type { Entry, Part } from '../../core/conversation.ts';
import { objectIn, string, time } from '../../core/json.ts';
import type { TranscriptFile } from '../../core/session.ts';
import { withDatabase } from './database.ts';
import { partsOf, typedText } from './facts.ts';

/** A part of a conversation is made of so many messages. */
const partSize = 20;

/**
 * The part of a conversation before a time (milliseconds since the epoch, which is what `before` counts here; null: the
 * last one). Throws what SQLite does.
 */
export function readConversation(file: TranscriptFile, before: number | null): Part {
  const part = withDatabase(file.path, (database) => {
    const messages = database.rows(
      `SELECT id, time_created AS at, json_extract(data, '$.role') AS role, json_extract(data, '$.error.name') AS error,
         json_extract(data, '$.error.data.message') AS why
       FROM message WHERE session_id = ? AND time_created < ? ORDER BY time_created DESC, id DESC LIMIT ${partSize}`,
      file.id,
      before ?? Number.MAX_SAFE_INTEGER,
    );
    const entries = messages.reverse().flatMap((message): Entry[] => {
      const at = time(message.at);
      const said = partsOf(database, string(message.id) ?? '').flatMap(({ part }) => entryOf(part, message.role, at));
      const error = string(message.error);
      if (error === null) return said;
      if (error === 'MessageAbortedError')
        return [...said, { who: 'you', kind: 'interruption', text: 'interrupted', at }];
      return [...said, { who: 'agent', kind: 'failure', text: string(message.why) ?? error, at }];
    });
    const first = time(messages[0]?.at);
    return { entries, before: messages.length < partSize ? null : first };
  });
  return part ?? { entries: [], before: null };
}

function entryOf(part: Record<string, unknown>, role: unknown, at: number | null): Entry[] {
  const text = string(part.text)?.trim() ?? '';
  if (part.type === 'tool') {
    const state = objectIn(part.state);
    const about =
      string(state.title) ?? string(objectIn(state.input).command) ?? string(objectIn(state.input).filePath);
    const tool = string(part.tool) ?? 'a tool';
    const line = about?.replace(/\s*\n\s*/g, ' ').trim();
    return [{ who: 'agent', kind: 'calls', text: line ? `${tool}: ${line}` : tool, at }];
  }
  if (part.type !== 'text' || part.synthetic === true || text === '') return [];
  return role === 'user'
    ? [{ who: 'you', kind: 'prompt', text: typedText(text), at }]
    : [{ who: 'agent', kind: 'answer', text, at }];
}
