import { isObject, type Json, objectIn, objectsIn, parseObject, time } from '../core/json.ts';
import type { Counts } from '../core/order.ts';
import { activities, type Session, states, type Turn } from '../core/session.ts';
import { clean } from '../core/text.ts';

/** What a box said of its sessions; what it says is foreign text, and has been cleaned. */
export interface Answer {
  /** When it came, milliseconds since the epoch, by the clock of this box. */
  at: number;
  /** Of all its sessions. */
  counts: Counts;
  /** The first of them in order, with times by the clock of this box. */
  sessions: Session[];
}

/** What came of asking a box. */
export type HostState = 'answered' | 'unreachable' | 'key-refused' | 'no-wt' | 'not-understood' | 'newer';

/** What came of asking a box, and why, in words for people; they are empty where it answered. */
export interface Reply {
  state: HostState;
  why: string;
  answer: Answer | null;
}

/** What an ssh left behind: what it printed, and how it ended. */
export interface Remains {
  stdout: string;
  stderr: string;
  /** Its exit status; null where a signal ended it. */
  status: number | null;
  /** Why wt ended it, if it did. */
  ended: 'late' | 'too much' | null;
}

/** So many sessions are asked for, and taken. */
export const mostSessions = 50;
/** An answer that seems to have been under way for longer, in milliseconds, was made by a clock that is wrong. */
const longestWay = 30_000;
/** Our schema of `--json`. */
const schema = 1;

/** Reads what came back when a box was asked for its sessions; `now` in milliseconds since the epoch. Never throws. */
export function readReply(remains: Remains, now: number): Reply {
  const { stdout, status, ended } = remains;
  if (ended === 'too much') return without('not-understood', 'its answer is too long to be a list of sessions');
  const line = stdout.split('\n').findLast((one) => one.startsWith('{"schema":'));
  const json = line === undefined ? null : parseObject(line);
  if (json !== null) {
    if (typeof json.schema === 'number' && json.schema > schema)
      return without('newer', 'its wt is newer than this one: update wt here');
    const answer = json.schema === schema ? answerOf(json, now) : null;
    if (answer !== null) return { state: 'answered', why: '', answer };
  }
  if (ended === 'late') return without('unreachable', 'no answer in time');
  if (status === 255) return whyNot(remains.stderr);
  if (status === 127) return without('no-wt', 'there is no wt on its PATH or in ~/.local/bin');
  return without('not-understood', 'what it answered is no list of sessions: is its wt this program?');
}

function without(state: HostState, why: string): Reply {
  return { state, why, answer: null };
}

/** What ssh says when it fails (OpenSSH 9.2), and what that means; the first that fits. */
const reasons: readonly [said: RegExp, state: HostState, why: string][] = [
  [/REMOTE HOST IDENTIFICATION HAS CHANGED/, 'unreachable', 'its host key has changed: see what ssh says of it'],
  [/Host key verification failed/, 'unreachable', 'its host key is not known here: connect with ssh once'],
  [/Permission denied|Too many authentication failures/, 'key-refused', 'it refuses the key'],
  [/Could not resolve hostname/, 'unreachable', 'its name is not known'],
  [/Connection refused/, 'unreachable', 'connection refused'],
  [/timed out|not responding/, 'unreachable', 'no answer in time'],
  [/No route to host|Network is unreachable|Host is down/, 'unreachable', 'there is no way to it'],
  [/Bad configuration option|Bad owner or permissions|terminating, \d+ bad/, 'unreachable', 'ssh refuses its settings'],
  [/[Cc]onnection (?:closed|reset)|Broken pipe|kex_exchange/, 'unreachable', 'the connection was closed'],
];

/** Why ssh failed, in own words: what it prints is never shown. */
function whyNot(stderr: string): Reply {
  const [, state, why] = reasons.find(([said]) => said.test(stderr)) ?? [null, 'unreachable', 'ssh failed'];
  return without(state as HostState, why);
}

/** The answer in JSON of our schema; null where it is none after all. */
function answerOf(json: Json, now: number): Answer | null {
  if (!isObject(json.counts) || !Array.isArray(json.sessions)) return null;
  const ahead = now - (time(json.generatedAt) ?? now);
  const isWrong = Math.abs(ahead) > longestWay;
  return { at: now, counts: countsOf(json.counts), sessions: sessionsOf(json.sessions, isWrong ? ahead : 0) };
}

