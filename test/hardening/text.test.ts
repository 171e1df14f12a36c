import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { count } from '../../src/core/order.ts';
import { type ExecPlan, inTmux, shellLine } from '../../src/core/plan.ts';
import type { Activity, Session, State } from '../../src/core/session.ts';
import { clean, parseSpan } from '../../src/core/text.ts';
import { renderPicker } from '../../src/picker/frame.ts';
import { reduce } from '../../src/picker/reduce.ts';
import { opened } from '../../src/picker/state.ts';
import { renderHeader, tally } from '../../src/view/header.ts';
import { renderJson } from '../../src/view/json.ts';
import { type Look, unpainted } from '../../src/view/look.ts';
import { renderPreview } from '../../src/view/preview.ts';
import { renderBrief, renderRows } from '../../src/view/rows.ts';
import { hostileFlood, hostileName, hostileText } from '../support/hostile.ts';
import { bounds } from '../support/measured.ts';
import { type Random, random, runSeed } from '../support/random.ts';
import { faultIn, tooWide } from '../support/safe-output.ts';
import { fileOf, process as held, session } from '../support/sessions.ts';
import { lacks } from '../support/tools.ts';

const now = Date.UTC(2026, 10, 23, 9);
const widths = [20, 40, 80, 200];
const looks: Look[] = widths.flatMap((columns) =>
  [true, false].map((utf8) => ({ now, columns, utf8, paint: unpainted })),
);

/** Each session holds twelve generated texts at the least. */
const textsInOne = 12;
const texts = 100_000;
const batch = 25;

function hostileSession(random: Random): Session {
  const text = () => hostileText(random);
  const id = random.uuid();
  const [state, activity] = random.pick<[State, Activity | null]>([
    ['live', 'needs-you'],
    ['live', 'working'],
    ['live', 'suspended'],
    ['waiting', null],
    ['idle', null],
    ['unknown', null],
  ]);
  const lastActivityAt = random.chance(0.05) ? null : now - random.int(-100_000, 4_000_000_000);
  const cwd = random.chance(0.05) ? null : `/${text()}/${text()}`;
  return session(1, {
    id,
    title: { text: text(), source: 'ai' },
    state,
    activity,
    waitingFor: text(),
    needs: activity === 'needs-you' ? `approve ${text()}: ${text()}` : null,
    lastActivityAt,
    cwd,
    branch: text(),
    lastTurn: { by: 'agent', how: 'failed', reason: text() },
    seen: random.chance(0.5),
    processes: [
      held(1, {
        sessionId: id,
        pid: random.int(1, 4_000_000),
        kind: text(),
        entrypoint: text(),
        status: text(),
        tmux: text(),
        cwd,
      }),
    ],
    transcript: fileOf(1, { id, path: `/home/u/.claude/projects/${text()}/${id}.jsonl` }),
    firstPrompt: text(),
    lastPrompt: text(),
    lastAnswer: text(),
  });
}

/** Calls `check` with batches of sessions that together hold as many texts as were promised. */
function eachBatch(seed: number, share: number, check: (sessions: Session[], chance: Random) => void): void {
  const chance = random(seed);
  const rounds = Math.ceil((texts * share) / textsInOne / batch);
  for (let round = 0; round < rounds; round++) {
    check(
      Array.from({ length: batch }, () => hostileSession(chance)),
      chance,
    );
  }
}

const resumeIn = (cwd: string, ...args: string[]): ExecPlan => ({ do: 'exec', argv: ['claude', ...args], cwd });
const safe = (output: string) => faultIn(Buffer.from(output));

