import type { Said } from '../../core/conversation.ts';
import { type Line, readLinesForward } from '../../machine/lines.ts';
import type { OpenFile } from '../../machine/regular-file.ts';
import { mayTell, objectOf, parseRecord, string } from './record.ts';

/**
 * Hands to `take` what was said in the lines of a rollout (0.100 to 0.171) that begin from the byte `from` on, for about
 * `most` bytes; gives the byte to go on from. See `Agent.said`.
 */
export function readSaid(
  open: OpenFile,
  from: number,
  most: number,
  tools: boolean,
  take: (said: Said) => void,
): number {
  let next = open.size;
  readLinesForward(open, from, Number.POSITIVE_INFINITY, {
    take(line) {
      if (line.at - from >= most) {
        next = line.at;
        return false;
      }
      say(line, tools, take);
      return true;
    },
  });
  return next;
}

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
    const { output } = objectOf(objectOf(JSON.parse(text)).payload);
    const answered = string(output) ?? string(objectOf(output).content);
    if (answered !== null) take({ who: 'tool', text: answered, at, from: line.at });
  }
}
