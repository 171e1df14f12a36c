import type { Said } from '../../core/conversation.ts';
import { objectIn, string } from '../../core/json.ts';
import type { Line } from '../../machine/lines.ts';
import { saidByLines } from '../part.ts';
import { mayTell, parseRecord } from './record.ts';

/**
 * Hands to `take` what was said in the lines of a rollout (0.100 to 0.171) that begin from the byte `from` on, for about
 * `most` bytes; gives the byte to go on from. See `Agent.said`.
 */
export const readSaid = saidByLines(say);

function say(line: Line, tools: boolean, take: (said: Said) => void): void {
  if (!mayTell(line.start(300))) return;
  const text = line.text();
  const record = parseRecord(text);
  if (record === null) return;
  const { at } = record;
  if (record.is === 'prompt' || record.is === 'answer') {
    if (record.text !== '')
      take({ who: record.is === 'prompt' ? 'you' : 'agent', text: record.text, at, from: line.at });
  } else if (tools && record.is === 'call') {
    take({ who: 'tool', text: `${record.call.tool}\n${record.call.about}`, at, from: line.at });
  } else if (tools && record.is === 'result') {
    const { output } = objectIn(objectIn(JSON.parse(text)).payload);
    const answered = string(output) ?? string(objectIn(output).content);
    if (answered !== null) take({ who: 'tool', text: answered, at, from: line.at });
  }
}
