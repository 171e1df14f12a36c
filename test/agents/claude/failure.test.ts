import { expect, test } from 'vitest';
import { reasonOf } from '../../../src/agents/claude/failure.ts';

// The texts and fields that Claude Code 2.1.330 and 2.1.197 were seen to write for failures of a made-up API.
test.each<[string, object, string | null]>([
  [
    "You've hit your 5-hour limit · resets 11:05pm (UTC)",
    { error: 'rate_limit', apiErrorStatus: 429 },
    'usage limit, resets 11:05pm (UTC)',
  ],
  [
    "You've hit your 5-hour limit · resets Nov 29, 11:05pm (UTC)",
    { error: 'rate_limit', apiErrorStatus: 429 },
    'usage limit, resets Nov 29, 11:05pm (UTC)',
  ],
  [
    "You've hit your session limit · resets 11:06pm (UTC)",
    { error: 'rate_limit', apiErrorStatus: 429 },
    'usage limit, resets 11:06pm (UTC)',
  ],
  ['API Error: Request rejected (429) · Too many requests', { error: 'rate_limit', apiErrorStatus: 429 }, 'rate limit'],
  ['Prompt is too long', { error: 'invalid_request', apiErrorStatus: 400 }, 'context limit'],
  [
    'Prompt is too long · automatic compaction failed: no room',
    { error: 'invalid_request', apiErrorStatus: 400 },
    'context limit',
  ],
  ['API Error: 400 The lab says no', { error: 'unknown', apiErrorStatus: 400 }, 'API error 400'],
  [
    'Invalid API key · Fix external API key',
    { error: 'authentication_failed', apiErrorStatus: 401 },
    'invalid API key',
  ],
  [
    'Please run /login · API Error: 401 OAuth token has expired',
    { error: 'authentication_failed', apiErrorStatus: 401 },
    'not logged in',
  ],
  ['Please run /login · API Error: 403 no', { error: 'authentication_failed', apiErrorStatus: 403 }, 'not logged in'],
  ['Credit balance is too low', { error: 'billing_error', apiErrorStatus: 400 }, 'credit balance too low'],
  [
    'API Error: 500 Internal server error. This is a server-side issue, usually temporary — try again in a moment.',
    { error: 'server_error', apiErrorStatus: 500 },
    'API error 500',
  ],
  [
    'API Error: 529 Overloaded. This is a server-side issue, usually temporary — try again in a moment.',
    { error: 'server_error', apiErrorStatus: 529 },
    'overloaded',
  ],
  ['API Error: Repeated 529 Overloaded errors. The API is at capacity.', { error: 'server_error' }, 'overloaded'],
  [
    "API Error: Opus 5.5's safeguards flagged this message (https://www.anthropic.com/legal/aup). Try rephrasing.",
    { error: 'invalid_request', stop: 'refusal' },
    'refused',
  ],
  [
    'API Error: Claude Code is unable to respond to this request, which appears to violate our Usage Policy (https://x).',
    {},
    'refused',
  ],
  [
    "API Error: Claude's response exceeded the 128000 output token maximum. Set CLAUDE_CODE_MAX_OUTPUT_TOKENS.",
    { error: 'max_output_tokens' },
    'output limit',
  ],
  ['Something else', {}, null],
  ['', {}, null],
])('%s', (text, fields, reason) => {
  const { stop, ...record } = fields as { stop?: string };
  expect(reasonOf(record, stop, text)).toBe(reason);
});
