import { join, readdirSync } from '#system';
import type { Process } from '../core/session.ts';
import { readSmallFile } from '../files/regular-file.ts';
import { isDigits, isSessionId, registryFolder } from './paths.ts';
import { ownPidDomain, proveAlive } from './process.ts';

/** What the registry says, each record already held against the running processes. */
export interface Registry {
  /** False where Claude Code has never kept a registry here (before 2.1.139). */
  present: boolean;
  /** The processes that hold a session: proven, or not to be checked from here. Dead ones are left out. */
  processes: Process[];
  /** True when a running process has a record that can't be read: any session may be its own. */
  blind: boolean;
  /** The paths of the records that could not be read. */
  skipped: string[];
  /** Words of Claude's that wt doesn't know, for `wt doctor`. */
  unfamiliar: string[];
}

/** Claude Code 2.1.330 itself reads no record larger than this. */
const largestRecord = 256 * 1024;
/** Records are rewritten in place; Claude Code 2.1.330 rereads a torn one after this many milliseconds. */
const tornFor = 25;

/** Reads `<conf>/sessions/<pid>.json` (fields as Claude Code 2.1.139 to 2.1.330 write them) and proves each process. */
export function readRegistry(conf: string): Registry {
  const folder = registryFolder(conf);
  const registry: Registry = { present: true, processes: [], blind: false, skipped: [], unfamiliar: [] };
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    registry.present = false;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') registry.skipped.push(folder);
    return registry;
  }
  let domain: string | null | undefined;
  // Beside the records lie `<pid>.<hex>.key` secrets and records of older forms: neither is ever opened.
  for (const { pid, path, record } of readRecords(folder, names)) {
    if (record === 'gone') continue;
    if (record === 'unreadable') registry.skipped.push(path);
    if (record === 'unreadable' || !isSessionId(record.sessionId)) {
      if (proveAlive(pid, null).verdict === 'unknown') registry.blind = true;
      continue;
    }
    if (isNoSession(record)) continue;
    let foreign = false;
    if (typeof record.pidDomain === 'string') {
      if (domain === undefined) domain = ownPidDomain();
      foreign = record.pidDomain !== domain;
    }
    const claimed = Number.isSafeInteger(record.pid) && (record.pid as number) > 0 ? (record.pid as number) : pid;
    const proof = foreign || record.torn ? torn(record.torn, claimed) : proveAlive(claimed, startTimeOf(record));
    if (proof.verdict === 'dead') continue;
    const status = string(record.status);
    if (status !== null && !isFamiliar(status)) registry.unfamiliar.push(`status ${status}`);
    registry.processes.push({
      pid: claimed,
      sessionId: record.sessionId,
      proof: proof.verdict,
      kind: string(record.kind),
      entrypoint: string(record.entrypoint),
      status,
      waitingFor: string(record.waitingFor),
      needs: string(record.needs) ?? (record.kind === 'bg' ? needsOfJob(conf, record.sessionId) : null),
      tmux: string(record.tmux),
      suspended: proof.verdict === 'alive' && proof.suspended,
      cwd: string(record.cwd),
      name: record.nameSource === 'user' ? string(record.name) : null,
      changedAt: time(record.statusUpdatedAt) ?? time(record.updatedAt) ?? time(record.startedAt),
    });
  }
  return registry;
}

function isFamiliar(status: string): boolean {
  return status === 'busy' || status === 'idle' || status === 'waiting' || status === 'shell';
}

type RegistryRecord = Record<string, unknown> & { torn?: boolean };

/** A torn record proves nothing of a running process; where no such process runs, it is dead all the same. */
function torn(isTorn: boolean | undefined, pid: number): ReturnType<typeof proveAlive> {
  return isTorn ? proveAlive(pid, null) : { verdict: 'unknown' };
}

/** Pre-warmed empty processes, those whose conversation moved into the background, and the daemon's own. */
function isNoSession(record: RegistryRecord): boolean {
  return record.spare === true || Boolean(record.parkedJobId) || string(record.kind)?.startsWith('daemon') === true;
}

/** What a background session says it needs: `<conf>/jobs/<first 8 of the id>/state.json` (Claude Code 2.1.330). */
function needsOfJob(conf: string, sessionId: string): string | null {
  try {
    const state = JSON.parse(
      readSmallFile(join(conf, 'jobs', sessionId.slice(0, 8), 'state.json'), largestRecord) ?? '',
    );
    return state?.sessionId === sessionId ? string(state.needs) : null;
  } catch {
    return null;
  }
}

function startTimeOf(record: RegistryRecord): string | null {
  const start = record.procStart;
  return typeof start === 'string' ? start.trim() : typeof start === 'number' ? String(start) : null;
}

type Reading = RegistryRecord | 'gone' | 'unreadable';

/** Reads records, and once more those that were torn: however many there are, they cost one wait. */
function readRecords(folder: string, names: string[]): { pid: number; path: string; record: Reading }[] {
  const records: { pid: number; path: string; record: Reading }[] = [];
  const torn: { pid: number; path: string }[] = [];
  for (const name of names) {
    const pid = pidOf(name);
    if (pid === null) continue;
    const path = join(folder, name);
    const record = readRecord(path, 'torn');
    if (record === 'torn') torn.push({ pid, path });
    else records.push({ pid, path, record });
  }
  if (torn.length > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, tornFor);
  for (const { pid, path } of torn) records.push({ pid, path, record: readRecord(path, null) });
  return records;
}

/** The pid that a record's name says, `<digits>.json`; null for any other name. */
function pidOf(name: string): number | null {
  const digits = name.slice(0, -ending.length);
  return name.endsWith(ending) && isDigits(digits) ? Number(digits) : null;
}

const ending = '.json';

/** Reads one record. A torn one gives `ifTorn`, or, where that is null, what can be made out of it. */
function readRecord<Torn extends 'torn' | null>(path: string, ifTorn: Torn): Reading | NonNullable<Torn> {
  let text: string | null;
  try {
    text = readSmallFile(path, largestRecord);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'gone' : 'unreadable';
  }
  if (text === null) return 'unreadable';
  try {
    const record: unknown = JSON.parse(text);
    if (typeof record === 'object' && record !== null && !Array.isArray(record)) return record as RegistryRecord;
  } catch {
    // Torn: it is being rewritten.
  }
  if (ifTorn !== null) return ifTorn;
  const id = /"sessionId"\s*:\s*"([0-9a-f-]{36})"/i.exec(text)?.[1];
  return id === undefined ? 'unreadable' : { sessionId: id, torn: true };
}

function string(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function time(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 && value < 8.64e15 ? value : null;
}
