import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PendingCall, Process, TranscriptFile } from '../../core/session.ts';
import { readFacts } from './transcript.ts';

/** More sub-agents than these are not asked what they wait for. */
const mostSubagents = 16;

/**
 * The call that a session waits with: its `own` or a sub-agent's (`<id>/subagents/agent-*.jsonl`, Claude Code 2.1.330),
 * whichever was written last before the registry said so. A sub-agent's running call has no result either.
 */
export function pendingCall(file: TranscriptFile, own: PendingCall | null, asking: Process): PendingCall | null {
  const until = asking.changedAt ?? Number.POSITIVE_INFINITY;
  // Of two in one millisecond it is not the session's own: that may be the one which started the sub-agent.
  const calls = [...callsOfSubagents(file), own].filter((call) => call !== null);
  const before = calls.filter((call) => call.at !== null && call.at <= until);
  return before.sort((a, b) => b.at! - a.at!)[0] ?? own;
}

function callsOfSubagents(file: TranscriptFile): (PendingCall | null)[] {
  if (!file.hasCompanion) return [];
  const folder = join(dirname(file.path), file.id, 'subagents');
  const names = orNull(() => readdirSync(folder)) ?? [];
  return names
    .filter((name) => /^agent-.*\.jsonl$/.test(name))
    .flatMap((name) => orNull(() => subagentFile(file, join(folder, name))) ?? [])
    .sort((a, b) => b.modifiedAt - a.modifiedAt)
    .slice(0, mostSubagents)
    .map((agent) => orNull(() => readFacts(agent, 'tail', null, true).pending));
}

function subagentFile(file: TranscriptFile, path: string): TranscriptFile {
  const { size, mtimeMs } = statSync(path);
  return { ...file, path, bytes: size, modifiedAt: mtimeMs };
}

/** Null where a file has gone or can't be read: it says nothing then, and nothing of its neighbours. */
function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
