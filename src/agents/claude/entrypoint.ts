/** Entrypoints other than `sdk-*` behind which sits a program (Claude Code 2.1.330, read in its bundle). */
const programs = new Set(['bench', 'claude-code-github-action', 'remote_trigger', 'remote_cowork_trigger']);

/** Whether an entrypoint is a program's: `sdk-cli` (that is `-p`), `sdk-ts`, `sdk-py`, an action, a trigger. */
export function isProgram(entrypoint: string | null): boolean {
  return entrypoint !== null && (entrypoint.startsWith('sdk-') || programs.has(entrypoint));
}
