import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { string } from '../../core/json.ts';
import type { Process } from '../../core/session.ts';
import { isRunning, type Proof, proveAlive, readStat, terminalOf } from '../../machine/proc.ts';
import { readSmallFile } from '../../machine/regular-file.ts';
import type { Registry } from '../agent.ts';
import { isProgram } from './entrypoint.ts';
import { type Job, readJob } from './jobs.ts';
import { isSessionId, registryFolder } from './paths.ts';
import { activityOf, isFamiliar } from './status.ts';

/** Claude Code 2.1.330 itself reads no record larger than this. */
const largestRecord = 256 * 1024;
/** Records are rewritten in place; Claude Code 2.1.330 rereads a torn one after this many milliseconds. */
const tornFor = 25;
/** So often is a torn record looked at again. */
const mostLooks = 4;
/** A record is without a status for 0.1 to 0.2 s at its start; later than this, in milliseconds, it never gets one. */
const statusAfter = 2000;
/** No Linux has more pids (PID_MAX_LIMIT). */
const largestPid = 2 ** 22;

type RegistryRecord = Record<string, unknown> & { torn?: boolean };

/**
 * Reads `<configDir>/sessions/<pid>.json` (fields as Claude Code 2.1.80 to 2.1.332 write them) and proves each process.
 * `now` is in milliseconds since the epoch.
 */
export function readRegistry(configDir: string, now: number): Registry {
  const folder = registryFolder(configDir);
  const registry: Registry = { present: true, processes: [], blind: false, skipped: [], unfamiliar: [] };
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    registry.present = false;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') registry.skipped.push(folder);
    return registry;
  }
  const domain = ownPidDomain();
  const unreadable = new Set<number>();
  // Beside the records lie `<pid>.<hex>.key` secrets and records of older forms: neither is ever opened.
  for (const { pid, path, record } of readRecords(folder, names)) {
    if (record === 'gone') continue;
    if (record === 'unreadable') registry.skipped.push(path);
    if (record === 'unreadable' || !isSessionId(record.sessionId)) {
      if (isPid(pid) && proveAlive(pid, null).verdict === 'unknown') unreadable.add(pid);
      continue;
    }
    if (isNoSession(record)) continue;
    const claimed = typeof record.pid === 'number' ? record.pid : pid;
    if (!isPid(claimed)) continue;
    const isForeign = typeof record.pidDomain === 'string' && record.pidDomain !== domain;
    const proof = isForeign && !record.torn ? unknown : proveAlive(claimed, record.torn ? null : startTimeOf(record));
    if (proof.verdict === 'dead') continue;
    const process = processOf(configDir, record.sessionId, claimed, record, proof, now);
    if (process.proof === 'unknown') process.doubt = doubtOf(process, isForeign);
    if (process.status !== null && !isFamiliar(process.status)) registry.unfamiliar.push(`status ${process.status}`);
    registry.processes.push(process);
  }
  return { ...registry, blind: unreadable.size > 0, unreadable };
}

const unknown: Proof = { verdict: 'unknown' };

function processOf(
  configDir: string,
  sessionId: string,
  pid: number,
  record: RegistryRecord,
  proof: Exclude<Proof, { verdict: 'dead' }>,
  now: number,
): Process {
  const [status, waitingFor, entrypoint] = [
    string(record.status),
    string(record.waitingFor),
    string(record.entrypoint),
  ];
  const isBackground = record.kind === 'bg';
  const jobId = string(record.jobId) ?? sessionId.slice(0, 8);
  const job: Job | null = isBackground ? readJob(configDir, jobId, sessionId) : null;
  const suspended = proof.verdict === 'alive' && proof.suspended;
  const begunAt = time(record.startedAt);
  return {
    pid,
    sessionId,
    proof: proof.verdict,
    startTime: startTimeOf(record),
    kind: string(record.kind),
    entrypoint,
    status,
    waitingFor,
    activity: activityOf(status, waitingFor, suspended, job),
    attachWord: isBackground ? jobId : null,
    headless: isProgram(entrypoint),
    needs: string(record.needs) ?? job?.needs ?? null,
    isUnused:
      status === null && entrypoint === 'cli' && !isBackground && begunAt !== null && now - begunAt > statusAfter,
    tmux: string(record.tmux),
    tty: proof.verdict === 'alive' ? terminalOf(pid) : null,
    suspended,
    cwd: string(record.cwd),
    name: nameOf(record),
    changedAt: time(record.statusUpdatedAt) ?? time(record.updatedAt) ?? begunAt,
  };
}

