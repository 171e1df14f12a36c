import picocolors from 'picocolors';
import { describe, expect, test } from 'vitest';
import type { Session } from '../../src/core/session.ts';
import { cells } from '../../src/core/text.ts';
import { type Look, unpainted } from '../../src/view/look.ts';
import { directoryName, expiryOf, noteOf, renderMore, renderRows, stateWord, toneOf } from '../../src/view/rows.ts';
import { random } from '../support/random.ts';
import { live, now, session } from '../support/sessions.ts';

const look = (columns: number, more: Partial<Look> = {}): Look => ({
  now,
  columns,
  utf8: true,
  paint: unpainted,
  ...more,
});

const titled = (text: string): Pick<Session, 'title'> => ({ title: { text, source: 'ai' } });
const minute = 60_000;
const day = 86_400_000;

const eight: Session[] = [
  live(1, 'needs-you', {
    ...titled('Investigate nested o directories'),
    cwd: '/home/u/homelab',
    needs: 'approve Bash: docker compose down && docker volume prune -f',
    lastActivityAt: now - 16_000,
  }),
  live(2, 'working', { ...titled('Fix the broken redirect'), lastActivityAt: now - 3 * minute }),
  live(3, 'ready', {
    ...titled('Draft post on session switchers'),
    cwd: '/home/u/blog',
    seen: false,
    lastActivityAt: now - 9 * minute,
  }),
  session(4, {
    ...titled('Migrate to server components'),
    cwd: '/home/u/notes-app',
    state: 'waiting',
    lastActivityAt: now - 125 * minute,
  }),
  session(5, { ...titled('データベース移行を計画する 🚀'), cwd: '/home/u/データ', state: 'waiting', cutOff: true }),
  session(6, {
    ...titled('Größenänderung der Übersicht prüfen'),
    state: 'waiting',
    lastTurn: { by: 'agent', how: 'failed', reason: 'usage limit, resets 17:00' },
  }),
  session(7, { ...titled('A container that was started again'), state: 'unknown' }),
  session(8, { ...titled('Untangle the config loader'), cwd: '/', deletesAt: now + 2.5 * day }),
];

