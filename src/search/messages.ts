import type { Said } from '../core/conversation.ts';
import { fold } from './fold.ts';

/** Who said a message, as it is kept. */
export const speakers = ['you', 'agent', 'title', 'tool'] as const;

/**
 * The messages of some transcripts: their folded texts in one buffer, a line each, an empty line in front; beside them in
 * columns who said them, when, and where.
 */
export interface Messages {
  /** The first message of each transcript, and behind the last one the number of all. */
  readonly first: Uint32Array;
  /** Where the text of each message begins in `text`, and behind the last one where it ends. */
  readonly starts: Uint32Array;
  readonly who: Uint8Array;
  /** Milliseconds since the epoch; NaN where nobody wrote it down. */
  readonly at: Float64Array;
  /** The byte of the transcript that the line of each message begins at. */
  readonly from: Float64Array;
  readonly text: Buffer;
  /** All of it as it stands in a file, where that is how it stands in memory. */
  readonly bytes?: Buffer;
}

/** The messages of one transcript among others. */
export interface Part {
  messages: Messages;
  /** Which of them it is. */
  place: number;
}

/** The messages of one transcript, as they are gathered. */
export class Gathering {
  private readonly starts: number[] = [];
  private readonly who: number[] = [];
  private readonly at: number[] = [];
  private readonly from: number[] = [];
  private readonly texts: string[] = [];
  private readonly titles = new Set<string>();
  private size = 1;

  /** Takes what is known of it up to the byte `end`. */
  keep({ messages, place }: Part, end: number): void {
    const { first, starts, who, at, from, text } = messages;
    for (let message = first[place]!; message < first[place + 1]!; message++) {
      if (from[message]! >= end) continue;
      const kept = text.toString('utf8', starts[message], starts[message + 1]! - 1);
      this.put(kept, who[message]!, at[message]!, from[message]!);
    }
  }

  /** Takes the next message. */
  add(said: Said): void {
    const text = fold(said.text);
    if (text !== '') this.put(text, speakers.indexOf(said.who), said.at ?? Number.NaN, said.from);
  }

  /** All of them. */
  messages(): Messages {
    const made = emptyMessages(1, this.texts.length, this.size);
    made.first.set([0, this.texts.length]);
    made.starts.set([...this.starts, this.size]);
    made.who.set(this.who);
    made.at.set(this.at);
    made.from.set(this.from);
    made.text.fill(10);
    for (const [message, text] of this.texts.entries()) made.text.write(text, this.starts[message]!);
    return made;
  }

  private put(text: string, who: number, at: number, from: number): void {
    // Titles are written again and again.
    if (speakers[who] === 'title') {
      if (this.titles.has(text)) return;
      this.titles.add(text);
    }
    this.starts.push(this.size);
    this.size += Buffer.byteLength(text) + 1;
    this.texts.push(text);
    this.who.push(who);
    this.at.push(at);
    this.from.push(from);
  }
}

/** Several transcripts' messages as one, in their order, in memory of their own. */
export function joinParts(parts: readonly Part[]): Messages {
  let count = 0;
  let size = 1;
  for (const { messages, place } of parts) {
    const [from, to] = rangeOf(messages, place);
    count += to - from;
    size += messages.starts[to]! - messages.starts[from]!;
  }
  const joined = emptyMessages(parts.length, count, size);
  joined.text[0] = 10;
  let message = 0;
  let end = 1;
  for (const [index, { messages, place }] of parts.entries()) {
    const [from, to] = rangeOf(messages, place);
    joined.first[index] = message;
    joined.who.set(messages.who.subarray(from, to), message);
    joined.at.set(messages.at.subarray(from, to), message);
    joined.from.set(messages.from.subarray(from, to), message);
    const shift = end - messages.starts[from]!;
    for (let one = from; one < to; one++) joined.starts[message++] = messages.starts[one]! + shift;
    end += messages.text.copy(joined.text, end, messages.starts[from], messages.starts[to]);
  }
  joined.first[parts.length] = count;
  joined.starts[count] = size;
  return joined;
}

function rangeOf({ first }: Messages, place: number): [number, number] {
  return [first[place]!, first[place + 1]!];
}

/** What a message takes besides its text, in bytes. */
const messageSize = 21;

/** What messages take in a file, in bytes. */
export function sizeOfMessages({ text, who }: Messages): number {
  return text.length + who.length * messageSize;
}

/** Messages as bytes: the numbers of transcripts, of messages and of bytes of text, then the columns and the text. */
export function encodeMessages(messages: Messages): Buffer {
  if (messages.bytes !== undefined) return messages.bytes;
  const { first, who, text } = messages;
  const copy = emptyMessages(first.length - 1, who.length, text.length);
  for (const column of ['first', 'starts', 'who', 'at', 'from', 'text'] as const) copy[column].set(messages[column]);
  return copy.bytes!;
}

/** The same backwards, as views of these bytes, which begin at a multiple of eight; null where they make no sense. */
export function decodeMessages(bytes: Buffer): Messages | null {
  if (bytes.length < headSize) return null;
  const [transcripts = 0, count = 0, size = 0] = new Uint32Array(bytes.buffer, bytes.byteOffset, 4);
  return bytes.length === lengthOf(transcripts, count, size) ? viewsOf(bytes, transcripts, count) : null;
}

const headSize = 16;

function lengthOf(transcripts: number, count: number, size: number): number {
  return headSize + count * messageSize + (transcripts + 2) * 4 + size;
}

/** Room for messages, as views of the bytes of a file. */
function emptyMessages(transcripts: number, count: number, size: number): Messages {
  const bytes = Buffer.allocUnsafeSlow(lengthOf(transcripts, count, size));
  new Uint32Array(bytes.buffer, bytes.byteOffset, 4).set([transcripts, count, size, 0]);
  return viewsOf(bytes, transcripts, count);
}

function viewsOf(bytes: Buffer, transcripts: number, count: number): Messages {
  const { buffer } = bytes;
  let next = bytes.byteOffset + headSize;
  const take = (length: number) => {
    next += length;
    return next - length;
  };
  return {
    at: new Float64Array(buffer, take(count * 8), count),
    from: new Float64Array(buffer, take(count * 8), count),
    first: new Uint32Array(buffer, take((transcripts + 1) * 4), transcripts + 1),
    starts: new Uint32Array(buffer, take((count + 1) * 4), count + 1),
    who: new Uint8Array(buffer, take(count), count),
    text: bytes.subarray(next - bytes.byteOffset),
    bytes,
  };
}