/** Why a process can't be proven. */
function doubtOf({ pid, startTime }: Process, isForeign: boolean): string {
  if (isForeign) return `the record of its process ${pid} is another machine's or container's`;
  if (startTime === null || !/^\d+$/.test(startTime))
    return `a process ${pid} runs, but its record does not say when it began: it may be another one by now`;
  return `its process ${pid} can't be seen from here`;
}

/**
 * A name that tells more than an id: the user's own, which up to 2.1.197 has no `nameSource`; in the background the
 * prompt, or a title by a model. Names that are derived from the directory tell nothing.
 */
function nameOf({ name, nameSource, kind, version }: RegistryRecord): Process['name'] {
  const text = string(name);
  if (text === null) return null;
  if (kind === 'bg') return { text, byUser: nameSource === 'user' };
  const [, patch] = /^2\.1\.(\d+)/.exec(string(version) ?? '') ?? [];
  const isUsers = nameSource === 'user' || (nameSource === undefined && Number(patch) < 265);
  return isUsers ? { text, byUser: true } : null;
}

/**
 * Pre-warmed empty processes (2.1.197 marks them only by a name that is their own job's id), those whose conversation
 * moved into the background, and the daemon's own.
 */
function isNoSession(record: RegistryRecord): boolean {
  const kind = string(record.kind);
  const isSpare = record.spare === true || (kind === 'bg' && record.agent === 'claude' && isOwnJobsName(record));
  return isSpare || Boolean(record.parkedJobId) || kind?.startsWith('daemon') === true;
}

function isOwnJobsName({ name, jobId, sessionId }: RegistryRecord): boolean {
  return typeof name === 'string' && (name === jobId || name === String(sessionId).slice(0, 8));
}

function startTimeOf(record: RegistryRecord): string | null {
  const start = record.procStart;
  return typeof start === 'string' ? start.trim() : typeof start === 'number' ? String(start) : null;
}

/**
 * The domain in which this process's pids have a meaning, as Claude Code 2.1.265 and later write it on Linux:
 * `linux:<machine-id>:pid:[<inode of the pid namespace>]`, a part that can't be read being empty there as here.
 */
export function ownPidDomain(): string {
  const [machine, namespace] = [
    () => readFileSync('/etc/machine-id', 'latin1').trim(),
    () => readlinkSync('/proc/self/ns/pid'),
  ].map((read) => {
    try {
      return read();
    } catch {
      return '';
    }
  });
  return `linux:${machine}:${namespace}`;
}

/** Whether a process can have this number. */
function isPid(pid: number): boolean {
  return Number.isSafeInteger(pid) && pid > 0 && pid <= largestPid;
}

type Reading = RegistryRecord | 'gone' | 'unreadable';

/**
 * Reads records, and once more those that were torn: however many there are, they cost one wait. One of which nothing can
 * be made, though its process runs, is looked at a few times.
 */
function readRecords(folder: string, names: string[]): { pid: number; path: string; record: Reading }[] {
  const records: { pid: number; path: string; record: Reading }[] = [];
  let torn: { pid: number; path: string }[] = [];
  for (const name of names) {
    const [, digits] = /^(\d+)\.json$/.exec(name) ?? [];
    if (digits === undefined) continue;
    const [pid, path] = [Number(digits), join(folder, name)];
    const record = readRecord(path, 'torn');
    if (record === 'torn') torn.push({ pid, path });
    else records.push({ pid, path, record });
  }
  for (let look = 1; torn.length > 0; look++) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, tornFor);
    const again: typeof torn = [];
    for (const { pid, path } of torn) {
      const record = readRecord(path, null);
      const isOpen = record === 'unreadable' && look < mostLooks && isRunning(readStat(pid));
      if (isOpen) again.push({ pid, path });
      else records.push({ pid, path, record });
    }
    torn = again;
  }
  return records;
}

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

function time(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 && value < 8.64e15 ? value : null;
}
