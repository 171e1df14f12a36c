import { takeTime } from '#system';
import { isProgram } from '../core/join.ts';
import { once } from '../core/once.ts';
import { larger, longestText, smaller } from '../core/text.ts';
import { checksum } from '../files/checked-lines.ts';
import { type OpenFile, readAt, withRegularFile } from '../files/regular-file.ts';
import type { TranscriptFile } from './discover.ts';
import { type Facts, joinFacts } from './facts.ts';
import { type Line, readLinesBackward, readLinesForward } from './lines.ts';
import { projectSlug } from './paths.ts';
import { type Conversation, isBookkeeping, isTalk, namesBookkeeping, parseRecord } from './record.ts';
import { LastTurn } from './turn.ts';

/**
 * How much is read: of the ends what decides where a session stands, and no text; the ends; the ends until the last answer
 * is found as well; or everything.
 */
export type Depth = 'standing' | 'bounded' | 'preview' | 'complete';

/** Titles are written again after every 32 KiB (2.1.330), so they stand in this many last bytes. */
const titleWindow = 64 << 10;
/** On the path of a login the search for the last turn ends here, in bytes from the end. */
const turnWindow = 33 << 20;
/** What the beginning of a file may cost when it is not read whole, in bytes. */
const headWindow = 64 << 10;
const longestHead = 1 << 20;
/** A larger file, in bytes, is never read whole: no conversation is as long, and its ends tell enough of it. */
const largestWhole = 128 << 20;
/** A larger file, in bytes, can hold so many lines that whoever hurries would be late. */
const longWork = 1 << 20;
/** How many bytes before its old end tell a grown file from another one. */
const anchorLength = 512;

/**
 * Reads a transcript, going on from what is `known` of it where it has only grown since. Throws when the file can't be
 * read.
 */
export function readFacts(file: TranscriptFile, depth: Depth, known: Facts | null = null): Facts {
  return withRegularFile(file.path, (open) => {
    if (open.size > longWork) takeTime();
    const way = open.size > largestWhole && depth === 'complete' ? 'bounded' : depth;
    const reading = new Reading(file, way);
    if (known !== null && goesOn(open, known, way)) {
      readBackward(reading, open, 'complete', known.size);
      if (!known.spoken || known.firstEntrypoint === null || known.firstPrompt === null) {
        readForward(reading, open, known.complete ? 'complete' : way, known.size);
      }
      return joinFacts(known, reading.facts(open, depth === 'complete'));
    }
    readBackward(reading, open, way, 0);
    readForward(reading, open, way, 0);
    return reading.facts(open, depth === 'complete');
  });
}

/** Whether the file is what was read before, and more: then its new part alone needs to be read. */
function goesOn(open: OpenFile, known: Facts, depth: Depth): boolean {
  if (open.size <= known.size || known.anchor === '') return false;
  if (depth === 'complete' ? !known.complete || known.summarised : open.size - known.size > turnWindow) return false;
  return anchorAt(open, known.size) === known.anchor;
}

/** A checksum of the bytes before `end`; empty where the last of them does not end a line. */
function anchorAt(open: OpenFile, end: number): string {
  const from = larger(0, end - anchorLength);
  return anchorOf(readAt(open, from, end - from));
}

function anchorOf(bytes: Buffer): string {
  return bytes[bytes.length - 1] === 10 ? checksum(bytes) : '';
}

/** Reads from the end to the line that begins at `from`, and on until the last turn is settled. */
function readBackward(reading: Reading, open: OpenFile, depth: Depth, from: number): void {
  const limit = depth === 'complete' ? 0 : larger(0, open.size - turnWindow);
  const enough = (read: number) => {
    if (!reading.hasTurn()) return false;
    return depth === 'preview' && reading.lacksPreview() ? read >= longestHead : read >= titleWindow;
  };
  const reader = {
    end: (block: Buffer) => reading.end(block, open.size),
    take(line: Line) {
      if (line.at < from && reading.turn.settled) return false;
      reading.before(line);
      return true;
    },
    // What was read before lies in front of `from`, and ends the work.
    pass: from > 0 ? undefined : (block: Buffer, from: number, to: number) => reading.passBackward(block, from, to),
  };
  readLinesBackward(open, limit, reader, depth === 'complete' ? null : enough);
}

/** Reads from the line that begins at `from` until what a beginning tells is known. */
function readForward(reading: Reading, open: OpenFile, depth: Depth, from: number): void {
  readLinesForward(open, from, depth === 'complete' ? Number.POSITIVE_INFINITY : longestHead, {
    take(line) {
      reading.after(line);
      if (reading.begun(depth)) return false;
      return depth === 'complete' || line.at - from < headWindow || !reading.spoken;
    },
    pass: (block, from, to) => reading.passForward(block, from, to),
  });
}

