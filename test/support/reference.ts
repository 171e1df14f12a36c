import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { TitleSource, Turn } from '../../src/core/session.ts';
import { type Rec, slug } from './claude-home.ts';

/** What a whole-file reading of one transcript gives, as `--json` has it. Text is raw: nothing has been cleaned or cut. */
export interface Whole {
  id: string;
  transcript: string;
  bytes: number;
  title: string;
  titleSource: TitleSource;
  cwd: string | null;
  branch: string | null;
  lastActivityAt: string | null;
  lastTurn: { by: 'claude' | 'you'; how: Turn['how']; pending: boolean; reason: string | null } | null;
  firstPrompt: string | null;
  lastPrompt: string | null;
  lastAnswer: string | null;
  headless: boolean;
  forkedFrom: string | null;
  state: string;
  cutOff: boolean;
}

/** What the world around the file says, for the facts that don't lie in it. */
export interface Around {
  /** Is there a transcript of this session in which somebody spoke? */
  holdsTalk: (sessionId: string) => boolean;
  /** Is there a sessions/ folder? */
  registry: boolean;
  /** The moment of judgement, milliseconds since the epoch. */
  now: number;
}

/**
 * Reads one transcript as slowly and plainly as possible: the whole file, every line through JSON.parse. Gives null
 * where a dead session of this file is no row. It shares nothing with wt but the names of the answers.
 */
export function wholeFileReading(path: string, around: Around): Whole | null {
  const records = recordsIn(path);
  if (!hasTalk(records)) return null;
  const continued = continuedIn(records);
  if (continued !== null && around.holdsTalk(continued)) return null;

  const id = basename(path, '.jsonl');
  const { mtimeMs, size } = statSync(path);
  const seen = records.map(talkOf).filter((one) => one !== null);
  const talk = [...seen, ...leftInQueue(records)];
  const promptsOf = (some: Said[]) => some.flatMap((one) => (one.is === 'prompt' ? one.text : []));
  const prompts = promptsOf(talk);
  const answers = talk.flatMap((one) => (one.is === 'answer' || one.is === 'failure' ? one.text : []));
  const title = titleOf(records, prompts, path, id);
  const lastTurn = lastTurnOf(talk);
  const newest = newestTime(records);
  const facts = {
    id,
    transcript: path,
    bytes: size,
    title: title.text,
    titleSource: title.source,
    cwd: cwdOf(records, basename(dirname(path))),
    branch: branchOf(records),
    // No time is later than the file's own mtime.
    lastActivityAt: newest === null ? null : new Date(Math.min(newest, Math.ceil(mtimeMs))).toISOString(),
    lastTurn,
    firstPrompt: promptsOf(seen)[0] ?? null,
    lastPrompt: prompts.at(-1) ?? null,
    lastAnswer: answers.at(-1) ?? null,
    headless: headlessOf(records),
    forkedFrom: forkedFromOf(records),
  };
  const state = stateOf(facts, records, mtimeMs, around);
  return { ...facts, state, cutOff: (state === 'waiting' || state === 'idle') && (lastTurn?.pending ?? false) };
}

/** Whether anybody says anything in these records: talk, or a line for the shell; commands are nothing said. */
export function hasTalk(records: Rec[]): boolean {
  return records.some(isSomethingSaid) || leftInQueue(records).length > 0;
}

/** The last prompt that was typed while Claude worked and that it never took out of the queue; behind all talk. */
function leftInQueue(records: Rec[]): Said[] {
  let taken = 0;
  for (const record of records.slice(records.findLastIndex(isSomethingSaid) + 1).toReversed()) {
    if (record.type !== 'queue-operation') continue;
    const text = typed(textOf(record.content));
    if (record.operation !== 'enqueue') taken += 1;
    else if (taken > 0) taken -= 1;
    else if (text !== '') return [{ is: 'prompt', text, queued: true, record }];
  }
  return [];
}

function isSomethingSaid(record: Rec): boolean {
  return talkOf(record) !== null || (commandOf(record)?.startsWith('! ') ?? false);
}

