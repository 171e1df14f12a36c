import { join } from 'node:path';
import type { Agent } from '../agent.ts';
import type { ClaudePlace } from './accounts.ts';
import { putAwayAt, titleBeside } from './beside.ts';
import { readConversation } from './conversation.ts';
import { lostByEnding } from './ending.ts';
import { type Findings, factsFrom } from './facts.ts';
import { exitsIn } from './history.ts';
import { jobIds, readJob } from './jobs.ts';
import { idLength, idPattern, projectSlug, projectsFolder } from './paths.ts';
import { pendingCall } from './pending.ts';
import { readRegistry } from './registry.ts';
import { renameSession } from './rename.ts';
import { readSaid } from './said.ts';
import { keepsFor, readSettings, type Settings } from './settings.ts';
import { needsInWords } from './status.ts';
import { strayProcesses } from './strays.ts';
import { readFacts } from './transcript.ts';
import { unfamiliarTypes } from './unfamiliar.ts';

type Program = Pick<Agent, 'program' | 'otherPlaces' | 'ifMissing'>;
type Starting = Program & Pick<Agent, 'environment'>;

/** Claude Code's own program, and where its installers put it: the native one, and the local one of npm (1.0 to 2.1). */
export function claudeProgram(configDir: string, home: string): Program {
  const folders = [join(home, '.local', 'bin'), join(home, '.claude', 'local'), join(configDir, 'local')];
  return {
    program: 'claude',
    otherPlaces: [...new Set(folders)].map((folder) => join(folder, 'claude')),
    ifMissing: 'install Claude Code, or add its folder to PATH',
  };
}

/** Claude Code (1.0 to 2.1.332) with one of its folders, and how it is started. */
export function claude({ configDir, account, archiveFolders, isCopied }: ClaudePlace, starting: Starting): Agent {
  let jobs: ReadonlySet<string> | undefined;
  let exits: ReadonlyMap<string, number> | undefined;
  let strays: ReturnType<typeof strayProcesses> | undefined;
  let settings: Settings | undefined;
  const root = projectsFolder(configDir);
  return {
    name: 'claude',
    title: 'Claude Code',
    configDir,
    account,
    transcripts: {
      root,
      levels: 1,
      name: { length: idLength + '.jsonl'.length, pattern: `${idPattern}\\.jsonl` },
      idFrom: 0,
      idLength,
    },
    ...starting,
    read: (file, depth, kept) => readFacts(file, depth, kept as Findings | null),
    conversation: readConversation,
    said: readSaid,
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
    belongsTo: (folder, directory) => folder === projectSlug(directory),
    lostByEnding,
    processes(now) {
      const registry = readRegistry(configDir, now);
      if (isCopied !== undefined) registry.processes = registry.processes.filter((process) => !isCopied(process));
      return registry;
    },
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
    archiving: { by: 'moving', root, folders: archiveFolders },
    limits: [],
    rename: renameSession,
    keepsFor(cwd) {
      settings ??= readSettings(configDir);
      return keepsFor(settings, cwd);
    },
    unfamiliar: (newest) => unfamiliarTypes(newest.map((file) => file.path)),
  };
}
