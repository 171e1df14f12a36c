import { describe, expect, test } from 'vitest';
import { cells } from '../../src/core/text.ts';
import { renderHeader, tally, timeInWords } from '../../src/view/header.ts';
import { type Look, unpainted } from '../../src/view/look.ts';
import { live, now, session } from '../support/sessions.ts';

const look = (columns: number, utf8 = true): Look => ({ now, columns, utf8, paint: unpainted });

const all = [
  live(1, 'needs-you'),
  live(2, 'working'),
  live(3, 'in-turn'),
  live(4, 'ready', { seen: false }),
  live(5, 'shell'),
  live(6, 'unknown'),
  session(7, { state: 'waiting' }),
  session(8, { state: 'waiting', cutOff: true }),
  session(9, { state: 'waiting', seen: false }),
  session(10, { state: 'waiting', lastTurn: { by: 'agent', how: 'failed', reason: null }, seen: false }),
  session(11, { state: 'unknown' }),
  session(12),
];

describe('renderHeader', () => {
  test('each session that somebody may come back to is counted once', () => {
    const counts = tally(all);
    expect([...counts.values()].reduce((sum, n) => sum + n, 0)).toBe(all.length - 1);
    expect(renderHeader(counts, look(200))).toBe(
      '  watchtower · 1 needs you · 2 working · 1 shell · 1 ready · 1 live · 1 unknown · 1 finished · 1 failed · 1 cut off · 1 waiting',
    );
    expect(renderHeader(counts, look(60, false))).toBe('  watchtower - 1 needs you - 2 working - 1 shell ...');
  });

  test('with nothing to say it says so', () => {
    expect(renderHeader(tally([session(1)]), look(80))).toBe('  watchtower · nothing live or waiting');
  });

  test('what happened since the last visit stands on the right, where there is room', () => {
    const counts = tally(all.slice(0, 2));
    const at = now - 600_000;
    const since = { at, finished: 2, cutOff: 1 };
    const line = renderHeader(counts, look(90), since);
    expect(line).toMatch(
      new RegExp(`^  watchtower · 1 needs you · 1 working +since ${timeInWords(at, now)}: 2 finished · 1 cut off$`),
    );
    expect(cells(line)).toBe(90);
    expect(renderHeader(counts, look(60), since)).toBe('  watchtower · 1 needs you · 1 working');
    expect(renderHeader(counts, look(90), { at, finished: 0, cutOff: 0 })).not.toContain('since');
  });

  test('it is never wider than the terminal', () => {
    for (let columns = 1; columns <= 200; columns++) {
      const line = renderHeader(tally(all), look(columns), { at: now, finished: 1, cutOff: 1 });
      expect(cells(line), String(columns)).toBeLessThanOrEqual(columns);
    }
  });
});
