import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { help } from '../src/args.ts';
import { root } from './support/wt.ts';

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => statSync(join(root, 'src', name)).isFile())
  .toSorted();

/** The floors of the house, lowest first: what stands on one imports from its own and from those below. */
const floors = ['ground', 'core', 'system', 'files', 'claude', 'edge', 'commands', 'cli'];

function floorOf(source: string): string {
  if (['cli.ts', 'args.ts', 'others.ts', 'others.bun.ts', 'others.node.ts', 'status.ts'].includes(source)) return 'cli';
  return source.includes('/') ? source.slice(0, source.indexOf('/')) : 'ground';
}

/** What stands behind a name of package.json's "imports" in the Node build. */
const named: Record<string, string> = {
  '#system': 'system/node.ts',
  '#others': 'others.node.ts',
  '#widths': 'core/widths.ts',
};

function importsOf(source: string): string[] {
  const text = readFileSync(join(root, 'src', source), 'utf8');
  return Array.from(
    text.matchAll(/(?:from|import\()\s*'([.#][^']+)'/g),
    ([, target]) => named[target!] ?? relative(join(root, 'src'), resolve(dirname(join(root, 'src', source)), target!)),
  );
}

describe('the layout', () => {
  test('the top level is the one that was promised', () => {
    const tracked = readdirSync(root).filter(
      (name) => !name.startsWith('.') && name !== 'node_modules' && name !== 'dist',
    );
    expect(tracked.toSorted()).toEqual(
      'CHANGELOG.md LICENSE README.md hooks install.sh package-lock.json package.json src test tsconfig.json'.split(
        ' ',
      ),
    );
  });

  test("the README's tree is src/, a clause a file", () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const tree = /```\nsrc\/\n([^`]*)```/.exec(readme)?.[1] ?? '';
    let folder = '';
    const inTree: string[] = [];
    for (const line of tree.trimEnd().split('\n')) {
      const [, indent = '', name = '', clause = ''] = /^( +)(\S+)\s*(.*)$/.exec(line) ?? [];
      if (name.endsWith('/')) folder = name;
      else inTree.push(indent.length === 2 ? name : folder + name);
      expect(clause, line).not.toBe('');
    }
    expect(inTree.toSorted()).toEqual(sources);
  });

  test('the README shows the help text verbatim', () => {
    expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(`\`\`\`\n${help}\`\`\`\n`);
  });

  test.each(sources)('%s imports from its own floor and from below', (source) => {
    const own = floors.indexOf(floorOf(source));
    const above = importsOf(source).filter((target) => floors.indexOf(floorOf(target)) > own);
    expect(above).toEqual([]);
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
    const text = readFileSync(join(root, 'src', source), 'utf8');
    const bare = Array.from(text.matchAll(/(?:^|\n)(?<before>[^\n]*)\nexport (?:async )?function\*? (?<name>\w+)/g))
      .filter((match) => !/\*\/\s*$/.test(match.groups?.before ?? ''))
      .map((match) => match.groups?.name);
    expect(bare).toEqual([]);
  });

  test("Claude's field names stand in one room", () => {
    const fields =
      /\b(procStart|waitingFor|statusUpdatedAt|nameSource|parkedJobId|isSidechain|isApiErrorMessage|leafUuid|gitBranch|toolUseResult|tool_use_id|continuedInSessionId|customTitle|aiTitle)\b/;
    const elsewhere = sources.filter(
      (source) =>
        !source.startsWith('claude/') &&
        fields.test(readFileSync(join(root, 'src', source), 'utf8').replaceAll('waitingFor', '')),
    );
    expect(elsewhere).toEqual([]);
  });

  test('one place exits, one place writes', () => {
    const holding = (what: RegExp) =>
      sources.filter((source) => what.test(readFileSync(join(root, 'src', source), 'utf8')));
    expect(holding(/process\.exit\(/)).toEqual(['cli.ts']);
    expect(holding(/console\.|process\.std(?:out|err)\.write/)).toEqual([]);
  });
});
