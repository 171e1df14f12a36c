import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { paneTitles } from '../machine/panes.ts';
import type { World } from '../world.ts';
import type { Agent } from './agent.ts';
import {
  type Accounts,
  type ClaudePlace,
  claudePlaces,
  foldersNamed,
  placeOfNew,
  readAccounts,
} from './claude/accounts.ts';
import { claude, claudeProgram } from './claude/claude.ts';
import { codex, codexProgram } from './codex/codex.ts';
import { codexFolder } from './codex/paths.ts';
import { copilot, copilotProgram } from './copilot/copilot.ts';
import { copilotFolder } from './copilot/files.ts';
import { gemini, geminiProgram } from './gemini/gemini.ts';
import { geminiFolder } from './gemini/paths.ts';
import { databasePath, opencodeFolder } from './opencode/database.ts';
import { opencode, opencodeProgram } from './opencode/opencode.ts';

/** How an agent is to be started, as the user or the agent itself says. */
type Starting = Pick<Agent, 'program' | 'otherPlaces' | 'ifMissing' | 'environment'>;

type Surroundings = Pick<World, 'env' | 'home'>;

/** The agents that wt knows, the usual one first: the one place that says which there are. */
const makers: Readonly<Record<string, (surroundings: Surroundings) => Agent>> = {
  claude: ({ env, home }) => claudeIn(placeOfNew(env, home), { env, home }),
  codex({ env, home }) {
    const configDir = codexFolder(env, home);
    const environment: Starting['environment'] = env.CODEX_HOME ? { CODEX_HOME: configDir } : {};
    return codex(configDir, startingOf('codex', { ...codexProgram, environment }, env));
  },
  copilot({ env, home }) {
    const configDir = copilotFolder(env, home);
    const environment: Starting['environment'] = env.COPILOT_HOME ? { COPILOT_HOME: configDir } : {};
    return copilot(configDir, startingOf('copilot', { ...copilotProgram(home), environment }, env));
  },
  opencode({ env, home }) {
    const configDir = opencodeFolder(env, home);
    const starting = startingOf('opencode', { ...opencodeProgram(home), environment: {} }, env);
    return opencode(configDir, databasePath(env, configDir), starting, paneTitles(env));
  },
  gemini({ env, home }) {
    const configDir = geminiFolder(env, home);
    const environment: Starting['environment'] = env.GEMINI_CLI_HOME ? { GEMINI_CLI_HOME: dirname(configDir) } : {};
    return gemini(configDir, startingOf('gemini', { ...geminiProgram(home), environment }, env), paneTitles(env));
  },
};

/** Agents of which the list may be of several folders. */
const inFolders: Readonly<Record<string, (surroundings: Surroundings) => Agent[]>> = {
  claude: ({ env, home }) => claudePlaces(env, home).map((place) => claudeIn(place, { env, home })),
};

function claudeIn(place: ClaudePlace, { env, home }: Surroundings): Agent {
  const { configDir, environment } = place;
  return claude(place, startingOf('claude', { ...claudeProgram(configDir, home), environment }, env));
}

/** The names of the agents that wt knows. */
export const agentNames: readonly string[] = Object.keys(makers);

/**
 * The agents whose sessions wt lists: those that `WT_AGENTS` names, as `claude,codex`; else the usual one, and of the
 * others each that has its folder here. One that isn't there costs one failed look.
 */
export function agentsOf({ env, home }: Surroundings): Agent[] {
  const named = namedAgents(env);
  const agents: Agent[] = [];
  for (const [place, name] of (named.length > 0 ? named : agentNames).entries()) {
    const those = inFolders[name]?.({ env, home }) ?? [makers[name]!({ env, home })];
    if (named.length > 0 || place === 0 || isThere(those[0]!.configDir)) agents.push(...those);
  }
  return agents;
}

/** The agent of that name that a new session is begun with, whether it has its folder here or not; null where wt knows none. */
export function agentNamed(name: string, { env, home }: Surroundings): Agent | null {
  return agentNames.includes(name) ? makers[name]!({ env, home }) : null;
}

/** The words of `WT_AGENTS` that name no agent. */
export function unknownAgents(env: World['env']): string[] {
  return wordsOfList(env).filter((name) => !agentNames.includes(name));
}

/** What `WT_CONFIG_DIRS` comes to; null where it names nothing. */
export function namedAccounts({ env, home }: Surroundings): Accounts | null {
  const named = foldersNamed(env, home);
  return named.length === 0 ? null : readAccounts(named, env, home);
}

/** The agents that `WT_AGENTS` names, each once. */
export function namedAgents(env: World['env']): string[] {
  return [...new Set(wordsOfList(env))].filter((name) => agentNames.includes(name));
}

function wordsOfList(env: World['env']): string[] {
  return (env.WT_AGENTS ?? '')
    .toLowerCase()
    .split(/[\s,:]+/)
    .filter(Boolean);
}

function isThere(folder: string): boolean {
  try {
    return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false;
  }
}

/** How an agent is started: `WT_CLAUDE` names another program that does it, on PATH or by a path; so for each agent. */
function startingOf(name: string, own: Starting, env: World['env']): Starting {
  const variable = `WT_${name.toUpperCase()}`;
  const named = env[variable];
  if (!named) return own;
  return {
    program: named.includes('/') ? resolve(named) : named,
    otherPlaces: [],
    ifMissing: `${variable} names it: name another program there, or unset it`,
    environment: own.environment,
  };
}