describe('renderRows', () => {
  test('number, mark, age, directory, title at 80 columns; a need that does not fit has its own lines', () => {
    expect(`\n${renderRows(eight, look(80)).join('\n')}\n`).toMatchInlineSnapshot(`
      "
       1) !   16s  homelab    Investigate nested o directories
                              approve Bash: docker compose down && docker volume prune
                              -f
       2) ●    3m  api        Fix the broken redirect
       3) ✓    9m  blog       Draft post on session switchers
       4) ⧗  2h05  notes-app  Migrate to server components
       5) ✗  5h00  データ     データベース移行を計画する 🚀
       6) ✗  6h00  api        Größenänderung der Übersicht prüfen
                              failed: usage limit, resets 17:00
       7) ?  7h00  api        A container that was started again
       8) ·  8h00  /          Untangle the config loader ⌛2d
      "
    `);
  });

  test('from 100 columns on the state, from 120 the id', () => {
    expect(`\n${renderRows(eight.slice(0, 3), look(100)).join('\n')}\n`).toMatchInlineSnapshot(`
      "
       1) ! needs you  16s  homelab  Investigate nested o directories
                                     approve Bash: docker compose down && docker volume prune -f
       2) ● working     3m  api      Fix the broken redirect
       3) ✓ ready       9m  blog     Draft post on session switchers
      "
    `);
    expect(`\n${renderRows(eight.slice(0, 3), look(120)).join('\n')}\n`).toMatchInlineSnapshot(`
      "
       1) ! needs you  16s  homelab  00000001  Investigate nested o directories
                                               approve Bash: docker compose down && docker volume prune -f
       2) ● working     3m  api      00000002  Fix the broken redirect
       3) ✓ ready       9m  blog     00000003  Draft post on session switchers
      "
    `);
  });

  test('in ASCII every mark has its twin', () => {
    expect(`\n${renderRows(eight, look(80, { utf8: false })).join('\n')}\n`).toMatchInlineSnapshot(`
      "
       1) !   16s  homelab    Investigate nested o directories
                              approve Bash: docker compose down && docker volume prune
                              -f
       2) *    3m  api        Fix the broken redirect
       3) +    9m  blog       Draft post on session switchers
       4) ~  2h05  notes-app  Migrate to server components
       5) x  5h00  ???        ????????????? ?
       6) x  6h00  api        Gr??en?nderung der ?bersicht pr?fen
                              failed: usage limit, resets 17:00
       7) ?  7h00  api        A container that was started again
       8) -  8h00  /          Untangle the config loader <2d
      "
    `);
  });

  test('a need follows the title where all of it fits', () => {
    expect(renderRows([live(1, 'needs-you', { needs: 'approve Bash: ls' })], look(80))).toEqual([
      ' 1) !  1h00  api  Title 1 — approve Bash: ls',
    ]);
  });

  test('a need takes as many lines as it needs, three at the most', () => {
    const long = live(1, 'needs-you', { needs: 'word '.repeat(60).trim() });
    const lines = renderRows([long], look(60));
    expect(lines).toHaveLength(4);
    expect(lines.at(-1)).toMatch(/…$/);
    expect(new Set(lines.slice(1).map((line) => line.search(/\S/)))).toEqual(new Set([18]));
  });

  test('a tag tells agents, or folders of one agent, from each other, only where there are several', () => {
    const other = session(2, { agent: 'codex', configDir: '/home/u/.codex' });
    const own = session(1, { account: 'default' });
    const work = session(3, { configDir: '/home/u/.claude-work', account: 'work' });
    expect(renderRows([session(1), other], look(80))).toEqual([
      ' 1) ·  1h00  api  claude  Title 1',
      ' 2) ·  2h00  api  codex   Title 2',
    ]);
    expect(renderRows([own, work], look(80))).toEqual([
      ' 1) ·  1h00  api  default  Title 1',
      ' 2) ·  3h00  api  work     Title 3',
    ]);
    expect(renderRows([session(1), session(2)], look(80))[0]).toBe(' 1) ·  1h00  api  Title 1');
    expect(renderRows([own], look(80))[0]).toBe(' 1) ·  1h00  api  Title 1');
  });

  test('no line is wider than the terminal, and columns stay aligned, whatever the texts', () => {
    const words = [
      'plain',
      'データ移行',
      '🚀',
      '👩‍👩‍👧‍👦',
      'é̂'.repeat(3),
      '\x1b[31mred',
      'a'.repeat(90),
      '한국어',
      '\u202e',
      '',
    ];
    const chance = random(19);
    const text = () => Array.from({ length: chance.int(0, 9) }, () => chance.pick(words)).join(' ');
    const paint = picocolors.createColors(true);
    for (let columns = 20; columns <= 300; columns += chance.int(5, 12)) {
      const rows = Array.from({ length: 12 }, (_, index) =>
        (chance.chance(0.4) ? live : (n: number, _: unknown, more: Partial<Session>) => session(n, more))(
          index + 1,
          chance.pick(['needs-you', 'working', 'ready']),
          {
            ...titled(text()),
            cwd: `/home/u/${text()}`,
            needs: text(),
            deletesAt: chance.chance(0.3) ? now + day : null,
            agent: chance.pick(['claude', 'codex']),
            lastTurn: { by: 'agent', how: chance.pick(['failed', 'answered']), reason: text() },
          },
        ),
      );
      for (const utf8 of [true, false]) {
        const plain = renderRows(rows, look(columns, { utf8 }));
        for (const line of plain) expect(cells(line), `${columns}: ${line}`).toBeLessThanOrEqual(columns);
        const painted = renderRows(rows, look(columns, { utf8, paint }));
        expect(painted.map((line) => line.replace(/\x1b\[[0-9;]*m/g, ''))).toEqual(plain);
      }
    }
  });
});

test.each<[string, Partial<Session>, string, string]>([
  ['needs you', { state: 'live', activity: 'needs-you', cutOff: false }, 'needs', 'needs you'],
  ['live', { state: 'live', activity: 'working' }, 'live', 'working'],
  ['finished while live', { state: 'live', activity: 'ready', seen: false }, 'finished', 'ready'],
  ['busy again is not finished', { state: 'live', activity: 'working', seen: false }, 'live', 'working'],
  ['finished and closed', { state: 'waiting', seen: false }, 'finished', 'finished'],
  ['cut off', { state: 'waiting', cutOff: true }, 'stopped', 'cut off'],
  ['waiting', { state: 'waiting' }, 'waiting', 'waiting'],
  ['idle', {}, 'idle', 'idle'],
  ['unknown', { state: 'unknown' }, 'unknown', 'unknown'],
  ['failed at its prompt', { state: 'live', activity: 'ready', lastTurn: failed(null) }, 'stopped', 'ready'],
  ['busy after a failure', { state: 'live', activity: 'working', lastTurn: failed(null) }, 'live', 'working'],
  ['cut off, and done', { state: 'idle', cutOff: true, isDone: true }, 'idle', 'idle'],
  ['failed, and done', { state: 'idle', lastTurn: failed(null), isDone: true }, 'idle', 'idle'],
  ['finished, and done', { state: 'idle', seen: false, isDone: true }, 'idle', 'idle'],
  ['cut off long ago', { state: 'idle', cutOff: true }, 'stopped', 'idle'],
  ['failed and closed', { state: 'waiting', lastTurn: failed(null) }, 'stopped', 'failed'],
])('a session that is %s', (_, more, tone, word) => {
  expect([toneOf(session(1, more)), stateWord(session(1, more))]).toEqual([tone, word]);
});

function failed(reason: string | null): Session['lastTurn'] {
  return { by: 'agent', how: 'failed', reason };
}

test('a failed turn says why', () => {
  expect(noteOf(session(1, { lastTurn: failed('usage limit, resets 17:00') }))).toBe(
    'failed: usage limit, resets 17:00',
  );
  expect(noteOf(session(1, { lastTurn: failed(null) }))).toBe('failed');
  expect(noteOf(live(1, 'working', { lastTurn: failed('API error 529') }))).toBe('');
});

test.each([
  [4 * day, ''],
  [3 * day, '⌛3d'],
  [2.9 * day, '⌛2d'],
  [5 * 3_600_000, '⌛5h'],
  [-day, '⌛0h'],
])('deleted in %d ms: %j', (left, said) => {
  expect(expiryOf(session(1, { deletesAt: now + left }), look(80))).toBe(said);
  expect(expiryOf(session(1, { deletesAt: now + left }), look(80, { utf8: false }))).toBe(said.replace('⌛', '<'));
});

test('directoryName', () => {
  expect(['/home/u/api', '/home/u/api//', '/', '', null].map(directoryName)).toEqual(['api', 'api', '/', '/', '']);
});

test('renderMore', () => {
  expect(renderMore(12, 'wt --list --all', look(80))).toBe('  ... and 12 more: wt --list --all');
});
