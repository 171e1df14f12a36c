import { type Depth, saying } from '../../core/facts.ts';
import type { Line } from '../../machine/lines.ts';
import { Books } from './books.ts';
import { isProgram } from './entrypoint.ts';
import type { Findings } from './facts.ts';
import { projectSlug } from './paths.ts';
import { planIn } from './prompt.ts';
import {
  type Bookkeeping,
  bookkeepingTypes,
  type Conversation,
  isConversation,
  isTalk,
  parseLine,
  type Talk,
} from './record.ts';
import { beginsAsTalk, endOfOther, Hits, holdsAnother, leadingType, stems, valuesOf } from './skim.ts';
import { LastTurn } from './turn.ts';

// Long, for both readings, from the end and from the beginning, fill in one set of findings, each by its own rule of
// which record counts: rules that must be read beside each other.

/** Bookkeeping that wt reads is shorter than this, in bytes: titles and the beginnings of prompts. */
const longestBookkeeping = 64 << 10;
/** A line this long, in bytes, is worth a look at its end before it is parsed. */
const bulky = 4096;

/** Gathers what a transcript holds: lines from the end backwards by `before`, then lines from the beginning by `after`. */
export class Gathering {
  readonly turn = new LastTurn();
  readonly books = new Books();
  private readonly folder: string;
  private readonly isSubagent: boolean;
  /** Every line is taken from behind; the beginning is then asked only for what comes first. */
  private readonly isWhole: boolean;
  private lastPrompt: string | null = null;
  private lastAnswer: string | null = null;
  private firstPrompt: string | null = null;
  private firstPlan: string | null = null;
  private lastPlan: string | null = null;
  private command: string | null = null;
  private firstEntrypoint: string | null = null;
  private lastEntrypoint: string | null = null;
  private hasMessages = false;
  private hasTalk = false;
  private takenFromQueue = 0;
  /** A prompt is left in the queue: what is written next may still take it out. */
  leftInQueue = false;
  private hasHead = false;
  private leftByUser = false;
  private lastCwd: string | null = null;
  private ownCwd: string | null = null;
  private cwdSeen = '';
  private lastBranch: string | null = null;
  private lastActivityAt: number | null = null;
  private lastActivityText = '';
  private forkedFrom: string | null = null;
  private continuedIn: string | null = null;
  private version: string | null = null;
  private readonly hits = new Hits();

  /** `folder` is the name of the project folder, `isSubagent` true for a sub-agent's own transcript. */
  constructor(folder: string, depth: Depth, isSubagent: boolean) {
    this.folder = folder;
    this.isWhole = depth === 'full';
    this.isSubagent = isSubagent;
  }

  /** True when the beginning has told everything that it is asked for. */
  hasBeginning(depth: Depth): boolean {
    if (!this.hasHead) return false;
    // Who a program drove last may have been begun by a person.
    if (this.firstEntrypoint === null && isProgram(this.lastEntrypoint)) return false;
    if (depth === 'tail' && (this.lastPrompt !== null || this.books.isTitled)) return true;
    return this.firstEntrypoint !== null && this.firstPrompt !== null;
  }

  /** True when somebody has spoken in what was read. */
  get spoke(): boolean {
    return this.hasTalk;
  }

  /** Takes the next earlier line. */
  before(line: Line): void {
    const several = holdsAnother(line.bytes());
    const type = several ? null : leadingType(line.start(80));
    if (type !== null && !isTalk(type)) {
      if (isBookkeeping(type)) this.keep(line, type);
      else if (this.lastCwd === null && line.bytes().includes('"cwd"')) this.surroundings(line);
      return;
    }
    if (!several && this.turn.settled && this.isSettledBy(line.bytes())) return;
    const end = several || line.length < bulky ? null : endOfOther(line.bytes());
    for (const record of parseLine(end ?? line.text(), this.isSubagent).toReversed()) {
      if (isConversation(record)) this.take(record);
      else this.note(record);
    }
  }