/** Gathers facts: lines from the end backwards by `before`, then lines from the beginning by `after`. */
class Reading {
  readonly turn = new LastTurn();
  spoken = false;
  private readonly folder: string;
  private readonly subagent: boolean;
  private readonly wantsAnswer: boolean;
  /** Every line is taken from behind; the beginning is then asked only for what comes first. */
  private readonly isWhole: boolean;
  /** Nobody asks for a text: each passes for known, and one turn for the last, whatever it will turn out to be. */
  private readonly isTextless: boolean;
  private customTitle: string | null = null;
  private aiTitle: string | null = null;
  private readonly summaries: { text: string; leaf: string }[] = [];
  private readonly headSummaries: { text: string; leaf: string }[] = [];
  private lastPromptRecord: string | null = null;
  private lastPrompt: string | null = null;
  private lastAnswer: string | null = null;
  private firstPrompt: string | null = null;
  private command: string | null = null;
  private firstEntrypoint: string | null = null;
  private lastEntrypoint: string | null = null;
  private subordinate: boolean | null = null;
  private lastCwd: string | null = null;
  private ownCwd: string | null = null;
  private cwdSeen = '';
  private branch: string | null = null;
  private lastActivityAt = Number.NEGATIVE_INFINITY;
  private lastActivityText = '';
  private forkedFrom: string | null = null;
  private continuedIn: string | null = null;
  private version: string | null = null;
  private anchor: string | null = null;
  private readonly hits = new Hits();

  constructor(file: Pick<TranscriptFile, 'folder' | 'subagent'>, depth: Depth) {
    this.wantsAnswer = depth === 'preview';
    this.isWhole = depth === 'complete';
    this.isTextless = depth === 'standing';
    if (this.isTextless) {
      this.customTitle = this.aiTitle = this.lastPromptRecord = this.lastPrompt = this.firstPrompt = '';
      this.lastCwd = this.ownCwd = this.branch = this.anchor = '';
    }
    this.folder = file.folder;
    this.subagent = file.subagent === true;
  }

  /** True when nothing further back can change what is asked of the last turn. */
  hasTurn(): boolean {
    return this.turn.settled || (this.isTextless && this.turn.turn !== null);
  }

  lacksPreview(): boolean {
    return this.lastAnswer === null || this.lastPrompt === null;
  }

  /** True when the beginning has told everything that it is asked for. */
  begun(depth: Depth): boolean {
    if (this.subordinate === null) return false;
    // Who a program drove last may have been begun by a person.
    if (this.firstEntrypoint === null && isProgram(this.lastEntrypoint)) return false;
    const isBounded = depth === 'bounded' || depth === 'standing';
    if (isBounded && (this.lastPrompt !== null || this.aiTitle !== null)) return true;
    return this.firstEntrypoint !== null && this.firstPrompt !== null;
  }

  /** Takes the last bytes of a file of `size` bytes: as many as an anchor needs, or else they are read again for it. */
  end(bytes: Buffer, size: number): void {
    const length = smaller(anchorLength, size);
    if (this.anchor === null && bytes.length >= length) this.anchor = anchorOf(bytes.subarray(bytes.length - length));
  }

  /** Takes the next earlier line. */
  before(line: Line): void {
    const type = leadingType(line);
    if (type !== null && !mayBeTalk(type)) {
      if (isBookkeeping(type)) this.keepBook(line, type);
      else if (this.lastCwd === null && line.bytes().includes('"cwd"')) this.common(line);
      return;
    }
    if (this.hasTurn() && this.isSettledBy(line.bytes())) return;
    const end = line.length < bulky ? null : endOfOther(line.bytes());
    const record = parseRecord(end ?? line.text(), this.subagent);
    if (record === null) return;
    if (!isConversation(record)) this.note(record);
    else this.take(record);
  }

  /** As `pass` of a `LineReader` that goes backwards: what `isSettledBy` asks of a line, asked of all at once. */
  passBackward(block: Buffer, from: number, to: number): number {
    if (!this.hasTurn() || this.ownCwd === null || (this.wantsAnswer && this.lastAnswer === null)) return to;
    const words = this.lackingOfAll();
    if (this.customTitle === null || this.aiTitle === null) words.push(stems.titles);
    if (this.lastPromptRecord === null) words.push(stems.lastPrompt);
    if (this.lacksSummaries(this.summaries)) words.push(stems.summary);
    if (this.lastPrompt === null) words.push(stems.user);
    if (this.lastEntrypoint === null) words.push(stems.entrypoint);
    const last = this.hits.last(block, words, to, this.lastActivityText);
    return last < from ? -1 : smaller(to, block.indexOf(10, last));
  }

