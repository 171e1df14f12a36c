import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { TitleSource, Turn } from '../../src/core/session.ts';
import { type Rec, slug } from './claude-home.ts';

/** What a whole-file reading of one transcript gives. Text is raw: nothing has been cleaned or cut. */
export interface Facts {
  id: string;
  transcript: string;
  bytes: number;
  title: string;
  titleSource: TitleSource;
  cwd: string | null;
  branch: string | null;
  lastActivityAt: string | null;
  lastTurn: (Turn & { pending: boolean }) | null;
  headless: boolean;
  forkedFrom: string | null;
}

/** What the world around the file says, for the facts that don't lie in it. */
export interface Around {
  /** Is there a transcript or a registry record of this session? */
  exists: (sessionId: string) => boolean;
  /** Is there a sessions/ folder? */
  registry: boolean;
  /** The moment of judgement, milliseconds since the epoch. */
  now: number;
}

/**
 * Reads one transcript as slowly and plainly as possible: the whole file, every line through JSON.parse. Gives null
 * where a dead session of this file is no row. It shares nothing with wt but the names of the answers.
 */
export function wholeFileReading(path: string, around: Around): (Facts & { state: string }) | null {
  const records = readRecords(path);
  const talk = records.filter(isTalk);
  const first = talk[0];
  if (first === undefined) return null;
  if (first.isSidechain === true || typeof first.teamName === 'string') return null;
  if (superseded(records, around)) return null;

  const id = basename(path, '.jsonl');
  const title = titleOf(records, path, id);
  const facts: Facts = {
    id,
    transcript: path,
    bytes: statSync(path).size,
    title: title.text,
    titleSource: title.source,
    cwd: cwdOf(records, basename(dirname(path))),
    branch: branchOf(records),
    lastActivityAt: lastActivityOf(talk),
    lastTurn: lastTurnOf(talk),
    headless: headlessOf(records),
    forkedFrom: forkedFromOf(records),
  };
  return { ...facts, state: stateOf(facts, records, statSync(path).mtimeMs, around) };
}

function readRecords(path: string): Rec[] {
  const records: Rec[] = [];
  const bytes = readFileSync(path);
  let start = 0;
  while (start < bytes.length) {
    let end = bytes.indexOf(10, start);
    if (end === -1) end = bytes.length;
    // A run of NULs is what a crash leaves where a write was to go; the record after it is whole.
    const line = bytes.toString('utf8', start, end).replace(/^\0+/, '');
    start = end + 1;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      continue;
    }
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) records.push(value as Rec);
  }
  return records;
}

const isTalk = (record: Rec) => record.type === 'user' || record.type === 'assistant';

function lastOf<T>(values: (T | null | undefined)[]): T | null {
  return values.filter((value) => value !== null && value !== undefined).at(-1) ?? null;
}

const said = (value: unknown) => (typeof value === 'string' && value.trim() !== '' ? value : null);

function superseded(records: Rec[], around: Around): boolean {
  const lastTalk = records.findLastIndex(isTalk);
  return records.some(
    (record, at) =>
      at > lastTalk &&
      record.type === 'continued-in' &&
      typeof record.continuedInSessionId === 'string' &&
      around.exists(record.continuedInSessionId),
  );
}

function blocksOf(record: Rec): Rec[] {
  const content = (record.message as Rec | undefined)?.content;
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return Array.isArray(content) ? content.filter((block) => typeof block === 'object' && block !== null) : [];
}

function textOf(record: Rec): string {
  const texts = blocksOf(record).filter((block) => block.type === 'text' && typeof block.text === 'string');
  return texts.map((block) => block.text).join('\n');
}

const wrapper = /^<([a-z][a-z0-9]*(?:[-_][a-z0-9]+)+)(?=[\s>])/;

/** The text without the wrapper blocks at its head; null when one of them never closes. */
function unwrap(text: string): string | null {
  let rest = text.trim();
  for (;;) {
    const tag = wrapper.exec(rest)?.[1];
    if (tag === undefined) return rest;
    const close = `</${tag}>`;
    const end = rest.indexOf(close);
    if (end === -1) return null;
    rest = rest.slice(end + close.length).trim();
  }
}

const ofTheSideOrMachine = (record: Rec) =>
  record.isMeta === true || record.isCompactSummary === true || record.isSidechain === true;

const interruption = '[Request interrupted by user';

function promptOf(record: Rec): string | null {
  if (record.type !== 'user' || ofTheSideOrMachine(record)) return null;
  if (blocksOf(record).some((block) => block.type === 'tool_result')) return null;
  const text = unwrap(textOf(record));
  if (text === null || text === '' || text.startsWith(interruption)) return null;
  return text;
}

