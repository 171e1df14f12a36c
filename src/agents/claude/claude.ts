import type { Agent } from '../agent.ts';
import { putAwayAt, titleBeside } from './beside.ts';
import { readConversation } from './conversation.ts';
import { type Findings, factsFrom } from './facts.ts';
import { exitsIn } from './history.ts';
import { jobIds, readJob } from './jobs.ts';
import { idLength, idPattern, projectsFolder } from './paths.ts';
import { pendingCall } from './pending.ts';
import { readRegistry } from './registry.ts';
import { keepsFor } from './settings.ts';
import { needsInWords } from './status.ts';
import { strayProcesses } from './strays.ts';
import { readFacts } from './transcript.ts';
import { unfamiliarTypes } from './unfamiliar.ts';

/**
 * Claude Code (1.0 to 2.1.332) with its folder. `program` starts it, and is looked up on PATH; `environment` is what it
 * must be told besides.
 */
export function claude(configDir: string, program: string, environment: Agent['environment']): Agent {
  let jobs: ReadonlySet<string> | undefined;
  let exits: ReadonlyMap<string, number> | undefined;
  let strays: ReturnType<Agent['strays']> | undefined;
  return {
    name: 'claude',
    configDir,
    files: {
      root: projectsFolder(configDir),
      name: { length: idLength + '.jsonl'.length, pattern: `${idPattern}\\.jsonl` },
      idFrom: 0,
      idLength,
    },
    program,
    environment,
    read: (file, depth, kept) => readFacts(file, depth, kept as Findings | null),
    conversation: readConversation,
    recall: (kept) => factsFrom(kept as Findings),
    titleBeside,
    putAwayAt,
    leftAt(id) {
      exits ??= exitsIn(configDir);
      return exits.get(id) ?? null;
    },
    failureOf(id) {
      jobs ??= jobIds(configDir);
      const jobId = id.slice(0, 8);
      const ended = jobs.has(jobId) ? readJob(configDir, jobId, id)?.ended : null;
      return ended === 'failed' || ended === 'crashed' ? `the background job ${ended}` : null;
    },
    strays({ processes }) {
      strays ??= strayProcesses(processes);
      return strays;
    },
    processes: (now) => readRegistry(configDir, now),
    needs(process, file, facts) {
      const call = file === null ? null : pendingCall(file, facts?.pending ?? null, process);
      return needsInWords(process, call);
    },
    argv: {
      resume: (id) => ['--resume', id],
      fork: (id) => ['--resume', id, '--fork-session'],
      // A background session is known by its job, not by its id (2.1.330).
      attach: (word) => ['attach', word],
      start: () => [],
    },
    unarchivable: null,
    keepsFor: (cwd) => keepsFor(configDir, cwd),
    unfamiliar: (newest) => unfamiliarTypes(newest.map((file) => file.path)),
  };
}
