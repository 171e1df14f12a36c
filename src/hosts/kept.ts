import { join } from 'node:path';
import { type Json, objectIn, parseObject } from '../core/json.ts';
import type { Counts } from '../core/order.ts';
import { age, clean } from '../core/text.ts';
import { readOwnFile, writeOwnFile } from '../machine/own-files.ts';
import { renderBrief } from '../view/rows.ts';
import type { World } from '../world.ts';
import { type Answer, countsOf, type HostState, type Reply, sessionJson, sessionsOf } from './answer.ts';
import type { Host } from './file.ts';

/** What is remembered of a box: what came of asking it last, and its last answer. */
export interface Kept extends Reply {
  /** When it was asked last, milliseconds since the epoch. */
  askedAt: number;
}

/** The file is larger only where it is not ours. */
const largest = 32 << 20;
const states: readonly HostState[] = ['answered', 'unreachable', 'key-refused', 'no-wt', 'not-understood', 'newer'];

function fileOf({ folders }: World): string {
  return join(folders.cache, 'hosts.json');
}

/** What is remembered of the boxes, by destination. No network is asked. Never throws. */
export function readKept(world: World): Map<string, Kept> {
  const json = parseObject(readOwnFile(fileOf(world), largest)?.toString() ?? '');
  const kept = new Map<string, Kept>();
  for (const [destination, value] of Object.entries(objectIn(json?.hosts))) {
    const one = keptOf(objectIn(value));
    if (one !== null) kept.set(destination, one);
  }
  return kept;
}

function keptOf(json: Json): Kept | null {
  const state = states.find((one) => one === json.state);
  if (state === undefined || !isMoment(json.askedAt)) return null;
  const why = typeof json.why === 'string' ? clean(json.why) : '';
  return { state, why, askedAt: json.askedAt, answer: answerOf(objectIn(json.answer)) };
}

function answerOf({ at, counts, sessions }: Json): Answer | null {
  return isMoment(at) ? { at, counts: countsOf(objectIn(counts)), sessions: sessionsOf(sessions, 0) } : null;
}

function isMoment(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && Math.abs(value) < 8.64e15;
}

/** What is remembered once a box was asked: of one that did not answer its last answer stays. */
export function remembered(before: Kept | undefined, reply: Reply, askedAt: number): Kept {
  return { ...reply, askedAt, answer: reply.answer ?? before?.answer ?? null };
}

/** So many boxes are remembered: those that were asked last. */
const mostKept = 100;

/** Remembers what came of asking boxes, by destination; what was remembered of others stays. `hosts` are all there are. */
export function saveKept(world: World, hosts: readonly Host[], news: ReadonlyMap<string, Kept>): void {
  if (news.size === 0) return;
  const all = [...new Map([...readKept(world), ...news])]
    .sort(([, a], [, b]) => b.askedAt - a.askedAt)
    .slice(0, mostKept);
  const json = Object.fromEntries(all.map(([destination, kept]) => [destination, jsonOf(kept)]));
  writeOwnFile(fileOf(world), `${JSON.stringify({ schema: 1, hosts: json })}\n`);
  const byDestination = new Map(all);
  const lines = hosts.map((host) => countsLine(host, byDestination.get(host.destination)?.answer ?? null));
  writeOwnFile(countsFile(world), lines.join(''));
}

function jsonOf({ state, why, askedAt, answer }: Kept): object {
  const kept = answer && { ...answer, sessions: answer.sessions.map(sessionJson) };
  return { state, why, askedAt, answer: kept };
}

function countsFile({ folders }: World): string {
  return join(folders.cache, 'hosts-counts');
}

function countsLine({ label }: Host, answer: Answer | null): string {
  if (answer === null) return '';
  const { at, counts } = answer;
  return `${label}\t${at}\t${counts.needsYou}\t${counts.live}\t${counts.waiting}\n`;
}

/**
 * The counts of the boxes that have something live or waiting, each with the age of its answer, in a line for a greeting:
 * `nas !1 ●2 (3m ago)`; empty where there is none. One small file is read, and no box is asked.
 */
export function keptCounts(world: World): string {
  const text = readOwnFile(countsFile(world), 64 << 10)?.toString() ?? '';
  const parts = text.split('\n').flatMap((line) => {
    const [label = '', ...numbers] = line.split('\t');
    if (numbers.length !== 4 || !numbers.every((number) => /^\d{1,15}$/.test(number))) return [];
    const [at, needsYou, live, waiting] = numbers.map(Number) as [number, number, number, number];
    const counts: Counts = { needsYou, live, waiting, idle: 0, unknown: 0 };
    const brief = renderBrief(counts, world.screen.utf8);
    return brief === '' ? [] : [`${clean(label)} ${brief} (${age(world.now - at)} ago)`];
  });
  return parts.join(', ');
}
