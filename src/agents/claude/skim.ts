import { bookkeepingTypes } from './record.ts';

// Passing over the bulk of a transcript: 98 of 100 bytes are tool results and the like. Once the last turn is known, a
// line can only matter when it holds one of a few words, so these are searched for in whole blocks, at a gigabyte a
// second, instead of parsing each line.

/**
 * The ends of the words that a line must hold to say something, as JSON that is not in a string has them: what is as rare
 * in a transcript as these letters and this quote is found three times as fast as a quoted word.
 */
export const stems = {
  titles: '-title"',
  lastPrompt: '-prompt"',
  summary: 'ummary"',
  relocated: 'elocated"',
  worktree: 'ee-state"',
  user: 'user"',
  queued: 'queued_command"',
  assistant: 'assistant"',
  entrypoint: 'ypoint"',
  branch: 'Branch"',
  version: 'ersion"',
  forkedFrom: 'kedFrom"',
} as const;

/** Where words stand in a block, each looked for no further than the next place that is asked for. */
export class Hits {
  private block: Buffer | undefined;
  private readonly places = new Map<string, number>();

  /**
   * The last place before `to` of a word, or of a timestamp that may be later than `latest` (as ISO text); negative where
   * none is.
   */
  last(block: Buffer, words: readonly string[], to: number, latest: string): number {
    this.begin(block);
    let last = this.places.get(stamp) ?? to;
    if (last >= to) last = this.keep(stamp, lastLaterStamp(block, to, latest));
    for (const word of words) {
      let at = this.places.get(word) ?? to;
      if (at >= to) at = this.keep(word, block.lastIndexOf(word, to));
      last = Math.max(last, at);
    }
    return last;
  }

  /** The first place from `from` on of a word; past the end where there is none. */
  first(block: Buffer, words: readonly string[], from: number): number {
    this.begin(block);
    let first = block.length;
    for (const word of words) {
      let at = this.places.get(word) ?? -1;
      if (at < from) {
        const found = block.indexOf(word, from);
        at = this.keep(word, found < 0 ? block.length : found);
      }
      first = Math.min(first, at);
    }
    return first;
  }

  private keep(word: string, at: number): number {
    this.places.set(word, at);
    return at;
  }

  private begin(block: Buffer): void {
    if (this.block === block) return;
    this.block = block;
    this.places.clear();
  }
}

const stamp = '"timestamp"';

function lastLaterStamp(block: Buffer, to: number, latest: string): number {
  const bound = `:"${latest}"`;
  let at = to;
  do {
    at = block.lastIndexOf(stamp, at);
    if (at < 0) return at;
    const value = block.toString('latin1', at + stamp.length, at + stamp.length + bound.length);
    // What is written in any other way is for who takes the line.
    if (value > bound || value.indexOf('"', 2) !== bound.length - 1 || !value.startsWith(':"')) return at;
  } while (at-- > 0);
  return -1;
}

/** Each value that follows a quoted name in JSON, as it is written there, up to its first quote. */
export function valuesOf(bytes: Buffer, name: string): string[] {
  const values: string[] = [];
  for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + name.length)) {
    const open = bytes.indexOf(34, at + name.length);
    if (open < 0) break;
    values.push(bytes.toString('latin1', open + 1, Math.max(open + 1, bytes.indexOf(34, open + 1))));
  }
  return values;
}

/** How Claude Code 1.0 to 2.1 begins all talk. */
const parented = '{"parentUuid":';

/** Whether a line begins as talk does. */
export function beginsAsTalk(line: Buffer): boolean {
  return line.toString('latin1', 0, parented.length) === parented;
}

/** The type of a line that begins with it, as all bookkeeping does; null where something else comes first. */
export function leadingType(start: string): string | null {
  return /^[\0\ufeff\s]*\{\s*"type"\s*:\s*"([a-z_-]+)"/.exec(start)?.[1] ?? null;
}

/** How a record begins that stands in no other one: nothing within a record begins so. */
const beginning = new RegExp(`^\\{"(?:parentUuid"|type":"(?:user|assistant|${bookkeepingTypes.join('|')})")`);
/** So many beginnings of objects in a line are looked at. */
const mostObjects = 5000;

/**
 * Whether a line may hold more than one record, or one behind something torn. In a text quotes are escaped, so none of
 * what is looked for can stand there.
 */
export function holdsAnother(line: Buffer): boolean {
  if (line[0] === 0) return true;
  let looked = 0;
  for (let at = line.indexOf('{"', 1); at > 0; at = line.indexOf('{"', at + 1)) {
    const before = line
      .toString('latin1', Math.max(0, at - 40), at)
      .trimEnd()
      .at(-1);
    if (before === '}' || before === '\0' || looked++ > mostObjects) return true;
    if (beginning.test(line.toString('latin1', at, at + 30))) return true;
  }
  return false;
}

/** The plain members that end a record: of the root itself, for one brace closes behind them. */
const plainEnd = /(?:,"\w+":(?:"(?:[^"\\]|\\.)*"|true|false|null|-?\d+))+\}\s*$/;

/**
 * What an attachment or a system record says of its surroundings, as JSON of its own: the members behind its bulk.
 * Claude Code 2.1 writes type, cwd, gitBranch and version there. Null for anything else, and for what a user typed.
 */
export function endOfOther(line: Buffer): string | null {
  if (line.includes('"user"') || line.includes('"assistant"') || line.includes(stems.queued)) return null;
  const end = plainEnd.exec(line.toString('latin1', line.length - 1000))?.[0];
  if (end === undefined || !/,"type":"(?:attachment|system)"/.test(end)) return null;
  return `{${line.toString('utf8', line.length - end.length + 1)}`;
}