/** Every record of a transcript. */
export function recordsIn(path: string): Rec[] {
  const records: Rec[] = [];
  const bytes = readFileSync(path);
  let start = 0;
  while (start < bytes.length) {
    let end = bytes.indexOf(10, start);
    if (end === -1) end = bytes.length;
    records.push(...recordsOn(bytes.toString('utf8', start, end)));
    start = end + 1;
  }
  return records;
}

/** A line is one record; or, after a crash, NULs, cut records and whole ones. */
function recordsOn(line: string): Rec[] {
  // A run of NULs is what a crash leaves where a write was to go; the record after it is whole.
  const whole = parsed(line.replace(/^[\0\ufeff\s]+|[\0\s]+$/g, ''));
  if (whole !== null) return [whole];
  const records: Rec[] = [];
  const ends = Array.from(line.matchAll(/\}(?=[\0\s]*(?:\{|$))/g), (match) => match.index + 1);
  for (let from = line.indexOf('{"'); from >= 0; ) {
    const [record, end] = firstWhole(line, from, ends) ?? [null, from + 1];
    if (record !== null) records.push(record);
    from = line.indexOf('{"', end);
  }
  return records;
}

function firstWhole(line: string, from: number, ends: number[]): [Rec, number] | null {
  for (const end of ends) {
    const record = end > from ? parsed(line.slice(from, end)) : null;
    if (record !== null) return [record, end];
  }
  return null;
}

function parsed(text: string): Rec | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Rec) : null;
  } catch {
    return null;
  }
}

function lastOf<T>(values: (T | null | undefined)[]): T | null {
  return values.filter((value) => value !== null && value !== undefined).at(-1) ?? null;
}

const said = (value: unknown) => (typeof value === 'string' && value.trim() !== '' ? value : null);
const idIn = (value: unknown) =>
  typeof value === 'string' && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value) ? value : null;
const objectOf = (value: unknown): Rec =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Rec) : {};

/** A prompt that was typed while Claude worked is an attachment and nothing else. */
const queued = (record: Rec): Rec | null => {
  const attachment = objectOf(record.attachment);
  if (record.type !== 'attachment' || attachment.type !== 'queued_command') return null;
  const mode = attachment.commandMode ?? 'prompt';
  return mode === 'prompt' || mode === 'bash' ? attachment : null;
};

/** User and assistant records, whoever spoke there, and queued prompts. */
const isMessage = (record: Rec) =>
  record.type === 'user' ||
  record.type === 'assistant' ||
  (queued(record) !== null && !isSilent(record) && isFromPerson(queued(record)!));

/** What a sub-agent, a team member or a machine says counts for nothing. */
const isSilent = (record: Rec) =>
  record.isMeta === true ||
  record.isCompactSummary === true ||
  record.isSidechain === true ||
  (typeof record.teamName === 'string' && record.teamName !== '');

function isFromPerson(record: Rec): boolean {
  const kind = objectOf(record.origin).kind;
  return (kind === undefined || kind === 'human' || kind === 'channel') && record.promptSource !== 'system';
}

function continuedIn(records: Rec[]): string | null {
  const after = records.slice(records.findLastIndex(isMessage) + 1);
  return lastOf(after.map((record) => (record.type === 'continued-in' ? idIn(record.continuedInSessionId) : null)));
}

function blocksOf(content: unknown): Rec[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return Array.isArray(content) ? content.map(objectOf) : [];
}

function textOf(content: unknown): string {
  const texts = blocksOf(content).filter((block) => block.type === 'text');
  return texts.map((block) => (typeof block.text === 'string' ? block.text : '')).join('\n');
}

const own =
  'agent-message bash-exit-code bash-input bash-stderr bash-stdout command-args command-contents command-message command-name cross-session-message fetched-web-content fork-boilerplate ide_diagnostics ide_opened_file ide_selection local-command-caveat local-command-stderr local-command-stdout post-tool-use-hook session-start-hook slack-ping slack-tag-message system-reminder task-notification teammate-message tick user-memory-input user-prompt-submit-hook'.split(
    ' ',
  );

