import type { Json } from '../../core/json.ts';

/**
 * Why a turn failed, in words for people, from the synthetic record that says so: its `error`, `apiErrorStatus` and
 * sentence, and the `stop_reason` of its message (run with 2.1.145 to 2.1.332). Null where the wording isn't known.
 */
export function reasonOf(record: Json, stopReason: unknown, text: string): string | null {
  if (stopReason === 'refusal' || /safeguards flagged|Usage Policy/i.test(text)) return 'refused';
  if (/hit your .*limit|usage limit|limit reached/i.test(text)) {
    const resets = /resets (.+?\)|[^\u00b7|.]+)/.exec(text)?.[1]?.trim();
    return resets === undefined ? 'usage limit' : `usage limit, resets ${resets}`;
  }
  if (/^Prompt is too long/i.test(text)) return 'context limit';
  if (/^Invalid API key/i.test(text)) return 'invalid API key';
  const status = typeof record.apiErrorStatus === 'number' ? record.apiErrorStatus : statusIn(text);
  // 2.1.145 to 2.1.332 call it `server_error`, though `overloaded` is among their words.
  if (status === 529 || record.error === 'overloaded') return 'overloaded';
  switch (record.error) {
    case 'rate_limit':
      return 'rate limit';
    case 'authentication_failed':
    case 'oauth_org_not_allowed':
      return 'not logged in';
    case 'billing_error':
      return 'credit balance too low';
    case 'max_output_tokens':
      return 'output limit';
    case 'model_not_found':
      return 'model not found';
    default:
      return status === null ? null : `API error ${status}`;
  }
}

function statusIn(text: string): number | null {
  const found = /^API Error:.*?\b([45]\d\d)\b|^Repeated (\d{3})/.exec(text);
  return found === null ? null : Number(found[1] ?? found[2]);
}
