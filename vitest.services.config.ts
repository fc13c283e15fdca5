import { defineConfig } from 'vitest/config';

import embedded from './vitest.config.js';

/**
 * First the suites of `npm test` run on real adapters, two files at a time, on servers that they share. Then the tests run that
 * start servers of their own, one file at a time: a small machine has no room for two of those.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...embedded.test,
          name: 'real adapters',
          include: ['test/http/**/*.test.ts', 'test/scenarios/**/*.test.ts'],
          testTimeout: 180_000, // every write waits for three disks
          globalSetup: 'test/services/support/shared-servers.ts',
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...embedded.test,
          name: 'servers',
          include: ['test/services/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