  /** The same forwards; every line has been seen from behind then. */
  passForward(block: Buffer, from: number, to: number): number {
    if (!this.isWhole || this.subordinate === null || this.ownCwd === null) return from;
    const words = this.lackingOfAll();
    if (this.firstPrompt === null) words.push(stems.user);
    if (this.firstEntrypoint === null || this.lastEntrypoint === null) words.push(stems.entrypoint);
    const first = this.hits.first(block, words, from);
    return first >= to ? to : block.lastIndexOf(10, first) + 1;
  }

  /** What may be said by any record, and has not been yet. */
  private lackingOfAll(): string[] {
    const words: string[] = [];
    if (this.branch === null) words.push(stems.branch);
    if (this.version === null) words.push(stems.version);
    // Claude Code 2.1 writes it from the first record on, where every reading looks.
    if (this.isWhole && this.forkedFrom === null) words.push(stems.forkedFrom);
    return words;
  }

  /** Takes the next line from the beginning. */
  after(line: Line): void {
    const type = leadingType(line);
    if (type !== null && isBookkeeping(type)) {
      if (this.isWhole || !this.lacksSummaries(this.headSummaries)) return;
    } else if (!mayBeTalk(type)) return;
    const record = parseRecord(line.text(), this.subagent);
    if (record === null) return;
    if (!isConversation(record)) {
      if (this.isWhole) return;
      if (record.kind === 'summary') this.headSummaries.unshift(record);
      else if (record.kind !== 'continued-in') this.note(record);
      return;
    }
    this.firstEntrypoint ??= record.entrypoint;
    this.lastEntrypoint ??= record.entrypoint;
    if (record.kind === 'other') return;
    this.spoken = true;
    this.subordinate ??= record.sidechain || record.team;
    this.forkedFrom ??= record.forkedFrom;
    this.place(record);
    if (record.talk?.is === 'prompt' && record.talk.text !== '') this.firstPrompt ??= cut(record.talk.text);
    if (this.firstPrompt === null) this.command ??= record.command;
  }

  /** What all lines together say. */
  facts(open: OpenFile, complete: boolean): Facts {
    const titled = this.customTitle !== null || this.aiTitle !== null;
    return {
      complete,
      size: open.size,
      anchor: this.anchor ?? anchorAt(open, open.size),
      customTitle: this.customTitle,
      aiTitle: this.aiTitle,
      summary: titled ? null : ownSummary(this.summaries.concat(this.headSummaries), open, complete),
      summarised: this.summaries.length + this.headSummaries.length > 0,
      lastPromptRecord: this.lastPromptRecord,
      lastPrompt: this.lastPrompt,
      firstPrompt: this.firstPrompt,
      command: this.command,
      firstEntrypoint: this.firstEntrypoint,
      lastEntrypoint: this.lastEntrypoint,
      subordinate: this.subordinate ?? false,
      spoken: this.spoken,
      lastCwd: this.lastCwd,
      ownCwd: this.ownCwd,
      branch: this.branch,
      lastActivityAt: Number.isFinite(this.lastActivityAt) ? this.lastActivityAt : null,
      lastTurn: this.turn.turn,
      pending: this.turn.pending,
      lastAnswer: this.lastAnswer,
      forkedFrom: this.forkedFrom,
      continuedIn: this.continuedIn,
      version: this.version,
    };
  }

  private lacksSummaries(summaries: unknown[]): boolean {
    return !this.isTextless && summaries.length < mostSummaries;
  }

  private keepBook(line: Line, type: string): void {
    if (type === 'custom-title' && this.customTitle !== null) return;
    if (type === 'ai-title' && this.aiTitle !== null) return;
    if (type === 'last-prompt' && this.lastPromptRecord !== null) return;
    if (type === 'summary' && !this.lacksSummaries(this.summaries)) return;
    const record = parseRecord(line.text(), this.subagent);
    if (record !== null && !isConversation(record)) this.note(record);
  }

  private note(record: Exclude<NonNullable<ReturnType<typeof parseRecord>>, Conversation>): void {
    switch (record.kind) {
      case 'custom-title':
        this.customTitle ??= cut(record.text);
        break;
      case 'ai-title':
        this.aiTitle ??= cut(record.text);
        break;
      case 'last-prompt':
        this.lastPromptRecord ??= cut(record.text);
        break;
      case 'summary':
        if (this.lacksSummaries(this.summaries)) this.summaries.push(record);
        break;
      case 'continued-in':
        if (!this.spoken) this.continuedIn ??= record.target;
        break;
    }
  }

