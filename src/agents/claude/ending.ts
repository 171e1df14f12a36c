import type { Activity } from '../../core/session.ts';

const turn =
  'the turn in progress: what it is saying is not written yet, a command that runs is killed, and the prompt is not sent again';
const question = 'the question that waits: it is not asked again, but marked as interrupted';

/**
 * What SIGTERM costs a session of Claude Code 2.1.330, by what it does (run): the transcript is whole afterwards, but
 * no turn and no question goes on when it is resumed.
 */
export function lostByEnding(activity: Activity): string | null {
  switch (activity) {
    case 'needs-you':
      return question;
    case 'working':
      return turn;
    case 'in-turn':
    case 'unknown':
      return `if it is in a turn, ${turn}; if it asks something, ${question}`;
    case 'shell':
      return 'the command that runs in its background';
    default:
      return null;
  }
}
