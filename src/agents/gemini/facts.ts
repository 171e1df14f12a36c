import { type Depth, type Facts, saying } from '../../core/facts.ts';
import { objectIn, parseObject, string } from '../../core/json.ts';
import type { Title, TranscriptFile, Turn } from '../../core/session.ts';
import { readLinesForward } from '../../machine/lines.ts';
import { type OpenFile, withRegularFile } from '../../machine/regular-file.ts';
import { directoryOfProject } from './paths.ts';
import { changesOn, isPrompt, type Message, Messages } from './records.ts';

/** At a login the last bytes are read of a file larger than this; who wants all reads up to that. */
const mostForLogin = 1 << 20;
const mostForAll = 128 << 20;
/** The first prompt stands in so many bytes from the beginning. */
const headWindow = 128 << 10;

/** What is kept of a session: its facts, for they are read again whole. */
type Kept = Omit<Facts, 'kept'>;

/** The facts that were read before. */
export function recall(kept: Kept): Facts {
  return { ...kept, kept };
}

/** Reads a session's file. Throws when it can't be read. */
export function readFacts(file: TranscriptFile, depth: Depth): Facts {
  return withRegularFile(file.path, (open) => {
    const most = depth === 'full' ? mostForAll : mostForLogin;
    const from = Math.max(0, open.size - most);
    const { messages, summary } = read(open, from, most);
    const said = messages.filter(({ type, text }) => type === 'gemini' && text !== '');
    const prompts = messages.filter(isPrompt);
    const begun = from === 0 ? prompts : read(open, 0, headWindow).messages.filter(isPrompt);
    const [firstPrompt, lastPrompt, lastAnswer] = [begun[0], prompts.at(-1), said.at(-1)].map(textOf);
    const directory = directoryOfProject(file.path);
    const times = messages.filter(isTalk).map(({ at }) => at ?? 0);
    return recall({
      size: open.size,
      complete: depth === 'full',
      title: titleOf(summary, firstPrompt ?? null),
      firstPrompt: firstPrompt ?? null,
      lastPrompt: lastPrompt ?? null,
      lastAnswer: lastAnswer ?? null,
      directories: directory === null ? [] : [directory],
      otherDirectories: [],
      branch: null,
      lastActivityAt: times.length === 0 ? null : times.reduce((a, b) => Math.max(a, b)),
      lastTurn: lastTurn(messages),
      pending: null,
      forkedFrom: null,
      continuedIn: null,
      hasTalk: prompts.length > 0 || begun.length > 0,
      isPart: false,
      headless: false,
      leftByUser: false,
      untracked: false,
    });
  });
}

function read(open: OpenFile, from: number, most: number): { messages: Message[]; summary: string | null } {
  const messages = new Messages();
  readLinesForward(open, from, most, {
    take(line) {
      for (const change of changesOn(line.text())) messages.take(change);
      return true;
    },
  });
  return { messages: messages.all(), summary: messages.summary };
}

function textOf(message: Message | undefined): string | null {
  return message === undefined ? null : saying(message.text) || null;
}

function titleOf(summary: string | null, firstPrompt: string | null): Title | null {
  if (summary !== null && saying(summary) !== '') return { text: saying(summary), source: 'summary' };
  return firstPrompt === null ? null : { text: firstPrompt, source: 'first-prompt' };
}

function isTalk(message: Message): boolean {
  return message.type === 'gemini' || message.isResult || isPrompt(message);
}

/**
 * The last turn. Calls of tools are written down only when they have ended, so behind a message of the model without a text
 * it asks or works; and with one it may still: that it is answered is certain only of a session that nobody holds.
 */
function lastTurn(messages: Message[]): Turn | null {
  for (const message of messages.toReversed()) {
    if (message.type === 'error') return { by: 'agent', how: 'failed', reason: reasonIn(message.text) };
    if (message.type === 'info' && /^Request cancelled/.test(message.text)) return interrupted;
    if (!isTalk(message)) continue;
    if (message.isCancelled) return interrupted;
    if (message.isResult) return { by: 'agent', how: 'working', reason: null };
    if (message.type === 'user') return { by: 'you', how: 'unanswered', reason: null };
    return { by: 'agent', how: message.text === '' ? 'asking' : 'answered', reason: null };
  }
  return null;
}

/** `[API Error: {"error":{"message":"…"}}]`, or any other words. */
function reasonIn(text: string): string | null {
  const error = objectIn(parseObject(/^\[API Error: (\{[\s\S]*\})\]$/.exec(text)?.[1] ?? '')?.error);
  return saying(string(error.message) ?? text) || null;
}

const interrupted: Turn = { by: 'you', how: 'interrupted', reason: null };