  /** Takes from a record of an unknown type what every record may carry. */
  private common(line: Line): void {
    const record = parseRecord(line.text(), this.subagent);
    if (record !== null && isConversation(record)) this.place(record);
  }

  private place(record: Conversation): void {
    if (record.cwd !== null) {
      this.lastCwd ??= record.cwd;
      if (this.ownCwd === null && projectSlug(record.cwd) === this.folder) this.ownCwd = record.cwd;
    }
    this.branch ??= record.branch;
    this.version ??= record.version;
  }

  private take(record: Conversation): void {
    this.place(record);
    this.lastEntrypoint ??= record.entrypoint;
    this.forkedFrom ??= record.forkedFrom;
    if (record.kind === 'other') return;
    this.spoken = true;
    if (record.at !== null && record.at > this.lastActivityAt) {
      this.lastActivityAt = record.at;
      this.lastActivityText = new Date(record.at).toISOString();
    }
    const talk = record.talk;
    if (talk === null) return;
    this.turn.before(talk, record.at);
    if (talk.is === 'prompt' && talk.text !== '') this.lastPrompt ??= cut(talk.text);
    if (talk.is === 'answer' || talk.is === 'failure') this.lastAnswer ??= cut(talk.text);
  }

  /** True when a line behind a settled turn can't change any fact: told by searching its bytes, without parsing it. */
  private isSettledBy(bytes: Buffer): boolean {
    if (this.wantsAnswer && this.lastAnswer === null) return false;
    // Bookkeeping begins with its type as Claude Code writes it, not as every tool that rewrites JSON does; but nobody
    // gives it a parent.
    const mayBeBookkeeping =
      !this.isTextless &&
      bytes.length < longestBookkeeping &&
      bytes.toString('latin1', 0, parented.length) !== parented;
    if (mayBeBookkeeping && namesBookkeeping(bytes)) return false;
    if (this.lastPrompt === null && bytes.includes('"user"') && !bytes.includes('"tool_result"')) return false;
    if (this.branch === null && bytes.includes('"gitBranch"')) return false;
    if (this.version === null && bytes.includes('"version"')) return false;
    if (this.lastEntrypoint === null && bytes.includes('"entrypoint"')) return false;
    // Claude Code 2.1 writes it from the first record on, where every reading looks.
    if (this.isWhole && this.forkedFrom === null && bytes.includes('"forkedFrom"')) return false;
    for (const at of valuesOf(bytes, '"timestamp"')) {
      if (at.length !== this.lastActivityText.length || at > this.lastActivityText) return false;
    }
    if (this.ownCwd !== null) return true;
    for (const cwd of valuesOf(bytes, '"cwd"')) {
      if (cwd === this.cwdSeen) continue;
      this.cwdSeen = cwd;
      return false;
    }
    return true;
  }
}

/**
 * The ends of the words that a line must hold to say something, as JSON that is not in a string has them: what is as rare
 * in a transcript as these letters and this quote is found three times as fast as a quoted word.
 */
const stems = {
  titles: '-title"',
  lastPrompt: '-prompt"',
  summary: 'ummary"',
  user: 'user"',
  entrypoint: 'ypoint"',
  branch: 'Branch"',
  version: 'ersion"',
  forkedFrom: 'kedFrom"',
};

/** Where words stand in a block, each looked for no further than the next place that is asked for. */
class Hits {
  private block: Buffer | undefined;
  private readonly places = new Map<string, number>();

  /** The last place before `to` of a word, or of a timestamp that may be later than `latest`; negative where none is. */
  last(block: Buffer, words: string[], to: number, latest: string): number {
    this.begin(block);
    let last = this.places.get(stamp) ?? to;
    if (last >= to) last = this.keep(stamp, lastLaterStamp(block, to, latest));
    for (const word of words) {
      let at = this.places.get(word) ?? to;
      if (at >= to) at = this.keep(word, block.lastIndexOf(word, to));
      if (at > last) last = at;
    }
    return last;
  }

