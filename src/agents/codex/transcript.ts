import { type Depth, type Facts, saying } from '../../core/facts.ts';
import type { PendingCall, TranscriptFile, Turn } from '../../core/session.ts';
import { type Line, readLinesBackward, readLinesForward } from '../../machine/lines.ts';
import { type OpenFile, withRegularFile } from '../../machine/regular-file.ts';
import { type CodexRecord, type Meta, mayTell, parseRecord } from './record.ts';

/** What is kept of a rollout. */
export interface Findings {
  size: number;
  complete: boolean;
  meta: Omit<Meta, 'is'> | null;
  /** The directory of the last turn: a session can be gone on with elsewhere. */
  cwd: string | null;
  firstPrompt: string | null;
  lastPrompt: string | null;
  lastAnswer: string | null;
  lastActivityAt: number | null;
  lastTurn: Turn | null;
  /** When the last turn began, milliseconds since the epoch; and whether a person began it, and can be asked in it. */
  turnBeganAt: number | null;
  byPerson: boolean | null;
  asks: boolean;
  pending: PendingCall | null;
}

/** On the path of a login the search for the last turn ends here, in bytes from the end. */
const turnWindow = 33 << 20;
/** What the beginning of a file may cost on the way to the first prompt, in bytes. The first line alone has 22 KB. */
const headWindow = 1 << 20;
/** The first bytes of a line say what it is about. */
const sniffed = 300;

/** Reads a rollout from its ends: they tell all that there is to know. Throws when the file can't be read. */
export function readRollout(file: TranscriptFile, depth: Depth): Facts {
  return withRegularFile(file.path, (open) => {
    const end = readEnd(open, depth);
    const { meta, firstPrompt } = readBeginning(open, depth);
    return factsFrom({
      ...end,
      size: open.size,
      complete: depth === 'full' || end.complete,
      meta,
      firstPrompt: firstPrompt ?? end.lastPrompt,
    });
  });
}

function readBeginning(open: OpenFile, depth: Depth): Pick<Findings, 'meta' | 'firstPrompt'> {
  let meta: Findings['meta'] = null;
  let firstPrompt: string | null = null;
  readLinesForward(open, 0, depth === 'full' ? open.size : headWindow, {
    take(line) {
      const record = recordIn(line);
      if (record?.is === 'meta' && meta === null) {
        const { is: _, at: __, ...rest } = record;
        meta = rest;
      }
      if (record?.is === 'prompt' && record.text !== '') firstPrompt = saying(record.text);
      return firstPrompt === null;
    },
  });
  return { meta, firstPrompt };
}

/** Everything about the last turn, read backwards to its beginning and on to what was last said on both sides. */
function readEnd(open: OpenFile, depth: Depth): Omit<Findings, 'size' | 'meta' | 'firstPrompt'> {
  const ending = new Ending();
  const from = depth === 'full' ? 0 : Math.max(0, open.size - turnWindow);
  readLinesBackward(open, from, {
    take(line) {
      const record = recordIn(line);
      if (record !== null) ending.take(record);
      return !ending.isSettled;
    },
  });
  return ending.findings(ending.isSettled || from === 0);
}

class Ending {
  private cwd: string | null = null;
  private lastPrompt: string | null = null;
  private lastAnswer: string | null = null;
  private lastActivityAt: number | null = null;
  private turn: Turn | null = null;
  private turnBeganAt: number | null = null;
  private byPerson: boolean | null = null;
  private asks = true;
  private error: string | null = null;
  private pending: PendingCall | null = null;
  /** The beginning of the last turn was seen. */
  private hasBegun = false;
  private readonly results = new Set<string>();

  get isSettled(): boolean {
    return this.hasBegun && this.lastPrompt !== null && this.lastAnswer !== null && this.cwd !== null;
  }

