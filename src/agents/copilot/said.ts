import type { Said } from '../../core/conversation.ts';
import { objectIn, string } from '../../core/json.ts';
import type { Line } from '../../machine/lines.ts';
import { saidByLines } from '../part.ts';
import { answerOf, callsOf, eventOf, promptOf } from './events.ts';

/**
 * Hands to `take` what was said in the lines of a session's events (Copilot 1.0.102) that begin from the byte `from` on, for
 * about `most` bytes; gives the byte to go on from. See `Agent.said`.
 */
export const readSaid = saidByLines(say);

/** Of a line that begins with another type than these nothing is read: they are the most bytes. */
const talk = /^\{"type":"(?:user\.message|assistant\.message|tool\.execution_complete)"/;
const begun = /^\{"type":"[a-z_.]+"/;

function say(line: Line, tools: boolean, take: (said: Said) => void): void {
  const start = line.start(60);
  const event = begun.test(start) && !talk.test(start) ? null : eventOf(line.text());
  if (event === null || event.isSubagents) return;
  const { at, data, type } = event;
  const tell = (who: Said['who'], text: string | null) => {
    if (text !== null && text.trim() !== '') take({ who, text, at, from: line.at });
  };
  tell('you', promptOf(event));
  tell('agent', answerOf(event));
  if (!tools) return;
  if (type === 'assistant.message') for (const { tool, about } of callsOf(event)) tell('tool', `${tool}\n${about}`);
  if (type === 'tool.execution_complete') tell('tool', string(objectIn(data.result).content));
}
