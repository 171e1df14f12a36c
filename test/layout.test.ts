import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { helpText } from '../src/commands/help.ts';
import { groups } from '../src/commands/table.ts';
import { version } from '../src/version.ts';
import { root } from './support/wt.ts';

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && statSync(join(root, 'src', name)).isFile())
  .toSorted();

const textOf = (source: string) => readFileSync(join(root, 'src', source), 'utf8');

/** The floors of the house, lowest first: what stands on one imports from its own and from those below. */
const floors = [
  ['ground'],
  ['core'],
  ['view'],
  ['machine'],
  ['agents'],
  ['picker', 'search', 'hosts', 'box', 'screen'],
  ['commands'],
  ['cli.ts'],
];

/** A room is a folder; what lies beside the rooms stands on the ground, but for argv's reader and the program itself. */
function roomOf(source: string): string {
  if (source === 'cli.ts') return source;
  if (source === 'args.ts') return 'commands';
  return source.includes('/') ? source.slice(0, source.indexOf('/')) : 'ground';
}

function floorOf(source: string): number {
  return floors.findIndex((rooms) => rooms.includes(roomOf(source)));
}

/** What a file imports of this house; a name of package.json's "imports" is as good as the runtime's own. */
function importsOf(source: string): string[] {
  return Array.from(textOf(source).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g), ([, target]) =>
    relative(join(root, 'src'), resolve(dirname(join(root, 'src', source)), target!)),
  );
}

/** An import from a floor above that is still owed a better place; when it is mended it must go from here. */
const owed: string[] = [];

