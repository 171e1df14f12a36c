import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { holder, registryFields, registryFile, transcript, until, Writer } from '../support/claude-home.ts';
import { FakeClaude } from '../support/fake-claude.ts';
import { hostileName, hostileText } from '../support/hostile.ts';
import { random, runSeed } from '../support/random.ts';
import { Screen } from '../support/screen.ts';
import { lacks } from '../support/tools.ts';
import { builds, type Scratch, scratch, wt } from '../support/wt.ts';

/** Names of folders that a careless program would take for options, commands, patterns or formats. */
const classics = [
  '-rf',
  '--help',
  '--dangerously-skip-permissions',
  '-',
  '$(touch was-run)',
  '`touch was-run`',
  '; touch was-run;',
  "' ; touch was-run ; '",
  '"; touch was-run; "',
  'a\ntouch was-run\n',
  '#(touch was-run)',
  '#{pane_id}',
  '%n%s',
  '~',
  '*',
  '!!',
  ' leading and trailing ',
  'ends in;',
  'ends in\\',
  '\x1b[31m',
  '\u202egpj.exe',
];

function session(home: Scratch, id: string, cwd: string, text: string): void {
  const writer = new Writer({ id, cwd, branch: text, at: Date.now() - 7_200_000 });
  // Something is said, whatever the text is.
  const records = [writer.prompt(text), writer.text(`${text}.`), writer.aiTitle(text)];
  transcript(home.conf, { cwd, id, records, folder: `-${id}` });
}

/** Whether something that stood in a text was run, anywhere in the home. */
const wasRun = (home: Scratch) =>
  readdirSync(home.home, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('was-run'));

