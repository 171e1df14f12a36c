import type { Said } from '../../core/conversation.ts';
import { isObject, type Json, objectIn, objectsIn, parseObject, string } from '../../core/json.ts';
import type { Line } from '../../machine/lines.ts';
import { saidByLines } from '../part.ts';
import { changesOn, isPrompt, type Message } from './records.ts';

/**
 * Hands to `take` what was said in the lines of a session (Gemini CLI 0.61.0) that begin from the byte `from` on, for about
 * `most` bytes; gives the byte to go on from. See `Agent.said`. What was taken back later was said all the same.
 */
export const readSaid = saidByLines(say);

function say(line: Line, tools: boolean, take: (said: Said) => void): void {
  const text = line.text();
  const changes = changesOn(text);
  for (const change of changes) {
    if (change.is === 'summary') take({ who: 'title', text: change.text, at: null, from: line.at });
    const messages = change.is === 'message' ? [change.message] : change.is === 'checkpoint' ? change.messages : [];
    for (const message of messages) tell(message, line.at, tools, take);
  }
  if (!tools || changes.length === 0 || !text.includes('functionResponse')) return;
  const json = parseObject(text);
  for (const result of json === null ? [] : resultsIn(json))
    take({ who: 'tool', text: result, at: null, from: line.at });
}

function tell(message: Message, from: number, tools: boolean, take: (said: Said) => void): void {
  const { type, text, at, calls } = message;
  if (isPrompt(message)) take({ who: 'you', text, at, from });
  if (type === 'gemini' && text !== '') take({ who: 'agent', text, at, from });
  if (tools) for (const call of calls) take({ who: 'tool', text: call, at, from });
}

/** What tools gave, as it stands in a message of its own or with the call, or in the messages of a checkpoint. */
function resultsIn(json: Json): string[] {
  const set = objectIn(json.$set);
  const messages = [json, ...objectsIn(set.messages)];
  const parts = messages.flatMap((one) => [
    ...objectsIn(one.content),
    ...objectsIn(one.toolCalls).flatMap((call) => objectsIn(call.result)),
  ]);
  return parts.flatMap((part) => {
    const { response } = isObject(part.functionResponse) ? part.functionResponse : {};
    return string(objectIn(response).output) ?? [];
  });
}