  /** As `pass` of a `LineReader` that goes backwards: what `isSettledBy` asks of a line, asked of all at once. */
  passBackward(block: Buffer, from: number, to: number): number {
    if (!this.turn.settled || this.ownCwd === null) return to;
    const words: string[] = this.lackingOfAll();
    words.push(...this.books.lacking());
    if (this.lastPrompt === null) words.push(stems.user, stems.queued);
    if (this.isWhole && this.lastAnswer === null) words.push(stems.assistant);
    if (this.lastEntrypoint === null) words.push(stems.entrypoint);
    const last = this.hits.last(block, words, to, this.lastActivityText);
    return last < from ? -1 : Math.min(to, block.indexOf(10, last));
  }

  /** The same forwards; every line has been seen from behind then. */
  passForward(block: Buffer, from: number, to: number): number {
    if (!this.isWhole || !this.hasHead || this.ownCwd === null) return from;
    const words = this.lackingOfAll();
    if (this.firstPrompt === null) words.push(stems.user, stems.queued);
    if (this.firstEntrypoint === null || this.lastEntrypoint === null) words.push(stems.entrypoint);
    const first = this.hits.first(block, words, from);
    return first >= to ? to : block.lastIndexOf(10, first) + 1;
  }

  /** What may be said by any record, and has not been yet. */
  private lackingOfAll(): string[] {
    const words: string[] = [];
    if (this.lastBranch === null) words.push(stems.branch);
    if (this.version === null) words.push(stems.version);
    // Claude Code 2.1 writes it from the first record on, where every reading looks.
    if (this.isWhole && this.forkedFrom === null) words.push(stems.forkedFrom);
    return words;
  }

  /** Takes the next line from the beginning. */
  after(line: Line): void {
    const type = leadingType(line.start(80));
    if (type !== null && !isTalk(type) && !holdsAnother(line.bytes())) {
      if (!isBookkeeping(type) || this.isWhole || this.books.hasHead()) return;
    }
    for (const record of parseLine(line.text(), this.isSubagent)) {
      if (isConversation(record)) this.begin(record);
      else if (this.isWhole) continue;
      else if (record.kind === 'summary') this.books.noteHead(record);
      else if (record.kind !== 'continued-in') this.note(record);
    }
  }

  private begin(record: Conversation): void {
    this.firstEntrypoint ??= record.entrypoint;
    this.lastEntrypoint ??= record.entrypoint;
    if (record.kind === 'other') return;
    this.hasMessages = true;
    this.hasHead = true;
    this.forkedFrom ??= record.forkedFrom;
    this.place(record);
    if (record.talk !== null || isShellLine(record.command)) this.hasTalk = true;
    if (record.talk?.is === 'prompt' && this.firstPrompt === null) {
      this.firstPrompt = saying(record.talk.text);
      this.firstPlan = planIn(record.talk.text);
    }
    if (this.firstPrompt === null) this.command ??= record.command;
  }

  /** What was gathered of a file of `size` bytes. `anchor` and `summary` are as in `Findings`. */
  findings(size: number, complete: boolean, anchor: string, summary: string | null): Findings {
    return {
      size,
      complete,
      anchor,
      ...this.books.findings(),
      summary,
      lastPrompt: this.lastPrompt,
      firstPrompt: this.firstPrompt,
      firstPlan: this.firstPlan,
      lastPlan: this.lastPlan,
      command: this.command,
      firstEntrypoint: this.firstEntrypoint,
      lastEntrypoint: this.lastEntrypoint,
      hasMessages: this.hasMessages,
      hasTalk: this.hasTalk,
      leftByUser: this.leftByUser,
      lastCwd: this.lastCwd,
      ownCwd: this.ownCwd,
      lastBranch: this.lastBranch,
      lastActivityAt: this.lastActivityAt,
      lastTurn: this.turn.turn,
      pending: this.turn.pending,
      lastAnswer: this.lastAnswer,
      forkedFrom: this.forkedFrom,
      continuedIn: this.continuedIn,
      version: this.version,
    };
  }

  private keep(line: Line, type: string): void {
    if (this.books.has(type)) return;
    for (const record of parseLine(line.text(), this.isSubagent)) if (!isConversation(record)) this.note(record);
  }

  private note(record: Bookkeeping): void {
    if (record.kind === 'queue') this.takeQueued(record.prompt, record.at);
    else if (record.kind !== 'continued-in') this.books.note(record);
    else if (!this.hasMessages) this.continuedIn ??= record.target;
  }

