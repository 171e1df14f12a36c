import type { Said } from '../../core/conversation.ts';
import { isObject, type Json, string } from '../../core/json.ts';
import type { Line } from '../../machine/lines.ts';
import type { OpenFile } from '../../machine/regular-file.ts';
import { readPortion } from '../part.ts';
import { blocks, plainText } from './json.ts';
import { objectsIn } from './objects.ts';
import { pictureTitle, promptOf } from './prompt.ts';
import { isConversation, recordOf, type Talk } from './record.ts';

/**
 * Hands to `take` what was said in the lines that begin from the byte `from` on, for about `most` bytes; gives the byte
 * to go on from. See `Agent.said`.
 */
export function readSaid(
  open: OpenFile,
  from: number,
  most: number,
  tools: boolean,
  take: (said: Said) => void,
): number {
  let passed = 0;
  const words = new Words();
  const pass = (block: Buffer, begin: number, end: number): number => {
    words.begin(block);
    for (let at = begin; at < end; ) {
      const lineEnd = block.indexOf(newline, at);
      // Who stops has to be given a line to stop at.
      if (passed > most || words.areIn(at, lineEnd)) return at;
      passed += lineEnd + 1 - at;
      at = lineEnd + 1;
    }
    return end;
  };
  const takeLine = (line: Line) => {
    if (tools || maySay(line)) say(line, tools, take);
  };
  return readPortion(open, from, most, takeLine, tools ? undefined : pass);
}

const newline = 10;

// 98 of 100 bytes are nothing that anybody said, so whole blocks are searched for the few words that a line must hold to
// say something. Each of them is written as JSON that stands in no string, where quotes are escaped.

/** What talk and titles hold, as Claude Code 1.0 to 2.1 writes them; a second record on a line; padding. */
const telling = [
  '"type":"text"',
  '"role":"user","content":"',
  '"queued_command"',
  '{"type":"custom-title"',
  '{"type":"ai-title"',
  '}{"',
  '\0',
].map((word) => Buffer.from(word));
/** How talk begins, and other lines of which the first word tells that they are no talk. */
const parented = Buffer.from('{"parentUuid":');
const typed = Buffer.from('{"type":"');

/** Where telling words stand in a block, each looked for no further than the next place that is asked for. */
class Words {
  private block: Buffer = Buffer.alloc(0);
  private places: number[] = [];
  private nearest = -1;
  private beginning = -1;

  begin(block: Buffer): void {
    if (this.block === block) return;
    this.block = block;
    this.places = telling.map(() => -1);
    this.nearest = -1;
    this.beginning = -1;
  }

  /** Whether the line between two places may say something: it holds a telling word, or begins as nothing of Claude's does. */
  areIn(from: number, to: number): boolean {
    if (this.nearest < from) this.nearest = this.nearestFrom(from);
    if (this.nearest < to) return true;
    // A torn record has another one behind it on its line.
    if (this.beginning <= from) this.beginning = placeOf(this.block, parented, from + 1);
    return this.beginning < to || !beginsAsEver(this.block, from);
  }

  private nearestFrom(from: number): number {
    const { block, places } = this;
    let nearest = Number.POSITIVE_INFINITY;
    for (let word = 0; word < telling.length; word++) {
      if (places[word]! < from) places[word] = placeOf(block, telling[word]!, from);
      nearest = Math.min(nearest, places[word]!);
    }
    return nearest;
  }
}

function placeOf(block: Buffer, word: Buffer, from: number): number {
  const at = block.indexOf(word, from);
  return at < 0 ? Number.POSITIVE_INFINITY : at;
}

/** Whether a line begins as Claude Code writes it, without blanks, and not with a type of talk, which others put first. */
function beginsAsEver(block: Buffer, from: number): boolean {
  if (stands(block, parented, from)) return block[from + parented.length] !== space;
  return stands(block, typed, from) && !/^(?:user|assistant|attachment)"/.test(latin(block, from + typed.length, 11));
}

const space = 32;

function stands(block: Buffer, word: Buffer, at: number): boolean {
  return block.length >= at + word.length && block.compare(word, 0, word.length, at, at + word.length) === 0;
}

function latin(block: Buffer, from: number, length: number): string {
  return block.toString('latin1', from, from + length);
}

/** So many bytes at the beginning of a line tell of what type it is. */
const beginning = 1200;
/** The plain members before the first object in a record, and the way into a message's content. */
const plain = '(?:"\\w+":(?:"(?:[^"\\\\]|\\\\.)*"|true|false|null|-?[\\d.]+),)*';
const progress = new RegExp(`^\\{${plain}"type":"(?:progress|system)"`);
/** Bookkeeping but for titles, by its first word. */
const bookkeeping = /^\{"type":"(?!user"|assistant"|attachment"|custom-title"|ai-title")/;
const result = new RegExp(
  `^\\{${plain}"message":\\{${plain}"content":\\[\\{(?:"tool_use_id":"[^"\\\\]*",)?"type":"tool_result"`,
);

const behind = ['{"parentUuid":', '}{"', '{"type":"custom-title"', '{"type":"ai-title"'].map((word) =>
  Buffer.from(word),
);

/** Whether a line has to be parsed: not a result of a tool, progress or bookkeeping, which may hold telling words of others. */
function maySay(line: Line): boolean {
  if (line.length < beginning) return true;
  const start = line.start(beginning);
  if (!bookkeeping.test(start) && !progress.test(start) && !result.test(start)) return true;
  const bytes = line.bytes();
  // Something torn may have another record behind it.
  return behind.some((word) => bytes.indexOf(word, 1) > 0) || bytes.includes(0);
}

function say(line: Line, tools: boolean, take: (said: Said) => void): void {
  for (const json of objectsIn(line.text())) {
    const record = recordOf(json, false);
    if (record === null) continue;
    if (record.kind === 'custom-title' || record.kind === 'ai-title')
      take({ who: 'title', text: record.text, at: null, from: line.at });
    if (!isConversation(record)) continue;
    const { talk, at } = record;
    const text = talk === null ? null : textOf(talk, json);
    if (text !== null) take({ who: talk!.is === 'prompt' ? 'you' : 'agent', text, at, from: line.at });
    if (!tools || talk === null || (talk.is !== 'calls' && talk.is !== 'results')) continue;
    for (const done of doneIn(json)) take({ who: 'tool', text: done, at, from: line.at });
  }
}

/** What was said by a talk; null where nothing was: a picture, an interruption, a failure. */
function textOf(talk: Talk, json: Json): string | null {
  if (talk.is === 'answer') return talk.text;
  if (talk.is === 'calls') return talk.said ?? null;
  if (talk.is !== 'prompt') return null;
  return talk.text === pictureTitle && typedIn(json) === '' ? null : talk.text;
}

function typedIn({ message, attachment }: Json): string {
  return promptOf(
    isObject(message) ? plainText(message.content) : isObject(attachment) ? plainText(attachment.prompt) : '',
  );
}

/** What tools were told and what they answered. */
function doneIn({ message }: Json): string[] {
  if (!isObject(message)) return [];
  return blocks(message.content).flatMap((block) => {
    if (block.type === 'tool_use') return [[string(block.name) ?? '', ...stringsIn(block.input)].join('\n')];
    return block.type === 'tool_result' ? [plainText(block.content)] : [];
  });
}

/** All texts in a value, however deep. */
function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
