import type { World } from '../world.ts';
import type { Agent } from './agent.ts';
import { claude } from './claude/claude.ts';
import { claudeFolder } from './claude/paths.ts';

/** The agents whose sessions wt lists, with their folders: the one place that knows which there are. */
export function agentsOf({ env, home }: Pick<World, 'env' | 'home'>): Agent[] {
  const configDir = claudeFolder(env, home);
  const environment = env.CLAUDE_CONFIG_DIR ? { CLAUDE_CONFIG_DIR: configDir } : {};
  return [claude(configDir, env.WT_CLAUDE || 'claude', environment)];
}