  /** Takes the record before those that were taken already. */
  take(record: CodexRecord): void {
    if (record.is !== 'meta' && record.is !== 'surroundings') this.lastActivityAt ??= record.at;
    switch (record.is) {
      case 'surroundings':
        this.cwd ??= record.cwd;
        if (!this.hasBegun) this.asks = record.asks;
        break;
      case 'prompt':
        if (record.text !== '') this.lastPrompt ??= saying(record.text);
        break;
      case 'answer':
        if (record.text !== '') this.lastAnswer ??= saying(record.text);
        break;
      case 'end':
        if (record.answer !== null) this.lastAnswer ??= saying(record.answer);
        if (!this.hasBegun) this.turn ??= turnOf(record);
        break;
      case 'error':
        if (!this.hasBegun) this.error ??= record.reason;
        break;
      case 'result':
        this.results.add(record.id);
        break;
      case 'call':
        // The first that waits is the last that is met.
        if (!this.hasBegun && this.turn === null && !this.results.has(record.id)) this.pending = record.call;
        break;
      case 'turn':
        if (!this.hasBegun) this.begin(record.at, record.byPerson);
        break;
      default:
        break;
    }
  }

  private begin(at: number | null, byPerson: boolean | null): void {
    this.hasBegun = true;
    this.turnBeganAt = at;
    this.byPerson = byPerson;
    if (this.turn === null)
      this.turn = { by: 'agent', how: this.pending === null ? 'working' : 'asking', reason: null };
    // Codex goes on to the end of a turn that has failed, and calls it complete.
    else if (this.turn.how === 'answered' && this.error !== null)
      this.turn = { by: 'agent', how: 'failed', reason: reasonInWords(this.error) };
  }

  findings(complete: boolean): Omit<Findings, 'size' | 'meta' | 'firstPrompt'> {
    const { cwd, lastPrompt, lastAnswer, lastActivityAt, turn, turnBeganAt, byPerson, asks } = this;
    const pending = turn?.how === 'asking' ? this.pending : null;
    return {
      complete,
      cwd,
      lastPrompt,
      lastAnswer,
      lastActivityAt,
      lastTurn: turn,
      turnBeganAt,
      byPerson,
      asks,
      pending,
    };
  }
}

function turnOf({ how, reason }: { how: 'answered' | 'failed' | 'interrupted'; reason: string | null }): Turn {
  if (how === 'interrupted') return { by: 'you', how, reason: null };
  return { by: 'agent', how, reason: reason === null ? null : reasonInWords(reason) };
}

/** Why a turn failed, from what Codex says of it: often the server's answer, as JSON. */
function reasonInWords(text: string): string {
  const message = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  return saying(message ?? text);
}

function recordIn(line: Line): CodexRecord | null {
  return mayTell(line.start(sniffed)) ? parseRecord(line.text()) : null;
}

/** The facts that follow from what was found. */
export function factsFrom(found: Findings): Facts {
  const { meta, lastTurn, byPerson } = found;
  const directories = [...new Set([meta?.cwd ?? null, found.cwd])].filter((path) => path !== null).reverse();
  const title = found.firstPrompt ?? found.lastPrompt;
  return {
    kept: found,
    size: found.size,
    complete: found.complete,
    title: title === null ? null : { text: title, source: 'first-prompt' },
    firstPrompt: found.firstPrompt,
    lastPrompt: found.lastPrompt,
    lastAnswer: found.lastAnswer,
    directories,
    otherDirectories: [],
    branch: meta?.branch ?? null,
    lastActivityAt: found.lastActivityAt,
    lastTurn,
    pending: found.pending,
    forkedFrom: meta?.forkedFrom ?? null,
    continuedIn: null,
    hasTalk: found.firstPrompt !== null || lastTurn !== null || meta?.hasBase === true,
    isPart: meta?.isPart === true,
    headless: meta?.byProgram === true && byPerson !== true,
    leftByUser: false,
    untracked: false,
  };
}
