import type { Process } from '../../core/session.ts';
import { readProcesses } from '../../machine/proc.ts';

/**
 * Processes of Claude Code that no record speaks of: versions before 2.1.80 keep none, and some can't be read. The native program is called
 * `claude`; the older ones are a `cli.js` that node runs.
 */
export function strayProcesses(recorded: Process[]): { pid: number; cwd: string; startedAt: number }[] {
  const known = new Set(recorded.map((process) => process.pid));
  return readProcesses(
    ({ name, argv }) =>
      name === 'claude' || argv.slice(0, 3).some((word) => /(?:^|\/)claude$|claude-code\/cli\.m?js$/.test(word)),
  ).filter(({ pid }) => !known.has(pid));
}
