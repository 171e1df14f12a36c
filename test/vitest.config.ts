import { defineConfig } from 'vitest/config';

const shared = { testTimeout: 30_000, hookTimeout: 120_000, root: new URL('..', import.meta.url).pathname };

export default defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: 'wt', include: ['test/**/*.test.ts'], exclude: ['test/claude-lab/**'] } },
      {
        test: {
          ...shared,
          name: 'claude',
          include: ['test/claude-lab/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 600_000,
          // Each file has a home, an API and a tmux server of its own.
          maxWorkers: 2,
        },
      },
    ],
  },
});