/** The counts in JSON, each a number that can be counted to. */
export function countsOf(json: Json): Counts {
  const number = (value: unknown) =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 1e6 ? value : 0;
  const { needsYou, live, waiting, idle, unknown } = json;
  return {
    needsYou: Math.min(number(needsYou), number(live)),
    live: number(live),
    waiting: number(waiting),
    idle: number(idle),
    unknown: number(unknown),
  };
}

/** The sessions in JSON; `ahead` is how far our clock is ahead of theirs, in milliseconds. */
export function sessionsOf(json: unknown, ahead: number): Session[] {
  return objectsIn(json)
    .slice(0, mostSessions)
    .flatMap((one) => sessionOf(one, ahead) ?? []);
}

const turns: readonly Turn['how'][] = ['answered', 'asking', 'working', 'unanswered', 'interrupted', 'failed'];

/** One session, field by field; null where it has no id that could be handed back. */
function sessionOf(json: Json, ahead: number): Session | null {
  const { id, state, activity } = json;
  if (typeof id !== 'string' || !isHandle(id)) return null;
  const at = (value: unknown) => {
    const there = typeof value === 'string' ? time(value) : null;
    return there === null ? null : there + ahead;
  };
  const isLive = state === 'live';
  const title = text(json.title, 300);
  return {
    ...nothing,
    id,
    talkId: id,
    key: typeof json.key === 'string' && isHandle(json.key) ? json.key : id,
    agent: typeof json.agent === 'string' && /^[a-z][a-z0-9-]{0,30}$/.test(json.agent) ? json.agent : 'unknown',
    title: { text: title ?? '', source: title === null ? 'none' : 'custom' },
    state: states.find((one) => one === state) ?? 'unknown',
    activity: isLive ? (activities.find((one) => one === activity) ?? 'unknown') : null,
    needs: text(json.needs, 500),
    lastActivityAt: at(json.lastActivityAt),
    cwd: text(json.cwd, 1000),
    branch: text(json.branch, 200),
    lastTurn: turnOf(objectIn(json.lastTurn)),
    cutOff: json.cutOff === true,
    isDone: false,
    seen: json.seen !== false,
    deletesAt: at(json.deletesAt),
    headless: json.headless === true,
  };
}

/** Whether an id can be handed back to the box that it came from. */
export function isHandle(id: string): boolean {
  return /^[A-Za-z0-9][\w.-]{3,99}$/.test(id);
}

function text(value: unknown, most: number): string | null {
  if (typeof value !== 'string') return null;
  const cleaned = clean(
    Array.from(value.slice(0, 2 * most))
      .slice(0, most)
      .join(''),
  );
  return cleaned === '' ? null : cleaned;
}

function turnOf(json: Json): Turn | null {
  const how = turns.find((one) => one === json.how);
  if (how === undefined) return null;
  return { by: json.by === 'you' ? 'you' : 'agent', how, reason: text(json.reason, 200) };
}

/** What is not told of another box's session. */
const nothing = {
  configDir: '',
  account: null,
  waitingFor: null,
  modifiedAt: null,
  otherDirectories: [],
  firstPrompt: null,
  lastPrompt: null,
  lastAnswer: null,
  processes: [],
  forkedFrom: null,
  transcript: null,
  copies: [],
};

/** A session of another box as data: what `wt hosts --json` has, and what is kept. Its fields are those of `wt --json`. */
export function sessionJson(session: Session): object {
  const { id, key, agent, title, state, activity, needs, lastActivityAt, cwd, branch, lastTurn } = session;
  const iso = (at: number | null) => (at === null || Math.abs(at) > 8.64e15 ? null : new Date(at).toISOString());
  return {
    id,
    ...(key === id ? {} : { key }),
    agent,
    title: title.text,
    state,
    activity,
    needs,
    lastActivityAt: iso(lastActivityAt),
    cwd,
    branch,
    lastTurn: lastTurn && { ...lastTurn, by: lastTurn.by === 'you' ? 'you' : agent },
    cutOff: session.cutOff,
    seen: session.seen,
    deletesAt: iso(session.deletesAt),
    headless: session.headless,
  };
}