function titleOf(records: Rec[], path: string, id: string): { text: string; source: TitleSource } {
  const custom = lastOf(records.map((record) => (record.type === 'custom-title' ? said(record.customTitle) : null)));
  if (custom !== null) return { text: custom, source: 'custom' };

  const beside = join(dirname(path), id, 'custom-title.json');
  if (existsSync(beside)) {
    const text = said((JSON.parse(readFileSync(beside, 'utf8')) as Rec).customTitle);
    if (text !== null) return { text, source: 'custom' };
  }

  const ai = lastOf(records.map((record) => (record.type === 'ai-title' ? said(record.aiTitle) : null)));
  if (ai !== null) return { text: ai, source: 'ai' };

  const uuids = new Set(records.map((record) => record.uuid).filter((uuid) => typeof uuid === 'string'));
  const summary = lastOf(
    records.map((record) =>
      record.type === 'summary' && uuids.has(record.leafUuid as string) ? said(record.summary) : null,
    ),
  );
  if (summary !== null) return { text: summary, source: 'summary' };

  const prompt = lastOf(records.map(promptOf));
  if (prompt !== null) return { text: prompt, source: 'last-prompt' };

  const noted = lastOf(records.map((record) => (record.type === 'last-prompt' ? said(record.lastPrompt) : null)));
  if (noted !== null) return { text: noted, source: 'last-prompt' };

  for (const record of records) {
    if (record.type !== 'user' || ofTheSideOrMachine(record)) continue;
    const name = /<command-name>([^<]+)<\/command-name>/.exec(textOf(record))?.[1]?.trim();
    const args = /<command-args>([^<]*)<\/command-args>/.exec(textOf(record))?.[1]?.trim() ?? '';
    if (name !== undefined) return { text: `${name} ${args}`.trim(), source: 'command' };
  }
  return { text: id, source: 'none' };
}

function cwdOf(records: Rec[], folder: string): string | null {
  const all = records.map((record) => said(record.cwd));
  return lastOf(all.filter((cwd) => cwd !== null && slug(cwd) === folder)) ?? lastOf(all);
}

function branchOf(records: Rec[]): string | null {
  const last = lastOf(records.map((record) => (typeof record.gitBranch === 'string' ? record.gitBranch : null)));
  return last === '' || last === 'HEAD' ? null : last;
}

function lastActivityOf(talk: Rec[]): string | null {
  const times = talk
    .map((record) => (typeof record.timestamp === 'string' ? Date.parse(record.timestamp) : Number.NaN))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? null : new Date(Math.max(...times)).toISOString();
}

function headlessOf(records: Rec[]): boolean {
  const points = records.map((record) => record.entrypoint).filter((point) => typeof point === 'string');
  const first = points[0];
  const last = points.at(-1);
  return first !== undefined && last !== undefined && first.startsWith('sdk-') && last.startsWith('sdk-');
}

function forkedFromOf(records: Rec[]): string | null {
  return lastOf(records.map((record) => said((record.forkedFrom as Rec | undefined)?.sessionId)));
}

function lastTurnOf(talk: Rec[]): Facts['lastTurn'] {
  const turn = (by: Turn['by'], how: Turn['how']) => ({
    by,
    how,
    pending: how === 'asking' || how === 'working' || how === 'unanswered',
  });
  const main = talk.filter((record) => !ofTheSideOrMachine(record));

  // Which calls have a result, and which calls belong to one message.
  const answered = new Set<unknown>();
  const callsOfMessage = new Map<unknown, unknown[]>();
  const messageOfCall = new Map<unknown, unknown>();
  for (const record of main) {
    const message = (record.message as Rec | undefined)?.id;
    for (const block of blocksOf(record)) {
      if (block.type === 'tool_result') answered.add(block.tool_use_id);
      if (block.type !== 'tool_use') continue;
      messageOfCall.set(block.id, message);
      callsOfMessage.set(message, [...(callsOfMessage.get(message) ?? []), block.id]);
    }
  }

  for (const record of main.toReversed()) {
    const blocks = blocksOf(record);
    if (record.type === 'assistant') {
      if (record.isApiErrorMessage === true) return turn('claude', 'failed');
      if ((record.message as Rec | undefined)?.model === '<synthetic>') continue;
      if (blocks.some((block) => block.type === 'tool_use' && !answered.has(block.id))) return turn('claude', 'asking');
      if (blocks.some((block) => block.type === 'text')) return turn('claude', 'answered');
      continue;
    }
    const results = blocks.filter((block) => block.type === 'tool_result');
    if (results.length > 0) {
      const siblings = results.flatMap(
        (block) => callsOfMessage.get(messageOfCall.get(block.tool_use_id) ?? Symbol()) ?? [],
      );
      return turn('claude', siblings.every((call) => answered.has(call)) ? 'working' : 'asking');
    }
    if (unwrap(textOf(record))?.startsWith(interruption)) return turn('you', 'interrupted');
    if (promptOf(record) !== null) return turn('you', 'unanswered');
  }
  return null;
}

const hour = 3_600_000;

/** The state of a session that no process holds, with the default WT_WAITING of a day. */
function stateOf(facts: Facts, records: Rec[], mtime: number, around: Around): string {
  const active = facts.lastActivityAt === null ? Number.NEGATIVE_INFINITY : Date.parse(facts.lastActivityAt);
  const version = lastOf(records.map((record) => said(record.version)));
  if (!around.registry && around.now - mtime < hour) return 'unknown';
  if (version !== null && before(version, [2, 1, 139]) && around.now - active < hour) return 'unknown';
  if (facts.headless || facts.lastTurn === null) return 'idle';
  return around.now - active < 24 * hour ? 'waiting' : 'idle';
}

function before(version: string, limit: number[]): boolean {
  const parts = version.split('.').map(Number);
  for (const [place, wanted] of limit.entries()) {
    const part = parts[place] ?? 0;
    if (part !== wanted) return part < wanted;
  }
  return false;
}