describe.each(builds)('$name: what comes from disk is never an option and never seen by a shell', (build) => {
  test(`directories, titles and branches (seed ${runSeed})`, () => {
    using home = scratch();
    const claude = new FakeClaude(home);
    const chance = random(runSeed + 60);
    const names = [...classics, ...Array.from({ length: build.name === 'native' ? 30 : 8 }, () => hostileName(chance))];
    for (const name of names) {
      const id = chance.uuid();
      const cwd = join(home.home, 'dirs', name);
      mkdirSync(cwd, { recursive: true });
      session(home, id, cwd, chance.chance(0.5) ? name : hostileText(chance));
      const [verb, argv, where] = chance.pick<[verb: string[], argv: string[], where: string]>([
        [['resume', id], ['--resume', id], cwd],
        [['fork', id], ['--resume', id, '--fork-session'], cwd],
        [['new', cwd], [], cwd],
        [['new', '--', name], [name], home.home],
        [['resume', id, '--', name, cwd], ['--resume', id, name, cwd], cwd],
      ]);
      const done = wt(build, verb, home);
      expect(done.stderr, JSON.stringify(name)).toBe('');
      expect(done.status).toBe(0);
      expect(claude.seen().argv).toEqual(argv);
      expect(claude.seen().cwd).toBe(where);
    }
    expect(wasRun(home)).toEqual([]);
  }, 60_000);

  test('as words of tmux', () => {
    using home = scratch();
    new FakeClaude(home);
    const log = join(home.home, 'tmux-words');
    const tmux = join(home.home, 'fake bin', 'tmux');
    writeFileSync(tmux, `#!/bin/sh\nprintf '%s\\0' "$PWD" "$@" >'${log}'\n`);
    chmodSync(tmux, 0o755);
    const chance = random(runSeed + 61);
    for (const name of [...classics, ...Array.from({ length: 8 }, () => hostileName(chance))]) {
      const id = chance.uuid();
      const cwd = join(home.home, 'dirs', name);
      mkdirSync(cwd, { recursive: true });
      session(home, id, cwd, name);
      const env = { TMUX: `${home.home}/socket,1,0` };
      expect(wt(build, ['resume', id, '-t'], home, { env }).stderr).toBe('');
      const [where, verb, ...words] = readFileSync(log, 'utf8').split('\0').slice(0, -1);
      const end = words.indexOf('--');
      expect(where).toBe(cwd);
      expect(verb).toBe('new-window');
      // Everything that tmux could take for an option stands before the end of options, and is wt's own word.
      expect(words.slice(0, end).filter((word) => word.startsWith('-') && word !== words[1])).toEqual(['-n']);
      expect(end).toBe(2);
      expect(words.slice(end + 1)).toEqual(['env', join(home.home, 'fake bin', 'claude'), '--resume', id]);
      expect(words[1], 'a format').not.toMatch(/(?:^|[^#])(?:##)*#(?!#)/);
      expect(words[1], 'a separator').not.toMatch(/(?:^|[^\\]);$/);
    }
    expect(wasRun(home)).toEqual([]);
  }, 60_000);

  test.skipIf(lacks('tmux'))(
    'as names of real tmux windows',
    async () => {
      using home = scratch();
      new FakeClaude(home);
      const chance = random(runSeed + 62);
      const ids: string[] = [];
      for (const name of classics) {
        const id = chance.uuid();
        ids.push(id);
        session(home, id, home.home, name);
      }
      const lines = ids.map((id) => [...build.argv, 'resume', id, '-t'].map((word) => `'${word}'`).join(' '));
      const script = join(home.home, 'all.sh');
      writeFileSync(
        script,
        `TMUX=$(echo "$TMUX_TMPDIR"/tmux-*/wt-*),1,0\nexport TMUX\ntmux set-environment -g CLAUDE_STAYS 1\n${lines.join('\n')}\ntmux list-windows -F '#{window_index}' >"$HOME/windows.new"; mv "$HOME/windows.new" "$HOME/windows"\nexec sleep 600\n`,
      );
      using _screen = Screen.start(home, ['sh', script]);
      await until(() => existsSync(join(home.home, 'windows')), 'all windows were opened', 30_000);
      expect(readFileSync(join(home.home, 'windows'), 'utf8').trim().split('\n')).toHaveLength(ids.length + 1);
      expect(wasRun(home)).toEqual([]);
    },
    60_000,
  );

  test('ids that are none make no row and no argument', () => {
    using home = scratch();
    new FakeClaude(home);
    using held = holder();
    const project = join(home.conf, 'projects', '-home-u-api');
    mkdirSync(project, { recursive: true });
    const writer = new Writer();
    const text = `${[writer.prompt('p'), writer.text('t')].map((record) => JSON.stringify(record)).join('\n')}\n`;
    const good = '00000000-0000-4000-8000-00000000abcd';
    const names = [
      '--help',
      '-p',
      '--resume',
      '$(touch was-run)',
      `${good}x`,
      `x${good}`,
      `-${good}`,
      `${good}\n`,
      ` ${good}`,
    ];
    const odd = [...names, '{}', '0000', good.replaceAll('-', ''), good.replace('a', 'g'), '../../x', '', 'agent-1'];
    for (const name of odd.filter((one) => !one.includes('/'))) writeFileSync(join(project, `${name}.jsonl`), text);
    writeFileSync(join(project, `${good}.jsonl`), text);
    for (const [n, sessionId] of [...odd, 7, null, [], { a: 1 }, `${good}/../x`].entries()) {
      const fields = { ...registryFields({ pid: held.pid, sessionId: good }), sessionId };
      registryFile(home.conf, 5_000_000 + n, JSON.stringify(fields));
    }
    const listed = JSON.parse(wt(build, ['--json', '--all'], home).stdout).sessions;
    expect(listed.map((one: { id: string }) => one.id)).toEqual([good]);
    for (const id of odd) {
      for (const verb of ['resume', 'fork', 'attach', 'archive', 'show', 'restore']) {
        if (build.name === 'node' && verb !== 'resume') continue;
        const done = wt(build, [verb, '--', id], home);
        expect(done.status, `${verb} ${id}: ${done.stderr}`).toBe(
          id.trim() === good || id === '0000' ? done.status : 1,
        );
        expect(done.stderr).not.toContain('unexpected');
      }
    }
    expect(existsSync(join(home.home, 'claude-record'))).toBe(false);
    expect(wasRun(home)).toEqual([]);
  }, 60_000);

  test('a record that names another session to go on in, or a fork of nothing, is only that', () => {
    using home = scratch();
    const chance = random(runSeed + 63);
    const [one, two] = [chance.uuid(), chance.uuid()];
    const writer = new Writer({ id: one, at: Date.now() - 60_000 });
    const records = [writer.prompt('p', { forkedFrom: { sessionId: '--help' } }), writer.text('t')];
    transcript(home.conf, {
      cwd: writer.cwd,
      id: one,
      records: [...records, writer.continuedIn('../../../etc/passwd')],
    });
    transcript(home.conf, { cwd: writer.cwd, id: two, records: [...records, writer.continuedIn(one)] });
    const listed = JSON.parse(wt(build, ['--json', '--all'], home).stdout).sessions;
    expect(listed).toHaveLength(1);
    expect(listed[0]).toMatchObject({ id: one, forkedFrom: null });
  });
});
