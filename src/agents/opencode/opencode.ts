import { join } from 'node:path';
import type { PendingCall } from '../../core/session.ts';
import type { Agent } from '../agent.ts';
import { readConversation } from './conversation.ts';
import { canRead } from './database.ts';
import { readFacts, recall, titleMadeOf } from './facts.ts';
import { activityOf, readProcesses } from './processes.ts';
import { readSessions, type StoredSession } from './sessions.ts';

type Starting = Pick<Agent, 'program' | 'otherPlaces' | 'ifMissing' | 'environment'>;

/** OpenCode's own program, and where its installer puts it. */
export function opencodeProgram(home: string): Pick<Agent, 'program' | 'otherPlaces' | 'ifMissing'> {
  return {
    program: 'opencode',
    otherPlaces: [join(home, '.opencode', 'bin', 'opencode')],
    ifMissing: 'install OpenCode, or add its folder to PATH',
  };
}

/**
 * OpenCode (1.18.33) with its folder and its database; `starting` says how it is started, `titleOf` what a process's tmux
 * pane shows.
 */
export function opencode(
  configDir: string,
  database: string,
  starting: Starting,
  titleOf: (pid: number) => string | null,
): Agent {
  let known: ReadonlyMap<string, StoredSession> | undefined;
  let fault: string | null = null;
  /** Read once for the list and for the processes, which are looked up together. */
  const sessions = (): ReadonlyMap<string, StoredSession> => {
    try {
      known ??= new Map(readSessions(database).map((one) => [one.file.id, one]));
    } catch {
      known = new Map();
      fault = database;
    }
    return known;
  };
  return {
    name: 'opencode',
    title: 'OpenCode',
    configDir,
    transcripts: {
      find(skipped) {
        const files = Array.from(sessions().values(), ({ file }) => file);
        if (fault !== null) skipped.push(fault);
        return files;
      },
    },
    ...starting,
    read: readFacts,
    recall: (kept) => recall(kept as Parameters<typeof recall>[0]),
    conversation: readConversation,
    processes: (_now, programs) => readProcesses(database, programs, () => [...sessions().values()], titleOf),
    activityOf,
    needs: (_process, _file, facts) => needsInWords(facts?.pending ?? null),
    argv: {
      resume: (id) => ['--session', id],
      fork: (id) => ['--session', id, '--fork'],
      attach: () => null,
      start: () => [],
    },
    archiving: { by: 'none', because: 'OpenCode keeps its sessions in one database, and its program archives none' },
    limits: canRead
      ? ['which session a process shows is said only by the title of its tmux pane: else it is unknown']
      : ["its database can't be read by the Node build of wt: the native build lists its sessions"],
    // A new title changes neither times nor parts.
    titleBeside: ({ id }) => titleMadeOf(sessions().get(id)?.title ?? null),
    putAwayAt: ({ id }) => sessions().get(id)?.archivedAt ?? null,
    lostByEnding: (activity) => (activity === 'ready' ? null : 'what it does or asks right now: it is not done again'),
  };
}

function needsInWords(call: PendingCall | null): string {
  if (call === null) return 'your attention';
  const { tool, about } = call;
  if (tool === 'question') return about === '' ? 'asks a question' : `asks: ${about}`;
  return about === '' ? `approve ${tool}` : `approve ${tool}: ${about}`;
}