/** What a person typed of a text: without Claude Code's own blocks before and behind it. */
function typed(text: string): string {
  let rest = text.trim();
  for (let tag = opening(rest); tag !== null; tag = opening(rest)) {
    const end = rest.indexOf(`</${tag}>`);
    if (end === -1) return '';
    rest = rest.slice(end + `</${tag}>`.length).trim();
  }
  for (let tag = closing(rest); tag !== null; tag = closing(rest)) {
    const begin = rest.lastIndexOf(`<${tag}`);
    if (begin === -1) break;
    rest = rest.slice(0, begin).trim();
  }
  const channel = /^<channel(?:\s[^>]*)?>([\s\S]*?)(?:<\/channel>|$)/.exec(rest);
  return channel === null ? rest : typed(channel[1]! + rest.slice(channel[0].length));
}

const opening = (text: string) => own.find((tag) => new RegExp(`^<${tag}(?:\\s[^>]*)?>`).test(text)) ?? null;
const closing = (text: string) => own.find((tag) => text.endsWith(`</${tag}>`)) ?? null;

function commandOf(record: Rec): string | null {
  if (isSilent(record)) return null;
  const attachment = queued(record);
  if (attachment !== null && !isFromPerson(attachment)) return null;
  if (attachment?.commandMode === 'bash') return `! ${textOf(attachment.prompt).trim()}`;
  if (attachment === null && record.type !== 'user') return null;
  const text = attachment === null ? textOf(objectOf(record.message).content) : textOf(attachment.prompt);
  const shell = /^\s*<bash-input>([\s\S]*?)<\/bash-input>/.exec(text)?.[1]?.trim();
  if (shell) return `! ${shell}`;
  const name = /^\s*(?:<command-message>[^<]*<\/command-message>\s*)?<command-name>([^<]+)<\/command-name>/.exec(text);
  const args = /<command-args>([^<]*)<\/command-args>/.exec(text)?.[1] ?? '';
  return name === null ? null : `${name[1]!.trim()} ${args.trim()}`.trim();
}

type Said =
  | { is: 'prompt'; text: string; queued: boolean; record: Rec }
  | { is: 'interruption'; record: Rec }
  | { is: 'results'; ids: unknown[]; record: Rec }
  | { is: 'calls'; ids: unknown[]; record: Rec }
  | { is: 'answer' | 'failure'; text: string; record: Rec };

/** What a record says; null when nothing that counts. */
function talkOf(record: Rec): Said | null {
  if (isSilent(record)) return null;
  const attachment = queued(record);
  if (attachment !== null) {
    if (attachment.commandMode === 'bash' || !isFromPerson(attachment)) return null;
    const text = promptIn(attachment.prompt, ['image']);
    return text === null ? null : { is: 'prompt', text, queued: true, record };
  }
  const message = objectOf(record.message);
  const blocks = blocksOf(message.content);
  if (record.type === 'assistant') {
    const text = textOf(message.content);
    if (record.isApiErrorMessage === true) return { is: 'failure', text, record };
    if (message.model === '<synthetic>') return null;
    const calls = blocks.filter((block) => block.type === 'tool_use');
    if (calls.length > 0) return { is: 'calls', ids: calls.map((call) => call.id), record };
    return text.trim() === '' ? null : { is: 'answer', text, record };
  }
  if (record.type !== 'user') return null;
  if (typed(textOf(message.content)).startsWith('[Request interrupted by user')) return { is: 'interruption', record };
  const results = blocks.filter((block) => block.type === 'tool_result');
  if (results.length > 0) return { is: 'results', ids: results.map((result) => result.tool_use_id), record };
  const text = isFromPerson(record) ? promptIn(message.content, ['image', 'document']) : null;
  return text === null ? null : { is: 'prompt', text, queued: false, record };
}

function promptIn(content: unknown, pictures: string[]): string | null {
  const text = typed(textOf(content));
  if (text !== '') return text;
  return blocksOf(content).some((block) => pictures.includes(block.type as string)) ? 'picture' : null;
}

