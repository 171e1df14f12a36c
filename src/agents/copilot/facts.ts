import { dirname } from 'node:path';
import { type Depth, type Facts, saying } from '../../core/facts.ts';
import { objectIn, string } from '../../core/json.ts';
import type { TranscriptFile } from '../../core/session.ts';
import { type Line, readLinesBackward, readLinesForward } from '../../machine/lines.ts';
import { type OpenFile, withRegularFile } from '../../machine/regular-file.ts';
import { answerOf, type CopilotEvent, eventOf, LastTurn, promptOf } from './events.ts';
import { readWorkspace } from './workspace.ts';

/** A login's search for the last prompt ends here, in bytes from the end; who wants all reads a file up to this size. */
const mostForLogin = 4 << 20;
const mostForAll = 128 << 20;
/** The first prompt stands behind one line of system text (22 to 25 KB) at the most. */
const headWindow = 256 << 10;

/** What is kept of a session: its facts, for they are read again whole. */
type Kept = Omit<Facts, 'kept'>;

/** Reads a session's events. Throws when they can't be read. */
export function readFacts(file: TranscriptFile, depth: Depth): Facts {
  return withRegularFile(file.path, (open) => {
    const most = depth === 'full' ? mostForAll : mostForLogin;
    const last = new LastTurn();
    const { events, earlierAnswer } = endOf(open, most);
    for (const event of events) last.take(event);
    const { firstPrompt, cwd, branch, isProgram } = beginning(open);
    const workspace = readWorkspace(dirname(file.path));
    const { turn, pending, lastPrompt, lastAnswer, lastActivityAt } = last;
    return recall({
      size: open.size,
      complete: depth === 'full',
      title: firstPrompt === null ? null : { text: firstPrompt, source: 'first-prompt' },
      firstPrompt,
      lastPrompt: lastPrompt ?? firstPrompt,
      lastAnswer: lastAnswer ?? (earlierAnswer === null ? null : saying(earlierAnswer)),
      directories: [workspace.cwd ?? cwd].filter((path) => path !== null),
      otherDirectories: [],
      branch: workspace.branch ?? branch,
      lastActivityAt,
      lastTurn: turn,
      pending,
      forkedFrom: null,
      continuedIn: null,
      hasTalk: firstPrompt !== null || lastPrompt !== null,
      isPart: false,
      headless: isProgram,
      // Its program is ended in order by a lost line too: `session.shutdown` says nothing of its user.
      leftByUser: false,
      untracked: false,
    });
  });
}

/** The facts that were read before. */
export function recall(kept: Kept): Facts {
  return { ...kept, kept };
}

/**
 * The events from the last prompt on, in their order, and the last answer before it; where no prompt is found within `most`
 * bytes, all that were.
 */
function endOf(open: OpenFile, most: number): { events: CopilotEvent[]; earlierAnswer: string | null } {
  const events: CopilotEvent[] = [];
  let hasPrompt = false;
  let hasAnswer = false;
  let earlierAnswer: string | null = null;
  const take = (line: Line): boolean => {
    const event = isWanted(line) ? eventOf(line.text()) : null;
    if (event === null) return true;
    const answer = answerOf(event);
    if (!hasPrompt) {
      events.push(event);
      hasPrompt = promptOf(event) !== null;
      hasAnswer ||= answer !== null;
    } else earlierAnswer = answer;
    return !hasPrompt || !(hasAnswer || earlierAnswer !== null);
  };
  readLinesBackward(open, Math.max(0, open.size - most), { take }, () => false);
  return { events: events.reverse(), earlierAnswer };
}

/** Copilot writes the type first; of a line that begins otherwise all is read. */
function isWanted(line: Line): boolean {
  const [, type] = /^\{"type":"([a-z_.]+)"/.exec(line.start(60)) ?? [];
  return type === undefined || !/^(?:system\.message|session\.usage_record|hook\.)/.test(type);
}

/** What the beginning tells: where it was begun, by whom, and with what. */
function beginning(open: OpenFile): {
  firstPrompt: string | null;
  cwd: string | null;
  branch: string | null;
  isProgram: boolean;
} {
  const found = { firstPrompt: null as string | null, cwd: null as string | null, branch: null as string | null };
  let isProgram = false;
  readLinesForward(open, 0, headWindow, {
    take(line) {
      const event = eventOf(line.text());
      if (event === null || event.isSubagents) return true;
      if (event.type === 'session.start') {
        const context = objectIn(event.data.context);
        found.cwd = string(context.cwd);
        found.branch = string(context.branch);
      }
      found.firstPrompt ??= saying(promptOf(event) ?? '') || null;
      if (event.type !== 'system.message') return true;
      // Nowhere else does it stand that nobody sits before it (`copilot -p`).
      isProgram = string(event.data.content)?.slice(0, 1000).includes('running in non-interactive mode') ?? false;
      return false;
    },
  });
  return { ...found, isProgram };
}