  /**
   * A prompt that was typed while Claude worked, and that it never got to see: of that nothing else is written (2.1.330).
   * One that did get there was taken out of the queue, and is talk.
   */
  private takeQueued(prompt: string | null, at: number | null): void {
    if (prompt === null) this.takenFromQueue += 1;
    else if (this.takenFromQueue > 0) this.takenFromQueue -= 1;
    else if (!this.hasTalk && prompt !== '') {
      const talk: Talk = { is: 'prompt', text: prompt, queued: true };
      this.leftInQueue = true;
      this.turn.before({ uuid: null, parent: null, at }, talk);
      this.say(talk);
    }
  }

  /** Takes from a record of an unknown type what every record may carry. */
  private surroundings(line: Line): void {
    for (const record of parseLine(line.text(), this.isSubagent)) if (isConversation(record)) this.place(record);
  }

  private place(record: Conversation): void {
    if (record.cwd !== null) {
      this.lastCwd ??= record.cwd;
      if (this.ownCwd === null && projectSlug(record.cwd) === this.folder) this.ownCwd = record.cwd;
    }
    this.lastBranch ??= record.branch;
    this.version ??= record.version;
  }

  private take(record: Conversation): void {
    this.place(record);
    this.lastEntrypoint ??= record.entrypoint;
    this.forkedFrom ??= record.forkedFrom;
    if (record.kind === 'other') return;
    if (!this.hasTalk && record.command !== null && isExit(record.command)) this.leftByUser = true;
    this.hasMessages = true;
    if (record.at !== null && record.at > (this.lastActivityAt ?? Number.NEGATIVE_INFINITY)) {
      this.lastActivityAt = record.at;
      this.lastActivityText = new Date(record.at).toISOString();
    }
    if (isShellLine(record.command)) this.hasTalk = true;
    const { talk } = record;
    if (talk === null) return;
    this.turn.before(record, talk);
    this.say(talk);
  }

  private say(talk: Talk): void {
    this.hasTalk = true;
    if (talk.is === 'prompt' && this.lastPrompt === null) {
      this.lastPrompt = saying(talk.text);
      this.lastPlan = planIn(talk.text);
    }
    if (talk.is === 'answer' || talk.is === 'failure') this.lastAnswer ??= saying(talk.text);
  }

  /** True when a line behind a settled turn can't change any fact: told by searching its bytes, without parsing it. */
  private isSettledBy(line: Buffer): boolean {
    // Bookkeeping begins with its type as Claude Code writes it, not as every tool that rewrites JSON does; but nobody
    // gives it a parent.
    const mayBeBookkeeping = line.length < longestBookkeeping && !beginsAsTalk(line);
    if (mayBeBookkeeping && bookkeepingTypes.some((type) => line.includes(`"${type}"`))) return false;
    if (this.lastPrompt === null && line.includes('"user"') && !line.includes('"tool_result"')) return false;
    if (this.lastPrompt === null && line.includes(stems.queued)) return false;
    if (this.isWhole && this.lastAnswer === null && line.includes('"assistant"')) return false;
    if (this.lastBranch === null && line.includes('"gitBranch"')) return false;
    if (this.version === null && line.includes('"version"')) return false;
    if (this.lastEntrypoint === null && line.includes('"entrypoint"')) return false;
    // Claude Code 2.1 writes it from the first record on, where every reading looks.
    if (this.isWhole && this.forkedFrom === null && line.includes('"forkedFrom"')) return false;
    for (const at of valuesOf(line, '"timestamp"')) {
      if (at.length !== this.lastActivityText.length || at > this.lastActivityText) return false;
    }
    if (this.ownCwd !== null) return true;
    for (const cwd of valuesOf(line, '"cwd"')) {
      if (cwd === this.cwdSeen) continue;
      this.cwdSeen = cwd;
      return false;
    }
    return true;
  }
}

function isBookkeeping(type: string): boolean {
  return (bookkeepingTypes as readonly string[]).includes(type);
}

/** `! make` is something said, though nobody answers; `/clear` is not. */
function isShellLine(command: string | null): boolean {
  return command?.startsWith('! ') ?? false;
}

function isExit(command: string): boolean {
  return /^\/(?:exit|quit)\b/.test(command);
}
