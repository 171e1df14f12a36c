import { resolve } from 'node:path';
import type { World } from '../world.ts';
import type { Agent } from './agent.ts';
import { claude, claudeProgram } from './claude/claude.ts';
import { claudeFolder } from './claude/paths.ts';

/** The agents whose sessions wt lists, with their folders: the one place that knows which there are. */
export function agentsOf({ env, home }: Pick<World, 'env' | 'home'>): Agent[] {
  const configDir = claudeFolder(env, home);
  const environment = env.CLAUDE_CONFIG_DIR ? { CLAUDE_CONFIG_DIR: configDir } : {};
  const program = env.WT_CLAUDE ? launcher(env.WT_CLAUDE) : claudeProgram(configDir, home);
  return [claude(configDir, program, environment)];
}

/** Another program that starts an agent, as its user names it: a name on PATH, or a path. */
function launcher(named: string): Pick<Agent, 'program' | 'otherPlaces' | 'ifMissing'> {
  return {
    program: named.includes('/') ? resolve(named) : named,
    otherPlaces: [],
    ifMissing: 'WT_CLAUDE names it: name another program there, or unset it',
  };
}
