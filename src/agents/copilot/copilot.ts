import { dirname, join } from 'node:path';
import type { PendingCall } from '../../core/session.ts';
import type { Agent } from '../agent.ts';
import { readConversation } from './conversation.ts';
import { questionTool } from './events.ts';
import { readFacts, recall } from './facts.ts';
import { findSessions } from './files.ts';
import { activityOf, readProcesses } from './processes.ts';
import { readSaid } from './said.ts';
import { readWorkspace } from './workspace.ts';

type Starting = Pick<Agent, 'program' | 'otherPlaces' | 'ifMissing' | 'environment'>;

/** Copilot's own program, and where its installer puts it. */
export function copilotProgram(home: string): Pick<Agent, 'program' | 'otherPlaces' | 'ifMissing'> {
  return {
    program: 'copilot',
    otherPlaces: [join(home, '.local', 'bin', 'copilot')],
    ifMissing: 'install GitHub Copilot CLI, or add its folder to PATH',
  };
}

/** GitHub Copilot CLI (1.0.102) with its folder; `starting` says how it is started. */
export function copilot(configDir: string, starting: Starting): Agent {
  return {
    name: 'copilot',
    title: 'Copilot CLI',
    configDir,
    transcripts: { find: (skipped) => findSessions(configDir, skipped) },
    ...starting,
    read: readFacts,
    recall: (kept) => recall(kept as Parameters<typeof recall>[0]),
    conversation: readConversation,
    said: readSaid,
    processes: (now, programs) => readProcesses(configDir, programs, now),
    activityOf,
    needs: (_process, _file, facts) => needsInWords(facts?.pending ?? null),
    argv: {
      // As one word: behind a blank, Copilot would take an id that is missing for a prompt of its own.
      resume: (id) => [`--resume=${id}`],
      fork: () => null,
      attach: () => null,
      start: () => [],
    },
    archiving: { by: 'none', because: 'Copilot has no archive, and goes on listing a folder that was moved' },
    limits: [
      'a session that was resumed and told nothing yet leaves no trace of its process: it is unknown until the first prompt',
    ],
    titleBeside({ path }) {
      const { name, isNamedByUser } = readWorkspace(dirname(path));
      return name === null ? null : { text: name, source: isNamedByUser ? 'custom' : 'name' };
    },
    lostByEnding: (activity) =>
      activity === 'ready' ? null : 'what it does or asks right now: that is marked as interrupted and not done again',
  };
}

function needsInWords(call: PendingCall | null): string {
  if (call === null) return 'your attention';
  const { tool, about } = call;
  if (tool === questionTool) return about === '' ? 'asks a question' : `asks: ${about}`;
  return about === '' ? `approve ${tool}` : `approve ${tool}: ${about}`;
}
