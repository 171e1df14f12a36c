import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Facts } from '../../core/facts.ts';
import type { Activity, PendingCall, Process, TranscriptFile } from '../../core/session.ts';
import { beganAt } from '../../machine/proc.ts';
import type { Agent, FileFinder } from '../agent.ts';
import { readConversation } from './conversation.ts';
import { askDaemon } from './daemon.ts';
import { idOfRollout, rollouts } from './paths.ts';
import { readProcesses } from './processes.ts';
import { readSaid } from './said.ts';
import { threadNames } from './titles.ts';
import { type Findings, factsFrom, readRollout } from './transcript.ts';

type Starting = Pick<Agent, 'program' | 'otherPlaces' | 'ifMissing' | 'environment'>;

/** Codex's own program (npm, brew, and the releases put it on PATH). */
export const codexProgram: Omit<Starting, 'environment'> = {
  program: 'codex',
  otherPlaces: [],
  ifMissing: 'install Codex, or add its folder to PATH',
};

/** Codex (0.100 to 0.171) with its folder, and how it is started. */
export function codex(configDir: string, starting: Starting): Agent {
  let names: Map<string, string> | undefined;
  return {
    name: 'codex',
    title: 'Codex',
    configDir,
    transcripts: rollouts(configDir),
    ...starting,
    read: readRollout,
    recall: (kept) => factsFrom(kept as Findings),
    conversation: readConversation,
    said: readSaid,
    titleBeside({ id }) {
      names ??= threadNames(configDir);
      const text = names.get(id);
      return text ? { text, source: 'name' } : null;
    },
    processes: (now, programs) => readProcesses(configDir, programs, now),
    ask: (processes, patience) => askDaemon(configDir, processes, patience),
    activityOf,
    needs: (process, _file, facts) => needsInWords(process, facts?.pending ?? null),
    argv: {
      resume: (id) => ['resume', id],
      fork: (id) => ['fork', id],
      // A thread of the background server is joined by what elsewhere resumes one (0.171).
      attach: (id) => ['resume', id],
      start: () => [],
    },
    // Started elsewhere it asks which directory is meant.
    attachesInDirectory: true,
    archiving: {
      // A fork has no copy of what was said before it, and the database keeps the path: a rollout is never moved by hand.
      by: 'command',
      archive: (id) => ['archive', id],
      restore: (id) => ['unarchive', id],
      archived: archivedRollouts(configDir),
    },
    limits: [
      'a thread that asks is told from one that works only where the background server holds it (0.171): else it is in turn',
    ],
    unfamiliar: () => compressedRollouts(configDir),
    lostByEnding: (activity) =>
      activity === 'ready' || activity === 'suspended' ? null : 'the turn in progress, if there is one',
  };
}

/** Rollouts that were compressed, which wt doesn't read: an option of 0.171 that is off unless a user turns it on. */
function compressedRollouts(configDir: string): string[] {
  try {
    const names = readdirSync(join(configDir, 'sessions'), { recursive: true, encoding: 'utf8' });
    const count = names.filter((name) => name.endsWith('.jsonl.zst')).length;
    return count === 0 ? [] : [`${count} compressed rollouts (.jsonl.zst), which are not listed`];
  } catch {
    return [];
  }
}

/** `archived_sessions/`, where the program puts what it archives (0.171), all in one folder. */
function archivedRollouts(configDir: string): FileFinder {
  const folder = 'archived_sessions';
  return {
    find(skipped) {
      const root = join(configDir, folder);
      try {
        return readdirSync(root).flatMap((name): TranscriptFile[] => {
          const [id, path] = [idOfRollout(name), join(root, name)];
          const stat = id === null ? undefined : lstatSync(path, { throwIfNoEntry: false });
          if (id === null || !stat?.isFile()) return [];
          const { size, mtimeMs, ino } = stat;
          return [{ id, folder, path, bytes: size, modifiedAt: mtimeMs, inode: ino, hasCompanion: false }];
        });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') skipped.push(root);
        return [];
      }
    },
  };
}

/** Clocks of the kernel and of a process may differ by so many milliseconds. */
const grain = 1000;

/**
 * What a process does, by its background server where it told, else by the rollout: after kill -9 a turn stays open there
 * for ever, so it counts only if it began in this process; and only who has a call to run may be asking.
 */
function activityOf(process: Process, facts: Facts | null): Activity {
  if (process.activity !== 'unknown') return process.activity;
  if (facts === null) return 'ready';
  const { turnBeganAt, asks } = facts.kept as Findings;
  const how = facts.lastTurn?.how;
  if (how !== 'asking' && how !== 'working') return 'ready';
  if (turnBeganAt !== null && turnBeganAt < beganAt(process.startTime ?? '0') - grain) return 'ready';
  return how === 'asking' && asks ? 'in-turn' : 'working';
}

function needsInWords({ waitingFor }: Process, call: PendingCall | null): string {
  const isAnswer = waitingFor?.startsWith('answer');
  if (call === null || waitingFor?.endsWith('sub-agent'))
    return isAnswer ? `an ${waitingFor}` : (waitingFor ?? 'your attention');
  return isAnswer ? call.about : `approve ${call.tool}: ${call.about}`;
}
