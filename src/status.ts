import { clean } from './core/text.ts';
import { ClosedPipe, complain } from './edge/output.ts';
import { Cancelled, UsageError, UserError } from './errors.ts';
import { mark } from './system/trace.ts';

/** The exit status of a piece of work; the only place where an error becomes words. */
export async function statusOf(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    return tellError(error);
  }
}

function tellError(error: unknown): number {
  if (error instanceof ClosedPipe) return 0;
  if (error instanceof Cancelled) return 130;
  try {
    if (error instanceof UserError) {
      complain(`wt: ${clean(error.message)}\n${error instanceof UsageError ? `usage: ${error.usage}\n` : ''}`);
      return error.status;
    }
    complain(`wt: unexpected: ${clean(String(error))}; WT_TRACE=1 shows where\n`);
    if (error instanceof Error) mark(clean(error.stack ?? ''));
  } catch {
    // Nobody reads standard error either.
  }
  return 1;
}