function titleOf(records: Rec[], prompts: string[], path: string, id: string): { text: string; source: TitleSource } {
  const last = (type: string, field: string) =>
    lastOf(records.map((record) => (record.type === type ? said(record[field]) : null)));
  const custom = last('custom-title', 'customTitle');
  if (custom !== null) return { text: custom, source: 'custom' };

  const beside = join(dirname(path), id, 'custom-title.json');
  if (existsSync(beside)) {
    const text = said((JSON.parse(readFileSync(beside, 'utf8')) as Rec).customTitle);
    if (text !== null) return { text, source: 'custom' };
  }

  const ai = last('ai-title', 'aiTitle');
  if (ai !== null) return { text: ai, source: 'ai' };

  // Of a record that is torn the beginning is of this file all the same.
  const uuids = new Set(
    Array.from(readFileSync(path, 'utf8').matchAll(/"uuid"\s*:\s*"([^"]+)"/g), ([, uuid]) => uuid!),
  );
  const summary = lastOf(
    records.map((record) =>
      record.type === 'summary' && uuids.has(record.leafUuid as string) ? said(record.summary) : null,
    ),
  );
  if (summary !== null) return { text: summary, source: 'summary' };

  const prompt = prompts.at(-1);
  if (prompt !== undefined) return { text: planHeading(prompt) ?? prompt, source: 'last-prompt' };
  const noted = last('last-prompt', 'lastPrompt');
  if (noted !== null) return { text: noted, source: 'last-prompt' };
  const command = records.map(commandOf).find((one) => one !== null);
  return command ? { text: command, source: 'command' } : { text: id, source: 'none' };
}

/** The heading of a plan that is handed over as a prompt. */
function planHeading(prompt: string): string | null {
  if (!prompt.startsWith('Implement the following plan:')) return null;
  return /^[ \t]*#+[ \t]*(\S.*)$/m.exec(prompt)?.[1] ?? null;
}

function cwdOf(records: Rec[], folder: string): string | null {
  const all = records.map((record) => said(record.cwd));
  const cwd = lastOf(all.filter((one) => one !== null && slug(one) === folder)) ?? lastOf(all);
  const worktree = lastOf(
    records.map((record) =>
      record.type === 'worktree-state' ? said(objectOf(record.worktreeSession).worktreePath) : null,
    ),
  );
  const relocated = lastOf(records.map((record) => (record.type === 'relocated' ? said(record.relocatedCwd) : null)));
  const ways = [worktree, relocated, cwd].filter((path) => path !== null);
  return ways.find((path) => existsSync(path)) ?? ways.at(-1) ?? null;
}

function branchOf(records: Rec[]): string | null {
  const last = lastOf(records.map((record) => (typeof record.gitBranch === 'string' ? record.gitBranch : null)));
  return last === '' || last === 'HEAD' ? null : last;
}

function newestTime(records: Rec[]): number | null {
  const times = records
    .filter(isMessage)
    .flatMap((record) => [queued(record)?.timestamp, record.timestamp].find((one) => timeOf(one) !== null) ?? [])
    .map((time) => timeOf(time)!);
  return times.length === 0 ? null : Math.max(...times);
}