describe(`hostile text through the core (seed ${runSeed})`, () => {
  test('the checks themselves find what they look for', () => {
    for (const bad of ['\x1b[31m', '\x9b', '\u202e', '\u200b', 'a\rb', '\0', '\x7f', '\ufeff', '\u{e0041}', '\u2028'])
      expect(safe(`x${bad}y`), JSON.stringify(bad)).not.toBeNull();
    expect(faultIn(Buffer.from([0x61, 0x9b, 0x33]))).not.toBeNull();
    expect(safe('日本語 👩‍👩‍👧 é\n')).toBeNull();
    expect(tooWide(['日本語'], 5)).not.toBeNull();
    expect(tooWide(['日本語'], 6)).toBeNull();
  });

  test('100,000 texts: clean, one line, and clean again the same', () => {
    const chance = random(runSeed);
    for (let n = 0; n < texts; n++) {
      const raw = hostileText(chance);
      const line = clean(raw);
      if (safe(line) !== null || line.includes('\n')) expect.fail(`${JSON.stringify(raw)}: ${safe(line)}`);
      if (clean(line) !== line) expect.fail(`not clean at once: ${JSON.stringify(raw)} ${JSON.stringify(line)}`);
    }
  });

  test('100,000 texts as rows at 20 to 200 cells, in UTF-8 and ASCII', () => {
    let round = 0;
    eachBatch(runSeed + 1, 1, (sessions) => {
      const columns = widths[round++ % widths.length];
      for (const look of looks.filter((one) => one.columns === columns)) {
        const lines = [renderHeader(tally(sessions), look), ...renderRows(sessions, look)];
        expect(safe(`${lines.join('\n')}\n`)).toBeNull();
        expect(tooWide(lines, look.columns)).toBeNull();
        expect(lines.length).toBeGreaterThan(sessions.length);
        if (!look.utf8) expect(lines.join('')).toMatch(/^[ -~]*$/);
      }
    });
  }, 120_000);

  test('100,000 texts as JSON: whole, safe, and the paths exact', () => {
    eachBatch(runSeed + 2, 1, (sessions) => {
      const about = { now, configDir: sessions[0]!.cwd ?? '/', counts: count(sessions), skipped: 0 };
      const json = [...renderJson(about, sessions)].join('');
      expect(safe(json)).toBeNull();
      const { sessions: told } = JSON.parse(json);
      for (const [index, session] of sessions.entries()) {
        expect(told[index].id).toBe(session.id);
        expect(told[index].cwd).toBe(session.cwd);
        expect(told[index].transcript).toBe(session.transcript?.path);
        for (const name of ['title', 'needs', 'branch', 'waitingFor', 'firstPrompt', 'lastPrompt', 'lastAnswer']) {
          expect(safe(told[index][name] ?? ''), name).toBeNull();
        }
      }
    });
  }, 60_000);

  test('a quarter of them as previews and in the picker, filtered by each other', () => {
    eachBatch(runSeed + 3, 0.25, (sessions, chance) => {
      const look = chance.pick(looks);
      for (const session of sessions) {
        const lines = renderPreview(session, look, chance.pick([3, 8, 24, 1000]));
        expect(safe(lines.join('\n'))).toBeNull();
        expect(tooWide(lines, look.columns)).toBeNull();
      }
      const size = { columns: look.columns, rows: chance.int(1, 50) };
      const events = [
        { is: 'sessions' as const, sessions, unread: 3, now },
        { is: 'notice' as const, text: hostileText(chance) },
        { is: 'archived' as const, session: chance.pick(sessions) },
      ];
      const filter = chance.chance(0.5) ? hostileText(chance) : '';
      const renaming = chance.chance(0.3) ? { session: sessions[0]!, line: { before: filter, after: filter } } : null;
      const marker = { open: '', close: '' };
      let state = opened({ size, home: '/home/u', utf8: look.utf8, filter });
      for (const event of events) {
        state = reduce(state, event).state;
        const frame = renderPicker({ ...state, renaming }, { ...look, marker });
        const lines = frame.lines.map((line) => line.replace(/\x1b\[\d+m/g, ''));
        expect(lines.length).toBeLessThanOrEqual(size.rows);
        expect(safe(lines.join('\n'))).toBeNull();
        expect(tooWide(lines, look.columns)).toBeNull();
      }
    });
  }, 60_000);

  test('whatever is counted, the brief line holds only its own characters', () => {
    eachBatch(runSeed + 4, 0.1, (sessions) => {
      expect(renderBrief(count(sessions), true)).toMatch(/^(?:[!●⧗]\d+ ?)*$/);
      expect(renderBrief(count(sessions), false)).toMatch(/^(?:[!*~]\d+ ?)*$/);
      expect(renderBrief(count(sessions), false, 'tmux')).toMatch(/^(?:(?:#\[(?:fg=[a-z]+|default)\])?[!*~\d ]*)*$/);
    });
  });

  test('texts of a megabyte cost no more than a moment', () => {
    const chance = random(runSeed + 5);
    for (let n = 0; n < 20; n++) {
      const raw = hostileFlood(chance, 1_000_000);
      const started = performance.now();
      const flooded = {
        ...hostileSession(chance),
        needs: raw,
        cwd: `/${raw}`,
        title: { text: raw, source: 'ai' as const },
      };
      for (const look of looks) {
        const lines = [...renderRows([flooded], look), ...renderPreview(flooded, look, 10)];
        expect(safe(lines.join('\n'))).toBeNull();
        expect(tooWide(lines, look.columns)).toBeNull();
      }
      expect(performance.now() - started).toBeLessThan(bounds.busy);
    }
  }, 60_000);

  test('spans and ages that nobody would write', () => {
    const chance = random(runSeed + 6);
    for (let n = 0; n < 10_000; n++) {
      const span = parseSpan(hostileText(chance));
      expect(span === null || span >= 0).toBe(true);
    }
  });
});

describe.skipIf(lacks('bash', 'zsh'))(`hostile words on a shell line (seed ${runSeed})`, () => {
  test('printed, pasted, and the same again in bash and zsh', () => {
    const chance = random(runSeed + 7);
    const expected: string[] = [];
    let script = 'cd() { printf "%s\\0" cd "$@"; }\nexec() { printf "%s\\0" "$@"; }\n';
    for (let n = 0; n < 3000; n++) {
      const text = () => hostileText(chance).replaceAll('\0', '');
      const cwd = `/${text()}`;
      const id = chance.uuid();
      const plan = chance.chance(0.5)
        ? resumeIn(cwd, '--resume', id)
        : inTmux(
            [`/${text()}/claude`, '--resume', id],
            cwd,
            { window: clean(text()), session: chance.chance(0.5) ? clean(text()) : null },
            {
              CLAUDE_CONFIG_DIR: text(),
            },
          );
      const utf8 = chance.chance(0.5);
      const line = shellLine(plan, utf8);
      if (!utf8) expect(line).toMatch(/^[ -~]*$/);
      expect(safe(line)).toBeNull();
      expect(line).not.toContain('\n');
      script += `${line}\n`;
      expected.push('cd', '--', cwd.toWellFormed(), ...plan.argv.map((word) => word.toWellFormed()));
    }
    for (const argv of [
      ['bash', '--norc'],
      ['zsh', '-f'],
    ] as const) {
      const said = execFileSync(argv[0], [argv[1]!, '-s'], {
        input: script,
        encoding: 'utf8',
        maxBuffer: 1 << 26,
        env: { PATH: process.env.PATH, LANG: 'C.UTF-8' },
      });
      expect(said.split('\0').slice(0, -1), argv[0]).toEqual(expected);
    }
  });

  test('a name from disk is what the shell sees, to the byte', () => {
    const chance = random(runSeed + 8);
    for (let n = 0; n < 200; n++) {
      const name = hostileName(chance);
      const line = shellLine(resumeIn(`/${name}`));
      const seen = spawnSync('bash', ['-c', `cd() { printf %s "$2"; }\nexec() { :; }\n${line}`]).stdout;
      expect(seen.equals(Buffer.from(`/${name}`)), JSON.stringify(name)).toBe(true);
    }
  }, 600_000);
});
