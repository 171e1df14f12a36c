import { expect, test } from 'vitest';
import { cells } from '../../src/core/text.ts';
import type { HostRow } from '../../src/hosts/view.ts';
import { renderHosts } from '../../src/hosts/view.ts';
import { unpainted } from '../../src/view/look.ts';
import { now, session } from '../support/sessions.ts';

const look = { now, columns: 90, utf8: true, paint: unpainted };
const live = { state: 'live', lastActivityAt: now - 16_000 } as const;
const sessions = [
  session(1, { ...live, activity: 'needs-you', needs: 'approve Bash: docker compose down' }),
  session(2, { ...live, activity: 'working', cwd: '/srv/漢字' }),
  session(3, { state: 'waiting' }),
];
const counts = { needsYou: 1, live: 2, waiting: 1, idle: 40, unknown: 0 };
const none = { needsYou: 0, live: 0, waiting: 0, idle: 4, unknown: 0 };
const at = now - 3 * 60_000;
const rows: HostRow[] = [
  { label: 'nas', state: 'answered', why: '', answer: { at: now, counts, sessions } },
  { label: 'quiet', state: 'answered', why: '', answer: { at: now, counts: none, sessions: [] } },
  { label: 'slow', state: 'asking', why: '', answer: null },
  { label: 'old', state: 'asking', why: '', answer: { at, counts: none, sessions: [] } },
  { label: 'root@büro', state: 'unreachable', why: 'no answer in time', answer: null },
  {
    label: 'far',
    state: 'unreachable',
    why: 'connection refused',
    answer: { at, counts, sessions: sessions.slice(0, 1) },
  },
  { label: 'locked', state: 'key-refused', why: 'it refuses the key', answer: null },
  { label: 'bare', state: 'no-wt', why: 'there is no wt on its PATH or in ~/.local/bin', answer: null },
  { label: 'new', state: 'newer', why: 'its wt is newer than this one: update wt here', answer: null },
];
const isLive = (answer: { sessions: typeof sessions }) => answer.sessions.filter(({ state }) => state === 'live');

test('a line a box, and its sessions below it, numbered each for itself', () => {
  expect(`\n${renderHosts(rows, look, isLive).join('\n')}\n`).toMatchInlineSnapshot(`
    "
      nas        1 needs you · 1 other live · 1 waiting
     1) !    16s  api           Title 1 — approve Bash: docker compose down
     2) ●    16s  漢字          Title 2
      quiet      nothing live or waiting
      slow       asking
      old        asking; 3m ago: nothing live or waiting
      root@büro  unreachable: no answer in time
      far        unreachable: connection refused; 3m ago: 1 needs you · 1 other live · 1 wait…
     1) !    16s  api           Title 1 — approve Bash: docker compose down
      ... and 1 more
      locked     it refuses the key
      bare       there is no wt on its PATH or in ~/.local/bin
      new        its wt is newer than this one: update wt here
      to go there: wt nas:1
    "
  `);
});

test('without UTF-8', () => {
  const lines = renderHosts(rows.slice(0, 5), { ...look, utf8: false }, isLive);
  expect(lines.join('')).toMatch(/^[ -~]*$/);
});

test('no line is wider than the terminal', () => {
  for (let columns = 1; columns < 140; columns += 3)
    for (const line of renderHosts(rows, { ...look, columns }, isLive))
      expect(cells(line)).toBeLessThanOrEqual(columns);
});

test('no boxes are no lines', () => {
  expect(renderHosts([], look, isLive)).toEqual([]);
});
