import type { Json } from './prompt.ts';

/**
 * Why a turn failed, in words for people, from the synthetic record that says so (Claude Code 2.1.330: `error`,
 * `apiErrorStatus`, and a sentence). Null where the wording isn't known.
 */
export function reasonOf(record: Json, text: string): string | null {
  const kind = typeof record.error === 'string' ? record.error : '';
  const limit = /limit/i.test(text) && /(?:usage|session|weekly|5-hour|hit your|reached)/i.test(text);
  if (kind === 'rate_limit' || limit) {
    const resets = /(?:resets|automatically at|try again at)\s+([^.·|]+?)\s*(?:[.·|(]|$)/i.exec(text)?.[1];
    return limit || resets !== undefined
      ? `usage limit${resets === undefined ? '' : `, resets ${resets}`}`
      : 'rate limit';
  }
  if (/prompt is too long|context (?:window|limit)|maximum context length/i.test(text)) return 'context limit';
  if (/refus/i.test(kind) || /usage polic/i.test(text)) return 'refused';
  if (/invalid api key|authentication|login|401/i.test(`${kind} ${text}`)) return 'not logged in';
  const status =
    typeof record.apiErrorStatus === 'number' ? record.apiErrorStatus : /\bAPI Error:?\s*\(?(\d{3})/.exec(text)?.[1];
  return status === undefined ? null : `API error ${status}`;
}
