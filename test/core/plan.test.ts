import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { type ExecPlan, goToPane, inTmux, quote, shellLine, tmuxName, tmuxSession } from '../../src/core/plan.ts';
import { clean } from '../../src/core/text.ts';
import { toolPath } from '../support/tools.ts';

const id = '595e931d-0000-4000-8000-000000000001';
const resume = ['--resume', id];

function runClaude(args: string[], cwd: string | null): ExecPlan {
  return { do: 'exec', argv: ['claude', ...args], cwd };
}

test('plans as lines for a shell', () => {
  expect(shellLine(runClaude(resume, '/home/u/api'))).toMatchInlineSnapshot(
    `"cd -- '/home/u/api' && exec claude --resume '595e931d-0000-4000-8000-000000000001'"`,
  );
  expect(shellLine(runClaude([...resume, '--fork-session'], "/it's\nhere"))).toMatchInlineSnapshot(
    `"cd -- $'/it\\'s\\nhere' && exec claude --resume '595e931d-0000-4000-8000-000000000001' --fork-session"`,
  );
  expect(shellLine(runClaude(['attach', '595e931d'], null))).toMatchInlineSnapshot(`"exec claude attach '595e931d'"`);
  expect(shellLine({ do: 'move', moves: [{ from: '/a/-x', to: "/b c/it's" }] })).toMatchInlineSnapshot(
    `"mkdir -p -- '/b c' && mv -- '/a/-x' '/b c/it'\\''s'"`,
  );
  const claude = '/opt/bin/claude';
  expect(
    shellLine(inTmux([claude, ...resume], '/#(touch x)', { window: 'Fix #(touch y);', session: null }, {})),
  ).toMatchInlineSnapshot(
    `"cd -- '/#(touch x)' && exec tmux new-window -n 'Fix ##(touch y)\\;' -- env '/opt/bin/claude' --resume '595e931d-0000-4000-8000-000000000001'"`,
  );
  const names = { window: '', session: '#(touch z) -x;' };
  expect(shellLine(inTmux([claude], '/x', names, { CLAUDE_CONFIG_DIR: '/c;' }))).toMatchInlineSnapshot(
    `"cd -- '/x' && exec tmux new-session -s '##(touch z) -x\\;' -n wt -- env 'CLAUDE_CONFIG_DIR=/c\\;' '/opt/bin/claude'"`,
  );
  const processes = [
    { pid: 42, startTime: '777' },
    { pid: 43, startTime: '778' },
  ];
  const then = runClaude(resume, '/x');
  expect(shellLine({ do: 'take', processes, patience: 10, then })).toMatchInlineSnapshot(
    `"[ "$(sed 's/.*) //' /proc/42/stat | cut -d ' ' -f 20)" = 777 ] && [ "$(sed 's/.*) //' /proc/43/stat | cut -d ' ' -f 20)" = 778 ] && kill 42 43 && timeout 10 tail --pid=42 -f /dev/null && timeout 10 tail --pid=43 -f /dev/null && cd -- '/x' && exec claude --resume '595e931d-0000-4000-8000-000000000001'"`,
  );
  expect(shellLine({ do: 'move', moves: [{ from: '/a/x', to: '/b/x', renew: true }] })).toMatchInlineSnapshot(
    `"touch -- '/a/x' && mkdir -p -- '/b' && mv -- '/a/x' '/b/x'"`,
  );
  const pane = { socket: '/tmp/s', session: '$1', window: '@2', pane: '%3' };
  expect(shellLine(goToPane(pane, 'same'))).toMatchInlineSnapshot(
    `"exec tmux -S '/tmp/s' select-window -t '$1:@2' ';' select-pane -t '%3' ';' switch-client -t '$1'"`,
  );
  expect(shellLine(goToPane(pane, 'none'))).toMatchInlineSnapshot(
    `"exec tmux -S '/tmp/s' select-window -t '$1:@2' ';' select-pane -t '%3' ';' attach-session -t '$1'"`,
  );
  expect(shellLine(goToPane(pane, 'other'))).toMatchInlineSnapshot(
    `"exec env -u TMUX -u TMUX_PANE tmux -S '/tmp/s' select-window -t '$1:@2' ';' select-pane -t '%3' ';' attach-session -t '$1'"`,
  );
});

const hostile = [
  "it's",
  '$(touch x) `touch x` "$HOME" \\ !!',
  'line\nbreak\ttab\rreturn\x1b[31m\x01\x7f',
  '-rf',
  "back\\slash and 'quote'\n",
  'ünïcödé 漢字 👩‍💻',
  '\u0085 c1 \u200b zero \u202e bidi \u2066',
  '',
  '~/x * ? [a]',
  '#(touch x)',
  '\x0131 octal that goes on: \x01' + '7',
];

const shells = ['bash', 'zsh'].map((shell) => [shell, toolPath(shell)] as const);
for (const [shell, path] of shells) {
  test.skipIf(path === null)(`${shell} reads quoted words back as they were`, () => {
    const script = `printf '%s\\0' ${hostile.map((word) => quote(word)).join(' ')}`;
    expect(script).not.toMatch(/[\0-\x1f\x7f-\x9f\u200b\u202e\u2066]/);
    const done = spawnSync(path!, ['-c', script], { encoding: 'utf8', env: { LANG: 'C.UTF-8' } });
    expect(done.stdout.split('\0').slice(0, -1)).toEqual(hostile);
  });
}

test('window names hold no format, no separator, and are never empty or long', () => {
  const names: [string, string][] = [
    ['Fix it', 'Fix it'],
    ['#{pane_pid} #[fg=red]', '##{pane_pid} ##[fg=red]'],
    ['a;', 'a\\;'],
    [';', '\\;'],
    ['', 'wt'],
    ['  ', 'wt'],
    ['-d', '-d'],
    ['x'.repeat(60), 'x'.repeat(40)],
  ];
  for (const [title, name] of names) expect(tmuxName(clean(title))).toBe(name);
});

test.each([
  ['api', [], 'api'],
  ['api', ['api', 'api-2'], 'api-3'],
  ['v1.2: x', [], 'v1_2_ x'],
  ['', [], 'wt'],
  ['/', [], '/'],
])('a tmux session for %j beside %j', (project, taken, name) => {
  expect(tmuxSession(project, taken)).toBe(name);
});

test('what an environment must not hold is taken out of it, in a shell line and in tmux', () => {
  const environment = { A: 'b c', CLAUDE_CONFIG_DIR: null };
  expect(shellLine({ do: 'exec', argv: ['claude'], cwd: '/x', environment })).toBe(
    "cd -- '/x' && A='b c' exec env -u CLAUDE_CONFIG_DIR claude",
  );
  expect(shellLine({ do: 'run', argv: ['claude', 'x'], environment })).toBe(
    "A='b c' env -u CLAUDE_CONFIG_DIR claude x",
  );
  const plan = inTmux(['/bin/claude'], null, { window: 'w', session: null }, environment);
  expect(plan.argv.slice(plan.argv.indexOf('--'))).toEqual([
    '--',
    'env',
    '-u',
    'CLAUDE_CONFIG_DIR',
    'A=b c',
    '/bin/claude',
  ]);
});
