import { defineConfig } from 'vitest/config';

const shared = {
  testTimeout: 90_000,
  hookTimeout: 120_000,
  // Most of them wait for shells, terminals and programs.
  maxWorkers: 2,
  root: new URL('..', import.meta.url).pathname,
};

/** What takes a minute or more each: generated cases by the thousand, moves killed at every system call, installations, boxes. */
const slow = [
  'test/hardening/**/*.test.ts',
  'test/agents/claude/transcript.test.ts',
  'test/commands/archive.test.ts',
  'test/shells/install.test.ts',
  'test/release/built.test.ts',
  'test/hosts/boxes.test.ts',
];

/** What needs the real Claude Code from npm. */
const claude = ['test/claude-lab/**/*.test.ts'];

/** What needs the real binaries of the other agents from npm. */
const agents = ['test/agents-lab/**/*.test.ts'];

export default defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: 'wt', include: ['test/**/*.test.ts'], exclude: [...slow, ...claude, ...agents] } },
      { test: { ...shared, name: 'slow', include: slow } },
      {
        test: {
          ...shared,
          name: 'claude',
          include: claude,
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
      { test: { ...shared, name: 'agents', include: agents, testTimeout: 1_500_000, hookTimeout: 900_000 } },
    ],
  },
});
