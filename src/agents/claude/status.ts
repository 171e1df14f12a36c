import type { Activity, PendingCall, Process } from '../../core/session.ts';
import type { Job } from './jobs.ts';

/** The registry's words for what a process does (Claude Code 2.1.119 to 2.1.332). */
const familiar = ['busy', 'idle', 'waiting', 'shell'];

/** Whether a status word is one that wt knows. */
export function isFamiliar(status: string): boolean {
  return familiar.includes(status);
}

/** What a process does, as its record says; a job's own state stands above it, for the registry calls a question idle. */
export function activityOf(
  status: string | null,
  waitingFor: string | null,
  suspended: boolean,
  job: Job | null,
): Activity {
  if (suspended) return 'suspended';
  switch (status) {
    case 'busy':
      return 'working';
    case 'shell':
      return 'shell';
    case 'idle':
      return job?.asks ? 'needs-you' : 'ready';
    case 'waiting':
      return waitingFor === 'dialog open' ? 'dialog' : 'needs-you';
    default:
      return 'unknown';
  }
}

/** Whether the reason that a process waits with is a call in its transcript (`approve Bash` up to 2.1.142). */
function answersCall(reason: string | null): boolean {
  return reason === 'permission prompt' || reason === 'input needed' || (reason?.startsWith('approve ') ?? false);
}

/** What a process needs, in words; `call` is the one that has no result yet. */
export function needsInWords(process: Process, call: PendingCall | null): string {
  const { waitingFor, needs } = process;
  if (call !== null && answersCall(waitingFor)) return callInWords(call, waitingFor);
  return needs ?? waitingFor ?? 'your attention';
}

function callInWords({ tool, about }: PendingCall, reason: string | null): string {
  if (tool === 'AskUserQuestion') return about === '' ? 'asks a question' : `asks: ${about}`;
  const verb = reason === 'input needed' ? 'input for' : 'approve';
  if (tool === 'ExitPlanMode') return about === '' ? `${verb} the plan` : `${verb} plan: ${about}`;
  return about === '' ? `${verb} ${tool}` : `${verb} ${tool}: ${about}`;
}