function timeOf(value: unknown): number | null {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

const programs = ['bench', 'claude-code-github-action', 'remote_trigger', 'remote_cowork_trigger'];

function headlessOf(records: Rec[]): boolean {
  const points = records.map((record) => said(record.entrypoint)).filter((point) => point !== null);
  const isProgram = (point: string | undefined) =>
    point !== undefined && (point.startsWith('sdk-') || programs.includes(point));
  return isProgram(points[0]) && isProgram(points.at(-1));
}

function forkedFromOf(records: Rec[]): string | null {
  return lastOf(records.map((record) => idIn(objectOf(record.forkedFrom).sessionId)));
}

const turn = (by: 'claude' | 'you', how: Turn['how'], reason: string | null = null): Whole['lastTurn'] => ({
  by,
  how,
  pending: how === 'asking' || how === 'working' || how === 'unanswered',
  reason,
});

function lastTurnOf(all: Said[]): Whole['lastTurn'] {
  const main = all.filter((talk) => !(talk.is === 'prompt' && talk.queued));
  const endsQueued = all.at(-1)?.is === 'prompt' && main.at(-1) !== all.at(-1);
  const last = main.at(-1);
  const before = main.at(-2);
  // A prompt may stand behind its own answer.
  const isAnswered =
    !endsQueued &&
    last?.is === 'prompt' &&
    (before?.is === 'answer' || before?.is === 'calls' || before?.is === 'failure') &&
    typeof last.record.uuid === 'string' &&
    before.record.parentUuid === last.record.uuid;
  const stands = turnAt(isAnswered ? main.slice(0, -1) : main);
  return endsQueued && stands?.how !== 'asking' ? turn('you', 'unanswered') : stands;
}

function turnAt(talk: Said[]): Whole['lastTurn'] {
  const last = talk.at(-1);
  // Which calls have a result, and which calls belong to one message.
  const answered = new Set(talk.flatMap((one) => (one.is === 'results' ? one.ids : [])));
  const messageOf = (one: Said) => objectOf(one.record.message).id;
  const callsOf = (message: unknown) =>
    talk.flatMap((one) => (one.is === 'calls' && messageOf(one) === message ? one.ids : []));
  const isAsking = (message: unknown, ids: unknown[]) =>
    [...ids, ...(typeof message === 'string' ? callsOf(message) : [])].some((id) => !answered.has(id));
  switch (last?.is) {
    case undefined:
      return null;
    case 'failure':
      return turn('claude', 'failed', reasonOf(last.record, last.text));
    case 'interruption':
      return turn('you', 'interrupted');
    case 'prompt':
      return turn('you', 'unanswered');
    case 'answer':
      return turn('claude', isAsking(messageOf(last), []) ? 'asking' : 'answered');
    case 'calls':
      return turn('claude', isAsking(messageOf(last), last.ids) ? 'asking' : 'working');
    case 'results': {
      // Of parallel calls some may have results, and a record may be torn.
      const asked = talk.findLast((one) => one.is === 'calls');
      return turn('claude', asked !== undefined && isAsking(messageOf(asked), []) ? 'asking' : 'working');
    }
  }
}

/** The failures that random transcripts hold: their texts, how records name them, and what wt calls them. */
export const failures: Readonly<Record<string, { error: string; reason: string | null }>> = {
  'API Error: 529 Overloaded': { error: 'server_error', reason: 'overloaded' },
  "You've hit your 5-hour limit · resets 11:05pm (UTC)": {
    error: 'rate_limit',
    reason: 'usage limit, resets 11:05pm (UTC)',
  },
  'Prompt is too long': { error: 'invalid_request', reason: 'context limit' },
  'Invalid API key · Fix external API key': { error: 'authentication_failed', reason: 'invalid API key' },
  'Something else went wrong': { error: 'unknown', reason: null },
};

function reasonOf(record: Rec, text: string): string | null {
  if (objectOf(record.message).stop_reason === 'refusal') return 'refused';
  return failures[text]?.reason ?? null;
}

const hour = 3_600_000;

/** The state of a session that no process holds, with the default WT_WAITING of a day. */
function stateOf(
  facts: Pick<Whole, 'lastActivityAt' | 'headless' | 'lastTurn'>,
  records: Rec[],
  mtime: number,
  around: Around,
): string {
  const { lastTurn } = facts;
  const active = facts.lastActivityAt === null ? Number.NEGATIVE_INFINITY : Date.parse(facts.lastActivityAt);
  const version = lastOf(records.map((record) => said(record.version)));
  // It may be on its way into another session at this moment.
  if (continuedIn(records) !== null && around.now - mtime < 10_000) return 'unknown';
  if (!around.registry && around.now - mtime < hour) return 'unknown';
  if (version !== null && before(version, [2, 1, 119]) && around.now - active < hour) return 'unknown';
  if (facts.headless || lastTurn === null) return 'idle';
  if (lastTurn.how === 'answered' && isLeft(records)) return 'idle';
  return around.now - active <= 24 * hour ? 'waiting' : 'idle';
}

/** The last thing in it is the user's own command to leave. */
function isLeft(records: Rec[]): boolean {
  const after = records.slice(records.findLastIndex(isSomethingSaid) + 1);
  return (
    leftInQueue(records).length === 0 && after.some((record) => /^\/(?:exit|quit)\b/.test(commandOf(record) ?? ''))
  );
}

function before(version: string, limit: number[]): boolean {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  for (const [place, wanted] of limit.entries()) {
    const part = parts[place] ?? 0;
    if (part !== wanted) return part < wanted;
  }
  return false;
}