describe('the layout', () => {
  test('the top level is the one that was promised', () => {
    const tracked = readdirSync(root).filter(
      (name) => !name.startsWith('.') && !['node_modules', 'dist', 'release'].includes(name),
    );
    expect(tracked.toSorted()).toEqual(
      'CHANGELOG.md LICENSE README.md hooks install.sh package-lock.json package.json src test tsconfig.json'.split(
        ' ',
      ),
    );
  });

  test('every file stands in a room that has a floor', () => {
    expect(sources.filter((source) => floorOf(source) < 0)).toEqual([]);
  });

  test('imports go to the own floor and to those below', () => {
    const upward = sources.flatMap((source) =>
      importsOf(source)
        .filter((target) => floorOf(target) > floorOf(source))
        .map((target) => `${source} -> ${target}`),
    );
    expect(upward.toSorted()).toEqual(owed);
  });

  test('an agent knows nothing of another one', () => {
    const agentOf = (source: string) => /^agents\/([^/]+)\//.exec(source)?.[1];
    for (const source of sources.filter((one) => agentOf(one) !== undefined)) {
      const others = importsOf(source)
        .map(agentOf)
        .filter((agent) => agent !== undefined && agent !== agentOf(source));
      expect(others, source).toEqual([]);
    }
  });

  test('from outside, an agent is seen through its door alone', () => {
    const intruders = sources.filter(
      (source) => !source.startsWith('agents/') && importsOf(source).some((target) => /^agents\/[^/]+\//.test(target)),
    );
    expect(intruders).toEqual([]);
  });

  test('no two files import each other, however long the way round', () => {
    const done = new Set<string>();
    const visit = (source: string, way: string[]): void => {
      expect(way, [...way, source].join(' -> ')).not.toContain(source);
      if (done.has(source)) return;
      for (const target of importsOf(source)) if (sources.includes(target)) visit(target, [...way, source]);
      done.add(source);
    };
    for (const source of sources) visit(source, []);
  });

  test.each(sources)('%s: what it exports has a docstring', (source) => {
    const bare = Array.from(
      textOf(source).matchAll(/(?:^|\n)(?<before>[^\n]*)\nexport (?:async )?function\*? (?<name>\w+)/g),
    )
      .filter((match) => !/\*\/\s*$/.test(match.groups?.before ?? ''))
      .map((match) => match.groups?.name);
    expect(bare).toEqual([]);
  });

  test.each(sources)('%s has at most 300 lines, or a reason at its head', (source) => {
    const text = textOf(source);
    const lines = text.trimEnd().split('\n').length;
    const head = /^(?:import [^;]*;\n|\n)*((?:\/\/[^\n]*\n)+)/.exec(text)?.[1] ?? '';
    if (lines > 300) expect(head, `${lines} lines`).not.toBe('');
  });

  test("Claude's field names and words stand in its folder", () => {
    const words =
      /\b(?:procStart|statusUpdatedAt|nameSource|parkedJobId|pidDomain|jobId|isSidechain|isMeta|isCompactSummary|isApiErrorMessage|promptSource|parentUuid|leafUuid|gitBranch|toolUseResult|tool_use|tool_result|tool_use_id|stop_reason|queued_command|worktreeSession|relocatedCwd|continuedInSessionId|customTitle|aiTitle|custom-title|ai-title|cleanupPeriodDays|remote_trigger|AskUserQuestion|ExitPlanMode)\b|history\.jsonl|settings\.json|sdk-|<synthetic>|permission prompt|dialog open|input needed|--fork-session|'--resume'|'busy'/;
    // Another agent's folder speaks that one's own words, which may be the same.
    const elsewhere = sources.filter((source) => !/^agents\/\w+\//.test(source) && words.test(textOf(source)));
    expect(elsewhere).toEqual([]);
  });

  test("Codex's field names and words stand in its folder", () => {
    const words =
      /\b(?:session_meta|turn_context|event_msg|response_item|task_started|turn_aborted|thread_source|thread-writer-locks|waitingOnApproval|exec_command|session_index|archived_sessions|rollout-)/;
    const elsewhere = sources.filter((source) => !source.startsWith('agents/codex/') && words.test(textOf(source)));
    expect(elsewhere).toEqual([]);
  });

  test('one place exits, one place writes', () => {
    const holding = (what: RegExp) => sources.filter((source) => what.test(textOf(source)));
    expect(holding(/process\.exit\(/)).toEqual(['cli.ts']);
    expect(holding(/console\.|process\.std(?:out|err)\.write/)).toEqual([]);
    // A title that was asked for, files of the archive and of wt's own, standard error with WT_TRACE, the streams.
    expect(holding(/\bwriteSync\(/)).toEqual([
      'agents/claude/rename.ts',
      'machine/copying.ts',
      'machine/own-files.ts',
      'machine/trace.ts',
      'screen/output.ts',
    ]);
  });
});

describe('the documents', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const house = readFileSync(join(root, 'src', 'README.md'), 'utf8');

  test('the tree in src/README.md is src/, a clause a file', () => {
    const tree = /```\nsrc\/\n([^`]*)```/.exec(house)?.[1] ?? '';
    const folders: string[] = [];
    const inTree: string[] = [];
    for (const line of tree.trimEnd().split('\n')) {
      const [, indent = '', name = '', clause = ''] = /^( +)(\S+)\s*(.*)$/.exec(line) ?? [];
      const depth = indent.length / 2 - 1;
      expect(clause, line).not.toBe('');
      folders.length = depth;
      if (name.endsWith('/')) folders[depth] = name;
      else inTree.push(folders.join('') + name);
    }
    expect(inTree.toSorted()).toEqual(sources);
  });

  test('the two commands stand within the first 40 lines of the README, which has at most 150', () => {
    const lines = readme.trimEnd().split('\n');
    const head = lines.slice(0, 40).join('\n');
    expect(['./install.sh', 'npm test'].filter((command) => !head.includes(command))).toEqual([]);
    expect(lines.length).toBeLessThanOrEqual(150);
  });

  test('there is one version', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    const ofHooks = readFileSync(join(root, 'hooks', 'version'), 'utf8').trimEnd();
    expect([version, ofHooks]).toEqual([manifest.version, manifest.version]);
  });

  test('the help fits eighty cells', () => {
    expect(
      helpText(groups)
        .split('\n')
        .filter((line) => line.length > 80),
    ).toEqual([]);
  });

  test.each(['README.md', 'src/README.md', 'test/bench/README.md', 'CHANGELOG.md'])(
    '%s: what it links to is there',
    (name) => {
      const text = readFileSync(join(root, name), 'utf8').replace(/```[\s\S]*?```|`[^`\n]*`/g, '');
      const missing = Array.from(text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g), ([, path]) => path!).filter(
        (path) => !existsSync(resolve(root, dirname(name), path)),
      );
      expect(missing).toEqual([]);
    },
  );

  test('the tests mirror the sources: a file of tests is named after what it tests', () => {
    const rooms = ['core', 'view', 'machine', 'box', 'screen', 'picker', 'agents/claude', 'agents/codex'];
    for (const room of rooms) {
      const folder = join(root, 'test', room);
      const tests = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.test.ts')) : [];
      const strays = tests
        .map((name) => `${room}/${name.replace('.test.ts', '')}`)
        .filter((name) => !sources.includes(`${name}.ts`));
      expect(strays).toEqual([]);
    }
  });
});
