import { readLinesBackward } from '../../machine/lines.ts';
import { withRegularFile } from '../../machine/regular-file.ts';

/** The record types that Claude Code 1.0 to 2.1.332 was seen to write, or is known to have in its program. */
const familiar = new Set(
  `user assistant system attachment summary last-prompt ai-title custom-title agent-name mode permission-mode
  atis-latch cost-state file-history-snapshot file-history-delta queue-operation api-request api-request-shape
  api-request-blob tools-used worktree-state relocated continued-in tag pr-link agent-color agent-setting
  bridge-session frame-link session-owner ended-by-model content-replacement derived-from repl-mode progress
  artifact-comment-monitor artifact-autoreact-ledger history-suppression attribution-snapshot isolation-latch dev-mods
  memory-mode data-flow-records data-flow-incomplete data-flow-handover api-request-resumed fork-context-ref
  observer-ref resume-head-vouch host-row hybrid-organization`.split(/\s+/),
);

const tail = 256 << 10;

/** The record types in the last part of these transcripts that wt has never heard of, as `record <type>`. */
export function unfamiliarTypes(paths: string[]): string[] {
  const found = new Set<string>();
  for (const path of paths) {
    try {
      withRegularFile(path, (file) => {
        readLinesBackward(file, Math.max(0, file.size - tail), {
          take(line) {
            const type = /^\{"type":\s*"([^"]{1,40})"/.exec(line.start(80))?.[1];
            if (type !== undefined && !familiar.has(type)) found.add(`record ${type}`);
            return true;
          },
        });
      });
    } catch {
      // What can't be read is named elsewhere.
    }
  }
  return [...found];
}