  /** The first place from `from` on of a word; past the end where there is none. */
  first(block: Buffer, words: string[], from: number): number {
    this.begin(block);
    let first = block.length;
    for (const word of words) {
      let at = this.places.get(word) ?? -1;
      if (at < from) {
        const found = block.indexOf(word, from);
        at = this.keep(word, found < 0 ? block.length : found);
      }
      if (at < first) first = at;
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

/** The last place before `to` of a timestamp that may be later than `latest`; negative where none is. */
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

/** Each value that follows a name in JSON, as it is written there, up to its first quote. */
function valuesOf(bytes: Buffer, name: string): string[] {
  const values: string[] = [];
  for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + name.length)) {
    const open = bytes.indexOf(34, at + name.length);
    if (open < 0) break;
    values.push(bytes.toString('latin1', open + 1, larger(open + 1, bytes.indexOf(34, open + 1))));
  }
  return values;
}

/** How Claude Code 1.0 to 2.1 begins all talk. */
const parented = '{"parentUuid":';
/** Bookkeeping that wt reads is shorter than this, in bytes: titles and the beginnings of prompts. */
const longestBookkeeping = 64 << 10;
/** Claude Code 2.0.76 was seen to write 14 summaries of other sessions into one file. */
const mostSummaries = 24;

/** Whether a line is, or may be, talk or what stands beside it: its type says so, or comes later in it. */
function mayBeTalk(type: string | null): boolean {
  return type === null || isTalk(type);
}

/** The type of a line that begins with it, as all bookkeeping does; null where something else comes first. */
function leadingType(line: Line): string | null {
  const start = line.start(80);
  if (start.startsWith(typed)) {
    const end = start.indexOf('"', typed.length);
    const type = start.slice(typed.length, larger(end, 0));
    if (isTypeName(type)) return type;
  }
  return start.startsWith(parented) ? null : (/^[\0\s]*\{\s*"type"\s*:\s*"([a-z_-]+)"/.exec(start)?.[1] ?? null);
}

const typed = '{"type":"';

/** Whether it could match `[a-z_-]+`: no pattern has to be made ready for that. */
function isTypeName(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code < 97 || code > 122) && code !== 45 && code !== 95) return false;
  }
  return text !== '';
}

/** A line this long, in bytes, is worth a look at its end before it is parsed. */
const bulky = 4096;
/** The plain members that end a record: of the root itself, for one brace closes behind them. */
const plainEnd = once(() => /(?:,"\w+":(?:"(?:[^"\\]|\\.)*"|true|false|null|-?\d+))+\}\s*$/);

/**
 * What an attachment or a system record says of its surroundings, as JSON of its own: the members behind its bulk.
 * Claude Code 2.1 writes type, cwd, gitBranch and version there. Null for anything else.
 */
function endOfOther(bytes: Buffer): string | null {
  if (bytes.includes('"user"') || bytes.includes('"assistant"')) return null;
  const end = plainEnd().exec(bytes.toString('latin1', bytes.length - 1000))?.[0];
  if (end === undefined || !/,"type":"(?:attachment|system)"/.test(end)) return null;
  return `{${bytes.toString('utf8', bytes.length - end.length + 1)}`;
}

function isConversation(record: NonNullable<ReturnType<typeof parseRecord>>): record is Conversation {
  return 'talk' in record;
}

function cut(text: string): string {
  return text.length > longestText ? text.slice(0, longestText) : text;
}

/** The first of the summaries (last in the file first) whose leaf is a record of this file, in the part that was read. */
function ownSummary(summaries: { text: string; leaf: string }[], open: OpenFile, complete: boolean): string | null {
  const asked = new Set<string>();
  for (const summary of summaries) {
    if (asked.size === asked.add(summary.leaf).size) continue;
    const parts: [number, number][] = complete
      ? [[0, open.size]]
      : [
          [0, smaller(headWindow, open.size)],
          [larger(0, open.size - titleWindow), open.size],
        ];
    if (parts.some(([from, to]) => holdsRecord(open, summary.leaf, from, to))) return cut(summary.text);
  }
  return null;
}

/** A uuid is spoken of by its own record, by what follows it, and by summaries; more often only in made-up files. */
const mostHits = 1000;

/** Whether a record with that uuid begins between two bytes of the file. */
function holdsRecord(open: OpenFile, uuid: string, from: number, to: number): boolean {
  const step = 1 << 20;
  const overlap = uuid.length + 32;
  const memory = Buffer.allocUnsafe(smaller(step + overlap, to - from));
  let hits = 0;
  for (let at = from; at < to; at += step) {
    const block = readAt(open, at, smaller(step + overlap, to - at), memory);
    for (let found = block.indexOf(uuid); found >= 0; found = block.indexOf(uuid, found + 1)) {
      if (++hits > mostHits) return false;
      if (/"uuid"\s*:\s*"$/.test(block.toString('latin1', larger(0, found - 24), found))) return true;
    }
  }
  return false;
}
