import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import type { Agent } from '../agent.ts';
import { readConversation } from './conversation.ts';
import { readFacts, recall } from './facts.ts';
import { idLength, idPattern, projectsFolder, wholeId } from './paths.ts';
import { readProcesses } from './processes.ts';
import { readSaid } from './said.ts';
import { keepsFor } from './settings.ts';

type Starting = Pick<Agent, 'program' | 'otherPlaces' | 'ifMissing' | 'environment'>;

/** Gemini CLI's own program, and where npm puts it for one user. */
export function geminiProgram(home: string): Pick<Agent, 'program' | 'otherPlaces' | 'ifMissing'> {
  return {
    program: 'gemini',
    otherPlaces: [join(home, '.npm-global', 'bin', 'gemini')],
    ifMissing: 'install Gemini CLI, or add its folder to PATH',
  };
}

/** Gemini CLI (0.61.0) with its folder; `starting` says how it is started, `titleOf` what a process's tmux pane shows. */
export function gemini(configDir: string, starting: Starting, titleOf: (pid: number) => string | null): Agent {
  return {
    name: 'gemini',
    title: 'Gemini CLI',
    configDir,
    transcripts: {
      root: projectsFolder(configDir),
      levels: 2,
      name: { length: 'session-'.length + idLength + '.jsonl'.length, pattern: `session-${idPattern}\\.jsonl` },
      idFrom: 'session-'.length,
      idLength,
    },
    ...starting,
    read: readFacts,
    recall: (kept) => recall(kept as Parameters<typeof recall>[0]),
    conversation: readConversation,
    said: readSaid,
    processes: (_now, programs) => readProcesses(configDir, programs, titleOf),
    // What it asks is on its screen and nowhere else.
    needs: () => 'asks: only its terminal shows what',
    argv: {
      resume(id) {
        const whole = wholeId(configDir, id);
        if (whole === null)
          throw new UserError(
            `the first line of session ${id.slice(-8)} is gone, and Gemini CLI itself can't find it either`,
          );
        return ['--resume', whole];
      },
      fork: () => null,
      attach: () => null,
      start: () => [],
    },
    archiving: {
      by: 'none',
      because: 'Gemini CLI has no archive, and deletes by itself what it takes for empty or old',
    },
    limits: [
      'which session a process shows is written nowhere: what was written since one began in its project is unknown',
      'what it does is known only where the title of its tmux pane says that it asks or works',
    ],
    unfamiliar: () => oldSessions(configDir),
    lostByEnding: () => 'if it is in a turn, the answer that is on its way',
    keepsFor: () => keepsFor(configDir),
  };
}

/** Sessions in the form of older versions, one JSON object a file, which wt doesn't read. */
function oldSessions(configDir: string): string[] {
  try {
    const names = readdirSync(projectsFolder(configDir), { recursive: true, encoding: 'utf8' });
    const count = names.filter((name) => /\/chats\/session-[^/]*\.json$/.test(name)).length;
    return count === 0 ? [] : [`${count} sessions of older versions (.json), which are not listed`];
  } catch {
    return [];
  }
}
