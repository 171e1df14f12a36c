import { writeSync } from 'node:fs';

const wanted = Boolean(process.env.WT_TRACE);
let last = 0;

/**
 * Ends a stage of the work: with WT_TRACE set, says on standard error how many milliseconds it took, and how many the
 * process has lived.
 */
export function mark(stage: string): void {
  if (!wanted) return;
  const now = performance.now();
  try {
    const line = `${(now - last).toFixed(2).padStart(8)} ms  ${now.toFixed(2).padStart(8)} ms  ${stage}\n`;
    writeSync(2, line);
  } catch {
    // Nobody reads it.
  }
  last = now;
}
